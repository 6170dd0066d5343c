"""What only the neighbours of a paragraph can tell: salutations, signatures, cells."""

from __future__ import annotations

import re

from policyclf.segmentation.characters import BLANK, ENDED, LINE_ENDS
from policyclf.segmentation.furniture import DATE_LINE, MAX_FURNITURE, is_salutation
from policyclf.segmentation.habits import Habits
from policyclf.segmentation.headings import MAX_HEADING, TITLE_END, is_lead
from policyclf.segmentation.lines import Line
from policyclf.segmentation.numbering import ARTICLE, CHINESE_LEAD
from policyclf.spans import Kind

MAX_LONE_LEAD = 16
MAX_ARTICLE_NAME = 24
# So many headings in a row without a number are the cells of a table.
TABLE_RUN = 4


def with_roles(text: str, paragraphs: list[Line], habits: Habits) -> list[Line]:
    """Find salutations, signatures, leads on a line of their own, and the cells of tables."""
    kinds: list[Kind] = [paragraph.kind for paragraph in paragraphs]
    last_text: Kind | None = None
    body_seen = False
    for i, paragraph in enumerate(paragraphs):
        if paragraph.kind == "furniture":
            continue
        length = paragraph.end - paragraph.start
        line = text[paragraph.start : paragraph.end] if length <= MAX_FURNITURE else ""
        following = paragraphs[i + 1] if i + 1 < len(paragraphs) else None
        if line and last_text != "sentence" and is_salutation(line):
            kinds[i] = "furniture"
            continue
        below = paragraphs[i + 1 : i + 3]
        if body_seen and length <= MAX_HEADING and _is_signature(text, paragraph, below):
            kinds[i] = "furniture"
            continue
        if length <= MAX_LONE_LEAD and _is_lone_lead(line, following):
            kinds[i] = "heading"
        if length <= MAX_FURNITURE and _is_named_article(line, following, habits):
            kinds[i] = "heading"
        if kinds[i] == "heading" and _is_task(line, paragraph, following):
            kinds[i] = "sentence"
        last_text = kinds[i]
        body_seen = body_seen or last_text == "sentence"
    _name_tables(text, paragraphs, kinds)
    return [
        paragraph if paragraph.kind == kind else Line(paragraph.start, paragraph.end, kind)
        for paragraph, kind in zip(paragraphs, kinds, strict=True)
    ]


def _is_signature(text: str, line: Line, below: list[Line]) -> bool:
    """Whether a short line stands above the date that closes a paper."""
    if line.item or ENDED.search(text[line.start : line.end]):
        return False
    for other in below:
        if other.kind != "furniture":
            return False
        if found := DATE_LINE.fullmatch(text, other.start, other.end):
            return "年" in found.group()
    return False


def _is_lone_lead(line: str, following: Line | None) -> bool:
    """Whether 「（二）基本原则。」 stands above the text that it announces."""
    return (
        following is not None
        and following.kind == "sentence"
        and not following.item
        and CHINESE_LEAD.match(line) is not None
        and is_lead(line)
    )


def _is_named_article(line: str, following: Line | None, habits: Habits) -> bool:
    """Whether 「第一条　扶持对象」 is the name of the article that stands below."""
    return (
        following is not None
        and following.kind == "sentence"
        and not following.item
        and len(line) <= MAX_ARTICLE_NAME
        and ARTICLE.match(line) is not None
        and re.search("[，。；：、！？]", line) is None
        and habits.bare["article"] > max(1, habits.bearing["article"])
        and not (habits.wrapped and habits.carries_text("article"))
    )


def _is_task(line: str, paragraph: Line, following: Line | None) -> bool:
    """Whether a numbered line has whose duty it is below it, and nothing that it heads."""
    heads = following is not None and following.kind == "sentence" and not following.item
    last = re.split(f"[{LINE_ENDS}]", line)[-1]
    below = BLANK.sub("", last)
    return paragraph.item and not heads and last != line and below.startswith(("（", "("))


def _name_tables(text: str, paragraphs: list[Line], kinds: list[Kind]) -> None:
    """Call the headings of a long run of them cells, unless they are numbered or titles."""
    run: list[int] = []
    titled = False
    for i in range(len(kinds) + 1):
        if i < len(kinds) and kinds[i] == "heading" and not paragraphs[i].item:
            run.append(i)
            continue
        if i < len(kinds) and kinds[i] == "furniture" and run:
            continue
        first = 0 if titled else 1
        if len(run) - first >= TABLE_RUN:
            for j in run[first:]:
                if not TITLE_END.search(text[paragraphs[j].start : paragraphs[j].end]):
                    kinds[j] = "sentence"
        titled = titled or bool(run) or i >= len(kinds) or kinds[i] != "furniture"
        run = []
