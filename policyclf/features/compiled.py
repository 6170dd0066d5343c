"""Loops over n-grams and terms in compiled code, where there was a compiler.

numpy does the same in :mod:`~policyclf.features.ngrams` and :mod:`~policyclf.features.lexicon`,
and does it where this is missing; tests hold the two against each other. Of many sentences numpy
is nearly as fast. But it needs some forty calls for a single one, which take three quarters of
its time, and holds Python's lock between them, so that a second thread helps little.

``loops.c`` is compiled when the package is built (``hatch_build.py``), into a library that knows
nothing of Python and is called by ``ctypes``, which lets other threads run meanwhile. Set
``POLICYCLF_COMPILED=0`` to do without.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Self, TypeVar
from zlib import crc32

import numpy as np
import numpy.typing as npt

from policyclf.features.rows import Floats, Ints, Rows
from policyclf.features.sequences import CODE_BITS

_SWITCH = "POLICYCLF_COMPILED"

_SOURCE = Path(__file__).with_name("loops.c")
_LIBRARY = _SOURCE.with_suffix(".so")

_SLOTS_A_KEY = 2
_N_PAIRS = 2**18
_SLOT = np.dtype([("key", np.uint64), ("value", np.int64)])

_POINTER, _LONG, _INT = ctypes.c_void_p, ctypes.c_int64, ctypes.c_int32
_DOUBLE = ctypes.c_double

_Item = TypeVar("_Item", bound=np.generic)
_Made = TypeVar("_Made")
_FUNCTIONS: dict[str, tuple[Any, ...]] = {  # what each returns, and what it takes
    "fill": (_LONG, _POINTER, _INT, _POINTER, _LONG),
    "rows": (_LONG, _POINTER, _POINTER, _POINTER, _LONG, _POINTER, _POINTER, _POINTER),
    "scores": (_LONG, _POINTER, _POINTER, _POINTER, _LONG, _POINTER, _INT, _LONG, _POINTER),
    "plant": (_LONG, _POINTER, _INT, _POINTER, _POINTER, _POINTER, _LONG, _POINTER),
    "hits": (None, _POINTER, _POINTER, _POINTER, _LONG, _POINTER),
}


@cache
def library() -> ctypes.CDLL | None:
    """Load the compiled loops.

    Returns
    -------
    CDLL or None
        None if they are not there, not those of ``loops.c`` beside this, or not wanted.
    """
    if os.environ.get(_SWITCH) == "0":
        return None
    try:
        loaded = ctypes.CDLL(str(_LIBRARY))
        loaded.source.restype = ctypes.c_uint32
        if loaded.source() != crc32(_SOURCE.read_bytes()):
            return None
        for name, (result, *arguments) in _FUNCTIONS.items():
            function = getattr(loaded, name)
            function.argtypes, function.restype = arguments, result
    except (OSError, AttributeError):
        return None
    return loaded


class _CrowdedError(Exception):
    """Keys crowd in a hash table, as those of a hostile model may: it would take hours."""


class CompiledNgrams:
    """The n-grams of a vocabulary, in a hash table of their codes.

    Parameters
    ----------
    loops : CDLL
        The library.
    codes : ndarray of uint64, shape (n_ngrams,)
        Distinct, none 0.
    idf : ndarray of float64, shape (n_ngrams,)
        The weight of each.
    ngram_range : tuple of int
        Shortest and longest n-gram.
    bits : int
        The width of one id in a code.
    """

    def __init__(
        self,
        loops: ctypes.CDLL,
        codes: npt.NDArray[np.uint64],
        idf: Floats,
        ngram_range: tuple[int, int],
        bits: int,
    ) -> None:
        shortest, longest = ngram_range
        fit = 1 <= shortest <= longest and bits >= 1 and longest * bits <= CODE_BITS
        _check(fit, "n-grams that fit into their codes")
        _check(idf.shape == codes.shape, "an idf for each n-gram")
        self.n_columns = len(codes)
        self._lengths = longest - shortest + 1
        codes = np.ascontiguousarray(codes, np.uint64)
        self._idf = np.ascontiguousarray(idf, np.float64)
        self._slots, slot_bits = _empty_slots(len(codes))
        if loops.fill(self._slots.ctypes.data, slot_bits, codes.ctypes.data, len(codes)):
            raise _CrowdedError
        self._self = _NgramsStruct(
            self._slots.ctypes.data,
            self._idf.ctypes.data,
            len(codes),
            slot_bits,
            bits,
            shortest,
            longest,
        )
        self.loops, self.address = loops, ctypes.addressof(self._self)

    @classmethod
    def of(
        cls,
        codes: npt.NDArray[np.uint64],
        idf: Floats,
        ngram_range: tuple[int, int],
        bits: int,
    ) -> Self | None:
        """Make one of a vocabulary; None where there is no library, or no table of it."""
        return _made(cls, codes, idf, ngram_range, bits)

    def rows(self, ids: Ints, lengths: Ints) -> Rows:
        """Weigh the n-grams of some rows, as `NgramTfidf.rows` does.

        Parameters
        ----------
        ids : ndarray of int64, shape (n_ids,)
            The ids of all rows; 0 for what begins and goes on no n-gram.
        lengths : ndarray of int64, shape (n_rows,)
            How many are whose.

        Returns
        -------
        Rows
            Every row of Euclidean length one, its columns ascending.
        """
        ids, lengths = _checked_rows(ids, lengths, np.int64)
        starts = np.empty(len(lengths) + 1, np.int64)
        most = len(ids) * self._lengths  # pages that are not written to take no memory
        columns, values = np.empty(most, np.int64), np.empty(most, np.float64)
        n_entries = self.loops.rows(
            self.address,
            ids.ctypes.data,
            lengths.ctypes.data,
            len(lengths),
            starts.ctypes.data,
            columns.ctypes.data,
            values.ctypes.data,
        )
        if n_entries < 0:
            raise MemoryError
        return Rows(starts, columns[:n_entries], values[:n_entries], self.n_columns)

    def times(self, weights: npt.NDArray[np.floating]) -> CompiledProducts:
        """Make ready for being multiplied with weights, shape (n_ngrams, n_labels)."""
        return CompiledProducts(self, weights)


class CompiledProducts:
    """N-grams times weights, without the rows.

    Parameters
    ----------
    ngrams : CompiledNgrams
        The n-grams.
    weights : ndarray, shape (n_ngrams, n_labels)
        Of half precision as they are, others of single precision.
    """

    def __init__(self, ngrams: CompiledNgrams, weights: npt.NDArray[np.floating]) -> None:
        _check(len(weights) == ngrams.n_columns, "a row of weights for each n-gram")
        kind = np.float16 if weights.dtype == np.float16 else np.float32
        self._weights = np.ascontiguousarray(weights, kind)
        self._n_labels = weights.shape[1]
        self._ngrams = ngrams
        self._fixed = self._weights.ctypes.data, self._weights.itemsize, self._n_labels
        self._row = _DOUBLE * self._n_labels

    def scores(self, ids: Ints, lengths: Ints) -> Floats:
        """Score rows, shape (n_rows, n_labels)."""
        ids, lengths = _checked_rows(ids, lengths, np.int64)
        found = np.empty((len(lengths), self._n_labels))
        failed = self._ngrams.loops.scores(
            self._ngrams.address,
            ids.ctypes.data,
            lengths.ctypes.data,
            len(lengths),
            *self._fixed,
            found.ctypes.data,
        )
        if failed:
            raise MemoryError
        return found

    def score(self, ids: Ints) -> Floats:
        """Score one row, shape (n_labels,)."""
        found, length = self._row(), _LONG(len(ids))
        # Bytes, because to ask an array for its address takes as long as all the rest.
        side_by_side = ids.astype(np.int64, copy=False).tobytes()
        failed = self._ngrams.loops.scores(
            self._ngrams.address, side_by_side, ctypes.byref(length), 1, *self._fixed, found
        )
        if failed:
            raise MemoryError
        return _array(found)


class CompiledTerms:
    """The terms of a lexicon as one tree, in a hash table of its steps.

    Parameters
    ----------
    loops : CDLL
        The library.
    texts : sequence of str
        Distinct, of two characters or more.
    label, weight : ndarray of int64, shape (n_terms,)
        Which of the labels each term speaks for, and how much.
    n_labels : int
        How many labels there are.
    """

    def __init__(
        self, loops: ctypes.CDLL, texts: Sequence[str], label: Ints, weight: Ints, n_labels: int
    ) -> None:
        _check(len(label) == len(weight) == len(texts), "a label and a weight for each term")
        inside = 0 <= label.min(initial=0) <= label.max(initial=0) < max(n_labels, 1)
        _check(inside, "labels that there are")
        self._loops = loops
        self._n_labels = n_labels
        self._label = np.ascontiguousarray(label, np.int64)
        self._weight = np.ascontiguousarray(weight, np.int64)
        points = "".join(texts).encode("utf-32-le", "surrogatepass")
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        _check(lengths.min(initial=2) > 1, "terms of two characters or more")
        n_steps = int(lengths.sum())
        self._slots, slot_bits = _empty_slots(n_steps)
        self._ending = np.full(n_steps + 1, -1, np.int64)
        self._pairs = np.zeros(_N_PAIRS // 8, np.uint8)
        slots, ending = self._slots.ctypes.data, self._ending.ctypes.data
        pairs = self._pairs.ctypes.data
        if loops.plant(slots, slot_bits, pairs, points, lengths.ctypes.data, len(texts), ending):
            raise _CrowdedError
        self._self = _TermsStruct(
            slots,
            pairs,
            ending,
            self._label.ctypes.data,
            self._weight.ctypes.data,
            n_labels,
            slot_bits,
        )
        self._address = ctypes.addressof(self._self)
        self._row = _DOUBLE * n_labels

    @classmethod
    def of(cls, texts: Sequence[str], label: Ints, weight: Ints, n_labels: int) -> Self | None:
        """Make one of a lexicon's columns; None where there is no library, or no table of it."""
        return _made(cls, texts, label, weight, n_labels)

    def hits(self, points: npt.NDArray[np.uint32], lengths: Ints) -> Floats:
        """Sum the weights of the terms found in texts, as `LexiconBlock.hits` does.

        Parameters
        ----------
        points : ndarray of uint32, shape (n_codepoints,)
            The code points of all texts.
        lengths : ndarray of int64, shape (n_texts,)
            How many are whose.

        Returns
        -------
        ndarray of float64, shape (n_texts, n_labels)
            Sums.
        """
        points, lengths = _checked_rows(points, lengths, np.uint32)
        found = np.empty((len(lengths), self._n_labels))
        self._loops.hits(
            self._address,
            points.ctypes.data,
            lengths.ctypes.data,
            len(lengths),
            found.ctypes.data,
        )
        return found

    def hits_of(self, text: str) -> Floats:
        """Do so for one text, shape (n_labels,)."""
        found = self._row()
        points, length = text.encode("utf-32-le", "surrogatepass"), _LONG(len(text))
        self._loops.hits(self._address, points, ctypes.byref(length), 1, found)
        return _array(found)


class _NgramsStruct(ctypes.Structure):
    _fields_ = (
        ("slots", _POINTER),
        ("idf", _POINTER),
        ("n_columns", _LONG),
        ("slot_bits", _INT),
        ("id_bits", _INT),
        ("shortest", _INT),
        ("longest", _INT),
    )


class _TermsStruct(ctypes.Structure):
    _fields_ = (
        ("slots", _POINTER),
        ("pairs", _POINTER),
        ("ending", _POINTER),
        ("label", _POINTER),
        ("weight", _POINTER),
        ("n_labels", _LONG),
        ("slot_bits", _INT),
    )


def _made(make: Callable[..., _Made], *arguments: object) -> _Made | None:
    """Make something of the library; None where there is none, or no table of the keys."""
    loops = library()
    if loops is None:
        return None
    try:
        return make(loops, *arguments)
    except _CrowdedError:
        return None


def _check(condition: bool, needed: str) -> None:  # noqa: FBT001  what it is about
    """Make sure of what the loops rely on: they would read what is not theirs."""
    if not condition:
        raise ValueError(f"compiled loops need {needed}.")


def _checked_rows(
    items: npt.NDArray[Any], lengths: Ints, kind: type[_Item]
) -> tuple[npt.NDArray[_Item], Ints]:
    """Lay rows out in memory as the loops go through it, and make sure that all is there."""
    items = np.ascontiguousarray(items, kind)
    lengths = np.ascontiguousarray(lengths, np.int64)
    inside = 0 <= lengths.min(initial=0) <= lengths.max(initial=0) <= len(items)
    _check(inside and lengths.sum() <= len(items), "rows of what is there")
    return items, lengths


def _array(numbers: ctypes.Array[ctypes.c_double]) -> Floats:
    """Look at numbers as an array, without a copy."""
    return np.frombuffer(memoryview(numbers), np.float64)


def _empty_slots(n_keys: int) -> tuple[npt.NDArray[Any], int]:
    """Make a hash table in which at most half of the slots will be filled, and its bits."""
    bits = max((n_keys * _SLOTS_A_KEY).bit_length(), 1)
    return np.zeros(2**bits, _SLOT), bits
