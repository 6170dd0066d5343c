"""Titles, which may fill several lines, and headings that only their neighbours show."""

from __future__ import annotations

import re
from dataclasses import replace

from policyclf.segmentation.characters import ENDED, fold
from policyclf.segmentation.furniture import MAX_FURNITURE
from policyclf.segmentation.habits import Habits, begins_amid, is_couplet
from policyclf.segmentation.headings import MAX_TITLE, TITLE_END, looks_like_title
from policyclf.segmentation.lines import Line, joined
from policyclf.segmentation.patterns import pattern

# Those who sign a paper together may stand above its title, one a line.
MAX_TITLE_LINES = 6
# Paragraphs below headings are longer than this.
MIN_PARAGRAPH = 16
# So many lines that end in a stop and none that breaks off show that nothing is wrapped.
MIN_ENDED = 3

_ABOUT = pattern("关于|關於|印发|印發|转发|轉發|批转|批轉")
_PASSES_ON = pattern("印发|印發|转发|轉發|批转|批轉")
_PASSED_ON = pattern(
    r"(?:通知|函|意见|意見|批复|批復|公告|请示|請示|决定|決定|通报|通報|报告|報告)"
    r"(?:[（(][^）)]{1,20}[)）])?\Z"
)
_WAITS = pattern(r"(?:关于|關於|印发|印發|转发|轉發|批转|批轉|[的和与與及、])\Z")
_STATUS = pattern(
    "[（(](?![^）)]*(?:通过|通過|公布|发布|發布|施行|月))"
    "(?:试行|試行|暂行|暫行|草案|[修送讨討征徵][^（）()]{1,12}|\\d{4}[^（）()]{0,16})[)）]"
)
_ANNEX = pattern(r"附\s*(?:件|录|錄|表)\s*[一二三四五六七八九十\d]{0,2}[：:]?")


def with_whole_titles(text: str, lines: list[Line]) -> list[Line]:
    """Find the title at the head, and join the lines of each title set over several."""
    result: list[Line] = []
    body_seen = False
    i = 0
    while i < len(lines):
        line = lines[i]
        at_head = line.kind != "furniture" and not body_seen
        if at_head:
            line = _as_title(text, lines, i)
            body_seen = line.kind != "heading" or line.item
        i += 1
        if line.kind == "heading" and not line.item:
            last = _title_end(text, lines, i - 1, at_head=at_head)
            line = joined(text, line, replace(lines[last], kind="heading")) if last >= i else line
            i = last + 1
        result.append(line)
    return result


def _as_title(text: str, lines: list[Line], i: int) -> Line:
    """Take the first line that is not furniture for a title if it stands apart from the text."""
    line = lines[i]
    look = fold(text[line.start : min(line.end, line.start + 2 * MAX_TITLE)])
    if line.kind == "heading" or not looks_like_title(look):
        return line
    following = lines[i + 1] if i + 1 < len(lines) else None
    apart = following is not None and (
        following.after_gap or following.kind == "furniture" or following.indented
    )
    if apart or not re.search("[，,]|[？！?!]\\Z", look) or TITLE_END.search(look):
        return Line(line.start, line.end, "heading", width=line.width)
    return line


def _title_end(text: str, lines: list[Line], i: int, *, at_head: bool) -> int:
    """Index of the last line of a title that begins at line ``i``; ``i`` if it is whole."""
    line = lines[i]
    title = text[line.start : line.end]
    if _ANNEX.fullmatch(title):
        return i
    if not _is_whole(title):
        last = i
        reach = MAX_TITLE_LINES if at_head or _ABOUT.search(title) else 2
        announced = line.after_gap or (i > 0 and _announces(text, lines[i - 1]))
        if at_head or announced or _ABOUT.search(title):
            last = _last_line(text, lines, i, reach)
        if last == i:
            return i
        i, title = last, text[line.start : lines[last].end]
    if i + 1 < len(lines) and TITLE_END.search(title):
        status = text[lines[i + 1].start : min(lines[i + 1].end, lines[i + 1].start + MAX_TITLE)]
        i += _STATUS.fullmatch(status) is not None
    return i


def _last_line(text: str, lines: list[Line], i: int, reach: int) -> int:
    """Index of the line that makes the title whole, ``i`` if none does."""
    for j in range(i + 1, min(i + reach, len(lines))):
        line = lines[j]
        title = text[lines[i].start : lines[j - 1].end]
        look = text[line.start : min(line.end, line.start + 2 * MAX_TITLE)]
        fits = line.kind == "heading" or (looks_like_title(look) and TITLE_END.search(look))
        if not fits or line.kind == "furniture" or line.item:
            return i
        if line.after_gap and not (_WAITS.search(title[-3:]) or _ABOUT.search(title)):
            return i
        if _is_whole(text[lines[i].start : line.end]):
            return j
    return i


def _is_whole(title: str) -> bool:
    """Whether a title names the kind of its paper; who passes one on does so by a notice."""
    if _PASSES_ON.search(title):
        return _PASSED_ON.search(title) is not None
    return TITLE_END.search(title) is not None


def _announces(text: str, line: Line) -> bool:
    """Whether a line is such as stands above the title of an annex."""
    return line.kind == "furniture" or _ANNEX.fullmatch(text, line.start, line.end) is not None


def with_couplets(text: str, lines: list[Line], habits: Habits) -> list[Line]:
    """Call a slogan of even halves a heading where it stands alone between paragraphs."""
    result = list(lines)
    for i, line in enumerate(lines[:-1]):
        if line.kind != "sentence" or line.item or line.end - line.start > MAX_FURNITURE:
            continue
        look, below = text[line.start : line.end], lines[i + 1]
        if (
            is_couplet(look)
            and below.kind == "sentence"
            and not below.item
            and _stands_alone(text, lines, i, habits)
            and not begins_amid(look, text, below)
        ):
            result[i] = replace(line, kind="heading")
    return result


def _stands_alone(text: str, lines: list[Line], i: int, habits: Habits) -> bool:
    line, below = lines[i], lines[i + 1]
    if i > 0 and lines[i - 1].kind == "sentence":
        above = lines[i - 1]
        if not ENDED.search(text[max(above.start, above.end - MAX_FURNITURE) : above.end]):
            return False
    if line.after_gap and below.after_gap:
        return below.end - below.start > MIN_PARAGRAPH
    return habits.breaks == 0 and habits.ended >= MIN_ENDED
