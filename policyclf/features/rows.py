"""Sparse feature rows in three arrays, as in compressed sparse row format.

``scipy.sparse`` has this and more, but importing it costs a quarter of a second,
and explaining needs two operations of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Sparse rows of features.

    Parameters
    ----------
    starts : ndarray of int64, shape (n_rows + 1,)
        Row ``i`` has the entries ``starts[i]:starts[i + 1]``.
    columns : ndarray of int64, shape (n_entries,)
        The column of each entry.
    values : ndarray of float64, shape (n_entries,)
        The value of each entry.
    n_columns : int
        How many columns there are.

    Examples
    --------
    >>> rows = Rows.from_dense(np.array([[0.0, 2.0], [0.0, 0.0], [1.0, 3.0]]))
    >>> rows.starts.tolist(), rows.columns.tolist()
    ([0, 1, 1, 3], [1, 0, 1])
    >>> rows.dot(np.array([[1.0], [10.0]])).tolist()
    [[20.0], [0.0], [31.0]]
    """

    starts: Ints
    columns: Ints
    values: Floats
    n_columns: int

    @classmethod
    def from_dense(cls, dense: Floats) -> Rows:
        """Keep the entries of a dense array that are not zero.

        Parameters
        ----------
        dense : ndarray, shape (n_rows, n_columns)
            Any values.

        Returns
        -------
        Rows
            The same, sparse.
        """
        rows, columns = np.nonzero(dense)
        return cls.from_entries(rows, columns, dense[rows, columns], *dense.shape)

    @classmethod
    def from_entries(
        cls, rows: Ints, columns: Ints, values: Floats, n_rows: int, n_columns: int
    ) -> Rows:
        """Lay out entries that come in the order of their rows.

        Parameters
        ----------
        rows, columns, values : ndarray, shape (n_entries,)
            Where each entry stands, and its value; ``rows`` never decreases.
        n_rows, n_columns : int
            The shape.

        Returns
        -------
        Rows
            The rows.
        """
        starts = np.zeros(n_rows + 1, np.int64)
        np.cumsum(np.bincount(rows, minlength=n_rows), out=starts[1:])
        return cls(starts, columns, values, n_columns)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def owners(self) -> Ints:
        """Return the row of each entry, shape (n_entries,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    def unit_length(self) -> Rows:
        """Scale every row to Euclidean length one; an empty one stays."""
        owners = self.owners()
        lengths = np.sqrt(np.bincount(owners, self.values**2, minlength=len(self)))
        return Rows(self.starts, self.columns, self.values / lengths[owners], self.n_columns)

    def take(self, places: Ints) -> Rows:
        """Select rows, repeated or reordered.

        Parameters
        ----------
        places : ndarray of int64, shape (n_places,)
            Which rows.

        Returns
        -------
        Rows
            One row a place.
        """
        lengths = np.diff(self.starts)[places]
        starts = np.zeros(len(places) + 1, np.int64)
        np.cumsum(lengths, out=starts[1:])
        shift = np.repeat(self.starts[places] - starts[:-1], lengths)
        entries = np.arange(starts[-1]) + shift
        return Rows(starts, self.columns[entries], self.values[entries], self.n_columns)

    def dot(self, weights: npt.NDArray[np.floating]) -> Floats:
        """Multiply with a matrix.

        Parameters
        ----------
        weights : ndarray, shape (n_columns, n_outputs)
            Any floating type; sums are taken in float64.

        Returns
        -------
        ndarray of float64, shape (n_rows, n_outputs)
            The products. A row's do not depend on the rows beside it.
        """
        products = np.zeros((len(self), weights.shape[1]))
        filled = np.flatnonzero(np.diff(self.starts))
        if len(filled):
            terms = weights.take(self.columns, axis=0).astype(np.float64)
            terms *= self.values[:, None]
            products[filled] = np.add.reduceat(terms, self.starts[filled], axis=0)
        return products
