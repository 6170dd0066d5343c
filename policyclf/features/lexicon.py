"""Lexicon scores: how much the terms in a text speak for each label.

A term counts where it occurs and lies inside no longer match. That is decided
without a loop over characters: at every place the longest term that starts there
is looked up, and it counts if it ends behind every match that starts before it.
``jieba`` and the Aho-Corasick bindings give the same matches as Python objects,
one by one, at a tenth of the speed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from policyclf.features.batch import Batch
from policyclf.features.hashing import Codes, CodeTable
from policyclf.features.occurrences import Occurrences, text_starts
from policyclf.features.rows import Floats, Ints, Rows
from policyclf.features.strings import pack, unpack
from policyclf.lexicon import Lexicon, Term

_BASE = np.uint64(0x100000001B3)  # odd, so a power of it never vanishes modulo 2**64

_LAST_BIT = 62
"""Which lengths are worth a look stands in 63 bits; longer terms share the last."""


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
        texts = [term.text for term in lexicon.terms]
        columns = {label: column for column, label in enumerate(self.labels)}
        self._label = np.array([columns[term.label] for term in lexicon.terms], np.int64)
        self._weight = np.array([term.weight for term in lexicon.terms], np.float64)
        self._length = lengths = np.array([len(text) for text in texts], np.int64)
        self._lengths = [int(n) for n in np.unique(lengths)[::-1]]
        self._by_length = {}
        for length in self._lengths:
            places = np.flatnonzero(lengths == length)
            points = np.frombuffer("".join(texts[p] for p in places).encode("utf-32-le"), "<u4")
            codes = _hashes(points, length)[::length]
            self._by_length[length] = (CodeTable(codes), places, points.reshape(-1, length))
        # Most places start no term. Two characters tell which lengths are worth a look.
        lengths_of: dict[int, int] = {}
        for text, length in zip(texts, lengths.tolist(), strict=True):
            pair = (ord(text[0]) << 32) | ord(text[1])
            lengths_of[pair] = lengths_of.get(pair, 0) | (1 << min(length, _LAST_BIT))
        self._pairs = CodeTable(np.array(list(lengths_of), np.uint64))
        self._pair_lengths = np.array([*lengths_of.values(), 0], np.int64)

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
        points = batch.codepoints
        pairs = (points[:-1].astype(np.uint64) << np.uint64(32)) | points[1:]
        starting = self._pairs.places(pairs)
        lengths_at = self._pair_lengths[starting]
        candidates = np.flatnonzero(starting >= 0)
        possible = lengths_at[candidates]
        term_at = np.full(len(candidates), -1, np.int64)
        for length in self._lengths:
            open_ = np.flatnonzero(
                (term_at < 0)
                & ((possible >> min(length, _LAST_BIT)) & 1 > 0)
                & (candidates + length <= len(points))
            )
            if len(open_):
                table, places, spelled = self._by_length[length]
                windows = points[candidates[open_, None] + np.arange(length)]
                found = table.places(_hashes(windows.ravel(), length)[::length])
                same = found >= 0
                same[same] = (windows[same] == spelled[found[same]]).all(axis=1)
                term_at[open_[same]] = places[found[same]]
        hit = term_at >= 0
        starts, terms = candidates[hit], term_at[hit]
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
        size = len(batch.texts) * width
        sums = np.bincount(cells, self._weight[matches.terms], minlength=size)
        return sums.astype(np.float64).reshape(len(batch.texts), width)

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
        return cls(lexicon, parameters["fields"], parameters["scales"])


def _hashes(points: npt.NDArray[np.uint32], length: int) -> Codes:
    """Hash the windows of one length that start at each code point, never to zero."""
    count = max(len(points) - length + 1, 0)
    codes = np.zeros(count, np.uint64)
    for place in range(length):
        codes = codes * _BASE + points[place : place + count] + np.uint64(1)
    return (codes << np.uint64(1)) | np.uint64(1)
