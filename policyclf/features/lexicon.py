"""Lexicon scores: how much the terms in a text speak for each label.

A term counts where it occurs and lies inside no longer match: the longest term that starts at
every place, if it ends behind every match that starts before it. Compiled loops tell. Where there
are none, trees of dictionaries do of a single text; of many a
:class:`~policyclf.features.trie.Trie` does, without a loop over characters.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import lt
from sys import maxunicode
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from policyclf.exceptions import ModelError
from policyclf.features.batch import Batch, Segment
from policyclf.features.compiled import CompiledTerms
from policyclf.features.occurrences import Occurrences, text_starts
from policyclf.features.rows import Floats, Ints, Rows
from policyclf.features.strings import pack, unpack
from policyclf.features.trie import Trie
from policyclf.lexicon import LONGEST_TERM, SHORTEST, WEIGHTS, Lexicon

_NOTHING: dict[int, Any] = {}
_LENGTHS = frozenset(range(SHORTEST, LONGEST_TERM + 1))
_WORTH, _END = -1, -2
"""No characters: the first stands in a tree for the term that ends there, the other behind a
text."""


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


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """The terms of a lexicon as columns: thirty thousand objects are not made to read a model.

    Parameters
    ----------
    texts : list of str
        Ascending, each once.
    label : ndarray of int64, shape (n_terms,)
        Which of `labels` each speaks for.
    weight : ndarray of int64, shape (n_terms,)
        How much.
    labels : tuple of str
        The labels.
    """

    texts: list[str]
    label: Ints
    weight: Ints
    labels: tuple[str, ...]

    @classmethod
    def of(cls, lexicon: Lexicon) -> Terms:
        """Lay out a lexicon."""
        labels = lexicon.labels
        columns = {label: column for column, label in enumerate(labels)}
        terms = sorted(lexicon.terms)
        return cls(
            [term.text for term in terms],
            np.array([columns[term.label] for term in terms], np.int64),
            np.array([term.weight for term in terms], np.int64),
            labels,
        )


class LexiconBlock:
    """Summed weights of the terms found, a label, for the segment and its context.

    Parameters
    ----------
    terms : Terms
        The terms.
    fields : sequence of str
        The fields of a segment that are scored, each in columns of its own.
    scales : sequence of float
        What the scores of each field are multiplied with, to stand beside rows of
        length one.
    """

    name = "lexicon"

    def __init__(self, terms: Terms, fields: Sequence[str], scales: Sequence[float]) -> None:
        self.terms = terms
        self.fields = tuple(fields)
        self.scales = tuple(scales)
        self.labels = terms.labels

    @classmethod
    def of(cls, lexicon: Lexicon, fields: Sequence[str], scales: Sequence[float]) -> Self:
        """Make a block of a lexicon."""
        return cls(Terms.of(lexicon), fields, scales)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out of a pickle what is worked out when needed."""
        return {name: getattr(self, name) for name in ("terms", "fields", "scales", "labels")}

    @cached_property
    def _length(self) -> Ints:
        return np.array(list(map(len, self.terms.texts)), np.int64)

    @cached_property
    def _trie(self) -> Trie:
        """Finds the terms in many texts at once."""
        texts = self.terms.texts
        return Trie(_padded(texts, self._length), np.arange(len(texts)))

    @cached_property
    def _begun(self) -> _Beginnings:
        """Tells the terms of one text, a character at a time."""
        return _Beginnings(self.terms)

    @cached_property
    def _compiled(self) -> CompiledTerms | None:
        """The terms for compiled loops, where there are some."""
        terms = self.terms
        return CompiledTerms.of(terms.texts, terms.label, terms.weight, len(self.labels))

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
        if self._compiled is not None:
            return self._compiled.hits(batch.codepoints, batch.lengths)
        matches = self.find(batch)
        width = len(self.labels)
        cells = batch.owners[matches.starts] * width + self.terms.label[matches.terms]
        size = len(batch.lengths) * width
        sums = np.bincount(cells, self.terms.weight[matches.terms], minlength=size)
        return sums.astype(np.float64).reshape(len(batch.lengths), width)

    def rows(self, batch: Batch) -> Rows:
        """Score the segments and their context: ``log(1 + sum)`` a label, scaled."""
        scores = np.log1p(self.hits(batch))
        blocks = [
            scores[batch.places(field)] * scale
            for field, scale in zip(self.fields, self.scales, strict=True)
        ]
        return Rows.from_dense(np.hstack(blocks))

    def hits_of(self, text: str) -> Floats:
        """Sum the weights of the terms found in one text, cleaned already, shape (n_labels,)."""
        if self._compiled is not None:
            return self._compiled.hits_of(text)
        hits = np.zeros(len(self.labels))
        begun, covered = self._begun, 0
        points = [*map(ord, text), _END]
        for start, point in enumerate(points[:-1]):
            tree = begun[point].get(points[start + 1])
            if tree is None:
                continue
            end, found, behind = start + SHORTEST, None, 0
            while tree is not None:
                if _WORTH in tree:
                    found, behind = tree[_WORTH], end
                tree = tree.get(points[end])
                end += 1
            if found is not None and behind > covered:  # else inside another
                column, weight = found
                hits[column] += weight
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
                self.terms.label[matches.terms] + place * len(self.labels),
                self.terms.weight[matches.terms].astype(np.float64),
            ).by_text()
            for place, (field, scale) in enumerate(zip(self.fields, self.scales, strict=True))
            if scale  # else its columns are empty
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
            "terms": pack(self.terms.texts),
            "label": self.terms.label.astype(np.uint16),
            "weight": self.terms.weight.astype(np.uint8),
        }
        return parameters, arrays

    @classmethod
    def from_state(cls, parameters: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> Self:
        """Make a block of what `state` returned."""
        texts, labels = unpack(arrays["terms"]), tuple(parameters["labels"])
        fields, scales = parameters["fields"], parameters["scales"]
        if len(set(labels)) < len(labels) or len(fields) != len(scales):
            raise ModelError("a lexicon has each label once, and a scale for each field.")
        for of_terms in (arrays["label"], arrays["weight"]):
            if of_terms.dtype.kind != "u" or of_terms.shape != (len(texts),):
                raise ModelError(
                    f"a lexicon of {len(texts)} terms has as many labels and weights, as whole "
                    f"numbers. Got {of_terms.dtype} of shape {of_terms.shape}."
                )
        if arrays["label"].max(initial=0) >= max(len(labels), 1):  # before large ones turn negative
            raise ModelError(f"the label of a term must be one of {len(labels)}.")
        label, weight = arrays["label"].astype(np.int64), arrays["weight"].astype(np.int64)
        lengths = set(map(len, texts))
        if not all(map(lt, texts, texts[1:])) or not lengths <= _LENGTHS:
            raise ModelError(
                f"a lexicon has each term once, in ascending order, of {SHORTEST} to "
                f"{LONGEST_TERM} characters."
            )
        if not set(weight.tolist()) <= set(WEIGHTS):
            raise ModelError(f"the weight of a term must be one of {WEIGHTS}.")
        return cls(Terms(texts, label, weight, labels), fields, scales)


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

    def score(self, segment: Segment) -> Floats:
        """Score one segment, cleaned already, shape (n_labels,)."""
        scores: Floats | None = None  # every call of numpy is a fiftieth of the time
        for field, weights in zip(self._block.fields, self._weights, strict=True):
            text = getattr(segment, field)
            if text:
                own = np.log1p(self._block.hits_of(text)).dot(weights)
                scores = own if scores is None else scores + own
        return np.zeros(self._weights.shape[2]) if scores is None else scores

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


class _Beginnings(dict[int, dict[int, Any]]):
    """The terms as trees: character by character, and under ``_WORTH`` what a term is worth.

    Terms are taken in when their first character is first met: all of them at once would
    take a tenth of the time from the start of the program to its first label. A dictionary
    of the terms' beginnings as strings took twice as long to go through a sentence.

    Parameters
    ----------
    terms : Terms
        The terms.
    """

    def __init__(self, terms: Terms) -> None:
        self._terms = terms

    def __missing__(self, point: int) -> dict[int, Any]:
        texts, tree = self._terms.texts, dict[int, Any]()
        first = bisect_left(texts, chr(point))
        last = bisect_left(texts, chr(point + 1), first) if point < maxunicode else len(texts)
        worth = zip(
            self._terms.label[first:last].tolist(),
            self._terms.weight[first:last].tolist(),
            strict=True,
        )
        for text, column_and_weight in zip(texts[first:last], worth, strict=True):
            at = tree
            for character in text[1:]:
                at = at.setdefault(ord(character), {})
            at[_WORTH] = column_and_weight
        # When it is whole: another thread may look in between.
        self[point] = tree = tree or _NOTHING
        return tree


def _padded(texts: Sequence[str], lengths: Ints) -> Ints:
    """Write texts into an array of code points, a row each, zeros behind the shorter ones."""
    points = np.zeros((len(texts), lengths.max(initial=0)), np.int64)
    joined = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), "<u4")
    points[np.arange(points.shape[1]) < lengths[:, None]] = joined
    return points
