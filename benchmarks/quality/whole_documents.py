"""Real documents labelled whole, as a user does: ``python benchmarks/quality/whole_documents.py``.

The real gold is stretches of five to ten segments. Here the documents they are from are read
from their files, cut by our own segmentation and labelled in one piece, and the gold is looked
up in what comes out. Prints and writes a table of what the rest of the document is worth, by
how far the label chain reaches for it.
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np
from data import GOLD, Part, provenance, real, save, training_data

from policyclf.documents import Document
from policyclf.evaluation import Evaluation
from policyclf.labeling import Labeler, load
from policyclf.normalization import normalize, normalized
from policyclf.segmentation import segment

DOCUMENTS = GOLD.parent / "docs"
REACHES = (5, 10, 15, 20, 30, 60, None)


@dataclass(frozen=True)
class WholeDocument:
    """A document, and where the gold is in it.

    Parameters
    ----------
    document : Document
        As it was read.
    n_segments : int
        Into how many it is cut.
    found : dict of int to int
        For the rows of gold that are most of a segment here, the place of that segment.
    """

    document: Document
    n_segments: int
    found: dict[int, int]

    @classmethod
    def of(cls, doc_id: str, gold: dict[int, str]) -> WholeDocument:
        """Read and cut a document, and look the gold up, which is in its order."""
        document = Document.from_path(DOCUMENTS / f"{doc_id}.txt")
        sentences = segment(document.text, unit="clause")
        clean = normalize(document.text)
        solid = [place for place, character in enumerate(clean.text) if character != " "]
        letters = "".join(clean.text[place] for place in solid)
        starts = [sentence.start for sentence in sentences]
        found = {}
        behind = 0
        for row, text_of_row in gold.items():
            wanted = normalized(text_of_row).replace(" ", "")
            at = letters.find(wanted, behind)
            if at < 0:
                continue
            behind = at + len(wanted)
            middle = clean.offsets[solid[at + len(wanted) // 2]]
            place = bisect.bisect_right(starts, middle) - 1
            # 「（省商务厅负责）」 is gold of its own, and here a part of the sentence it closes.
            if 2 * len(wanted) > len(normalized(sentences[place].text).replace(" ", "")):
                found[row] = place
        return cls(document, len(sentences), found)


def whole(labeler: Labeler, documents: list[WholeDocument]) -> dict[int, str]:
    """Label documents whole, and give the labels of the gold in them."""
    labels: dict[int, str] = {}
    for one in documents:
        labelled = labeler.label(one.document, unit="clause")
        labels |= {row: labelled[place].label for row, place in one.found.items()}
    return labels


def main() -> None:
    """Measure, print and write."""
    gold, labeler = real(), load()
    if gold is None:
        raise SystemExit(f"needs the real gold in {GOLD}")
    texts = gold.corpus.texts
    documents = [
        WholeDocument.of(str(doc_id), {row: texts[row] for row in rows})
        for doc_id, rows in groupby(range(len(texts)), key=gold.corpus.doc_ids.__getitem__)
    ]
    found = sorted(row for document in documents for row in document.found)
    here = Part(replace(gold.corpus, rows=tuple(gold.corpus.rows[row] for row in found)), [], [])

    def measure(labels: Any) -> Evaluation:  # noqa: ANN401  a list or a dictionary
        return here.evaluate("", [labels[row] for row in found])

    chain = labeler.bundle.chain
    results = {
        "each segment alone": measure(labeler.predict(texts)),
        "stretches of gold, as everywhere else": measure(
            labeler.predict(gold.segments, doc_ids=gold.doc_ids)
        ),
    }
    for name, changed in {
        "whole, no label chain": replace(chain, persistence=0.0),
        "whole, nothing but the segment before": replace(chain, evenness=None),
        **{
            f"whole, reach {reach or 'the document'}": replace(chain, reach=reach)
            for reach in REACHES
        },
    }.items():
        other = Labeler(replace(labeler.bundle, chain=changed))
        results[name] = measure(whole(other, documents))
    sizes = [document.n_segments for document in documents]
    about = provenance(training_data())
    lines = [
        "# Documents labelled whole",
        "",
        f"{len(found)} of the {len(texts)} segments of real gold were found in "
        f"{len(documents)} documents of {min(sizes)} to {max(sizes):,} segments (median "
        f"{np.median(sizes):.0f}). The shipped model, whose chain reaches {chain.reach}; "
        + ", ".join(f"{key} {value}" for key, value in about.items())
        + ".",
        "",
        "| | accuracy | macro-F1 | any |",
        "|---|--:|--:|--:|",
    ]
    figures = {
        name: {key: getattr(result, key).value for key in ("accuracy", "macro_f1", "any")}
        for name, result in results.items()
    }
    for name, row in figures.items():
        lines.append(f"| {name} | " + " | ".join(f"{value:.3f}" for value in row.values()) + " |")
    markdown = "\n".join(lines) + "\n"
    print(markdown)
    save("whole-documents", {**about, "found": len(found), "results": figures}, markdown)


if __name__ == "__main__":
    main()
