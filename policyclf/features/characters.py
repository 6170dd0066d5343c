"""Character n-grams: the block that needs neither words nor a lexicon."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt

from policyclf.features.batch import Batch
from policyclf.features.ngrams import NgramTfidf, Sequences
from policyclf.features.occurrences import Occurrences, text_starts
from policyclf.features.rows import Rows

_BITS = 16
"""The width of a character's id: four to a code, 65,535 different characters."""


class CharacterBlock:
    """TF-IDF of character n-grams of the segment's own text.

    Parameters
    ----------
    alphabet : ndarray of uint32, shape (n_characters,)
        The code points that training met, ascending; the id is the place plus one.
    tfidf : NgramTfidf
        The n-grams of ids.
    """

    name = "characters"

    def __init__(self, alphabet: npt.NDArray[np.uint32], tfidf: NgramTfidf) -> None:
        self.alphabet = alphabet
        self.tfidf = tfidf
        self._ids = np.zeros(0x110000, np.uint16)
        self._ids[alphabet] = np.arange(1, len(alphabet) + 1)

    @classmethod
    def learn(
        cls, batch: Batch, *, ngram_range: tuple[int, int], min_df: int, max_features: int | None
    ) -> Self:
        """Take the n-grams of some segments into a vocabulary."""
        points, counts = np.unique(batch.codepoints, return_counts=True)
        common = np.argsort(-counts, kind="stable")[: 2**_BITS - 1]
        alphabet = np.setdiff1d(points[common], [ord("\n")]).astype(np.uint32)
        block = cls(alphabet, NgramTfidf(np.zeros(0, np.uint64), np.zeros(0), ngram_range, _BITS))
        block.tfidf = NgramTfidf.learn(
            block._sequences(batch),
            ngram_range=ngram_range,
            bits=_BITS,
            min_df=min_df,
            max_features=max_features,
        )
        return block

    @property
    def n_columns(self) -> int:
        """How many features there are."""
        return len(self.tfidf.codes)

    def rows(self, batch: Batch) -> Rows:
        """Weigh the n-grams of the segments' own texts."""
        return self.tfidf.rows(self._sequences(batch)).take(batch.places("text"))

    def occurrences(self, batch: Batch) -> list[Occurrences]:
        """Find where the n-grams stand; all places of one share its value equally."""
        firsts, lengths, columns = self.tfidf.find(self._sequences(batch))
        texts = batch.owners[firsts]
        starts = firsts - text_starts(batch)[texts]
        return [
            Occurrences(
                "text", texts, starts, starts + lengths, columns, np.ones(len(firsts))
            ).by_text()
        ]

    def column_names(self) -> list[str]:
        """Write out the n-gram of each column."""
        return ["".join(chr(self.alphabet[i - 1]) for i in ids) for ids in self.tfidf.ids()]

    def state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return what the block is made of: plain parameters and arrays."""
        arrays: dict[str, npt.NDArray[Any]] = {
            "alphabet": self.alphabet,
            "codes": self.tfidf.codes,
            "idf": self.tfidf.idf,
        }
        return {"ngram_range": list(self.tfidf.ngram_range)}, arrays

    @classmethod
    def from_state(cls, parameters: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> Self:
        """Make a block of what `state` returned."""
        shortest, longest = parameters["ngram_range"]
        tfidf = NgramTfidf(arrays["codes"], arrays["idf"], (shortest, longest), _BITS)
        return cls(arrays["alphabet"], tfidf)

    def _sequences(self, batch: Batch) -> Sequences:
        ids = self._ids[batch.codepoints].astype(np.uint64)
        return Sequences(ids, batch.owners, len(batch.texts))
