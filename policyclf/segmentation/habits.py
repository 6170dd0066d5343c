"""What the lines of a document have in common: is it hard-wrapped, how does it indent.

Whether one line goes on in the next can often not be told from the two alone:
「支持园 / 区建设……」 looks like a heading above its text. The other lines of the
document tell.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from policyclf.segmentation.characters import ENDED, HAN, HAN_CHAR, LAST_STOP
from policyclf.segmentation.furniture import MAX_FURNITURE
from policyclf.segmentation.lines import Line
from policyclf.segmentation.numbering import SECTION_STYLES, style
from policyclf.segmentation.patterns import pattern

# A document is wrapped if so many line ends are in mid-sentence, and so large a
# share of those that are either there or at a stop.
MIN_BREAKS = 2
MIN_BREAK_SHARE = 0.15
# So many paragraphs begin with an indent where a document indents them.
MIN_INDENT_SHARE = 0.6
MAX_INDENTED_BREAKS = 0.1
# What it weighs that two characters parted by a line end make a word elsewhere.
CUT_WORD = 2
# A pair of characters seen so often shows where phrases end and begin.
MIN_PAIRS = 3
# How much of a line is looked at for its commas.
RUNNING_REACH = 1200
# 「把地腾出来，把路修进去」: halves that differ by no more than this.
COUPLET_SLACK = 1
MIN_COUPLET_HALF = 4
MAX_COUPLET = 30

_OPEN_PAIRS = (("《", "》"), ("（", "）"), ("“", "”"), ("(", ")"))
# What no phrase ends in; in the words that the characters in front make, it does.
_DANGLING_END = pattern(
    r"(?:[，、,《〈“「『（(【〔]"
    r"|(?<![共总總缓緩饱飽温溫祥中调調柔平])和|(?<![参參赠贈])[与與]|(?<!普)及|或|(?<![目标標])的"
    r"|(?<![统統第唯之万萬合归歸专專如划劃单單逐其同不十周期表件栏欄类類例图圖·\s])一"
    r"|(?<![大武干名])[将將]|[把每该該且但若于於各第]|(?<![植棉])被|(?<![大行驱驅天役])使"
    r"|(?<![应應面针針核绝絕相结結校反一])[对對]|(?<![存所潜潛实實内內外现現自])在"
    r"|(?<![合兼撤归歸吞])[并並]|(?<![方导導走面取转轉流意动動趋趨志双雙反单單偏风風一])向"
    r"|(?<![行作有以成人而之可无無])[为為]|(?<![自理缘緣事来來])由)\Z"
)
# What none begins with.
_DANGLING_START = pattern(
    "的(?!确|確|士)|了(?![解结結])|着(?![力眼手重陆陸急落])|[們们者，。：）》”」』〉】〕)]"
    "|等(?![级級候待于於额額次同离離])|[化性率](?=[、，。；和与與的])"
)
_DIGIT_END = pattern(r"\d[.．]?\Z")
_UNIT_START = pattern(
    r"[\d年月日个個家项項万萬亿億千百元名户戶所座条條公米吨噸亩畝%％倍件批次天岁歲人套台臺处處]"
)
_REST = pattern(r"(?:[\d.．%％‰、，]{1,12}[。；，）)”％%]|[。；！？，）)”]){1,3}")
_OPENING_PAIR = pattern(f"[，。；：！？、“（](?=([{HAN}]{{2}}))")
_CLOSING_PAIR = pattern(f"(?=([{HAN}]{{2}})[，。；：！？、”）])")
_RUNNING = pattern("[，,。；！？]")
_TEXT_MARK = pattern("[，,。；;：！？]")


def is_unfinished(tail: str) -> bool:
    """Whether the end of a line shows that more must come: 、，《 or a bracket left open."""
    if _DANGLING_END.search(tail[-3:]):
        return True
    found = LAST_STOP.match(tail)
    rest = tail[found.end() :] if found else tail
    return any(rest.rfind(left) > rest.rfind(right) for left, right in _OPEN_PAIRS)


def begins_amid(tail: str, text: str, line: Line) -> bool:
    """Whether a line opens with what can only go on: a particle, or the unit of a number."""
    if _DANGLING_START.match(text, line.start, line.end):
        return True
    return bool(_DIGIT_END.search(tail) and _UNIT_START.match(text, line.start, line.end))


def is_rest(text: str, line: Line) -> bool:
    """Whether a line is nothing but the last figures and marks of a sentence: 「30%。」."""
    return _REST.fullmatch(text, line.start, line.end) is not None


def breaks_off(tail: str) -> bool:
    """Whether a line without a stop is running text, not a heading: commas, or stops before."""
    found = LAST_STOP.match(tail)
    rest = tail[found.end() :] if found else tail
    return bool(found) or any(mark in rest for mark in "，,；")


def is_running_text(text: str, line: Line) -> bool:
    """Whether a line can be the rest of a sentence: it has stops or commas, and no indent."""
    reach = min(line.end, line.start + RUNNING_REACH)
    return not line.indented and _RUNNING.search(text, line.start, reach) is not None


def is_couplet(line: str) -> bool:
    """Whether a line has two or three even parts and no stop, as slogans used for headings do."""
    if len(line) > MAX_COUPLET or re.search("[。！？；：:;!?、“”《》（）()]", line):
        return False
    parts = [len(part) for part in re.split("[，,]", line)]
    even = len(parts) in {2, 3} and max(parts) - min(parts) <= COUPLET_SLACK
    return even and min(parts) >= MIN_COUPLET_HALF


@dataclass(frozen=True)
class Habits:
    """How a document breaks its lines.

    ``bare`` and ``bearing`` count, for each style of numbering, the lines that
    may be headings and those that carry text.
    """

    text: str
    wrapped: bool
    indents: bool
    over_gaps: bool
    breaks: int
    ended: int
    bare: Counter[str] = field(default_factory=Counter)
    bearing: Counter[str] = field(default_factory=Counter)

    @cached_property
    def _pairs(self) -> tuple[Counter[str], Counter[str], Counter[str]]:
        """Every two neighbours of the text, those behind a mark, and those before one."""
        opening = Counter(_OPENING_PAIR.findall(self.text))
        closing = Counter(_CLOSING_PAIR.findall(self.text))
        return Counter(map("".join, pairwise(self.text))), opening, closing

    def weight_of_cut(self, left: int, right: int) -> int:
        """How much the rest of the text speaks for a line end in mid-phrase.

        ``left`` is where the last character before it stands, ``right`` the
        first behind it: do they make a word elsewhere, does a phrase end and
        begin elsewhere as it would here?
        """
        pairs, opening, closing = self._pairs
        last, first = self.text[left - 1 : left + 1], self.text[right : right + 2]
        weight = 0
        if HAN_CHAR.match(last[-1:]) and HAN_CHAR.match(first):
            weight += CUT_WORD * (pairs[last[-1:] + first[:1]] > 1)
        weight += pairs[last] >= MIN_PAIRS and not closing[last]
        weight += pairs[first] >= MIN_PAIRS and not opening[first]
        return weight

    def carries_text(self, numbering: str) -> bool:
        """Whether lines numbered in this style are mostly text and not headings."""
        if numbering == "article":  # one that was cut may look like a name, but no name has text
            return self.bearing[numbering] > 0
        return self.bearing[numbering] >= max(1, self.bare[numbering])


def find_habits(text: str, lines: list[Line]) -> Habits:
    """Count the line ends of a document that leave no doubt."""
    bare: Counter[str] = Counter()
    bearing: Counter[str] = Counter()
    ended = begun = indented = 0
    breaks: list[Line] = []
    body = [line for line in lines if line.kind != "furniture"]
    for line in body:
        if line.item:
            numbering = style(text, line.start)
            (bearing if _carries_text(text, line, numbering) else bare)[numbering] += 1
    for above, line in pairwise(body):
        tail = text[max(above.start, above.end - MAX_FURNITURE) : above.end]
        if ENDED.search(tail):
            ended += 1
        elif not line.item and tail[-1] not in "；;" and _is_sure_break(text, tail, above, line):
            breaks.append(line)
            continue
        if line.item and not line.indented and style(text, line.start) in SECTION_STYLES:
            continue
        headed = above.kind == "heading" and style(text, above.start) in SECTION_STYLES
        if headed or ENDED.search(tail):
            begun += 1
            indented += line.indented
    wrapped = len(breaks) >= max(MIN_BREAKS, MIN_BREAK_SHARE * (len(breaks) + ended))
    inside = sum(line.indented for line in breaks)
    indents = indented >= max(
        MIN_BREAKS, MIN_INDENT_SHARE * begun
    ) and inside <= MAX_INDENTED_BREAKS * len(breaks)
    over_gaps = any(line.after_gap for line in breaks)
    return Habits(text, wrapped, wrapped and indents, over_gaps, len(breaks), ended, bare, bearing)


def _carries_text(text: str, line: Line, numbering: str) -> bool:
    """Whether a numbered line is more than a heading."""
    if line.kind == "heading" or numbering == "article":
        may_have_commas = numbering in SECTION_STYLES
        return not may_have_commas and _TEXT_MARK.search(text, line.start, line.end) is not None
    return True


def _is_sure_break(text: str, tail: str, above: Line, line: Line) -> bool:
    """Whether a line end is in mid-sentence by its two lines alone."""
    if is_unfinished(tail) or begins_amid(tail, text, line):
        return True
    return (
        above.kind == line.kind == "sentence"
        and breaks_off(tail)
        and is_running_text(text, line)
        and not is_couplet(tail)
    )
