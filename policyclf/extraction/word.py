"""DOCX to text: ``mammoth`` makes a web page of it, with tables and tracked insertions."""

from __future__ import annotations

import io
import zipfile

from policyclf.exceptions import DocumentError
from policyclf.extraction.libraries import require
from policyclf.extraction.web import page_text

MAX_XML = 20 * 2**20
"""Bytes of XML in a file, unpacked; a page of text has some 20,000."""

_TEXT = (".xml", ".rels")
"""How the parts end that are counted. The library is given those alone: which part is the
document, the file itself says, and it could name one that was not counted."""


def docx_text(data: bytes, name: str) -> str:
    """Take out the text of a DOCX file, a paragraph or a table's row a line.

    Numbers that Word sets by itself are no text.

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
        If it cannot be opened, has no text, is too large, or a library is not installed.
    """
    require(name, "a DOCX file", "mammoth", "lxml")
    import mammoth  # noqa: PLC0415  only where there is such a file
    from lxml import html  # noqa: PLC0415

    without_pictures = mammoth.images.img_element(lambda _picture: {})
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = [part for part in archive.infolist() if part.filename.lower().endswith(_TEXT)]
            unpacked = sum(part.file_size for part in parts)
            alone = io.BytesIO()
            if unpacked <= MAX_XML:
                with zipfile.ZipFile(alone, "w") as counted:
                    for part in parts:
                        counted.writestr(part.filename, archive.read(part))
        if unpacked <= MAX_XML:
            page = mammoth.convert_to_html(
                alone,
                convert_image=without_pictures,
                include_embedded_style_map=False,
            ).value
    except Exception as error:  # neither library says what it raises: the file is at fault
        raise DocumentError(
            f"{name}: is a DOCX file that cannot be opened: it is damaged "
            f"({type(error).__name__}: {error!s:.100}). Get it anew, or save it as text."
        ) from error
    if unpacked > MAX_XML:
        raise DocumentError(
            f"{name}: a DOCX file may have {MAX_XML:,} bytes of XML. Got {unpacked:,}. "
            "Save its text as a text file."
        )
    text = page_text(html.document_fromstring(f"<html><body>{page}</body></html>"))
    if not text:
        raise DocumentError(f"{name}: is a DOCX file without any text.")
    return text
