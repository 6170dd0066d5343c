"""TF-IDF of n-grams over sequences of small ids, without a loop over them.

What ``sklearn.feature_extraction.text.TfidfVectorizer(sublinear_tf=True)`` does,
and the same numbers to rounding: tests hold the two against each other. Written
again because scikit-learn's takes a Python loop over every n-gram (8k sentences a
second for characters 1 to 3) and 1.6 s to import.

An n-gram of ids is one unsigned 64-bit code: the ids side by side, ``bits`` each.
A whole batch is one array of ids with zeros between its rows, through which a
:class:`~policyclf.features.trie.Trie` of the known n-grams walks from all places at
once. Training needs the rows themselves (`NgramTfidf.rows`); labelling only needs their
products with the weights, and takes a shorter way (:class:`NgramScorer`). The n-grams of a
single row are looked up by their codes (`NgramTfidf.row`): for a few, a trie is not worth building.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from policyclf.exceptions import InputError, ModelError
from policyclf.features.compiled import CompiledNgrams
from policyclf.features.rows import Floats, Ints, Rows
from policyclf.features.trie import MULTIPLIER, Trie

CODE_BITS = 64

LONGEST = 4
"""An n-gram's ids lie side by side in 64 bits: with four there is room for 65,535 ids."""

_NODE_BITS = 32
_SPARE_BITS = 3
"""Slots for eight times as many keys as there are."""

Codes = npt.NDArray[np.uint64]

_SLOTS_A_CODE = 8
_TIMES_BY_SEARCH = 256
"""A hash table takes as long to build as so many rows save with it."""

_SLOTS_A_PLACE = 4
_SHORT_MULTIPLIER = np.uint32(0x9E3779B1)

_ROWS_AT_ONCE = 128
"""Rows whose weights are gathered together: so many stay in the second cache."""

_PARTS_AT_ONCE = 2

_NOTHING = 1e-9
_MOST_IDF = 100.0


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
    """

    def __init__(self, codes: Codes, idf: Floats, ngram_range: tuple[int, int], bits: int) -> None:
        self.codes = codes
        self.idf = idf
        self.ngram_range = ngram_range
        self.bits = bits

    def __getstate__(self) -> dict[str, Any]:
        """Leave out of a pickle what is worked out when needed."""
        return {name: getattr(self, name) for name in ("codes", "idf", "ngram_range", "bits")}

    @cached_property
    def by_frequency(self) -> Ints:
        """Which n-gram each of the trie's sequences is."""
        return np.argsort(self.idf, kind="stable")

    @cached_property
    def trie(self) -> Trie:
        """Finds the n-grams, of which the most frequent ones come first."""
        order = np.argsort(self._aligned()[self.by_frequency])
        return Trie(self.sequences()[self.by_frequency], order)

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
        for n_rows_of_part, frequencies in _frequencies_of_each(parts, ngram_range, bits):
            n_rows += n_rows_of_part
            counted.append(frequencies)
            # As in a binary counter, so that every count is merged only a few times.
            while len(counted) > 1 and len(counted[-2].codes) < 2 * len(counted[-1].codes):
                counted.append(_merged([counted.pop(), counted.pop()]))
        codes, counts = _merged(counted)
        codes, counts = codes[counts >= min_df], counts[counts >= min_df]
        if max_features is not None and len(codes) > max_features:
            kept = np.sort(np.lexsort((codes, -counts))[:max_features])
            codes, counts = codes[kept], counts[kept]
        return cls(codes, np.log((1 + n_rows) / (1 + counts)) + 1, ngram_range, bits)

    def state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return what it is made of, in half the bytes of codes and idf.

        Returns
        -------
        parameters, arrays : dict
            Plain values; and the ids of the n-grams, end to end, the values that an idf
            has, and which of them is whose.
        """
        ids = self.sequences()
        lengths = (ids > 0).sum(axis=1)
        values, rarity = np.unique(self.idf, return_inverse=True)
        sizes = [int((lengths == length).sum()) for length in range(1, self.ngram_range[1] + 1)]
        return {"ngram_range": list(self.ngram_range), "sizes": sizes}, {
            "ids": ids[ids > 0].astype(np.min_scalar_type(int(ids.max(initial=0)))),
            "idf": values,
            "rarity": rarity.astype(np.min_scalar_type(len(values))),
        }

    @classmethod
    def from_state(
        cls,
        parameters: dict[str, Any],
        arrays: dict[str, npt.NDArray[Any]],
        *,
        bits: int,
        n_ids: int,
    ) -> NgramTfidf:
        """Make one of what `state` returned, or of the codes and idf of older models.

        The ids are those from 1 to ``n_ids``.
        """
        shortest, longest = parameters["ngram_range"]
        if "codes" in arrays:
            codes, idf = arrays["codes"], arrays["idf"]
            _check_codes(codes, longest, bits)
        else:
            codes = _joined(arrays["ids"], parameters["sizes"], longest, bits)
            idf = arrays["idf"][arrays["rarity"]]
        if idf.shape != codes.shape or idf.dtype.kind != "f" or not _is_idf(idf):
            raise ModelError(f"the idf of n-grams must be {len(codes)} numbers from 1 to 100.")
        if not (codes[:-1] < codes[1:]).all():
            raise ModelError("the n-grams must be ascending.")
        tfidf = cls(codes, idf.astype(np.float64, copy=False), (shortest, longest), bits)
        most = int((tfidf.sequences() if "codes" in arrays else arrays["ids"]).max(initial=0))
        if most > n_ids:
            raise ModelError(f"an n-gram has the id {most}. There are {n_ids}.")
        return tfidf

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
        if self.compiled is not None:
            return self.compiled.rows(sequences.ids, sequences.lengths)
        width = max(len(self.codes), 1)
        firsts, _, columns = self.find(sequences)
        entries = sequences.owners.take(firsts) * width + columns
        entries.sort()
        first = np.flatnonzero(np.diff(entries, prepend=-1))  # of an n-gram in a row
        counts = np.diff(first, append=len(entries))
        owners, columns = np.divmod(entries[first], width)
        values = (1 + np.log(counts)) * self.idf[columns] if len(columns) else np.zeros(0)
        n_rows = len(sequences.lengths)
        return Rows.from_entries(owners, columns, values, n_rows, len(self.codes)).unit_length()

    def row(self, ids: Codes) -> tuple[Ints, Floats]:
        """Weigh the n-grams of one row without a trie.

        Of one sentence all of numpy's calls together are what takes the time; these are
        half as many as `rows` and a walk down the trie need.

        Parameters
        ----------
        ids : ndarray of uint64, shape (n_ids,)
            The row.

        Returns
        -------
        columns, values : ndarray, shape (n_columns_of_the_row,)
            As in `rows`.
        """
        columns = self._index.places(self._codes_of_row(ids))
        columns.sort()
        same = columns[1:] == columns[:-1]
        if np.count_nonzero(same):
            ends = np.ones(len(columns), bool)  # of equal ones
            np.logical_not(same, out=ends[:-1])
            last = ends.nonzero()[0]
            columns = columns.take(last)
            last[1:] -= last[:-1].copy()
            last[0] += 1
            values: Floats = 1 + np.log(last)
            values *= self.idf.take(columns)
        else:
            values = self.idf.take(columns)
        values /= sqrt(values.dot(values)) or 1.0
        return columns, values

    @cached_property
    def compiled(self) -> CompiledNgrams | None:
        """The n-grams for compiled loops, where there are some."""
        return CompiledNgrams.of(self.codes, self.idf, self.ngram_range, self.bits)

    @cached_property
    def _index(self) -> _Index:
        return _Index(self.codes)

    def _codes_of_row(self, ids: Codes) -> Codes:
        """Return the codes of all n-grams of one row, as often as they occur."""
        shortest, longest = self.ngram_range
        n, bits = len(ids), np.uint64(self.bits)
        lengths = range(1, min(longest, n) + 1)
        codes = np.empty(sum(n + 1 - length for length in lengths), np.uint64)
        # An n-gram that began with an unknown item would look like a shorter one.
        begins = ids != 0 if np.count_nonzero(ids) < n else None
        shorter, start, wanted = ids, 0, 0
        for length in lengths:
            own = codes[start : start + n + 1 - length]
            if length == 1:
                own[:] = ids
            else:
                np.left_shift(shorter[:-1], bits, out=own)
                own |= ids[length - 1 :]
                if begins is not None:
                    own *= begins[: len(own)]
            shorter, start = own, start + len(own)
            if length < shortest:
                wanted = start
        return codes[wanted:]

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

    def sequences(self) -> Ints:
        """Take the codes apart: the ids of each n-gram, zeros behind the shorter ones.

        Returns
        -------
        ndarray of int64, shape (n_ngrams, longest)
            Ids.
        """
        aligned, mask = self._aligned(), np.uint64(2**self.bits - 1)
        longest = self.ngram_range[1]
        shifts = [np.uint64(self.bits * place) for place in range(longest - 1, -1, -1)]
        ids = [((aligned >> shift) & mask).astype(np.int64) for shift in shifts]
        return np.column_stack(ids) if len(ids) > 1 else ids[0].reshape(-1, 1)

    def _aligned(self) -> Codes:
        """Return the codes with the first id of each in the highest place."""
        aligned = self.codes.copy()
        # Ascending, and so by length.
        for length in range(1, self.ngram_range[1]):
            least, most = (1 << self.bits * (length - 1), (1 << self.bits * length) - 1)
            first = np.searchsorted(self.codes, np.uint64(least), side="left")
            last = np.searchsorted(self.codes, np.uint64(most), side="right")
            aligned[first:last] <<= np.uint64(self.bits * (self.ngram_range[1] - length))
        return aligned


class _Index:
    """Where codes are among ascending ones.

    The first are found by binary search, for which nothing is built; later ones with one
    look into a hash table, which saves a dozen that miss the cache. Of several codes with
    one slot the last has it, and the others are searched for.

    Parameters
    ----------
    codes : ndarray of uint64, shape (n_codes,)
        Ascending, each once.
    """

    def __init__(self, codes: Codes) -> None:
        self._codes = codes
        self._times = 0

    @cached_property
    def _table(self) -> tuple[np.uint64, npt.NDArray[np.int32], Codes, Ints]:
        """How far to shift, the slots, and the codes that have none with their places."""
        n = len(self._codes)
        bits = (n * _SLOTS_A_CODE - 1).bit_length()
        shift = np.uint64(CODE_BITS - bits)
        slots = ((self._codes * MULTIPLIER) >> shift).view(np.int64)
        table = np.zeros(2**bits, np.int32)
        table[slots] = np.arange(n)
        left = np.flatnonzero(table.take(slots) != np.arange(n))
        return shift, table, self._codes[left], left

    def places(self, wanted: Codes) -> Ints:
        """Give the places of those codes that are there, in any order."""
        if not len(self._codes):
            return np.zeros(0, np.int64)
        if self._times < _TIMES_BY_SEARCH:
            self._times += 1
            found, there = self._searched(self._codes, np.sort(wanted))
            return found[there]
        shift, table, codes_left, left = self._table
        first = table.take(((wanted * MULTIPLIER) >> shift).view(np.int64))
        there = self._codes.take(first) == wanted
        parts = [first[there]]
        if len(left):
            others, there_too = self._searched(codes_left, wanted[~there])
            parts.append(left.take(others[there_too]))
        return np.concatenate(parts, dtype=np.int64)

    @staticmethod
    def _searched(codes: Codes, wanted: Codes) -> tuple[Ints, npt.NDArray[np.bool_]]:
        """Search: where each would be, and whether it is there."""
        places = codes.searchsorted(wanted)
        return places, codes.take(places, mode="clip") == wanted


class NgramScorer:
    """Rows of n-grams times weights, without the rows.

    The same as ``tfidf.rows(sequences).dot(weights)`` to rounding, in fewer steps. The
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
            begins = _begins(owners)
            sums[owners.take(begins)] += np.add.reduceat(over, begins, axis=0)
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
            begins = nodes[:, step - 1]
            places = places[column.take(places) > 0]
            ends = several.take(places + 1) | (begins.take(places + 1) == 0)  # or is not counted
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
    slots = ((keys.astype(np.uint64) * MULTIPLIER) >> np.uint64(64 - bits)).astype(np.int64)
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


class _Frequencies(NamedTuple):
    """N-grams, ascending, and in how many rows each occurs."""

    codes: Codes
    counts: Ints


def _is_idf(numbers: npt.NDArray[np.floating]) -> bool:
    """Say whether all could come of counts: ``log(...) + 1`` of a share of the rows."""
    return bool(((numbers >= 1) & (numbers <= _MOST_IDF)).all())


def _check_codes(codes: npt.NDArray[Any], longest: int, bits: int) -> None:
    """Check the codes of an older model: whole numbers, none of them with a gap."""
    if codes.dtype != np.uint64 or codes.ndim != 1:
        raise ModelError("the codes of n-grams must be whole numbers in a row.")
    items = [(codes >> np.uint64(bits * k)) & np.uint64(2**bits - 1) for k in range(longest)]
    begun = np.zeros(len(codes), bool)
    for item in reversed(items):
        if (begun & (item == 0)).any():
            raise ModelError("an n-gram has a gap.")
        begun |= item > 0
    if not begun.all() or (longest * bits < CODE_BITS and (codes >> (longest * bits)).any()):
        raise ModelError(f"an n-gram has no item, or more than {longest}.")


def _joined(ids: npt.NDArray[Any], sizes: Sequence[int], longest: int, bits: int) -> Codes:
    """Put the ids of n-grams side by side: first all of one id, then all of two, and so on."""
    needed = sum(length * size for length, size in enumerate(sizes, start=1))
    if ids.dtype.kind != "u" or len(sizes) != longest or min(sizes) < 0 or needed != len(ids):
        raise ModelError(f"{len(ids)} {ids.dtype} are not ids of n-grams, so many a size: {sizes}.")
    if not ids.all() or int(ids.max(initial=0)) >= 2**bits:
        raise ModelError(f"the ids of n-grams must be from 1 to {2**bits - 1}.")
    parts = [np.zeros(0, np.uint64)]
    place = 0
    for length, size in enumerate(sizes, start=1):
        columns = ids[place : place + length * size].reshape(size, length).T.astype(np.uint64)
        place += length * size
        codes = columns[0]
        for column in columns[1:]:
            codes = codes << np.uint64(bits) | column
        parts.append(codes)
    return np.concatenate(parts)


def _frequencies_of_each(
    parts: Iterable[Sequences], ngram_range: tuple[int, int], bits: int
) -> Iterator[tuple[int, _Frequencies]]:
    """Count the rows and n-grams of each part, in threads, while the next one is made."""
    from concurrent.futures import Future, ThreadPoolExecutor  # noqa: PLC0415  only training counts

    def count(part: Sequences) -> tuple[int, _Frequencies]:
        return len(part.lengths), _frequencies(part, ngram_range, bits)

    with ThreadPoolExecutor(_PARTS_AT_ONCE) as pool:
        waiting: deque[Future[tuple[int, _Frequencies]]] = deque()
        for part in parts:
            waiting.append(pool.submit(count, part))
            if len(waiting) > _PARTS_AT_ONCE:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _frequencies(sequences: Sequences, ngram_range: tuple[int, int], bits: int) -> _Frequencies:
    """Count in how many rows each n-gram occurs."""
    of_lengths = []
    row_bits = max(len(sequences.lengths) - 1, 1).bit_length()
    for length in range(ngram_range[0], ngram_range[1] + 1):
        codes, owners = _ngrams(sequences, length, bits)
        if length * bits + row_bits <= CODE_BITS:  # what is sorted whole need not be moved twice
            pairs = (codes << np.uint64(row_bits)) | owners.astype(np.uint64)
            pairs.sort()
            codes = pairs[_begins(pairs)] >> np.uint64(row_bits)
        else:
            order = np.argsort(codes, kind="stable")  # so that rows stay in order
            codes, owners = codes[order], owners[order]
            first = np.ones(len(codes), bool)  # of an n-gram in a row
            first[1:] = (codes[1:] != codes[:-1]) | (owners[1:] != owners[:-1])
            codes = codes[first]
        new = _begins(codes)
        of_lengths.append(_Frequencies(codes[new], np.diff(new, append=len(codes))))
    return _merged(of_lengths)


def _begins(ascending: Codes | Ints) -> Ints:
    """Find the first place of each value."""
    return np.flatnonzero(np.append(True, ascending[1:] != ascending[:-1])[: len(ascending)])


def _merged(counted: Sequence[_Frequencies]) -> _Frequencies:
    """Add counts up."""
    codes = np.concatenate([np.zeros(0, np.uint64), *(part.codes for part in counted)])
    counts = np.concatenate([np.zeros(0, np.int64), *(part.counts for part in counted)])
    order = np.argsort(codes, kind="stable")
    codes, counts = codes[order], counts[order]
    new = _begins(codes)
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
