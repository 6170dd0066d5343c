"""Random stretches of real documents: ``python benchmarks/quality/random_windows.py``.

The real gold was chosen around some words, and half of the written corpus with its errors in
view. Here are stretches drawn at random from the same documents, none of them in the gold,
coded twice by the codebook. ``random_windows.tsv`` says where each segment stands and what
the two coders gave; the text is looked up in the documents, where they are at hand. Documents
are labelled whole, as users do.

The errors in the first sample were read, and passages of their kinds written, before the model
was trained that ships. Nothing was written with the second in view: it says what to expect.
"""

from __future__ import annotations

import bisect
import csv
import operator
from collections import defaultdict
from pathlib import Path

from data import cell, provenance, save, training_data
from whole_documents import DOCUMENTS

from policyclf.agreement import krippendorff_alpha
from policyclf.corpus import Corpus, LabelledSegment
from policyclf.documents import Document
from policyclf.evaluation import evaluate
from policyclf.labeling import Labeler, load

CODES = Path(__file__).with_name("random_windows.tsv")
SAMPLES = {
    "1": "first sample, its errors read",
    "2": "second sample, its errors not read",
}


def gold(row: dict[str, str], text: str) -> LabelledSegment:
    """Settle two codings: the first's primary label, and what both or only one gave beside it."""
    first, second = row["first"].split("|"), row["second"].split("|")
    both = [label for label in first[1:] if label in second]
    one = [label for label in [*first[1:], *second] if label not in {first[0], *both}]
    return LabelledSegment(
        text,
        (first[0], *both),
        row["document"],
        optional=tuple(dict.fromkeys(one)),
        coders={"first": first[0], "second": second[0]},
    )


def label_at(labeler: Labeler, document: Document, middles: list[int]) -> list[str]:
    """Label a document whole, and give the labels of the segments at some places."""
    sentences = labeler.label(document, unit="clause")
    ends = [sentence.end for sentence in sentences]
    return [sentences[bisect.bisect_right(ends, middle)].label for middle in middles]


def main() -> None:
    """Measure, print and write."""
    if not DOCUMENTS.exists():
        raise SystemExit(f"needs the real documents in {DOCUMENTS}")
    with CODES.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    by_document: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        by_document[row["document"]].append(row)
    labeler = load()
    segments: dict[str, list[LabelledSegment]] = defaultdict(list)
    given: dict[str, list[str]] = defaultdict(list)
    for name, of_document in by_document.items():
        document = Document.from_path(DOCUMENTS / f"{name}.txt")
        spans = [(int(row["start"]), int(row["end"])) for row in of_document]
        labels = label_at(labeler, document, [(start + end) // 2 for start, end in spans])
        for row, (start, end), label in zip(of_document, spans, labels, strict=True):
            segments[row["sample"]].append(gold(row, document.text[start:end]))
            given[row["sample"]].append(label)
    about = provenance(training_data())
    lines = [
        "# Random stretches of real documents",
        "",
        "Labelled whole by the shipped model; in brackets the 95 % interval over documents. "
        + ", ".join(f"{key} {value}" for key, value in about.items())
        + ".",
        "",
        "| | segments | documents | coders agree | α | accuracy | macro-F1 | any |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    results = {}
    for sample, name in SAMPLES.items():
        corpus = Corpus(tuple(segments[sample]))
        measured = evaluate(name, given[sample], corpus)
        codings = [[row.coders[coder] for row in corpus.rows] for coder in ("first", "second")]
        agreed = sum(map(operator.eq, *codings)) / len(corpus)
        alpha = krippendorff_alpha(codings)
        figures = {key: getattr(measured, key) for key in ("accuracy", "macro_f1", "any")}
        n_documents = len(set(corpus.doc_ids))
        results[name] = {
            "segments": len(corpus),
            "documents": n_documents,
            "agreement": agreed,
            "alpha": alpha,
            **{key: [value.value, value.low, value.high] for key, value in figures.items()},
        }
        lines.append(
            f"| {name} | {len(corpus)} | {n_documents} | {agreed:.3f} | {alpha:.3f} | "
            f"{' | '.join(map(cell, figures.values()))} |"
        )
    markdown = "\n".join(lines) + "\n"
    print(markdown)
    save("random-windows", {**about, "results": results}, markdown)


if __name__ == "__main__":
    main()
