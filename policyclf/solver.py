"""Training rows and their labels to the weights of a linear model.

scikit-learn's solvers, one label against the rest. Up to 50,000 segments ``LinearSVC``,
which finds the optimum. Above, ``SGDClassifier`` takes three looks at every segment: on
labels/ that cost half a point of accuracy, and it needs a fraction of the time and of the
memory where liblinear would copy all rows and pass over them for hours.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import numpy as np
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

MANY_CLASSES = "The number of unique classes"
"""How scikit-learn begins to doubt, at every fold, that so many labels are labels."""

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
    """

    features: sparse.csr_matrix
    truth: Ints
    importance: Floats

    def __add__(self, other: TrainingRows) -> TrainingRows:
        return TrainingRows(
            sparse.vstack([self.features, other.features], format="csr"),
            np.concatenate([self.truth, other.truth]),
            np.concatenate([self.importance, other.importance]),
        )

    def take(self, places: Ints) -> TrainingRows:
        """Select rows."""
        return TrainingRows(self.features[places], self.truth[places], self.importance[places])

    def without(self, places: Ints) -> TrainingRows:
        """Let some rows count nothing; unlike `take`, without a copy of the others."""
        importance = self.importance.copy()
        importance[places] = 0
        return TrainingRows(self.features, self.truth, importance)


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
    """Say which solver it will be: the one wanted, or by how many segments there are."""
    return wanted or ("liblinear" if n_segments <= MOST_EXACT else "sgd")


def solve(
    rows: TrainingRows,
    n_classes: int,
    *,
    solver: Solver,
    C: float,  # noqa: N803  scikit-learn's name
    class_weight: Mapping[int, float] | Literal["balanced"] | None,
    random_state: int,
) -> tuple[Floats, Floats]:
    """Train.

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
        How much each label counts.
    random_state : int
        Of the solver.

    Returns
    -------
    weights : ndarray, shape (n_columns, n_classes)
        A column a label.
    intercept : ndarray, shape (n_classes,)
        Their offsets.
    """
    if class_weight == "balanced":
        # Worked out here: releases of scikit-learn differ in whether weights of samples count.
        sums = np.bincount(rows.truth, rows.importance)
        present = np.flatnonzero(sums).tolist()
        class_weight = {place: sums.sum() / (len(present) * sums[place]) for place in present}
    if solver == "liblinear":
        model = LinearSVC(C=C, class_weight=class_weight, tol=_TOLERANCE, random_state=random_state)
    else:
        model = SGDClassifier(
            loss="modified_huber",
            alpha=1 / (C * len(rows.truth)),
            class_weight=class_weight,
            max_iter=_LOOKS,
            tol=None,
            n_jobs=-1,
            random_state=random_state,
        )
    with warnings.catch_warnings():
        # liblinear stops at 1,000 passes; what is left to gain then is in the last digits.
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", MANY_CLASSES)
        model.fit(rows.features, rows.truth, sample_weight=rows.importance)
    coefficients, intercept = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # noqa: PLR2004  scikit-learn keeps one row of two
        coefficients = np.vstack([-coefficients, coefficients])
        intercept = np.concatenate([-intercept, intercept])
    weights = np.zeros((rows.features.shape[1], n_classes))
    offsets = np.full(n_classes, _MISSING_CLASS)
    weights[:, model.classes_] = coefficients.T
    offsets[model.classes_] = intercept
    return weights, offsets
