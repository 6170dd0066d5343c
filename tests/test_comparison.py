"""Two labellings are compared as scipy and a plain loop compare them."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import f1_score

from policyclf.comparison import compare, mcnemar
from policyclf.corpus import Corpus, LabelledSegment
from policyclf.evaluation import DocumentBootstrap, Labelling, evaluate_labelling
from policyclf.evaluation.bootstrap import interval
from policyclf.exceptions import InputError


@given(first=st.integers(0, 300), second=st.integers(0, 300))
def test_mcnemar_is_the_binomial_test(first: int, second: int) -> None:
    """The p-value is scipy's of a fair coin; 1 where the two never differ."""
    n = first + second
    expected = binomtest(first, n, 0.5).pvalue if n else 1.0
    assert mcnemar(first, second) == pytest.approx(expected)


def test_mcnemar_of_many() -> None:
    """Tens of thousands of segments are no trouble."""
    assert mcnemar(20_000, 20_000) == 1
    assert mcnemar(10_000, 10_500) == pytest.approx(binomtest(10_000, 20_500).pvalue)


def drawn_at_random(seed: int) -> tuple[Labelling, Labelling, Corpus]:
    generator = np.random.default_rng(seed)
    truth = generator.choice([*"abc"], 40).tolist()
    gold = Corpus(tuple(LabelledSegment(f"句{n}", (t,), f"d{n // 4}") for n, t in enumerate(truth)))
    given = []
    for share in (0.5, 0.8):
        noise = generator.choice([*"abcd"], 40).tolist()
        kept = generator.random(40) < share
        given.append([t if k else x for t, k, x in zip(truth, kept, noise, strict=True)])
    return Labelling("one", given[0]), Labelling("other", given[1]), gold


@pytest.mark.parametrize("seed", range(3))
def test_differences_are_what_a_loop_gives(seed: int) -> None:
    """The same documents for both, sentence by sentence, by scikit-learn."""
    first, second, gold = drawn_at_random(seed)
    found = compare(first, second, gold, replicates=40, seed=2)
    drawn = DocumentBootstrap.of(gold.doc_ids, replicates=40, seed=2)
    macro, by_label, accuracy = [], [], []
    for weights in drawn.weights.astype(int):
        places = np.repeat(np.arange(40), weights[drawn.documents])
        truth, one, other = (
            np.array(labels)[places] for labels in (gold.primaries, first.labels, second.labels)
        )
        kinds = ["macro", None]
        scores = [
            [f1_score(truth, x, average=k, labels=["a"] if k is None else None, zero_division=0)
             for k in kinds] for x in (one, other)
        ]  # fmt: skip
        macro.append(scores[1][0] - scores[0][0])
        by_label.append(scores[1][1][0] - scores[0][1][0])
        accuracy.append((truth == other).mean() - (truth == one).mean())
    for figure, values in (
        (found.macro_f1, macro),
        (found.labels["a"], by_label),
        (found.accuracy, accuracy),
    ):
        expected = interval(figure.value, np.array(values))
        assert expected is not None
        assert [figure.low, figure.high] == pytest.approx([expected.low, expected.high])
    apart = [evaluate_labelling(x, gold).macro_f1.value for x in (first, second)]
    assert found.macro_f1.value == pytest.approx(apart[1] - apart[0])


def test_draws_without_a_label_say_nothing_of_it() -> None:
    """A label of one document in twenty: where that is not drawn, neither has an F1 of it."""
    truth = ["rare", *["common"] * 19]
    gold = Corpus(tuple(LabelledSegment(f"句{n}", (t,), f"d{n}") for n, t in enumerate(truth)))
    never, always = Labelling("never", ["common"] * 20), Labelling("always", truth)
    found = compare(never, always, gold, replicates=100).labels["rare"]
    assert (found.value, found.low, found.high) == (1, 1, 1)
    found = compare(always, never, gold, replicates=100).labels["rare"]
    assert (found.value, found.low, found.high) == (-1, -1, -1)


def test_changes() -> None:
    """Each differing sentence is listed with its kind, and the counts go into McNemar's test."""
    labels = [("a", "b", "a"), ("a", "a", "b"), ("a", "b", "c"), ("a", "a", "a"), ("a", "b", "b")]
    gold = Corpus(tuple(LabelledSegment(f"句{n}", (t,), "d") for n, (t, _, _) in enumerate(labels)))
    first, second = (Labelling(str(k), [row[k] for row in labels]) for k in (1, 2))
    found = compare(first, second, gold, replicates=10)
    assert [(change.text, change.kind) for change in found.changes] == [
        ("句0", "wrong to right"),
        ("句1", "right to wrong"),
        ("句2", "wrong to wrong"),
    ]
    assert (found.only_first, found.only_second, found.p_value) == (1, 1, 1)
    plain = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert plain["counts"] == {"wrong to right": 1, "right to wrong": 1, "wrong to wrong": 1}
    assert plain["first"]["accuracy"]["value"] == 0.4


def test_a_labelling_equals_itself() -> None:
    """No difference, no change, p of 1."""
    first, _, gold = drawn_at_random(0)
    found = compare(first, first, gold, replicates=20)
    assert (found.macro_f1.low, found.macro_f1.high, found.p_value) == (0, 0, 1)
    assert found.changes == []


def test_lengths_must_agree() -> None:
    """Both must be of this gold."""
    first, _, gold = drawn_at_random(0)
    with pytest.raises(InputError, match=r"gold has 40 segments. Got 1 labels"):
        compare(first, Labelling("short", ["a"]), gold)
