"""A table from 64-bit codes to their places, looked up for whole arrays at once.

A ``dict`` answers one code at a time, which would put a Python loop around every
character of every sentence; ``np.searchsorted`` takes whole arrays but misses the
cache at each of its 17 steps. Open addressing with a quarter of the slots filled
answers most codes at the first slot.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.uint64]

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2**64 over the golden ratio (Knuth, vol. 3, 6.4)
_SLOTS_PER_CODE = 4
_EMPTY = np.uint64(0)


class CodeTable:
    """Finds the place of a code among those it was made from.

    Parameters
    ----------
    codes : ndarray of uint64, shape (n_codes,)
        Distinct and not zero.

    Examples
    --------
    >>> table = CodeTable(np.array([40, 7], np.uint64))
    >>> table.places(np.array([7, 8, 40, 0], np.uint64)).tolist()
    [1, -1, 0, -1]
    """

    def __init__(self, codes: Codes) -> None:
        bits = max(4, int(np.ceil(np.log2(max(len(codes), 1) * _SLOTS_PER_CODE))))
        self._shift = np.uint64(64 - bits)
        self._mask = np.int64(2**bits - 1)
        self._codes = np.zeros(2**bits, np.uint64)
        self._places = np.full(2**bits, -1, np.int32)
        waiting = np.arange(len(codes), dtype=np.int32)
        slots = self._first_slots(codes)
        while len(waiting):  # each round seats at least one code of every contested slot
            free = self._codes[slots] == _EMPTY
            self._codes[slots[free]] = codes[waiting[free]]  # of two, the last one stays
            seated = free & (self._codes[slots] == codes[waiting])
            self._places[slots[seated]] = waiting[seated]
            waiting, slots = waiting[~seated], (slots[~seated] + 1) & self._mask

    def places(self, codes: Codes) -> npt.NDArray[np.int32]:
        """Look codes up.

        Parameters
        ----------
        codes : ndarray of uint64, shape (n,)
            Any codes; zero is never found.

        Returns
        -------
        ndarray of int32, shape (n,)
            The place of each code, or -1.
        """
        slots = self._first_slots(codes)
        seen = self._codes[slots]
        found = np.where(seen == codes, self._places[slots], np.int32(-1))
        found[codes == _EMPTY] = -1
        searching = np.flatnonzero((seen != codes) & (seen != _EMPTY))
        while len(searching):
            slots[searching] = (slots[searching] + 1) & self._mask
            at = slots[searching]
            seen = self._codes[at]
            hit = seen == codes[searching]
            found[searching[hit]] = self._places[at[hit]]
            searching = searching[~hit & (seen != _EMPTY)]
        return found

    def _first_slots(self, codes: Codes) -> npt.NDArray[np.int64]:
        return ((codes * _MULTIPLIER) >> self._shift).astype(np.int64)
