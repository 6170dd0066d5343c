"""TF-IDF of n-grams over sequences of small ids, without a loop over them.

What ``sklearn.feature_extraction.text.TfidfVectorizer(sublinear_tf=True)`` does,
and the same numbers to rounding: tests hold the two against each other. Written
again because scikit-learn's takes a Python loop over every n-gram (8k sentences a
second for characters 1 to 3) and 1.6 s to import.

An n-gram of ids is one unsigned 64-bit code: the ids side by side, ``bits`` each. Compiled
loops look codes up in a hash table. Where there are none, a whole batch is one array of ids with
zeros between its rows, through which a :class:`~policyclf.features.trie.Trie` of the known n-grams
walks from all places at once; those of a single row are searched for (`NgramTfidf.row`), since a
trie is not worth building for a few.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from math import sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from policyclf.exceptions import InputError, ModelError
from policyclf.features.compiled import CompiledNgrams
from policyclf.features.rows import Floats, Ints, Rows
from policyclf.features.sequences import CODE_BITS, Codes, Sequences
from policyclf.features.trie import Trie

LONGEST = 4
"""An n-gram's ids lie side by side in 64 bits: with four there is room for 65,535 ids."""

_MOST_IDF = 100.0


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
            The rows, some at a time.
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
        from policyclf.features.frequencies import (  # noqa: PLC0415  labelling does without
            document_frequencies,
        )

        codes, counts, n_rows = document_frequencies(parts, ngram_range, bits)
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
        if not (type(shortest) is type(longest) is int and 1 <= shortest <= longest):
            raise ModelError(f"n-grams cannot be of {shortest} to {longest} items.")
        if n_ids >= 2**bits:
            raise ModelError(f"n-grams can be of {2**bits - 1} different items. There are {n_ids}.")
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
        if len(codes) and int(codes[0]) >> bits * (shortest - 1) == 0:
            raise ModelError(f"an n-gram has fewer than {shortest} items.")
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
        if not len(self.codes):
            return np.zeros(0, np.int64), np.zeros(0)
        wanted = self._codes_of_row(ids)
        wanted.sort()
        places = self.codes.searchsorted(wanted)
        columns = places[self.codes.take(places, mode="clip") == wanted]
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
