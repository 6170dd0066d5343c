"""Texts in one array of bytes, a line each: an array that needs no pickling."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def pack(texts: Sequence[str]) -> npt.NDArray[np.uint8]:
    """Write texts without line ends into an array.

    Parameters
    ----------
    texts : sequence of str
        The texts.

    Returns
    -------
    ndarray of uint8
        Their UTF-8, line ends between them.

    Examples
    --------
    >>> unpack(pack(["招商", "引资"]))
    ['招商', '引资']
    """
    return np.frombuffer("\n".join(texts).encode("utf-8", "surrogatepass"), np.uint8)


def unpack(packed: npt.NDArray[np.uint8]) -> list[str]:
    """Read the texts that `pack` wrote."""
    text = packed.tobytes().decode("utf-8", "surrogatepass")
    return text.split("\n") if text else []
