"""Two labellings of the same gold: which is better, how surely, and on which sentences.

Both are measured on the same draws of documents, so that what is hard for both cancels
out (paired bootstrap; Koehn, Statistical Significance Tests for Machine Translation
Evaluation, EMNLP 2004, there of sentences). McNemar's exact test looks only at segments
that one of the two has right (McNemar, Note on the Sampling Error of the Difference
between Correlated Proportions, 1947); it takes segments for independent, which those
of one document are not, so trust the interval where the two disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from policyclf.corpus import Corpus
from policyclf.evaluation import (
    REPLICATES,
    DocumentBootstrap,
    Evaluation,
    Figure,
    Labelling,
    evaluate_labelling,
)
from policyclf.evaluation.bootstrap import Sums
from policyclf.evaluation.figures import (
    accuracy,
    allowed,
    label_f1,
    label_names,
    macro_f1,
    primary_sums,
    to_plain,
)
from policyclf.features.rows import Floats

Kind = Literal["wrong to right", "right to wrong", "wrong to wrong"]

KINDS: tuple[Kind, ...] = ("wrong to right", "right to wrong", "wrong to wrong")


@dataclass(frozen=True, slots=True)
class Change:
    """A segment that the two labelled differently.

    Parameters
    ----------
    kind : {"wrong to right", "right to wrong", "wrong to wrong"}
        From the first to the second, against gold's primary label.
    text : str
        The segment.
    gold : tuple of str
        Its labels in gold, the primary one first.
    first, second : str
        What each gave.
    doc_id : str
        Its document.
    segment : int or None
        Its number in the document, where gold says so.
    """

    kind: Kind
    text: str
    gold: tuple[str, ...]
    first: str
    second: str
    doc_id: str
    segment: int | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a second labelling differs from a first.

    Parameters
    ----------
    first, second : Evaluation
        The figures of each.
    macro_f1, accuracy, any : Figure
        The second's less the first's. An interval without 0 in it says that the
        difference is not by chance of which documents were coded.
    labels : dict of str to Figure
        The same of each label's F1, 0 where only one of the two has none. A draw in which
        neither has one says nothing.
    only_first, only_second : int
        Segments that only the first, or only the second has right.
    p_value : float
        McNemar's: how probable a split as uneven as that is if neither is better.
    changes : list of Change
        What the two labelled differently, by kind.
    """

    first: Evaluation
    second: Evaluation
    macro_f1: Figure
    accuracy: Figure
    any: Figure
    labels: Mapping[str, Figure]
    only_first: int
    only_second: int
    p_value: float
    changes: Sequence[Change]

    def counts(self) -> dict[Kind, int]:
        """Count the changes of each kind."""
        return {kind: sum(change.kind == kind for change in self.changes) for kind in KINDS}

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values, figures rounded to four digits."""
        plain: dict[str, Any] = to_plain(asdict(self))
        plain["first"], plain["second"] = self.first.to_dict(), self.second.to_dict()
        plain["p_value"] = float(f"{self.p_value:.4g}")
        plain["counts"] = self.counts()
        return plain


def compare(
    first: Labelling,
    second: Labelling,
    gold: Corpus,
    *,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> Comparison:
    """Compare two labellings of the same gold.

    Parameters
    ----------
    first, second : Labelling
        What each gave.
    gold : Corpus
        The truth.
    replicates : int, default 1000
        Bootstrap replicates.
    seed : int, default 0
        Of the bootstrap.

    Returns
    -------
    Comparison
        The second against the first.

    Raises
    ------
    InputError
        If the lengths differ.

    Examples
    --------
    >>> from policyclf.corpus import LabelledSegment
    >>> gold = Corpus(tuple(LabelledSegment(str(n), ("a",), str(n)) for n in range(3)))
    >>> found = compare(Labelling("x", ["a", "b", "b"]), Labelling("y", ["a", "a", "b"]), gold)
    >>> found.counts(), found.p_value
    ({'wrong to right': 1, 'right to wrong': 0, 'wrong to wrong': 0}, 1.0)
    """
    how: dict[str, int] = {"replicates": replicates, "seed": seed}
    for given in (first, second):
        given.check(gold)
    names = label_names(gold, first, second)
    drawn = DocumentBootstrap.of(gold.doc_ids, **how)
    sums = {
        f"{k} {key}": array
        for k, given in enumerate((first, second))
        for key, array in primary_sums(drawn, given, gold, names).items()
    }

    def differences(of: Callable[[Sums], Floats]) -> list[Figure]:
        def difference(both: Sums) -> Floats:
            values = [of({key[2:]: x for key, x in both.items() if key[0] == k}) for k in "01"]
            less: Floats = np.nan_to_num(values[1]) - np.nan_to_num(values[0])
            less[np.isnan(values).all(axis=0)] = np.nan
            return less

        return drawn.figures(difference, sums)

    changes = _changes(first, second, gold)
    gained = sum(change.kind == "wrong to right" for change in changes)
    lost = sum(change.kind == "right to wrong" for change in changes)
    return Comparison(
        evaluate_labelling(first, gold, **how),
        evaluate_labelling(second, gold, **how),
        differences(macro_f1)[0],
        differences(accuracy)[0],
        differences(allowed)[0],
        dict(zip(names, differences(label_f1), strict=True)),
        lost,
        gained,
        mcnemar(lost, gained),
        changes,
    )


def mcnemar(only_first: int, only_second: int) -> float:
    """Test whether two labellings are right equally often, exactly.

    Written out, for scipy takes longer to import than all else here takes to compute.

    Parameters
    ----------
    only_first, only_second : int
        Segments that only the one, or only the other has right.

    Returns
    -------
    float
        The two-sided p-value of a fair coin.

    Examples
    --------
    >>> mcnemar(1, 9)
    0.021484375
    """
    n, fewer = only_first + only_second, min(only_first, only_second)
    ways = total = 1
    for k in range(fewer):
        ways = ways * (n - k) // (k + 1)
        total += ways
    return min(1.0, float(2 * total / 2**n))


def _changes(first: Labelling, second: Labelling, gold: Corpus) -> list[Change]:
    changes = []
    for one, other, row in zip(first.labels, second.labels, gold.rows, strict=True):
        if one == other:
            continue
        kind: Kind = "wrong to wrong"
        if other == row.label:
            kind = "wrong to right"
        elif one == row.label:
            kind = "right to wrong"
        changes.append(Change(kind, row.text, row.labels, one, other, row.doc_id, row.place))
    return sorted(changes, key=lambda change: KINDS.index(change.kind))
