"""How frequent each label is in a pool of documents, with a model and a coded random sample.

Counting what a model gives is biased: it gives some labels too often and others too seldom,
and that does not average out (Hopkins and King, A Method of Automated Nonparametric Content
Analysis, 2010). A random sample coded by hand is not biased, but small. The two together: what
is counted in the whole pool, and what coders have more or less than the model on the sample.
That is the difference estimator of survey sampling (Särndal, Swensson and Wretman, Model
Assisted Survey Sampling, 1992, ch. 6), known as prediction-powered inference, too (Angelopoulos
et al., Science 382, 2023). It is right on average however wrong the model is; the better the
model, the narrower the interval.

Intervals are by drawing documents, pool and sample at once: they are of documents like these.
Where coders and model never differ on the sample, drawing it again finds no difference either,
and the interval would be too narrow. So it has one sentence more in which the coders alone have
the label and one in which the model alone has it (as Agresti and Coull add to both sides of a
proportion, 1998). ``benchmarks/quality/coverage.py`` measures how often the intervals hold the
true share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from policyclf.evaluation import REPLICATES, DocumentBootstrap, Figure
from policyclf.evaluation.bootstrap import Sums, ratio
from policyclf.exceptions import InputError
from policyclf.features.rows import Floats, Ints

_ADDED = ("\0coders alone", "\0model alone")
"""Documents of one sentence each that the sample has more."""


@dataclass(frozen=True, slots=True)
class Share:
    """How frequent a label is.

    Parameters
    ----------
    label : str
        The label.
    counted : float
        The share of the pool's sentences that the model gives it.
    coded : float
        The share of the sample, by its weights, that coders give it.
    estimate : Figure
        What is counted, corrected by the sample; with its 95 % interval.
    """

    label: str
    counted: float
    coded: float
    estimate: Figure


@dataclass(frozen=True, slots=True)
class Prevalence:
    """How frequent the labels are in a pool.

    Parameters
    ----------
    n_documents, n_segments : int
        Of the pool.
    n_coded : int
        Of the sample.
    right : Figure
        How often the model is right in the pool, as the sample has it by its weights.
    shares : tuple of Share
        Of each label.
    """

    n_documents: int
    n_segments: int
    n_coded: int
    right: Figure
    shares: tuple[Share, ...]


def estimate_prevalence(
    given: Sequence[str],
    doc_ids: Sequence[str],
    coded: Mapping[int, str],
    labels: Sequence[str],
    *,
    weights: Mapping[int, float] | None = None,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> Prevalence:
    """Estimate the share of each label in a pool.

    Parameters
    ----------
    given : sequence of str, length n
        What a model gave the pool's sentences.
    doc_ids : sequence of str, length n
        Their documents.
    coded : mapping of int to str
        What coders gave the sentences that were drawn at random, by place in the pool.
    labels : sequence of str
        Whose shares are wanted; a label that is none of them has none.
    weights : mapping of int to float, optional
        How many sentences of the pool each coded one stands for. Without it, all for as many.
    replicates : int, default 1000
        Bootstrap replicates.
    seed : int, default 0
        Of the bootstrap.

    Returns
    -------
    Prevalence
        The shares, in the order of `labels`.

    Raises
    ------
    InputError
        If lengths differ, nothing is coded, a place is not in the pool or a weight is not
        above 0.

    Examples
    --------
    >>> given = ["talent", "talent", "finance", "finance"] * 100
    >>> doc_ids = [str(place // 10) for place in range(400)]
    >>> coded = {place: "talent" for place in range(0, 100, 5)}  # finance is never right
    >>> found = estimate_prevalence(given, doc_ids, coded, ["talent", "finance"])
    >>> [(share.label, share.counted, share.coded) for share in found.shares]
    [('talent', 0.5, 1.0), ('finance', 0.5, 0.0)]
    >>> [round(share.estimate.value, 2) for share in found.shares]
    [1.0, 0.0]
    """
    n = len(given)
    _check(n, len(doc_ids), coded, weights)
    places = np.array(sorted(coded), np.int64)
    weight = np.ones(len(places))
    if weights is not None:
        weight *= [weights[place] for place in places.tolist()]
        weight /= weight.mean()
    by_model = _is(given, labels)
    by_coders = _is([coded[place] for place in places.tolist()], labels)
    right = [given[place] == coded[place] for place in places.tolist()]

    drawn = DocumentBootstrap.of([*doc_ids, *_ADDED], replicates=replicates, seed=seed)

    def by_document(rows: Ints, values: Floats) -> Floats:
        columns = np.tile(np.arange(len(labels)), len(rows))
        return drawn.sums(values.ravel(), columns, len(labels), np.repeat(rows, len(labels)))

    whole = np.arange(n)
    sums = {
        "pool": drawn.sums(np.ones(n), rows=whole),
        "given": by_document(whole, by_model),
        "weight": drawn.sums(weight, rows=places),
        "right": drawn.sums(weight * right, rows=places),
        "more": by_document(places, weight[:, None] * (by_coders - by_model[places])),
    }
    sums["more"][drawn.documents[n:]] += [[1.0], [-1.0]]  # of no effect on the estimate itself
    shares = drawn.figures(_corrected, sums)
    counted = by_model.mean(axis=0)
    of_coders = weight @ by_coders / weight.sum()
    return Prevalence(
        len(set(doc_ids)),
        n,
        len(coded),
        drawn.figures(lambda s: ratio(s["right"], s["weight"]), sums)[0],
        tuple(
            Share(label, float(counted[k]), float(of_coders[k]), shares[k])
            for k, label in enumerate(labels)
        ),
    )


def _is(given: Sequence[str], labels: Sequence[str]) -> Floats:
    """Write 1 in the column of each label given; of one that is none of them, nowhere."""
    columns = {label: column for column, label in enumerate(labels)}
    chosen = np.array([columns.get(label, -1) for label in given], np.int64)
    found: Floats = (chosen[:, None] == np.arange(len(labels))).astype(np.float64)
    return found


def _corrected(sums: Sums) -> Floats:
    """Add to what is counted what coders have more on the sample; no share is beyond 0 or 1."""
    given, more, pool, sample = (sums[key] for key in ("given", "more", "pool", "weight"))
    counted = ratio(given, np.broadcast_to(pool, given.shape))
    corrected: Floats = np.clip(
        counted + ratio(more, np.broadcast_to(sample, more.shape)), 0.0, 1.0
    )
    return corrected


def _check(
    n: int, n_ids: int, coded: Mapping[int, str], weights: Mapping[int, float] | None
) -> None:
    if n != n_ids:
        raise InputError(f"'doc_ids' needs one document a sentence. Got {n_ids} for {n}.")
    if not coded:
        raise InputError("'coded' has no sentence: code a random sample of the pool by hand.")
    for place in coded:
        if not 0 <= place < n:
            raise InputError(f"'coded' has the place {place}, and the pool {n} sentences.")
        weight = 1.0 if weights is None else weights.get(place, 0.0)
        if not 0 < weight < np.inf:
            raise InputError(f"the weight of place {place} must be above 0. Got {weight}.")
