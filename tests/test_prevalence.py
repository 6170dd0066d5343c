"""Shares are right on average however wrong the model is, and the intervals hold them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyclf.exceptions import InputError
from policyclf.prevalence import Prevalence, estimate_prevalence

LABELS = ["a", "b", "c"]


def population(seed: int, n_documents: int = 60) -> tuple[list[str], list[str], list[str]]:
    """Draw documents, true labels, and what a model gives that takes half of b for a."""
    generator = np.random.default_rng(seed)
    true, model, doc_ids = [], [], []
    for document in range(n_documents):
        mix = generator.dirichlet([2.0, 3.0, 0.2])
        for label in generator.choice(LABELS, 12, p=mix).tolist():
            true.append(label)
            model.append("a" if label == "b" and generator.random() < 0.5 else label)
            doc_ids.append(str(document))
    return true, model, doc_ids


def estimate(seed: int, n_coded: int, **how: Any) -> tuple[Prevalence, list[str]]:
    """Code some of them at random, and estimate."""
    true, model, doc_ids = population(seed)
    drawn = np.random.default_rng(seed).choice(len(true), n_coded, replace=False).tolist()
    coded = {place: true[place] for place in drawn}
    return estimate_prevalence(model, doc_ids, coded, LABELS, **how), true


def test_bias_is_taken_out() -> None:
    """On average over samples the estimate is the true share, and what is counted is not."""
    errors, counted = [], []
    for seed in range(60):
        found, true = estimate(seed, 90, replicates=2)
        truth = [true.count(label) / len(true) for label in LABELS]
        errors.append(
            [share.estimate.value - t for share, t in zip(found.shares, truth, strict=True)]
        )
        counted.append([share.counted - t for share, t in zip(found.shares, truth, strict=True)])
    assert np.abs(np.mean(errors, axis=0)).max() < 0.02
    assert np.mean(counted, axis=0)[0] > 0.2
    assert np.std(errors, axis=0)[0] < 0.08


def test_intervals_hold_the_true_share() -> None:
    """About nineteen times in twenty, of a rare label, too, and of what is counted too often."""
    many = [label for seed in range(1000, 1100) for label in population(seed)[0]]
    truth = [many.count(label) / len(many) for label in LABELS]
    held = []
    for seed in range(120):
        shares = estimate(seed, 60, replicates=300)[0].shares
        held.append(
            [s.estimate.low <= t <= s.estimate.high for s, t in zip(shares, truth, strict=True)]
        )
    assert ((np.mean(held, axis=0) > 0.88) & (np.mean(held, axis=0) <= 1)).all()


def test_better_than_the_sample_alone() -> None:
    """A model that is mostly right makes the estimate vary less than the coded share does."""
    both = []
    for seed in range(60):
        found, true = estimate(seed, 60, replicates=2)
        share, truth = found.shares[2], true.count("c") / len(true)
        both.append([share.estimate.value - truth, share.coded - truth])
    assert np.std(both, axis=0)[0] < 0.2 * np.std(both, axis=0)[1]


@given(st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=1))
def test_all_coded_leaves_nothing_to_estimate(pairs: list[tuple[str, str]]) -> None:
    """If the whole pool is coded, the estimate is what coders gave, whatever the model did."""
    model, coded = zip(*pairs, strict=True)
    doc_ids = [str(n // 3) for n in range(len(pairs))]
    found = estimate_prevalence(model, doc_ids, dict(enumerate(coded)), LABELS, replicates=20)
    for share in found.shares:
        assert share.estimate.value == pytest.approx(coded.count(share.label) / len(coded))
        assert 0 <= share.estimate.low <= share.estimate.value <= share.estimate.high <= 1
    assert found.right.value == pytest.approx(np.mean([a == b for a, b in pairs]))


def test_weights_count() -> None:
    """A sentence that stands for three counts three times."""
    coded = {0: "a", 1: "b"}
    found = estimate_prevalence(
        ["c"] * 4, ["1", "1", "2", "2"], coded, LABELS, weights={0: 3, 1: 1}
    )
    assert [share.coded for share in found.shares] == [0.75, 0.25, 0.0]
    assert [share.estimate.value for share in found.shares] == [0.75, 0.25, 0.0]


def test_no_difference_found_is_no_certainty() -> None:
    """Where coders and model agree throughout, the interval still has a width; more coded, less."""
    widths = []
    for n in (30, 300):
        model = ["a", "b"] * 300
        doc_ids = [str(place // 6) for place in range(600)]
        found = estimate_prevalence(model, doc_ids, {p: model[p] for p in range(n)}, LABELS)
        never = found.shares[2]
        assert (never.counted, never.coded, never.estimate.value) == (0, 0, 0)
        widths.append(never.estimate.high)
    assert 3 / 30 > widths[0] > 1 / 30
    assert 3 / 300 > widths[1] > 1 / 300


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"doc_ids": ["1"]}, r"'doc_ids' needs one document a sentence\. Got 1 for 2"),
        ({"coded": {}}, "'coded' has no sentence"),
        ({"coded": {2: "a"}}, "'coded' has the place 2, and the pool 2 sentences"),
        ({"weights": {0: 0.0}}, "the weight of place 0 must be above 0. Got 0.0"),
        ({"weights": {1: 1.0}}, "the weight of place 0 must be above 0. Got 0.0"),
        ({"weights": {0: float("nan")}}, "the weight of place 0 must be above 0. Got nan"),
    ],
)
def test_what_cannot_be(changed: dict[str, Any], message: str) -> None:
    """What is needed and what there is are said."""
    arguments: dict[str, Any] = {"given": ["a", "b"], "doc_ids": ["1", "1"], "coded": {0: "a"}}
    with pytest.raises(InputError, match=message):
        estimate_prevalence(**arguments | changed, labels=LABELS)
