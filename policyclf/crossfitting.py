"""The map that is chosen out of fold, and probabilities mapped out of fold."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from policyclf.features.rows import Floats, Ints
from policyclf.maps import MAPS, UNCHANGED, Map, Platt, logarithms

MIN_SEGMENTS = 100
"""Under this a map is not learned. The error of a share near three in four, of 100 that
are independent, is 4 points already, and neighbours in a document are not."""

MIN_DOCUMENTS = 10
"""Documents differ in how hard they are; of fewer, one or two decide."""

FOLDS = 5


def enough(documents: Ints) -> bool:
    """Say whether segments are enough to learn from, by the document of each, shape (n,)."""
    return len(documents) >= MIN_SEGMENTS and len(np.unique(documents)) >= MIN_DOCUMENTS


def learned_map(
    probabilities: Floats, truth: Ints, documents: Ints, former: Map = UNCHANGED
) -> Map:
    """Choose a map out of fold, and learn it from all segments.

    The log loss of each kind is cross-validated with documents kept whole. The plainest
    wins that is not worse than the best by more than one standard error of their
    difference, over documents (the rule of Breiman et al., Classification and Regression
    Trees, 1984); before all of them the kind of the former map.

    Parameters
    ----------
    probabilities : ndarray, shape (n, n_labels)
        Of segments that the model was not trained on.
    truth : ndarray of int64, shape (n,)
        The column of each segment's true label.
    documents : ndarray of int64, shape (n,)
        The number of each segment's document, from 0.
    former : Map, default Unchanged()
        Learned on more data that are not quite of the same kind. Its kind wins if it is as
        good; if that is Platt's, one held to the former goes before one of its own.

    Returns
    -------
    Map
        :class:`Unchanged` if there are too few segments or documents.
    """
    if not enough(documents):
        return UNCHANGED
    n, n_documents = len(truth), len(np.unique(documents))
    first = type(former)
    learners: list[Callable[[Floats, Ints], Map]] = [
        partial(Platt.learn, former=former) if isinstance(former, Platt) else first.learn
    ]
    learners += [kind.learn for kind in MAPS if kind is not first or kind is Platt]
    held_out = [cross_mapped(learn, probabilities, truth, documents) for learn in learners]
    losses = np.array([-logarithms(of_kind)[np.arange(n), truth] for of_kind in held_out])
    worse = losses - losses[losses.mean(axis=1).argmin()]
    of_documents = np.array([np.bincount(documents, row) for row in worse])[:, np.unique(documents)]
    errors = of_documents.std(axis=1, ddof=1) * np.sqrt(n_documents) / n
    plainest = int(np.flatnonzero(worse.mean(axis=1) <= errors)[0])
    return learners[plainest](probabilities, truth)


def cross_mapped(
    learn: Callable[..., Map],
    probabilities: Floats,
    truth: Ints,
    documents: Ints,
    *others: Ints,
) -> Floats:
    """Map each segment by what was learned from other documents.

    Parameters
    ----------
    learn : callable
        Takes probabilities, truth (and `others`) of some segments, gives a map.
    probabilities : ndarray, shape (n, n_labels)
        Of segments that the model was not trained on.
    truth : ndarray of int64, shape (n,)
        The column of each segment's true label.
    documents : ndarray of int64, shape (n,)
        The number of each segment's document, from 0.
    *others : ndarray, each of length n
        What else `learn` takes.

    Returns
    -------
    ndarray, shape (n, n_labels)
        Each row sums to one. As they are if there is only one document.
    """
    folds = document_folds(documents)
    mapped = probabilities.copy()
    for fold in range(int(folds.max(initial=0)) + 1):
        here = folds == fold
        if not here.all():
            others_there = [other[~here] for other in others]
            there = learn(probabilities[~here], truth[~here], *others_there)
            mapped[here] = there.adjusted(probabilities[here])
    return mapped


def document_folds(documents: Ints, n_folds: int = FOLDS) -> Ints:
    """Deal documents to folds of about equal size, the largest first.

    Parameters
    ----------
    documents : ndarray of int64, shape (n,)
        The number of each segment's document, from 0.
    n_folds : int, default 5
        How many folds, if there are so many documents.

    Returns
    -------
    ndarray of int64, shape (n,)
        The fold of each segment.

    Examples
    --------
    >>> document_folds(np.array([0, 0, 0, 1, 1, 2]), 2).tolist()
    [0, 0, 0, 1, 1, 1]
    """
    sizes = np.bincount(documents)
    fold_of = np.zeros(len(sizes), np.int64)
    filled = np.zeros(n_folds, np.int64)
    there = np.flatnonzero(sizes)
    for document in there[np.argsort(-sizes[there], kind="stable")].tolist():
        fold_of[document] = filled.argmin()
        filled[fold_of[document]] += sizes[document]
    folds: Ints = fold_of[documents]
    return folds
