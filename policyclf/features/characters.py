"""Character n-grams: the block that needs neither words nor a lexicon."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from policyclf.features.batch import Batch, Segment, text_batches
from policyclf.features.ngrams import NgramTfidf
from policyclf.features.occurrences import Occurrences, text_starts
from policyclf.features.products import NgramScorer
from policyclf.features.rows import Floats, Ints, Rows
from policyclf.features.sequences import Sequences

_BITS = 16
"""The width of a character's id: four to a code, 65,535 different characters."""


_CODE_POINTS = 0x110000


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

    def __getstate__(self) -> dict[str, Any]:
        """Leave out of a pickle what is worked out when needed."""
        return {name: getattr(self, name) for name in ("alphabet", "tfidf")}

    @cached_property
    def _ids(self) -> Ints:
        """The id of every code point: 9 MB, where an alphabet has a few thousand."""
        ids = np.zeros(_CODE_POINTS, np.int64)
        ids[self.alphabet] = np.arange(1, len(self.alphabet) + 1)
        return ids

    @classmethod
    def learn(
        cls,
        segments: Sequence[Segment],
        *,
        ngram_range: tuple[int, int],
        min_df: int,
        max_features: int | None,
    ) -> Self:
        """Take the n-grams of some segments into a vocabulary."""
        counts = np.zeros(_CODE_POINTS, np.int64)
        for batch in text_batches(segments):
            counts += np.bincount(batch.codepoints, minlength=len(counts))
        counts[ord("\n")] = 0
        common = np.argsort(-counts, kind="stable")[: 2**_BITS - 1]
        alphabet = np.sort(common[counts[common] > 0]).astype(np.uint32)
        block = cls(alphabet, NgramTfidf(np.zeros(0, np.uint64), np.zeros(0), ngram_range, _BITS))
        block.tfidf = NgramTfidf.learn(
            map(block.sequences, text_batches(segments)),
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
        return self.tfidf.rows(self.sequences(batch)).take(batch.places("text"))

    def occurrences(self, batch: Batch) -> list[Occurrences]:
        """Find where the n-grams stand; all places of one share its value equally."""
        firsts, lengths, columns = self.tfidf.find(self.sequences(batch))
        texts = batch.owners[firsts]
        starts = firsts - text_starts(batch)[texts]
        ends = starts + lengths
        return [Occurrences("text", texts, starts, ends, columns, np.ones(len(firsts))).by_text()]

    def scorer(self, weights: npt.NDArray[np.floating]) -> CharacterScorer:
        """Compile the block and its weights into what scores."""
        return CharacterScorer(self, weights)

    def column_names(self) -> list[str]:
        """Write out the n-gram of each column."""
        points = np.concatenate([[0], self.alphabet]).astype(np.uint32)[self.tfidf.sequences()]
        names: list[str] = points.view(f"<U{points.shape[1]}").ravel().tolist()
        return names  # without the zeros behind the shorter ones

    def state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return what the block is made of: plain parameters and arrays."""
        parameters, arrays = self.tfidf.state()
        return parameters, {"alphabet": self.alphabet, **arrays}

    @classmethod
    def from_state(cls, parameters: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> Self:
        """Make a block of what `state` returned."""
        alphabet = arrays["alphabet"]
        tfidf = NgramTfidf.from_state(parameters, arrays, bits=_BITS, n_ids=len(alphabet))
        return cls(alphabet, tfidf)

    def sequences(self, batch: Batch) -> Sequences:
        """Give every text of a batch as ids."""
        return Sequences(self.ids(batch.codepoints), batch.lengths)

    def ids(self, points: npt.NDArray[np.uint32]) -> Ints:
        """Give the id of each code point; 0 for one that training did not meet."""
        return self._ids.take(points)


class CharacterScorer:
    """Character n-grams times weights.

    Parameters
    ----------
    block : CharacterBlock
        The n-grams.
    weights : ndarray, shape (n_columns, n_labels)
        Of a linear model.
    """

    def __init__(self, block: CharacterBlock, weights: npt.NDArray[np.floating]) -> None:
        self._block = block
        self._ngrams = NgramScorer(block.tfidf, weights)

    def score(self, segment: Segment) -> Floats:
        """Score one segment, cleaned already, shape (n_labels,)."""
        points = np.frombuffer(segment.text.encode("utf-32-le", "surrogatepass"), "<u4")
        return self._ngrams.score(self._block.ids(points))

    def scores(self, batch: Batch) -> Floats:
        """Score the segments of a batch, shape (n_segments, n_labels)."""
        return self._ngrams.scores(self._block.sequences(batch))[batch.places("text")]
