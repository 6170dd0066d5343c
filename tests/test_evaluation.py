"""Figures are what scikit-learn has, and intervals cover what they should."""

from __future__ import annotations

import json
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score, precision_recall_fscore_support

from policyclf.corpus import Corpus, LabelledSegment
from policyclf.evaluation import Evaluation, Figure, evaluate
from policyclf.exceptions import InputError

WORKED = Corpus(
    (
        LabelledSegment("一", ("a",), "d1"),
        LabelledSegment("二", ("a", "b"), "d1"),
        LabelledSegment("三", ("b",), "d1"),
        LabelledSegment("四", ("b",), "d2", optional=("a",)),
        LabelledSegment("五", ("c",), "d2", optional=("b",)),
    )
)
GIVEN = ["a", "b", "b", "b", "a"]


def corpus_of(truth: list[str], doc_ids: list[int]) -> Corpus:
    rows = zip(truth, doc_ids, strict=True)
    return Corpus(tuple(LabelledSegment("句", (label,), str(doc)) for label, doc in rows))


def test_worked_example() -> None:
    """Accuracy, F1, precision, recall, counts and confusions of five segments, by hand."""
    result = evaluate("by hand", GIVEN, WORKED)
    assert (result.name, result.n_segments, result.n_documents) == ("by hand", 5, 2)
    assert result.accuracy.value == pytest.approx(3 / 5)
    assert result.macro_f1.value == pytest.approx((0.5 + 0.8 + 0) / 3)
    b = result.labels["b"]
    assert [b.precision.value, b.recall.value, b.f1.value] == pytest.approx([2 / 3, 1.0, 0.8])
    assert (b.support, b.predicted) == (2, 3)
    assert result.labels["c"].f1.value == 0
    assert result.confusions == [("a", "b", 1), ("c", "a", 1)]
    assert result.calibration_error is None


def test_any_takes_further_and_optional_labels_of_gold() -> None:
    """The label b on a segment of a and b counts; a on a segment of c does not."""
    assert evaluate("by hand", GIVEN, WORKED).any.value == pytest.approx(4 / 5)


def test_calibration_error_by_hand() -> None:
    """Per bin of a tenth: the distance of confidence and accuracy, weighed by size."""
    confidence = [0.95, 0.55, 0.85, 0.85, 0.55]
    # 0.9: |0.95 - 1|; 0.5: |1.10 - 0|; 0.8: |1.70 - 2|.
    error = evaluate("by hand", GIVEN, WORKED, confidence=confidence).calibration_error
    assert error is not None
    assert error.value == pytest.approx((0.05 + 1.1 + 0.3) / 5)


def test_full_confidence_falls_into_the_last_bin() -> None:
    """Confidence 1 on right labels is no error."""
    error = evaluate("sure", WORKED.primaries, WORKED, confidence=[1.0] * 5).calibration_error
    assert error == Figure(0.0, 0.0, 0.0)


labellings = st.integers(1, 40).flatmap(
    lambda n: st.tuples(
        st.lists(st.sampled_from("abcde"), min_size=n, max_size=n),
        st.lists(st.sampled_from("abcdf"), min_size=n, max_size=n),
        st.lists(st.integers(0, 6), min_size=n, max_size=n),
    )
)


@settings(deadline=None, max_examples=100)
@given(labelling=labellings)
def test_same_figures_as_scikit_learn(labelling: tuple[list[str], list[str], list[int]]) -> None:
    """On any labelling, the values are those of ``sklearn.metrics``, and bounds are in order."""
    truth, predicted, doc_ids = labelling
    result = evaluate("any", predicted, corpus_of(truth, doc_ids), replicates=60)
    assert result.accuracy.value == pytest.approx(accuracy_score(truth, predicted))
    macro = f1_score(truth, predicted, average="macro", zero_division=0)
    assert result.macro_f1.value == pytest.approx(macro)
    names = sorted({*truth, *predicted})
    assert list(result.labels) == names
    columns = precision_recall_fscore_support(truth, predicted, labels=names, zero_division=0)
    for name, *expected in zip(names, *columns, strict=True):
        figures = result.labels[name]
        found = [figures.precision.value, figures.recall.value, figures.f1.value, figures.support]
        assert found == pytest.approx(expected)
        assert figures.predicted == predicted.count(name)
    wrong = Counter(pair for pair in zip(truth, predicted, strict=True) if pair[0] != pair[1])
    assert [n for *_, n in result.confusions] == [n for _, n in wrong.most_common(20)]
    for figure in (result.accuracy, result.macro_f1, result.any):
        assert 0 <= figure.low <= figure.high <= 1


def coin_tosses(generator: np.random.Generator, n_documents: int, size: int) -> Evaluation:
    """Evaluate labels that are right seven times in ten, in documents of one size."""
    n = n_documents * size
    predicted = ["a" if right else "b" for right in generator.random(n) < 0.7]
    doc_ids = [place // size for place in range(n)]
    return evaluate("tosses", predicted, corpus_of(["a"] * n, doc_ids), replicates=400)


def test_intervals_cover_the_true_value_mostly() -> None:
    """Of a hundred samples, the 95 % interval holds the true accuracy in about 95."""
    generator = np.random.default_rng(3)
    found = [coin_tosses(generator, 60, 3).accuracy for _ in range(100)]
    assert all(figure.low <= figure.value <= figure.high for figure in found)
    covered = sum(figure.low <= 0.7 <= figure.high for figure in found)
    assert 86 <= covered <= 99


def test_fewer_documents_widen_the_interval() -> None:
    """The same answers, alike within a document, are surer the more documents there are."""
    truth = ["a"] * 200
    widths = []
    for size in (1, 10, 40):  # segments a document
        predicted = ["a" if place // size % 2 else "b" for place in range(200)]
        result = evaluate("alike", predicted, corpus_of(truth, [p // size for p in range(200)]))
        widths.append(result.accuracy.high - result.accuracy.low)
    assert widths[0] * 2 < widths[1] < widths[2] / 1.5


def test_one_document_has_no_spread() -> None:
    """With one document every replicate is the same."""
    result = evaluate("one", ["a", "b"], corpus_of(["a", "a"], [0, 0]))
    assert result.accuracy == Figure(0.5, 0.5, 0.5)


def test_intervals_are_those_of_the_seed() -> None:
    """The same seed gives the same intervals; another gives others."""
    first, again = (evaluate("s", GIVEN, WORKED, seed=1) for _ in range(2))
    assert first == again
    generator = np.random.default_rng(0)
    gold = corpus_of([*"ab" * 60], [place // 2 for place in range(120)])
    predicted = generator.choice(["a", "b"], 120).tolist()
    first, other = (evaluate("s", predicted, gold, seed=seed) for seed in (1, 2))
    assert first.macro_f1.value == other.macro_f1.value
    assert first.macro_f1 != other.macro_f1


def test_to_dict_is_plain_rounded_and_names_micro_f1() -> None:
    """The figures can be written as JSON, with four digits, micro F1 beside accuracy."""
    plain = evaluate("by hand", GIVEN, WORKED, confidence=[1 / 3] * 5).to_dict()
    assert json.loads(json.dumps(plain, allow_nan=False))["micro_f1"]["value"] == 0.6
    assert plain["micro_f1"] == plain["accuracy"]
    macro = plain["macro_f1"]
    assert isinstance(macro, dict)
    assert macro["value"] == 0.4333
    assert not math.isnan(macro["low"])


@pytest.mark.parametrize(
    ("predicted", "confidence", "message"),
    [
        (["a"], None, r"gold has 5 segments. Got 1 labels"),
        (GIVEN, [0.5], r"gold has 5 segments. Got 1 confidences"),
    ],
)
def test_lengths_must_agree(
    predicted: list[str], confidence: list[float] | None, message: str
) -> None:
    """A label or a confidence too few is an error that says how many there are."""
    with pytest.raises(InputError, match=message):
        evaluate("short", predicted, WORKED, confidence=confidence)


def test_empty_gold_is_refused() -> None:
    """Nothing to measure is an error, not a division by zero."""
    with pytest.raises(InputError, match="gold is empty"):
        evaluate("nothing", [], Corpus(()))
