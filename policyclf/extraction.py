"""Web pages, PDF and DOCX to text, by the libraries of the extra ``docs``.

What is extracted is a document's text, one paragraph, heading or table row a line; spans
count the characters of that text. ``pypdfium2`` reads the text layer of a PDF, ``mammoth`` makes
a web page of a DOCX file, with tables and tracked insertions, and ``lxml`` reads that and other
pages. Of a web page all text is kept but what is linked from beginning to end, as menus are;
the rest of what a page puts around its text is told apart as furniture when sentences are cut.
``trafilatura``, which this replaces, leaves out more of menus and, on pages of the commonest
government templates, of the text: of paragraphs that recur (责任单位：……) all but one, and
``<h1>`` headings.

Such files come from others. None of them makes this module open another file or an
address. A DOCX file with more than :data:`MAX_XML` bytes of XML, a web page of more than
:data:`MAX_HTML` characters and a PDF of more than :data:`MAX_PAGES` pages are refused; a PDF
made for it can still take any time, so give those of unknown origin to a process with limits.
"""

from __future__ import annotations

import importlib.util
import io
import re
import threading
import zipfile
from collections.abc import Iterator
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal

from policyclf.exceptions import DocumentError

if TYPE_CHECKING:
    from lxml.html import HtmlElement
    from pypdfium2 import PdfDocument

Format = Literal["text", "html", "pdf", "docx"]
"""What kinds of files are read."""

_HTML_NAMES = frozenset({".html", ".htm", ".shtml", ".xhtml"})

SUFFIXES = _HTML_NAMES | {".pdf", ".docx"}
"""How the names of such files end. A PDF or DOCX file is known by its content."""

MAX_HTML = 16 * 2**20
"""Characters; saved pages of government sites have some 50,000."""

MAX_XML = 20 * 2**20
"""Bytes of XML in a DOCX file, unpacked; a page of text has some 20,000."""

MAX_PAGES = 10_000
"""Of a PDF; the longest yearbooks have some 1,000."""

_HTML_START = re.compile(
    r"\ufeff?\s*+(?:<\?xml[^>]*+>\s*+|(?><!--.*?-->)\s*+)*+"
    r"<(?:!doctype\s+html|html|head|body|meta|title)(?![\w-])",
    re.IGNORECASE | re.DOTALL,
)
_TAG = re.compile(r"<(?:p|div|br|span|td|h[1-6])\b", re.IGNORECASE)
_DECLARATION = re.compile(r"\A\ufeff?\s*<\?xml[^>]*>")
_SITE = re.compile(r"[_|｜]| [-–—] ")
"""What parts a page's name from its site's in the title bar."""

_LEFT_OUT = (
    *("head", "script", "style", "noscript", "template", "nav", "select", "button", "textarea"),
    *("iframe", "object", "svg", "math", "map"),
)
_CELLS = ("td", "th")
_BLOCKS = frozenset(
    (
        *("address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd"),
        *("div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2"),
        *("h3", "h4", "h5", "h6", "header", "hr", "li", "main", "ol", "p", "pre", "section"),
        *("table", "tbody", "tfoot", "thead", "tr", "ul"),
    )
)
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_LINE_SEPARATOR = "\u2028"
_LINK, _LINK_END = "\ufdd0", "\ufdd1"
"""Noncharacters, which no text has, around what is linked."""

_LINKED = re.compile(f"{_LINK}[^{_LINK_END}]*{_LINK_END}")
_MENU = 0.8
"""A line of which a larger share is linked is part of a menu."""

_PAGE_NUMBER = re.compile(
    r"\d{1,3}|[-—–―－•·]+ ?\d{1,4} ?[-—–―－•·]+|第 ?\d{1,4} ?页(?:[，,/ ]*共 ?\d{1,4} ?页)?"
    r"|\d{1,4} ?/ ?\d{1,4}"
)
_ONE_AT_A_TIME = threading.Lock()
"""PDFium may not be called from several threads at once."""


def is_html(text: str, name: str) -> bool:
    """Say whether a decoded file is a web page rather than text.

    Parameters
    ----------
    text : str
        Its content.
    name : str
        The file's name; a fragment without a head is only told by it.

    Returns
    -------
    bool
        Whether its markup is to be taken away.

    Examples
    --------
    >>> is_html("<!DOCTYPE html><p>招商引资</p>", "page"), is_html("招商<引资>", "a.txt")
    (True, False)
    """
    if _HTML_START.match(text):
        return True
    return PurePath(name).suffix.lower() in _HTML_NAMES and _TAG.search(text) is not None


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
        If it cannot be opened, has no text (as scans have none), is too large, or a library
        is not installed.

    Examples
    --------
    >>> packed_text(b"text", "notes.txt") is None
    True
    """
    if data.startswith(b"%PDF-"):
        return _pdf_text(data, name), "pdf"
    if data.startswith(b"PK\x03\x04") and b"word/document.xml" in data:
        return _docx_text(data, name), "docx"
    return None


def html_text(text: str, name: str) -> str:
    """Take the text out of a web page.

    Parameters
    ----------
    text : str
        The page, decoded.
    name : str
        What to call it in messages.

    Returns
    -------
    str
        Its text, below its title if that is not part of it.

    Raises
    ------
    DocumentError
        If there is none, or the library is not installed.
    """
    _require(name, "a web page", "lxml")
    if len(text) > MAX_HTML:
        raise DocumentError(
            f"{name}: a web page may have {MAX_HTML:,} characters. Got {len(text):,}. "
            "Save its text as a text file."
        )
    from lxml import etree, html  # noqa: PLC0415  only where there is such a file

    parser = html.HTMLParser(huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        page = html.document_fromstring(_DECLARATION.sub("", text), parser=parser)
        titles = page.xpath("//meta[@name='ArticleTitle']/@content | //head/title/text()")
        found = _text(page)
    except etree.ParserError:  # there is nothing in it
        titles, found = [], ""
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise DocumentError(
            f"{name}: is a web page that cannot be read: {error!s:.200}. Save it as text first."
        ) from error
    if any("depth" in entry.message for entry in parser.error_log):
        raise DocumentError(
            f"{name}: is a web page of too many elements within each other to be read whole. "
            "Save it as text from the browser."
        )
    if not found:
        raise DocumentError(
            f"{name}: is a web page without any text. Pages that load their text by a script "
            "are empty when saved as source: save it as text from the browser."
        )
    title = max(_SITE.split(str(titles[0])), key=len).strip() if titles else ""
    return found if _squeezed(title) in _squeezed(found) else f"{title}\n{found}"


def _pdf_text(data: bytes, name: str) -> str:
    """Give lines as they are set, without the page numbers."""
    _require(name, "a PDF", "pypdfium2")
    import pypdfium2  # noqa: PLC0415  only where there is such a file

    with _ONE_AT_A_TIME:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            reason = (
                "it needs a password. Save it without one."
                if "password" in str(error).lower()
                else "it is damaged. Get it anew."
            )
            raise DocumentError(f"{name}: is a PDF that cannot be opened: {reason}") from error
        try:
            if len(document) > MAX_PAGES:
                raise DocumentError(
                    f"{name}: a PDF may have {MAX_PAGES:,} pages. Got {len(document):,}. "
                    "Split the file into one file a document."
                )
            text = "\n".join(_pages(document, pypdfium2.PdfiumError))
        finally:
            document.close()
    if not text.strip():
        raise DocumentError(
            f"{name}: is a PDF without a text layer, as scans are. Run character recognition "
            "(OCR) on it first."
        )
    return text


def _docx_text(data: bytes, name: str) -> str:
    """Give a paragraph or a table's row a line; numbers that Word sets by itself are no text."""
    _require(name, "a DOCX file", "mammoth", "lxml")
    import mammoth  # noqa: PLC0415  only where there is such a file
    from lxml import html  # noqa: PLC0415

    without_pictures = mammoth.images.img_element(lambda _picture: {})
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(
                part.file_size for part in archive.infolist() if part.filename.endswith("xml")
            )
        if unpacked <= MAX_XML:
            page = mammoth.convert_to_html(
                io.BytesIO(data),
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
    text = _text(html.document_fromstring(f"<html><body>{page}</body></html>"))
    if not text:
        raise DocumentError(f"{name}: is a DOCX file without any text.")
    return text


def _pages(document: PdfDocument, error: type[Exception]) -> Iterator[str]:
    """Give the text of each page; one that cannot be read has none."""
    for number in range(len(document)):
        try:
            page = document[number]
        except error:
            continue
        try:
            text = page.get_textpage().get_text_bounded()
        finally:
            page.close()
        lines = text.replace("\ufffe", "").replace("\x02", "-").splitlines()
        for edge in (0, -1):
            if lines and _PAGE_NUMBER.fullmatch(lines[edge].strip()):
                del lines[edge]
        yield "\n".join(lines)


def _text(page: HtmlElement) -> str:
    """Write out a page: paragraphs, headings and rows a line each, without menus."""
    from lxml import etree  # noqa: PLC0415

    etree.strip_elements(page, *_LEFT_OUT, with_tail=False)
    for cell in page.iter(*_CELLS):
        blocks = [part for part in cell.iterdescendants() if part.tag in _BLOCKS]
        if len(blocks) == 1 and blocks[0].tag in {"p", "div"}:
            blocks[0].drop_tag()
    for element in (part for pre in page.iter("pre") for part in pre.iter()):
        element.text = (element.text or "").replace("\n", _LINE_SEPARATOR)
        if element.tag != "pre":
            element.tail = (element.tail or "").replace("\n", _LINE_SEPARATOR)
    pieces = []
    for event, element in etree.iterwalk(page, events=("start", "end")):
        begins = event == "start"
        if element.tag in _BLOCKS:
            pieces.append("\n")
        elif element.tag in _CELLS:
            pieces.append("\t" * begins)
        elif element.tag == "a":
            pieces.append(_LINK if begins else _LINK_END)
        pieces.append(_BLANKS.sub(" ", (element.text if begins else element.tail) or ""))
    text = "".join(pieces).replace(_LINE_SEPARATOR, "\n")
    lines = [
        (plain, linked > _MENU * len(_squeezed(plain)))
        for plain, linked in map(_unlinked, text.split("\n"))
        if plain
    ]
    kept = [plain for plain, is_menu in lines if not is_menu]
    return "\n".join(kept or [plain for plain, _ in lines])


def _unlinked(line: str) -> tuple[str, int]:
    """Take away the marks of links, and blanks at the ends; say how much was linked."""
    linked = sum(len(found) - 2 for found in _LINKED.findall(line))
    return line.replace(_LINK, "").replace(_LINK_END, "").strip(" \t\xa0"), linked


def _require(name: str, kind: str, *libraries: str) -> None:
    for library in libraries:
        if importlib.util.find_spec(library) is None:
            raise DocumentError(
                f"{name}: is {kind}, which needs {library}. "
                "Run pip install 'policyclf[docs]', or save it as text first."
            )


def _squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)
