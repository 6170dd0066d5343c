"""The lines of a page, each named by its looks alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from policyclf.segmentation.characters import LINE_ENDS, fold, trim, width_of
from policyclf.segmentation.furniture import (
    HEAD_RESIDUE,
    MAX_FURNITURE,
    is_furniture,
    without_residue,
)
from policyclf.segmentation.headings import (
    MAX_NUMBERED_HEADING,
    MAX_TITLE,
    ORIGINAL_TITLE,
    PARAGRAPH_GAP,
    looks_like_heading,
)
from policyclf.segmentation.numbering import (
    ARTICLE,
    ARTICLE_GAP,
    ITEM,
    LONE_NUMBER,
    OPENING,
    SECTION_STYLES,
    style,
)
from policyclf.segmentation.patterns import pattern
from policyclf.spans import Kind

# Columns narrower than this are tables, not hard-wrapped text.
MIN_WRAP = 16
# From here on a line is a whole document, in which two wide blanks begin a paragraph.
WHOLE_DOCUMENT_LINE = 200
_LINE = pattern(f"[^{LINE_ENDS}]+")
_GAP = pattern("[ \t\xa0\u2000-\u200a\u3000]+")
# 「总　　则」: the character behind a blank may stand for itself.
_SPACED = pattern(r"\S(?:\s|\Z)")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the page, or several that are one: its place and how it looks."""

    start: int
    end: int
    kind: Kind
    item: bool = False  # opens with a number or a bullet
    indented: bool = False
    after_gap: bool = False  # a blank line stands above
    width: float = 0.0  # of the last physical line, in full-width characters


def _stretches(text: str) -> Iterator[tuple[int, int, bool, bool]]:
    """Yield the visible stretch of each line; is it indented, does a blank line precede it."""
    last_end = 0
    for found in _LINE.finditer(text):
        cuts = [found.start()]
        if found.end() - found.start() > WHOLE_DOCUMENT_LINE:
            gaps = PARAGRAPH_GAP.finditer(text, found.start(), found.end())
            cuts.extend(gap.end() for gap in gaps)
        else:
            cuts.extend(_heading_ends(text, found.start(), found.end()))
        cuts.append(found.end())
        for left, right in pairwise(cuts):
            start, end = trim(text, left, right)
            if start == end:
                continue
            between = text[last_end:left]
            gap = max(between.count("\n"), between.count("\r")) > 1
            indented = start - left > 1 or left != found.start()
            for part_start, part_end in without_residue(text, start, end):
                yield part_start, part_end, indented, gap
            last_end = end


def _heading_ends(text: str, start: int, end: int) -> list[int]:
    """Where a heading that other text follows on its line ends: 「一、总则　　第一条……」."""
    cuts: list[int] = []
    if text.find("\u3000第", start, end) > 0:
        cuts = [gap.end() for gap in ARTICLE_GAP.finditer(text, start + 1, end)]
    left = trim(text, start, end)[0]
    for gap in _GAP.finditer(text, left, end):
        if not style(text, left) or gap.end() == end:
            break
        heading = text[left : gap.start()]
        wide = gap.end() - gap.start() > 1
        if len(heading) > MAX_NUMBERED_HEADING:
            break
        if LONE_NUMBER.match(heading) or not looks_like_heading(heading):
            continue
        text_follows = (
            wide
            and style(text, left) in SECTION_STYLES
            and not _SPACED.match(text, gap.end(), end)
            and text.find("。", gap.end(), end) > 0
        )
        if text_follows or OPENING.match(text, gap.end(), end):
            cuts.append(gap.end())
            left = gap.end()
    return sorted(set(cuts))


def read_lines(text: str) -> list[Line]:
    """Name every line by its looks alone."""
    lines: list[Line] = []
    for start, end, indented, gap in _stretches(text):
        kind: Kind = "sentence"
        if text[start] in "<&" and HEAD_RESIDUE.fullmatch(text, start, end):
            kind = "furniture"
        item = bool(ITEM.match(text, start, end))
        width = float(end - start)
        if end - start <= MAX_FURNITURE:
            line = text[start:end]
            width = width_of(line)
            if is_furniture(line):
                kind = "furniture"
            elif looks_like_heading(line) or ORIGINAL_TITLE.match(fold(line)):
                kind = "furniture" if lines and _is_label(text, lines[-1]) else "heading"
        lines.append(Line(start, end, kind, item, indented, gap, width))
    return lines


def joined(text: str, first: Line, last: Line) -> Line:
    """Make one of two lines; a number on a line of its own is what follows it."""
    if first.end - first.start < MIN_WRAP and LONE_NUMBER.match(text[first.start : first.end]):
        kind: Kind = "sentence" if ARTICLE.match(text, first.start) else last.kind
        return Line(first.start, last.end, kind, item=True, width=last.width)
    both = first.kind == last.kind == "heading" and last.end - first.start <= MAX_TITLE
    kind = "heading" if both else "sentence"
    return Line(
        first.start, last.end, kind, first.item, first.indented, first.after_gap, last.width
    )


def _is_label(text: str, line: Line) -> bool:
    """Whether a line announces what stands in the next one: a source, an editor, a link."""
    label = fold(text[max(line.start, line.end - MIN_WRAP) : line.end])
    return (
        line.kind == "furniture"
        and label.endswith(("：", ":"))
        and re.search("(?:来源|时间|日期|频道|作者|编辑|机构|报道|链接|阅读|新闻).$", label)
        is not None
    )
