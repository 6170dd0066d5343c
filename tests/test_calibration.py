"""Scores become probabilities by one slope."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from policyclf.calibration import Calibration
from policyclf.features.rows import Floats

score_arrays = npst.arrays(
    np.float64,
    npst.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=6),
    elements=st.floats(-1e6, 1e6),
)


def test_probabilities_by_hand() -> None:
    """Twice the half logarithm of three makes three to one."""
    scores = np.array([[0.0, math.log(3) / 2]])
    assert Calibration(slope=2.0).probabilities(scores).tolist()[0] == pytest.approx([0.25, 0.75])


@given(scores=score_arrays, slope=st.floats(0.05, 50.0))
def test_probabilities_are_probabilities(scores: Floats, slope: float) -> None:
    """Rows sum to one and lie between 0 and 1, also for scores that overflow an exponential."""
    probabilities = Calibration(slope).probabilities(scores)
    assert np.all((probabilities >= 0) & (probabilities <= 1))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-12)


@given(scores=score_arrays, slope=st.floats(0.05, 50.0))
def test_order_of_labels_is_kept(scores: Floats, slope: float) -> None:
    """No slope makes another label the likeliest."""
    probabilities = Calibration(slope).probabilities(scores)
    best = scores.argmax(axis=1)
    rows = np.arange(len(scores))
    assert np.all(probabilities[rows, best] == probabilities.max(axis=1))


def test_no_rows_give_no_rows() -> None:
    """Nothing to turn is no error."""
    assert Calibration().probabilities(np.zeros((0, 3))).shape == (0, 3)


def test_learned_slope_by_hand() -> None:
    """Where three of four are right at distance one, likelihood peaks at the log of three."""
    scores = np.array([[1.0, 0.0]] * 4)
    learned = Calibration.learn(scores, np.array([0, 0, 0, 1]))
    assert learned.slope == pytest.approx(math.log(3), abs=1e-4)
    assert learned.n == 4


@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0, 12.0])
def test_learned_slope_recovers_a_known_one(temperature: float) -> None:
    """Labels drawn with a known slope give that slope back."""
    generator = np.random.default_rng(7)
    scores = generator.normal(size=(20_000, 5))
    chances = Calibration(temperature).probabilities(scores)
    drawn = (chances.cumsum(axis=1) < generator.random((len(scores), 1))).sum(axis=1)
    learned = Calibration.learn(scores, np.minimum(drawn, 4))
    assert learned.slope == pytest.approx(temperature, rel=0.06)


def test_slope_stays_within_bounds() -> None:
    """All right or all wrong, the slope stays a number that probabilities can bear."""
    scores = np.array([[1.0, -1.0], [-1.0, 1.0]])
    assert Calibration.learn(scores, np.array([0, 1])).slope == pytest.approx(50, rel=0.01)
    assert Calibration.learn(scores, np.array([1, 0])).slope == pytest.approx(0.05, rel=0.01)
