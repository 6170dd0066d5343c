"""Label sets hold the true label as often as wanted."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyclf.calibration import Calibration
from policyclf.conformal import MOST_KEPT, Conformity
from policyclf.exceptions import InputError
from policyclf.features.rows import Floats, Ints


def sample(generator: np.random.Generator, n: int, n_labels: int = 5) -> tuple[Floats, Ints]:
    """Draw labels, and probabilities that are surer than they should be."""
    scores = generator.normal(size=(n, n_labels))
    chances = Calibration(1.5).probabilities(scores)
    truth = (chances.cumsum(axis=1) < generator.random((n, 1))).sum(axis=1).clip(max=n_labels - 1)
    return Calibration(4.0).probabilities(scores), truth


@pytest.mark.parametrize("coverage", [0.6, 0.8, 0.9, 0.95])
@pytest.mark.parametrize("n", [39, 150])
def test_marginal_coverage(coverage: float, n: int) -> None:
    """Over many samples the true label is within the distance as often as theory says.

    That is ``ceil((n + 1) * coverage) / (n + 1)`` of the time; with the likeliest label
    always in, sets hold it at least so often. Tolerance: four binomial standard errors.
    """
    generator = np.random.default_rng(17)
    repeats, n_new = 2000, 5
    within = held = 0
    for _ in range(repeats):
        conformity = Conformity.learn(*sample(generator, n))
        probabilities, truth = sample(generator, n_new)
        rows = np.arange(n_new)
        within += int((1 - probabilities[rows, truth] <= conformity.distance(coverage)).sum())
        held += int(conformity.sets(probabilities, coverage)[rows, truth].sum())
    expected = min(math.ceil((n + 1) * coverage - 1e-9) / (n + 1), 1)
    tolerance = 4 * math.sqrt(expected * (1 - expected) / repeats)  # of one sample all are alike
    assert within / (repeats * n_new) == pytest.approx(expected, abs=tolerance)
    assert held / (repeats * n_new) >= coverage - tolerance


def test_quantile_by_hand() -> None:
    """With nine held out, 0.8 takes the eighth distance, 0.9 the ninth, 0.91 all labels."""
    probabilities = np.array([[1 - k / 10, k / 10] for k in range(1, 10)])
    conformity = Conformity.learn(probabilities, np.zeros(9, np.int64))
    assert conformity.n == 9
    assert conformity.distance(0.8) == pytest.approx(0.8)
    assert conformity.distance(0.9) == pytest.approx(0.9)
    assert conformity.distance(0.91) == math.inf
    assert conformity.sets(np.array([[0.75, 0.25]]), 0.7).tolist() == [[True, False]]
    assert conformity.sets(np.array([[0.75, 0.25]]), 0.8).tolist() == [[True, True]]
    assert conformity.sets(np.array([[1.0, 0.0]]), 0.91).tolist() == [[True, True]]


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 60))
def test_sets_grow_with_coverage(seed: int, n: int) -> None:
    """Sets are never empty, hold the likeliest label, and hold those of less coverage."""
    generator = np.random.default_rng(seed)
    conformity = Conformity.learn(*sample(generator, n))
    probabilities, _ = sample(generator, 4)
    last = np.zeros(probabilities.shape, bool)
    for coverage in (0.01, 0.3, 0.5, 0.9, 0.999):
        sets = conformity.sets(probabilities, coverage)
        assert sets[np.arange(4), probabilities.argmax(axis=1)].all()
        assert not (last & ~sets).any()
        last = sets
    assert last.all() == (math.ceil((n + 1) * 0.999) > n or last.all())


def test_a_part_of_many_is_kept() -> None:
    """Of many segments a thousand ranks are kept, and the distance is never too small."""
    probabilities, truth = sample(np.random.default_rng(3), 12_345)
    conformity = Conformity.learn(probabilities, truth)
    assert conformity.table.shape == (MOST_KEPT, 2)
    assert conformity.n == 12_345
    assert conformity.sound
    distances = np.sort(1 - probabilities[np.arange(12_345), truth])
    for coverage in (0.001, 0.5, 0.9, 0.9999):
        exact = distances[math.ceil(12_346 * coverage) - 1]
        above = distances[min(math.ceil(12_346 * coverage) + 13, 12_345) - 1]
        assert exact <= conformity.distance(coverage) <= above


@pytest.mark.parametrize("coverage", [0, 1, -0.1, 1.5, math.nan, True, "0.9", None])
def test_coverage_is_between_0_and_1(coverage: float) -> None:
    """0 and 1 themselves are no coverage a sample could give."""
    conformity = Conformity.learn(np.array([[0.9, 0.1]]), np.array([0]))
    with pytest.raises(InputError, match="'coverage' parameter must be between 0 and 1"):
        conformity.distance(coverage)


@pytest.mark.parametrize(
    "table",
    [
        np.zeros((0, 2)),
        np.array([1.0, 0.5]),
        np.array([[1.0, 0.5, 0.5]]),
        np.array([[0.0, 0.5]]),
        np.array([[1.5, 0.5]]),
        np.array([[1.0, 0.5], [1.0, 0.6]]),
        np.array([[1.0, 0.5], [2.0, 0.4]]),
        np.array([[1.0, -0.1]]),
        np.array([[1.0, 1.1]]),
        np.array([[1.0, np.nan]]),
    ],
)
def test_tables_that_nothing_taught(table: Floats) -> None:
    """Ranks and distances that could not have been learned are not sound."""
    assert not Conformity(table).sound
