"""TF-IDF of n-grams over sequences of small ids, without a loop over them.

What ``sklearn.feature_extraction.text.TfidfVectorizer(sublinear_tf=True)`` does,
and the same numbers to rounding: tests hold the two against each other. Written
again because scikit-learn's takes a Python loop over every n-gram (8k sentences a
second for characters 1 to 3) and 1.6 s to import.

An n-gram of ids is one unsigned 64-bit code: the ids side by side, ``bits`` each.
A whole batch is one array of ids with zeros between its rows, and shifting that
array against itself gives all n-grams of one length at once; those that hold a
zero reach over a row's end, or hold something unknown, and are none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policyclf.exceptions import InputError
from policyclf.features.hashing import Codes, CodeTable
from policyclf.features.rows import Floats, Ints, Rows

CODE_BITS = 64


@dataclass(frozen=True, slots=True, eq=False)
class Sequences:
    """Rows of ids, end to end.

    Parameters
    ----------
    ids : ndarray of uint64, shape (n_ids,)
        The ids of all rows; 0 stands between two rows and for an unknown item.
    owners : ndarray of int64, shape (n_ids,)
        The row of each id.
    n_rows : int
        How many rows there are, empty ones included.
    """

    ids: Codes
    owners: Ints
    n_rows: int


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
        self._table = CodeTable(codes)

    @classmethod
    def learn(
        cls,
        sequences: Sequences,
        *,
        ngram_range: tuple[int, int],
        bits: int,
        min_df: int,
        max_features: int | None,
    ) -> NgramTfidf:
        """Take the n-grams of some rows into a vocabulary.

        Parameters
        ----------
        sequences : Sequences
            The rows.
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
        found: list[Codes] = []
        frequencies: list[Ints] = []
        for length in range(ngram_range[0], ngram_range[1] + 1):
            codes, owners = _ngrams(sequences, length, bits)
            order = np.lexsort((owners, codes))
            codes, owners = codes[order], owners[order]
            first = np.ones(len(codes), bool)  # of an n-gram in a row
            first[1:] = (codes[1:] != codes[:-1]) | (owners[1:] != owners[:-1])
            distinct, counts = np.unique(codes[first], return_counts=True)
            found.append(distinct[counts >= min_df])
            frequencies.append(counts[counts >= min_df])
        codes, counts = np.concatenate(found), np.concatenate(frequencies)
        if max_features is not None and len(codes) > max_features:
            kept = np.lexsort((codes, -counts))[:max_features]
            codes, counts = codes[kept], counts[kept]
        order = np.argsort(codes)
        idf = np.log((1 + sequences.n_rows) / (1 + counts[order])) + 1
        return cls(codes[order], idf, ngram_range, bits)

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
        keys: list[Ints] = []
        for length in range(self.ngram_range[0], self.ngram_range[1] + 1):
            codes, owners = _ngrams(sequences, length, self.bits)
            places = self._table.places(codes)
            known = places >= 0
            keys.append(owners[known] * width + places[known])
        entries = np.concatenate(keys)
        entries.sort()
        first = np.flatnonzero(np.diff(entries, prepend=-1))  # of an n-gram in a row
        counts = np.diff(first, append=len(entries))
        owners, columns = np.divmod(entries[first], width)
        values = (1 + np.log(counts)) * self.idf[columns] if len(columns) else np.zeros(0)
        rows = Rows.from_entries(owners, columns, values, sequences.n_rows, len(self.codes))
        return rows.unit_length()

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
        firsts, lengths, columns = [], [], []
        for length in range(self.ngram_range[0], self.ngram_range[1] + 1):
            windows = np.arange(max(len(sequences.ids) - length + 1, 0))
            codes = np.zeros(len(windows), np.uint64)
            whole = np.ones(len(windows), bool)
            for place in range(length):
                items = sequences.ids[place : place + len(windows)]
                codes = (codes << np.uint64(self.bits)) | items
                whole &= items != 0
            places = self._table.places(codes)
            known = np.flatnonzero(whole & (places >= 0))
            firsts.append(known)
            lengths.append(np.full(len(known), length, np.int64))
            columns.append(places[known].astype(np.int64))
        return np.concatenate(firsts), np.concatenate(lengths), np.concatenate(columns)

    def ids(self) -> list[list[int]]:
        """Take the codes apart: the ids of each n-gram, in order."""
        shifts = range((self.ngram_range[1] - 1) * self.bits, -1, -self.bits)
        mask = 2**self.bits - 1
        return [
            [(code >> shift) & mask for shift in shifts if code >> shift]
            for code in self.codes.tolist()
        ]


def _ngrams(sequences: Sequences, length: int, bits: int) -> tuple[Codes, Ints]:
    """Return the codes of all n-grams of one length, and the row of each."""
    ids = sequences.ids
    count = max(len(ids) - length + 1, 0)
    codes = np.zeros(count, np.uint64)
    whole = np.ones(count, bool)
    for place in range(length):
        items = ids[place : place + count]
        codes = (codes << np.uint64(bits)) | items
        whole &= items != 0
    return codes[whole], sequences.owners[:count][whole]
