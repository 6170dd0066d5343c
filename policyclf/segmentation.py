"""Cut documents into sentences, headings and page furniture.

:func:`segment` reads a document in four steps, each a function below::

    lines       what is on the page: furniture, headings, items, text
    paragraphs  hard-wrapped lines are put together again
    sentences   a paragraph is cut at the stops that end something
    places      every segment learns its section heading and the title

The rules, in the order in which they bite:

* A line end ends a segment if the line has a stop, is a heading or furniture,
  or if the next line opens with a number. A line that breaks off in
  mid-sentence goes on in the next one, also over a blank line.
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
* 「（某局负责）」 right after a stop belongs to the sentence before it.
* ``?`` ends a sentence at the end of a line, before a blank or closing quote, or
  where the sentence asks something (什么, 是否, 吗); glued between characters
  that ask nothing it is the scar of a broken conversion. ？ always ends one.
* ``.`` ends a sentence after a Chinese character at the end of a line, or before
  a blank and a Chinese character.

The module is hand-written in place of a general splitter because those know
neither the numbering nor the page furniture of Chinese official documents, nor
join hard-wrapped lines. Measured on the golden cases of unit sentence
(``tests/golden/segmentation.jsonl``, composed for this module, so they flatter
it): this module 116 of 116, sentencex 1.0.32 56 of 116. On 92 real documents (3.8 MB)
it reads 7 to 10 MB/s on one core. It is longer than 400 lines because its word
lists and patterns, which are data, stand next to the rules that read them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from policyclf.exceptions import InputError
from policyclf.spans import UNITS, Sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policyclf.spans import Kind, Unit

# --- Sizes, in code points ---------------------------------------------------------------------

# The longest sentence of 92 official documents has some 500 characters. Twice as
# much is no sentence any more but text whose stops were lost.
MAX_SEGMENT = 1200
# A heading fills one line of a printed page, a numbered one with two halves a line and a half.
MAX_HEADING = 40
MAX_NUMBERED_HEADING = 60
# The title of a notice that passes on another paper quotes that paper's title.
MAX_TITLE = 120
# 「（一）加大引才力度。」: number and phrase. On a line of its own it is shorter still.
MAX_LEAD = 30
MAX_LONE_LEAD = 16
# What can be read at a glance without losing the sentence around it.
MAX_BRACKET = 120
MAX_QUOTE = 30
# Nothing that a page puts around the text is longer.
MAX_FURNITURE = 120
# Columns narrower than this are tables, not hard-wrapped text.
MIN_WRAP = 16
WRAP_SLACK = 2
WRAP_WINDOW = 6
# From here on a line is a whole document, in which two wide blanks begin a paragraph.
WHOLE_DOCUMENT_LINE = 200
# So many headings in a row without a number are the cells of a table.
TABLE_RUN = 4
# 「总　　则」 is a word; in a longer line wide blanks part the columns of a table.
MAX_SPACED_WORD = 8
# A question asks within this distance before its mark.
QUESTION_REACH = 60

# --- Characters --------------------------------------------------------------------------------

LINE_ENDS = "\n\r\v\f\x85\u2028\u2029"
# str.isspace, controls (Cc) and format characters (Cf): nothing a reader can see.
_BLANK_CLASS = (
    r"\s\x00-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e"
    r"\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb"
    r"\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    r"\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f"
)
BLANK = re.compile(f"[{_BLANK_CLASS}]+")
_HAN = "\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_NUMERALS = "〇零一二三四五六七八九十百"
_STOPS = "。｡！？!?…"
_CLOSERS = "”’」』）)》〉】〕］]"
_CLOSER_CLASS = _CLOSERS.replace("]", r"\]")
_PAIRS = {"“": "”", "「": "」", "『": "』", "（": "）", "(": ")"}
_CLOSED_BY = {"”": "“", "」": "「", "』": "『", "）": "（", ")": "（", '"': "“"}
_BRACKETS = "（("

_LINE = re.compile(f"[^{LINE_ENDS}]+")
_PARAGRAPH_GAP = re.compile("\u3000{2,}")
_HAN_CHAR = re.compile(f"[{_HAN}]")
_TOKEN = re.compile(f'[“”「」『』（）()"{_STOPS}.．](?:(?<=[{_STOPS}.．])[{_STOPS}.．]+)?')
_CLAUSE_TOKEN = re.compile('[“”「」『』（）()"；;]')
_TRAIL = re.compile(f"(?:[{_BLANK_CLASS}]{{0,3}}[{_CLOSER_CLASS}{_STOPS}]){{0,20}}")
_ENDED = re.compile(
    f"(?:[{_STOPS}：:]|(?<=[{_HAN}{_CLOSER_CLASS}])[.．])[{_CLOSER_CLASS}\"'{_STOPS}{_BLANK_CLASS}]*\\Z"
)
_LAST_STOP = re.compile(f".*[{_STOPS}]", re.DOTALL)
_UNFINISHED = re.compile(r"(?:[，、,《〈“「『（(【〔]|[和与與及或]|(?<!目)的)\Z")

# --- Words -------------------------------------------------------------------------------------

# Patterns are written in simplified characters; a line is folded before it is compared.
_FOLD = str.maketrans(
    "來發時間體號責編輯關閉視頁點擊數標題載評論轉連結聯係電話傳真郵編報訊網會記訪問瀏覽"
    "簡廣務識說聯絡聲議訴掃維碼設備覽錄瀋權備術幫個處機構類獲裡還減強調認為稱",
    "来发时间体号责编辑关闭视页点击数标题载评论转连结联系电话传真邮编报讯网会记访问浏览"
    "简广务识说联络声议诉扫维码设备览录沈权备术帮个处机构类获里还减强调认为称",
)
_PINYIN = re.compile(r"[(（][a-züāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ]{1,6}[)）]")

_DATE = (
    r"(?:\d{4}\s?[年./-]\s?\d{1,2}\s?(?:[月./-]\s?\d{1,2}\s?日?|月)"
    rf"|[{_NUMERALS}ＯO○０\d]{{4}}年[{_NUMERALS}\d]{{1,3}}月(?:[{_NUMERALS}\d]{{1,3}}日)?)"
)
_DATE_LINE = re.compile(rf"[（(]?{_DATE}(?:\s*星期.)?(?:\s*\d{{1,2}}:\d\d(?::\d\d)?)?\s*[)）]?")
_LABEL = (
    "来源|稿源|作者|编辑|责任编辑|责编|审核|校对|发布时间|发布日期|发布机构|发布单位|时间|日期|"
    "更新时间|浏览次数|浏览量|阅读量|阅读次数|访问量|点击数|点击量|点击率|字体|字号|字体大小|"
    "打印|打印本页|分享|分享到|上一篇|下一篇|上一条|下一条|主办|主办单位|承办|承办单位|联系人|"
    "联系方式|联系电话|咨询电话|监督电话|举报电话|新闻热线|电话|传真|地址|办公地址|通讯地址|邮编|"
    "邮政编码|邮箱|电子邮箱|网址|原文链接|链接|索引号|发文机关|发文字号|成文日期|主题分类|主题词|"
    "文号|抄送|抄报|主送|信息公开选项|公开方式|公开属性|有效性|备案号|版权所有|技术支持|当前位置|"
    "您的位置|您现在的位置|相关报道|相关链接|相关阅读|相关新闻|相关附件|附件下载|摄影|图片来源"
)
_BUTTON = (
    "首页|下载|打印|打印本页|全屏|收藏|加大|还原|减小|大|中|小|关闭|关闭窗口|关闭本页|返回|"
    "返回顶部|返回首页|分享|分享到|微信|微博|上一页|下一页|上一篇|下一篇|打印此页|我要纠错|"
    "扫一扫在手机打开当前页|扫描二维码|在您的设备上浏览本页|繁体版|无障碍阅读|登录|注册|搜索|"
    "扫一扫手机打开|相关链接|相关报道|网站地图|联系我们|关于我们|目\\s*录|END|编辑"
)
_FURNITURE = re.compile(
    rf"""
      [【\[（(]?\s*(?:{_LABEL})\s*[：:].*                          # 来源：某某网
    | [【\[（(]?\s*(?:{_BUTTON})(?:[\s|｜/·]+(?:{_BUTTON}))*\s*[】\])）]?
    | [【\[（(]?\s*字[体号]\s*[：:]?[\s\[【]*大?\s*[\]】\s]*中?.{{0,8}}
    | {_DATE_LINE.pattern}(?:\s+\S.{{0,30}})?                     # 2021-03-05 14:50:08 某某网
    | [（(]?[^〔\[［（(【，,。]{{1,30}}[〔\[［（(【]\d{{4}}[〕\]］）)】]\s*
      第?\s*\d+\s*号[)）]?                                        # 文号
    | 【法宝引证码】.*
    | (?:&lt;|<)!?[-/\w].*
    | (?:\#\#+)\s*\S{{2,8}}[：:]
    | https?://\S+
    | (?:本报|本台|本网|新华社|全媒体|特约)?\s*(?:首席)?(?:记者|通讯员|实习生)[\s：:].{{1,30}}
    | [（(](?:本报|本台|本网|全媒体)?(?:记者|通讯员|责任编辑|此件|来源|编辑|完)
      [^（）()]{{0,40}}[)）]
    | [^\s，,。]{{0,12}}(?:网|报|社|台|客户端)[^，,。]{{0,16}}[讯电]\s*(?:[（(][^）)]{{1,30}}[)）])?
    | [—–-]{{0,2}}\s*{_DATE}\s*在.{{4,40}}上(?:\s.{{0,20}})?       # ——2026年1月5日在……会议上
    | 国务院总理[{_HAN}]{{2,4}}
    | \S{{0,20}}(?:总理|主席|省长|市长|州长|区长|县长|主任)\s+[{_HAN}]\s?[{_HAN}]{{1,3}}
    """,
    re.VERBOSE,
)
_FURNITURE_INSIDE = re.compile(
    r"[>＞»›]|版权所有|ICP备|公网安备|Copyright|All rights reserved|网站简介|法律声明|网站声明"
    r"""|\b(?:id|class|style|href|src)\s*=\s*["']"""
    r"|\s(?:来源|稿源|发布时间|发布日期|浏览次数|点击数|责任编辑)[：:]"
)
_SALUTATION = re.compile(
    r"[^。；：:]*(?:政府|单位|机构|部门|委员会|管委会|[委办局厅部会]|公司|企业|院校|高校|团体|"
    r"国务院|机关|组织|集团|中心|大学|学院|医院|银行|领导小组)(?:[（(][^）)]*[)）])?[：:]"
)
_TASK_LABEL = re.compile("(?:责任|牵头|配合|负责|申报|支持|申请|主管)(?:单位|部门|机构|企业)[：:]")
_RESIDUE = r"(?:<U\+[0-9A-Fa-f]{4,6}>|&(?:nbsp|emsp|ensp|sp|amp|lt|gt|quot|ldquo|rdquo);?)"
_HEAD_RESIDUE = re.compile(rf"(?:{_RESIDUE}[{_BLANK_CLASS}]*)+")
_TAIL_RESIDUE = re.compile(rf"(?:[{_BLANK_CLASS}]*{_RESIDUE})+\Z")

_CHAPTER = rf"第\s?[{_NUMERALS}\d]{{1,4}}\s?(?:编|章|节|篇|部分|卷)"
_CHINESE_NUMBER = (
    rf"[{_NUMERALS}]{{1,3}}(?:[、．﹒]|\.(?!\d))(?![{_NUMERALS}]、)"
    rf"|[（(]\s?[{_NUMERALS}]{{1,3}}\s?[)）]、?"
)
_ARABIC_NUMBER = (
    r"\d{1,3}(?:[、﹒]|[.．](?!\d))|\d{1,2}(?:\.\d{1,2}){1,3}(?=[.．、\s\u3000])"
    r"|[（(]\s?\d{1,3}\s?[)）]|\d{1,2}[)）]|[①-⑳⑴-⒇⒈-⒛]"
)
_MARKDOWN = r"\#{1,6}\s+"
_ARTICLE = re.compile(rf"第\s?[{_NUMERALS}\d]{{1,5}}\s?条")
_ARTICLE_GAP = re.compile(rf"\u3000{{2,}}(?={_ARTICLE.pattern})")
_NUMBER = re.compile(
    rf"(?:{_MARKDOWN}|{_CHAPTER}(?=[\s：:、]|\Z|[{_HAN}])|{_CHINESE_NUMBER}|{_ARABIC_NUMBER}"
    r"|(?:专栏|附件|附录|附表|图|表)\s?[一二三四五六七八九十\d]{1,3}(?![{_NUMERALS}\d年]))"
)
_CHINESE_LEAD = re.compile(_CHINESE_NUMBER)
_LONE_NUMBER = re.compile(
    rf"(?:{_CHAPTER}|{_CHINESE_NUMBER}|{_ARABIC_NUMBER}|{_ARTICLE.pattern})[\s\u3000]*\Z"
)
_ITEM = re.compile(
    rf"(?:{_NUMBER.pattern}|{_ARTICLE.pattern}|[—–-]{{2}}|[●○■□◆◇★☆▲△•·※]|[{_NUMERALS}]{{1,2}}[是要]"
    r"|附件?[：:]|\d[\s\u3000])"
)
_TITLE_END = re.compile(
    r"(?:通知|意见|决定|批复|函|办法|规定|条例|方案|规划|纲要|报告|公告|通告|通报|细则|措施|政策|"
    r"计划|要点|请示|预案|答复|讲话|倡议书|清单|指南|公报|命令|令|决议|草案|制度|规则|名单)"
    r"(?:[（(][^）)]{1,20}[)）])?\Z"
)
_PASSED_ON = re.compile("关于|印发|转发|批转|對|对")
_ORIGINAL_TITLE = re.compile(r"原?标题\s*[：:]\s*")

_ASKS = re.compile(
    "[吗嗎呢吧啊么麼谁誰哪]|什么|甚麼|什麼|怎|(?<!任)何|几(?:个|点|时|多)|多少|是否|能否|可否|"
    "要不要|是不是|能不能|难道|難道|岂|可曾|还有没有|有没有|有無|有无"
)
_ANSWERS = "请請答"
_READS_ON = "的等之是和与與及并並"
_SAYS = re.compile(
    "(?!会议|會議|大会|大會|会上|會上|全会|全會|通知|意见|意見|文件|报告|報告|方案|公报|公報)"
    r"[^。！？!?；;，,：:“”「」\n]{1,30}?"
    "(?:说|說|表示|指出|强调|強調|认为|認為|介绍|介紹|坦言|告诉记者|告訴記者|称|稱|提出|要求|解释|"
    "解釋|透露|回答|感叹|感慨|建议|建議|道)(?:道|说|說)?(?=[，。,.：:！!]|\\Z)"
)
_DUTY = re.compile(
    rf"[{_BLANK_CLASS}]*[（(](?:[^（）()]|[（(][^（）()]{{0,60}}[)）]){{2,400}}[)）][。；;]?"
)
_DUTY_WORD = re.compile(
    "负责|負責|牵头|牽頭|责任|責任|配合|指导|指導|督导|督導|参与|參與|按职责|按職責|承办|承辦"
)
_SOFT_CUTS = tuple(
    re.compile(f".*[{marks}]", re.DOTALL) for marks in ("；;", "，,、", _BLANK_CLASS)
)
_ENTITY_OR_CODE = re.compile(r"[A-Za-z];|[\x21-\x7e];[\x21-\x7e]")
_ENGLISH_STOP = re.compile(r"[a-z]{3}\.(?=\s+[A-Z])")
_FULL_STOP = frozenset("。｡！？")
_NUMBERED_SECTION = re.compile(rf"{_CHAPTER}|{_CHINESE_NUMBER}|{_ARABIC_NUMBER}")


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the page, or several that are one: its place and how it looks."""

    start: int
    end: int
    kind: Kind
    item: bool = False  # opens with a number or a bullet
    indented: bool = False
    after_gap: bool = False  # a blank line stands above
    width: float = 0.0  # of the last physical line, in full-width characters


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
    pieces = _pieces(text, _paragraphs(text, _lines(text)), unit)
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
    start, end = _trim(line, 0, len(line))
    return _looks_like_heading(line[start:end]) and not _is_furniture(line[start:end])


# --- Lines -------------------------------------------------------------------------------------


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Leave the blanks at both ends out."""
    if start < end and (found := BLANK.match(text, start, end)):
        start = found.end()
    while end > start and BLANK.match(text, end - 1):
        end -= 1
    return start, end


def _stretches(text: str) -> Iterator[tuple[int, int, bool, bool]]:
    """Yield the visible stretch of each line; is it indented, does a blank line precede it."""
    last_end = 0
    for found in _LINE.finditer(text):
        cuts = [found.start()]
        if found.end() - found.start() > WHOLE_DOCUMENT_LINE:
            gaps = _PARAGRAPH_GAP.finditer(text, found.start(), found.end())
            cuts.extend(gap.end() for gap in gaps)
        elif text.find("\u3000第", found.start(), found.end()) > 0:
            gaps = _ARTICLE_GAP.finditer(text, found.start() + 1, found.end())
            cuts.extend(gap.end() for gap in gaps)
        cuts.append(found.end())
        for left, right in pairwise(cuts):
            start, end = _trim(text, left, right)
            if start == end:
                continue
            between = text[last_end:left]
            gap = max(between.count("\n"), between.count("\r")) > 1
            indented = start - left > 1 or left != found.start()
            for part_start, part_end in _without_residue(text, start, end):
                yield part_start, part_end, indented, gap
            last_end = end


def _without_residue(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Set entities that a conversion left at either end of a line apart."""
    inner_start, inner_end = start, end
    if text[start] in "<&" and (found := _HEAD_RESIDUE.match(text, start, end)):
        inner_start = found.end()
    if text[end - 1] in ">;" and (cut := _residue_tail(text, inner_start, end)) < end:
        inner_end = cut
    for left, right in ((start, inner_start), (inner_start, inner_end), (inner_end, end)):
        part_start, part_end = _trim(text, left, right)
        if part_start < part_end:
            yield part_start, part_end


def _residue_tail(text: str, start: int, end: int) -> int:
    """Where the entities at the end of a line begin; a search from the right keeps it linear."""
    window = max(start, end - MAX_FURNITURE)
    found = _TAIL_RESIDUE.search(text[window:end])
    return window + found.start() if found else end


def _folded(line: str) -> str:
    """Simplify the characters that the word lists use, and drop pinyin glosses."""
    line = line.translate(_FOLD)
    return _PINYIN.sub("", line) if "(" in line or "（" in line else line


def _is_furniture(line: str) -> bool:
    """Whether a line belongs to the page and not to the text."""
    if len(line) > MAX_FURNITURE:
        return False
    folded = _folded(line)
    if not _HAN_CHAR.search(folded) and not re.search("[A-Za-z]{3}", folded):
        return True
    if "=" not in folded and ("。" in folded[:-1] or folded.count("，") > 1):
        return False
    return bool(_FURNITURE_INSIDE.search(folded) or _FURNITURE.fullmatch(folded))


def _looks_like_heading(line: str) -> bool:
    if not line or len(line) > MAX_NUMBERED_HEADING or line[-1] in "，、,；;：:":
        return False
    if _ENDED.search(line) or _ARTICLE.match(line) or not _HAN_CHAR.search(line):
        return False
    commas = line.count("，") + line.count(",") + line.count("；")
    stops = sum(line.count(stop) for stop in "。！；")
    if _NUMBER.match(line):
        return commas <= 2 and not stops  # noqa: PLR2004 - two halves, or three
    columns = _PARAGRAPH_GAP.search(line) and len(line) > MAX_SPACED_WORD
    divided = commas or stops or columns or re.search("[：:]", line)
    return len(line) <= MAX_HEADING and not divided


def _looks_like_title(line: str) -> bool:
    """Whether a line at the head of a document can be its title, with commas, colons, ？."""
    if len(line) > MAX_TITLE or _ENDED.search(line.rstrip("？！?!")) or _ITEM.match(line):
        return False
    if line[-1] in "，、,；;" or "。" in line or not _HAN_CHAR.search(line):
        return False
    return len(line) <= 2 * MAX_HEADING or _TITLE_END.search(line) is not None


def _is_label(text: str, line: _Line) -> bool:
    """Whether a line announces what stands in the next one: a source, an editor, a link."""
    label = _folded(text[max(line.start, line.end - MIN_WRAP) : line.end])
    return (
        line.kind == "furniture"
        and label[-1] in "：:"
        and re.search("(?:来源|时间|日期|频道|作者|编辑|机构|报道|链接|阅读|新闻).$", label)
        is not None
    )


def _width(line: str) -> float:
    """Width in full-width characters."""
    return (len(line) + sum(char > "\u2e7f" for char in line)) / 2


def _lines(text: str) -> list[_Line]:
    """Name every line by its looks alone."""
    lines: list[_Line] = []
    for start, end, indented, gap in _stretches(text):
        kind: Kind = "sentence"
        if text[start] in "<&" and _HEAD_RESIDUE.fullmatch(text, start, end):
            kind = "furniture"
        item = bool(_ITEM.match(text, start, end))
        width = float(end - start)
        if end - start <= MAX_FURNITURE:
            line = text[start:end]
            width = _width(line)
            if _is_furniture(line):
                kind = "furniture"
            elif _looks_like_heading(line) or _ORIGINAL_TITLE.match(_folded(line)):
                kind = "furniture" if lines and _is_label(text, lines[-1]) else "heading"
        lines.append(_Line(start, end, kind, item, indented, gap, width))
    return lines


# --- Paragraphs --------------------------------------------------------------------------------


def _paragraphs(text: str, lines: list[_Line]) -> list[_Line]:
    """Put hard-wrapped lines together, and name what only the neighbours can tell."""
    lines = _with_whole_titles(text, lines)
    paragraphs: list[_Line] = []
    for i, line in enumerate(lines):
        if paragraphs and _goes_on(text, paragraphs[-1], lines, i):
            paragraphs[-1] = _joined(text, paragraphs[-1], line)
        else:
            paragraphs.append(line)
    return _renamed(text, paragraphs)


def _joined(text: str, first: _Line, last: _Line) -> _Line:
    """Make one of two lines; a number on a line of its own is what follows it."""
    if first.end - first.start < MIN_WRAP and _LONE_NUMBER.match(text[first.start : first.end]):
        kind: Kind = "sentence" if _ARTICLE.match(text, first.start) else last.kind
        return _Line(first.start, last.end, kind, item=True, width=last.width)
    both = first.kind == last.kind == "heading" and last.end - first.start <= MAX_TITLE
    kind = "heading" if both else "sentence"
    return _Line(
        first.start, last.end, kind, first.item, first.indented, first.after_gap, last.width
    )


def _with_whole_titles(text: str, lines: list[_Line]) -> list[_Line]:
    """Find the title at the head, and join the lines of each title set over several."""
    result: list[_Line] = []
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
            line = _joined(text, line, lines[last]) if last >= i else line
            i = last + 1
        result.append(line)
    return result


def _as_title(text: str, lines: list[_Line], i: int) -> _Line:
    """Take the first line that is not furniture for a title if it stands apart from the text."""
    line = lines[i]
    look = _folded(text[line.start : min(line.end, line.start + 2 * MAX_TITLE)])
    if line.kind == "heading" or not _looks_like_title(look):
        return line
    following = lines[i + 1] if i + 1 < len(lines) else None
    apart = following is not None and (
        following.after_gap or following.kind == "furniture" or following.indented
    )
    if apart or not re.search("[，,]|[？！?!]\\Z", look) or _TITLE_END.search(look):
        return _Line(line.start, line.end, "heading", width=line.width)
    return line


def _title_end(text: str, lines: list[_Line], i: int, *, at_head: bool) -> int:
    """Index of the last line of a title that begins at line ``i``; ``i`` if it is whole."""
    first = text[lines[i].start : lines[i].end]
    if _TITLE_END.search(first) or not (at_head or _PASSED_ON.search(first)):
        return i
    for j in range(i + 1, min(i + 4, len(lines))):
        line = lines[j]
        if line.kind != "heading" or line.item or line.after_gap:
            return i
        if _TITLE_END.search(text[line.start : line.end]):
            return j
    return i


def _goes_on(text: str, paragraph: _Line, lines: list[_Line], i: int) -> bool:
    """Whether line ``i`` is the continuation of the paragraph above it."""
    line = lines[i]
    if line.item or "furniture" in (paragraph.kind, line.kind):
        return False
    tail = text[max(paragraph.start, paragraph.end - MAX_FURNITURE) : paragraph.end]
    if _ENDED.search(tail):
        return paragraph.kind == "sentence" and _is_duty(text, line)
    if tail[-1] in "；;":
        return line.kind == "sentence" and (not paragraph.item or _is_full(text, lines, i - 1))
    if _LONE_NUMBER.match(tail) or _is_unfinished(tail):
        return True
    return _is_wrapped(text, lines, i, heading=paragraph.kind == "heading") or (
        "heading" not in (paragraph.kind, line.kind)
        and _breaks_off(tail)
        and _is_running_text(text, line)
    )


def _is_wrapped(text: str, lines: list[_Line], i: int, *, heading: bool) -> bool:
    """Whether the line above ``i`` ends where it does because the page is no wider."""
    line, above = lines[i], lines[i - 1]
    if line.after_gap and heading:
        return False
    if text[above.end - 1] in "）)》" and not _breaks_off(
        text[above.start : above.end][-MAX_TITLE:]
    ):
        return False
    return line.indented <= above.indented and _is_full(text, lines, i - 1)


def _is_duty(text: str, line: _Line) -> bool:
    """Whether a line is nothing but a bracket that says who has to do it."""
    if text[line.start] not in _BRACKETS:
        return False
    found = _DUTY.match(text, line.start, line.end)
    return bool(found and found.end() == line.end and _DUTY_WORD.search(found.group()))


def _is_unfinished(tail: str) -> bool:
    """Whether the end of a line shows that more must come: 、，《 or a bracket left open."""
    if _UNFINISHED.search(tail):
        return True
    found = _LAST_STOP.match(tail)
    rest = tail[found.end() :] if found else tail
    return any(rest.rfind(left) > rest.rfind(right) for left, right in ("《》", "（）", "“”", "()"))


def _breaks_off(tail: str) -> bool:
    """Whether a line without a stop is running text, not a heading: commas, or stops before."""
    found = _LAST_STOP.match(tail)
    rest = tail[found.end() :] if found else tail
    return bool(found) or "，" in rest or "," in rest


def _is_running_text(text: str, line: _Line) -> bool:
    """Whether a line can be the rest of a sentence: it has stops or commas, and no indent."""
    return not line.indented and bool(
        re.compile("[，,。；！？]").search(
            text, line.start, min(line.end, line.start + MAX_SEGMENT)
        )
    )


def _is_full(text: str, lines: list[_Line], i: int) -> bool:
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


def _renamed(text: str, paragraphs: list[_Line]) -> list[_Line]:
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
        if line and last_text != "sentence" and _is_salutation(line):
            kinds[i] = "furniture"
            continue
        below = paragraphs[i + 1 : i + 3]
        if body_seen and length <= MAX_HEADING and _is_signature(text, paragraph, below):
            kinds[i] = "furniture"
            continue
        if length <= MAX_LONE_LEAD and _is_lone_lead(line, following):
            kinds[i] = "heading"
        last_text = kinds[i]
        body_seen = body_seen or last_text == "sentence"
    _name_tables(text, paragraphs, kinds)
    return [
        paragraph if paragraph.kind == kind else _Line(paragraph.start, paragraph.end, kind)
        for paragraph, kind in zip(paragraphs, kinds, strict=True)
    ]


def _is_salutation(line: str) -> bool:
    return _SALUTATION.fullmatch(line) is not None and not _TASK_LABEL.match(line)


def _is_signature(text: str, line: _Line, below: list[_Line]) -> bool:
    """Whether a short line stands above the date that closes a paper."""
    if line.item or _ENDED.search(text[line.start : line.end]):
        return False
    for other in below:
        if other.kind != "furniture":
            return False
        if found := _DATE_LINE.fullmatch(text, other.start, other.end):
            return "年" in found.group()
    return False


def _is_lone_lead(line: str, following: _Line | None) -> bool:
    """Whether 「（二）基本原则。」 stands above the text that it announces."""
    return (
        following is not None
        and following.kind == "sentence"
        and not following.item
        and _CHINESE_LEAD.match(line) is not None
        and _is_lead(line)
    )


def _is_lead(sentence: str) -> bool:
    """Whether a sentence is a number and a short phrase: 「（一）加大引才力度。」."""
    return (
        len(sentence) <= MAX_LEAD
        and sentence[-1] == "。"
        and not sentence.endswith("的。")
        and _NUMBER.match(sentence) is not None
        and _LONE_NUMBER.match(sentence[:-1]) is None
        and not re.search("[，,：:；;]", sentence)
    )


def _name_tables(text: str, paragraphs: list[_Line], kinds: list[Kind]) -> None:
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
                if not _TITLE_END.search(text[paragraphs[j].start : paragraphs[j].end]):
                    kinds[j] = "sentence"
        titled = titled or bool(run) or i >= len(kinds) or kinds[i] != "furniture"
        run = []


# --- Sentences ---------------------------------------------------------------------------------


def _pieces(text: str, paragraphs: list[_Line], unit: Unit) -> Iterator[tuple[int, int, Kind]]:
    """Cut the paragraphs and give every piece its kind."""
    for paragraph in paragraphs:
        if paragraph.kind != "sentence":
            for start, end in _short_enough(text, paragraph.start, paragraph.end):
                yield start, end, paragraph.kind
            continue
        for whole_start, whole_end in _sentences(text, paragraph.start, paragraph.end):
            if whole_end < paragraph.end and _is_lead(
                text[whole_start : min(whole_end, whole_start + MAX_LEAD + 1)]
            ):
                yield whole_start, whole_end, "heading"
                continue
            for start, end in _short_enough(text, whole_start, whole_end):
                if unit == "clause":
                    yield from _clauses(text, start, end)
                else:
                    yield start, end, "sentence"


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
        after = _with_duty(text, after, end)
        yield start, after
        start, end = _trim(text, after, end)
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
    if not (_HAN_CHAR.match(text[at - 1]) or text[at - 1] in _CLOSERS):
        return _ENGLISH_STOP.match(text, max(at - 3, start), end) is not None
    number = text[start:at].strip() if at - start < MIN_WRAP else ""
    if number and all(char in _NUMERALS for char in number):
        return False
    if after == end:
        return True
    blank = BLANK.match(text, after, end)
    return bool(blank and re.compile(f"[{_HAN}“《（(]").match(text, blank.end(), end))


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
    before = _trim(text, start, opened)
    if text[opened] in _BRACKETS:
        return before[0] < before[1]
    if particle or _SAYS.match(text, following, end):
        return True
    slogan = "。" not in token.group() and before[0] < before[1] == opened
    return slogan and _is_short(text, opened, closed[-1]) and text[opened - 1].isalnum()


def _with_duty(text: str, after: int, end: int) -> int:
    """Go past 「（某局负责）」 behind a stop."""
    found = _DUTY.match(text, after, end)
    return found.end() if found and _DUTY_WORD.search(found.group()) else after


def _short_enough(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut what is longer than ``MAX_SEGMENT``, if possible at ；，、 or a blank near there."""
    while end - start > MAX_SEGMENT:
        limit = start + MAX_SEGMENT
        window = text[limit - MAX_SEGMENT // 4 : limit]
        cuts = (found.end() for cut in _SOFT_CUTS if (found := cut.match(window)))
        cut = limit - len(window) + next(cuts, len(window))
        piece = _trim(text, start, cut)
        if piece[0] < piece[1]:
            yield piece
        start, end = _trim(text, cut, end)
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
        piece = _trim(text, start, after)
        if piece[1] - piece[0] > 1:
            kind = "clause"
            yield *piece, kind
            start = after
    start, end = _trim(text, start, end)
    yield start, end, kind


# --- Places ------------------------------------------------------------------------------------


def _place(text: str, pieces: list[tuple[int, int, Kind]]) -> list[Sentence]:
    """Tell every segment its title and the section heading above it."""
    titled = next(((s, e, k) for s, e, k in pieces if k != "furniture"), (0, 0, "sentence"))
    title = None
    if titled[2] == "heading" and not _NUMBERED_SECTION.match(text, titled[0], titled[1]):
        title = _title_text(text[titled[0] : titled[1]])
    heading = None
    segments = []
    for start, end, kind in pieces:
        part = text[start:end]
        segments.append(Sentence(start, end, part, kind, heading, title))
        if kind == "heading" and _title_text(part) != title:
            heading = part
    return segments


def _title_text(line: str) -> str:
    """Take the label 原标题： off a title, and markdown, and the break between its lines."""
    line = re.sub(r"^#{1,6}\s+", "", line)
    found = _ORIGINAL_TITLE.match(_folded(line))
    if found:
        line = line[re.search("[：:]", line).end() :]  # type: ignore[union-attr]
    return re.sub(f"[{_BLANK_CLASS}]*[{LINE_ENDS}][{_BLANK_CLASS}]*", "", line).strip()
