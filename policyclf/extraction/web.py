"""Web pages to text, by ``lxml``.

All text of a page is kept but what is linked from beginning to end, as menus are; the rest of
what a page puts around its text is told apart as furniture when sentences are cut.
``trafilatura``, which this replaces, leaves out more of menus and, on pages of the commonest
government templates, of the text: of paragraphs that recur (责任单位：……) all but one, and
``<h1>`` headings.
"""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import TYPE_CHECKING

from policyclf.exceptions import DocumentError
from policyclf.extraction.libraries import require

if TYPE_CHECKING:
    from lxml.html import HtmlElement

HTML_SUFFIXES = frozenset({".html", ".htm", ".shtml", ".xhtml"})

MAX_HTML = 16 * 2**20
"""Characters; saved pages of government sites have some 50,000."""

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
    return PurePath(name).suffix.lower() in HTML_SUFFIXES and _TAG.search(text) is not None


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
    require(name, "a web page", "lxml")
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
        found = page_text(page)
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


def page_text(page: HtmlElement) -> str:
    """Write out a page: paragraphs, headings and rows a line each, without menus.

    Parameters
    ----------
    page : lxml.html.HtmlElement
        Its root, which is changed.

    Returns
    -------
    str
        The lines; nothing if the page has none.
    """
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


def _squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)
