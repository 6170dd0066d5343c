"""The text layer of a PDF, read by ``pypdfium2`` in a process of its own.

PDFium is written in C++ and reads whatever a stranger has put into a file. In a process of its
own (``pdf_process.py``) a file that crashes it, fills the memory or never comes to an end
costs an error message, not the run and what it has labelled so far. Starting it takes 0.1 s a
file; in return files are also read side by side, which PDFium's threads cannot.
"""

from __future__ import annotations

import json
import os
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from policyclf.exceptions import DocumentError
from policyclf.extraction.libraries import require

MAX_PAGES = 10_000
"""The longest yearbooks have some 1,000."""

MAX_CHARACTERS = 64 * 2**20
"""Of all pages together; as many as a text file may have bytes."""

MAX_SECONDS = 120
"""For a whole file; a page of text takes some milliseconds."""

MAX_MEMORY = 2 * 2**30
"""Bytes, where the system sets limits (Linux)."""

_READER = Path(__file__).with_name("pdf_process.py")

_PAGE_NUMBER = re.compile(
    r"\d{1,3}|[-—–―－•·]+ ?\d{1,4} ?[-—–―－•·]+|第 ?\d{1,4} ?页(?:[，,/ ]*共 ?\d{1,4} ?页)?"
    r"|\d{1,4} ?/ ?\d{1,4}"
)


def pdf_text(data: bytes, name: str) -> str:
    """Take out the text layer of a PDF: lines as they are set, without the page numbers.

    Parameters
    ----------
    data : bytes
        The file's content.
    name : str
        What to call it in messages.

    Returns
    -------
    str
        Its text.

    Raises
    ------
    DocumentError
        If it cannot be opened, has no text, exceeds a limit, or the library is not installed.
    """
    require(name, "a PDF", "pypdfium2")
    found = _read(data, name)
    match found.get("refused"):
        case "password":
            raise DocumentError(
                f"{name}: is a PDF that cannot be opened: it needs a password. Save it without one."
            )
        case "damaged":
            raise DocumentError(
                f"{name}: is a PDF that cannot be opened: it is damaged. Get it anew."
            )
        case "pages":
            raise DocumentError(
                f"{name}: a PDF may have {MAX_PAGES:,} pages. Got {found['pages']:,}. "
                "Split the file into one file a document."
            )
        case "characters":
            raise DocumentError(
                f"{name}: a PDF may have {MAX_CHARACTERS:,} characters. Got more in "
                f"{found['pages']:,} pages. Split the file into one file a document."
            )
    text = "\n".join(map(_without_number, found["texts"]))
    if not text.strip():
        raise DocumentError(
            f"{name}: is a PDF without a text layer, as scans are. Run character recognition "
            "(OCR) on it first."
        )
    return text


def _read(data: bytes, name: str) -> dict[str, Any]:
    """Ask the other process for the texts of the pages."""
    import subprocess  # noqa: PLC0415  6 ms, only where there is such a file

    limits = (MAX_PAGES, MAX_CHARACTERS, MAX_SECONDS, MAX_MEMORY)
    found_by = {
        "PYTHONPATH": os.pathsep.join(place for place in sys.path if place and type(place) is str),
        "PYTHONSAFEPATH": "1",  # adds nothing to this process's own path
    }
    try:
        run = subprocess.run(  # noqa: S603  our own script; the file is its standard input
            [sys.executable or "", str(_READER), *map(str, limits)],
            input=data,
            capture_output=True,
            timeout=MAX_SECONDS,
            env=os.environ | found_by,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise DocumentError(
            f"{name}: is a PDF that takes more than {MAX_SECONDS} seconds to read. "
            "Save its text as a text file."
        ) from error
    except OSError as error:
        raise DocumentError(
            f"{name}: is a PDF, and no process can be started to read it: {error}. "
            "Save its text as a text file."
        ) from error
    with suppress(ValueError):
        found = json.loads(run.stdout)
        if run.returncode == 0 and isinstance(found, dict):
            return found
    reason = run.stderr.decode(errors="replace").strip().rpartition("\n")[2]
    raise DocumentError(
        f"{name}: is a PDF that broke off its reading "
        f"({reason[:100] or f'exit code {run.returncode}'}): it is damaged, or takes too much "
        f"memory (over {MAX_MEMORY:,} bytes where there are limits). Get it anew, or save its "
        "text as a text file."
    )


def _without_number(page: str) -> str:
    """Leave out a page's number, in its first line or in its last."""
    lines = page.replace("\ufffe", "").replace("\x02", "-").splitlines()
    for edge in (0, -1):
        if lines and _PAGE_NUMBER.fullmatch(lines[edge].strip()):
            del lines[edge]
    return "\n".join(lines)
