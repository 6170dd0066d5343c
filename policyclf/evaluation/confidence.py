"""What confidence is worth: whether it is honest, and what leaving out the unsure gives.

A reliability diagram compares confidence with accuracy bin by bin. A risk-coverage curve
says how often labels are wrong among the most confident share of them (El-Yaniv and
Wiener, On the Foundations of Noise-free Selective Classification, JMLR 2010); the area
under it is the mean of that over all shares, so that 0 is best.

Segments of one confidence are taken all at once: what stands here, a threshold can do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from policyclf.corpus import Corpus
from policyclf.evaluation.bootstrap import REPLICATES, DocumentBootstrap, Figure, interval, ratio
from policyclf.evaluation.labelling import Labelling, is_right
from policyclf.exceptions import InputError
from policyclf.features.rows import Floats, Ints
from policyclf.reliability import N_BINS, bins_of

COVERAGES = (0.5, 0.7, 0.9)
PRECISIONS = (0.8, 0.9, 0.95)

_MOST_POINTS = 200
"""Of a curve: more than a plot shows."""

_AT_ONCE = 2**21
"""Weights of replicates that are summed at once; 16 MB each time."""

_SLACK = 1e-9
"""By which a share may miss what is wanted: 0.7 of ten segments is seven of them."""


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Segments of about one confidence.

    Parameters
    ----------
    low, high : float
        From which confidence to which.
    n : int
        How many segments.
    confidence : float
        Their mean confidence.
    accuracy : Figure
        How many of them are right.
    """

    low: float
    high: float
    n: int
    confidence: float
    accuracy: Figure


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """What a confidence threshold gives.

    Parameters
    ----------
    wanted : float
        The coverage or precision that was asked for.
    threshold : float or None
        Keep the labels of at least this confidence; None if none does what is wanted.
    coverage, accuracy : Figure or None
        The share of segments kept, and how many of those are right.
    """

    wanted: float
    threshold: float | None
    coverage: Figure | None
    accuracy: Figure | None


@dataclass(frozen=True, slots=True)
class CoveragePoint:
    """A point of a risk-coverage curve.

    Parameters
    ----------
    coverage, accuracy, threshold : float
        As of `OperatingPoint`. The risk is 1 less the accuracy.
    """

    coverage: float
    accuracy: float
    threshold: float


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """How accuracy falls as less sure labels are kept.

    Parameters
    ----------
    area : Figure
        The area under the curve of risk over coverage; 0 is best.
    at : tuple of OperatingPoint
        At the coverages asked for. In every replicate the threshold is the one that
        gives that coverage there.
    curve : tuple of CoveragePoint
        At most two hundred points of it, from the surest on.
    """

    area: Figure
    at: tuple[OperatingPoint, ...]
    curve: tuple[CoveragePoint, ...]


def reliability(
    labelling: Labelling, gold: Corpus, *, replicates: int = REPLICATES, seed: int = 0
) -> list[ReliabilityBin]:
    """Compare confidence and accuracy in ten bins of equal width.

    Parameters
    ----------
    labelling : Labelling
        What was given, with confidence.
    gold : Corpus
        The truth.
    replicates, seed : int
        Of the bootstrap.

    Returns
    -------
    list of ReliabilityBin
        Those that have segments.
    """
    confidence, right = _known(labelling, gold)
    drawn = DocumentBootstrap.of(gold.doc_ids, replicates=replicates, seed=seed)
    bins = bins_of(confidence)
    sums = {
        "right": drawn.sums(right, bins, N_BINS),
        "n": drawn.sums(np.ones(len(right)), bins, N_BINS),
    }
    accuracies = drawn.figures(lambda s: ratio(s["right"], s["n"]), sums)
    n = np.bincount(bins, minlength=N_BINS)
    means = np.bincount(bins, confidence, minlength=N_BINS) / np.maximum(n, 1)
    return [
        ReliabilityBin(k / N_BINS, (k + 1) / N_BINS, int(n[k]), float(means[k]), accuracies[k])
        for k in np.flatnonzero(n).tolist()
    ]


def risk_coverage(
    labelling: Labelling,
    gold: Corpus,
    *,
    coverages: Sequence[float] = COVERAGES,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> RiskCoverage:
    """Keep the surest labels, and see how many are right.

    Parameters
    ----------
    labelling : Labelling
        What was given, with confidence.
    gold : Corpus
        The truth.
    coverages : sequence of float, default (0.5, 0.7, 0.9)
        The shares of segments at which to state the accuracy.
    replicates, seed : int
        Of the bootstrap.

    Returns
    -------
    RiskCoverage
        Area, accuracies and curve.

    Raises
    ------
    InputError
        If there is no confidence, or a coverage is not between 0 and 1.

    Examples
    --------
    >>> from policyclf.corpus import LabelledSegment
    >>> gold = Corpus(tuple(LabelledSegment(str(n), ("a",), str(n)) for n in range(4)))
    >>> sure = np.array([0.9, 0.8, 0.7, 0.6])
    >>> found = risk_coverage(Labelling("m", ["a", "a", "b", "a"], confidence=sure), gold)
    >>> [round(point.accuracy, 2) for point in found.curve]
    [1.0, 1.0, 0.67, 0.75]
    """
    _check_shares("coverages", coverages)
    confidence, right = _known(labelling, gold)
    drawn = DocumentBootstrap.of(gold.doc_ids, replicates=replicates, seed=seed)
    order = np.argsort(-confidence, kind="stable")
    sorted_confidence = confidence[order]
    ends = _last_of_each(sorted_confidence)
    right, documents = right[order], drawn.documents[order]

    whole = np.ones((1, drawn.n_documents))
    values, places = _selective(whole, documents, right, ends, coverages)
    step = max(1, _AT_ONCE // len(right))
    replicated = np.vstack(
        [
            _selective(weights.astype(np.float64), documents, right, ends, coverages)[0]
            for start in range(0, len(drawn.weights), step)
            for weights in [drawn.weights[start : start + step]]
        ]
    )
    figures = [interval(float(v), replicated[:, k], fill=0.0) for k, v in enumerate(values[0])]
    area, *accuracies = figures
    assert area is not None  # noqa: S101  gold has segments
    kept = (ends + 1) / len(right)
    accuracy_at_ends = np.cumsum(right)[ends] / (ends + 1)
    shown = np.unique(np.linspace(0, len(ends) - 1, min(len(ends), _MOST_POINTS)).astype(int))
    return RiskCoverage(
        area,
        tuple(
            OperatingPoint(
                share,
                float(sorted_confidence[ends[place]]),
                Figure(float(kept[place]), float(kept[place]), float(kept[place])),
                figure,
            )
            for share, place, figure in zip(coverages, places[0], accuracies, strict=True)
        ),
        tuple(
            CoveragePoint(
                float(kept[k]), float(accuracy_at_ends[k]), float(sorted_confidence[ends[k]])
            )
            for k in shown.tolist()
        ),
    )


def precision_points(
    labelling: Labelling,
    gold: Corpus,
    *,
    precisions: Sequence[float] = PRECISIONS,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> list[OperatingPoint]:
    """Find the confidence threshold for a wanted precision.

    Parameters
    ----------
    labelling : Labelling
        What was given, with confidence.
    gold : Corpus
        The truth.
    precisions : sequence of float, default (0.8, 0.9, 0.95)
        How many of the labels kept are to be right.
    replicates, seed : int
        Of the bootstrap.

    Returns
    -------
    list of OperatingPoint
        The lowest threshold that gives each, on this data. The intervals are those of
        that threshold: the lower bound of the accuracy says what to expect elsewhere.

    Raises
    ------
    InputError
        If there is no confidence, or a precision is not between 0 and 1.
    """
    _check_shares("precisions", precisions)
    confidence, right = _known(labelling, gold)
    drawn = DocumentBootstrap.of(gold.doc_ids, replicates=replicates, seed=seed)
    order = np.argsort(-confidence, kind="stable")
    ends = _last_of_each(confidence[order])
    share = np.cumsum(right[order])[ends] / (ends + 1)
    points = []
    for wanted in precisions:
        enough = np.flatnonzero(share >= wanted - _SLACK)
        if not len(enough):
            points.append(OperatingPoint(wanted, None, None, None))
            continue
        threshold = float(confidence[order][ends[enough[-1]]])
        over = confidence >= threshold
        sums = {
            "kept": drawn.sums(over),
            "n": drawn.sums(np.ones(len(over))),
            "right": drawn.sums(right * over),
        }
        points.append(
            OperatingPoint(
                wanted,
                threshold,
                drawn.figures(lambda s: ratio(s["kept"], s["n"]), sums)[0],
                drawn.figures(lambda s: ratio(s["right"], s["kept"]), sums)[0],
            )
        )
    return points


def _selective(
    weights: Floats, documents: Ints, right: Floats, ends: Ints, wanted: Sequence[float]
) -> tuple[Floats, Ints]:
    """Compute the area, then the accuracy at each coverage, of each row of weights.

    The segments are sorted, the surest first; `ends` are the last of each confidence.
    The second array holds at which of the ends each coverage is reached.
    """
    each = weights[:, documents]
    kept = np.cumsum(each, axis=1)[:, ends]
    hits = np.cumsum(each * right, axis=1)[:, ends]
    total = kept[:, -1:]
    share = np.divide(hits, kept, out=np.zeros_like(hits), where=kept > 0)
    area = (np.diff(kept, axis=1, prepend=0) * (1 - share)).sum(axis=1, keepdims=True) / total
    places = np.zeros((len(weights), len(wanted)), np.int64)
    for column, part in enumerate(wanted):
        places[:, column] = (kept < (part - _SLACK) * total).sum(axis=1)
    return np.hstack([area, np.take_along_axis(share, places, axis=1)]), places


def _last_of_each(descending: Floats) -> Ints:
    """Find the last place of each value."""
    return np.flatnonzero(np.append(np.diff(descending) < 0, True))


def _known(labelling: Labelling, gold: Corpus) -> tuple[Floats, Floats]:
    labelling.check(gold)
    if labelling.confidence is None:
        raise InputError(f"the labels of {labelling.name!r} come without confidence.")
    return labelling.confidence, is_right(labelling, gold)


def _check_shares(name: str, shares: Sequence[float]) -> None:
    for share in shares:
        if not 0 < share <= 1:
            raise InputError(
                f"The {name!r} parameter must be shares over 0 and up to 1. Got {share!r} instead."
            )
