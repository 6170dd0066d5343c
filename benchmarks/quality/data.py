"""What the quality benchmarks measure on: the written corpus and, if at hand, real gold."""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from policyclf.corpus import Corpus
from policyclf.evaluation import Evaluation, Figure, evaluate
from policyclf.features import Segment
from policyclf.training import TrainingData

ROOT = Path(__file__).parents[2]
GOLD = ROOT.parent / "shared" / "real" / "gold_dev.jsonl"
BENCH = ROOT.parent / "shared" / "bench"
RESULTS = Path(__file__).parent / "results"

HELD_OUT = 0.2
"""The share of documents that a seed holds out of the written corpus."""


@dataclass(frozen=True)
class Part:
    """Segments to train on or to label.

    Parameters
    ----------
    corpus : Corpus
        The labelled segments.
    segments : list of Segment
        The same with their context.
    doc_ids : list
        What follows one another.
    """

    corpus: Corpus
    segments: list[Segment]
    doc_ids: list[Any]

    @classmethod
    def of(cls, corpus: Corpus) -> Part:
        """Lay out a corpus."""
        return cls(corpus, corpus.segments(), corpus.stretches())

    def evaluate(self, name: str, predicted: list[str]) -> Evaluation:
        """Measure a labelling of this part; the interval is of no use here."""
        return evaluate(name, predicted, self.corpus, replicates=1)


def training_data() -> TrainingData:
    """Read labels/."""
    return TrainingData.from_path(ROOT / "labels")


def real() -> Part | None:
    """Read the real gold, if it is there."""
    return Part.of(Corpus.from_path(GOLD)) if GOLD.exists() else None


def split(corpus: Corpus, seed: int, share: float = 1.0) -> tuple[Part, Part]:
    """Hold documents out, and of the others keep a share to train on.

    Parameters
    ----------
    corpus : Corpus
        The written corpus.
    seed : int
        Which documents.
    share : float, default 1
        How much of the training documents.

    Returns
    -------
    tuple of Part
        To train on; to label, with the labels from before a review to which a model pointed.
    """
    documents = sorted(set(corpus.doc_ids))
    order = np.random.default_rng(seed).permutation(len(documents))
    cut = int(len(documents) * HELD_OUT)
    held = {documents[place] for place in order[:cut]}
    kept = {documents[place] for place in order[cut : cut + round(share * (len(order) - cut))]}
    return (
        Part.of(Corpus(tuple(row for row in corpus.rows if row.doc_id in kept))),
        Part.of(Corpus(tuple(row for row in corpus.rows if row.doc_id in held)).unreviewed()),
    )


def provenance(data: TrainingData) -> dict[str, str]:
    """Say of what and where the figures are."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"],  # noqa: S607  the git of whoever measures
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    ).stdout.strip()
    gold = hashlib.sha256(GOLD.read_bytes()).hexdigest() if GOLD.exists() else "none"
    return {
        "commit": commit,
        "corpus": data.corpus.digest()[:16],
        "lexicon": data.lexicon.digest()[:16] if data.lexicon else "none",
        "gold": gold[:16],
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {platform.system()}",
    }


def cell(figure: Figure) -> str:
    """Write a figure and its interval for a table."""
    return f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]"


def save(name: str, results: dict[str, Any], markdown: str) -> None:
    """Write figures for programs and for people."""
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(results, ensure_ascii=False, indent=2) + "\n"
    (RESULTS / f"{name}.json").write_text(text, encoding="utf-8")
    (RESULTS / f"{name}.md").write_text(markdown, encoding="utf-8")
