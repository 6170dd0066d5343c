"""What ``audit`` finds and ``drift`` sees: ``python benchmarks/quality/auditing.py``.

Exchanges labels of the written corpus at random and counts how many are suspected; and
measures, with the shipped model, how much of real documents and of other kinds of text is
unknown or unsure. The figures stand in ``policyclf/drift.py`` and ``docs/auditing.md``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from data import BENCH, GOLD, provenance, save, training_data

import policyclf
from policyclf.auditing import audit
from policyclf.corpus import Corpus
from policyclf.drift import DriftMeter, GroupDrift
from policyclf.training import TrainingData

SHARE = 0.05
FIRST = 100
MOST = 600
OTHERS = {"chnsenticorp_htl": "hotel reviews", "tnews_fewclue": "news headlines"}


def exchanged(data: TrainingData) -> dict[str, float]:
    """Exchange labels, and count those that are suspected."""
    generator = np.random.default_rng(0)
    rows = list(data.corpus.rows)
    labels = sorted(set(data.corpus.primaries))
    places = generator.choice(len(rows), round(SHARE * len(rows)), replace=False)
    for place in places:
        others = [label for label in labels if label not in rows[place].labels]
        chosen = str(generator.choice(others))
        rows[place] = replace(rows[place], labels=(chosen, *rows[place].labels[1:]))
    suspects = audit(replace(data, corpus=Corpus(tuple(rows)))).suspects or ()
    wrong = set(places.tolist())
    first = [suspect.place for suspect in suspects if not suspect.given][:FIRST]
    return {
        "exchanged": len(wrong),
        "suspects": len(suspects),
        "share found": len(wrong & {suspect.place for suspect in suspects}) / len(wrong),
        f"exchanged of the first {FIRST}": len(wrong & set(first)),
    }


def groups() -> Iterator[tuple[str, GroupDrift]]:
    """Measure real documents one by one, and other kinds of text as a whole."""
    labeler = policyclf.load()
    meter = DriftMeter(labeler)
    for path in sorted((GOLD.parent / "docs").glob("*.txt")):
        kept = [
            s for s in labeler.label(policyclf.Document.from_path(path)) if s.kind != "furniture"
        ]
        meter.add(f"real {path.stem}", [s.text for s in kept], kept)
    for folder, what in OTHERS.items():
        for path in sorted((BENCH / folder).glob("*"))[:1]:
            texts = [text_of(line) for line in path.read_text(encoding="utf-8").split("\n")]
            texts = [text for text in texts if text][:MOST]
            meter.add(what, texts, labeler.decide(texts))
    for group in meter.groups():
        yield group.group, group


def text_of(line: str) -> str:
    """Take the text out of a line of JSON or of a CSV whose first column is the label."""
    if line.startswith("{"):
        return str(json.loads(line)["sentence"])
    return line.partition(",")[2].strip('"')


def main() -> None:
    """Measure both."""
    data = training_data()
    found = exchanged(data)
    real: list[GroupDrift] = []
    rows: list[dict[str, Any]] = []
    for name, group in groups():
        if name.startswith("real "):
            real.append(group)
        else:
            rows.append({"text": name, "unknown": group.unknown, "unsure": group.unsure})
    for what, of in (("median", 50), ("95 %", 95), ("most", 100)):
        if real:
            unknown = np.percentile([group.unknown or 0 for group in real], of)
            unsure = np.percentile([group.unsure for group in real], of)
            text = f"{len(real)} real documents, {what}"
            rows.append({"text": text, "unknown": float(unknown), "unsure": float(unsure)})
    report = {"provenance": provenance(data), "exchanged": found, "drift": rows}
    markdown = to_markdown(report)
    save("auditing", report, markdown)
    print(markdown)


def to_markdown(report: dict[str, Any]) -> str:
    """Write the tables."""
    about = ", ".join(f"{key} `{value}`" for key, value in report["provenance"].items())
    lines = ["# What audit finds and drift sees", "", f"{about}.", "", "| labels | |", "|---|--:|"]
    for key, value in report["exchanged"].items():
        lines.append(f"| {key} | {value:,} |" if value > 1 else f"| {key} | {value:.3f} |")
    lines += ["", "| text | unknown bigrams | unsure |", "|---|--:|--:|"]
    lines += [f"| {r['text']} | {r['unknown']:.3f} | {r['unsure']:.3f} |" for r in report["drift"]]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
