"""Rows of ids, end to end: what n-grams are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from policyclf.features.rows import Ints

CODE_BITS = 64
"""An n-gram of ids is one number of so many bits: the ids side by side."""

Codes = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True, eq=False)
class Sequences:
    """Rows of ids, end to end.

    Parameters
    ----------
    ids : ndarray of int64, shape (n_ids,)
        The ids of all rows; 0 stands behind every row and for an unknown item.
    lengths : ndarray of int64, shape (n_rows,)
        How many ids each row has, the 0 behind it included.
    """

    ids: Ints
    lengths: Ints

    @property
    def owners(self) -> Ints:
        """The row of each id, shape (n_ids,)."""
        return np.repeat(np.arange(len(self.lengths)), self.lengths)


def begins(ascending: Codes | Ints) -> Ints:
    """Find the first place of each value.

    Parameters
    ----------
    ascending : ndarray, shape (n,)
        Equal values in a row.

    Returns
    -------
    ndarray of int64
        Places.

    Examples
    --------
    >>> begins(np.array([4, 4, 7])).tolist()
    [0, 2]
    """
    return np.flatnonzero(np.append(True, ascending[1:] != ascending[:-1])[: len(ascending)])
