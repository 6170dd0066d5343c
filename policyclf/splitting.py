"""Which segments to train on and which to label, so that figures mean something.

Sentences of one document are alike. If some of them are trained on and others measured
on, figures are too high; so documents stay whole. Harder and nearer to use are a place
or a genre that was never seen, and years after those trained on. Random folds are here
to show how much they flatter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from policyclf.corpus import Corpus
from policyclf.crossfitting import document_folds as folds_of_documents
from policyclf.exceptions import InputError
from policyclf.features.rows import Ints

_FEWEST = 2
_MOST_DIGITS = 18


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """Segments to train on, and others to label.

    Parameters
    ----------
    name : str
        What is held out.
    training, testing : ndarray of int64
        The places of the segments, ascending.
    """

    name: str
    training: Ints
    testing: Ints


def random_folds(corpus: Corpus, n_folds: int, *, seed: int = 0) -> list[Fold]:
    """Deal segments out at random, whatever their documents.

    Parameters
    ----------
    corpus : Corpus
        Labelled segments.
    n_folds : int
        How many folds; at most as many as segments.
    seed : int, default 0
        Of the order.

    Returns
    -------
    list of Fold
        Each segment is tested once.

    Raises
    ------
    InputError
        If there are too few segments, or fewer than two folds.
    """
    _check_number(n_folds, len(corpus), "segments")
    order = np.random.default_rng(seed).permutation(len(corpus))
    fold_of = np.empty(len(corpus), np.int64)
    fold_of[order] = np.arange(len(corpus)) % n_folds
    return _folds(fold_of, [str(k + 1) for k in range(n_folds)])


def document_folds(corpus: Corpus, n_folds: int, *, seed: int = 0) -> list[Fold]:
    """Deal documents out at random, each whole.

    Parameters
    ----------
    corpus : Corpus
        Labelled segments.
    n_folds : int
        How many folds; at most as many as documents.
    seed : int, default 0
        Of the order.

    Returns
    -------
    list of Fold
        Each segment is tested once. The longest first, a document goes to the fold that
        has the fewest segments yet, so that folds are of about one size.

    Raises
    ------
    InputError
        If there are too few documents, or fewer than two folds.

    Examples
    --------
    >>> from policyclf.corpus import LabelledSegment
    >>> rows = [LabelledSegment(str(n), ("a",), "d1" if n < 3 else "d2") for n in range(5)]
    >>> [fold.testing.tolist() for fold in document_folds(Corpus(tuple(rows)), 2)]
    [[0, 1, 2], [3, 4]]
    """
    names, documents = np.unique(np.array(corpus.doc_ids), return_inverse=True)
    _check_number(n_folds, len(names), "documents")
    numbers = np.argsort(np.random.default_rng(seed).permutation(len(names)))
    fold_of = folds_of_documents(numbers[documents], n_folds)
    return _folds(fold_of, [str(k + 1) for k in range(n_folds)])


def group_folds(corpus: Corpus, column: str) -> list[Fold]:
    """Leave out one genre, year or place at a time.

    Parameters
    ----------
    corpus : Corpus
        Labelled segments.
    column : str
        What says which group a segment is in.

    Returns
    -------
    list of Fold
        One a group. A document that lies in several groups is not trained on when one
        of them is tested.

    Raises
    ------
    CorpusError
        If the corpus has no such column.
    InputError
        If all segments are of one group.
    """
    values = corpus.column(column)
    groups = _sorted(set(values))
    if len(groups) < _FEWEST:
        raise InputError(
            f"the column {column!r} must have at least two values. Got {groups[0]!r} only."
        )
    place = {group: k for k, group in enumerate(groups)}
    group_of = np.array([place[value] for value in values])
    return [
        Fold(fold.name, _without_documents(corpus, fold.training, fold.testing), fold.testing)
        for fold in _folds(group_of, groups)
    ]


def forward_folds(corpus: Corpus, column: str) -> list[Fold]:
    """Train on what came before and label each later year.

    Parameters
    ----------
    corpus : Corpus
        Labelled segments.
    column : str
        What says of when a segment is. Numbers are sorted as numbers, anything else as
        text. Segments without it are left aside.

    Returns
    -------
    list of Fold
        One a year but the first, in order.

    Raises
    ------
    CorpusError
        If the corpus has no such column.
    InputError
        If all segments are of one year.
    """
    values = corpus.column(column)
    years = _sorted(set(values) - {""})
    if len(years) < _FEWEST:
        raise InputError(
            f"the column {column!r} must have at least two values. Got {years[0]!r} only."
        )
    place = {year: k for k, year in enumerate(years)}
    year_of = np.array([place.get(value, -1) for value in values])
    folds = []
    for k in range(1, len(years)):
        testing = np.flatnonzero(year_of == k)
        before = np.flatnonzero((year_of >= 0) & (year_of < k))
        folds.append(Fold(years[k], _without_documents(corpus, before, testing), testing))
    return folds


def _folds(fold_of: Ints, names: Sequence[str]) -> list[Fold]:
    return [
        Fold(name, np.flatnonzero(fold_of != k), np.flatnonzero(fold_of == k))
        for k, name in enumerate(names)
    ]


def _without_documents(corpus: Corpus, training: Ints, testing: Ints) -> Ints:
    tested = {corpus.rows[place].doc_id for place in testing.tolist()}
    kept = [corpus.rows[place].doc_id not in tested for place in training.tolist()]
    chosen: Ints = training[np.array(kept, bool)]
    return chosen


def _sorted(values: set[str]) -> list[str]:
    if all(value.isdecimal() and len(value) <= _MOST_DIGITS for value in values):
        return sorted(values, key=int)
    return sorted(values)


def _check_number(n_folds: int, most: int, what: str) -> None:
    if not _FEWEST <= n_folds <= most:
        raise InputError(
            f"The 'n_folds' parameter must be from 2 to the number of {what}, {most}. "
            f"Got {n_folds} instead."
        )
