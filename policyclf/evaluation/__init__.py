"""How well labels agree with gold, with intervals.

Every figure is a function of sums over documents (hits and counts a label, right
answers, calibration bins). So the bootstrap draws documents, not sentences, which
within one document are alike, and needs no second look at the data: a thousand
replicates are one matrix product.
"""

from __future__ import annotations

from policyclf.evaluation.bootstrap import COVERAGE, REPLICATES, DocumentBootstrap, Figure
from policyclf.evaluation.coders import CoderAgreement, coder_agreement
from policyclf.evaluation.confidence import (
    COVERAGES,
    PRECISIONS,
    CoveragePoint,
    OperatingPoint,
    ReliabilityBin,
    RiskCoverage,
    precision_points,
    reliability,
    risk_coverage,
)
from policyclf.evaluation.details import Details, examine
from policyclf.evaluation.errors import CostlyError, confusion_matrix, costliest_errors
from policyclf.evaluation.figures import Evaluation, LabelFigures, evaluate, evaluate_labelling
from policyclf.evaluation.groups import evaluate_groups
from policyclf.evaluation.labelling import Labelling
from policyclf.evaluation.leakage import Leakage, find_leakage

__all__ = [
    "COVERAGE",
    "COVERAGES",
    "PRECISIONS",
    "REPLICATES",
    "CoderAgreement",
    "CostlyError",
    "CoveragePoint",
    "Details",
    "DocumentBootstrap",
    "Evaluation",
    "Figure",
    "LabelFigures",
    "Labelling",
    "Leakage",
    "OperatingPoint",
    "ReliabilityBin",
    "RiskCoverage",
    "coder_agreement",
    "confusion_matrix",
    "costliest_errors",
    "evaluate",
    "evaluate_groups",
    "evaluate_labelling",
    "examine",
    "find_leakage",
    "precision_points",
    "reliability",
    "risk_coverage",
]
