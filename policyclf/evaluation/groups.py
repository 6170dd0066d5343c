"""The figures of each genre, year or place apart."""

from __future__ import annotations

import numpy as np

from policyclf.corpus import Corpus
from policyclf.evaluation.bootstrap import REPLICATES
from policyclf.evaluation.figures import Evaluation, evaluate_labelling
from policyclf.evaluation.labelling import Labelling


def evaluate_groups(
    labelling: Labelling,
    gold: Corpus,
    column: str,
    *,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> dict[str, Evaluation]:
    """Measure a labelling on each group of segments.

    Parameters
    ----------
    labelling : Labelling
        What was given.
    gold : Corpus
        The truth.
    column : str
        The column of gold that says which group a segment is in.
    replicates, seed : int
        Of the bootstrap, which draws the documents of the group.

    Returns
    -------
    dict of str to Evaluation
        By the column's value, sorted. Macro-F1 is over the labels that the group has,
        so that groups with other labels compare only roughly. The interval of a group
        of one document has no width, and says nothing.

    Raises
    ------
    CorpusError
        If gold has no such column.
    """
    labelling.check(gold)
    values = np.array(gold.column(column))
    results = {}
    for value in sorted(set(values.tolist())):
        places = np.flatnonzero(values == value)
        results[value] = evaluate_labelling(
            labelling.take(places), gold.take(places), replicates=replicates, seed=seed
        )
    return results
