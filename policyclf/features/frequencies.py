"""In how many rows each n-gram occurs: what a vocabulary is chosen by."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from policyclf.features.rows import Ints
from policyclf.features.sequences import CODE_BITS, Codes, Sequences, begins

_PARTS_AT_ONCE = 2


class Frequencies(NamedTuple):
    """N-grams, and in how many rows each occurs.

    Parameters
    ----------
    codes : ndarray of uint64, shape (n_ngrams,)
        The n-grams, ascending.
    counts : ndarray of int64, shape (n_ngrams,)
        In how many rows.
    n_rows : int
        How many rows there were.
    """

    codes: Codes
    counts: Ints
    n_rows: int


def document_frequencies(
    parts: Iterable[Sequences], ngram_range: tuple[int, int], bits: int
) -> Frequencies:
    """Count in how many rows each n-gram occurs.

    Parameters
    ----------
    parts : iterable of Sequences
        The rows, some at a time: they are counted in threads, while the next ones are made,
        and memory is bounded by the different n-grams, not by the rows.
    ngram_range : tuple of int
        Shortest and longest n-gram.
    bits : int
        The width of one id; the longest n-gram must fit into 64 bits.

    Returns
    -------
    Frequencies
        Of all parts together.
    """
    counted: list[Frequencies] = []
    for frequencies in _of_each(parts, ngram_range, bits):
        counted.append(frequencies)
        # As in a binary counter, so that every count is merged only a few times.
        while len(counted) > 1 and len(counted[-2].codes) < 2 * len(counted[-1].codes):
            counted.append(_merged([counted.pop(), counted.pop()]))
    return _merged(counted)


def _of_each(
    parts: Iterable[Sequences], ngram_range: tuple[int, int], bits: int
) -> Iterator[Frequencies]:
    with ThreadPoolExecutor(_PARTS_AT_ONCE) as pool:
        waiting: deque[Future[Frequencies]] = deque()
        for part in parts:
            waiting.append(pool.submit(_of_one, part, ngram_range, bits))
            if len(waiting) > _PARTS_AT_ONCE:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _of_one(sequences: Sequences, ngram_range: tuple[int, int], bits: int) -> Frequencies:
    of_lengths = []
    row_bits = max(len(sequences.lengths) - 1, 1).bit_length()
    for length in range(ngram_range[0], ngram_range[1] + 1):
        codes, owners = _ngrams(sequences, length, bits)
        if length * bits + row_bits <= CODE_BITS:  # what is sorted whole need not be moved twice
            pairs = (codes << np.uint64(row_bits)) | owners.astype(np.uint64)
            pairs.sort()
            codes = pairs[begins(pairs)] >> np.uint64(row_bits)
        else:
            order = np.argsort(codes, kind="stable")  # so that rows stay in order
            codes, owners = codes[order], owners[order]
            first = np.ones(len(codes), bool)  # of an n-gram in a row
            first[1:] = (codes[1:] != codes[:-1]) | (owners[1:] != owners[:-1])
            codes = codes[first]
        new = begins(codes)
        of_lengths.append(Frequencies(codes[new], np.diff(new, append=len(codes)), 0))
    return _merged(of_lengths)._replace(n_rows=len(sequences.lengths))


def _merged(counted: Sequence[Frequencies]) -> Frequencies:
    """Add counts up."""
    codes = np.concatenate([np.zeros(0, np.uint64), *(part.codes for part in counted)])
    counts = np.concatenate([np.zeros(0, np.int64), *(part.counts for part in counted)])
    order = np.argsort(codes, kind="stable")
    codes, counts = codes[order], counts[order]
    new = begins(codes)
    sums = np.add.reduceat(counts, new) if len(new) else counts
    return Frequencies(codes[new], sums, sum(part.n_rows for part in counted))


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
