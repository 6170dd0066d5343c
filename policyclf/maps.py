"""Probabilities to better ones: how often labels of such a probability are right.

Each kind of map is learned where the truth is known, by plain numpy, and kept in a
model's manifest. Before it, :func:`levelled` takes out what the length of a text says of
confidence, which took the calibration error of sentences alone on real text from 0.066 to 0.054,
and hardly changed that of sentences in documents. ``crossfitting.py`` chooses among the kinds.
They stand together because they share their numerics: one Newton, one way to change the likeliest
label's probability.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np

from policyclf.calibration import (
    LEAST_SLOPE,
    MOST_SLOPE,
    Calibration,
    negative_log_likelihood,
)
from policyclf.exceptions import ModelError
from policyclf.features.rows import Floats, Ints

LEAST_PROBABILITY = 1e-12
"""Where a logarithm is taken, no probability is less."""

_RIDGE = 10.0
_DIGITS = 6
"""Learned values are rounded, so that the last bits of a sum cannot tell two trainings apart."""
_HELD_TO = 600
"""Segments of one document are alike, and so of a sample of hundreds less is to be believed than
of as many that are independent: with 200 the calibration error on halves of real text was 0.047,
with 600 0.044, with 1,600 no less in documents and more for sentences alone (mean of 60)."""
_TYPICAL_LENGTH = 40
STEEPEST = 1.0
_STEPS = 60
_CLOSE = 1e-7
_TINY = 1e-9
_HUGE = 1e6


class Map(Protocol):
    """What turns probabilities into better ones, learned where the truth is known.

    Attributes
    ----------
    method : str
        What it is called.
    keeps_likeliest : bool
        Whether the likeliest label stays the likeliest.
    """

    method: ClassVar[str]
    keeps_likeliest: ClassVar[bool]

    @classmethod
    def learn(cls, probabilities: Floats, truth: Ints) -> Map:
        """Learn from probabilities, shape (n, n_labels), and the columns of true labels."""
        ...

    def adjusted(self, probabilities: Floats) -> Floats:
        """Map probabilities, shape (n, n_labels); rows of the result sum to one."""
        ...


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Leave probabilities as they are.

    Examples
    --------
    >>> Unchanged().adjusted(np.array([[0.7, 0.3]])).tolist()
    [[0.7, 0.3]]
    """

    method: ClassVar[str] = "unchanged"
    keeps_likeliest: ClassVar[bool] = True

    @classmethod
    def learn(cls, probabilities: Floats, truth: Ints) -> Unchanged:  # noqa: ARG003  as others
        """Learn nothing."""
        return cls()

    def adjusted(self, probabilities: Floats) -> Floats:
        """Return the probabilities themselves."""
        return probabilities


UNCHANGED = Unchanged()


@dataclass(frozen=True, slots=True)
class Temperature:
    """Raise every probability to one power, and rescale.

    Parameters
    ----------
    exponent : float
        Under 1 it makes less sure.

    Examples
    --------
    >>> Temperature(0.5).adjusted(np.array([[0.9, 0.1]])).round(2).tolist()
    [[0.75, 0.25]]
    """

    method: ClassVar[str] = "temperature"
    keeps_likeliest: ClassVar[bool] = True

    exponent: float

    @classmethod
    def learn(cls, probabilities: Floats, truth: Ints) -> Temperature:
        """Choose the power under which the true labels are likeliest: a slope of logarithms."""
        return cls(Calibration.learn(logarithms(probabilities), truth).slope)

    def adjusted(self, probabilities: Floats) -> Floats:
        """Map probabilities, shape (n, n_labels)."""
        return Calibration(self.exponent).probabilities(logarithms(probabilities))


@dataclass(frozen=True, slots=True)
class Platt:
    """Scale and shift the log-odds of the likeliest label; the others keep their proportions.

    Platt, Probabilistic Outputs for Support Vector Machines, 1999, on whether the
    likeliest label is right (so-called top-label calibration: Gupta and Ramdas, ICLR
    2022). Unlike a power, it may take from the surest without flattening the least sure.

    Parameters
    ----------
    slope, offset : float
        What log-odds are multiplied with, and what is added.

    Examples
    --------
    >>> Platt(0.5, 0.0).adjusted(np.array([[0.9, 0.1, 0.0]])).round(3).tolist()
    [[0.75, 0.25, 0.0]]
    """

    method: ClassVar[str] = "platt"
    keeps_likeliest: ClassVar[bool] = True

    slope: float
    offset: float

    @classmethod
    def learn(cls, probabilities: Floats, truth: Ints, former: Platt | None = None) -> Platt:
        """Fit by Newton's method, with Platt's targets, which keep it finite.

        Or held to a former map, learned on more text but not on such text: it counts as if
        it had been right about 600 segments of these confidences.
        """
        best = probabilities.max(axis=1)
        right = probabilities.argmax(axis=1) == truth
        n, n_right = len(right), int(right.sum())
        if former is None:
            targets = np.where(right, (n_right + 1) / (n_right + 2), 1 / (n - n_right + 2))
        else:
            expected = _logistic(former.slope * _log_odds(best) + former.offset)
            targets = (n * right + _HELD_TO * expected) / (n + _HELD_TO)
        inputs = np.column_stack([_log_odds(best), np.ones(n)])

        loss = partial(_logistic_loss, inputs, targets)
        slope, offset = _minimum(loss, np.array([1.0, 0.0])).tolist()
        if slope < 0:  # the surer, the wronger: confidence says nothing
            slope, offset = 0.0, float(_log_odds(targets.mean(keepdims=True))[0])
        return cls(round(slope, _DIGITS), round(offset, _DIGITS))

    def adjusted(self, probabilities: Floats) -> Floats:
        """Map probabilities, shape (n, n_labels)."""
        best = probabilities.max(axis=1, initial=0)
        return _with_best(probabilities, _logistic(self.slope * _log_odds(best) + self.offset))


@dataclass(frozen=True, slots=True)
class Offsets:
    """Raise to a power, and multiply each label's probability with a factor of its own.

    Bias-corrected temperature scaling (Alexandari et al., ICML 2020): also where labels
    have other shares than in training. The factors' logarithms are held back by a ridge
    penalty, which a label of few segments does not overcome. May change the likeliest label.

    Parameters
    ----------
    exponent : float
        As of :class:`Temperature`.
    offsets : tuple of float, length n_labels
        The logarithms of the factors.

    Examples
    --------
    >>> Offsets(1.0, (0.0, float(np.log(3)))).adjusted(np.array([[0.5, 0.5]])).round(4).tolist()
    [[0.25, 0.75]]
    """

    method: ClassVar[str] = "offsets"
    keeps_likeliest: ClassVar[bool] = False

    exponent: float
    offsets: tuple[float, ...]

    @classmethod
    def learn(cls, probabilities: Floats, truth: Ints) -> Offsets:
        """Fit by Newton's method."""
        powers = logarithms(probabilities)
        n_labels = probabilities.shape[1]
        rows = np.arange(len(truth))
        held_back = np.array([0.0] + [_RIDGE] * n_labels)

        def loss(parameters: Floats) -> _Derivatives:
            linear = powers * parameters[0] + parameters[1:]
            chance = Calibration().probabilities(linear)
            value = len(truth) * negative_log_likelihood(linear, truth)
            value += float(held_back @ parameters**2) / 2
            over = chance.copy()
            over[rows, truth] -= 1
            mean = (chance * powers).sum(axis=1, keepdims=True)
            mixed = chance * (powers - mean)
            gradient = np.append((over * powers).sum(), over.sum(axis=0))
            bends = np.zeros((n_labels + 1, n_labels + 1))
            bends[0, 0] = (mixed * powers).sum()
            bends[0, 1:] = bends[1:, 0] = mixed.sum(axis=0)
            bends[1:, 1:] = np.diag(chance.sum(axis=0)) - chance.T @ chance
            return _Derivatives(
                value, gradient + held_back * parameters, bends + np.diag(held_back)
            )

        start = np.array([1.0] + [0.0] * n_labels)
        exponent, *offsets = _minimum(loss, start).round(_DIGITS).tolist()
        return cls(min(max(exponent, LEAST_SLOPE), MOST_SLOPE), tuple(offsets))

    def adjusted(self, probabilities: Floats) -> Floats:
        """Map probabilities, shape (n, n_labels)."""
        linear = logarithms(probabilities) * self.exponent + np.array(self.offsets)
        return Calibration().probabilities(linear)


@dataclass(frozen=True, slots=True)
class Isotonic:
    """Replace the likeliest label's probability by how often such ones were right.

    One rising curve (Zadrozny and Elkan, KDD 2002), found by pooling adjacent violators
    (Ayer et al., 1955), straight between its knots; the other labels keep their
    proportions.

    Parameters
    ----------
    knots : tuple of float
        Probabilities of the likeliest label, ascending.
    shares : tuple of float
        How often it is right there, not falling.

    Examples
    --------
    >>> Isotonic((0.5, 1.0), (0.5, 0.9)).adjusted(np.array([[0.75, 0.25]])).round(4).tolist()
    [[0.7, 0.3]]
    """

    method: ClassVar[str] = "isotonic"
    keeps_likeliest: ClassVar[bool] = True

    knots: tuple[float, ...]
    shares: tuple[float, ...]

    @classmethod
    def learn(cls, probabilities: Floats, truth: Ints) -> Isotonic:
        """Pool adjacent violators; no share is 0 or 1, which n segments cannot show."""
        right = probabilities.argmax(axis=1) == truth
        knots, shares = pooled(probabilities.max(axis=1), right.astype(np.float64))
        least = 1 / (len(right) + 2)  # Laplace's rule of succession
        shares = shares.clip(least, 1 - least)
        return cls(tuple(knots.round(_DIGITS).tolist()), tuple(shares.round(_DIGITS).tolist()))

    def adjusted(self, probabilities: Floats) -> Floats:
        """Map probabilities, shape (n, n_labels)."""
        best = probabilities.max(axis=1, initial=0)
        return _with_best(probabilities, np.interp(best, self.knots, self.shares))


MAPS: tuple[type[Map], ...] = (Unchanged, Temperature, Platt, Offsets, Isotonic)
"""From plain to free."""


def map_from(record: Mapping[str, Any], n_labels: int) -> Map:
    """Read a map from a manifest.

    Parameters
    ----------
    record : mapping
        ``method`` and the parameters of the map, as :func:`to_record` gave them.
    n_labels : int
        How many labels the model has.

    Returns
    -------
    Map
        Checked.

    Raises
    ------
    ModelError
        If it is none of ours, or its parameters are none it could have learned.
    """
    kinds = {kind.method: kind for kind in MAPS}
    method = record["method"]
    if method not in kinds:
        raise ModelError(f"the calibration {method!r} is unknown. Upgrade policyclf.")
    parameters = {key: _numbers(value) for key, value in record.items() if key != "method"}
    made = kinds[method](**parameters)
    if isinstance(made, Temperature | Offsets):
        sound = 0 < made.exponent <= MOST_SLOPE
    else:
        sound = not isinstance(made, Platt) or made.slope >= 0
    if isinstance(made, Offsets):
        sound &= len(made.offsets) == n_labels
    if isinstance(made, Isotonic):
        sound &= 0 < len(made.knots) == len(made.shares)
        sound &= all(_rises(values) for values in (made.knots, made.shares))
    if not sound:
        raise ModelError(f"the parameters of the calibration {method!r} are not what it can have.")
    return made


def to_record(of: Map) -> dict[str, Any]:
    """Lay a map out for a manifest.

    Examples
    --------
    >>> to_record(Platt(0.5, 0.25))
    {'method': 'platt', 'slope': 0.5, 'offset': 0.25}
    """
    return {"method": of.method, **asdict(of)}  # type: ignore[call-overload]  # all dataclasses


def pooled(inputs: Floats, targets: Floats) -> tuple[Floats, Floats]:
    """Fit a curve that does not fall, by pooling adjacent violators.

    What it replaces: scikit-learn's ``IsotonicRegression``, whose import alone takes
    longer; a test holds the two against each other.

    Parameters
    ----------
    inputs, targets : ndarray, shape (n,)
        Where, and what was seen there.

    Returns
    -------
    tuple of ndarray
        Knots and values of the curve: where each flat piece begins and ends.

    Examples
    --------
    >>> knots, values = pooled(np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0, 0.0]))
    >>> knots.tolist(), values.tolist()
    ([1.0, 2.0, 3.0], [0.0, 0.5, 0.5])
    """
    distinct, place, counts = np.unique(inputs, return_inverse=True, return_counts=True)
    sums = np.bincount(place, targets)
    pieces: list[list[float]] = []  # sum, count, first and last input
    for total, count, at in zip(sums.tolist(), counts.tolist(), distinct.tolist(), strict=True):
        piece = [total, count, at, at]
        while pieces and pieces[-1][0] * piece[1] >= piece[0] * pieces[-1][1]:
            before = pieces.pop()
            piece = [before[0] + piece[0], before[1] + piece[1], before[2], piece[3]]
        pieces.append(piece)
    ends = [(end, total / count) for total, count, *two in pieces for end in dict.fromkeys(two)]
    knots, values = np.array(ends, np.float64).reshape(-1, 2).T
    return knots, values


def levelled(probabilities: Floats, lengths: Ints, slope: float) -> Floats:
    """Take out of confidence what the length of a text alone says of it.

    Parameters
    ----------
    probabilities : ndarray, shape (n, n_labels)
        Each row sums to one.
    lengths : ndarray of int64, shape (n,)
        The characters of each text.
    slope : float
        What the log-odds of the likeliest label gain where a text is e times as long.

    Returns
    -------
    ndarray, shape (n, n_labels)
        Each row sums to one; of texts of 40 characters as before. The likeliest label stays.

    Examples
    --------
    >>> levelled(np.array([[0.8, 0.2]] * 3), np.array([10, 40, 160]), -0.2).round(3).tolist()
    [[0.841, 0.159], [0.8, 0.2], [0.752, 0.248]]
    """
    if not slope:
        return probabilities
    best = probabilities.max(axis=1, initial=0)
    return _with_best(probabilities, _logistic(_log_odds(best) + slope * _log_lengths(lengths)))


def length_slope(probabilities: Floats, truth: Ints, lengths: Ints) -> float:
    """Learn how much longer texts are surer than they are right.

    By logistic regression of whether the likeliest label is right on its log-odds and on the
    logarithm of the length. A long sentence names more fields, and its score knows nothing of
    that: out of fold of written text the slope is -0.2, ten standard errors from none.

    Parameters
    ----------
    probabilities : ndarray, shape (n, n_labels)
        Of segments that the model was not trained on.
    truth : ndarray of int64, shape (n,)
        The column of each segment's true label.
    lengths : ndarray of int64, shape (n,)
        The characters of each text.

    Returns
    -------
    float
        For `levelled`.
    """
    odds = _log_odds(probabilities.max(axis=1, initial=0))
    right = (probabilities.argmax(axis=1) == truth).astype(np.float64)
    inputs = np.column_stack([odds, np.ones(len(odds)), _log_lengths(lengths)])
    weights = _minimum(partial(_logistic_loss, inputs, right), np.array([1.0, 0.0, 0.0]))
    of_odds, of_length = weights[0], weights[2]
    if of_odds <= _TINY:  # confidence says nothing
        return 0.0
    return round(float(np.clip(of_length / of_odds, -STEEPEST, STEEPEST)), _DIGITS)


class _Derivatives(NamedTuple):
    """A function's value, gradient and Hessian in one place."""

    value: float
    gradient: Floats
    hessian: Floats


def _minimum(function: Callable[[Floats], _Derivatives], start: Floats) -> Floats:
    """Find the minimum of a convex function by Newton's method with halved steps."""
    here, at = start, function(start)
    for _ in range(_STEPS):
        bends = at.hessian + _TINY * np.eye(len(start))  # singular where all is certain
        step = np.linalg.solve(bends, at.gradient)
        there = function(here - step)
        while not there.value <= at.value and np.abs(step).max() > _CLOSE:
            step = step / 2
            there = function(here - step)
        if not there.value <= at.value:
            break
        here, at = here - step, there
        if np.abs(step).max() < _CLOSE:
            break
    return here


def _log_lengths(lengths: Ints) -> Floats:
    logs: Floats = np.log(np.maximum(lengths, 1) / _TYPICAL_LENGTH)
    return logs


def _logistic_loss(inputs: Floats, targets: Floats, parameters: Floats) -> _Derivatives:
    linear = inputs @ parameters
    chance = _logistic(linear)
    value = float((np.logaddexp(0, linear) - targets * linear).sum())
    bends = inputs * (chance * (1 - chance))[:, None]
    return _Derivatives(value, inputs.T @ (chance - targets), bends.T @ inputs)


def _with_best(probabilities: Floats, best: Floats) -> Floats:
    """Give the likeliest labels other probabilities, and the rest what is left."""
    n, n_labels = probabilities.shape
    if n_labels == 1:
        return probabilities
    rows, columns = np.arange(n), probabilities.argmax(axis=1)
    rest = probabilities.copy()
    rest[rows, columns] = 0
    left = rest.sum(axis=1, keepdims=True)
    even = np.full_like(rest, 1 / (n_labels - 1))
    even[rows, columns] = 0
    rest = np.divide(rest, left, out=even, where=left > 0)
    # Not under the runner-up: the label stays.
    runner_up = rest.max(axis=1)
    best = np.maximum(best, (1 + _TINY) * runner_up / (1 + runner_up))
    mapped: Floats = rest * (1 - best)[:, None]
    mapped[rows, columns] = best
    return mapped


def logarithms(probabilities: Floats) -> Floats:
    """Take logarithms, those of 0 as of ``LEAST_PROBABILITY``.

    Examples
    --------
    >>> logarithms(np.array([1.0, 0.0])).round(2).tolist()
    [0.0, -27.63]
    """
    powers: Floats = np.log(np.maximum(probabilities, LEAST_PROBABILITY))
    return powers


def _log_odds(shares: Floats) -> Floats:
    return logarithms(shares) - logarithms(1 - shares)


def _logistic(linear: Floats) -> Floats:
    shares: Floats = np.exp(-np.logaddexp(0, -linear))
    return shares


def _numbers(value: Any) -> Any:  # noqa: ANN401  of a file
    """Check that a value is a finite number or some of them."""
    if isinstance(value, list | tuple):
        return tuple(_numbers(entry) for entry in value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _HUGE:
        raise ModelError(f"a calibration has finite numbers. Got {value!r:.60}.")
    return float(value)


def _rises(values: tuple[float, ...]) -> bool:
    return all(0 <= value <= 1 for value in values) and list(values) == sorted(values)
