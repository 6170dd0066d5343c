"""Lexicon scores: how much the terms in a text speak for each label.

A term counts where it occurs and lies inside no longer match. Of a single text a dictionary of
the terms' beginnings tells. Of many that is decided without a loop over characters: a
:class:`~policyclf.features.trie.Trie` finds the longest term that starts at every place, and
it counts if it ends behind every match that starts before it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log1p
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
from policyclf.lexicon import LONGEST_TERM, SHORTEST, WEIGHTS, Lexicon, Term


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

    def __getstate__(self) -> dict[str, Any]:
        """Leave out of a pickle what is worked out when needed."""
        return {name: getattr(self, name) for name in ("lexicon", "fields", "scales", "labels")}

    @cached_property
    def _label(self) -> Ints:
        """The column of each term's label."""
        columns = {label: column for column, label in enumerate(self.labels)}
        return np.array([columns[term.label] for term in self.lexicon.terms], np.int64)

    @cached_property
    def _weight(self) -> Floats:
        return np.array([term.weight for term in self.lexicon.terms], np.float64)

    @cached_property
    def _length(self) -> Ints:
        return np.array([len(term.text) for term in self.lexicon.terms], np.int64)

    @cached_property
    def _trie(self) -> Trie:
        """Finds the terms in many texts at once."""
        texts = [term.text for term in self.lexicon.terms]
        order = np.array(sorted(range(len(texts)), key=texts.__getitem__), np.int64)
        return Trie(_padded(texts, self._length), order)

    @cached_property
    def _begun(self) -> _Beginnings:
        """Tells the terms of one text, a beginning at a time."""
        return _Beginnings(self.lexicon, self.labels)

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

    def row(self, segment: Segment) -> tuple[Ints, Floats]:
        """Score one segment, cleaned already: columns and values."""
        columns: list[int] = []
        values: list[float] = []
        for place, (field, scale) in enumerate(zip(self.fields, self.scales, strict=True)):
            text = getattr(segment, field)
            hits = self._hits(text) if text else {}
            columns += [place * len(self.labels) + column for column in hits]
            values += [log1p(weight) * scale for weight in hits.values()]
        return np.array(columns, np.int64), np.array(values, np.float64)

    def _hits(self, text: str) -> dict[int, int]:
        """Sum the weights of the terms found in a text: the column of each label that has some."""
        hits: dict[int, int] = {}
        begun, n, covered = self._begun.of(text), len(text), 0
        for start, piece in enumerate(map(add, text, text[1:])):
            if piece not in begun:
                continue
            end, found, behind = start + SHORTEST, None, 0
            while piece in begun:
                if (term := begun[piece]) is not None:
                    found, behind = term, end
                if end == n:
                    break
                end += 1
                piece = text[start:end]  # noqa: PLW2901  goes on from there
            if found is not None and behind > covered:  # else inside another
                column, weight = found
                hits[column] = hits.get(column, 0) + weight
                covered = behind
        return hits

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
        lexicon = Lexicon(tuple(map(Term._make, columns)))
        texts = [term.text for term in lexicon.terms]
        lengths = set(map(len, texts))
        if len(set(texts)) < len(texts) or not lengths <= set(range(SHORTEST, LONGEST_TERM + 1)):
            raise ModelError(
                f"a lexicon has each term once, of {SHORTEST} to {LONGEST_TERM} characters."
            )
        if not set(arrays["weight"].tolist()) <= set(WEIGHTS):
            raise ModelError(f"the weight of a term must be one of {WEIGHTS}.")
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
        shape = len(block.fields), len(block.labels), weights.shape[1]
        by_field = weights.astype(np.float64).reshape(shape)
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


class _Beginnings:
    """Every beginning of a term of two characters or more, and what it is worth if it is one.

    Terms are taken in when their first character is first met: all of them at once would
    take a tenth of the time from the start of the program to its first label.

    Parameters
    ----------
    lexicon : Lexicon
        The terms.
    labels : tuple of str
        In the order of the columns.
    """

    def __init__(self, lexicon: Lexicon, labels: tuple[str, ...]) -> None:
        self._terms = sorted(lexicon.terms)
        self._columns = {label: column for column, label in enumerate(labels)}
        self._worth: dict[str, tuple[int, int] | None] = {}
        self._met: set[str] = set()

    def of(self, text: str) -> dict[str, tuple[int, int] | None]:
        """Give those that occur in a text, and others: a column and weight, or None."""
        if not self._met.issuperset(text):
            for character in set(text).difference(self._met):
                self._take_in(character)
                self._met.add(character)  # behind it: another thread may look in between
        return self._worth

    def _take_in(self, character: str) -> None:
        for place in range(bisect_left(self._terms, (character,)), len(self._terms)):
            text, label, weight = self._terms[place]
            if text[0] != character:
                return
            self._worth[text] = (self._columns[label], weight)
            piece = text[:-1]
            while len(piece) >= SHORTEST and piece not in self._worth:
                self._worth[piece] = None
                piece = piece[:-1]


def _padded(texts: Sequence[str], lengths: Ints) -> Ints:
    """Write texts into an array of code points, a row each, zeros behind the shorter ones."""
    points = np.zeros((len(texts), lengths.max(initial=0)), np.int64)
    joined = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), "<u4")
    points[np.arange(points.shape[1]) < lengths[:, None]] = joined
    return points
