"""The tables of the datasheet, computed: ``python tests/datasheet.py`` rewrites them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from policyclf.corpus import Corpus
from policyclf.lexicon import Lexicon
from policyclf.normalization import normalized

LABELS = Path(__file__).parents[1] / "labels"
DATASHEET = LABELS / "README.md"
BLOCK = re.compile(r"(?<=<!-- statistics -->\n).*?(?=<!-- end -->)", re.DOTALL)

_LENGTHS = ((1, 10), (11, 20), (21, 40), (41, 80), (81, 120), (121, 10_000))
_PERIODS = ((1980, 1999), (2000, 2004), (2005, 2009), (2010, 2014), (2015, 2019), (2020, 2026))


def statistics(corpus: Corpus, lexicon: Lexicon) -> str:
    """Describe the corpus and the lexicon in tables.

    Parameters
    ----------
    corpus : Corpus
        The written corpus.
    lexicon : Lexicon
        The terms.

    Returns
    -------
    str
        Markdown.
    """
    rows = corpus.rows
    n = len(rows)
    same = [a.label == b.label for a, b in pairwise(rows) if a.doc_id == b.doc_id]
    further = sum(len(row.labels) > 1 for row in rows)
    cleaned = [len(normalized(row.text)) for row in rows]
    forms = Counter(row.metadata.get("form", "as written") for row in rows)
    overview = {
        "segments": f"{n:,}",
        "documents": f"{len(set(corpus.doc_ids)):,}",
        "with two or three labels": f"{further / n:.1%}",
        "over 80 characters": f"{sum(length > _LENGTHS[3][1] for length in cleaned) / n:.1%}",
        "neighbours with the same primary label": f"{sum(same) / len(same):.1%}",
        "terms in the lexicon": f"{len(lexicon.terms):,}",
    }
    terms = Counter(term.label for term in lexicon.terms)
    second = Counter(label for row in rows for label in row.labels[1:])
    labels = [
        (f"`{label}`", f"{count:,}", f"{second[label]:,}", f"{terms[label]:,}")
        for label, count in corpus.label_counts().items()
    ]
    genres = Counter(row.metadata["genre"] for row in rows)
    provinces = Counter(row.metadata["province"] for row in rows)
    periods = [
        (f"{first}–{last}", sum(first <= int(row.metadata["year"]) <= last for row in rows))
        for first, last in _PERIODS
    ]
    lengths = [
        (
            f"{least}–{most}" if most < _LENGTHS[-1][1] else f"over {least - 1}",
            sum(least <= length <= most for length in cleaned),
        )
        for least, most in _LENGTHS
    ]
    parts = [
        _table(("", ""), list(overview.items())),
        _table(("label", "primary", "further", "terms"), labels),
        _table(("genre", "segments"), _shares(genres.most_common(), n)),
        _table(("years", "segments"), _shares(periods, n)),
        _table(("characters, cleaned", "segments"), _shares(lengths, n)),
        _table(("form", "segments"), _shares(forms.most_common(), n)),
        "Provinces, by segments: "
        + ", ".join(f"{name} {count:,}" for name, count in provinces.most_common())
        + ".",
    ]
    return "\n\n".join(parts) + "\n"


def _shares(counts: list[tuple[str, int]], n: int) -> list[tuple[str, str]]:
    return [(name, f"{count:,} ({count / n:.1%})") for name, count in counts]


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [heads, ("---", *("--:" for _ in heads[1:])), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def read() -> tuple[Corpus, Lexicon]:
    """Read the corpus and the lexicon."""
    return Corpus.from_path(LABELS / "corpus"), Lexicon.from_path(LABELS / "lexicon.tsv")


if __name__ == "__main__":
    text = DATASHEET.read_text(encoding="utf-8")
    DATASHEET.write_text(BLOCK.sub(lambda _: statistics(*read()), text), encoding="utf-8")
