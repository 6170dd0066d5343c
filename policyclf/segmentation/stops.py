"""Paragraphs to sentences and clauses: which stops end something."""

from __future__ import annotations

import re
from collections.abc import Iterator

from policyclf.segmentation.characters import (
    BLANK,
    BLANK_CLASS,
    CLOSER_CLASS,
    CLOSERS,
    HAN,
    HAN_CHAR,
    NUMERALS,
    STOPS,
    trim,
)
from policyclf.segmentation.duties import duty_end
from policyclf.segmentation.headings import MAX_LEAD, is_lead
from policyclf.segmentation.lines import MIN_WRAP, Line
from policyclf.segmentation.numbering import GLUED
from policyclf.segmentation.patterns import pattern
from policyclf.spans import Kind, Unit

# The longest sentence of 92 official documents has some 500 characters. Twice as
# much is no sentence any more but text whose stops were lost.
MAX_SEGMENT = 1200
# What can be read at a glance without losing the sentence around it.
MAX_BRACKET = 120
MAX_QUOTE = 30
# A heading that lost the line end behind it, 「二、重点任务（一）……」, is no longer.
MAX_GLUED = 24
# A question asks within this distance before its mark.
QUESTION_REACH = 60
_BRACKETS = "（("
_PAIRS = {"“": "”", "「": "」", "『": "』", "（": "）", "(": ")"}
_CLOSED_BY = {"”": "“", "」": "「", "』": "『", "）": "（", ")": "（", '"': "“"}
_TOKEN = pattern(f'[“”「」『』（）()"{STOPS}.．](?:(?<=[{STOPS}.．])[{STOPS}.．]+)?')
_CLAUSE_TOKEN = pattern('[“”「」『』（）()"；;]')
_TRAIL = pattern(f"(?:[{BLANK_CLASS}]{{0,3}}[{CLOSER_CLASS}{STOPS}]){{0,20}}")
_ASKS = pattern(
    "[吗嗎呢吧啊么麼谁誰哪]|什么|甚麼|什麼|怎|(?<!任)何|几(?:个|点|时|多)|多少|是否|能否|可否|"
    "要不要|是不是|能不能|难道|難道|岂|可曾|还有没有|有没有|有無|有无"
)
_ANSWERS = "请請答"
_READS_ON = "的等之是和与與及并並"
_SAYS = pattern(
    "(?!会议|會議|大会|大會|会上|會上|全会|全會|通知|意见|意見|文件|报告|報告|方案|公报|公報)"
    r"[^。！？!?；;，,：:“”「」\n]{1,30}?"
    "(?:说|說|表示|指出|强调|強調|认为|認為|介绍|介紹|坦言|告诉记者|告訴記者|称|稱|提出|要求|解释|"
    "解釋|透露|回答|感叹|感慨|建议|建議|道)(?:道|说|說)?(?=[，。,.：:！!]|\\Z)"
)
_SOFT_CUTS = tuple(pattern(f".*[{marks}]", re.DOTALL) for marks in ("；;", "，,、", BLANK_CLASS))
_ENTITY_OR_CODE = pattern(r"[A-Za-z];|[\x21-\x7e];[\x21-\x7e]")
_ENGLISH_STOP = pattern(r"[a-z]{3}\.(?=\s+[A-Z])")
_FULL_STOP = frozenset("。｡！？")


def cut_pieces(text: str, paragraphs: list[Line], unit: Unit) -> Iterator[tuple[int, int, Kind]]:
    """Cut the paragraphs and give every piece its kind."""
    for paragraph in paragraphs:
        if paragraph.kind != "sentence":
            for start, end in _short_enough(text, paragraph.start, paragraph.end):
                yield start, end, paragraph.kind
            continue
        for sentence_start, whole_end in _sentences(text, paragraph.start, paragraph.end):
            whole_start = sentence_start
            if glued := _glued_heading(text, whole_start, whole_end):
                yield whole_start, glued, "heading"
                whole_start = trim(text, glued, whole_end)[0]
            if whole_end < paragraph.end and is_lead(
                text[whole_start : min(whole_end, whole_start + MAX_LEAD + 1)]
            ):
                yield whole_start, whole_end, "heading"
                continue
            for start, end in _short_enough(text, whole_start, whole_end):
                if unit == "clause":
                    yield from _clauses(text, start, end)
                else:
                    yield start, end, "sentence"


def _glued_heading(text: str, start: int, end: int) -> int:
    """Where a heading ends that was glued to a lead: 「二、重点任务（一）抓招商。」; else 0."""
    found = GLUED.match(text, start, end)
    if not found or end - start > MAX_LEAD + MAX_GLUED:
        return 0
    lead = text[trim(text, found.end(), end)[0] : end]
    return found.end() if is_lead(lead) else 0


def _remarks(tokens: list[re.Match[str]]) -> dict[int, int]:
    """Pair the brackets and quotes of a stretch: where each that closes opened, and back.

    Every kind has its own stack, so that one bracket left open spoils no other.
    A straight quote closes what is open, “ included, and opens otherwise.
    """
    stacks: dict[str, list[int]] = {}
    pairs: dict[int, int] = {}
    for token in tokens:
        mark, at = token.group(), token.start()
        if mark in _PAIRS:
            stacks.setdefault(_CLOSED_BY[_PAIRS[mark]], []).append(at)
        elif mark in _CLOSED_BY:
            stack = stacks.setdefault(_CLOSED_BY[mark], [])
            if mark == '"' and (not stack or at - stack[-1] > MAX_SEGMENT):
                stack.append(at)
            elif stack:
                opened = stack.pop()
                pairs[opened], pairs[at] = at, opened
    return pairs


def _is_short(text: str, opened: int, closed: int) -> bool:
    limit = MAX_BRACKET if text[opened] in _BRACKETS else MAX_QUOTE
    return 0 < closed - opened <= limit


def _sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut a paragraph at the stops that end a sentence."""
    tokens = list(_TOKEN.finditer(text, start, end))
    pairs = _remarks(tokens)
    remark_end = -1  # where the outermost short bracket or quotation closes that we are in
    for token in tokens:
        at = token.start()
        if text[at] in _PAIRS or text[at] in _CLOSED_BY:
            closed = pairs.get(at, -1)
            if at > remark_end and _is_short(text, at, closed):
                remark_end = closed
            continue
        if at <= start:  # taken with the stop before, or nothing stands in front of it
            continue
        after = _trail(text, token.end(), end, pairs)
        if after <= remark_end or not _is_stop(text, token, start, after, end):
            continue
        if _reads_on(text, token, pairs, start=start, after=after, end=end):
            continue
        after = duty_end(text, after, end)
        yield start, after
        start, end = trim(text, after, end)
    if start < end:
        yield start, end


def _trail(text: str, at: int, end: int, pairs: dict[int, int]) -> int:
    """Go past the closing quotes, brackets and further stops after a stop."""
    while True:
        if found := _TRAIL.match(text, at, end):
            at = found.end()
        if at < end and text[at] == '"' and pairs.get(at, at) < at:
            at += 1
            continue
        return at


def _is_stop(text: str, token: re.Match[str], start: int, after: int, end: int) -> bool:
    """Whether a run of stops, by itself, can end the sentence that began at ``start``."""
    run, at = token.group(), token.start()
    at_break = after == end or BLANK.match(text, after) is not None
    if "?。" in run:
        return at_break
    if not _FULL_STOP.isdisjoint(run):
        return True
    if "…" in run or run.count(".") > 2:  # noqa: PLR2004 - three dots make an ellipsis
        rest = BLANK.match(text, after, end)
        following = text[rest.end() if rest else after : end][:1]
        return not following.isdigit()  # the dots that lead to a page number
    if "?" in run or "!" in run:
        return _is_asking(text, token, start, after, at_break=at_break)
    return _is_latin_stop(text, start, at, after, end)


def _is_asking(text: str, token: re.Match[str], start: int, after: int, *, at_break: bool) -> bool:
    """Whether ``?`` or ``!`` is a mark that somebody wrote, not a scar or part of an address."""
    run, at = token.group(), token.start()
    if at_break or after > token.end():
        return True
    before, following = text[at - 1], text[after]
    if before.isascii() and following.isascii():
        return False
    if "!" in run or following in _ANSWERS:
        return True
    return _ASKS.search(text, max(start, at - QUESTION_REACH), at) is not None


def _is_latin_stop(text: str, start: int, at: int, after: int, end: int) -> bool:
    """Whether ``.`` ends a sentence: not in 3.5, v2.1.3, 一. or an address."""
    if not (HAN_CHAR.match(text[at - 1]) or text[at - 1] in CLOSERS):
        return _ENGLISH_STOP.match(text, max(at - 3, start), end) is not None
    number = text[start:at].strip() if at - start < MIN_WRAP else ""
    if number and all(char in NUMERALS for char in number):
        return False
    if after == end:
        return True
    blank = BLANK.match(text, after, end)
    return bool(blank and pattern(f"[{HAN}“《（(]").match(text, blank.end(), end))


def _reads_on(
    text: str, token: re.Match[str], pairs: dict[int, int], *, start: int, after: int, end: int
) -> bool:
    """Whether the sentence goes on behind a stop and what closes after it."""
    blank = BLANK.match(text, after, end)
    following = blank.end() if blank else after
    if following == end:
        return False
    if text[following] in "，、；：,;:":
        return True
    closed = [at for at in range(token.end(), after) if pairs.get(at, at) < at]
    particle = text[following] in _READS_ON and not blank
    if not closed:
        return particle and "…" in token.group()
    opened = pairs[closed[-1]]
    before = trim(text, start, opened)
    if text[opened] in _BRACKETS:
        return before[0] < before[1]
    if particle or _SAYS.match(text, following, end):
        return True
    slogan = "。" not in token.group() and before[0] < before[1] == opened
    return slogan and _is_short(text, opened, closed[-1]) and text[opened - 1].isalnum()


def _short_enough(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut what is longer than ``MAX_SEGMENT``, if possible at ；，、 or a blank near there."""
    while end - start > MAX_SEGMENT:
        limit = start + MAX_SEGMENT
        window = text[limit - MAX_SEGMENT // 4 : limit]
        cuts = (found.end() for cut in _SOFT_CUTS if (found := cut.match(window)))
        cut = limit - len(window) + next(cuts, len(window))
        piece = trim(text, start, cut)
        if piece[0] < piece[1]:
            yield piece
        start, end = trim(text, cut, end)
    if start < end:
        yield start, end


def _clauses(text: str, start: int, end: int) -> Iterator[tuple[int, int, Kind]]:
    """Cut a sentence at ；, but not inside a short bracket or quotation."""
    tokens = list(_CLAUSE_TOKEN.finditer(text, start, end))
    pairs = _remarks(tokens)
    remark_end = -1
    kind: Kind = "sentence"
    for token in tokens:
        at = token.start()
        if text[at] not in "；;":
            closed = pairs.get(at, -1)
            if at > remark_end and _is_short(text, at, closed):
                remark_end = closed
            continue
        after = _trail(text, at + 1, end, pairs)
        if at < start or at < remark_end or after >= end or _ENTITY_OR_CODE.match(text, at - 1):
            continue
        piece = trim(text, start, after)
        if piece[1] - piece[0] > 1:
            kind = "clause"
            yield *piece, kind
            start = after
    start, end = trim(text, start, end)
    yield start, end, kind
