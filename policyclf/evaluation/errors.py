"""Where a labelling is wrong: the confusion matrix, and the errors made with confidence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policyclf.corpus import Corpus
from policyclf.evaluation.figures import label_names
from policyclf.evaluation.labelling import Labelling, is_allowed
from policyclf.exceptions import InputError
from policyclf.features.rows import Ints

MOST_ERRORS = 50


@dataclass(frozen=True, slots=True)
class CostlyError:
    """A wrong label.

    Parameters
    ----------
    text : str
        The segment.
    gold : tuple of str
        Its labels in gold, the primary one first.
    given : str
        What it was given.
    confidence : float
        How sure the system was.
    doc_id : str
        Its document.
    segment : int or None
        Its number in the document, where gold says so.
    row : int
        Its place among the segments of gold.
    """

    text: str
    gold: tuple[str, ...]
    given: str
    confidence: float
    doc_id: str
    segment: int | None
    row: int


def costliest_errors(
    labelling: Labelling, gold: Corpus, *, most: int = MOST_ERRORS
) -> list[CostlyError]:
    """List the wrong labels that the system was surest of.

    Parameters
    ----------
    labelling : Labelling
        What was given, with confidence.
    gold : Corpus
        The truth.
    most : int, default 50
        How many at most.

    Returns
    -------
    list of CostlyError
        The surest first. A label that gold gives in any place, as a further or as an
        optional one, is none.

    Raises
    ------
    InputError
        If the lengths differ, or there is no confidence.
    """
    labelling.check(gold)
    if labelling.confidence is None:
        raise InputError(f"the labels of {labelling.name!r} come without confidence.")
    wrong = np.flatnonzero(is_allowed(labelling, gold) == 0)
    surest = wrong[np.argsort(-labelling.confidence[wrong], kind="stable")][:most]
    return [
        CostlyError(
            gold.rows[place].text,
            gold.rows[place].labels,
            labelling.labels[place],
            float(labelling.confidence[place]),
            gold.rows[place].doc_id,
            gold.rows[place].place,
            place,
        )
        for place in surest.tolist()
    ]


def confusion_matrix(labelling: Labelling, gold: Corpus) -> tuple[list[str], Ints]:
    """Count which primary label of gold was given which.

    Parameters
    ----------
    labelling : Labelling
        What was given.
    gold : Corpus
        The truth.

    Returns
    -------
    tuple of (list of str, ndarray of int64, shape (n_labels, n_labels))
        The labels; a row a label of gold, a column a label given.

    Examples
    --------
    >>> from policyclf.corpus import LabelledSegment
    >>> gold = Corpus(tuple(LabelledSegment(str(n), ("a",), "d") for n in range(3)))
    >>> names, counts = confusion_matrix(Labelling("m", ["a", "a", "b"]), gold)
    >>> names, counts.tolist()
    (['a', 'b'], [[2, 1], [0, 0]])
    """
    labelling.check(gold)
    names = label_names(gold, labelling)
    place = {label: column for column, label in enumerate(names)}
    counts = np.zeros((len(names), len(names)), np.int64)
    for true, given in zip(gold.primaries, labelling.labels, strict=True):
        counts[place[true], place[given]] += 1
    return names, counts
