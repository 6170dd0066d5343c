"""Probabilities become better ones, by maps that are learned, chosen and stored."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from policyclf.calibration import Calibration
from policyclf.crossfitting import (
    MIN_DOCUMENTS,
    MIN_SEGMENTS,
    cross_mapped,
    document_folds,
    learned_map,
)
from policyclf.exceptions import ModelError
from policyclf.features.rows import Floats, Ints
from policyclf.maps import (
    MAPS,
    Isotonic,
    Map,
    Offsets,
    Platt,
    Temperature,
    Unchanged,
    length_slope,
    levelled,
    logarithms,
    map_from,
    pooled,
    to_record,
)

SOME: list[Map] = [
    Unchanged(),
    Temperature(0.7),
    Platt(0.4, -0.1),
    Platt(0.0, -9.0),
    Offsets(0.8, (0.5, -0.5, 0.0, 2.0)),
    Isotonic((0.3, 0.6, 1.0), (0.0, 0.5, 1.0)),
    Isotonic((0.5,), (0.25,)),
]


def drawn(chances: Floats, seed: int) -> Ints:
    """Draw a true label a row."""
    draws = np.random.default_rng(seed).random((len(chances), 1))
    truth: Ints = (chances.cumsum(axis=1) < draws).sum(axis=1).clip(max=chances.shape[1] - 1)
    return truth


def some_probabilities(n: int, n_labels: int = 4, *, seed: int = 0, sure: float = 2.0) -> Floats:
    """Make probabilities of a classifier that is sure of some."""
    return Calibration(sure).probabilities(np.random.default_rng(seed).normal(size=(n, n_labels)))


# --- Each kind ---------------------------------------------------------------------------------


@pytest.mark.parametrize("some", SOME, ids=str)
@given(seed=st.integers(0, 2**32 - 1), sure=st.sampled_from([0.0, 1.0, 30.0, 1e5]))
def test_mapped_are_probabilities(some: Map, seed: int, sure: float) -> None:
    """Rows sum to one, also of those that are certain or all alike."""
    mapped = some.adjusted(some_probabilities(5, seed=seed, sure=sure))
    assert np.all((mapped >= 0) & (mapped <= 1))
    np.testing.assert_allclose(mapped.sum(axis=1), 1.0, rtol=1e-12)


@pytest.mark.parametrize("some", [m for m in SOME if not isinstance(m, Offsets)], ids=str)
@given(seed=st.integers(0, 2**32 - 1))
def test_likeliest_label_stays(some: Map, seed: int) -> None:
    """No map but that with offsets changes a label."""
    probabilities = some_probabilities(6, seed=seed)
    mapped = some.adjusted(probabilities)
    assert mapped.argmax(axis=1).tolist() == probabilities.argmax(axis=1).tolist()


@pytest.mark.parametrize("some", SOME, ids=str)
def test_no_rows_and_one_label(some: Map) -> None:
    """Nothing to map is no error."""
    assert some.adjusted(np.zeros((0, 4))).shape == (0, 4)
    if not isinstance(some, Offsets):
        assert some.adjusted(np.ones((2, 1))).tolist() == [[1.0], [1.0]]


def test_others_keep_their_proportions() -> None:
    """What Platt's map takes from the likeliest goes to the others as they were."""
    mapped = Platt(0.5, 0.0).adjusted(np.array([[0.9, 0.075, 0.025]]))
    assert mapped.tolist()[0] == pytest.approx([0.75, 0.1875, 0.0625])


def test_platt_is_logistic_regression() -> None:
    """With many segments, slope and offset are those of an unpenalised regression."""
    probabilities = some_probabilities(4000, sure=3.0)
    truth = drawn(Platt(0.5, 0.3).adjusted(probabilities), 1)
    learned = Platt.learn(probabilities, truth)
    best = probabilities.max(axis=1)
    model = LogisticRegression(C=1e6, tol=1e-8).fit(
        np.log(best / (1 - best))[:, None], probabilities.argmax(axis=1) == truth
    )
    assert learned.slope == pytest.approx(model.coef_[0, 0], abs=0.01)
    assert learned.offset == pytest.approx(model.intercept_[0], abs=0.01)


@pytest.mark.parametrize("kind", [Temperature, Platt, Offsets, Isotonic])
@pytest.mark.parametrize("right", [True, False])
def test_learned_maps_stay_finite(kind: type[Map], *, right: bool) -> None:
    """All right or all wrong, nothing overflows, and confidence goes up or down."""
    probabilities = some_probabilities(50)
    best = probabilities.argmax(axis=1)
    learned = kind.learn(probabilities, best if right else (best + 1) % 4)
    mapped = learned.adjusted(probabilities)
    assert np.isfinite(mapped).all()
    assert (mapped.max(axis=1).mean() > probabilities.max(axis=1).mean()) == right
    assert map_from(to_record(learned), 4) == learned


def test_confidence_that_says_nothing_is_levelled() -> None:
    """Where the surer are the wronger, all are as sure as they are right."""
    probabilities = np.repeat([[0.9, 0.1], [0.6, 0.4]], 50, axis=0)
    truth = np.array([0] * 20 + [1] * 30 + [0] * 45 + [1] * 5)
    learned = Platt.learn(probabilities, truth)
    assert learned.slope == 0
    assert learned.adjusted(probabilities).max(axis=1) == pytest.approx(0.65, abs=0.01)


def test_offsets_are_a_penalised_regression() -> None:
    """The minimum found is one: every step away from it costs."""
    probabilities = some_probabilities(500)
    truth = drawn(Offsets(0.7, (1.0, 0.0, -1.0, 0.0)).adjusted(probabilities), 2)
    learned = Offsets.learn(probabilities, truth)

    def cost(exponent: float, offsets: tuple[float, ...]) -> float:
        mapped = Offsets(exponent, offsets).adjusted(probabilities)
        lost = -np.log(mapped[np.arange(500), truth]).sum()
        return float(lost + 5 * np.square(offsets).sum())

    least = cost(learned.exponent, learned.offsets)
    for place in range(4):
        for step in (-0.01, 0.01):
            offsets = list(learned.offsets)
            offsets[place] += step
            assert cost(learned.exponent, tuple(offsets)) > least
    assert cost(learned.exponent + 0.01, learned.offsets) > least
    assert learned.offsets[0] > 0.5 > -0.5 > learned.offsets[2]


def test_temperature_recovers_a_known_one() -> None:
    """Labels drawn with a known power give that power back."""
    probabilities = some_probabilities(20_000)
    truth = drawn(Temperature(0.6).adjusted(probabilities), 3)
    assert Temperature.learn(probabilities, truth).exponent == pytest.approx(0.6, rel=0.05)


def test_temperature_is_the_slope_of_logarithms() -> None:
    """One power of probabilities is one slope of their logarithms, and one search finds both."""
    probabilities = some_probabilities(300)
    truth = drawn(Temperature(0.6).adjusted(probabilities), 3)
    slope = Calibration.learn(logarithms(probabilities), truth).slope
    assert Temperature.learn(probabilities, truth).exponent == slope


@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 60),
    digits=st.integers(0, 3),
)
def test_pooled_is_isotonic_regression(seed: int, n: int, digits: int) -> None:
    """Knots and values give scikit-learn's curve, with ties and without."""
    generator = np.random.default_rng(seed)
    inputs, targets = generator.random(n).round(digits), generator.random(n).round(1)
    knots, values = pooled(inputs, targets)
    reference = IsotonicRegression(out_of_bounds="clip").fit(inputs, targets)
    asked = np.linspace(-0.1, 1.1, 50)
    np.testing.assert_allclose(np.interp(inputs, knots, values), reference.predict(inputs))
    np.testing.assert_allclose(np.interp(asked, knots, values), reference.predict(asked), atol=1e-9)


def test_isotonic_is_never_certain() -> None:
    """Of eight that were all right, the next is right with nine in ten (Laplace)."""
    probabilities = np.tile([[0.8, 0.2]], (8, 1))
    assert Isotonic.learn(probabilities, np.zeros(8, np.int64)) == Isotonic((0.8,), (0.9,))


# --- Choosing ----------------------------------------------------------------------------------


def test_documents_are_whole_in_folds() -> None:
    """A document is in one fold, and folds are of about equal size."""
    documents = np.random.default_rng(0).integers(40, size=400)
    folds = document_folds(documents)
    assert {len({*folds[documents == d].tolist()}) for d in range(40)} == {1}
    sizes = np.bincount(folds)
    assert len(sizes) == 5
    assert sizes.max() - sizes.min() <= np.bincount(documents).max()


def test_cross_mapped_has_not_seen_the_document() -> None:
    """What a segment becomes does not depend on the truth of its own document."""
    probabilities, documents = some_probabilities(60), np.arange(60) // 10
    truth = drawn(probabilities, 0)
    other = truth.copy()
    other[:10] = (other[:10] + 1) % 4
    one, two = [cross_mapped(Platt.learn, probabilities, t, documents) for t in (truth, other)]
    np.testing.assert_array_equal(one[:10], two[:10])
    assert np.any(one[10:] != two[10:])


def test_one_document_is_left_alone() -> None:
    """There is nothing to learn from but itself."""
    probabilities = some_probabilities(20)
    same = np.zeros(20, np.int64)
    mapped = cross_mapped(Platt.learn, probabilities, drawn(probabilities, 0), same)
    np.testing.assert_array_equal(mapped, probabilities)


KNOWN: list[Map] = [
    Unchanged(),
    Temperature(0.4),
    Platt(0.3, 0.2),
    Offsets(1.0, (2.0, -2.0, 0.0, 0.0)),
    Isotonic((0.25, 0.6, 0.600001, 1.0), (0.35, 0.35, 0.9, 0.9)),
]


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.method)
def test_the_kind_that_is_right_is_chosen(known: Map) -> None:
    """Of labels drawn from a map of one kind, that kind is learned."""
    probabilities = some_probabilities(6000, sure=4.0)
    truth = drawn(known.adjusted(probabilities), 5)
    assert type(learned_map(probabilities, truth, np.arange(6000) // 10)) is type(known)


def test_too_few_leave_all_unchanged() -> None:
    """One segment or document too few, and nothing is learned."""
    probabilities = some_probabilities(200, sure=9.0)
    truth = drawn(some_probabilities(200), 0)
    tens = np.arange(200) % MIN_DOCUMENTS
    assert learned_map(probabilities, truth, tens) != Unchanged()
    assert learned_map(probabilities, truth, tens % (MIN_DOCUMENTS - 1)) == Unchanged()
    n = MIN_SEGMENTS - 1
    assert learned_map(probabilities[:n], truth[:n], tens[:n]) == Unchanged()


def test_ties_go_to_the_preferred_kind() -> None:
    """Where two kinds are as good, the plainer is chosen, if no other is preferred."""
    probabilities, documents = some_probabilities(300), np.arange(300) // 10
    truth = drawn(Temperature(0.6).adjusted(probabilities), 1)
    assert isinstance(learned_map(probabilities, truth, documents), Temperature)
    assert isinstance(learned_map(probabilities, truth, documents, Platt(0.6, 0.0)), Platt)


def test_platt_is_held_to_a_former_one() -> None:
    """As if the former had been right about 600 more: few segments move it little, many much."""
    former, true = Platt(1.0, 0.0), Platt(0.5, -0.5)
    slopes = []
    for n in (100, 400, 20_000):
        probabilities = some_probabilities(n)
        slopes.append(Platt.learn(probabilities, drawn(true.adjusted(probabilities), 0), former))
    gaps = [found.slope - true.slope for found in slopes]
    assert 0.5 > gaps[0] > gaps[1] > gaps[2]
    assert abs(gaps[2]) < 0.05


# --- Storing -----------------------------------------------------------------------------------


@pytest.mark.parametrize("some", SOME, ids=str)
def test_record_round_trip(some: Map) -> None:
    """Through JSON, a map comes back equal."""
    assert map_from(json.loads(json.dumps(to_record(some))), 4) == some


def test_every_kind_has_a_name_of_its_own() -> None:
    """By which it is found again."""
    assert len({kind.method for kind in MAPS}) == len(MAPS)


@pytest.mark.parametrize(
    "record",
    [
        {"method": "magic"},
        {"method": "temperature", "exponent": 0},
        {"method": "temperature", "exponent": -1.0},
        {"method": "temperature", "exponent": 1e300},
        {"method": "temperature", "exponent": math.nan},
        {"method": "temperature", "exponent": "1"},
        {"method": "temperature", "exponent": True},
        {"method": "platt", "slope": -0.1, "offset": 0},
        {"method": "platt", "slope": math.inf, "offset": 0},
        {"method": "platt", "slope": None, "offset": 0},
        {"method": "offsets", "exponent": 1.0, "offsets": [0.0]},
        {"method": "offsets", "exponent": 1.0, "offsets": {}},
        {"method": "isotonic", "knots": [], "shares": []},
        {"method": "isotonic", "knots": [0.5], "shares": [0.5, 0.6]},
        {"method": "isotonic", "knots": [0.6, 0.5], "shares": [0.5, 0.6]},
        {"method": "isotonic", "knots": [0.5, 0.6], "shares": [0.5, 1.6]},
    ],
    ids=str,
)
def test_hostile_records_are_refused(record: dict[str, Any]) -> None:
    """What no training could have learned is no map."""
    with pytest.raises(ModelError, match=r"calibration"):
        map_from(record, 4)


# --- The length of a text ----------------------------------------------------------------------


@given(seed=st.integers(0, 2**32 - 1), slope=st.sampled_from([-1.0, -0.2, 0.0, 0.5]))
def test_levelled_are_probabilities(seed: int, slope: float) -> None:
    """Rows sum to one, the likeliest label stays, and longer texts have no more confidence."""
    random = np.random.default_rng(seed)
    probabilities = random.dirichlet(np.ones(4), size=20)
    lengths = random.integers(0, 300, size=20)
    found = levelled(probabilities, lengths, slope)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    np.testing.assert_array_equal(found.argmax(axis=1), probabilities.argmax(axis=1))
    order = np.argsort(lengths)
    same = levelled(np.repeat(probabilities[:1], 20, axis=0), lengths, slope).max(axis=1)[order]
    steps = np.diff(same) * np.sign(slope)
    assert (steps >= -1e-12).all()


def test_middling_lengths_change_nothing() -> None:
    """A text of forty characters keeps its probabilities, whatever the slope."""
    probabilities = np.array([[0.7, 0.2, 0.1]])
    np.testing.assert_allclose(levelled(probabilities, np.array([40]), -0.5), probabilities)


def simulated_lengths(slope: float, n: int = 40_000) -> tuple[Floats, Ints, Ints]:
    """Draw labels that are right as often as probabilities say after the slope is taken out."""
    random = np.random.default_rng(0)
    best = random.uniform(0.55, 0.98, n)
    lengths = random.integers(5, 150, n)
    probabilities = np.column_stack([best, 1 - best])
    truly = levelled(probabilities, lengths, slope)[:, 0]
    return probabilities, (random.uniform(size=n) > truly).astype(np.int64), lengths


@pytest.mark.parametrize("slope", [-0.3, 0.0, 0.2])
def test_length_slope_recovers_a_known_one(slope: float) -> None:
    """What was put in is found again, and then makes probabilities right for all lengths."""
    probabilities, truth, lengths = simulated_lengths(slope)
    found = length_slope(probabilities, truth, lengths)
    assert found == pytest.approx(slope, abs=0.04)
    better = levelled(probabilities, lengths, found)[:, 0]
    for among in (lengths < 20, lengths > 100):
        assert (truth[among] == 0).mean() == pytest.approx(better[among].mean(), abs=0.01)


def test_length_slope_is_bounded() -> None:
    """Where confidence says nothing there is none, and none is steeper than one."""
    probabilities, truth, lengths = simulated_lengths(0.0, 400)
    assert length_slope(probabilities, 1 - truth, lengths) == 0
    assert length_slope(probabilities[:0], truth[:0], lengths[:0]) == 0
    assert abs(length_slope(probabilities, (lengths > 60).astype(np.int64), lengths)) <= 1
