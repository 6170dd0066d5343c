"""Is gold in the training data? Then figures are of memory, not of understanding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from policyclf.corpus import Corpus
from policyclf.duplicates import SIMILARITY, near_duplicates
from policyclf.evaluation.bootstrap import REPLICATES
from policyclf.evaluation.figures import Evaluation, evaluate_labelling
from policyclf.evaluation.labelling import Labelling


@dataclass(frozen=True, slots=True)
class LeakedSegment:
    """A segment of gold that nearly stands in the training data.

    Parameters
    ----------
    text, doc_id : str
        The segment and its document.
    training_text, training_doc_id : str
        What it is nearly the same as.
    similarity : float
        How nearly, from 0.8 to 1.
    """

    text: str
    doc_id: str
    training_text: str
    training_doc_id: str
    similarity: float


@dataclass(frozen=True, slots=True)
class Leakage:
    """How much of gold is in the training data, and the figures without that.

    Parameters
    ----------
    share : float
        Of the segments of gold, how many have a near-duplicate in the training data.
    segments : tuple of LeakedSegment
        Those, the most similar first.
    without : Evaluation or None
        The figures on the others; None if there are no others.
    """

    share: float
    segments: Sequence[LeakedSegment]
    without: Evaluation | None


def find_leakage(
    labelling: Labelling,
    gold: Corpus,
    training: Corpus,
    *,
    similarity: float = SIMILARITY,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> Leakage:
    """Look for the segments of gold in the training data.

    Parameters
    ----------
    labelling : Labelling
        What was given to gold.
    gold : Corpus
        The truth.
    training : Corpus
        What the model was trained on.
    similarity : float, default 0.8
        From which similarity on two texts are the same.
    replicates, seed : int
        Of the bootstrap.

    Returns
    -------
    Leakage
        What was found.
    """
    labelling.check(gold)
    found = near_duplicates(gold.texts, training.texts, similarity=similarity)
    segments = [
        LeakedSegment(
            gold.rows[pair.place].text,
            gold.rows[pair.place].doc_id,
            training.rows[pair.other].text,
            training.rows[pair.other].doc_id,
            pair.similarity,
        )
        for pair in sorted(found, key=lambda pair: -pair.similarity)
    ]
    others = np.setdiff1d(np.arange(len(gold)), [pair.place for pair in found])
    without = (
        evaluate_labelling(
            labelling.take(others), gold.take(others), replicates=replicates, seed=seed
        )
        if len(others)
        else None
    )
    return Leakage(len(found) / len(gold), tuple(segments), without)
