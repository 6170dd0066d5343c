"""Lexicon scores: how much the terms in a text speak for each label.

A term counts where it occurs and lies inside no longer match. That is decided
without a loop over characters: a :class:`~policyclf.features.trie.Trie` finds the longest
term that starts at every place, and it counts if it ends behind every match that starts
before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import add
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from policyclf.exceptions import ModelError
from policyclf.features.batch import Batch, Segment
from policyclf.features.occurrences import Occurrences, text_starts
from policyclf.features.rows import Floats, Ints, Rows
from policyclf.features.strings import pack, unpack
from policyclf.features.trie import Trie
from policyclf.lexicon import SHORTEST, Lexicon, Term

_MOST_CELLS = 2**25
"""Terms times the length of the longest: they are laid out side by side, in 256 MB at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """Where terms occur in the texts of a batch.

    Parameters
    ----------
    starts, ends : ndarray of int64, shape (n_matches,)
        Half-open ranges of the batch's code points.
    terms : ndarray of int64, shape (n_matches,)
        The place of the term in the lexicon.
    """

    starts: Ints
    ends: Ints
    terms: Ints


class LexiconBlock:
    """Summed weights of the terms found, a label, for the segment and its context.

    Parameters
    ----------
    lexicon : Lexicon
        The terms.
    fields : sequence of str
        The fields of a segment that are scored, each in columns of its own.
    scales : sequence of float
        What the scores of each field are multiplied with, to stand beside rows of
        length one.
    """

    name = "lexicon"

    def __init__(self, lexicon: Lexicon, fields: Sequence[str], scales: Sequence[float]) -> None:
        self.lexicon = lexicon
        self.fields = tuple(fields)
        self.scales = tuple(scales)
        self.labels = lexicon.labels
        columns = {label: column for column, label in enumerate(self.labels)}
        self._label = np.array([columns[term.label] for term in lexicon.terms], np.int64)
        self._weight = np.array([term.weight for term in lexicon.terms], np.float64)
        self._length = np.array([len(term.text) for term in lexicon.terms], np.int64)
        texts = [term.text for term in lexicon.terms]
        order = np.array(sorted(range(len(texts)), key=texts.__getitem__), np.int64)
        self._trie = Trie(_padded(texts, self._length), order)

    @property
    def n_columns(self) -> int:
        """How many features there are."""
        return len(self.labels) * len(self.fields)

    def find(self, batch: Batch) -> Matches:
        """Find the terms that count in the texts of a batch.

        Parameters
        ----------
        batch : Batch
            Segments.

        Returns
        -------
        Matches
            In the order of their starts.
        """
        points = batch.codepoints.astype(np.int64)
        term_at = np.full(len(points), -1, np.int64)
        for places, nodes in self._trie.walk(points):
            terms = self._trie.found.take(nodes)
            ending = np.flatnonzero(terms >= 0)
            term_at[places.take(ending)] = terms.take(ending)  # a longer one than before
        starts = np.flatnonzero(term_at >= 0)
        terms = term_at[starts]
        ends = starts + self._length[terms]
        before = np.maximum.accumulate(np.concatenate([[-1], ends[:-1]])) if len(ends) else ends
        outermost = ends > before
        return Matches(starts[outermost], ends[outermost], terms[outermost])

    def hits(self, batch: Batch) -> Floats:
        """Sum the weights of the terms found in each text of a batch.

        Parameters
        ----------
        batch : Batch
            Segments.

        Returns
        -------
        ndarray, shape (n_texts, n_labels)
            In the order of ``batch.texts`` and of ``labels``.
        """
        matches = self.find(batch)
        width = len(self.labels)
        cells = batch.owners[matches.starts] * width + self._label[matches.terms]
        size = len(batch.lengths) * width
        sums = np.bincount(cells, self._weight[matches.terms], minlength=size)
        return sums.astype(np.float64).reshape(len(batch.lengths), width)

    def rows(self, batch: Batch) -> Rows:
        """Score the segments and their context: ``log(1 + sum)`` a label, scaled."""
        scores = np.log1p(self.hits(batch))
        blocks = [
            scores[batch.places(field)] * scale
            for field, scale in zip(self.fields, self.scales, strict=True)
        ]
        return Rows.from_dense(np.hstack(blocks))

    def occurrences(self, batch: Batch) -> list[Occurrences]:
        """Find where the terms stand; those of one label share its score by their weights."""
        matches = self.find(batch)
        texts = batch.owners[matches.starts]
        begins = text_starts(batch)[texts]
        return [
            Occurrences(
                field,
                texts,
                matches.starts - begins,
                matches.ends - begins,
                self._label[matches.terms] + place * len(self.labels),
                self._weight[matches.terms],
            ).by_text()
            for place, field in enumerate(self.fields)
        ]

    def scorer(self, weights: npt.NDArray[np.floating]) -> LexiconScorer:
        """Compile the block and its weights into what scores."""
        return LexiconScorer(self, weights)

    def column_names(self) -> list[str]:
        """Write out the field and label of each column."""
        return [f"{field}:{label}" for field in self.fields for label in self.labels]

    def state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return what the block is made of: plain parameters and arrays."""
        parameters = {
            "fields": list(self.fields),
            "scales": list(self.scales),
            "labels": list(self.labels),
        }
        arrays: dict[str, npt.NDArray[Any]] = {
            "terms": pack([term.text for term in self.lexicon.terms]),
            "label": self._label.astype(np.uint16),
            "weight": self._weight.astype(np.uint8),
        }
        return parameters, arrays

    @classmethod
    def from_state(cls, parameters: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> Self:
        """Make a block of what `state` returned."""
        labels = [parameters["labels"][place] for place in arrays["label"].tolist()]
        columns = zip(unpack(arrays["terms"]), labels, arrays["weight"].tolist(), strict=True)
        lexicon = Lexicon(tuple(Term(*columns_of_term) for columns_of_term in columns))
        longest = max((len(term.text) for term in lexicon.terms), default=0)
        if len(lexicon.terms) * longest > _MOST_CELLS:
            raise ModelError(
                f"{len(lexicon.terms):,} terms of up to {longest:,} characters are no lexicon."
            )
        return cls(lexicon, parameters["fields"], parameters["scales"])


class LexiconScorer:
    """Lexicon scores times weights, without the rows.

    Parameters
    ----------
    block : LexiconBlock
        The terms.
    weights : ndarray, shape (n_columns, n_labels)
        Of a linear model.
    """

    def __init__(self, block: LexiconBlock, weights: npt.NDArray[np.floating]) -> None:
        self._block = block
        by_field = weights.astype(np.float64).reshape(len(block.fields), len(block.labels), -1)
        self._weights = by_field * np.array(block.scales).reshape(-1, 1, 1)

    def scores(self, batch: Batch) -> Floats:
        """Score the segments of a batch, shape (n_segments, n_labels)."""
        logs = np.log1p(self._block.hits(batch))
        scores = np.zeros((batch.n_segments, self._weights.shape[2]))
        for field, weights in zip(self._block.fields, self._weights, strict=True):
            if not batch.has(field):
                continue
            # Not `@`: of matrices so large, the linear algebra would wake threads of its own.
            scores += np.einsum("ij,jk->ik", logs, weights)[batch.places(field)]
        return scores

    def score_one(self, segment: Segment) -> Floats:
        """Score one segment, cleaned already, shape (n_labels,)."""
        scores = np.zeros(self._weights.shape[2])
        for field, weights in zip(self._block.fields, self._weights, strict=True):
            hits = self._hits(getattr(segment, field))
            if hits:
                logs = np.log1p(np.fromiter(hits.values(), np.float64, len(hits)))
                scores += logs.dot(weights.take(list(hits), axis=0))
        return scores

    def _hits(self, text: str) -> dict[int, float]:
        """Sum the weights of the terms found: the column of each label that has some."""
        hits: dict[int, float] = {}
        covered = 0
        terms, lengths_at = self._terms
        for start, lengths in enumerate(map(lengths_at.get, map(add, text, text[1:]))):
            for length in lengths or ():
                if start + length <= covered:  # inside another, and so are the shorter ones
                    break
                found = terms.get(text[start : start + length])
                if found is not None and start + length <= len(text):  # no slice cut short
                    column, weight = found
                    hits[column] = hits.get(column, 0.0) + weight
                    covered = start + length
                    break
        return hits

    @cached_property
    def _terms(self) -> tuple[dict[str, tuple[int, float]], dict[str, list[int]]]:
        """The column and weight of every term; and how long those are that begin alike."""
        terms = {}
        lengths: dict[str, set[int]] = {}
        columns = {label: column for column, label in enumerate(self._block.labels)}
        for term in self._block.lexicon.terms:
            terms[term.text] = (columns[term.label], float(term.weight))
            lengths.setdefault(term.text[:SHORTEST], set()).add(len(term.text))
        return terms, {pair: sorted(found, reverse=True) for pair, found in lengths.items()}


def _padded(texts: Sequence[str], lengths: Ints) -> Ints:
    """Write texts into an array of code points, a row each, zeros behind the shorter ones."""
    points = np.zeros((len(texts), lengths.max(initial=0)), np.int64)
    joined = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), "<u4")
    points[np.arange(points.shape[1]) < lengths[:, None]] = joined
    return points
