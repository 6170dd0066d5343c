"""Probabilities to labels: the primary one, further ones, or none to rely on.

The primary label is the likeliest. Further labels are those over their own
threshold. Where even the likeliest is under the abstention threshold the segment
is *unsure*, which is not the label ``other``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from policyclf.features.rows import Floats, Ints

MOST_LABELS = 3
"""A segment has at most so many labels, as the codebook says: a primary and two more."""

_HALF = 0.5

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
        cls, probabilities: Floats, truth: Ints, further: Sequence[Sequence[int]]
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

        Returns
        -------
        DecisionRule
            A label's threshold for being given beside the primary is the lowest at
            which it is right at least as often as not. The abstention threshold is
            one half: under it the primary label is likelier wrong than right.
        """
        n, n_labels = probabilities.shape
        best = probabilities.argmax(axis=1)
        wanted = np.zeros((n, n_labels), bool)
        for row, columns in enumerate(further):
            wanted[row, list(columns)] = True
        wanted[np.arange(n), truth] = True  # the true primary, where another came first
        beside = np.ones((n, n_labels), bool)
        beside[np.arange(n), best] = False
        thresholds = (
            _even_threshold(probabilities[beside[:, k], k], wanted[beside[:, k], k])
            for k in range(n_labels)
        )
        return cls(tuple(thresholds), _HALF)

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
        order = np.argsort(-probabilities, axis=1, kind="stable")[:, :MOST_LABELS]
        decisions = []
        for row, columns in enumerate(order.tolist()):
            first = columns[0]
            chosen = [first, *(column for column in columns[1:] if over[row, column])]
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


def _even_threshold(probabilities: Floats, wanted: npt.NDArray[np.bool_]) -> float:
    """Find the lowest threshold at which ``probability >= threshold`` is right half the time."""
    order = np.argsort(-probabilities, kind="stable")
    share = np.cumsum(wanted[order]) / np.arange(1, len(order) + 1)
    even = np.flatnonzero(share >= _HALF)
    # Rounded up, so that what was counted as over it stays over it or falls under.
    return math.ceil(float(probabilities[order][even[-1]]) * 1e4) / 1e4 if len(even) else _NEVER
