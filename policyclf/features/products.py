"""N-grams times weights, without rows of features.

Labelling needs no rows, only their products. Compiled loops make these where they are; where
not, numpy does, in fewer steps than by way of the rows.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt

from policyclf.features.ngrams import NgramTfidf
from policyclf.features.rows import Floats, Ints
from policyclf.features.sequences import CODE_BITS, Sequences, begins
from policyclf.features.trie import MULTIPLIER

_NODE_BITS = 32
_SPARE_BITS = 3
"""Slots for eight times as many keys as there are."""

_SLOTS_A_PLACE = 4
_SHORT_MULTIPLIER = np.uint32(0x9E3779B1)

_ROWS_AT_ONCE = 128
"""Rows whose weights are gathered together: so many stay in the second cache."""

_NOTHING = 1e-9


class NgramScorer:
    """Rows of n-grams times weights, without the rows.

    The same as ``tfidf.rows(sequences).dot(weights)`` to rounding. In numpy: the
    n-grams that begin at a place are the beginnings of the longest one, so a node of the
    trie has the sum of their weights, and a place is looked up once. As if each counted in
    full wherever it occurs: for the few that are repeated in a row, what is too much is
    taken off at the end. Nothing is sorted.

    Parameters
    ----------
    tfidf : NgramTfidf
        The n-grams.
    weights : ndarray, shape (n_ngrams, n_labels)
        Of a linear model.
    """

    def __init__(self, tfidf: NgramTfidf, weights: npt.NDArray[np.floating]) -> None:
        self._tfidf = tfidf
        self._weights = weights
        self._longest = tfidf.ngram_range[1]
        self._compiled = None if tfidf.compiled is None else tfidf.compiled.times(weights)

    @cached_property
    def _worth(self) -> npt.NDArray[np.float32]:
        """What each node is worth by itself, shape (n_nodes, n_labels + 1).

        Of the nodes, those too that are no n-gram themselves, and are worth nothing. In the
        last column the square of each, of which the row's length is made.
        """
        is_ngram = self._tfidf.trie.found >= 0
        columns = self._tfidf.by_frequency[self._tfidf.trie.found[is_ngram]]
        idf = self._tfidf.idf[columns]
        worth = np.zeros((len(is_ngram), self._weights.shape[1] + 1), np.float32)
        worth[is_ngram, :-1] = self._weights[columns] * idf[:, None]
        worth[is_ngram, -1] = idf**2
        return worth

    @cached_property
    def _to_node(self) -> npt.NDArray[np.float32]:
        """What each node and all before it are worth together."""
        worth, trie = self._worth.copy(), self._tfidf.trie
        for own in trie.levels[1:]:
            worth[own] += worth[trie.parents[own]]
        return worth

    def scores(self, sequences: Sequences) -> Floats:
        """Score rows.

        Parameters
        ----------
        sequences : Sequences
            The rows, each ended by a 0 at least.

        Returns
        -------
        ndarray of float64, shape (n_rows, n_labels)
            A row's do not depend on the rows beside it.
        """
        if self._compiled is not None:
            return self._compiled.scores(sequences.ids, sequences.lengths)
        n_rows = len(sequences.lengths)
        if n_rows == 0:
            return np.zeros((0, self._weights.shape[1]))
        worth = self._to_node
        nodes = self._tfidf.trie.descend(sequences.ids, self._longest)
        deepest = nodes[:, 0]
        for step in range(1, self._longest):
            deepest = np.where(nodes[:, step], nodes[:, step], deepest)
        ends = np.cumsum(sequences.lengths)
        starts = ends - sequences.lengths
        sums = np.empty((n_rows, worth.shape[1]))
        for first in range(0, n_rows, _ROWS_AT_ONCE):
            rows = slice(first, first + _ROWS_AT_ONCE)
            begin, end = starts[first], ends[rows][-1]
            # In double precision: the sums are thirty times the scores, and digits go.
            terms = worth.take(deepest[begin:end], axis=0).astype(np.float64)
            np.add.reduceat(terms, starts[rows] - begin, axis=0, out=sums[rows])
        several, counts, owners = _repeated(sequences, starts, nodes)
        if len(several):
            once = 1 + np.log(counts)
            over = self._worth.take(several, axis=0).astype(np.float64)
            over[:, :-1] *= (once - counts)[:, None]
            over[:, -1] *= once**2 - counts
            new = begins(owners)
            sums[owners.take(new)] += np.add.reduceat(over, new, axis=0)
        scores, lengths = sums[:, :-1], sums[:, -1]
        # Of nothing known, or taken off again to the last digit.
        lengths[lengths <= _NOTHING] = 1
        scores /= np.sqrt(lengths)[:, None]
        return scores

    def score(self, ids: Ints) -> Floats:
        """Score one row.

        Parameters
        ----------
        ids : ndarray of int64, shape (n_ids,)
            The row, which needs no 0 at its end.

        Returns
        -------
        ndarray of float64, shape (n_labels,)
            As `scores` has them, to rounding.
        """
        if self._compiled is not None:
            return self._compiled.score(ids)
        columns, values = self._tfidf.row(ids.view(np.uint64))
        scores: Floats = values.dot(self._weights.take(columns, axis=0))
        return scores


def _repeated(
    sequences: Sequences, starts: Ints, nodes: npt.NDArray[np.int32]
) -> tuple[npt.NDArray[np.int32], Ints, Ints]:
    """Find what occurs in a row several times.

    Only what begins and ends with something repeated can be repeated itself.

    Returns
    -------
    nodes, counts, owners : ndarray
        Each once a row, with how often it occurs and in which row; rows ascending.
    """
    rows = sequences.owners
    found: list[npt.NDArray[np.int32]] = []
    counted: list[Ints] = []
    owners: list[Ints] = []
    places = _suspects(nodes[:, 0], starts, sequences.lengths)
    several = np.zeros(len(nodes), bool)
    for step in range(nodes.shape[1]):
        column = nodes[:, step]
        if step:
            begun = nodes[:, step - 1]
            places = places[column.take(places) > 0]
            ends = several.take(places + 1) | (begun.take(places + 1) == 0)  # or is not counted
            places = places[ends]
        counts, is_first = _counts((rows.take(places) << _NODE_BITS) | column.take(places))
        twice = counts > 1
        first = twice & is_first
        found.append(column.take(places[first]))
        counted.append(counts[first])
        owners.append(rows.take(places[first]))
        places = places[twice]
        several = np.zeros(len(nodes), bool)
        several[places] = True
    owner = np.concatenate(owners)
    order = np.argsort(owner, kind="stable")
    return np.concatenate(found)[order], np.concatenate(counted)[order], owner[order]


def _suspects(column: npt.NDArray[np.int32], starts: Ints, lengths: Ints) -> Ints:
    """Find the places, and some more, of nodes that occur in their row several times.

    Every place writes its number into a slot of its row: who does not find it there
    again shares the slot. Rows have slots of their own, so that memory is gone through once.
    """
    n = len(column)
    size = lengths * _SLOTS_A_PLACE
    slots = (column.astype(np.uint32) * _SHORT_MULTIPLIER).astype(np.int64)
    slots *= np.repeat(size, lengths)
    slots >>= _NODE_BITS
    slots += np.repeat(starts * _SLOTS_A_PLACE, lengths)
    last = np.empty(n * _SLOTS_A_PLACE, np.int32)
    places = np.arange(n, dtype=np.int32)
    last[slots] = places  # of those in one slot, the last one stays
    likes = last.take(slots)
    sharing = np.flatnonzero(likes != places)
    suspect = np.zeros(n, bool)
    suspect[sharing] = True
    suspect[likes.take(sharing)] = True
    suspect &= column > 0
    return np.flatnonzero(suspect)


def _counts(keys: Ints) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Count how often each key occurs, and mark each once: `numpy.unique` without sorting."""
    n = len(keys)
    bits = max(8, n.bit_length() + _SPARE_BITS)
    slots = ((keys.astype(np.uint64) * MULTIPLIER) >> np.uint64(CODE_BITS - bits)).astype(np.int64)
    last = np.empty(2**bits, np.int32)
    places = np.arange(n, dtype=np.int32)
    last[slots] = places  # of those in one slot, the last one stays
    likes = last.take(slots)
    alike = keys.take(likes) == keys
    counts = np.bincount(likes, alike, minlength=n).take(likes).astype(np.int64)
    is_one = likes == places
    others = np.flatnonzero(~alike)  # one in thirty
    if len(others):
        _, one, inverse, found = np.unique(
            keys[others], return_index=True, return_inverse=True, return_counts=True
        )
        counts[others] = found[inverse]
        is_one[others[one]] = True
    return counts, is_one
