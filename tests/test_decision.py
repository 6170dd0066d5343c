"""Probabilities become labels by thresholds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyclf.calibration import Calibration
from policyclf.decision import MOST_LABELS, Decision, DecisionRule

LABELS = ("a", "b", "c", "d")


def test_decision_by_hand() -> None:
    """The likeliest label comes first, then those at or over their own threshold."""
    rule = DecisionRule(further=(0.3, 0.3, 0.1, 0.2), abstention=0.5)
    decisions = rule.decide(np.array([[0.2, 0.55, 0.15, 0.1], [0.4, 0.3, 0.3, 0.0]]), LABELS)
    assert decisions == [
        Decision("b", ("b", "c"), 0.55, unsure=False),
        Decision("a", ("a", "b", "c"), 0.4, unsure=True),
    ]


def test_primary_needs_no_threshold() -> None:
    """The likeliest label is given however unlikely it is."""
    decision = DecisionRule(further=(1.0,) * 4).decide(np.full((1, 4), 0.25), LABELS)[0]
    assert decision == Decision("a", ("a",), 0.25, unsure=False)


def test_unsure_is_under_the_threshold_not_at_it() -> None:
    """A confidence equal to the threshold is relied on."""
    rule = DecisionRule(further=(1.0, 1.0), abstention=0.75)
    found = rule.decide(np.array([[0.75, 0.25], [0.7499, 0.2501]]), ("a", "b"))
    assert [decision.unsure for decision in found] == [False, True]


def test_most_labels() -> None:
    """However many are over their thresholds, a segment has three labels."""
    decision = DecisionRule(further=(0.0,) * 4).decide(np.array([[0.1, 0.2, 0.3, 0.4]]), LABELS)[0]
    assert decision.labels == ("d", "c", "b")
    assert len(decision.labels) == MOST_LABELS


def test_thresholds_by_hand() -> None:
    """A further label's threshold is the lowest at which it is right half the time."""
    probabilities = np.array(
        [[0.6, 0.3, 0.1], [0.5, 0.4, 0.1], [0.7, 0.2, 0.1], [0.8, 0.15, 0.05], [0.9, 0.1, 0.0]]
    )
    # b in falling order: 0.4 no, 0.3 yes, 0.2 no, 0.15 yes, 0.1 no: half right down to 0.15.
    rule = DecisionRule.learn(probabilities, np.zeros(5, np.int64), [[1], [], [], [1], []])
    assert rule.further == pytest.approx((1.0, 0.15, 1.0))
    assert rule.abstention == 0.5


def test_true_primary_in_second_place_counts_as_further() -> None:
    """Where another label came first, the true one is right beside it."""
    probabilities = np.array([[0.6, 0.4], [0.7, 0.3], [0.8, 0.2]])
    learned = {
        truth: DecisionRule.learn(probabilities, np.array(truth), [[], [], []]).further[1]
        for truth in [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 0, 1)]
    }
    # 0.4, 0.3, 0.2 in turn: right in 1/1, 1/2, 1/3; in 1/1, 2/2, 2/3; in 0/1, 0/2, 1/3.
    assert learned == pytest.approx({(0, 0, 0): 1, (1, 0, 0): 0.3, (1, 1, 0): 0.2, (0, 0, 1): 1})


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 60), n_labels=st.integers(2, 5))
def test_learned_threshold_is_right_half_the_time(seed: int, n: int, n_labels: int) -> None:
    """On the segments it was learned from, a label over its threshold is mostly right."""
    generator = np.random.default_rng(seed)
    probabilities = Calibration(2.0).probabilities(generator.normal(size=(n, n_labels)).round(3))
    truth = generator.integers(n_labels, size=n)
    rule = DecisionRule.learn(probabilities, truth, [[] for _ in range(n)])
    names = tuple(map(str, range(n_labels)))
    for column, threshold in enumerate(rule.further):
        if threshold < 1:
            beside = probabilities.argmax(axis=1) != column
            given_label = beside & (probabilities[:, column] >= threshold - 1e-4)
            right = (truth == column)[given_label]
            assert len(right) == 0 or right.mean() >= 0.5 - 1 / len(right)
    for decision in rule.decide(probabilities, names):
        assert decision.labels[0] == decision.label
        assert len(set(decision.labels)) == len(decision.labels) <= MOST_LABELS
