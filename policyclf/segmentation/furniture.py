"""What a page puts around the text: sources, dates, buttons, editors, addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from policyclf.segmentation.characters import BLANK_CLASS, HAN, HAN_CHAR, NUMERALS, fold, trim
from policyclf.segmentation.patterns import pattern

# Nothing that a page puts around the text is longer.
MAX_FURNITURE = 120
_DATE = (
    r"(?:\d{4}\s?[年./-]\s?\d{1,2}\s?(?:[月./-]\s?\d{1,2}\s?日?|月)"
    rf"|[{NUMERALS}ＯO○０\d]{{4}}年[{NUMERALS}\d]{{1,3}}月(?:[{NUMERALS}\d]{{1,3}}日)?)"
)
DATE_LINE = pattern(rf"[（(]?{_DATE}(?:\s*星期.)?(?:\s*\d{{1,2}}:\d\d(?::\d\d)?)?\s*[)）]?")
_LABEL = (
    "来源|信息来源|文章来源|新闻来源|稿件来源|稿源|作者|编辑|责任编辑|责编|审核|校对|发布时间|发布日期|发布机构|发布单位|时间|日期|"
    "更新时间|浏览次数|浏览量|阅读量|阅读次数|访问量|点击数|点击量|点击率|字体|字号|字体大小|"
    "打印|打印本页|分享|分享到|上一篇|下一篇|上一条|下一条|主办|主办单位|承办|承办单位|联系人|"
    "联系方式|联系电话|咨询电话|监督电话|举报电话|新闻热线|电话|传真|地址|办公地址|通讯地址|邮编|"
    "邮政编码|邮箱|电子邮箱|网址|原文链接|链接|索引号|发文机关|发文字号|成文日期|主题分类|主题词|"
    "文号|抄送|抄报|主送|信息公开选项|公开方式|公开属性|有效性|备案号|版权所有|技术支持|当前位置|"
    "您的位置|您现在的位置|相关报道|相关链接|相关阅读|相关新闻|相关附件|附件下载|摄影|图片来源"
)
_BUTTON = (
    "首页|下载|打印|打印本页|全屏|收藏|加大|还原|减小|大|中|小|关闭|关闭窗口|关闭本页|返回|"
    "返回顶部|返回首页|分享|分享到|微信|微博|上一页|下一页|上一篇|下一篇|打印此页|打印本文|我要纠错|"
    "扫一扫在手机打开当前页|扫描二维码|在您的设备上浏览本页|繁体版|无障碍阅读|登录|注册|搜索|"
    "扫一扫手机打开|相关链接|相关报道|网站地图|联系我们|关于我们|目\\s*录|END|编辑"
)
_FURNITURE = pattern(
    rf"""
      [【\[（(]?\s*(?:{_LABEL})\s*[：:].*                          # 来源：某某网
    | [【\[（(]?\s*(?:{_BUTTON})(?:[\s|｜/·\[\]【】（）()]+(?:{_BUTTON}))*\s*[】\])）]?
    | [【\[（(]?\s*字[体号]\s*[：:]?[\s\[【]*大?\s*[\]】\s]*中?.{{0,8}}
    | {DATE_LINE.pattern}(?:\s+\S.{{0,30}})?                     # 2021-03-05 14:50:08 某某网
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
    | (?:扫描|扫一扫|长按).{{0,12}}二维码.{{0,20}}                    # 扫描二维码 关注某某网
    | 想爆料[？?！!]?
    | 请登录.{{1,100}}提供新闻线索[。！]?
    | [^，。]{{0,12}}广告热线[\d\s：:-]+.{{0,20}}
    | 国务院总理[{HAN}]{{2,4}}
    | \S{{0,20}}(?:总理|主席|省长|市长|州长|区长|县长|主任)\s+[{HAN}]\s?[{HAN}]{{1,3}}
    """,
    re.VERBOSE,
)
_FURNITURE_INSIDE = pattern(
    r"[>＞»›]|版权所有|ICP备|公网安备|Copyright|All rights reserved|网站简介|法律声明|网站声明"
    r"""|\b(?:id|class|style|href|src)\s*=\s*["']"""
    r"|\s(?:来源|稿源|发布时间|发布日期|浏览次数|点击数|责任编辑)[：:]"
)
_SALUTATION = pattern(
    r"[^。；：:]*(?:政府|单位|机构|部门|委员会|管委会|[委办局厅部会]|公司|企业|院校|高校|团体|"
    r"国务院|机关|组织|集团|中心|大学|学院|医院|银行|领导小组)(?:[（(][^）)]*[)）])?[：:]"
)
_TASK_LABEL = pattern("(?:责任|牵头|配合|负责|申报|支持|申请|主管)(?:单位|部门|机构|企业)[：:]")
_RESIDUE = r"(?:<U\+[0-9A-Fa-f]{4,6}>|&(?:nbsp|emsp|ensp|sp|amp|lt|gt|quot|ldquo|rdquo);?)"
HEAD_RESIDUE = pattern(rf"(?:{_RESIDUE}[{BLANK_CLASS}]*)+")
_TAIL_RESIDUE = pattern(rf"(?:[{BLANK_CLASS}]*{_RESIDUE})+\Z")


def is_furniture(line: str) -> bool:
    """Whether a line belongs to the page and not to the text."""
    if len(line) > MAX_FURNITURE:
        return False
    folded = fold(line).replace("?。?", "")  # the scar of a button
    if not HAN_CHAR.search(folded) and not re.search("[A-Za-z]{3}", folded):
        return True
    if "=" not in folded and ("。" in folded[:-1] or folded.count("，") > 1):
        return False
    return bool(_FURNITURE_INSIDE.search(folded) or _FURNITURE.fullmatch(folded))


def is_salutation(line: str) -> bool:
    """Whether a line addresses those to whom a paper is sent."""
    return _SALUTATION.fullmatch(line) is not None and not _TASK_LABEL.match(line)


def without_residue(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Set entities that a conversion left at either end of a line apart."""
    inner_start, inner_end = start, end
    if text[start] in "<&" and (found := HEAD_RESIDUE.match(text, start, end)):
        inner_start = found.end()
    if text[end - 1] in ">;" and (cut := _residue_tail(text, inner_start, end)) < end:
        inner_end = cut
    for left, right in ((start, inner_start), (inner_start, inner_end), (inner_end, end)):
        part_start, part_end = trim(text, left, right)
        if part_start < part_end:
            yield part_start, part_end


def _residue_tail(text: str, start: int, end: int) -> int:
    """Where the entities at the end of a line begin; a search from the right keeps it linear."""
    window = max(start, end - MAX_FURNITURE)
    found = _TAIL_RESIDUE.search(text[window:end])
    return window + found.start() if found else end
