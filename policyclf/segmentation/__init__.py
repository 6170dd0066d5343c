"""Cut documents into sentences, headings and page furniture.

:func:`segment` reads a document in four steps::

    lines       what is on the page: furniture, headings, items, text
    paragraphs  hard-wrapped lines are put together again
    sentences   a paragraph is cut at the stops that end something
    places      every segment learns its section heading and the title

The rules, in the order in which they bite:

* A line end ends a segment if the line has a stop, is a heading or furniture,
  or if the next line opens with a number. A line that breaks off in
  mid-sentence goes on in the next one, also over a blank line.
* Whether a line without a stop is a heading or was cut is settled by the two
  lines if one ends or begins as no phrase does (「培育一 / 条……」), and
  otherwise by the whole document (:mod:`~policyclf.segmentation.habits`): do many
  of its lines break off, are its paragraphs indented, do its lines with such a
  number carry text, do the parted characters make a word elsewhere.
* A title may fill several lines, up to the word that names the paper (「的通知」).
* A numbered heading ends at a blank behind which a number or a sentence begins.
* A short line of even halves between paragraphs, 「把水引进来，把路修出去」, is a
  heading.
* A list item keeps its number. A line that ends in ；is a segment of its own if
  an item follows; in a paragraph without numbers ；ends clauses only.
* A short numbered phrase with a full stop in front of other text,
  「（一）加大引才力度。对……」, is a heading if it has no comma or colon.
  Alone on its line it is one only if it is numbered 一、 or （一） and text
  without a number follows. 「一是……。」 and 「第三条　……。」 are sentences.
* A stop in a short bracket or quotation does not end the sentence around it. A
  longer quotation is cut like other text. The last stop of a quotation ends
  the sentence unless the sentence reads on: after the closing quote comes a
  comma, a particle (的, 等), or somebody who says it (「……。”某某表示，」). A
  meeting or a paper is no such somebody: 「……。”会议指出，」 begins anew. A
  slogan, 「喊响“大干快上！”的口号」, is part of its sentence.
* 「（某局负责）」 behind a stop belongs to the sentence before it, on whatever line
  it stands and wherever a line end cuts it.
* ``?`` ends a sentence at the end of a line, before a blank or closing quote, or
  where the sentence asks something (什么, 是否, 吗); glued between characters
  that ask nothing it is the scar of a broken conversion. ？ always ends one.
* ``.`` ends a sentence after a Chinese character at the end of a line, or before
  a blank and a Chinese character.

The package is hand-written in place of a general splitter because those know
neither the numbering nor the page furniture of Chinese official documents, nor
join hard-wrapped lines. Measured on the golden cases of unit sentence
(``tests/golden/segmentation.jsonl``, composed for this package, so they flatter
it): this package 156 of 156, sentencex 1.0.32 62 of 156. Real documents whose
paragraphs are wrapped at random widths of 16 to 46 characters give 99 % of the
segments that they give unwrapped if paragraphs are indented and 97 % if not, at
one width 98 % (the single module that this package replaced: 86, 87, 98 %). On
92 real documents (3.8 MB) it reads some 5 MB/s on one core.
"""

from __future__ import annotations

from policyclf.exceptions import InputError
from policyclf.segmentation.characters import BLANK, trim
from policyclf.segmentation.furniture import is_furniture
from policyclf.segmentation.headings import looks_like_heading, title_text
from policyclf.segmentation.lines import read_lines
from policyclf.segmentation.numbering import NUMBERED_SECTION
from policyclf.segmentation.stops import MAX_SEGMENT, cut_pieces
from policyclf.segmentation.wraps import join_lines
from policyclf.spans import UNITS, Kind, Sentence, Unit

__all__ = ["BLANK", "MAX_SEGMENT", "is_heading", "segment"]


def segment(text: str, *, unit: Unit = "sentence") -> list[Sentence]:
    r"""Cut a document into its sentences, headings and page furniture.

    Every character that a reader can see is in exactly one segment. The time
    taken is linear in the length of the text.

    Parameters
    ----------
    text : str
        The document, as read; any line ends.
    unit : {"sentence", "clause"}, default="sentence"
        Whether ；ends a segment too.

    Returns
    -------
    list of Sentence
        In the order of the text; ``text[s.start:s.end] == s.text``. No segment
        is longer than ``MAX_SEGMENT``, empty, or begins or ends with a blank.

    Raises
    ------
    InputError
        If the text is not a string or the unit is unknown.

    Examples
    --------
    >>> text = "人才办法\n一、引才\n（一）加大力度。对来本市就业的，给予补贴；对创业的，给予贷款。"
    >>> for s in segment(text, unit="clause"):
    ...     print(s.kind, s.text, s.heading)
    heading 人才办法 None
    heading 一、引才 None
    heading （一）加大力度。 一、引才
    clause 对来本市就业的，给予补贴； （一）加大力度。
    clause 对创业的，给予贷款。 （一）加大力度。
    """
    if not isinstance(text, str):
        msg = "The 'text' parameter of segment must be a str. "
        raise InputError(msg + f"Got {type(text).__name__} instead.")
    if unit not in UNITS:
        msg = "The 'unit' parameter of segment must be 'sentence' or 'clause'. "
        raise InputError(msg + f"Got {unit!r} instead.")
    pieces = cut_pieces(text, join_lines(text, read_lines(text)), unit)
    return _place(text, list(pieces))


def is_heading(line: str) -> bool:
    """Whether a line, taken by itself, is a heading.

    A heading is short and has no stop at its end. A numbered one may have two
    commas, one without a number none, nor a colon: a long line or one with
    commas is a sentence that has lost its stop. An article (第三条) is none, nor
    is page furniture.

    Parameters
    ----------
    line : str
        One line, with or without blanks around it.

    Returns
    -------
    bool

    Examples
    --------
    >>> is_heading("一、加快产业集聚，优化空间布局")
    True
    >>> is_heading("第三条　本办法适用于本市")
    False
    >>> is_heading("加快产业集聚，优化空间布局，推进")
    False
    """
    start, end = trim(line, 0, len(line))
    return looks_like_heading(line[start:end]) and not is_furniture(line[start:end])


def _place(text: str, pieces: list[tuple[int, int, Kind]]) -> list[Sentence]:
    """Tell every segment its title and the section heading above it."""
    titled = next(((s, e, k) for s, e, k in pieces if k != "furniture"), (0, 0, "sentence"))
    title = None
    if titled[2] == "heading" and not NUMBERED_SECTION.match(text, titled[0], titled[1]):
        title = title_text(text[titled[0] : titled[1]])
    heading = None
    segments = []
    for start, end, kind in pieces:
        part = text[start:end]
        segments.append(Sentence(start, end, part, kind, heading, title))
        if kind == "heading" and title_text(part) != title:
            heading = part
    return segments
