"""Where the features of a batch stand in its texts: what an explanation is made of.

Scoring needs to know how often a feature occurs, not where; finding the places costs as
much again. So blocks have it as a second method beside ``rows``, for those who ask.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policyclf.features.batch import Batch
from policyclf.features.rows import Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Occurrences:
    """The places of some features, in one field of the segments of a batch.

    Parameters
    ----------
    field : str
        The field of a segment that was searched: ``text``, ``previous``, …
    texts : ndarray of int64, shape (n_occurrences,)
        The place in ``batch.texts`` of each one's text, never decreasing (see `by_text`).
    starts, ends : ndarray of int64, shape (n_occurrences,)
        Half-open ranges of code points of that text.
    columns : ndarray of int64, shape (n_occurrences,)
        The column of the feature.
    weights : ndarray of float64, shape (n_occurrences,)
        In what proportion the places of one feature in one text share its value.
    """

    field: str
    texts: Ints
    starts: Ints
    ends: Ints
    columns: Ints
    weights: Floats

    def by_text(self) -> Occurrences:
        """Sort occurrences that come in any order."""
        return self._take(np.argsort(self.texts, kind="stable"))

    def of_text(self, place: int) -> Occurrences:
        """Take the occurrences in one text.

        Parameters
        ----------
        place : int
            Its place in ``batch.texts``.

        Returns
        -------
        Occurrences
            Those of that text.
        """
        first, last = np.searchsorted(self.texts, [place, place + 1])
        return self._take(slice(int(first), int(last)))

    def shares(self) -> Floats:
        """Divide each feature's one among its places, shape (n_occurrences,).

        To be asked of the occurrences in one text.
        """
        _, feature = np.unique(self.columns, return_inverse=True)
        shares: Floats = self.weights / np.bincount(feature, self.weights)[feature]
        return shares

    def _take(self, which: Ints | slice) -> Occurrences:
        return Occurrences(
            self.field,
            self.texts[which],
            self.starts[which],
            self.ends[which],
            self.columns[which],
            self.weights[which],
        )


def text_starts(batch: Batch) -> Ints:
    """Return where in ``batch.codepoints`` each text begins, shape (n_texts,)."""
    return np.cumsum(batch.lengths) - batch.lengths
