"""The process that reads a PDF: its bytes from standard input, JSON to standard output.

``pdf.py`` runs this file as a script. It imports nothing of the package, which would take
longer than the reading.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from typing import Any


def main() -> None:
    """Read standard input within the limits that the arguments give."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # workers of the command ignore it
    pages, characters, seconds, memory = map(int, sys.argv[1:])
    _limit(seconds, memory)
    json.dump(texts(sys.stdin.buffer.read(), pages, characters), sys.stdout)


def texts(data: bytes, max_pages: int, max_characters: int) -> dict[str, Any]:
    """Take out the text of each page; one that cannot be read has none.

    Parameters
    ----------
    data : bytes
        The file's content.
    max_pages, max_characters : int
        With more it is refused.

    Returns
    -------
    dict
        ``texts``, the list of them, or why the file is ``refused`` (``password``,
        ``damaged``, ``pages``, ``characters``) and how many ``pages`` were counted.
    """
    import pypdfium2  # noqa: PLC0415  so that the limits hold for it

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        return {"refused": "password" if "password" in str(error).lower() else "damaged"}
    if len(document) > max_pages:
        return {"refused": "pages", "pages": len(document)}
    found: list[str] = []
    left = max_characters
    for number in range(len(document)):
        try:
            page = document[number]
            found.append(page.get_textpage().get_text_bounded())
            page.close()
        except pypdfium2.PdfiumError:
            continue
        left -= len(found[-1])
        if left < 0:
            return {"refused": "characters", "pages": number + 1}
    return {"texts": found}


def _limit(seconds: int, memory: int) -> None:
    """Bound what the process may use, also when nobody waits for it any longer."""
    overdue = threading.Timer(seconds, os._exit, [1])  # PDFium's calls let other threads run
    overdue.daemon = True
    overdue.start()
    try:
        import resource  # noqa: PLC0415  not on Windows
    except ImportError:
        return
    for kind, most in ((resource.RLIMIT_CPU, seconds), (resource.RLIMIT_AS, memory)):
        _, hard = resource.getrlimit(kind)
        within = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(kind, (within, hard))
        except (OSError, ValueError):  # macOS does not set some
            continue


if __name__ == "__main__":
    main()
