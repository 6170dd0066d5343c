"""Intervals by drawing documents.

Bias-corrected percentiles of the bootstrap (Efron, Nonparametric Standard Errors and
Confidence Intervals, 1981). The correction matters for macro-F1, which is lower on fewer
documents, and so lower on replicates than on the data; for accuracy it does nothing.
What is drawn are documents: their sentences are alike, and drawing sentences would make
intervals too narrow. ``benchmarks/quality/coverage.py`` measures how often they hold
the true value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from policyclf.features.rows import Floats, Ints

REPLICATES = 1000
COVERAGE = 0.95

Sums = Mapping[str, Floats]

_CELLS_AT_ONCE = 2**22
"""Counts of so many documents in so many replicates are wide at a time; kept is a byte each."""

_NORMAL = NormalDist()
_SAME = 1e-12
"""Values that differ by the order in which they were added up are one."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value with its interval.

    Parameters
    ----------
    value : float
        The value on all of the data.
    low, high : float
        The bounds of its 95 % interval over documents.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class DocumentBootstrap:
    """Documents drawn with replacement, the same draws for every figure.

    Parameters
    ----------
    documents : ndarray of int64, shape (n,)
        The document of each segment, numbered from 0.
    weights : ndarray of uint8, shape (replicates, n_documents)
        How often each document stands in each replicate.

    Examples
    --------
    >>> drawn = DocumentBootstrap.of(["a", "a", "b"], seed=1)
    >>> sums = {"right": drawn.sums([1, 0, 1]), "n": drawn.sums([1, 1, 1])}
    >>> figure = drawn.figures(lambda s: s["right"] / s["n"], sums)[0]
    >>> round(figure.value, 3), figure.low, figure.high
    (0.667, 0.5, 1.0)
    """

    documents: Ints
    weights: npt.NDArray[np.uint8]

    @classmethod
    def of(
        cls, doc_ids: Sequence[str], *, replicates: int = REPLICATES, seed: int = 0
    ) -> DocumentBootstrap:
        """Draw.

        Parameters
        ----------
        doc_ids : sequence of str, length n
            The document of each segment.
        replicates : int, default 1000
            How often to draw.
        seed : int, default 0
            Of the draws.

        Returns
        -------
        DocumentBootstrap
            With as many documents a replicate as there are.
        """
        _, documents = np.unique(np.array(doc_ids), return_inverse=True)
        weights = _draw(int(documents.max()) + 1, replicates, seed)
        return cls(documents.astype(np.int64), weights)

    @property
    def n_documents(self) -> int:
        """How many documents there are."""
        return int(self.weights.shape[1])

    def sums(
        self,
        values: npt.ArrayLike,
        columns: npt.ArrayLike | None = None,
        n_columns: int = 1,
        rows: npt.ArrayLike | None = None,
    ) -> Floats:
        """Add values up over each document.

        Parameters
        ----------
        values : array-like, shape (n_values,)
            What to add up.
        columns : array-like of int, shape (n_values,), optional
            The column of the sums each value belongs to. Without it, the only one.
        n_columns : int, default 1
            How many columns there are.
        rows : array-like of int, shape (n_values,), optional
            The segment each value is of. Without it, one value a segment.

        Returns
        -------
        ndarray of float64, shape (n_documents, n_columns)
            The sums.
        """
        documents = self.documents if rows is None else self.documents[np.asarray(rows, np.int64)]
        places = documents * n_columns
        if columns is not None:
            places = places + np.asarray(columns, np.int64)
        weights = np.asarray(values, np.float64)
        added = np.bincount(places, weights, minlength=self.n_documents * n_columns)
        return added.astype(np.float64).reshape(self.n_documents, n_columns)

    def figures(self, of: Callable[[Sums], Floats], sums: Sums) -> list[Figure]:
        """Evaluate a function of sums on all documents and on each replicate.

        Parameters
        ----------
        of : callable
            Takes sums, each of shape (n, n_columns), and gives values of shape
            (n, n_figures), not a number where there is none.
        sums : mapping of str to ndarray, each of shape (n_documents, n_columns)
            Sums over each document.

        Returns
        -------
        list of Figure, length n_figures
            A figure without a value on all the data is 0: what there was no chance to
            find was never found. A replicate without a value says nothing.
        """
        return [
            figure if figure is not None else Figure(0.0, 0.0, 0.0)
            for figure in self.figures_if_any(of, sums, fill=0.0)
        ]

    def figures_if_any(
        self, of: Callable[[Sums], Floats], sums: Sums, *, fill: float | None = None
    ) -> list[Figure | None]:
        """Evaluate a function of sums as `figures` does, but None if there is no value.

        Parameters
        ----------
        of, sums
            As for `figures`.
        fill : float, optional
            The value instead of none.

        Returns
        -------
        list of Figure or None, length n_figures
            The figures.
        """
        value = of({key: array.sum(axis=0, keepdims=True) for key, array in sums.items()})[0]
        drawn = of(_Replicated(sums, self.weights))
        return [
            interval(float(value[column]), drawn[:, column], fill=fill)
            for column in range(len(value))
        ]


class _Replicated(Mapping[str, Floats]):
    """Sums over each replicate, multiplied when they are asked for: a figure needs few."""

    def __init__(self, sums: Sums, weights: npt.NDArray[np.uint8]) -> None:
        self._sums = sums
        self._weights = weights

    def __getitem__(self, key: str) -> Floats:
        sums = self._sums[key]
        product = np.empty((len(self._weights), sums.shape[1]))
        for rows in _blocks(*self._weights.shape):
            product[rows] = self._weights[rows].astype(np.float64) @ sums
        return product

    def __iter__(self) -> Iterator[str]:
        return iter(self._sums)

    def __len__(self) -> int:
        return len(self._sums)


@lru_cache(maxsize=2)  # every figure of a report is of the same draws
def _draw(n_documents: int, replicates: int, seed: int) -> npt.NDArray[np.uint8]:
    """Draw as many documents as there are, with replacement, in every replicate.

    A byte holds a count: one of 256 or more has no chance worth the name. Of 50,000 documents
    that is 50 MB; as doubles they were 400, and twice that while they were drawn.
    """
    shares = np.full(n_documents, 1 / n_documents)
    generator = np.random.default_rng(seed)
    weights = np.empty((replicates, n_documents), np.uint8)
    for rows in _blocks(replicates, n_documents):
        weights[rows] = generator.multinomial(n_documents, shares, len(weights[rows]))
    weights.flags.writeable = False
    return weights


def _blocks(replicates: int, n_documents: int) -> Iterator[slice]:
    """Cut replicates into blocks of a bounded size."""
    step = max(1, _CELLS_AT_ONCE // n_documents)
    for start in range(0, replicates, step):
        yield slice(start, start + step)


def interval(value: float, drawn: Floats, *, fill: float | None = None) -> Figure | None:
    """Put the interval of its replicates around a value.

    Parameters
    ----------
    value : float
        The value on all of the data; not a number if there is none.
    drawn : ndarray, shape (replicates,)
        The value on each replicate; not a number where there is none.
    fill : float, optional
        The value instead of none.

    Returns
    -------
    Figure or None
        None if there is no value, nor one to fill in. The value lies within the bounds.
    """
    if np.isnan(value):
        if fill is None:
            return None
        value = fill
    known = drawn[~np.isnan(drawn)]
    if not len(known):
        return Figure(value, value, value)
    # How many replicates lie below the value, those that equal it counting half.
    equal = np.isclose(known, value, rtol=0, atol=_SAME)
    below = float(np.mean((known < value) & ~equal) + np.mean(equal) / 2)
    reach = _NORMAL.inv_cdf((1 + COVERAGE) / 2)
    # No further than half of the reach: then neither bound passes the median.
    least, most = _NORMAL.cdf(-reach / 2), _NORMAL.cdf(reach / 2)
    shift = 2 * _NORMAL.inv_cdf(min(max(below, least), most))
    low, high = np.percentile(known, [100 * _NORMAL.cdf(shift + x) for x in (-reach, reach)])
    return Figure(value, min(float(low), value), max(float(high), value))


def ratio(part: Floats, whole: Floats) -> Floats:
    """Divide; not a number where there is nothing to divide by.

    Parameters
    ----------
    part, whole : ndarray of one shape
        Sums.

    Returns
    -------
    ndarray
        Of the same shape.
    """
    share: Floats = np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)
    return share


def f1(hits: Floats, support: Floats, predicted: Floats) -> Floats:
    """Compute F1; not a number where neither the label nor a guess of it is.

    Parameters
    ----------
    hits, support, predicted : ndarray of one shape
        How often a label was given rightly, is in gold, was given.

    Returns
    -------
    ndarray
        Of the same shape.
    """
    return ratio(2 * hits, support + predicted)


def mean_of_known(values: Floats) -> Floats:
    """Average each row over its columns that have a value.

    Parameters
    ----------
    values : ndarray, shape (n, n_columns)
        Values, not a number where there is none.

    Returns
    -------
    ndarray, shape (n, 1)
        Means; not a number where a row has no value.
    """
    known = ~np.isnan(values)
    return ratio(
        np.where(known, values, 0).sum(axis=1, keepdims=True),
        known.sum(axis=1, keepdims=True).astype(np.float64),
    )
