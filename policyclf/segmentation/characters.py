"""Characters and their classes: blanks, stops, closing marks, Chinese characters."""

from __future__ import annotations

import re

from policyclf.segmentation.patterns import pattern

LINE_ENDS = "\n\r\v\f\x85\u2028\u2029"
# str.isspace, controls (Cc) and format characters (Cf): nothing a reader can see.
BLANK_CLASS = (
    r"\s\x00-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e"
    r"\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb"
    r"\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    r"\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f"
)
BLANK = pattern(f"[{BLANK_CLASS}]+")
HAN = "\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
NUMERALS = "〇零一二三四五六七八九十百"
STOPS = "。｡！？!?…"
CLOSERS = "”’」』）)》〉】〕］]"
CLOSER_CLASS = CLOSERS.replace("]", r"\]")
HAN_CHAR = pattern(f"[{HAN}]")
ENDED = pattern(
    f"(?:[{STOPS}：:]|(?<=[{HAN}{CLOSER_CLASS}])[.．])[{CLOSER_CLASS}\"'{STOPS}{BLANK_CLASS}]*\\Z"
)
LAST_STOP = pattern(f".*[{STOPS}]", re.DOTALL)
# Patterns are written in simplified characters; a line is folded before it is compared.
_FOLD = str.maketrans(
    "來發時間體號責編輯關閉視頁點擊數標題載評論轉連結聯係電話傳真郵編報訊網會記訪問瀏覽"
    "簡廣務識說聯絡聲議訴掃維碼設備覽錄瀋權備術幫個處機構類獲裡還減強調認為稱辦繫聞誠熱線請撥頂糾錯圖讀",
    "来发时间体号责编辑关闭视页点击数标题载评论转连结联系电话传真邮编报讯网会记访问浏览"
    "简广务识说联络声议诉扫维码设备览录沈权备术帮个处机构类获里还减强调认为称办系闻诚热线请拨顶纠错图读",
)
_PINYIN = pattern(r"[(（][a-züāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ]{1,6}[)）]")


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Leave the blanks at both ends out."""
    if start < end and (found := BLANK.match(text, start, end)):
        start = found.end()
    while end > start and BLANK.match(text, end - 1):
        end -= 1
    return start, end


def fold(line: str) -> str:
    """Simplify the characters that the word lists use, and drop pinyin glosses."""
    line = line.translate(_FOLD)
    return _PINYIN.sub("", line) if "(" in line or "（" in line else line


def width_of(line: str) -> float:
    """Width in full-width characters."""
    return (len(line) + sum(char > "\u2e7f" for char in line)) / 2
