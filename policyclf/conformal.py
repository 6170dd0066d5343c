"""Label sets that hold the true label as often as wanted.

Split conformal prediction: how far each held-out segment's true label was from certain
is kept, and a set takes every label that is no further than all but the wanted few of
them. With n held-out segments that can be exchanged with a new one, its set holds the
true label with at least the wanted probability, whatever the model (Vovk, Gammerman and
Shafer, Algorithmic Learning in a Random World, 2005). The distance is one minus the
label's probability, which gives the smallest sets on average (Sadinle, Lei and
Wasserman, Least Ambiguous Set-Valued Classifiers, JASA 2019); the cumulated
probabilities of Romano, Sesia and Candès (NeurIPS 2020) gave larger ones on real text
(``benchmarks/quality/calibration.py``).

What it does not promise: that every label or every document is covered so often, or
that a text of another kind is. Sentences of one document are alike and cannot be
exchanged with those of another, so that with few documents the coverage of a new one
strays further than the number of sentences says.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real

import numpy as np
import numpy.typing as npt

from policyclf.exceptions import InputError
from policyclf.features.rows import Floats, Ints

MOST_KEPT = 1000
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Conformity:
    """How far the true labels of held-out segments were from certain.

    Parameters
    ----------
    table : ndarray of float64, shape (m, 2)
        Rank, from 1 to n, and distance of held-out segments, both ascending; the last
        rank is n. Of more than ``MOST_KEPT`` segments a part is kept; a rank between is
        taken for the next one, which makes sets larger and never too small.

    Examples
    --------
    >>> held_out = np.array([[0.9, 0.1], [0.4, 0.6], [0.7, 0.3], [0.8, 0.2]])
    >>> conformity = Conformity.learn(held_out, np.array([0, 1, 0, 0]))
    >>> conformity.sets(np.array([[0.55, 0.45], [0.65, 0.35]]), 0.8).tolist()
    [[True, False], [True, False]]
    >>> conformity.sets(np.array([[0.55, 0.45]]), 0.9).tolist()  # four are too few for that
    [[True, True]]
    """

    table: Floats

    @property
    def n(self) -> int:
        """On how many held-out segments it rests."""
        return int(self.table[-1, 0])

    @classmethod
    def learn(cls, probabilities: Floats, truth: Ints) -> Conformity:
        """Measure held-out segments.

        Parameters
        ----------
        probabilities : ndarray, shape (n, n_labels)
            Of segments from which nothing was learned.
        truth : ndarray of int64, shape (n,)
            The column of each segment's true label.

        Returns
        -------
        Conformity
            Of at most ``MOST_KEPT`` ranks.
        """
        n = len(truth)
        distances = np.sort(1 - probabilities[np.arange(n), truth])
        m = min(n, MOST_KEPT)
        kept = -(-np.arange(1, m + 1) * n // m)  # rounded up
        return cls(np.column_stack([kept, distances[kept - 1]]).astype(np.float64))

    def distance(self, coverage: float) -> float:
        """Find the distance up to which a set takes labels.

        Parameters
        ----------
        coverage : float
            How often sets shall hold the true label, between 0 and 1.

        Returns
        -------
        float
            The ``ceil((n + 1) * coverage)``-th smallest; infinite if n is too small.

        Raises
        ------
        InputError
            If the coverage is not between 0 and 1.
        """
        if isinstance(coverage, bool) or not isinstance(coverage, Real) or not 0 < coverage < 1:
            raise InputError(
                f"The 'coverage' parameter must be between 0 and 1. Got {coverage!r} instead."
            )
        rank = math.ceil((self.n + 1) * float(coverage) - _ROUNDING)
        place = int(np.searchsorted(self.table[:, 0], rank))
        return float(self.table[place, 1]) if place < len(self.table) else math.inf

    def sets(self, probabilities: Floats, coverage: float) -> npt.NDArray[np.bool_]:
        """Say which labels each segment's set holds.

        Parameters
        ----------
        probabilities : ndarray, shape (n, n_labels)
            Made as those of the held-out segments were.
        coverage : float
            As for `distance`.

        Returns
        -------
        ndarray of bool, shape (n, n_labels)
            The likeliest label is always in, so that no set is empty.
        """
        held: npt.NDArray[np.bool_] = 1 - probabilities <= self.distance(coverage)
        held[np.arange(len(held)), probabilities.argmax(axis=1)] = True
        return held

    @property
    def sound(self) -> bool:
        """Whether the table is one that could have been learned."""
        if self.table.ndim != 2 or self.table.shape[1:] != (2,) or not len(self.table):  # noqa: PLR2004  rank and distance
            return False
        ranks, distances = self.table.T
        return bool(
            np.isfinite(self.table).all()
            and (ranks == np.floor(ranks)).all()
            and ranks[0] >= 1
            and (np.diff(ranks) > 0).all()
            and (np.diff(distances) >= 0).all()
            and 0 <= distances[0] <= distances[-1] <= 1
        )
