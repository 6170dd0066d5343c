"""Probabilities to labels: the primary one, further ones, or none to rely on.

The primary label is the likeliest. Further labels are those over their own
threshold. Where even the likeliest is under the abstention threshold the segment
is *unsure*, which is not the label ``other``.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from policyclf.exceptions import InputError
from policyclf.features.rows import Floats, Ints

MOST_LABELS = 3
"""A segment has at most so many labels, as the codebook says: a primary and two more."""

_VALUED = ("precision", "recall")
_AIMS = ("even", "f1", *_VALUED)
_NO_AIM = (
    "Thresholds of further labels are for even, f1, precision=P or recall=R, with P and R over 0 "
    "and at most 1. Got {}."
)
_HALF = 0.5
_ROUNDING = 1e-9
_ROUND = 1e4
"""Thresholds have four digits, so that the last bits of a sum cannot tell two trainings
apart."""

_NEVER = 1.0
"""A threshold that no further label's probability reaches."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a segment is labelled.

    Parameters
    ----------
    label : str
        The primary label.
    labels : tuple of str
        The primary label and further ones, likeliest first.
    confidence : float
        The probability of the primary label.
    unsure : bool
        Whether the confidence is under the abstention threshold.
    """

    label: str
    labels: tuple[str, ...]
    confidence: float
    unsure: bool


@dataclass(frozen=True, slots=True)
class Aim:
    """What the thresholds of further labels are chosen for.

    Parameters
    ----------
    kind : {"even", "f1", "precision", "recall"}, default "even"
        ``even``: given beside the primary one, a label is right at least as often as not.
        The others are figures of a label in any place, primary or further: its best F1,
        or a wanted precision or recall.
    value : float, default 0.5
        The wanted precision or recall.

    Examples
    --------
    >>> Aim.parse("precision=0.8")
    Aim(kind='precision', value=0.8)
    """

    kind: str = "even"
    value: float = _HALF

    def __post_init__(self) -> None:
        if self.kind not in _AIMS or not 0 < self.value <= 1:
            raise InputError(_NO_AIM.format(self))

    @classmethod
    def parse(cls, text: str) -> Aim:
        """Read an aim as it is written on the command line.

        Parameters
        ----------
        text : str
            ``even``, ``f1``, ``precision=0.8`` or ``recall=0.8``.

        Returns
        -------
        Aim
            The aim.

        Raises
        ------
        InputError
            If it is none of these.
        """
        kind, equals, value = text.partition("=")
        if bool(equals) == (kind in _VALUED):
            with contextlib.suppress(ValueError):
                return cls(kind, float(value)) if equals else cls(kind)
        raise InputError(_NO_AIM.format(repr(text)))

    def __str__(self) -> str:
        return f"{self.kind}={self.value:g}" if self.kind in _VALUED else self.kind


EVEN = Aim()


@dataclass(frozen=True, slots=True)
class DecisionRule:
    """The thresholds of a model.

    Parameters
    ----------
    further : tuple of float, length n_labels
        The probability from which each label is given beside the primary one.
    abstention : float, default 0
        The probability of the primary label under which a segment is unsure.

    Examples
    --------
    >>> rule = DecisionRule(further=(0.3, 0.3, 0.3), abstention=0.4)
    >>> rule.decide(np.array([[0.1, 0.55, 0.35]]), ("ecology", "finance", "talent"))[0].labels
    ('finance', 'talent')
    """

    further: tuple[float, ...]
    abstention: float = 0.0

    @classmethod
    def learn(
        cls,
        probabilities: Floats,
        truth: Ints,
        further: Sequence[Sequence[int]],
        *,
        aim: Aim = EVEN,
        precision: float | None = None,
        least: int = 0,
    ) -> DecisionRule:
        """Choose the thresholds on held-out segments.

        Parameters
        ----------
        probabilities : ndarray, shape (n, n_labels)
            Probabilities of segments that the model was not trained on.
        truth : ndarray of int64, shape (n,)
            The column of each segment's primary label.
        further : sequence of sequence of int, length n
            The columns of each segment's further labels.
        aim : Aim, default even
            What the thresholds of further labels are for. The lowest threshold that
            reaches a wanted precision, the highest that reaches a wanted recall.
        precision : float, optional
            How often the primary label shall be right where it is not unsure.
        least : int, default 0
            Labels that are true of fewer segments in which another came first share
            one threshold, learned of all of them together.

        Returns
        -------
        DecisionRule
            Without a wanted precision, the abstention threshold is one half: under it
            the primary label is likelier wrong than right.
        """
        n, n_labels = probabilities.shape
        best = probabilities.argmax(axis=1)
        wanted = np.zeros((n, n_labels), bool)
        for row, columns in enumerate(further):
            wanted[row, list(columns)] = True
        wanted[np.arange(n), truth] = True  # the true primary, where another came first
        first = np.zeros((n, n_labels), bool)
        first[np.arange(n), best] = True
        rare = (wanted & ~first).sum(axis=0) < least
        shared = _threshold(aim, probabilities[:, rare], wanted[:, rare], first[:, rare])
        thresholds = tuple(
            shared if rare[k] else _threshold(aim, probabilities[:, k], wanted[:, k], first[:, k])
            for k in range(n_labels)
        )
        if precision is None:
            return cls(thresholds, _HALF)
        return cls(thresholds, sure_enough(probabilities.max(axis=1), best == truth, precision))

    def decide(self, probabilities: Floats, labels: Sequence[str]) -> list[Decision]:
        """Label segments.

        Parameters
        ----------
        probabilities : ndarray, shape (n, n_labels)
            Calibrated probabilities.
        labels : sequence of str, length n_labels
            The labels, in the order of the columns.

        Returns
        -------
        list of Decision
            One a segment.
        """
        over = probabilities >= np.array(self.further)
        order = np.argsort(-probabilities, axis=1, kind="stable")
        decisions = []
        for row, columns in enumerate(order.tolist()):
            first = columns[0]
            further = [column for column in columns[1:] if over[row, column]]
            chosen = [first, *further[: MOST_LABELS - 1]]
            confidence = float(probabilities[row, first])
            decisions.append(
                Decision(
                    labels[first],
                    tuple(labels[column] for column in chosen),
                    confidence,
                    confidence < self.abstention,
                )
            )
        return decisions


def sure_enough(confidence: Floats, right: npt.NDArray[np.bool_], precision: float) -> float:
    """Find the lowest confidence from which labels are right as often as wanted.

    Parameters
    ----------
    confidence : ndarray, shape (n,)
        Of held-out segments.
    right : ndarray of bool, shape (n,)
        Whether each label is true.
    precision : float
        The wanted share.

    Returns
    -------
    float
        Rounded down to four digits; 1 if there is none.

    Raises
    ------
    InputError
        If the precision is not over 0 and at most 1.

    Examples
    --------
    >>> right = np.array([True, True, False, True])
    >>> sure_enough(np.array([0.9, 0.8, 0.7, 0.6]), right, 0.75)
    0.6
    """
    if not 0 < precision <= 1:
        raise InputError(
            f"The 'precision' parameter must be over 0 and at most 1. Got {precision!r} instead."
        )
    sorted_, hits, given = _cumulated(confidence, right)
    enough = np.flatnonzero(hits >= precision * given - _ROUNDING)
    return _down(sorted_[enough[-1]]) if len(enough) else _NEVER


def _threshold(
    aim: Aim,
    probabilities: Floats,
    wanted: npt.NDArray[np.bool_],
    first: npt.NDArray[np.bool_],
) -> float:
    """Find the threshold of a label, or of several together, beside the primary one."""
    sorted_, hits, given = _cumulated(probabilities[~first], wanted[~first])
    if not len(sorted_):
        return _NEVER
    if aim.kind == "even":
        enough = np.flatnonzero(hits >= _HALF * given)
        # Rounded up, so that what was counted as over it stays over it or falls under.
        return math.ceil(float(sorted_[enough[-1]]) * _ROUND) / _ROUND if len(enough) else _NEVER
    # As the primary label it is given anyway; with no further one to begin with.
    hits = np.append(0, hits) + (wanted & first).sum()
    given = np.append(0, given) + first.sum()
    if aim.kind == "precision":
        enough = np.flatnonzero(hits >= aim.value * given - _ROUNDING)
        chosen = int(enough[-1]) if len(enough) else 0
    elif aim.kind == "recall":
        chosen = int(np.flatnonzero(hits >= aim.value * wanted.sum() - _ROUNDING)[0])
    else:
        chosen = int((2 * hits / np.maximum(given + wanted.sum(), 1)).argmax())
    return _down(sorted_[chosen - 1]) if chosen else _NEVER


def _cumulated(probabilities: Floats, hit: npt.NDArray[np.bool_]) -> tuple[Floats, Ints, Ints]:
    """Count hits and all from each probability up, highest first; equal ones together."""
    order = np.argsort(-probabilities, kind="stable")
    sorted_ = probabilities[order]
    last = np.flatnonzero(np.append(np.diff(sorted_) != 0, [True] * bool(len(order))))
    hits = np.cumsum(hit[order], dtype=np.int64)[last]
    return sorted_[last], hits, last.astype(np.int64) + 1


def _down(probability: float) -> float:
    return math.floor(float(probability) * _ROUND) / _ROUND
