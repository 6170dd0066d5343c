"""Hypothesis strategies that several tests share.

``policy_text`` writes what official documents and the pages around them look
like, with all the damage that scraping and conversion do; ``any_text`` writes
anything that a ``str`` can hold, lone surrogates and NUL included.
"""

from __future__ import annotations

from hypothesis import strategies as st

LINE_ENDS = ("\n", "\r\n", "\r", "\n\n", "\u2028", "\u2029", "\x85", "\v", "\f")
BLANKS = ("", " ", "\u3000\u3000", "\xa0", "\t", "\u200b", "\ufeff", "\x00")
NUMBERS = (
    "",
    "",
    "",
    "一、",
    "（一）",
    "1.",
    "1．",
    "2、",
    "(1)",
    "①",
    "第三条　",
    "第一章　",
    "## ",
    "——",
)
PHRASES = (
    "加大引才力度",
    "推进园区建设",
    "优化营商环境",
    "增速为3.5%",
    "自2018.3.12起施行",
    "详见https://www.example.gov.cn/a?b=1",
    "平台升级到v2.1.3",
    "《某市促进就业办法》",
    "“十四五”规划",
    "（以下简称《办法》）",
    "（市住建局负责）",
    "「店小二」精神",
    "(yè)",
    "加快建設?發展",
    "怎么办",
    "全面推?M項目",
    "14:50:08",
    "某某表示",
    "（市住建\n局负责）",
    "每镇引进一\n家企业",
    "某市人民政府关于印发",
    "某市促进就业办法的通知",
    "把路修进来，把货运出去",
    "总体要求　　（一）目标",
)
MARKS = (
    "，", "、", "；", "：", "。", "！", "？", "?", "!", ".", "……", "......", ";", ",", "。”", "”。",
    "？！", "（", "）", "“", "”", '"', "《", "》", "?。", " ", "\n",
)  # fmt: skip
FURNITURE = (
    "来源：某某网",
    "发布时间：2021-03-05 14:50:08",
    "字体：大 中 小",
    "打印",
    "— 3 —",
    "某政发〔2020〕5号",
    "2021年3月5日",
    "首页 > 新闻",
    '打?。?span id="printapp">',
    "<!-- INFO END -->",
    "&nbsp;&nbsp;",
    "本报某市3月5日讯（记者 某某）",
    "各县区人民政府，市政府各部门：",
)


def _pick(options: tuple[str, ...]) -> st.SearchStrategy[str]:
    return st.sampled_from(options)


def _joined(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map("".join)


sentences = st.lists(_joined(_pick(PHRASES), _pick(MARKS)), min_size=1, max_size=6).map("".join)
lines = _joined(_pick(BLANKS), _pick(NUMBERS), sentences, _pick(BLANKS))
policy_text = st.lists(
    _joined(st.one_of(lines, lines, _pick(FURNITURE)), _pick(LINE_ENDS)), max_size=12
).map("".join)
any_text = st.text(st.characters(), max_size=200)
document_text = st.one_of(policy_text, any_text)
