"""Put a share of the corpus into the forms that pages have: ``python labels/forms.py``.

One document of twenty gets traditional characters, with the pinyin of those that changed in
brackets behind them, as some sites' script converters leave it (濟(jì)寧); one of twenty gets
line breaks in mid-sentence, as copied from a PDF. Which ones follows from their names. Cleaning
undoes both, a check in here makes sure, so a model learns the same: the forms are there so that
what reads the corpus meets them. Documents that have a form already are left alone.

Needs ``pip install --group labels``.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import opencc
from pypinyin import Style, pinyin

from policyclf.normalization import normalized

CORPUS = Path(__file__).parent / "corpus"
ONE_OF = 20
WIDTHS = range(24, 42)

_CONVERT = opencc.OpenCC("s2t").convert


def number(name: str) -> int:
    """Turn a document's name into a number, the same one everywhere."""
    return int(hashlib.sha256(name.encode()).hexdigest(), 16)


def traditional(text: str) -> str:
    """Convert a text, with the pinyin of each character that changed behind it."""
    converted = _CONVERT(text)
    if len(converted) != len(text):
        return text
    return "".join(
        new if new == old else f"{new}({pinyin(new, style=Style.TONE)[0][0]})"
        for old, new in zip(text, converted, strict=True)
    )


def wrapped(text: str, width: int) -> str:
    """Break a text into lines."""
    return "\n".join(text[start : start + width] for start in range(0, len(text), width))


def formed(row: dict[str, Any]) -> dict[str, Any]:
    """Put a row into the form of its document."""
    drawn = number(row["doc_id"])
    form = {0: "traditional", 1: "wrapped"}.get(drawn % ONE_OF)
    if form is None or "form" in row:
        return row
    text = row["text"]
    new = traditional(text) if form == "traditional" else wrapped(text, WIDTHS[drawn % len(WIDTHS)])
    # A character with two traditional forms, a blank that counts: then it stays as it is.
    kept = new if normalized(new) == normalized(text) else text
    return {**row, "text": kept, "form": form}


def main() -> None:
    """Rewrite the files of the corpus."""
    for path in sorted(CORPUS.glob("*.jsonl")):
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
        lines = (json.dumps(formed(row), ensure_ascii=False) + "\n" for row in rows)
        path.write_text("".join(lines), encoding="utf-8")
        print(path.name, len(rows), file=sys.stderr)


if __name__ == "__main__":
    main()
