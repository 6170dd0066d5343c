"""Web pages, PDF and DOCX to text, by the libraries of the extra ``docs``.

What is extracted is a document's text, one paragraph, heading or table row a line; spans
count the characters of that text. ``trafilatura`` leaves out what a web page puts around
its text, ``pypdfium2`` reads the text layer of a PDF, ``mammoth`` the paragraphs, tables
and tracked insertions of a DOCX file.

Such files come from others. None of them makes this module open another file or an
address; a DOCX file that unpacks to more than :data:`MAX_UNPACKED` bytes, a web page of
more than :data:`MAX_HTML` and a PDF of more than :data:`MAX_PAGES` pages are refused.
"""

from __future__ import annotations

import importlib.util
import io
import re
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal, TypeVar

from policyclf.exceptions import DocumentError

if TYPE_CHECKING:
    from lxml.html import HtmlElement
    from pypdfium2 import PdfDocument

T = TypeVar("T")

Format = Literal["text", "html", "pdf", "docx"]
"""What kinds of files are read."""

SUFFIXES = frozenset({".html", ".htm", ".shtml", ".xhtml", ".pdf", ".docx"})
"""How the names of such files end. A PDF or DOCX file is known by its content."""

LIBRARIES = {"html": "trafilatura", "pdf": "pypdfium2", "docx": "mammoth"}

MAX_HTML = 16 * 2**20
"""Characters; saved pages of government sites have some 50,000."""

MAX_UNPACKED = 256 * 2**20
"""Bytes of all parts of a DOCX file together."""

MAX_PAGES = 10_000
"""Of a PDF; the longest yearbooks have some 1,000."""

_HTML_START = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|meta|title)\b",
    re.IGNORECASE | re.DOTALL,
)
_HTML_NAMES = frozenset({".html", ".htm", ".shtml", ".xhtml"})
_TAG = re.compile(r"<(?:p|div|br|span|td|h[1-6])\b", re.IGNORECASE)
_ROOT = re.compile(r"<(?:html|body)\b", re.IGNORECASE)
_ROW = re.compile(r"^\| (.*?) \| ?$", re.MULTILINE)
_SITE = re.compile(r"\s*[_|｜]|\s+[-–—]+\s")
"""What parts a page's name from its site's in the title bar."""

_INLINE = ("b", "em", "font", "i", "o:p", "span", "strong", "sub", "sup", "u")
"""Tags without which a page reads the same: of a short page, trafilatura makes each a line."""

_SHORT_PAGE = 60
"""Characters; trafilatura takes what is shorter for no text, and then nearly everything for
text. Its own 250 are meant for alphabets."""

_MENU = 4
"""In a menu more than one in so many characters is linked."""

_TITLE_WITHIN = 1_000
_PAGE_NUMBER = re.compile(
    r"\s*(?:[-—–―•·\s]*\d{1,4}[-—–―•·\s]*|第\s*\d{1,4}\s*页(?:[，,\s/]*共\s*\d{1,4}\s*页)?)\s*"
)
_DOCX_PART = b"word/document.xml"
_PARAGRAPHS = ("p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "li")
_BLOCKS = frozenset({*_PARAGRAPHS, "center", "section", "table", "tr", "ul", "ol", "form"})
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
        As `pdf_text` and `docx_text` say.

    Examples
    --------
    >>> packed_text(b"text", "notes.txt") is None
    True
    """
    if data.startswith(b"%PDF-"):
        return pdf_text(data, name), "pdf"
    if data.startswith(b"PK\x03\x04") and _DOCX_PART in data:
        return docx_text(data, name), "docx"
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
        Its main text below its title, without navigation.

    Raises
    ------
    DocumentError
        If there is none, or the library is not installed.
    """
    _require("html", name)
    if len(text) > MAX_HTML:
        raise DocumentError(
            f"{name}: a web page may have {MAX_HTML:,} characters. Got {len(text):,}. "
            "Save its text as a text file."
        )
    import trafilatura  # noqa: PLC0415  only where there is such a file
    from lxml import etree  # noqa: PLC0415
    from trafilatura.settings import use_config  # noqa: PLC0415

    settings = use_config()
    settings["DEFAULT"]["MIN_EXTRACTED_SIZE"] = str(_SHORT_PAGE)

    def read() -> tuple[str | None, str]:
        page = trafilatura.load_html(_whole_page(text))
        if page is None:
            return None, ""
        metadata = trafilatura.extract_metadata(page)
        etree.strip_tags(page, *_INLINE)
        _unlink(page)
        _name_paragraphs(page)
        found = trafilatura.extract(
            page, include_comments=False, favor_recall=True, config=settings
        )
        return found, (metadata and metadata.title) or ""

    found, title = _quietly(read, name, "html")
    if not found:
        raise DocumentError(
            f"{name}: is a web page without any text. Pages that load their text by a script "
            "are empty when saved as source: save it as text from the browser."
        )
    found = _ROW.sub(lambda row: "\t".join(row.group(1).split(" | ")), found)
    heading = _SITE.split(title, maxsplit=1)[0].strip()
    return (
        found if _squeezed(heading) in _squeezed(found[:_TITLE_WITHIN]) else f"{heading}\n{found}"
    )


def pdf_text(data: bytes, name: str) -> str:
    """Take the text layer out of a PDF.

    Parameters
    ----------
    data : bytes
        The file's content.
    name : str
        What to call it in messages.

    Returns
    -------
    str
        Its text, lines as they are set, without the page numbers.

    Raises
    ------
    DocumentError
        If it cannot be opened, has no text (as scans have none), or the library is not
        installed.
    """
    _require("pdf", name)
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


def docx_text(data: bytes, name: str) -> str:
    """Take the text out of a DOCX file.

    Parameters
    ----------
    data : bytes
        The file's content.
    name : str
        What to call it in messages.

    Returns
    -------
    str
        A paragraph or a table's row a line. Numbers that Word sets by itself are not part
        of the text.

    Raises
    ------
    DocumentError
        If it cannot be opened, unpacks to too much, or the library is not installed.
    """
    _require("docx", name)
    import mammoth  # noqa: PLC0415  only where there is such a file
    from lxml import html  # noqa: PLC0415  comes with trafilatura, of the same extra

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
    except zipfile.BadZipFile as error:
        raise DocumentError(
            f"{name}: is a DOCX file that cannot be opened: it is damaged. Get it anew."
        ) from error
    if unpacked > MAX_UNPACKED:
        raise DocumentError(
            f"{name}: a DOCX file may unpack to {MAX_UNPACKED:,} bytes. Got {unpacked:,}. "
            "Save its text as a text file."
        )
    without_pictures = mammoth.images.img_element(lambda _picture: {})
    converted = _quietly(
        lambda: mammoth.convert_to_html(io.BytesIO(data), convert_image=without_pictures).value,
        name,
        "docx",
    )
    body = html.document_fromstring(f"<html><body>{converted}</body></html>").body
    for line_end in body.iter("br"):
        line_end.tail = "\n" + (line_end.tail or "")
    text = "\n".join(_lines(body))
    if not text.strip():
        raise DocumentError(f"{name}: is a DOCX file without any text.")
    return text


def _unlink(page: HtmlElement) -> None:
    """Take links out of running text; those of menus tell a menu from text."""
    for holder in {link.getparent() for link in page.iter("a")} - {None}:
        links = [child for child in holder if child.tag == "a"]
        linked = sum(len(link.text_content()) for link in links)
        if linked * _MENU < len(holder.text_content()):
            for link in links:
                link.drop_tag()


def _name_paragraphs(page: HtmlElement) -> None:
    """Call paragraphs and layout what they are, by which trafilatura keeps and parts them.

    A ``<div>`` that holds only text is a paragraph; a table with a cell of several
    paragraphs, or of another table, is no table but what holds the text of an old page.
    """
    for table in page.iter("table"):
        cells = [
            cell for cell in table.iter("td", "th") if next(cell.iterancestors("table")) is table
        ]
        if any(len(list(cell.iter(*_PARAGRAPHS, "br", "table"))) > 1 for cell in cells):
            for part in ("tr", "tbody", "thead", "tfoot"):
                for element in table.iter(part):
                    if next(element.iterancestors("table")) is table:
                        element.tag = "div"
            for cell in cells:
                cell.tag = "div"
            table.set("layout", "")
    for table in page.xpath("//table[@layout]"):
        table.tag = "div"
    for element in page.iter("div", "section", "center"):
        if not any(part.tag in _BLOCKS for part in element.iterdescendants()):
            element.tag = "p"


def _pages(document: PdfDocument, error: type[Exception]) -> Iterator[str]:
    """Give the text of each page; one that cannot be read has none."""
    for number in range(len(document)):
        try:
            page = document[number]
        except error:
            continue
        try:
            lines = page.get_textpage().get_text_bounded().replace("\ufffe", "").splitlines()
        finally:
            page.close()
        for edge in (0, -1):
            if lines and _PAGE_NUMBER.fullmatch(lines[edge]):
                del lines[edge]
        yield "\n".join(lines)


def _lines(element: HtmlElement) -> Iterator[str]:
    """Give the paragraphs and the rows of tables, in order."""
    for child in element:
        if child.tag == "tr":
            yield "\t".join(" ".join(_lines(cell)) for cell in child)
        elif child.tag in _BLOCKS and not any(
            part.tag in _BLOCKS for part in child.iterdescendants()
        ):
            yield child.text_content().strip()
        else:
            yield from _lines(child)


def _require(format_: Format, name: str) -> None:
    if importlib.util.find_spec(LIBRARIES[format_]) is None:
        kind = {"html": "a web page", "pdf": "a PDF", "docx": "a DOCX file"}[format_]
        raise DocumentError(
            f"{name}: is {kind}, which needs {LIBRARIES[format_]}. "
            "Run pip install 'policyclf[docs]', or save it as text first."
        )


def _quietly(read: Callable[[], T], name: str, format_: Format) -> T:
    """Call a library on a file from others: whatever it raises, the file is at fault."""
    try:
        return read()
    except Exception as error:  # the libraries say nowhere which
        raise DocumentError(
            f"{name}: {LIBRARIES[format_]} cannot read it: {type(error).__name__}: "
            f"{error!s:.200}. Save it as text first."
        ) from error


def _whole_page(text: str) -> str:
    """Take away what says an encoding, which is decoded already, and complete a fragment."""
    text = re.sub(r"\A\s*<\?xml[^>]*>", "", text.removeprefix("\ufeff"))
    return text if _ROOT.search(text) else f"<html><body>{text}</body></html>"


def _squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)
