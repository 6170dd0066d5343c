"""Documents are cut where a careful reader would cut them."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
import sys
import unicodedata
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
import sentencex
from hypothesis import given, settings

from policyclf import segmentation
from policyclf.exceptions import InputError
from policyclf.segmentation import BLANK, MAX_SEGMENT, is_heading, segment
from policyclf.spans import UNITS
from strategies import document_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from policyclf.spans import Sentence, Unit

GOLDEN = Path(__file__).with_name("golden") / "segmentation.jsonl"
REAL = Path(__file__).parents[2] / "shared" / "real" / "docs"
# Of these, every line is a paragraph.
_ONE_LINE_A_PARAGRAPH = {"sc", "localpol", "law", "lingang", "prov26"}
CASES: list[dict[str, Any]] = [
    json.loads(line) for line in GOLDEN.read_text(encoding="utf-8").split("\n") if line
]


def score_cases(split: Callable[[str], list[str]]) -> tuple[int, int]:
    """Count the golden cases of unit sentence that a splitter gets exactly, blanks aside.

    Cases with a lone surrogate are left out: they cannot be passed to a
    splitter written in another language.

    Returns
    -------
    tuple of int
        How many were right, of how many.
    """
    right = total = 0
    for case in CASES:
        text = case["text"]
        if case["unit"] != "sentence" or any("\ud800" <= char <= "\udfff" for char in text):
            continue
        wanted = [_bare(part) for part, _ in case["segments"]]
        right += [bare for part in split(text) if (bare := _bare(part))] == wanted
        total += 1
    return right, total


def _bare(text: str) -> str:
    """Take the blanks at both ends off, the invisible ones too."""
    start = found.end() if (found := BLANK.match(text)) else 0
    end = len(text)
    while end > start and BLANK.match(text, end - 1):
        end -= 1
    return text[start:end]


def check_spans(text: str, segments: list[Sentence]) -> None:
    """Check that spans are exact, ordered, trimmed, and leave out nothing but blanks."""
    last = 0
    for part in segments:
        assert part.text == text[part.start : part.end]
        assert part.text
        assert len(part.text) <= MAX_SEGMENT
        assert not BLANK.match(part.text[0])
        assert not BLANK.match(part.text[-1])
        assert part.start >= last
        assert not _bare(text[last : part.start])
        last = part.end
    assert not _bare(text[last:])


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_golden(case: dict[str, Any]) -> None:
    """Cuts each case as written down by hand."""
    segments = segment(case["text"], unit=case["unit"])
    assert [[part.text, part.kind] for part in segments] == case["segments"], case["about"]
    check_spans(case["text"], segments)
    if "heading" in case:
        assert [part.heading for part in segments] == case["heading"]
    if "title" in case:
        assert {part.title or "" for part in segments} == {case["title"]}


def test_golden_is_large() -> None:
    """The golden cases are many, and none is named twice."""
    assert len({case["name"] for case in CASES}) == len(CASES) >= 90
    assert {case["unit"] for case in CASES} == set(UNITS)


def test_better_than_peer() -> None:
    """Gets every golden case, and sentencex does not."""
    ours, total = score_cases(lambda text: [part.text for part in segment(text)])
    peers, _ = score_cases(lambda text: list(sentencex.segment("zh", text)))
    assert ours == total
    assert peers < ours


@settings(deadline=None)
@given(document_text)
def test_spans_are_exact(text: str) -> None:
    """Covers every visible character once, whatever the text."""
    for unit in UNITS:
        check_spans(text, segment(text, unit=unit))


@settings(deadline=None)
@given(document_text)
def test_clauses_refine_sentences(text: str) -> None:
    """Puts every clause inside one sentence, of the same heading and title."""
    sentences = segment(text)
    for clause in segment(text, unit="clause"):
        homes = [s for s in sentences if s.start <= clause.start and clause.end <= s.end]
        assert len(homes) == 1
        assert (homes[0].heading, homes[0].title) == (clause.heading, clause.title)
        assert clause.kind in {homes[0].kind, "clause"}


@settings(deadline=None)
@given(document_text)
def test_segments_can_be_segmented(text: str) -> None:
    """Covers a segment's own text again."""
    for part in segment(text):
        check_spans(part.text, segment(part.text))


# A page of each kind: what is above the line is flush, what is below it begins a paragraph.
_WRAPPINGS = 200
_PAGE = """某县数字乡村建设方案
一、总体要求
按照因地制宜的原则，用三年时间补齐乡村网络短板，让农户用得上、用得起、用得好。
二、主要任务
（一）完善网络设施
1.实施光纤入户工程。对偏远自然村给予建设补助，每村不超过二十万元；对脱贫户减半收取资费。（县工信局负责）
2.新建乡镇机房三十座并与供电线路同步改造，由运营企业负责日常维护。（县供电公司、各乡镇政府负责）
（二）培育数字人才
组织返乡青年学习网上销售、直播带货和账目管理，学员由乡镇推荐，费用由县财政承担。
3.选派科技特派员到村指导，每人联系两个合作社，每月驻村不少于五天。
三、保障措施
县里成立工作专班，定期通报进展，对完成任务好的乡镇优先安排下一年度资金，对进展迟缓的乡镇进行约谈。
各乡镇要结合实际制定年度计划，明确专人负责，于每年一月底前报送上年总结。"""


@pytest.mark.parametrize("indent", [True, False])
def test_wrapping_changes_little(*, indent: bool) -> None:
    """Reads a page that was wrapped anywhere as it reads the page itself, or nearly so."""
    whole = _squeezed(_PAGE)
    missed: list[tuple[str, str]] = []
    for seed in range(_WRAPPINGS):
        wrapped = _squeezed(_wrapped(Random(seed), indent=indent))  # noqa: S311  no secret
        missed += [part for part in whole if part not in wrapped]
    assert len(missed) <= 0.01 * _WRAPPINGS * len(whole), missed


def _wrapped(random: Random, *, indent: bool) -> str:
    """Break the page's lines at about one width, sometimes with a blank line between."""
    width, slack, gaps = random.randint(24, 44), random.randint(0, 8), random.random() < 0.5
    lines: list[str] = []
    for paragraph in _PAGE.split("\n"):
        if len(paragraph) <= 16:
            lines.append(paragraph)
            continue
        rest = "　　" * indent + paragraph
        while rest:
            size = width - random.randint(0, slack)
            lines.append(rest[:size])
            rest = rest[size:]
            if gaps and rest and random.random() < 0.2:
                lines.append("")
    return "\n".join(lines)


def _squeezed(text: str) -> list[tuple[str, str]]:
    return [("".join(part.text.split()), part.kind) for part in segment(text)]


def test_blank_is_what_cannot_be_seen() -> None:
    """Takes white space, controls and format characters, and no others, for blank."""
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        category = unicodedata.category(char)
        if category == "Cn":  # not assigned yet in the Unicode of this Python
            continue
        invisible = char.isspace() or category in {"Cc", "Cf"}
        assert bool(BLANK.match(char)) == invisible, hex(code)


@pytest.mark.parametrize(
    "text",
    ["建" * 50_000, "建设、" * 20_000, "（" * 50_000, "“" * 50_000, "1." * 30_000, "? " * 30_000,
     "。（" * 30_000, "a" * 50_000, "<U+00A0>" * 20_000, "一、\n" * 20_000, "建，\n" * 20_000,
     "\u3000" * 50_000 + "建", "《" * 30_000, "；" * 50_000, "。\n（责" * 20_000,
     "关于\n" * 20_000, "建设\n的" * 20_000, "。（市（县）负责\n" * 10_000, "一、建　　1." * 10_000,
     "　　建，\n" * 20_000, "第一条 建\n" * 20_000],
    ids=lambda text: ascii(text[:6]),
)  # fmt: skip
def test_endless_text(text: str) -> None:
    """Cuts text without end at the maximum length, in both units."""
    for unit in UNITS:
        check_spans(text, segment(text, unit=unit))


@pytest.mark.parametrize("text", ["(a)\n加大引才力度", "產業\n(yè)\n鏈條延伸補強", "(zhāo)" * 21])
def test_gloss_on_a_line_of_its_own(text: str) -> None:
    """A line of which nothing is left once glosses are taken out is a line like any other."""
    assert "".join(part.text for part in segment(text)).count("(") == text.count("(")


def test_long_line_is_cut_at_a_comma() -> None:
    """Prefers a comma near the limit."""
    segments = segment("推进重点项目建设，" * 1000)
    assert {part.text[-1] for part in segments} == {"，"}


@pytest.mark.parametrize("text", [b"\xe7\xa8\xb3", None, 3, ["稳增长。"]])
def test_text_must_be_a_string(text: Any) -> None:
    """Refuses what is no string, bytes too."""
    with pytest.raises(InputError, match="The 'text' parameter of segment must be a str"):
        segment(text)


@pytest.mark.parametrize("unit", ["x", None, "Sentence", ["clause"]])
def test_unit_must_be_known(unit: Any) -> None:
    """Refuses an unknown unit and says which there are."""
    message = "The 'unit' parameter of segment must be 'sentence' or 'clause'. Got "
    with pytest.raises(InputError, match=message):
        segment("稳增长。", unit=unit)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("一、总体要求", True),
        ("（二）加快产业集聚，优化空间布局", True),
        ("第一章　总则", True),
        ("## 第一章 总则", True),
        ("某市促进外贸发展办法", True),
        ("  3.便利货物流转\n", True),
        ("一、总体要求。", False),
        ("（一）加大引才力度。对博士给予补贴", False),
        ("第三条　本办法适用于本市", False),
        ("坚持创新驱动，加快新旧动能", False),
        ("要坚持", True),
        ("在本市注册；", False),
        ("现通知如下：", False),
        ("来源：某某网", False),
        ("2021年3月5日", False),
        ("组　长：某　某", False),
        ("建" * 41, False),
        ("", False),
        ("   ", False),
    ],
)
def test_is_heading(line: str, *, expected: bool) -> None:
    """Tells headings from sentences and furniture by the line alone."""
    assert is_heading(line) is expected


@pytest.mark.skipif(not REAL.is_dir(), reason="the real documents are not part of the repository")
@pytest.mark.parametrize("unit", UNITS)
def test_real_documents(unit: Unit) -> None:
    """Covers real documents, and finds headings in most of them."""
    paths = sorted(REAL.glob("*.txt"))
    with_heading = 0
    for path in paths:
        text = path.read_bytes().decode("utf-8", errors="replace")
        segments = segment(text, unit=unit)
        check_spans(text, segments)
        with_heading += any(part.kind == "heading" for part in segments)
    assert with_heading > 0.8 * len(paths)


@pytest.mark.skipif(not REAL.is_dir(), reason="the real documents are not part of the repository")
@pytest.mark.parametrize(
    ("widths", "indent", "share"),
    [((16, 46), "　　", 0.985), ((16, 46), "", 0.965), ((34, 34), "", 0.98)],
    ids=["indented", "flush", "fixed width"],
)
def test_real_documents_wrapped(widths: tuple[int, int], indent: str, share: float) -> None:
    """Reads real documents nearly as before once their paragraphs are wrapped."""
    random = Random(7)  # noqa: S311 - nothing is secret here
    found = total = 0
    for path in sorted(REAL.glob("*.txt")):
        text = path.read_bytes().decode("utf-8", errors="replace")
        if path.stem.split("_")[0] not in _ONE_LINE_A_PARAGRAPH or len(text) > 40_000:
            continue
        whole = _squeezed(text)
        fixed = {part for part, kind in whole if kind in {"heading", "furniture"}}
        lines: list[str] = []
        for line in filter(None, (line.strip() for line in text.splitlines())):
            if len(line) < 12 or "".join(line.split()) in fixed:
                lines.append(line)
                continue
            rest = indent + line
            while rest:
                size = random.randint(*widths)
                lines.append(rest[:size])
                rest = rest[size:]
        wrapped = set(_squeezed("\n".join(lines)))
        found += sum(part in wrapped for part in whole)
        total += len(whole)
    assert found >= share * total > 0


def test_every_pattern_is_one() -> None:
    """All regular expressions compile, those too that no text has asked for."""
    modules = [
        importlib.import_module(f"policyclf.segmentation.{module.name}")
        for module in pkgutil.iter_modules(segmentation.__path__)
    ]
    # To ask whether it has a method compiles one.
    late = [
        value
        for module in modules
        for value in vars(module).values()
        if not isinstance(value, type(re)) and hasattr(value, "fullmatch")
    ]
    assert len(late) > 50
