"""How far the coders of gold agree with one another, and a model with each of them.

A model cannot be asked to agree with gold better than coders agree among themselves.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from policyclf.agreement import alpha_of_sums, alpha_sums, label_alphas, label_counts
from policyclf.corpus import Corpus
from policyclf.evaluation.bootstrap import REPLICATES, DocumentBootstrap, Figure
from policyclf.evaluation.labelling import Labelling


@dataclass(frozen=True, slots=True)
class CoderAgreement:
    """Krippendorff's alpha among coders.

    Parameters
    ----------
    coders : tuple of str
        Their names.
    n_segments : int
        How many segments two or more of them coded.
    alpha : Figure or None
        Among them; None if there is nothing to compare.
    labels : dict of str to float or None
        Of each label: who gave it and who did not.
    model : dict of str to Figure or None
        Of the labelling and each coder.
    """

    coders: tuple[str, ...]
    n_segments: int
    alpha: Figure | None
    labels: Mapping[str, float | None]
    model: Mapping[str, Figure | None]


def coder_agreement(
    labelling: Labelling, gold: Corpus, *, replicates: int = REPLICATES, seed: int = 0
) -> CoderAgreement | None:
    """Measure how far the coders of gold agree, and the labelling with each.

    Parameters
    ----------
    labelling : Labelling
        What was given.
    gold : Corpus
        The truth, with what each coder gave (`LabelledSegment.coders`).
    replicates, seed : int
        Of the bootstrap.

    Returns
    -------
    CoderAgreement or None
        None if gold does not say what two or more coders gave.
    """
    labelling.check(gold)
    codings = gold.codings()
    if len(codings) < 2:  # noqa: PLR2004  agreement is between two
        return None
    drawn = DocumentBootstrap.of(gold.doc_ids, replicates=replicates, seed=seed)

    def alpha(compared: Sequence[Sequence[str | None]]) -> tuple[int, Figure | None]:
        disagreement, counts = alpha_sums(label_counts(compared))
        rows, columns = counts.nonzero()
        sums = {
            "disagreement": drawn.sums(disagreement),
            "counts": drawn.sums(counts[rows, columns], columns, counts.shape[1], rows),
        }
        figure = drawn.figures_if_any(
            lambda s: alpha_of_sums(s["disagreement"][:, 0], s["counts"]), sums
        )[0]
        return int(counts.any(axis=1).sum()), figure

    n_segments, among = alpha(list(codings.values()))
    return CoderAgreement(
        tuple(codings),
        n_segments,
        among,
        {
            label: None if math.isnan(value) else value
            for label, value in label_alphas(list(codings.values())).items()
        },
        {name: alpha([labelling.labels, coding])[1] for name, coding in codings.items()},
    )
