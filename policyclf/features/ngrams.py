"""TF-IDF of n-grams over sequences of small ids, without a loop over them.

What ``sklearn.feature_extraction.text.TfidfVectorizer(sublinear_tf=True)`` does,
and the same numbers to rounding: tests hold the two against each other. Written
again because scikit-learn's takes a Python loop over every n-gram (8k sentences a
second for characters 1 to 3) and 1.6 s to import.

An n-gram of ids is one unsigned 64-bit code: the ids side by side, ``bits`` each.
A whole batch is one array of ids with zeros between its rows, through which a
:class:`~policyclf.features.trie.Trie` of the known n-grams walks from all places at
once. Training needs the rows themselves; labelling only needs their products with the
weights, and takes a shorter way (:class:`NgramScorer`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from policyclf.exceptions import InputError, ModelError
from policyclf.features.rows import Floats, Ints, Rows
from policyclf.features.trie import MULTIPLIER, Trie

CODE_BITS = 64

_NODE_BITS = 32
_SPARE_BITS = 3
"""Slots for eight times as many keys as there are."""

Codes = npt.NDArray[np.uint64]

_ROWS_AT_ONCE = 32
"""Rows whose weights are gathered together: 150 n-grams of 18 labels each stay in the
second cache. With 256, gathering and summing took half as long again."""


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


class NgramTfidf:
    """The n-grams that training met, and how rare they were.

    Parameters
    ----------
    codes : ndarray of uint64, shape (n_ngrams,)
        The n-grams, ascending.
    idf : ndarray of float64, shape (n_ngrams,)
        ``log((1 + n_rows) / (1 + document frequency)) + 1`` of each.
    ngram_range : tuple of int
        Shortest and longest n-gram.
    bits : int
        The width of one id in a code.

    Attributes
    ----------
    by_frequency : ndarray of int64, shape (n_ngrams,)
        Which n-gram each of the trie's sequences is.
    """

    def __init__(self, codes: Codes, idf: Floats, ngram_range: tuple[int, int], bits: int) -> None:
        self.codes = codes
        self.idf = idf
        self.ngram_range = ngram_range
        self.bits = bits
        self.by_frequency = np.argsort(idf, kind="stable")

    @cached_property
    def trie(self) -> Trie:
        """Finds the n-grams, of which the most frequent ones come first."""
        return Trie(self.sequences()[self.by_frequency])

    @classmethod
    def learn(
        cls,
        parts: Iterable[Sequences],
        *,
        ngram_range: tuple[int, int],
        bits: int,
        min_df: int,
        max_features: int | None,
    ) -> NgramTfidf:
        """Take the n-grams of some rows into a vocabulary.

        Parameters
        ----------
        parts : iterable of Sequences
            The rows, some at a time: what occurs in them is counted part by part, so that
            memory is bounded by the different n-grams, not by the rows.
        ngram_range : tuple of int
            Shortest and longest n-gram.
        bits : int
            The width of one id; the longest n-gram must fit into 64 bits.
        min_df : int
            In how many rows an n-gram must occur.
        max_features : int or None
            Keep at most so many, those in most rows first.

        Returns
        -------
        NgramTfidf
            Able to weigh rows.
        """
        if ngram_range[1] * bits > CODE_BITS:
            raise InputError(
                f"The longest n-gram may have {CODE_BITS // bits} items. Got {ngram_range[1]}."
            )
        n_rows = 0
        counted: list[_Frequencies] = []
        for part in parts:
            n_rows += len(part.lengths)
            counted.append(_frequencies(part, ngram_range, bits))
            # As in a binary counter, so that every count is merged only a few times.
            while len(counted) > 1 and len(counted[-2].codes) < 2 * len(counted[-1].codes):
                counted.append(_merged([counted.pop(), counted.pop()]))
        codes, counts = _merged(counted)
        codes, counts = codes[counts >= min_df], counts[counts >= min_df]
        if max_features is not None and len(codes) > max_features:
            kept = np.sort(np.lexsort((codes, -counts))[:max_features])
            codes, counts = codes[kept], counts[kept]
        return cls(codes, np.log((1 + n_rows) / (1 + counts)) + 1, ngram_range, bits)

    def rows(self, sequences: Sequences) -> Rows:
        """Weigh the n-grams of some rows.

        Parameters
        ----------
        sequences : Sequences
            The rows.

        Returns
        -------
        Rows
            ``(1 + log(count)) * idf`` of each known n-gram, every row scaled to
            Euclidean length one.
        """
        width = max(len(self.codes), 1)
        found = self.trie.found.take(self.trie.descend(sequences.ids, self.ngram_range[1]))
        known = found >= 0
        owners = np.repeat(sequences.owners, known.sum(axis=1))
        entries = owners * width + self.by_frequency.take(found[known])
        entries.sort()
        first = np.flatnonzero(np.diff(entries, prepend=-1))  # of an n-gram in a row
        counts = np.diff(first, append=len(entries))
        owners, columns = np.divmod(entries[first], width)
        values = (1 + np.log(counts)) * self.idf[columns] if len(columns) else np.zeros(0)
        n_rows = len(sequences.lengths)
        return Rows.from_entries(owners, columns, values, n_rows, len(self.codes)).unit_length()

    def find(self, sequences: Sequences) -> tuple[Ints, Ints, Ints]:
        """Find where the known n-grams stand.

        Parameters
        ----------
        sequences : Sequences
            The rows.

        Returns
        -------
        firsts, lengths, columns : ndarray of int64, shape (n_occurrences,)
            The place in ``sequences.ids`` of the first id of each n-gram, how many ids it
            has, and its column.
        """
        found = self.trie.found.take(self.trie.descend(sequences.ids, self.ngram_range[1]))
        firsts, steps = np.nonzero(found >= 0)
        return firsts, steps + 1, self.by_frequency.take(found[firsts, steps])

    def check_ids(self, most: int) -> None:
        """Check that no n-gram of a model that was read has an id above those there are."""
        found = int(self.sequences().max(initial=0))
        if found > most:
            raise ModelError(f"an n-gram has the id {found}. There are {most}.")

    def nodes(self) -> Ints:
        """Return the trie's node of each n-gram, shape (n_ngrams,)."""
        ends = np.flatnonzero(self.trie.found >= 0)
        nodes = np.zeros(len(self.codes), np.int64)
        nodes[self.by_frequency[self.trie.found[ends]]] = ends
        return nodes

    def sequences(self) -> Ints:
        """Take the codes apart: the ids of each n-gram, zeros behind the shorter ones.

        Returns
        -------
        ndarray of int64, shape (n_ngrams, longest)
            Ids.
        """
        longest = self.ngram_range[1]
        sequences = np.zeros((len(self.codes), longest), np.int64)
        rest, mask = self.codes, np.uint64(2**self.bits - 1)
        for _ in range(longest):  # from the last id to the first, pushing those behind it on
            inside = rest > 0
            sequences[inside, 1:] = sequences[inside, :-1]
            sequences[inside, 0] = (rest & mask)[inside]
            rest = rest >> np.uint64(self.bits) if self.bits < CODE_BITS else np.zeros_like(rest)
        return sequences


class NgramScorer:
    """Rows of n-grams times weights, without the rows.

    The same as ``tfidf.rows(sequences).dot(weights)`` to rounding. Occurrences are summed
    as they stand: an n-gram that occurs ``m`` times in a row counts ``(1 + log m) / m``
    each time. So nothing is sorted, and only the few that can be repeated are counted: those
    whose beginning and whose end are.

    Parameters
    ----------
    tfidf : NgramTfidf
        The n-grams.
    weights : ndarray, shape (n_ngrams, n_labels)
        Of a linear model.
    """

    def __init__(self, tfidf: NgramTfidf, weights: npt.NDArray[np.floating]) -> None:
        self._trie = tfidf.trie
        self._longest = tfidf.ngram_range[1]
        # Of the nodes, those too that are no n-gram themselves, and are worth nothing.
        is_ngram = self._trie.found >= 0
        columns = tfidf.by_frequency[self._trie.found[is_ngram]]
        self._squares = np.zeros(len(is_ngram))
        self._squares[is_ngram] = tfidf.idf[columns] ** 2
        self._weights = np.zeros((len(is_ngram), weights.shape[1]), np.float32)
        self._weights[is_ngram] = weights[columns] * tfidf.idf[columns, None]

    def scores(self, sequences: Sequences) -> Floats:
        """Score rows.

        Parameters
        ----------
        sequences : Sequences
            The rows.

        Returns
        -------
        ndarray of float64, shape (n_rows, n_labels)
            A row's do not depend on the rows beside it.
        """
        if not len(sequences.lengths):
            return np.zeros((0, self._weights.shape[1]))
        nodes, shares, squares, ends = self._occurrences(sequences)
        starts = np.concatenate([[0], ends[:-1]])
        # Behind all, one more: `reduceat` gives an empty row what stands at its start.
        lengths = np.add.reduceat(np.append(squares, 0.0), starts)
        lengths[starts == ends] = 0
        scores = np.zeros((len(ends), self._weights.shape[1]))
        bounds = list(zip(starts.tolist(), ends.tolist(), scores, strict=True))
        for first in range(0, len(bounds), _ROWS_AT_ONCE):
            rows = bounds[first : first + _ROWS_AT_ONCE]
            begin = rows[0][0]
            # In double precision: the sums are thirty times the scores, and digits go.
            terms = self._weights.take(nodes[begin : rows[-1][1]], axis=0).astype(np.float64)
            for start, end, score in rows:
                shares[start:end].dot(terms[start - begin : end - begin], score)
        lengths[lengths == 0] = 1
        scores /= np.sqrt(lengths)[:, None]
        return scores

    def score_one(self, nodes: Iterable[int]) -> Floats:
        """Score one row.

        Parameters
        ----------
        nodes : iterable of int
            The trie's nodes of its n-grams, as often as they occur.

        Returns
        -------
        ndarray of float64, shape (n_labels,)
            As in `scores`, to rounding.
        """
        counts = Counter(nodes)
        at = np.fromiter(counts, np.int64, len(counts))
        shares = 1 + np.log(np.fromiter(counts.values(), np.float64, len(counts)))
        length = np.sqrt(self._squares.take(at).dot(shares**2)) or 1.0
        scores: Floats = shares.dot(self._weights.take(at, axis=0)) / length
        return scores

    def _occurrences(
        self, sequences: Sequences
    ) -> tuple[npt.NDArray[np.int32], Floats, Floats, Ints]:
        """Find the n-grams, in the order of their places and then of their lengths.

        Returns the node of each, its share of the n-gram's value, its share of the
        square, and where the occurrences of each row end.
        """
        nodes = self._trie.descend(sequences.ids, self._longest)
        inside = nodes > 0
        found = np.flatnonzero(inside)
        at = nodes.ravel().take(found)
        depths = inside[:, 0].astype(np.int64)
        for step in range(1, self._longest):
            depths += inside[:, step]
        ends = np.cumsum(depths).take(np.cumsum(sequences.lengths) - 1)
        counts = _counts_in_rows(sequences, nodes).ravel().take(found)
        several = np.flatnonzero(counts > 1)
        often = counts.take(several)
        share = (1 + np.log(often)) / often
        shares = np.ones(len(at))
        shares[several] = share
        squares = self._squares.take(at)
        squares[several] *= often * share**2
        return at, shares, squares, ends


def _counts_in_rows(sequences: Sequences, nodes: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Count how often each node occurs in its row.

    Only what begins and ends with something repeated can be repeated itself.
    """
    counts = np.ones(nodes.shape, np.int32)
    rows = sequences.owners << _NODE_BITS
    counts[:, 0] = _counts(rows | nodes[:, 0])
    several = (counts[:, 0] > 1) & (nodes[:, 0] > 0)
    for step in range(1, nodes.shape[1]):
        ends = several | (nodes[:, step - 1] == 0)  # or with what is not counted
        places = np.flatnonzero(several[:-1] & ends[1:] & (nodes[:-1, step] > 0))
        found = _counts(rows.take(places) | nodes[:, step].take(places))
        counts[places, step] = found
        several = np.zeros(len(nodes), bool)
        several[places[found > 1]] = True
    return counts


def _counts(keys: Ints) -> Ints:
    """Count how often each key occurs: `numpy.unique`, but without sorting."""
    bits = max(8, len(keys).bit_length() + _SPARE_BITS)
    slots = ((keys.astype(np.uint64) * MULTIPLIER) >> np.uint64(64 - bits)).astype(np.int64)
    last = np.empty(2**bits, np.int32)
    last[slots] = np.arange(len(keys), dtype=np.int32)  # of those in one slot, the last stays
    likes = last.take(slots)
    alike = keys.take(likes) == keys
    counts = np.bincount(likes, alike, minlength=len(keys)).take(likes).astype(np.int64)
    others = np.flatnonzero(~alike)  # one in thirty
    if len(others):
        _, inverse, found = np.unique(keys[others], return_inverse=True, return_counts=True)
        counts[others] = found[inverse]
    return counts


class _Frequencies(NamedTuple):
    """N-grams, ascending, and in how many rows each occurs."""

    codes: Codes
    counts: Ints


def _frequencies(sequences: Sequences, ngram_range: tuple[int, int], bits: int) -> _Frequencies:
    """Count in how many rows each n-gram occurs."""
    of_lengths = []
    for length in range(ngram_range[0], ngram_range[1] + 1):
        codes, owners = _ngrams(sequences, length, bits)
        order = np.argsort(codes, kind="stable")  # so that rows stay in order
        codes, owners = codes[order], owners[order]
        first = np.ones(len(codes), bool)  # of an n-gram in a row
        first[1:] = (codes[1:] != codes[:-1]) | (owners[1:] != owners[:-1])
        codes = codes[first]
        new = np.flatnonzero(np.concatenate([[True], codes[1:] != codes[:-1]])[: len(codes)])
        of_lengths.append(_Frequencies(codes[new], np.diff(new, append=len(codes))))
    return _merged(of_lengths)


def _merged(counted: Sequence[_Frequencies]) -> _Frequencies:
    """Add counts up."""
    codes = np.concatenate([np.zeros(0, np.uint64), *(part.codes for part in counted)])
    counts = np.concatenate([np.zeros(0, np.int64), *(part.counts for part in counted)])
    order = np.argsort(codes, kind="stable")
    codes, counts = codes[order], counts[order]
    new = np.flatnonzero(np.concatenate([[True], codes[1:] != codes[:-1]])[: len(codes)])
    sums = np.add.reduceat(counts, new) if len(new) else counts
    return _Frequencies(codes[new], sums)


def _ngrams(sequences: Sequences, length: int, bits: int) -> tuple[Codes, Ints]:
    """Return the codes of all n-grams of one length, and the row of each."""
    ids = sequences.ids.astype(np.uint64)
    count = max(len(ids) - length + 1, 0)
    codes = np.zeros(count, np.uint64)
    whole = np.ones(count, bool)
    for place in range(length):
        items = ids[place : place + count]
        codes = (codes << np.uint64(bits)) | items
        whole &= items != 0
    return codes[whole], sequences.owners[:count][whole]
