"""Whether a line, by its looks, is a heading, a title, or a lead."""

from __future__ import annotations

import re

from policyclf.segmentation.characters import BLANK_CLASS, ENDED, HAN_CHAR, LINE_ENDS, fold
from policyclf.segmentation.numbering import ARTICLE, ITEM, LONE_NUMBER, NUMBER
from policyclf.segmentation.patterns import pattern

# A heading fills one line of a printed page, a numbered one with two halves a line and a half.
MAX_HEADING = 40
MAX_NUMBERED_HEADING = 60
# The title of a notice that passes on another paper quotes that paper's title.
MAX_TITLE = 120
# 「（一）加大引才力度。」: number and phrase. On a line of its own it is shorter still.
MAX_LEAD = 30
# 「总　　则」 is a word; in a longer line wide blanks part the columns of a table.
MAX_SPACED_WORD = 8
PARAGRAPH_GAP = pattern("\u3000{2,}")
# 「某某村　　二十户　　完成」
_ROW = pattern(r"\S{2,}\u3000{2,}\S{2,}\u3000{2,}\S{2,}")
TITLE_END = pattern(
    r"(?:通知|意见|决定|批复|函|办法|规定|条例|方案|规划|纲要|报告|公告|通告|通报|细则|措施|政策|"
    r"计划|要点|请示|预案|答复|讲话|倡议书|清单|指南|公报|命令|令|决议|草案|制度|规则|名单)"
    r"(?:[（(][^）)]{1,20}[)）])?\Z"
)
ORIGINAL_TITLE = pattern(r"原?标题\s*[：:]\s*")


def looks_like_heading(line: str) -> bool:
    """Whether a line is a heading by its own looks, page furniture apart."""
    if not line or len(line) > MAX_NUMBERED_HEADING or line[-1] in "，、,；;：:":
        return False
    if ENDED.search(line) or ARTICLE.match(line) or not HAN_CHAR.search(line):
        return False
    commas = line.count("，") + line.count(",") + line.count("；")
    stops = sum(line.count(stop) for stop in "。！；")
    if NUMBER.match(line):
        return commas <= 2 and not stops and not _ROW.search(line)  # noqa: PLR2004 - two halves, or three
    columns = PARAGRAPH_GAP.search(line) and len(line) > MAX_SPACED_WORD
    divided = commas or stops or columns or re.search("[：:]", line)
    return len(line) <= MAX_HEADING and not divided


def looks_like_title(line: str) -> bool:
    """Whether a line at the head of a document can be its title, with commas, colons, ？."""
    if len(line) > MAX_TITLE or ENDED.search(line.rstrip("？！?!")) or ITEM.match(line):
        return False
    if line.endswith(tuple("，、,；;")) or "。" in line or not HAN_CHAR.search(line):
        return False
    return len(line) <= 2 * MAX_HEADING or TITLE_END.search(line) is not None


def is_lead(sentence: str) -> bool:
    """Whether a sentence is a number and a short phrase: 「（一）加大引才力度。」."""
    return (
        len(sentence) <= MAX_LEAD
        and sentence[-1] == "。"
        and not sentence.endswith("的。")
        and NUMBER.match(sentence) is not None
        and LONE_NUMBER.match(sentence[:-1]) is None
        and not re.search("[，,：:；;]", sentence)
    )


def title_text(line: str) -> str:
    """Take the label 原标题： off a title, and markdown, and the break between its lines."""
    line = re.sub(r"^#{1,6}\s+", "", line)
    found = ORIGINAL_TITLE.match(fold(line))
    if found:
        line = line[re.search("[：:]", line).end() :]  # type: ignore[union-attr]
    return re.sub(f"[{BLANK_CLASS}]*[{LINE_ENDS}][{BLANK_CLASS}]*", "", line).strip()
