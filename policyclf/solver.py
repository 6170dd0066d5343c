"""Training rows and their labels to the weights of a linear model.

scikit-learn's solvers, one label against the rest. Up to 50,000 segments ``LinearSVC``,
which finds the optimum. Above, ``SGDClassifier`` takes three looks at every segment: on
labels/ that cost half a point of accuracy, and it needs a fraction of the time and of the
memory where liblinear would copy all rows and pass over them for hours.

A segment with further labels is, for each of these, no counter-example but a light example.
When it came in, with weight 0.3, that was worth on real text (means of five trainings) 0.4
points of accuracy in stretches and in whole documents, 0.3 alone, and 1.2 among the surest 70 %.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from joblib import effective_n_jobs
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import SGDClassifier
from sklearn.svm import LinearSVC

from policyclf.features import Batch, Block, Segment
from policyclf.features.rows import Floats, Ints, Rows

Solver = Literal["liblinear", "sgd"]

SOLVERS: tuple[Solver, ...] = ("liblinear", "sgd")

MOST_EXACT = 50_000
"""With more segments the solver is ``sgd``, if none is asked for."""

_LOOKS = 3
_TOLERANCE = 0.1
"""liblinear's own stopping criterion. scikit-learn's default, a thousandth of that, takes
nearly twice the time and labels no segment in a hundred otherwise, none of them better."""

_MISSING_CLASS = -1.0
"""The score of a label that no row has: its margin."""

_ROWS_AT_ONCE = 20_000
_PRECISE = np.float64
_SHORT = np.float32
"""What many rows are kept in: half the memory."""


@dataclass(frozen=True, eq=False)
class TrainingRows:
    """Rows of features with what they are labelled.

    Parameters
    ----------
    features : csr_matrix, shape (n, n_columns)
        A row each.
    truth : ndarray of int64, shape (n,)
        The column of its label.
    importance : ndarray of float64, shape (n,)
        How much it counts.
    further : csc_matrix of bool, shape (n, n_classes)
        Which labels it has beside its own.
    """

    features: sparse.csr_matrix
    truth: Ints
    importance: Floats
    further: sparse.csc_matrix

    def __add__(self, other: TrainingRows) -> TrainingRows:
        return TrainingRows(
            sparse.vstack([self.features, other.features], format="csr"),
            np.concatenate([self.truth, other.truth]),
            np.concatenate([self.importance, other.importance]),
            sparse.vstack([self.further, other.further], format="csc"),
        )

    def take(self, places: Ints) -> TrainingRows:
        """Select rows."""
        return TrainingRows(
            self.features[places], self.truth[places], self.importance[places], self.further[places]
        )

    def without(self, places: Ints) -> TrainingRows:
        """Let some rows count nothing; unlike `take`, without a copy of the others."""
        importance = self.importance.copy()
        importance[places] = 0
        return replace(self, importance=importance)


def feature_matrix(blocks: Sequence[Block], segments: Sequence[Segment]) -> sparse.csr_matrix:
    """Lay out the features of segments, all blocks side by side.

    Parameters
    ----------
    blocks : sequence of Block
        What turns segments into features.
    segments : sequence of Segment
        The segments.

    Returns
    -------
    csr_matrix, shape (n_segments, n_columns)
        In single precision if there are more than 50,000.
    """
    kind = _PRECISE if len(segments) <= MOST_EXACT else _SHORT
    widths = np.cumsum([0, *(block.n_columns for block in blocks)])
    values, columns, lengths = [np.zeros(0, kind)], [np.zeros(0, np.int32)], [np.zeros(1, np.int64)]

    def lay_out(start: int) -> sparse.csr_matrix:
        batch = Batch(segments[start : start + _ROWS_AT_ONCE])
        return sparse.hstack([as_csr(block.rows(batch)) for block in blocks], format="csr")

    lay_out(len(segments))  # of nothing: threads find built what blocks build when first asked
    # Two of them: more would take memory that a million segments need.
    with ThreadPoolExecutor(2) as pool:
        for part in pool.map(lay_out, range(0, len(segments), _ROWS_AT_ONCE)):
            values.append(part.data.astype(kind))
            columns.append(part.indices.astype(np.int32))
            lengths.append(np.diff(part.indptr).astype(np.int64))
    data = np.concatenate(values)
    values.clear()
    indices = np.concatenate(columns)
    columns.clear()
    starts = np.cumsum(np.concatenate(lengths))
    return sparse.csr_matrix((data, indices, starts), (len(segments), int(widths[-1])))


def as_csr(rows: Rows) -> sparse.csr_matrix:
    """Hand rows to scipy."""
    shape = (len(rows), rows.n_columns)
    return sparse.csr_matrix((rows.values, rows.columns, rows.starts), shape=shape)


def choose_solver(n_segments: int, wanted: Solver | None) -> Solver:
    """Say which solver it will be: the one wanted, or by how many segments train."""
    return wanted or ("liblinear" if n_segments <= MOST_EXACT else "sgd")


def solve(
    rows: TrainingRows,
    n_classes: int,
    *,
    solver: Solver,
    C: float,  # noqa: N803  scikit-learn's name
    class_weight: Mapping[int, float] | Literal["balanced"] | None,
    further_weight: float,
    random_state: int,
) -> tuple[Floats, Floats]:
    """Train, each label against the rest.

    Parameters
    ----------
    rows : TrainingRows
        What to learn from.
    n_classes : int
        How many labels there are, also those of no row.
    solver : {"liblinear", "sgd"}
        What finds the weights.
    C : float
        Inverse strength of the L2 penalty.
    class_weight : dict, "balanced" or None
        How much each label's own rows count, as against the rest.
    further_weight : float
        How much a row counts as one of a label that it has beside its own, of three or more.
    random_state : int
        Of the solver.

    Returns
    -------
    weights : ndarray, shape (n_columns, n_classes)
        A column a label.
    intercept : ndarray, shape (n_classes,)
        Their offsets.
    """
    sums = np.bincount(rows.truth, rows.importance, n_classes)
    counts = np.ones(n_classes)
    if class_weight == "balanced":
        counts[sums > 0] = sums.sum() / (np.count_nonzero(sums) * sums[sums > 0])
    elif class_weight is not None:
        counts[list(class_weight)] = list(class_weight.values())
    present = np.flatnonzero(sums * counts).tolist()  # a label that counts nothing is not there
    weights = np.zeros((rows.features.shape[1], n_classes))
    offsets = np.full(n_classes, _MISSING_CLASS)
    if len(present) < 2:  # noqa: PLR2004  nothing to tell apart
        return weights, offsets
    two = len(present) == 2  # noqa: PLR2004  one line parts both

    def one(label: int) -> tuple[Floats, float]:
        positive = rows.truth == label
        importance = np.where(positive | two, counts[rows.truth], 1.0) * rows.importance
        also = np.setdiff1d(rows.further[:, label].indices, np.flatnonzero(positive))
        if not two and len(also) + np.count_nonzero(positive) < len(positive):
            importance[also] = counts[label] * further_weight * rows.importance[also]
            positive[also] = True
        model = _solver(solver, C, len(rows.truth), random_state)
        model.fit(rows.features, positive, sample_weight=importance)
        return model.coef_[0], model.intercept_[0]

    # liblinear draws its random numbers from one place: of two at once none was the same again.
    threads = 1 if solver == "liblinear" else effective_n_jobs(-1)
    with ThreadPoolExecutor(threads) as pool, warnings.catch_warnings():
        # liblinear stops at 1,000 passes; what is left to gain then is in the last digits.
        warnings.simplefilter("ignore", ConvergenceWarning)
        wanted = present[1:] if two else present
        for label, (own, offset) in zip(wanted, pool.map(one, wanted), strict=True):
            weights[:, label], offsets[label] = own, offset
    if two:
        weights[:, present[0]], offsets[present[0]] = -weights[:, present[1]], -offsets[present[1]]
    return weights, offsets


def _solver(
    solver: Solver,
    C: float,  # noqa: N803
    n: int,
    random_state: int,
) -> LinearSVC | SGDClassifier:
    if solver == "liblinear":
        return LinearSVC(C=C, tol=_TOLERANCE, random_state=random_state)
    return SGDClassifier(
        loss="modified_huber",
        alpha=1 / (C * n),
        max_iter=_LOOKS,
        tol=None,
        random_state=random_state,
    )
