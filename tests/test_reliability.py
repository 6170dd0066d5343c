"""Figures of whether probabilities can be believed."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import log_loss

from policyclf.calibration import Calibration
from policyclf.reliability import Reliability, calibration_error


def test_error_by_hand() -> None:
    """Two bins: of two at 0.65 one is right, one at 0.95 is wrong."""
    error = calibration_error(np.array([0.65, 0.65, 0.95]), np.array([True, False, False]))
    assert error == pytest.approx((0.3 + 0.95) / 3)


def test_certain_is_in_the_last_bin() -> None:
    """A confidence of one has no bin of its own."""
    assert calibration_error(np.array([1.0, 0.9]), np.array([True, True])) == pytest.approx(0.05)


def test_figures_are_those_of_scikit_learn() -> None:
    """Log loss is scikit-learn's; Brier's score is the squared distance from what is true."""
    generator = np.random.default_rng(0)
    probabilities = Calibration(2.0).probabilities(generator.normal(size=(80, 3)))
    truth = generator.integers(3, size=80)
    figures = Reliability.of(probabilities, truth)
    assert figures.log_loss == pytest.approx(log_loss(truth, probabilities, labels=[0, 1, 2]))
    assert figures.brier == pytest.approx(((probabilities - np.eye(3)[truth]) ** 2).sum() / 80)
    assert figures.accuracy == (probabilities.argmax(axis=1) == truth).mean()
    assert figures.n == 80


def test_error_by_chance_is_that_of_right_probabilities() -> None:
    """Where labels are drawn from the probabilities, the error is about what chance gives."""
    generator = np.random.default_rng(1)
    errors = []
    for _ in range(60):
        probabilities = Calibration(2.0).probabilities(generator.normal(size=(150, 3)))
        truth = (probabilities.cumsum(axis=1) < generator.random((150, 1))).sum(axis=1).clip(max=2)
        figures = Reliability.of(probabilities, truth, draws=20)
        errors.append((figures.error, figures.chance))
    found, by_chance = np.mean(errors, axis=0)
    assert found == pytest.approx(by_chance, rel=0.1)
