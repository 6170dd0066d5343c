"""Are probabilities right on real text: ``python benchmarks/quality/calibration.py``.

The documents of the real gold are halved at random; one half calibrates, the other
measures. Prints and writes tables.
"""

from __future__ import annotations

import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from data import provenance, real, save, training_data

from policyclf.conformal import Conformity
from policyclf.corpus import Corpus
from policyclf.crossfitting import cross_mapped
from policyclf.labeling import Labeler
from policyclf.maps import MAPS, Platt
from policyclf.posterior import AS_IT_IS
from policyclf.recalibration import recalibrate
from policyclf.reliability import Reliability
from policyclf.training import train

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SPLITS = 10
MORE_SPLITS = 100
COVERAGES = (0.8, 0.9, 0.95)
RELIED_ON = 0.7
FIGURES = ("error", "chance", "log_loss", "brier", "accuracy", "confidence")
TITLES = ("ECE", "by chance", "log loss", "Brier", "accuracy", "confidence", "at 70 %")


def halves(gold: Corpus, seed: int) -> tuple[Corpus, Corpus]:
    """Halve the documents."""
    documents = sorted(set(gold.doc_ids))
    order = np.random.default_rng(seed).permutation(len(documents))
    first = {documents[place] for place in order[: len(documents) // 2]}
    return (
        Corpus(tuple(row for row in gold.rows if row.doc_id in first)),
        Corpus(tuple(row for row in gold.rows if row.doc_id not in first)),
    )


def columns(labeler: Labeler, gold: Corpus) -> Ints:
    """Give the column of each true label."""
    return np.array([labeler.labels.index(label) for label in gold.primaries])


def measure(probabilities: Floats, truth: Ints) -> dict[str, float]:
    """Give the figures of a table's row."""
    figures = asdict(Reliability.of(probabilities, truth))
    surest = np.argsort(-probabilities.max(axis=1), kind="stable")
    right = (probabilities.argmax(axis=1) == truth)[surest]
    relied = round(RELIED_ON * len(right))
    return {key: figures[key] for key in FIGURES} | {"at 70 %": float(right[:relied].mean())}


def mean(rows: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Average figures."""
    listed = list(rows)
    return {key: float(np.mean([row[key] for row in listed])) for key in listed[0]}


def by_method(labeler: Labeler, gold: Corpus, n_splits: int) -> dict[str, Any]:
    """Measure the model as it is, each kind of map, and the one that is chosen."""
    rows: dict[str, list[dict[str, float]]] = {}
    chosen: Counter[str] = Counter()
    for seed in range(n_splits):
        learn_on, test = halves(gold, seed)
        truth, tested = columns(labeler, learn_on), columns(labeler, test)
        raw, unseen = [
            labeler.bundle.posterior.raw(
                labeler.bundle.model.scores(part.segments()), part.stretches()
            )
            for part in (learn_on, test)
        ]
        before = labeler.predict_proba(test.segments(), doc_ids=test.stretches())
        rows.setdefault("slope of the scores alone", []).append(measure(unseen, tested))
        rows.setdefault("last step of written text", []).append(measure(before, tested))
        for kind in MAPS[1:]:
            mapped = kind.learn(raw, truth).adjusted(unseen)
            rows.setdefault(kind.method, []).append(measure(mapped, tested))
        calibrated = recalibrate(labeler, learn_on)
        chosen[calibrated.bundle.document.map.method] += 1
        after = calibrated.predict_proba(test.segments(), doc_ids=test.stretches())
        rows.setdefault("policyclf calibrate", []).append(measure(after, tested))
        # Where calibration and test are the same documents: what their difference costs.
        _, documents = np.unique(test.doc_ids, return_inverse=True)
        own = cross_mapped(Platt.learn, unseen, tested, documents)
        rows.setdefault("platt, within the tested half", []).append(measure(own, tested))
        rows.setdefault("platt, had it been right", []).append(drawn(labeler, gold, seed))
        alone = calibrated.predict_proba(test.segments())
        rows.setdefault("sentences alone, last step of written text", []).append(
            measure(labeler.predict_proba(test.segments()), tested)
        )
        rows.setdefault("sentences alone, policyclf calibrate", []).append(measure(alone, tested))
    return {
        "chosen": dict(chosen),
        "mean": {name: mean(of_name) for name, of_name in rows.items()},
        "spread": {
            name: float(np.std([row["error"] for row in of_name], ddof=1))
            for name, of_name in rows.items()
        },
    }


def drawn(labeler: Labeler, gold: Corpus, seed: int) -> dict[str, float]:
    """Measure what Platt's map reaches where labels are drawn from one, independently."""
    scores = labeler.bundle.model.scores(gold.segments())
    raw = labeler.bundle.posterior.raw(scores, gold.stretches())
    chances = Platt.learn(raw, columns(labeler, gold)).adjusted(raw)
    draws = np.random.default_rng(seed).random((len(raw), 1))
    truth = (chances.cumsum(axis=1) < draws).sum(axis=1).clip(max=raw.shape[1] - 1)
    first = {row.doc_id for row in halves(gold, seed)[0].rows}
    here = np.array([row.doc_id in first for row in gold.rows])
    return measure(Platt.learn(raw[here], truth[here]).adjusted(raw[~here]), truth[~here])


def cumulated(probabilities: Floats) -> Floats:
    """Give the distances of Romano, Sesia and Candès, without their random part."""
    order = np.argsort(-probabilities, axis=1, kind="stable")
    sums = np.take_along_axis(probabilities, order, axis=1).cumsum(axis=1)
    distances = np.empty_like(sums)
    np.put_along_axis(distances, order, sums, axis=1)
    return np.minimum(distances, 1)


def set_sizes(labeler: Labeler, gold: Corpus, n_splits: int) -> dict[str, Any]:
    """Measure coverage and size of label sets: ours, and by cumulated probabilities."""
    kinds: dict[str, Callable[[Floats], Floats]] = {
        "one minus probability": lambda p: p,
        "cumulated": lambda p: 1 - cumulated(p),
    }
    rows: dict[str, list[dict[str, float]]] = {}
    for seed in range(n_splits):
        learn_on, test = halves(gold, seed)
        model = recalibrate(labeler, learn_on)
        truth, tested = columns(model, learn_on), columns(model, test)
        raw = model.bundle.posterior.raw(
            model.bundle.model.scores(learn_on.segments()), learn_on.stretches()
        )
        documents = np.unique(learn_on.doc_ids, return_inverse=True)[1]
        held_out = cross_mapped(type(model.bundle.document.map).learn, raw, truth, documents)
        after = model.predict_proba(test.segments(), doc_ids=test.stretches())
        for coverage in COVERAGES:
            for name, distance in kinds.items():
                sets = Conformity.learn(distance(held_out), truth).sets(distance(after), coverage)
                rows.setdefault(f"{name}, {coverage:.0%}", []).append(
                    {
                        "covered": float(sets[np.arange(len(tested)), tested].mean()),
                        "labels": float(sets.sum(axis=1).mean()),
                        "one label": float((sets.sum(axis=1) == 1).mean()),
                    }
                )
    return {name: mean(of_name) for name, of_name in rows.items()}


def whole(labeler: Labeler, gold: Corpus) -> dict[str, float]:
    """Measure a model on all of the gold, of which it has seen nothing."""
    probabilities = labeler.predict_proba(gold.segments(), doc_ids=gold.stretches())
    return measure(probabilities, columns(labeler, gold))


def table(rows: Mapping[str, Mapping[str, float]], titles: Iterable[str]) -> str:
    """Lay figures out."""
    listed = list(titles)
    lines = ["| | " + " | ".join(listed) + " |", "|---" * (len(listed) + 1) + "|"]
    lines += [
        f"| {name} | " + " | ".join(f"{value:.3f}" for value in row.values()) + " |"
        for name, row in rows.items()
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure, print and write."""
    gold = real()
    if gold is None:
        sys.exit("needs the real gold, which is not at hand")
    warnings.simplefilter("ignore", UserWarning)
    data = training_data()
    trained = train(data)
    former = Labeler(replace(trained.bundle, alone=AS_IT_IS, document=AS_IT_IS))
    unseen = {
        "slope of the scores alone": whole(former, gold.corpus),
        f"and a last step, {trained.bundle.document.map.method}": whole(trained, gold.corpus),
    }
    ten = by_method(trained, gold.corpus, SPLITS)
    more = by_method(trained, gold.corpus, MORE_SPLITS)
    sets = set_sizes(trained, gold.corpus, SPLITS)
    results = {
        "provenance": provenance(data),
        "not calibrated on real text": unseen,
        "halves": ten,
        "more halves": more,
        "label sets": sets,
    }
    n, n_documents = len(gold.corpus), len(set(gold.corpus.doc_ids))
    text = f"""# Calibration on real text

{n} segments of {n_documents} documents. ECE: over ten bins of equal width. "By chance": the ECE
that exactly right probabilities of the same confidences would have on so few segments (mean of
200 draws, segments taken for independent). "At 70 %": accuracy among the surest 70 %.

## Calibrated on written text only, measured on all of the gold

{table(unseen, TITLES)}

## Calibrated on half of the documents, measured on the other half

Mean of {SPLITS} halvings, seeds 0 to {SPLITS - 1}; chosen: {ten["chosen"]}.

{table(ten["mean"], TITLES)}

Mean of {MORE_SPLITS} halvings; chosen: {more["chosen"]}. Standard deviation of the ECE after
`policyclf calibrate` from one halving to another: {more["spread"]["policyclf calibrate"]:.3f}.
"Within the tested half": cross-validated there, that is, were both halves alike. "Had it been
right": the same halves with labels drawn from Platt's map of all the gold, segment by segment:
what is to be expected of so few segments if nothing else were wrong.

{table(more["mean"], TITLES)}

## Label sets

Mean of {SPLITS} halvings. "Cumulated": Romano, Sesia and Candès 2020, without the random part.

{table(sets, ("covered", "labels a set", "sets of one label"))}

{", ".join(f"{key} {value}" for key, value in results["provenance"].items())}
"""
    save("calibration", results, text)
    print(text)


if __name__ == "__main__":
    main()
