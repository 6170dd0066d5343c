"""Why a sentence has its label: exact contributions of stretches of the source.

A score of the linear model is a sum: the intercept and, for each feature, value times
weight. Each feature's part is handed to the places where it stands (n-grams in equal
parts, terms of the lexicon by their weights), each place's part to its characters in
equal parts, and the characters are gathered into what a reader can judge: terms of the
lexicon and words. Nothing is estimated and nothing is left out, so intercept, spans and
context add up to the score. What cannot be handed to a place of the sentence, because it
stands in the sentence before, is given a field of context each.

A sentence in a document is not labelled by its score alone: its neighbours speak for it
(:mod:`policyclf.chain`). What they added is given in units of the score, too, so that
all parts together, times the slope of the calibration, are the logarithm of the odds of
the label against the runner-up, before :mod:`policyclf.posterior` takes its last step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from policyclf.features import Batch, Block, LexiconBlock, Segment
from policyclf.features.occurrences import Occurrences
from policyclf.features.rows import Floats, Ints, Rows
from policyclf.normalization import normalize
from policyclf.scoring import BATCH_SIZE, LinearModel
from policyclf.spans import LabelledSentence, Span
from policyclf.tokenization import Tokenizer

Weights = npt.NDArray[np.floating]

Values = Mapping[str, float]
"""Label to its value."""


@dataclass(frozen=True, slots=True)
class Contribution(Span):
    """What a stretch of the source adds to the scores of labels.

    Parameters
    ----------
    start, end : int
        Code-point offsets into the document's source.
    text : str
        The source there.
    values : dict of str to float
        What it adds to the score of each label that is explained.
    """

    text: str
    values: Values


@dataclass(frozen=True, slots=True)
class Explanation:
    """The parts that a sentence's scores are the sum of.

    Parameters
    ----------
    sentence : LabelledSentence
        The sentence as it was labelled.
    runner_up : str
        The label that came second.
    scores : dict of str to float
        The score of each label that is explained: the chosen one, the runner-up and
        those asked for. The model's, to 1e-6: here without rounding on the way.
    intercepts : dict of str to float
        The score of an empty sentence.
    spans : tuple of Contribution
        Words and terms in the order of the text, none over another.
    context : dict of str to dict
        What fields outside the sentence add: ``previous`` to label to value.
    alone : dict of str to float
        The probability of each label given the sentence without its neighbours.
        ``sentence.probabilities`` has those in the document.
    neighbours : dict of str to float
        What the labels of the other sentences add, in units of the score
        (:meth:`~policyclf.posterior.Posterior.added_by_document`). Only differences
        between labels mean something.
    """

    sentence: LabelledSentence
    runner_up: str
    scores: Values
    intercepts: Values
    spans: tuple[Contribution, ...]
    context: Mapping[str, Values]
    alone: Values
    neighbours: Values

    @property
    def label(self) -> str:
        """The chosen label."""
        return self.sentence.label

    def over_runner_up(self, values: Values) -> float:
        """Return by how much some values speak for the label rather than the runner-up."""
        return values[self.label] - values[self.runner_up]

    def deciding(self, n: int | None = None) -> list[tuple[Contribution, float]]:
        """List the spans that decided between the label and the runner-up.

        Parameters
        ----------
        n : int, optional
            At most so many.

        Returns
        -------
        list of (Contribution, float)
            Each with `over_runner_up` of its values: more than zero speaks for the
            label, less for the runner-up. The weightiest first.
        """
        decided = [(span, self.over_runner_up(span.values)) for span in self.spans]
        return sorted(decided, key=lambda item: -abs(item[1]))[:n]


def explain(
    model: LinearModel,
    segments: Sequence[Segment],
    sentences: Sequence[LabelledSentence],
    *,
    alone: Floats,
    neighbours: Floats,
    labels: Sequence[str] = (),
) -> list[Explanation]:
    """Take the scores of sentences apart.

    Parameters
    ----------
    model : LinearModel
        What scores.
    segments : sequence of Segment, length n
        The sentences with their context.
    sentences : sequence of LabelledSentence, length n
        The same as they were labelled.
    alone : ndarray, shape (n, n_labels)
        Their probabilities without their neighbours.
    neighbours : ndarray, shape (n, n_labels)
        What their neighbours add, in units of the scores.
    labels : sequence of str, optional
        Labels to explain beside the chosen one and the runner-up.

    Returns
    -------
    list of Explanation
        One a sentence.
    """
    explanations = []
    for start in range(0, len(segments), BATCH_SIZE):
        parts = _Parts(model, segments[start : start + BATCH_SIZE])
        for row, sentence in enumerate(sentences[start : start + BATCH_SIZE]):
            second = _runner_up(sentence)
            shown = list(dict.fromkeys((sentence.label, second, *labels)))
            columns = np.array([model.labels.index(label) for label in shown])
            spans, context = parts.of(row, columns)
            explanations.append(
                Explanation(
                    sentence=sentence,
                    runner_up=second,
                    scores=_named(shown, parts.scores[row, columns]),
                    intercepts=_named(shown, model.intercept[columns]),
                    spans=tuple(_placed(sentence, span, _named(shown, v)) for span, v in spans),
                    context={field: _named(shown, values) for field, values in context.items()},
                    alone=_named(shown, alone[start + row, columns]),
                    neighbours=_named(shown, neighbours[start + row, columns]),
                )
            )
    return explanations


class _Parts:
    """The parts of the scores of a batch: what each block finds where, and its value."""

    def __init__(self, model: LinearModel, segments: Sequence[Segment]) -> None:
        self.batch = Batch(segments)
        self._segments = segments
        self._blocks: list[tuple[Block, Rows, list[Occurrences], Weights]] = [
            (block, block.rows(self.batch), block.occurrences(self.batch), weights)
            for block, weights in zip(model.blocks, model.weights, strict=True)
        ]
        # What scores many for labelling rounds to single precision on the way; this does not.
        self.scores = np.tile(model.intercept, (len(segments), 1))
        for _, rows, _, weights in self._blocks:
            self.scores += rows.dot(weights)

    def of(self, row: int, columns: Ints) -> tuple[list[tuple[Span, Floats]], dict[str, Floats]]:
        """Return the spans of a segment's own text and the sum of each field of context."""
        place = self.batch.places("text")[row]
        profile = np.zeros((len(self.batch.texts[place]), len(columns)))
        terms: list[tuple[int, int]] = []
        context: dict[str, Floats] = {}
        for block, rows, found, weights in self._blocks:
            for everywhere in found:
                there = everywhere.of_text(self.batch.places(everywhere.field)[row])
                values = _values(rows, row, there.columns) * there.shares()
                parts = values[:, None] * weights[np.ix_(there.columns, columns)].astype(np.float64)
                if everywhere.field == "text":
                    _spread(parts, there, profile)
                    if isinstance(block, LexiconBlock):
                        terms += zip(there.starts.tolist(), there.ends.tolist(), strict=True)
                elif len(parts):
                    so_far = context.get(everywhere.field, np.zeros(len(columns)))
                    context[everywhere.field] = so_far + parts.sum(axis=0)
        return _gathered(self._segments[row].text, profile, terms), context


def _values(rows: Rows, row: int, columns: Ints) -> Floats:
    """Look up what some columns of a row hold."""
    there = slice(int(rows.starts[row]), int(rows.starts[row + 1]))
    order = np.argsort(rows.columns[there], kind="stable")
    places = order[np.searchsorted(rows.columns[there], columns, sorter=order)]
    values: Floats = rows.values[there][places]
    return values


def _spread(parts: Floats, found: Occurrences, profile: Floats) -> None:
    """Add the part of each occurrence to its characters, in equal shares."""
    lengths = found.ends - found.starts
    begins = np.cumsum(lengths) - lengths
    positions = np.arange(lengths.sum()) + np.repeat(found.starts - begins, lengths)
    shares = np.repeat(parts / lengths[:, None], lengths, axis=0)
    for column in range(profile.shape[1]):
        profile[:, column] += np.bincount(positions, shares[:, column], minlength=len(profile))


def _gathered(
    source: str, profile: Floats, terms: list[tuple[int, int]]
) -> list[tuple[Span, Floats]]:
    """Gather characters into terms of the lexicon and words."""
    cleaned = normalize(source)
    units = _units(cleaned.text, terms)
    if not units:
        return []
    # A blank that belongs to no word goes to the one before it.
    firsts = [0, *(start for start, _ in units[1:])]
    sums = np.add.reduceat(profile, firsts, axis=0)
    return [
        (cleaned.source_span(*unit), values)
        for unit, values in zip(units, sums, strict=True)
        if values.any()
    ]


def _units(text: str, terms: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Cut a cleaned text into terms and words; what overlaps comes out as one."""
    units: list[tuple[int, int]] = []
    for start, end in sorted([*terms, *_tokenizer().spans(text)]):
        if units and start < units[-1][1]:
            units[-1] = (units[-1][0], max(end, units[-1][1]))
        else:
            units.append((start, end))
    return units


def _placed(sentence: LabelledSentence, span: Span, values: Values) -> Contribution:
    """Put a span of a sentence into its document."""
    text = sentence.text[span.start : span.end]
    return Contribution(sentence.start + span.start, sentence.start + span.end, text, values)


def _named(labels: Sequence[str], values: Floats) -> dict[str, float]:
    return dict(zip(labels, values.tolist(), strict=True))


def _runner_up(sentence: LabelledSentence) -> str:
    others = {k: p for k, p in sentence.probabilities.items() if k != sentence.label}
    return max(others, key=lambda label: others[label], default=sentence.label)


@cache
def _tokenizer() -> Tokenizer:
    return Tokenizer()
