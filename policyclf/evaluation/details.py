"""Everything that a report says of one labelling beyond its figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from policyclf.corpus import Corpus
from policyclf.evaluation.bootstrap import REPLICATES
from policyclf.evaluation.coders import CoderAgreement, coder_agreement
from policyclf.evaluation.confidence import (
    COVERAGES,
    PRECISIONS,
    OperatingPoint,
    ReliabilityBin,
    RiskCoverage,
    precision_points,
    reliability,
    risk_coverage,
)
from policyclf.evaluation.errors import CostlyError, confusion_matrix, costliest_errors
from policyclf.evaluation.figures import Evaluation, to_plain
from policyclf.evaluation.groups import evaluate_groups
from policyclf.evaluation.labelling import Labelling
from policyclf.evaluation.leakage import Leakage, find_leakage


@dataclass(frozen=True, slots=True)
class Details:
    """What stands in a report beside the figures.

    Parameters
    ----------
    confusion_labels : list of str
        The labels of the rows and columns of the confusion matrix.
    confusion_matrix : list of list of int
        A row a label of gold, a column a label given.
    reliability : list of ReliabilityBin
        Confidence and accuracy; empty without confidence, as the three below.
    risk_coverage : RiskCoverage or None
        Accuracy of the surest share.
    precision_points : list of OperatingPoint
        Thresholds for wanted precisions.
    errors : list of CostlyError
        The wrong labels given with most confidence.
    coders : CoderAgreement or None
        Where gold has several coders.
    groups : dict of str to dict of str to Evaluation
        A column of gold: its values: the figures.
    leakage : Leakage or None
        Where the training data were given.
    """

    confusion_labels: Sequence[str]
    confusion_matrix: Sequence[Sequence[int]]
    reliability: Sequence[ReliabilityBin] = ()
    risk_coverage: RiskCoverage | None = None
    precision_points: Sequence[OperatingPoint] = ()
    errors: Sequence[CostlyError] = ()
    coders: CoderAgreement | None = None
    groups: Mapping[str, Mapping[str, Evaluation]] = field(default_factory=dict)
    leakage: Leakage | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values, rounded to four digits."""
        plain: dict[str, Any] = to_plain(asdict(self))
        plain["groups"] = {
            column: {value: figures.to_dict() for value, figures in groups.items()}
            for column, groups in self.groups.items()
        }
        if self.leakage is not None and self.leakage.without is not None:
            plain["leakage"]["without"] = self.leakage.without.to_dict()
        return plain


def examine(
    labelling: Labelling,
    gold: Corpus,
    *,
    by: Sequence[str] = (),
    coverages: Sequence[float] = COVERAGES,
    precisions: Sequence[float] = PRECISIONS,
    training: Corpus | None = None,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> Details:
    """Look at a labelling from every side.

    Parameters
    ----------
    labelling : Labelling
        What was given.
    gold : Corpus
        The truth.
    by : sequence of str, default ()
        Columns of gold whose groups are measured apart.
    coverages, precisions : sequence of float
        Of `risk_coverage` and `precision_points`.
    training : Corpus, optional
        What the model was trained on, to look for gold in it.
    replicates, seed : int
        Of the bootstrap.

    Returns
    -------
    Details
        What there is to see.

    Raises
    ------
    CorpusError
        If gold lacks a column.
    InputError
        If the lengths differ.
    """
    how: dict[str, Any] = {"replicates": replicates, "seed": seed}
    names, counts = confusion_matrix(labelling, gold)
    sure = labelling.confidence is not None
    return Details(
        names,
        counts.tolist(),
        reliability(labelling, gold, **how) if sure else (),
        risk_coverage(labelling, gold, coverages=coverages, **how) if sure else None,
        precision_points(labelling, gold, precisions=precisions, **how) if sure else (),
        costliest_errors(labelling, gold) if sure else (),
        coder_agreement(labelling, gold, **how),
        {column: evaluate_groups(labelling, gold, column, **how) for column in by},
        find_leakage(labelling, gold, training, **how) if training is not None else None,
    )
