"""Web pages, PDF and DOCX to text, by the libraries of the extra ``docs``.

What is extracted is a document's text, one paragraph, heading or table row a line; spans
count the characters of that text. Each format has its module: ``web.py`` (``lxml``), ``pdf.py``
(``pypdfium2``, in a process of its own) and ``word.py`` (``mammoth``, and ``web.py`` for the
page that it makes).

Such files come from others. None of them makes this package open another file or an
address, and each format has limits, over which a file is refused.
"""

from __future__ import annotations

from typing import Literal

from policyclf.extraction.pdf import pdf_text
from policyclf.extraction.web import HTML_SUFFIXES, html_text, is_html
from policyclf.extraction.word import docx_text

__all__ = ["SUFFIXES", "Format", "html_text", "is_html", "packed_text"]

Format = Literal["text", "html", "pdf", "docx"]
"""What kinds of files are read."""

SUFFIXES = HTML_SUFFIXES | {".pdf", ".docx"}
"""How the names of such files end. A PDF or DOCX file is known by its content."""


def packed_text(data: bytes, name: str) -> tuple[str, Format] | None:
    """Take the text out of a PDF or a DOCX file, which are known by their content.

    Parameters
    ----------
    data : bytes
        The file's content.
    name : str
        What to call it in messages.

    Returns
    -------
    (str, {"pdf", "docx"}) or None
        The text and the format; None of all that is neither.

    Raises
    ------
    DocumentError
        If it cannot be opened, has no text (as scans have none), is too large, takes too
        long, or a library is not installed.

    Examples
    --------
    >>> packed_text(b"text", "notes.txt") is None
    True
    """
    if data.startswith(b"%PDF-"):
        return pdf_text(data, name), "pdf"
    if data.startswith(b"PK\x03\x04") and b"word/document.xml" in data:
        return docx_text(data, name), "docx"
    return None
