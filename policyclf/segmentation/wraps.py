"""Lines to paragraphs: hard-wrapped lines are put together again."""

from __future__ import annotations

import re
from dataclasses import replace

from policyclf.segmentation.characters import ENDED
from policyclf.segmentation.duties import MAX_DUTY, duty_end, is_cut_duty
from policyclf.segmentation.furniture import MAX_FURNITURE
from policyclf.segmentation.habits import (
    Habits,
    begins_amid,
    breaks_off,
    find_habits,
    is_rest,
    is_running_text,
    is_unfinished,
)
from policyclf.segmentation.headings import MAX_HEADING, MAX_TITLE, TITLE_END
from policyclf.segmentation.lines import MIN_WRAP, Line, joined
from policyclf.segmentation.numbering import ARTICLE, LONE_NUMBER, style
from policyclf.segmentation.patterns import pattern
from policyclf.segmentation.roles import with_roles
from policyclf.segmentation.titles import with_couplets, with_whole_titles

WRAP_SLACK = 2
WRAP_WINDOW = 6
# Over so many lines a duty bracket may be broken.
MAX_DUTY_LINES = 4
# A line that may be a heading and is as long as this is rather one that was cut.
LONG_HEADING = 16
# What speaks for a cut line must outweigh by this what speaks for a heading.
CUT_WEIGHT = 2
# Headings do not say who shall or may do what.
_PREDICATE = pattern("应当|應當|不得|可以|是指|必须|必須")
# 「计算方法：本年度……」
_LABEL = pattern(r"[^，。：:\s]{2,10}[：:]")
_LABELLED = pattern(rf"{_LABEL.pattern}\S{{4,}}")


def join_lines(text: str, lines: list[Line]) -> list[Line]:
    """Put hard-wrapped lines together, and name what only the neighbours can tell."""
    lines = with_whole_titles(text, lines)
    habits = find_habits(text, lines)
    lines = with_couplets(text, lines, habits)
    paragraphs: list[Line] = []
    for i, line in enumerate(lines):
        if paragraphs and _is_duty(text, paragraphs[-1], lines, i):
            paragraphs[-1] = replace(paragraphs[-1], end=line.end, width=line.width)
        elif paragraphs and _goes_on(paragraphs[-1], lines, i, habits):
            paragraphs[-1] = joined(text, paragraphs[-1], line)
        else:
            paragraphs.append(line)
    return with_roles(text, paragraphs, habits)


def _is_duty(text: str, paragraph: Line, lines: list[Line], i: int) -> bool:
    """Whether line ``i`` begins with a duty bracket, or with the rest of one."""
    if paragraph.kind == "furniture":
        return False
    line = lines[i]
    end = min(lines[min(i + MAX_DUTY_LINES, len(lines)) - 1].end, line.start + MAX_DUTY)
    if text[line.start] in "（(":
        tail = text[max(paragraph.start, paragraph.end - MAX_FURNITURE) : paragraph.end]
        task = paragraph.item if paragraph.kind == "heading" else ENDED.search(tail)
        if task and tail[-1] not in "：:" and duty_end(text, line.start, end) > line.start:
            return True
    return is_cut_duty(text, paragraph.start, paragraph.end, end)


def _goes_on(paragraph: Line, lines: list[Line], i: int, habits: Habits) -> bool:
    """Whether line ``i`` is the continuation of the paragraph above it."""
    line, text = lines[i], habits.text
    tail = text[max(paragraph.start, paragraph.end - MAX_FURNITURE) : paragraph.end]
    if line.item or paragraph.kind == "furniture" or ENDED.search(tail):
        return False
    if line.kind == "furniture":
        return habits.wrapped and is_rest(text, line)
    may_wrap = (
        habits.wrapped
        and not (habits.indents and line.indented)
        and (habits.over_gaps or not line.after_gap)
    )
    if tail[-1] in "；;":
        unlisted = not paragraph.item or may_wrap or _is_full(text, lines, i - 1)
        return line.kind == "sentence" and unlisted
    if LONE_NUMBER.match(tail) or is_unfinished(tail):
        return True
    if begins_amid(tail, text, line) and (may_wrap or not line.after_gap):
        return True
    return (
        (may_wrap and _is_cut(paragraph, lines, i, habits))
        or _is_cut_text(paragraph, line, habits)
        or _is_wrapped(text, lines, i, heading=paragraph.kind == "heading")
    )


def _is_cut(paragraph: Line, lines: list[Line], i: int, habits: Habits) -> bool:
    """Whether a paragraph without a stop goes on where the document is wrapped."""
    if paragraph.kind == "heading":
        return _is_cut_heading(paragraph, lines, i, habits)
    tail = habits.text[max(paragraph.start, paragraph.end - MAX_FURNITURE) : paragraph.end]
    return breaks_off(tail) or _is_text(paragraph, lines[i], habits)


def _is_cut_text(paragraph: Line, line: Line, habits: Habits) -> bool:
    """Whether both lines are running text, so that the first goes on in any document."""
    tail = habits.text[max(paragraph.start, paragraph.end - MAX_FURNITURE) : paragraph.end]
    kinds = {paragraph.kind, line.kind}
    return kinds == {"sentence"} and breaks_off(tail) and is_running_text(habits.text, line)


def _is_text(paragraph: Line, line: Line, habits: Habits) -> bool:
    """Whether an unended paragraph is a sentence, not a cell or the name of an article."""
    text = habits.text
    if ARTICLE.match(text, paragraph.start):
        return habits.carries_text("article")
    if paragraph.item or paragraph.end - paragraph.start > MAX_HEADING:
        return True
    look = text[paragraph.start : paragraph.end]
    return _LABELLED.fullmatch(look) is not None and not _LABEL.match(text, line.start, line.end)


def _is_cut_heading(paragraph: Line, lines: list[Line], i: int, habits: Habits) -> bool:
    """Whether what looks like a heading in a wrapped document is the first line of a sentence."""
    text, line = habits.text, lines[i]
    numbering = style(text, paragraph.start) if paragraph.item else ""
    if habits.indents and paragraph.indented:
        window = max(paragraph.start, paragraph.end - MAX_TITLE)
        whole = TITLE_END.search(text, window, paragraph.end)
        return paragraph.item or whole is None
    following = lines[i + 1] if i + 1 < len(lines) else None
    if line.kind == "heading":  # a heading over two lines
        ends = following is None or following.item or following.indented
        return habits.indents and paragraph.item and ends
    weight = habits.weight_of_cut(paragraph.end - 1, line.start)
    look = text[paragraph.start : min(paragraph.end, paragraph.start + MAX_TITLE)]
    weight += len(look) >= LONG_HEADING
    weight += look.count("、") > 1
    weight += CUT_WEIGHT if _PREDICATE.search(look) else 0
    if numbering:
        weight += CUT_WEIGHT if habits.carries_text(numbering) else -CUT_WEIGHT
    else:
        weight -= 1
    return weight >= CUT_WEIGHT


def _is_wrapped(text: str, lines: list[Line], i: int, *, heading: bool) -> bool:
    """Whether the line above ``i`` ends where it does because the page is no wider."""
    line, above = lines[i], lines[i - 1]
    if line.after_gap and heading:
        return False
    if text[above.end - 1] in "）)》" and not breaks_off(
        text[above.start : above.end][-MAX_TITLE:]
    ):
        return False
    return line.indented <= above.indented and _is_full(text, lines, i - 1)


def _is_full(text: str, lines: list[Line], i: int) -> bool:
    """Whether line ``i`` is as long as a hard wrap lets its neighbours be."""
    width = lines[i].width
    if width < MIN_WRAP:
        return False
    near = [
        other.width
        for other in lines[max(0, i - WRAP_WINDOW) : i + WRAP_WINDOW + 1]
        if other.kind != "furniture"
    ]
    like = sum(abs(other - width) <= WRAP_SLACK for other in near) - 1
    wider = sum(other > width + WRAP_SLACK for other in near)
    if like < 2 or wider > 1:  # noqa: PLR2004 - two others make a wrap; a title may be wider
        return False
    first, last = lines[max(0, i - 1)], lines[min(len(lines) - 1, i + 1)]
    return bool(re.search("[，,。、；]", text[first.start : last.end]))
