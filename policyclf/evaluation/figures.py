"""The figures of one labelling: F1 in its kinds, agreement, calibration.

Calibration error is over ten bins of equal width (Guo et al., On Calibration of Modern
Neural Networks, ICML 2017). The Brier score is the sum over all labels (Brier,
Verification of Forecasts Expressed in Terms of Probability, 1950): 0 is best, 2 worst.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from policyclf.agreement import alpha_of_sums, kappa_of_sums
from policyclf.corpus import Corpus
from policyclf.evaluation.bootstrap import (
    REPLICATES,
    DocumentBootstrap,
    Figure,
    Sums,
    f1,
    mean_of_known,
    ratio,
)
from policyclf.evaluation.labelling import Labelling, is_allowed, is_right
from policyclf.features.rows import Floats
from policyclf.reliability import N_BINS, bins_of

_MOST_CONFUSED = 20
_LEAST = float(np.finfo(np.float64).eps)
"""What a probability of 0 counts as in log loss, as in scikit-learn."""


@dataclass(frozen=True, slots=True)
class LabelFigures:
    """How well one label was found.

    Parameters
    ----------
    precision, recall, f1 : Figure
        As usual.
    support : int
        How many segments have it in gold.
    predicted : int
        How many were given it.
    """

    precision: Figure
    recall: Figure
    f1: Figure
    support: int
    predicted: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures of one labelling against gold.

    Parameters
    ----------
    name : str
        What labelled.
    n_segments, n_documents : int
        Of how many.
    accuracy : Figure
        Share of segments whose primary label is gold's; the same as micro F1.
    macro_f1 : Figure
        Mean F1 of the labels that gold or the labelling has.
    any : Figure
        Share of segments whose primary label is one that gold gives in any place,
        also as further or optional label.
    calibration_error : Figure or None
        Mean distance of confidence and accuracy; None if there is no confidence.
    labels : dict of str to LabelFigures
        A label.
    confusions : list of (str, str, int)
        Gold label, given label, how often; most frequent first.
    weighted_f1 : Figure
        Mean F1 of the labels, weighed by how many segments have each in gold.
    subset_accuracy : Figure
        Share of segments that were given exactly gold's labels, the primary and the
        further ones. Here and in the two below, a label that is optional in gold
        neither counts for a labelling nor against it.
    multilabel_micro_f1, multilabel_macro_f1 : Figure
        F1 of all labels given against all of gold's, primary or not.
    kappa, alpha : Figure or None
        Cohen's kappa and Krippendorff's alpha of the primary labels against gold's;
        None if there is but one label.
    brier, log_loss : Figure or None
        Of the probabilities of all labels; None if there are none.
    """

    name: str
    n_segments: int
    n_documents: int
    accuracy: Figure
    macro_f1: Figure
    any: Figure
    calibration_error: Figure | None
    labels: Mapping[str, LabelFigures]
    confusions: Sequence[tuple[str, str, int]]
    weighted_f1: Figure
    subset_accuracy: Figure
    multilabel_micro_f1: Figure
    multilabel_macro_f1: Figure
    kappa: Figure | None
    alpha: Figure | None
    brier: Figure | None
    log_loss: Figure | None

    def to_dict(self) -> dict[str, Any]:
        """Return all figures as plain values, rounded to four digits."""
        plain: dict[str, Any] = to_plain(asdict(self))
        # Single-label micro F1 is accuracy; both names are looked for.
        plain["micro_f1"] = plain["accuracy"]
        return plain


def evaluate(
    name: str,
    predicted: Sequence[str],
    gold: Corpus,
    *,
    confidence: Sequence[float] | None = None,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> Evaluation:
    """Measure primary labels against gold.

    Parameters
    ----------
    name : str
        What labelled.
    predicted : sequence of str, length n
        The primary label it gave to each segment of gold.
    gold : Corpus
        The truth.
    confidence : sequence of float, length n, optional
        The probability of each label given.
    replicates : int, default 1000
        Bootstrap replicates.
    seed : int, default 0
        Of the bootstrap.

    Returns
    -------
    Evaluation
        The figures.

    Raises
    ------
    InputError
        If the lengths differ.

    Examples
    --------
    >>> from policyclf.corpus import LabelledSegment
    >>> rows = [LabelledSegment("引资。", ("investment_attraction",), "a")]
    >>> evaluate("always right", ["investment_attraction"], Corpus(tuple(rows))).accuracy.value
    1.0
    """
    sure = None if confidence is None else np.asarray(confidence, np.float64)
    labelling = Labelling(name, predicted, confidence=sure)
    return evaluate_labelling(labelling, gold, replicates=replicates, seed=seed)


def evaluate_labelling(
    labelling: Labelling, gold: Corpus, *, replicates: int = REPLICATES, seed: int = 0
) -> Evaluation:
    """Measure a labelling, with all its labels and probabilities, against gold.

    Parameters
    ----------
    labelling : Labelling
        What was given.
    gold : Corpus
        The truth.
    replicates : int, default 1000
        Bootstrap replicates.
    seed : int, default 0
        Of the bootstrap.

    Returns
    -------
    Evaluation
        The figures.

    Raises
    ------
    InputError
        If the lengths differ.
    """
    labelling.check(gold)
    names = label_names(gold, labelling)
    drawn = DocumentBootstrap.of(gold.doc_ids, replicates=replicates, seed=seed)
    sums = {
        **primary_sums(drawn, labelling, gold, names),
        **_set_sums(drawn, labelling, gold),
        **_confidence_sums(drawn, labelling, gold),
    }

    precision = drawn.figures(lambda s: ratio(s["hits"], s["predicted"]), sums)
    recall = drawn.figures(lambda s: ratio(s["hits"], s["support"]), sums)
    by_label = drawn.figures(label_f1, sums)
    support, predicted = sums["support"].sum(axis=0), sums["predicted"].sum(axis=0)
    return Evaluation(
        name=labelling.name,
        n_segments=len(gold),
        n_documents=drawn.n_documents,
        accuracy=drawn.figures(accuracy, sums)[0],
        macro_f1=drawn.figures(macro_f1, sums)[0],
        any=drawn.figures(allowed, sums)[0],
        calibration_error=_if_summed(
            drawn, lambda s: np.abs(s["gap"]).sum(axis=1, keepdims=True) / s["n"], sums, "gap"
        ),
        labels={
            label: LabelFigures(p, r, f, int(n), int(m))
            for label, p, r, f, n, m in zip(
                names, precision, recall, by_label, support, predicted, strict=True
            )
        },
        confusions=_confusions(gold.primaries, labelling.labels),
        weighted_f1=drawn.figures(
            lambda s: ratio(
                (s["support"] * np.nan_to_num(label_f1(s))).sum(axis=1, keepdims=True), s["n"]
            ),
            sums,
        )[0],
        subset_accuracy=drawn.figures(lambda s: ratio(s["exact"], s["n"]), sums)[0],
        multilabel_micro_f1=drawn.figures(
            lambda s: f1(
                *(
                    s[key].sum(axis=1, keepdims=True)
                    for key in ("set hits", "set support", "set predicted")
                )
            ),
            sums,
        )[0],
        multilabel_macro_f1=drawn.figures(
            lambda s: mean_of_known(f1(s["set hits"], s["set support"], s["set predicted"])), sums
        )[0],
        kappa=drawn.figures_if_any(
            lambda s: kappa_of_sums(s["hits"], s["support"], s["predicted"]), sums
        )[0],
        alpha=drawn.figures_if_any(
            # A segment on which two differ has two disagreeing ordered pairs.
            lambda s: alpha_of_sums(2 * (s["n"] - s["right"])[:, 0], s["support"] + s["predicted"]),
            sums,
        )[0],
        brier=_if_summed(drawn, lambda s: ratio(s["squares"], s["n"]), sums, "squares"),
        log_loss=_if_summed(drawn, lambda s: ratio(s["surprise"], s["n"]), sums, "surprise"),
    )


def label_names(gold: Corpus, *labellings: Labelling) -> list[str]:
    """List the primary labels of gold and of labellings, sorted."""
    return sorted({*gold.primaries, *(label for given in labellings for label in given.labels)})


def primary_sums(
    drawn: DocumentBootstrap, labelling: Labelling, gold: Corpus, names: Sequence[str]
) -> dict[str, Floats]:
    """Add up over documents what figures of primary labels are computed from.

    Parameters
    ----------
    drawn : DocumentBootstrap
        The documents.
    labelling : Labelling
        What was given.
    gold : Corpus
        The truth.
    names : sequence of str
        The labels, one a column of the sums of labels.

    Returns
    -------
    dict of str to ndarray
        ``hits``, ``support`` and ``predicted`` a label; ``n``, ``right`` and ``allowed``.
    """
    place = {label: column for column, label in enumerate(names)}
    true = np.array([place[label] for label in gold.primaries])
    given = np.array([place[label] for label in labelling.labels])
    one, right = np.ones(len(true)), is_right(labelling, gold)
    return {
        "hits": drawn.sums(right, true, len(names)),
        "support": drawn.sums(one, true, len(names)),
        "predicted": drawn.sums(one, given, len(names)),
        "n": drawn.sums(one),
        "right": drawn.sums(right),
        "allowed": drawn.sums(is_allowed(labelling, gold)),
    }


def accuracy(sums: Sums) -> Floats:
    """Compute the share of right primary labels from `primary_sums`."""
    return ratio(sums["right"], sums["n"])


def allowed(sums: Sums) -> Floats:
    """Compute the share of primary labels that gold gives in any place."""
    return ratio(sums["allowed"], sums["n"])


def label_f1(sums: Sums) -> Floats:
    """Compute F1 a label from `primary_sums`."""
    return f1(sums["hits"], sums["support"], sums["predicted"])


def macro_f1(sums: Sums) -> Floats:
    """Compute the mean F1 of the labels that there are from `primary_sums`."""
    return mean_of_known(label_f1(sums))


def to_plain(value: Any) -> Any:  # noqa: ANN401  nested plain values
    """Round to four digits, and turn tuples into lists, at any depth."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, Mapping):
        return {key: to_plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(entry) for entry in value]
    return value


def _set_sums(drawn: DocumentBootstrap, labelling: Labelling, gold: Corpus) -> dict[str, Floats]:
    """Add up what figures of all labels are computed from; optional ones left aside."""
    wanted = [frozenset(row.labels) for row in gold.rows]
    optional = [frozenset(row.optional) - own for row, own in zip(gold.rows, wanted, strict=True)]
    given = [g - o for g, o in zip(labelling.given(), optional, strict=True)]
    names = sorted({label for labels in (*wanted, *given) for label in labels})
    place = {label: column for column, label in enumerate(names)}

    def count(sets: Iterable[frozenset[str]]) -> Floats:
        entries = [(row, place[label]) for row, labels in enumerate(sets) for label in labels]
        rows, columns = np.array(entries, np.int64).reshape(-1, 2).T
        return drawn.sums(np.ones(len(rows)), columns, len(names), rows)

    both = list(zip(given, wanted, strict=True))
    return {
        "set hits": count(g & w for g, w in both),
        "set support": count(wanted),
        "set predicted": count(given),
        "exact": drawn.sums([g == w for g, w in both]),
    }


def _confidence_sums(
    drawn: DocumentBootstrap, labelling: Labelling, gold: Corpus
) -> dict[str, Floats]:
    """Add up what figures of confidence are computed from, where there is any."""
    sums: dict[str, Floats] = {}
    if labelling.confidence is not None:
        distance = labelling.confidence - is_right(labelling, gold)
        sums["gap"] = drawn.sums(distance, bins_of(labelling.confidence), N_BINS)
    if labelling.probabilities is not None:
        of_truth = true_probabilities(labelling, gold)
        # Of (p - 1)² at the true label and p² elsewhere.
        squares = (labelling.probabilities**2).sum(axis=1) - 2 * of_truth + 1
        sums["squares"] = drawn.sums(squares)
        sums["surprise"] = drawn.sums(-np.log(np.maximum(of_truth, _LEAST)))
    return sums


def true_probabilities(labelling: Labelling, gold: Corpus) -> Floats:
    """Look up the probability that each segment's true label was given; 0 if unknown."""
    assert labelling.probabilities is not None  # noqa: S101  the callers have looked
    place = {label: column for column, label in enumerate(labelling.classes)}
    columns = np.array([place.get(label, -1) for label in gold.primaries])
    found = labelling.probabilities[np.arange(len(columns)), columns]
    return np.where(columns >= 0, found, 0.0)


def _if_summed(
    drawn: DocumentBootstrap,
    of: Callable[[Sums], Floats],
    sums: Sums,
    key: str,
) -> Figure | None:
    return drawn.figures(of, sums)[0] if key in sums else None


def _confusions(truth: Sequence[str], given: Sequence[str]) -> list[tuple[str, str, int]]:
    pairs = Counter((t, p) for t, p in zip(truth, given, strict=True) if t != p)
    ordered = sorted(pairs.items(), key=lambda item: (-item[1], item[0]))
    return [(t, p, n) for (t, p), n in ordered][:_MOST_CONFUSED]
