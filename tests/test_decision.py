"""Probabilities become labels by thresholds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyclf.calibration import Calibration
from policyclf.decision import MOST_LABELS, Aim, Decision, DecisionRule, sure_enough
from policyclf.exceptions import InputError

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


def test_what_is_over_its_threshold_is_not_crowded_out() -> None:
    """A label under its threshold takes no place from a less likely one that is over its own."""
    rule = DecisionRule(further=(0.5, 0.5, 0.5, 0.05))
    decision = rule.decide(np.array([[0.4, 0.3, 0.2, 0.1]]), LABELS)[0]
    assert decision.labels == ("a", "d")


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


# --- Aims --------------------------------------------------------------------------------------

CASES = np.array(
    [
        [0.6, 0.4, 0.0],  # b wanted, too
        [0.7, 0.3, 0.0],  # b is not
        [0.75, 0.25, 0.0],  # b is
        [0.8, 0.2, 0.0],  # b is not
        [0.1, 0.9, 0.0],  # b comes first, rightly
        [0.2, 0.8, 0.0],  # b comes first, wrongly
    ]
)
TRUE = np.array([0, 0, 0, 0, 1, 0])
BESIDE = [[1], [], [1], [], [], []]


@pytest.mark.parametrize(
    ("aim", "expected"),
    [
        # b in any place: 1 of 2 first; then 2/3, 2/4, 3/5, 3/6, and of three wanted.
        ("even", 0.2),
        ("f1", 0.25),  # 2/5 first; then 4/6, 4/7, 6/8, 6/9
        ("precision=0.6", 0.25),
        ("precision=0.65", 0.4),
        ("precision=0.9", 1.0),
        ("recall=0.3", 1.0),
        ("recall=0.5", 0.4),
        ("recall=1", 0.25),
    ],
)
def test_aims_by_hand(aim: str, expected: float) -> None:
    """Each aim has the threshold that counting gives."""
    rule = DecisionRule.learn(CASES, TRUE, BESIDE, aim=Aim.parse(aim))
    assert rule.further[1] == pytest.approx(expected)


def test_equal_probabilities_go_together() -> None:
    """A threshold cannot part segments of one probability."""
    probabilities = np.array([[0.6, 0.4], [0.6, 0.4], [0.6, 0.4]])
    rule = DecisionRule.learn(probabilities, np.zeros(3, np.int64), [[1], [], []])
    assert rule.further[1] == 1.0


def test_rare_labels_share_a_threshold() -> None:
    """Labels of few further cases have one threshold, learned of all of these."""
    probabilities = np.array([[0.5, 0.3, 0.2], [0.5, 0.2, 0.3], [0.6, 0.25, 0.15]])
    rule = DecisionRule.learn(probabilities, np.zeros(3, np.int64), [[1], [2], []], least=2)
    assert rule.further[1] == rule.further[2]


@pytest.mark.parametrize(
    "text", ["", "best", "f1=0.5", "even=1", "precision", "precision=", "recall=0", "recall=1.1",
             "precision=nan", "recall=x"],
)  # fmt: skip
def test_aims_that_there_are_not(text: str) -> None:
    """Are refused with what there is."""
    with pytest.raises(InputError, match=r"even, f1, precision=P or recall=R"):
        Aim.parse(text)


@pytest.mark.parametrize("text", ["even", "f1", "precision=0.8", "recall=0.25"])
def test_aims_are_written_as_they_are_read(text: str) -> None:
    """The card and the command write them alike."""
    assert str(Aim.parse(text)) == text


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 50), precision=st.floats(0.05, 1))
def test_sure_enough(seed: int, n: int, precision: float) -> None:
    """From the threshold up labels are right so often, and there is no lower such threshold."""
    generator = np.random.default_rng(seed)
    confidence = generator.integers(1, 10_000, n) / 10_000
    right = generator.random(n) < 0.7
    threshold = sure_enough(confidence, right, precision)
    if threshold < 1:
        assert right[confidence >= threshold].mean() >= precision - 1e-9
    for lower in confidence[confidence < threshold - 1e-4]:
        assert right[confidence >= lower].mean() < precision
