"""Texts that are nearly the same.

Two texts are near-duplicates if their sets of five-character shingles overlap by at
least four fifths (Jaccard; Broder, On the Resemblance and Containment of Documents,
1997), after cleaning and without punctuation. An index of shingles finds them: of
each text only the rarest few shingles are looked up, as many as it cannot miss all of
with a near-duplicate (prefix filtering; Bayardo, Ma and Srikant, Scaling Up All Pairs
Similarity Search, WWW 2007). So there is no loop over pairs, and texts that stand many
times cost no more than one.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from policyclf.exceptions import InputError
from policyclf.normalization import normalized

GRAM = 5
SIMILARITY = 0.8

_BESIDE = re.compile(r"[^\u3400-\u9fff0-9A-Za-z]")
_SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    """A text and the one most like it.

    Parameters
    ----------
    place : int
        The place of the text.
    other : int
        The place of the other one.
    similarity : float
        The Jaccard similarity of their shingles.
    """

    place: int
    other: int
    similarity: float


def near_duplicates(
    texts: Sequence[str],
    among: Sequence[str] | None = None,
    *,
    similarity: float = SIMILARITY,
) -> list[NearDuplicate]:
    """Find the texts that nearly stand elsewhere.

    Parameters
    ----------
    texts : sequence of str
        The texts.
    among : sequence of str, optional
        Where to look. Without it, among the earlier ones of the texts themselves.
    similarity : float, default 0.8
        From which similarity on; over 0.

    Returns
    -------
    list of NearDuplicate
        One for each text that has a near-duplicate: the most similar, and of several
        the first. A text without five letters or characters is like itself only.

    Raises
    ------
    InputError
        If the similarity is not over 0 and up to 1.

    Examples
    --------
    >>> near_duplicates(["全区加快推进项目建设。", "空气质量改善。", "全区加快推进项目建设"])
    [NearDuplicate(place=2, other=0, similarity=1.0)]
    """
    if not 0 < similarity <= 1:
        raise InputError(
            f"The 'similarity' parameter must be over 0 and up to 1. Got {similarity!r} instead."
        )
    wanted = [_shingles(text) for text in texts]
    index = _Index([_shingles(text) for text in among] if among is not None else wanted, similarity)
    if among is not None:
        for place in range(len(index.shingles)):
            index.add(place)
    found = []
    for place, shingles in enumerate(wanted):
        best = index.best(shingles)
        if best is not None:
            found.append(NearDuplicate(place, *best))
        if among is None:
            index.add(place)
    return found


class _Index:
    """Texts by their rarest shingles; of equal texts, the first."""

    def __init__(self, shingles: Sequence[frozenset[str]], similarity: float) -> None:
        self.shingles = shingles
        self._similarity = similarity
        self._frequency = Counter(gram for grams in shingles for gram in grams)
        self._equal: dict[frozenset[str], int] = {}
        self._places: dict[str, list[int]] = {}

    def add(self, place: int) -> None:
        grams = self.shingles[place]
        if grams and self._equal.setdefault(grams, place) == place:
            for gram in self._rarest(grams):
                self._places.setdefault(gram, []).append(place)

    def best(self, grams: frozenset[str]) -> tuple[int, float] | None:
        if grams in self._equal:
            return self._equal[grams], 1.0
        best: tuple[float, int] | None = None
        for other in self._candidates(grams):
            common = len(grams & self.shingles[other])
            alike = common / (len(grams) + len(self.shingles[other]) - common)
            if alike >= self._similarity - _SLACK and (best is None or (alike, -other) > best):
                best = alike, -other
        return None if best is None else (-best[1], best[0])

    def _candidates(self, grams: frozenset[str]) -> Iterator[int]:
        seen: set[int] = set()
        for gram in self._rarest(grams):
            for other in self._places.get(gram, ()):
                if other not in seen:
                    seen.add(other)
                    yield other

    def _rarest(self, grams: frozenset[str]) -> list[str]:
        """Order shingles by rarity, and keep so many that a near-duplicate shares one."""
        ordered = sorted(grams, key=lambda gram: (self._frequency[gram], gram))
        return ordered[: len(grams) - math.ceil(self._similarity * len(grams) - _SLACK) + 1]


def _shingles(text: str) -> frozenset[str]:
    bare = _BESIDE.sub("", normalized(text)).lower()
    last = max(len(bare) - GRAM, 0)
    return frozenset(bare[start : start + GRAM] for start in range(last + 1)) - {""}
