"""Word n-grams, cut by jieba with the lexicon's terms as user dictionary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from policyclf.features.batch import Batch, Segment, text_batches
from policyclf.features.ngrams import NgramTfidf
from policyclf.features.occurrences import Occurrences
from policyclf.features.products import NgramScorer
from policyclf.features.rows import Floats, Ints, Rows
from policyclf.features.sequences import CODE_BITS, Sequences
from policyclf.features.strings import pack, unpack
from policyclf.tokenization import Tokenizer


class WordBlock:
    """TF-IDF of word n-grams of the segment's own text.

    Parameters
    ----------
    vocabulary : sequence of str
        The words that training met; the id is the place plus one.
    tokenizer : Tokenizer
        What cuts.
    tfidf : NgramTfidf
        The n-grams of ids.
    """

    name = "words"

    def __init__(self, vocabulary: Sequence[str], tokenizer: Tokenizer, tfidf: NgramTfidf) -> None:
        self.vocabulary = tuple(vocabulary)
        self.tokenizer = tokenizer
        self.tfidf = tfidf
        self._ids = {word: place for place, word in enumerate(self.vocabulary, start=1)}

    @classmethod
    def learn(
        cls,
        segments: Sequence[Segment],
        *,
        ngram_range: tuple[int, int],
        min_df: int,
        max_features: int | None,
        terms: Sequence[str],
    ) -> Self:
        """Take the n-grams of some segments into a vocabulary."""
        tokenizer = Tokenizer(terms)
        words = [tokenizer.words(text) for batch in text_batches(segments) for text in batch.texts]
        counts = Counter(chain.from_iterable(map(set, words)))
        bits = CODE_BITS // ngram_range[1]
        known = sorted(word for word, count in counts.items() if count >= min_df)
        common = sorted(known, key=counts.__getitem__, reverse=True)[: 2**bits - 1]
        empty = NgramTfidf(np.zeros(0, np.uint64), np.zeros(0), ngram_range, bits)
        block = cls(sorted(common), tokenizer, empty)
        block.tfidf = NgramTfidf.learn(
            [block._sequences(words)],
            ngram_range=ngram_range,
            bits=bits,
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
        sequences, own = self.sequences(batch)
        return self.tfidf.rows(sequences).take(own)

    def sequences(self, batch: Batch) -> tuple[Sequences, Ints]:
        """Give the segments' own texts as ids, each once, and which is whose."""
        places, own = np.unique(batch.places("text"), return_inverse=True)
        words = [self.tokenizer.words(batch.texts[place]) for place in places]
        return self._sequences(words), own

    def occurrences(self, batch: Batch) -> list[Occurrences]:
        """Find where the n-grams stand; all places of one share its value equally."""
        places = np.unique(batch.places("text"))
        spans = [self.tokenizer.spans(batch.texts[place]) for place in places]
        words = [
            [batch.texts[place][start:end] for start, end in row]
            for place, row in zip(places, spans, strict=True)
        ]
        sequences = self._sequences(words)
        # One place an id, that between two rows included.
        begins = np.array([x for row in spans for x in (*(s for s, _ in row), 0)], np.int64)
        ends = np.array([x for row in spans for x in (*(e for _, e in row), 0)], np.int64)
        firsts, lengths, columns = self.tfidf.find(sequences)
        return [
            Occurrences(
                "text",
                places[sequences.owners[firsts]],
                begins[firsts],
                ends[firsts + lengths - 1],
                columns,
                np.ones(len(firsts)),
            ).by_text()
        ]

    def scorer(self, weights: npt.NDArray[np.floating]) -> WordScorer:
        """Compile the block and its weights into what scores."""
        return WordScorer(self, weights)

    def column_names(self) -> list[str]:
        """Write out the n-gram of each column, a space between two words."""
        words = ["", *self.vocabulary]
        named = ([words[i] for i in ids if i] for ids in self.tfidf.sequences().tolist())
        return [" ".join(ngram) for ngram in named]

    def state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return what the block is made of: plain parameters and arrays."""
        parameters, arrays = self.tfidf.state()
        texts = {"vocabulary": pack(self.vocabulary), "terms": pack(self.tokenizer.terms)}
        return parameters, {**texts, **arrays}

    @classmethod
    def from_state(cls, parameters: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> Self:
        """Make a block of what `state` returned."""
        bits, vocabulary = CODE_BITS // parameters["ngram_range"][1], unpack(arrays["vocabulary"])
        tfidf = NgramTfidf.from_state(parameters, arrays, bits=bits, n_ids=len(vocabulary))
        return cls(vocabulary, Tokenizer(unpack(arrays["terms"])), tfidf)

    def ids(self, text: str) -> Ints:
        """Give the words of one text as ids; 0 for one that training did not meet."""
        return np.array([self._ids.get(word, 0) for word in self.tokenizer.words(text)], np.int64)

    def _sequences(self, words: Sequence[Sequence[str]]) -> Sequences:
        find = self._ids.get
        ids: list[int] = []
        for row in words:
            ids += [find(word, 0) for word in row]
            ids.append(0)
        lengths = np.fromiter((len(row) + 1 for row in words), np.int64, len(words))
        return Sequences(np.array(ids, np.int64), lengths)


class WordScorer:
    """Word n-grams times weights.

    Parameters
    ----------
    block : WordBlock
        The n-grams.
    weights : ndarray, shape (n_columns, n_labels)
        Of a linear model.
    """

    def __init__(self, block: WordBlock, weights: npt.NDArray[np.floating]) -> None:
        self._block = block
        self._ngrams = NgramScorer(block.tfidf, weights)

    def score(self, segment: Segment) -> Floats:
        """Score one segment, cleaned already, shape (n_labels,)."""
        return self._ngrams.score(self._block.ids(segment.text))

    def scores(self, batch: Batch) -> Floats:
        """Score the segments of a batch, shape (n_segments, n_labels)."""
        sequences, own = self._block.sequences(batch)
        scores: Floats = self._ngrams.scores(sequences)[own]
        return scores
