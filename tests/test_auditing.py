"""What is planted in data is found, and what is found is what others find."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policyclf.agreement import cohen_kappa, krippendorff_alpha
from policyclf.auditing import FEW_DOCUMENTS, audit, blind_tasks, label_issues, suspect_record
from policyclf.codebook import Codebook
from policyclf.corpus import Corpus, LabelledSegment
from policyclf.exceptions import InputError
from policyclf.training import TrainingData


def data_of(*rows: LabelledSegment) -> TrainingData:
    return TrainingData(Corpus(rows))


# --- Confident learning ------------------------------------------------------------------------


def test_confident_learning_by_hand() -> None:
    """Suspect is what another label is as sure of as where that label was given."""
    probabilities = np.array(
        [
            [0.90, 0.10],  # a
            [0.80, 0.20],  # a; the mean self-confidence of a is 0.6
            [0.10, 0.90],  # given as a, surely b: the mean of b is 0.7
            [0.35, 0.65],  # given as b
            [0.25, 0.75],  # given as b
            [0.45, 0.55],  # given as a, likelier b, but less sure than b usually is
        ]
    )
    truth = np.array([0, 0, 0, 1, 1, 0])
    assert label_issues(probabilities, truth).tolist() == [2]


def test_most_suspect_first() -> None:
    """The rank is the margin of the given label."""
    probabilities = np.array([[0.9, 0.1]] * 6 + [[0.2, 0.8], [0.01, 0.99]] + [[0.3, 0.7]] * 6)
    truth = np.array([0] * 8 + [1] * 6)
    assert label_issues(probabilities, truth).tolist() == [7, 6]


@settings(max_examples=60)
@given(seed=st.integers(0, 10**6), n_labels=st.integers(2, 6), sharpness=st.floats(0.1, 2))
def test_finds_what_cleanlab_finds(seed: int, n_labels: int, sharpness: float) -> None:
    """The same places in the same order as the package of the method's authors."""
    cleanlab = pytest.importorskip("cleanlab.filter")
    generator = np.random.default_rng(seed)
    probabilities = generator.dirichlet([sharpness] * n_labels, 80)
    truth = np.array([generator.choice(n_labels, p=row) for row in probabilities])
    flipped = generator.random(80) < 0.2
    truth[flipped] = generator.integers(0, n_labels, flipped.sum())
    truth[:n_labels] = np.arange(n_labels)
    expected = cleanlab.find_label_issues(
        truth,
        probabilities,
        filter_by="confident_learning",
        return_indices_ranked_by="normalized_margin",
        n_jobs=1,
    )
    assert label_issues(probabilities, truth).tolist() == list(expected)


def test_planted_errors_are_found(tiny_data: TrainingData) -> None:
    """Labels that were exchanged are among the suspects, with the right one beside."""
    rows = list(tiny_data.corpus.rows)
    planted = {1: "ecology", 20: "finance", 40: "talent", 55: "environment"}
    right = {place: rows[place].label for place in planted}
    for place, wrong in planted.items():
        rows[place] = replace(rows[place], labels=(wrong,))
    found = audit(replace(tiny_data, corpus=Corpus(tuple(rows)))).suspects
    assert found is not None
    likelier = {suspect.place: suspect.likelier for suspect in found}
    assert sum(likelier.get(place) == label for place, label in right.items()) >= 3
    assert [suspect.margin for suspect in found] == sorted(suspect.margin for suspect in found)
    assert all(suspect.label != suspect.likelier for suspect in found)


def test_a_label_given_beside_is_said(tiny_data: TrainingData) -> None:
    """Where the likelier label is a further one, it is a question of order."""
    rows = list(tiny_data.corpus.rows)
    rows[1] = replace(rows[1], labels=("ecology", rows[1].label))
    rows[20] = replace(rows[20], labels=("finance",), optional=(rows[20].label,))
    found = audit(replace(tiny_data, corpus=Corpus(tuple(rows)))).suspects
    assert found is not None
    given_beside = {suspect.place for suspect in found if suspect.given}
    assert given_beside <= {1, 20}
    assert given_beside
    record = suspect_record(found[0], Corpus(tuple(rows)))
    assert list(record) == [
        *("source", "document", "text", "label", "likelier"),
        *("p_label", "p_likelier", "margin", "given"),
    ]


def test_blind_tasks_show_what_stands_around_and_no_label(tiny_data: TrainingData) -> None:
    """In the order of the data: the most suspect first would say something, too."""
    rows = list(tiny_data.corpus.rows)
    wrong = (20, 1)
    for place in wrong:
        rows[place] = replace(rows[place], labels=("ecology",), source=f"a.csv:{place}")
    corpus = Corpus(tuple(rows))
    suspects = audit(replace(tiny_data, corpus=corpus)).suspects
    assert suspects is not None
    tasks = blind_tasks(suspects, corpus)
    assert len(tasks) == len(suspects)
    assert [task["text"] for task in tasks] == [
        rows[place].text for place in sorted(suspect.place for suspect in suspects)
    ]
    (first,) = (task for task in tasks if task["source"] == "a.csv:1")
    assert first == {
        "source": "a.csv:1",
        "document": rows[1].doc_id,
        "title": "",
        "heading": "",
        "previous": rows[0].text,
        "text": rows[1].text,
        "label": "",
    }


@pytest.mark.parametrize(
    "rows",
    [
        [LabelledSegment("引进人才。", ("a",), "d"), LabelledSegment("发放贷款。", ("b",), "d")],
        [LabelledSegment("引进人才。", ("a",), "d"), LabelledSegment("发放贷款。", ("a",), "e")],
    ],
    ids=["one document", "one label"],
)
def test_too_little_to_hold_out(rows: list[LabelledSegment]) -> None:
    """Where nothing can be learned, nothing is suspected, and the rest is reported."""
    found = audit(data_of(*rows))
    assert found.suspects is None
    assert found.n_segments == 2
    assert found.to_dict(Corpus(tuple(rows)))["suspects"] is None


@pytest.mark.parametrize("wrong", [{"folds": 1}, {"seed": -1}], ids=str)
def test_bad_parameters(wrong: dict[str, Any], tiny_data: TrainingData) -> None:
    """They are no want of data."""
    with pytest.raises(InputError, match=r"must be a whole number from .* Got -?1 instead"):
        audit(tiny_data, **wrong)


# --- Repeats and contradictions ----------------------------------------------------------------


LONG = "全区上下加快推进重点项目建设，确保全年投资目标如期完成"


def test_repeats_and_contradictions() -> None:
    """The same text twice, nearly the same, and both with another label."""
    rows = (
        LabelledSegment(LONG + "。", ("project",), "d1"),
        LabelledSegment("治理大气污染。", ("ecology",), "d1"),
        LabelledSegment(LONG + "。", ("project",), "d2"),
        LabelledSegment("治理大气污染。", ("other",), "d2"),
        LabelledSegment(LONG + "任务。", ("strategy",), "d3"),
        LabelledSegment("发展普惠金融。", ("finance",), "d3"),
    )
    found = audit(data_of(*rows))
    assert found.duplicates == ((0, 2), (1, 3))
    ((one, other, similarity),) = found.near_duplicates
    assert (one, other) == (0, 4)
    assert 0.8 <= similarity < 1
    assert {pair[:2] for pair in found.contradictions} == {(1, 3), (0, 4)}


# --- Balance and codebook ----------------------------------------------------------------------


def test_balance(tiny_data: TrainingData) -> None:
    """Segments, documents and further labels are counted a label."""
    rows = list(tiny_data.corpus.rows)
    rows[0] = replace(rows[0], labels=("talent", "finance"))
    found = audit(TrainingData(Corpus(tuple(rows))))
    assert (found.n_segments, found.n_documents, found.n_further) == (60, 8, 1)
    by_label = {balance.label: balance for balance in found.labels}
    assert (by_label["talent"].n_segments, by_label["talent"].n_documents) == (16, 8)
    assert by_label["finance"].n_further == 1
    assert found.unused == ()  # without a codebook there is nothing to cover


def test_coverage_of_the_codebook(tiny_data: TrainingData) -> None:
    """Labels without segments are named; those in fewer documents than folds are few."""
    kept = {"园区简报", "工作报告", "实施方案", "座谈会"}
    rows = tuple(
        row
        for row in tiny_data.corpus.rows
        if row.label != "ecology" and (row.label != "talent" or row.doc_id in kept)
    )
    found = audit(TrainingData(Corpus(rows), tiny_data.codebook))
    assert found.unused == ("ecology",)
    documents = {balance.label: balance.n_documents for balance in found.labels}
    assert documents == {"finance": 8, "environment": 8, "talent": 4}
    assert FEW_DOCUMENTS == 5
    assert [balance.label for balance in found.labels if balance.few] == ["talent"]


def test_unused_labels_are_in_the_codebooks_order() -> None:
    """As the codebook lists them."""
    label = '[[labels]]\nid = "{0}"\nzh = "{0}"\nen = "{0}"\ngroup = "g"\n'
    label += 'takes = {{zh="甲", en="a"}}\n'
    text = 'name = "n"\nversion = "1"\ntitle = {zh="甲", en="A"}\n'
    text += '[[groups]]\nid = "g"\nzh = "甲"\nen = "A"\n' + "".join(map(label.format, "zyx"))
    rows = (LabelledSegment("甲乙", ("y",), "d"),)
    assert audit(TrainingData(Corpus(rows), Codebook.from_toml(text))).unused == ("z", "x")


# --- Coders ------------------------------------------------------------------------------------


def test_agreement_of_coders() -> None:
    """Alpha over all, kappa of each pair on what both coded, alpha by label."""
    first = ["a", "a", "b", "b", "c", "c", "a", None]
    second = ["a", "b", "b", "b", "c", "a", "a", "b"]
    third = [None, None, "b", "b", "c", "c", None, None]
    rows = [
        LabelledSegment(
            f"第{place}句", (b,), f"d{place}",
            coders={k: v for k, v in (("one", a), ("two", b), ("three", c)) if v is not None},
        )
        for place, (a, b, c) in enumerate(zip(first, second, third, strict=True))
    ]  # fmt: skip
    found = audit(data_of(*rows)).agreement
    assert found is not None
    assert sorted(found.coders) == ["one", "three", "two"]
    assert found.n_segments == 7
    assert found.alpha == pytest.approx(krippendorff_alpha([first, second, third]))
    pairs = {frozenset(pair[:2]): pair[2:] for pair in found.pairs}
    n, kappa = pairs[frozenset({"one", "two"})]
    assert n == 7
    assert kappa == pytest.approx(cohen_kappa(first[:7], second[:7]))
    assert pairs[frozenset({"one", "three"})] == (4, 1.0)
    assert set(found.label_alphas) == {"a", "b", "c"}


def test_no_coders_no_agreement(tiny_data: TrainingData) -> None:
    """Without two coders there is none."""
    assert audit(tiny_data).agreement is None


def test_agreement_where_there_is_nothing_to_disagree_about() -> None:
    """Alpha is not a number then, in JSON null."""
    rows = tuple(
        LabelledSegment(f"第{place}句", ("a",), "d", coders={"x": "a", "y": "a"})
        for place in range(3)
    )
    found = audit(data_of(*rows))
    assert found.agreement is not None
    assert np.isnan(found.agreement.alpha)
    plain = found.to_dict(Corpus(rows))
    assert plain["agreement"]["alpha"] is None
    json.dumps(plain, allow_nan=False)
