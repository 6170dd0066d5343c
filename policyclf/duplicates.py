"""Texts that are nearly the same: Jaccard similarity of their sets of character 5-grams.

Finds every pair over the threshold, not most of them: two sets that alike share one of
their rarest n-grams, so only pairs that do are compared (prefix filtering; Chaudhuri,
Ganti and Kaushik, A Primitive Operator for Similarity Joins in Data Cleaning, ICDE 2006).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

from policyclf.exceptions import InputError
from policyclf.normalization import normalized

_LENGTH = 5


def near_duplicates(
    texts: Sequence[str], others: Sequence[str] | None = None, threshold: float = 0.8
) -> list[tuple[int, int, float]]:
    """Find the pairs of texts that are the same or nearly so.

    Parameters
    ----------
    texts : sequence of str
        Texts, cleaned here as for labelling.
    others : sequence of str, optional
        Texts to compare with. Without them, the texts are compared with one another.
    threshold : float, default 0.8
        The least Jaccard similarity, over 0 up to 1.

    Returns
    -------
    list of (int, int, float)
        The place of the one, the place of the other (among the others, or after the
        one), and their similarity. In the order of the places.

    Raises
    ------
    InputError
        If the threshold is out of range.

    Examples
    --------
    >>> near_duplicates(["全力推进招商引资工作。", "发展普惠金融。", "全力推进招商引资工作"])
    [(0, 2, 0.857...)]
    """
    if not 0 < threshold <= 1:
        raise InputError(
            f"The 'threshold' parameter must be over 0 and at most 1. Got {threshold!r} instead."
        )
    sets = [_ngrams(text) for text in texts]
    against = sets if others is None else [_ngrams(text) for text in others]
    frequency = Counter(gram for grams in against for gram in grams)

    def rarest(grams: frozenset[str]) -> list[str]:
        """Return so many that a set alike enough holds one of them."""
        count = len(grams) - math.ceil(threshold * len(grams) - 1e-9) + 1
        return sorted(grams, key=lambda gram: (frequency[gram], gram))[:count]

    holders: dict[str, list[int]] = defaultdict(list)
    for place, grams in enumerate(against):
        for gram in rarest(grams) if grams else ():
            holders[gram].append(place)
    pairs = []
    for place, grams in enumerate(sets):
        if not grams:
            continue
        met = {other for gram in rarest(grams) for other in holders.get(gram, ())}
        for other in sorted(met):
            if others is None and other <= place:
                continue
            shared = len(grams & against[other])
            similarity = shared / (len(grams) + len(against[other]) - shared)
            if similarity >= threshold:
                pairs.append((place, other, similarity))
    return pairs


def _ngrams(text: str) -> frozenset[str]:
    """List the n-grams of a text; one that is shorter is its own only one."""
    clean = normalized(text)
    last = max(len(clean) - _LENGTH, 0)
    return frozenset(clean[start : start + _LENGTH] for start in range(last + 1)) - {""}
