"""How headings, items and articles are numbered."""

from __future__ import annotations

from policyclf.segmentation.characters import HAN, NUMERALS
from policyclf.segmentation.patterns import pattern

_CHAPTER = rf"第\s?[{NUMERALS}\d]{{1,4}}\s?(?:编|章|节|篇|部分|卷)"
_CHINESE_NUMBER = (
    rf"[{NUMERALS}]{{1,3}}(?:[、．﹒]|\.(?!\d))(?![{NUMERALS}]、)"
    rf"|[（(]\s?[{NUMERALS}]{{1,3}}\s?[)）]、?"
)
_ARABIC_NUMBER = (
    r"\d{1,3}(?:[、﹒]|[.．](?!\d))|\d{1,2}(?:\.\d{1,2}){1,3}(?=[.．、\s\u3000])"
    r"|[（(]\s?\d{1,3}\s?[)）]|\d{1,2}[)）]|[①-⑳⑴-⒇⒈-⒛]"
)
_MARKDOWN = r"\#{1,6}\s+"
ARTICLE = pattern(rf"第\s?[{NUMERALS}\d]{{1,5}}\s?条")
ARTICLE_GAP = pattern(rf"\u3000{{2,}}(?={ARTICLE.pattern})")
NUMBER = pattern(
    rf"(?:{_MARKDOWN}|{_CHAPTER}(?=[\s：:、]|\Z|[{HAN}])|{_CHINESE_NUMBER}|{_ARABIC_NUMBER}"
    r"|(?:专栏|附件|附录|附表|图|表)\s?[一二三四五六七八九十\d]{1,3}(?![{NUMERALS}\d年]))"
)
CHINESE_LEAD = pattern(_CHINESE_NUMBER)
LONE_NUMBER = pattern(
    rf"(?:{_CHAPTER}|{_CHINESE_NUMBER}|{_ARABIC_NUMBER}|{ARTICLE.pattern})[\s\u3000]*\Z"
)
ITEM = pattern(
    rf"(?:{NUMBER.pattern}|{ARTICLE.pattern}|[—–-]{{2}}|[●○■□◆◇★☆▲△•·※]|[{NUMERALS}]{{1,2}}[是要]"
    r"|附件?[：:]|\d[\s\u3000])"
)
_STYLES = pattern(
    rf"(?P<chapter>{_MARKDOWN}|{_CHAPTER})|(?P<article>{ARTICLE.pattern})"
    rf"|(?P<first>[{NUMERALS}]{{1,3}}[、．.﹒])|(?P<second>[（(]\s?[{NUMERALS}]{{1,3}}\s?[)）])"
    r"|(?P<third>\d{1,3}[、．.﹒])|(?P<fourth>[（(]\s?\d{1,3}\s?[)）])|(?P<other>[①-⑳⑴-⒇⒈-⒛]|\d{1,2}[)）])"
)
# Headings are numbered in these styles more often than sentences are.
SECTION_STYLES = frozenset({"chapter", "first", "second"})
# A number that opens something new in the middle of a line.
OPENING = pattern(
    rf"[{NUMERALS}]{{1,3}}、|[（(][{NUMERALS}]{{1,3}}[)）]|\d{{1,2}}[.．、](?!\d)|{ARTICLE.pattern}"
)
# 「二、重点任务（一）……」: a heading and the first of its parts.
GLUED = pattern(
    rf"[{NUMERALS}]{{1,3}}[、．.][^，。；：、（）()\n]{{2,20}}?(?<![第按照和及与至或条款项\s])"
    r"(?=\s*[（(][一1][)）])"
)
NUMBERED_SECTION = pattern(rf"{_CHAPTER}|{_CHINESE_NUMBER}|{_ARABIC_NUMBER}")


def style(text: str, start: int) -> str:
    """Name the style in which what begins here is numbered; empty if it is not."""
    found = _STYLES.match(text, start)
    return found.lastgroup or "" if found else ""
