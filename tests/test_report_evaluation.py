"""The page of an evaluation: whole, closed to the network, and deaf to what texts say."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from policyclf.corpus import Corpus, LabelledSegment
from policyclf.evaluation import Labelling, evaluate_labelling, examine
from policyclf.report.evaluation import evaluation_page
from policyclf.report.wording import WORDING

ATTACK = '"><script>alert(1)</script><img src=x onerror=alert(2)> ${{7*7}}{{7*7}}\u2028</style>'
LABELS = ("talent", "finance", "其他<b>")


def report_of(text: str = "引进人才。", doc_id: str = "d") -> dict[str, Any]:
    """Make a report in which every text is `text` and every name may be hostile."""
    generator = np.random.default_rng(0)
    rows = [
        LabelledSegment(
            f"{text}{n}",
            (LABELS[n % 3],),
            f"{doc_id}{n // 4}",
            place=n,
            metadata={"genre": f"{text}{n % 2}"},
            coders={text: LABELS[n % 3], "b": LABELS[n % 2]},
        )
        for n in range(24)
    ]
    gold = Corpus(tuple(rows))
    probabilities = generator.dirichlet(np.ones(3), 24)
    labels = [LABELS[k] for k in probabilities.argmax(axis=1)]
    labelling = Labelling("model", labels, None, probabilities.max(axis=1), probabilities, LABELS)
    details = examine(labelling, gold, by=["genre"], training=gold, replicates=20)
    model = evaluate_labelling(labelling, gold, replicates=20).to_dict() | details.to_dict()
    names = {"talent": {"zh": "人才", "en": "Talent"}}
    about = {"policyclf": "0", "seed": 0, "system": None, "data": text, "label_names": names}
    report = {
        "about": about,
        "model": model,
        "majority": {**model, "name": "majority"},
        "splits": {"segments apart": model, f"{text} left out": model},
        "gaps": {"segments apart": {"macro_f1": model["macro_f1"]}},
    }
    plain: dict[str, Any] = json.loads(json.dumps(report, allow_nan=False))
    return plain


class Page(HTMLParser):
    """Lists tags with their attributes, and the text of each kind of element."""

    VOID = ("meta", "br", "img", "link", "base", "input")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(page)
        assert self.open == [], "an element is not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] not in (["style"], ["script"]):
            self.text += data


@pytest.mark.parametrize("language", ["en", "zh"])
def test_figures_stand_in_the_page(language: Any) -> None:
    """Headline, label names, groups, splits, errors and plots are there, in the language."""
    report = report_of()
    page = Page(evaluation_page(report, language=language))
    model = report["model"]
    for figure in (model["macro_f1"], model["kappa"], model["risk_coverage"]["area"]):
        assert f"{figure['value']:.3f}" in page.text
    assert {"en": "Talent", "zh": "人才"}[language] in page.text
    assert WORDING["apart"].in_language(language) in page.text
    assert page.text.count("引进人才。") >= len(model["errors"])
    tags = [tag for tag, _ in page.tags]
    assert tags.count("circle") == len(model["reliability"]) + sum(
        tag == "svg" and "bar" in (attributes.get("class") or "") for tag, attributes in page.tags
    )
    assert tags.count("details") == sum(map(len, model["groups"].values())) > 0
    (curve,) = [attributes for tag, attributes in page.tags if tag == "polyline"]
    assert len((curve["points"] or "").split()) == len(model["risk_coverage"]["curve"])


def test_nothing_hostile_comes_alive() -> None:
    """A text, a document, a coder, a column's value or a label is text, wherever it stands."""
    found = Page(evaluation_page(report_of(ATTACK, ATTACK)))
    for tag, attributes in found.tags:
        assert tag not in {"img", "iframe", "object", "link", "base", "form"}
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        assert not {"src", "href", "action"} & set(attributes)
    assert [tag for tag, _ in found.tags].count("script") == 0
    assert found.text.count("<script>alert(1)</script>") > 24
    assert "{{7*7}}" in found.text  # no template was made of it


def test_page_is_closed_to_the_network() -> None:
    """A content security policy forbids all loading, and there is no address to load."""
    page = evaluation_page(report_of())
    policy = next(
        attributes["content"] or ""
        for tag, attributes in Page(page).tags
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert not re.search(r"https?://|url\(|@import", page)


def test_labels_without_confidence_have_no_plots() -> None:
    """What was not measured is left out."""
    report = report_of()
    report["model"] |= {"risk_coverage": None, "reliability": [], "errors": [], "coders": None}
    report["model"] |= {"brier": None, "kappa": None, "leakage": None, "groups": {}}
    del report["splits"], report["gaps"]
    page = Page(evaluation_page(report))
    assert "polyline" not in [tag for tag, _ in page.tags]
    assert "–" in page.text


def test_shades_have_a_rule_each(request: pytest.FixtureRequest) -> None:
    """Every class that the confusion matrix can have stands in the style sheet."""
    sheet = (request.config.rootpath / "policyclf/report/templates/evaluation.css").read_text(
        encoding="utf-8"
    )
    page = evaluation_page(report_of())
    used = set(re.findall(r'class="h([1-9]\d*)', page))
    assert used
    assert used <= set(re.findall(r"\.heat \.h(\d+) ", sheet))
