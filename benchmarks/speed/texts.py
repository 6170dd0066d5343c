"""Sentences to measure speed on: as many as wanted, no two alike.

The clauses of labels/ are put together anew, those of one label after one another, with
figures drawn at random and, in one sentence of five, a name of characters drawn at random:
so neither sentences nor n-grams recur as they would if a file were read several times over,
and no cache helps that would not help on real text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from policyclf.corpus import Corpus

ROOT = Path(__file__).parents[2]
MEAN_LENGTH = 57
"""Characters: as the sentences of real policy documents."""

_COMMON = [chr(code) for code in range(0x4E00, 0x9FA5, 7)]
_DIGITS = re.compile(r"\d+")


def sentences(n: int, seed: int = 0) -> Iterator[tuple[str, str]]:
    """Make sentences.

    Parameters
    ----------
    n : int
        How many.
    seed : int, default 0
        Which.

    Yields
    ------
    text, label : str
        A sentence and what its clauses were labelled.
    """
    corpus = Corpus.from_path(ROOT / "labels" / "corpus")
    clauses: dict[str, list[str]] = {}
    for row in (row for row in corpus.rows if "form" not in row.metadata):  # as they were written
        clauses.setdefault(row.label, []).extend(
            clause for clause in re.split("[，；。：、]", row.text) if len(clause) > 1
        )
    random = np.random.default_rng(seed)
    labels = sorted(clauses)
    for _ in range(n):
        label = labels[random.integers(len(labels))]
        lengths = clauses[label]
        wanted = random.gamma(4, (MEAN_LENGTH - 4) / 4)
        parts: list[str] = []
        while not parts or sum(map(len, parts)) + len(parts) < wanted:
            parts.append(lengths[random.integers(len(lengths))])
        if random.random() < 0.2:  # noqa: PLR2004  a share
            parts[0] = "".join(random.choice(_COMMON, 3)) + parts[0]
        text = "，".join(parts) + "。"
        yield _DIGITS.sub(lambda _: str(random.integers(10_000)), text), label
