"""The page as a file: what stands in it, and what a document cannot make of it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from policyclf.documents import Document
from policyclf.labeling import Labeler
from policyclf.report.page import MOST_WORDS, Page, tidied
from policyclf.report.pages import json_block
from strategies import any_text, document_text

EXAMPLES = Path(__file__).parents[1] / "examples"
VOID = {"meta", "br", "img", "link", "input"}


class Parsed(HTMLParser):
    """A page read back: its elements, and what stands in some of them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.policy = ""
        self.sentences: list[str] = []
        self.sources: dict[str, list[str]] = {"script": [], "style": []}
        self._open: list[str] = []
        self._sentence = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        given_ = dict(attrs)
        if given_.get("http-equiv") == "Content-Security-Policy":
            self.policy = given_["content"] or ""
        if tag in self.sources:
            self.sources[tag].append("")
        if "s" in (given_.get("class") or "").split():
            self.sentences.append("")
            self._sentence = True
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        self._sentence = False

    def handle_data(self, data: str) -> None:
        if self._sentence:
            self.sentences[-1] += data
        if self._open and self._open[-1] in self.sources:
            self.sources[self._open[-1]][-1] += data

    @property
    def data(self) -> Any:
        return json.loads(self.sources["script"][0])


def page_of(labeler: Labeler, *documents: Document, language: Any = "en") -> str:
    page = Page(labeler.labels, labeler.codebook, model="here", language=language)
    for document in documents:
        page.add(document.name, document.text, labeler.explain(document))
    return page.render()


def document(text: str, name: str = "a.txt") -> Document:
    return Document(text, name, "utf-8", "")


def skeleton(parsed: Parsed) -> list[str]:
    """Leave out what there is one of a sentence or paragraph."""
    return [tag for tag in parsed.tags if tag not in {"span", "p", "h3", "h4"}]


@settings(max_examples=40)
@given(text=any_text, name=any_text)
def test_documents_add_no_elements(tiny_labeler: Labeler, text: str, name: str) -> None:
    """Whatever a document and its name are, the page has the elements of a plain one."""
    plain = Parsed(page_of(tiny_labeler, document("人才")))
    parsed = Parsed(page_of(tiny_labeler, document(text, name)))
    assert skeleton(parsed) == skeleton(plain)
    assert {key for key, _ in parsed.attributes} <= {key for key, _ in plain.attributes}


@pytest.mark.parametrize(
    "payload",
    [
        "<script>alert(1)</script>人才",
        '"><img src=x onerror=alert(1)>',
        "' onmouseover='alert(1)",
        "</script><script>alert(1)",
        "<!--<script>",
        "\u2028alert(1)\u2029",
        "javascript:alert(1)",
        "{{ 7 * 7 }}{% include 'page.js' %}",
        "]]>&lt;b&gt;&#60;b&#62;",
    ],
)
def test_payloads_stay_text(tiny_labeler: Labeler, payload: str) -> None:
    """In text, title and name, markup and code are what they were: characters."""
    source = f"{payload}\n\n{payload}引进人才。"
    page = page_of(tiny_labeler, document(source, payload))
    parsed = Parsed(page)
    assert skeleton(parsed) == skeleton(Parsed(page_of(tiny_labeler, document("人才"))))
    shown = "".join(parsed.sentences).replace(" ", "")
    assert shown == "".join(source.replace("\u2028", "").replace("\u2029", "").split())
    assert parsed.data["names"] == [payload]
    assert not [k for k, v in parsed.attributes if k.startswith("on") or "javascript:" in (v or "")]


def test_policy_names_what_stands_there(tiny_labeler: Labeler) -> None:
    """Only the style and the script with these hashes; nothing from anywhere else."""
    parsed = Parsed(page_of(tiny_labeler, document("人才")))
    rules = dict(rule.split(" ", 1) for rule in parsed.policy.split("; "))
    assert rules["default-src"] == "'none'"
    (style,) = parsed.sources["style"]
    data, script = parsed.sources["script"]
    assert json.loads(data)
    for source, rule in ((style, "style-src"), (script, "script-src")):
        digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"
    assert not re.search(r"https?://|@import|url\(", style + script)
    assert "src" not in {key for key, _ in parsed.attributes}


@settings(max_examples=40)
@given(text=document_text)
def test_every_sentence_is_there(tiny_labeler: Labeler, text: str) -> None:
    """In order and whole but for hard line ends, with a row of numbers each."""
    labelled = tiny_labeler.label(text)
    parsed = Parsed(page_of(tiny_labeler, document(text)))
    shown = [tidied(sentence.text)[0] for sentence in labelled]
    assert parsed.sentences == [re.sub("[\ud800-\udfff]", "\ufffd", sentence) for sentence in shown]
    (rows,) = parsed.data["rows"]
    assert [row[:2] for row in rows] == [[s.start, s.end] for s in labelled]
    codes = [parsed.data["labels"][row[3][0]][1] for row in rows]
    assert codes == [s.label for s in labelled]


def test_words_lie_where_they_are_shown(shipped: Labeler) -> None:
    """The ranges of deciding words fit the text as it is shown, wraps taken out."""
    example = Document.from_path(EXAMPLES / "action-plan-wrapped.txt")
    explanations = shipped.explain(example)
    parsed = Parsed(page_of(shipped, example))
    (rows,) = parsed.data["rows"]
    wrapped = 0
    for text, row, explanation in zip(parsed.sentences, rows, explanations, strict=True):
        words = row[-1]
        assert len(words) <= 3 * MOST_WORDS
        for first, length, value in zip(words[::3], words[1::3], words[2::3], strict=True):
            found = {
                tidied(span.text)[0]: round(difference, 2)
                for span, difference in explanation.deciding()
                if tidied(span.text)[0] == text[first : first + length]
            }
            assert found, text[first : first + length]
            assert value in [round(d, 2) for _, d in explanation.deciding()]
        wrapped += "\n" in explanation.sentence.text
    assert wrapped > 5


def test_counts_leave_furniture_out(shipped: Labeler) -> None:
    """The legend counts sentences and headings; what a page puts around them is grey."""
    example = Document.from_path(EXAMPLES / "zone-news-traditional.txt")
    page = page_of(shipped, example)
    labelled = shipped.label(example)
    prose = [s for s in labelled if s.kind != "furniture"]
    assert 0 < len(prose) < len(labelled)
    counts = re.findall(r'data-k="\d+".*?<span class="number">(\d+)</span>', page)
    assert len(counts) == len(shipped.labels)
    assert sum(map(int, counts)) == len(prose)
    assert len(re.findall(r'<span class="s grey', page)) == len(labelled) - len(prose)


def test_both_languages_stand_in_the_page(shipped: Labeler) -> None:
    """Every label has both names; the language asked for shows first."""
    page = page_of(shipped, document("人才"), language="zh")
    assert '<html lang="zh">' in page
    assert shipped.codebook
    for label in shipped.codebook.labels:
        assert f'<span class="t" lang="zh">{label.name.zh}</span>' in page
        assert f'<span class="t" lang="en">{label.name.en}</span>' in page


def test_without_a_codebook(tiny_labeler: Labeler) -> None:
    """Labels are called by their ids."""
    page = Page(tiny_labeler.labels, None, model="here")
    page.add("a.txt", "引进人才。", tiny_labeler.explain("引进人才。"))
    labels = Parsed(page.render()).data["labels"]
    assert labels == [[f"{c}1", x, x, x] for c, x in zip("ABCD", tiny_labeler.labels, strict=True)]


def test_no_text(tiny_labeler: Labeler) -> None:
    """A document without text says so; a page without documents is one."""
    assert "No text." in page_of(tiny_labeler, document(" \n"))
    assert Parsed(page_of(tiny_labeler)).sentences == []


def test_size_of_a_sentence(shipped: Labeler) -> None:
    """So that 10,000 sentences make a page of a few megabytes: 300 bytes and the text."""
    example = Document.from_path(EXAMPLES / "zone-news-clean.txt")
    one, many = (len(page_of(shipped, document(example.text * n)).encode()) for n in (1, 5))
    n = len(shipped.label(example))
    assert (many - one) / 4 - len(example.text.encode()) < 300 * n


def test_same_documents_same_page(tiny_labeler: Labeler) -> None:
    """No clock, no chance."""
    assert page_of(tiny_labeler, document("人才")) == page_of(tiny_labeler, document("人才"))


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("招商\n　　引资", "招商引资"),
        ("以R&D\r\ninput为主", "以R&D input为主"),
        ("园区\n\n\nA区", "园区A区"),
        ("发布　来源", "发布　来源"),
        ("\x00人\x1b[31m才\u2028", "人[31m才"),
        ("", ""),
    ],
)
def test_tidied(source: str, shown: str) -> None:
    """Hard line ends go, between Latin letters a blank stays; blanks of the line stay."""
    text, offsets = tidied(source)
    assert text == shown
    assert len(offsets) == len(text)
    assert all(source[place] == c for place, c in zip(offsets, text, strict=True) if c != " ")


@given(text=any_text)
def test_json_in_a_script_element(text: str) -> None:
    """Data come back as they were, and hold nothing that HTML or a line would see."""
    block = str(json_block({"text": text}))
    assert json.loads(block) == {"text": text}
    assert not set(block) & set("<>&\u2028\u2029")
