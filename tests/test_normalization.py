"""What features see is cleaned, and every character of it leads back to the source."""

from __future__ import annotations

import sys
import unicodedata
from itertools import pairwise

import opencc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyclf.normalization import (
    NormalizedText,
    normalize,
    normalized,
    normalized_codepoints,
    simplify,
)
from policyclf.spans import Span
from strategies import any_text, document_text

# Characters that the rules are about, so that Hypothesis brings them together often.
ALPHABET = (
    "济濟中的著着显者乾干後后里裡髮發台臺薴苧系係"
    "()（）jìde̋i\u0300\u0301\u030cǜüɡɑaAzＺéİßſﬁKÅ"
    "0９٣①½²%％ 　\xa0\t\n\r\u2028\u200b\ufeff\x00\ufe0f\u200d\xad"
    "“”「」‘’＂\"'，。,.《》—…\U00020000𠮷𝟗😀\ud800\udfff\uf900豈⼀"
)
dense_text = st.text(st.sampled_from(sorted(set(ALPHABET))), max_size=40)
text = st.one_of(document_text, dense_text)

IN_CONTEXT = "乾後后裡髮發臺系係著瞭苧薴"  # simplified by what stands beside them

GLOSSES = [
    ("濟(jì)寧", "济宁"),
    ("濟（jì）寧", "济宁"),
    ("濟( jì )寧", "济宁"),
    ("濟(ji\u0300)寧", "济宁"),
    ("中(zhōng)国(guó)梦(mèng)", "中国梦"),
    ("绿(lǜ)色", "绿色"),
    ("绿(lu\u0308\u0300)色", "绿色"),
    ("嗯(ńg)。", "嗯。"),
    ("高(ɡāo)新", "高新"),
    ("高(GĀO)新", "高新"),
    ("長(zhǎng)(cháng)沙", "长沙"),
    ("我們(men)的(de)園區", "我们的园区"),
    ("走了(le)", "走了"),
    ("孩子(zi)們", "孩子们"),
    ("𠮷(jí)祥", "𠮷祥"),
]
CONTENT = [
    ("合作(PPP)", "合作(ppp)"),
    ("合作（PPP）模式", "合作(ppp)模式"),
    ("系统(MEMS)", "系统(mems)"),
    ("基金(de la)", "基金(de la)"),
    ("企业(500强)", "企业(000强)"),
    ("园区(济宁)", "园区(济宁)"),
    ("a(jì)b", "a(jì)b"),
    ("(jì)", "(jì)"),
    ("平台(jìjìjìjìjìjìjì)", "平台(jìjìjìjìjìjìjì)"),
    ("某某()公司", "某某()公司"),
    ("办法(试行)", "办法(试行)"),
]
FOLDS = [
    ("Ａ０％，（）", "a0%,()"),
    ("ＧＤＰ增长", "gdp增长"),
    ("１２３", "000"),
    ("2018年3月", "0000年0月"),
    ("٣项", "0项"),
    ("𝟗项", "0项"),
    ("①推进", "0推进"),
    ("“放管服”", '"放管服"'),
    ("「店小二」", '"店小二"'),
    ("『十四五』", '"十四五"'),
    ("＂一带一路＂", '"一带一路"'),
    ("‘双碳’", "'双碳'"),
    ("ABC公司", "abc公司"),
    ("⼀带", "一带"),
    ("ｶﾞ", "カ\u3099"),
    ("㈱", "㈱"),
    ("½", "½"),
]
BLANKS = [
    ("R&D  investment", "r&d investment"),
    ("Belt and\nRoad", "belt and road"),
    ("5 G", "0 g"),
    ("2021 年 3 月", "0000年0月"),
    ("　　一、总体要求", "一、总体要求"),
    ("土地  利用率", "土地利用率"),
    ("推进园区\n建设", "推进园区建设"),
    ("推进园区\r\n　　建设", "推进园区建设"),
    ("推进\u2028园区\x85建设", "推进园区建设"),
    ("推进\xa0GDP\xa0增长", "推进gdp增长"),
    (" a ", "a"),
    ("a ，b", "a,b"),
    ("   ", ""),
    ("", ""),
]
INVISIBLE = [
    ("推\u200b进", "推进"),
    ("推\x00进", "推进"),
    ("\ufeff推进", "推进"),
    ("推\xad进", "推进"),
    ("❤\ufe0f", "❤"),
    ("a\u200b \u200bb", "a b"),
    ("推\x1a进\x7f", "推进"),
    ("推\ud800进", "推\ufffd进"),
]
SIMPLIFIED = [
    ("優化營商環境", "优化营商环境"),
    ("乾坤灣", "乾坤湾"),
    ("乾淨", "干净"),
    ("餅乾", "饼干"),
    ("康乾盛世", "康乾盛世"),
    ("髮展與發展", "发展与发展"),
    ("以後", "以后"),
    ("皇后", "皇后"),
    ("瞭望", "瞭望"),
    ("瞭解", "了解"),
    ("薴", "苎"),
]
AUTHOR_OR_EVIDENT = [
    ("著力", "着力"),
    ("沿著", "沿着"),
    ("朝著", "朝着"),
    ("圍繞著發展", "围绕着发展"),
    ("意味著", "意味着"),
    ("著眼長遠", "着眼长远"),
    ("著", "着"),
    ("著作", "著作"),
    ("著名", "著名"),
    ("著稱", "著称"),
    ("著述", "著述"),
    ("著者", "著者"),
    ("著書立說", "著书立说"),
    ("著錄", "著录"),
    ("顯著", "显著"),
    ("原著", "原著"),
    ("卓著", "卓著"),
    ("昭著", "昭著"),
    ("名著", "名著"),
    ("編著", "编著"),
    ("專著", "专著"),
    ("土著", "土著"),
    ("成效顯著，沿著大道", "成效显著,沿着大道"),
    ("显著", "显著"),
    ("着力", "着力"),
]


@pytest.mark.parametrize(("source", "expected"), GLOSSES, ids=ascii)
def test_drops_glosses(source: str, expected: str) -> None:
    """Drops the pinyin of a character in brackets of either width, its tone marked either way."""
    assert normalized(source) == expected


@pytest.mark.parametrize(("source", "expected"), CONTENT, ids=ascii)
def test_keeps_content_in_brackets(source: str, expected: str) -> None:
    """Keeps whatever else stands in brackets."""
    assert normalized(source) == expected


@pytest.mark.parametrize(("source", "expected"), FOLDS, ids=ascii)
def test_folds(source: str, expected: str) -> None:
    """Brings width, case, quotation marks and digits to one form, one character for one."""
    assert normalized(source) == expected
    assert len(normalize(source).text) == len(source)


@pytest.mark.parametrize(("source", "expected"), BLANKS, ids=ascii)
def test_blanks(source: str, expected: str) -> None:
    """Keeps one blank between Latin words and figures, and none elsewhere."""
    assert normalized(source) == expected


@pytest.mark.parametrize(("source", "expected"), INVISIBLE, ids=ascii)
def test_drops_what_cannot_be_seen(source: str, expected: str) -> None:
    """Drops invisible characters, and makes half of a surrogate pair a visible mark."""
    assert normalized(source) == expected


@pytest.mark.parametrize(("source", "expected"), SIMPLIFIED, ids=ascii)
def test_simplifies(source: str, expected: str) -> None:
    """Simplifies by characters, and by phrases where the character alone would be wrong."""
    assert simplify(source) == expected
    assert simplify(expected) == expected


@pytest.mark.parametrize(("source", "expected"), AUTHOR_OR_EVIDENT, ids=ascii)
def test_author_or_evident(source: str, expected: str) -> None:
    """Tells the 著 of 顯著 and 著作, which stays, from that of 沿著, which is 着."""
    assert normalized(source) == expected


def test_all_rules_together() -> None:
    """Leads back through every rule to the source."""
    source = "　沿著２０個濟(jì)寧\n的“R&D  park”\u200b。"
    cleaned = normalize(source)
    assert cleaned.text == '沿着00个济宁的"r&d park"。'
    assert cleaned.source_span(0, 2) == Span(1, 3)
    start = cleaned.text.index("济")
    assert source[slice(*_ends(cleaned, start, start + 2))] == "濟(jì)寧"
    assert source[slice(*_ends(cleaned, start, start + 1))] == "濟"
    start = cleaned.text.index("park")
    assert source[slice(*_ends(cleaned, start, start + 4))] == "park"
    assert cleaned.source_span(len(cleaned.text) - 1, len(cleaned.text)).end == len(source)


def _ends(cleaned: NormalizedText, start: int, end: int) -> tuple[int, int]:
    span = cleaned.source_span(start, end)
    return span.start, span.end


@given(text)
def test_idempotent(source: str) -> None:
    """Leaves its own result as it is."""
    once = normalized(source)
    assert normalized(once) == once
    again = normalize(once)
    assert again.offsets == tuple(range(len(once) + 1))


def test_idempotent_on_every_character() -> None:
    """Leaves its own result as it is, whatever single character it came from."""
    for code in range(sys.maxunicode + 1):
        if unicodedata.category(chr(code)) in {"Cn", "Co"}:  # not assigned, or private
            continue
        once = normalized(chr(code))
        assert normalized(once) == once, hex(code)
        assert len(once) <= 1, hex(code)


@given(text)
def test_with_and_without_the_way_back(source: str) -> None:
    """Gives the same text with offsets and without."""
    assert normalize(source).text == normalized(source)


@given(text)
def test_offsets(source: str) -> None:
    """Gives strictly increasing offsets inside the source, one a character and one at the end."""
    cleaned = normalize(source)
    assert len(cleaned.offsets) == len(cleaned.text) + 1
    assert all(left < right for left, right in pairwise(cleaned.offsets))
    assert cleaned.offsets[0] >= 0
    assert cleaned.offsets[-1] == len(source)


@given(text, st.data())
def test_source_span(source: str, data: st.DataObject) -> None:
    """Gives spans inside the source that grow with the range they are of."""
    cleaned = normalize(source)
    length = len(cleaned.text)
    if not length:
        return
    start = data.draw(st.integers(0, length - 1))
    end = data.draw(st.integers(start + 1, length))
    span = cleaned.source_span(start, end)
    assert 0 <= span.start < span.end <= len(source)
    assert span.end - span.start >= end - start
    inner_start = data.draw(st.integers(start, end - 1))
    inner_end = data.draw(st.integers(inner_start + 1, end))
    inner = cleaned.source_span(inner_start, inner_end)
    assert span.start <= inner.start < inner.end <= span.end
    if end < length:
        assert span.end <= cleaned.source_span(end, end + 1).start


@given(text)
def test_offsets_lead_to_the_characters(source: str) -> None:
    """Leads every character back to the one it was made from."""
    cleaned = normalize(source)
    for character, offset in zip(cleaned.text, cleaned.offsets, strict=False):
        if character == " ":
            assert source[offset].isspace()
        elif source[offset] not in IN_CONTEXT:
            assert character == normalized(source[offset])


@given(text)
def test_simplify_keeps_length(source: str) -> None:
    """Simplifies one character for one, and its own result not at all."""
    once = simplify(source)
    assert len(once) == len(source)
    assert simplify(once) == once


def test_simplify_is_opencc(texts_as_written: list[str]) -> None:
    """Simplifies the corpus in traditional script as OpenCC does, 著 apart."""
    to_traditional, to_simplified = opencc.OpenCC("s2t"), opencc.OpenCC("t2s")
    changed = 0
    for source in texts_as_written:
        traditional = to_traditional.convert(source)
        expected = to_simplified.convert(traditional).replace("著", "着")
        assert simplify(traditional).replace("著", "着") == expected
        changed += traditional != source
    assert changed > len(texts_as_written) / 2


@pytest.mark.parametrize(
    "source",
    [
        "(" * 20000,
        "中" + "(de)" * 9000,
        " " * 20000,
        "中(" + "jì" * 9000,
        "a " * 9000,
        "乾" * 20000,
    ],
    ids=lambda source: source[:4],
)
def test_endless_text(source: str) -> None:
    """Gets through text made to keep a regular expression busy."""
    cleaned = normalize(source)
    assert len(cleaned.offsets) == len(cleaned.text) + 1


def cleaned_at_once(texts: list[str]) -> list[str]:
    """Clean many texts by the table."""
    joined: str = normalized_codepoints(texts).tobytes().decode("utf-32-le")
    assert joined.count("\n") == len(texts)
    return joined.split("\n")[:-1]


crowded_text = st.text(
    "招商引資著顯乾干薴（(ji qíngab９0 \u3000\u200b\t\n)“，A\ud800\U00020000", max_size=25
)


@given(st.lists(st.one_of(any_text, document_text, crowded_text), max_size=6))
def test_many_at_once_as_one_by_one(texts: list[str]) -> None:
    """The table gives what each text gives alone, whatever stands beside it."""
    assert cleaned_at_once(texts) == [normalized(text) for text in texts]


def test_corpus_at_once(corpus_texts: list[str]) -> None:
    """It does on all of labels/, in both scripts."""
    to_traditional = opencc.OpenCC("s2t")
    traditional = [to_traditional.convert(text) for text in corpus_texts[::5]]
    for texts in (corpus_texts, traditional):
        assert cleaned_at_once(texts) == [normalized(text) for text in texts]
