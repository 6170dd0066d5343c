"""How well labels agree with gold, with intervals.

Every figure is a function of sums over documents (hits and counts a label, right
answers, calibration bins). So the bootstrap draws documents, not sentences, which
within one document are alike, and needs no second look at the data: a thousand
replicates are one matrix product.

Intervals are percentiles of that bootstrap (Efron and Tibshirani, An Introduction
to the Bootstrap, 1993, chapter 13). Calibration error is over ten bins of equal width
(Guo et al., On Calibration of Modern Neural Networks, ICML 2017).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from policyclf.corpus import Corpus
from policyclf.exceptions import InputError
from policyclf.features.rows import Floats

REPLICATES = 1000
COVERAGE = 0.95
_BINS = 10
_MOST_CONFUSED = 20


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value with its interval.

    Parameters
    ----------
    value : float
        The value on all of the data.
    low, high : float
        The bounds of its 95 % interval over documents.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class LabelFigures:
    """How well one label was found.

    Parameters
    ----------
    precision, recall, f1 : Figure
        As usual.
    support : int
        How many segments have it in gold.
    predicted : int
        How many were given it.
    """

    precision: Figure
    recall: Figure
    f1: Figure
    support: int
    predicted: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures of one labelling against gold.

    Parameters
    ----------
    name : str
        What labelled.
    n_segments, n_documents : int
        Of how many.
    accuracy : Figure
        Share of segments whose primary label is gold's; the same as micro F1.
    macro_f1 : Figure
        Mean F1 of the labels that gold or the labelling has.
    any : Figure
        Share of segments whose primary label is one that gold gives in any place,
        also as further or optional label.
    calibration_error : Figure or None
        Mean distance of confidence and accuracy; None if there is no confidence.
    labels : dict of str to LabelFigures
        A label.
    confusions : list of (str, str, int)
        Gold label, given label, how often; most frequent first.
    """

    name: str
    n_segments: int
    n_documents: int
    accuracy: Figure
    macro_f1: Figure
    any: Figure
    calibration_error: Figure | None
    labels: Mapping[str, LabelFigures]
    confusions: Sequence[tuple[str, str, int]]

    def to_dict(self) -> dict[str, object]:
        """Return all figures as plain values, rounded to four digits."""
        rounded: dict[str, object] = _round(asdict(self))
        # Single-label micro F1 is accuracy; both names are looked for.
        rounded["micro_f1"] = rounded["accuracy"]
        return rounded


def evaluate(
    name: str,
    predicted: Sequence[str],
    gold: Corpus,
    *,
    confidence: Sequence[float] | None = None,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> Evaluation:
    """Measure a labelling against gold.

    Parameters
    ----------
    name : str
        What labelled.
    predicted : sequence of str, length n
        The primary label it gave to each segment of gold.
    gold : Corpus
        The truth.
    confidence : sequence of float, length n, optional
        The probability of each label given.
    replicates : int, default 1000
        Bootstrap replicates.
    seed : int, default 0
        Of the bootstrap.

    Returns
    -------
    Evaluation
        The figures.

    Raises
    ------
    InputError
        If the lengths differ.

    Examples
    --------
    >>> from policyclf.corpus import LabelledSegment
    >>> rows = [LabelledSegment("引资。", ("investment_attraction",), "a")]
    >>> evaluate("always right", ["investment_attraction"], Corpus(tuple(rows))).accuracy.value
    1.0
    """
    if len(predicted) != len(gold):
        raise InputError(f"gold has {len(gold)} segments. Got {len(predicted)} labels.")
    if not predicted:
        raise InputError("gold is empty: there is nothing to measure.")
    if confidence is not None and len(confidence) != len(gold):
        raise InputError(f"gold has {len(gold)} segments. Got {len(confidence)} confidences.")
    truth = gold.primaries
    names = sorted({*truth, *predicted})
    place = {label: column for column, label in enumerate(names)}
    true = np.array([place[label] for label in truth])
    given = np.array([place[label] for label in predicted])
    _, documents = np.unique(np.array(gold.doc_ids), return_inverse=True)
    n_documents = int(documents.max()) + 1

    def per_document(
        values: npt.NDArray[np.generic], columns: npt.NDArray[np.int64], n: int
    ) -> Floats:
        sums = np.bincount(documents * n + columns, values, minlength=n_documents * n)
        return sums.astype(np.float64).reshape(n_documents, n)

    one = np.ones(len(true))
    right = true == given
    zero = np.zeros(len(true), np.int64)
    allowed = [
        label in (*row.labels, *row.optional)
        for label, row in zip(predicted, gold.rows, strict=True)
    ]
    sums = {
        "hits": per_document(right, true, len(names)),
        "support": per_document(one, true, len(names)),
        "predicted": per_document(one, given, len(names)),
        "n": per_document(one, zero, 1),
        "right": per_document(right, zero, 1),
        "allowed": per_document(np.array(allowed), zero, 1),
    }
    if confidence is not None:
        sure = np.asarray(confidence, np.float64)
        bins = np.minimum((sure * _BINS).astype(np.int64), _BINS - 1)
        sums["gap"] = per_document(sure - right, bins, _BINS)
    weights = _resampled(n_documents, replicates, seed)

    def figure(of: Callable[[Mapping[str, Floats]], Floats]) -> list[Figure]:
        """Evaluate a function of summed columns on all documents and on each replicate."""
        value = of({key: array.sum(axis=0, keepdims=True) for key, array in sums.items()})[0]
        drawn = of({key: weights @ array for key, array in sums.items()})
        tail = (1 - COVERAGE) / 2 * 100
        # A label that a replicate lacks has no value there; one that all lack is never right.
        drawn[:, np.isnan(drawn).all(axis=0)] = 0
        value = np.nan_to_num(value)
        low, high = np.nanpercentile(drawn, [tail, 100 - tail], axis=0)
        return [
            Figure(float(v), float(a), float(b)) for v, a, b in zip(value, low, high, strict=True)
        ]

    precision = figure(lambda s: _ratio(s["hits"], s["predicted"]))
    recall = figure(lambda s: _ratio(s["hits"], s["support"]))
    f1 = figure(_f1)
    support, predicted_counts = sums["support"].sum(axis=0), sums["predicted"].sum(axis=0)
    pairs = Counter((t, p) for t, p in zip(truth, predicted, strict=True) if t != p)
    return Evaluation(
        name,
        len(gold),
        n_documents,
        figure(lambda s: _ratio(s["right"], s["n"]))[0],
        figure(lambda s: np.nanmean(_f1(s), axis=1, keepdims=True))[0],
        figure(lambda s: _ratio(s["allowed"], s["n"]))[0],
        figure(lambda s: np.abs(s["gap"]).sum(axis=1, keepdims=True) / s["n"])[0]
        if confidence is not None
        else None,
        {
            label: LabelFigures(p, r, f, int(n), int(m))
            for label, p, r, f, n, m in zip(
                names, precision, recall, f1, support, predicted_counts, strict=True
            )
        },
        [(t, p, n) for (t, p), n in sorted(pairs.items(), key=lambda x: (-x[1], x[0]))][
            :_MOST_CONFUSED
        ],
    )


def _resampled(n_documents: int, replicates: int, seed: int) -> Floats:
    """Draw documents with replacement: how often each stands in each replicate."""
    generator = np.random.default_rng(seed)
    shares = np.full(n_documents, 1 / n_documents)
    return generator.multinomial(n_documents, shares, replicates).astype(np.float64)


def _ratio(part: Floats, whole: Floats) -> Floats:
    """Divide; not a number where a replicate has nothing to divide by."""
    ratio: Floats = np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)
    return ratio


def _f1(sums: Mapping[str, Floats]) -> Floats:
    """F1 a label; not a number where a replicate has neither the label nor a guess of it."""
    total = sums["support"] + sums["predicted"]
    f1: Floats = np.divide(
        2 * sums["hits"], total, out=np.full_like(total, np.nan), where=total > 0
    )
    return f1


def _round(value: Any) -> Any:  # noqa: ANN401  nested plain values
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: _round(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_round(entry) for entry in value]
    return value
