"""What each part of the model is worth: ``python benchmarks/quality/ablation.py [--settings]``.

Every configuration is trained on four fifths of the written documents, and measured on
the fifth held out and on real gold, for five seeds. Prints and writes a table, and a plot
of the learning curve. ``--settings`` measures the numbers alone that were chosen by it, in a third
of the time, and writes a table of its own.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from data import RESULTS, Part, provenance, real, save, split, training_data
from joblib import Parallel, delayed
from scipy import sparse
from sklearn.linear_model import LogisticRegression, RidgeClassifier, SGDClassifier
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import ComplementNB
from sklearn.svm import LinearSVC

from policyclf.classifier import PolicyClassifier
from policyclf.corpus import Corpus
from policyclf.lexicon import Lexicon

SEEDS = range(5)
CORES = 2
DEFAULTS = PolicyClassifier()
SETTINGS = {"C", "label chain", "further labels as light examples", "terms"}
"""Groups that vary one number each of the shipped model."""

Labels = Callable[[Part, list[Part]], list[list[str]]]


def configurations(lexicon: Lexicon) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """List group, name and parameters of what is measured."""
    plain: dict[str, Any] = {
        "lexicon": None,
        "persistence": 0.0,
        "context": (),
    }
    with_lexicon = {**plain, "lexicon": lexicon, "term_weight": 0.0}
    yield "blocks", "characters", plain
    yield "blocks", "words, plain jieba", {**plain, "characters": None, "words": (1, 2)}
    yield "blocks", "characters + words, plain jieba", {**plain, "words": (1, 2)}
    yield "blocks", "lexicon scores alone", {**with_lexicon, "characters": None}
    yield "blocks", "characters + lexicon scores", with_lexicon
    yield "blocks", "… + words with the lexicon", {**with_lexicon, "words": (1, 2)}
    previous = {**with_lexicon, "context": ("previous",)}
    yield "blocks", "… + previous sentence", previous
    yield "blocks", "… + heading", {**previous, "context": ("previous", "heading")}
    yield "blocks", "… + title", {**previous, "context": ("previous", "heading", "title")}
    yield "blocks", "previous + terms as training texts", {**previous, "term_weight": 0.05}
    alike = {**previous, "persistence": DEFAULTS.persistence, "evenness": None}
    yield "blocks", "previous + label chain, labels drawn anew alike", alike
    shipped = {"lexicon": lexicon}
    yield "blocks", "… by the labels around (shipped)", shipped
    yield "blocks", "shipped, words too", {**shipped, "words": (1, 2)}
    for c in (0.25, 0.5, 1.0, 2.0):
        yield "C", f"C {c}", {**shipped, "C": c}
    yield "class weights", "none", {**shipped, "class_weight": None}
    for longest in (2, 4):
        yield "characters", f"1 to {longest}", {**shipped, "characters": (1, longest)}
    yield "characters", "2 to 4", {**shipped, "characters": (2, 4)}
    for size in (10_000, 20_000, 50_000, 100_000):
        yield "vocabulary", f"{size:,}", {**shipped, "max_features": size}
    yield "vocabulary", "all, also of one segment", {**shipped, "min_df": 1}
    for persistence in (0.0, 0.05, 0.2, 0.3):
        yield "label chain", f"persistence {persistence}", {**shipped, "persistence": persistence}
    yield "label chain", "persistence learned out of fold", {**shipped, "persistence": None}
    for evenness in (3.0, 30.0):
        yield "label chain", f"evenness {evenness:g}", {**shipped, "evenness": evenness}
    for reach in (5, None):
        name = f"reach {reach or 'the document'}"
        yield "label chain", name, {**shipped, "reach": reach}
    for weight in (0.0, 0.3, 1.0):
        name = f"weight {weight:g}"
        yield "further labels as light examples", name, {**shipped, "further_weight": weight}
    for weight in (0.01, 0.05, 0.1, 0.3):
        yield "terms", f"term weight {weight}", {**shipped, "term_weight": weight}


def by_parameters(parameters: dict[str, Any]) -> Labels:
    """Train the estimator with some parameters."""

    def label(training: Part, parts: list[Part]) -> list[list[str]]:
        model = PolicyClassifier(**parameters, calibration_folds=2)
        model.fit(
            training.segments,
            training.corpus.primaries,
            doc_ids=training.doc_ids,
            further=training.corpus.further,
            before_review=training.corpus.unreviewed().labels,
        )
        return [model.predict(part.segments, doc_ids=part.doc_ids).tolist() for part in parts]

    return label


def by_classifier(lexicon: Lexicon, classifier: Any) -> Labels:  # noqa: ANN401  scikit-learn's
    """Train another classifier on the same features, segment by segment."""

    def label(training: Part, parts: list[Part]) -> list[list[str]]:
        model = PolicyClassifier(lexicon=lexicon, calibration_folds=2)
        model.fit(training.segments, training.corpus.primaries)
        features = model.pipeline_.named_steps["features"]
        classifier.fit(features.transform(training.segments), training.corpus.primaries)
        return [list(classifier.predict(features.transform(part.segments))) for part in parts]

    return label


def _lexicon_features(lexicon: Lexicon, training: Part) -> tuple[Any, Any]:
    """Learn characters and lexicon scores, and give scikit-learn's transformers of them."""
    model = PolicyClassifier(lexicon=lexicon, calibration_folds=2)
    model.fit(training.segments, training.corpus.primaries)
    (_, characters), (_, scores) = model.pipeline_.named_steps["features"].transformer_list
    return characters, scores


def by_stacking(lexicon: Lexicon) -> Labels:
    """Train a model a block, and on their scores out of fold a model of models."""

    def label(training: Part, parts: list[Part]) -> list[list[str]]:
        labels = training.corpus.primaries
        documents = [document for document, _ in training.doc_ids]
        stages = []
        for block in _lexicon_features(lexicon, training):
            svc = LinearSVC(C=0.5, class_weight="balanced", random_state=0)
            rows = block.transform(training.segments)
            held = cross_val_predict(
                svc, rows, labels, groups=documents, cv=GroupKFold(3), method="decision_function"
            )
            stages.append((block, svc.fit(rows, labels), held))
        top = LogisticRegression(C=1.0, class_weight="balanced", max_iter=1000)
        top.fit(np.hstack([held for _, _, held in stages]), labels)
        return [
            list(
                top.predict(
                    np.hstack(
                        [
                            svc.decision_function(block.transform(part.segments))
                            for block, svc, _ in stages
                        ]
                    )
                )
            )
            for part in parts
        ]

    return label


def by_group_first(lexicon: Lexicon, groups: dict[str, str]) -> Labels:
    """Decide the group of labels first, and then the label within it."""

    def label(training: Part, parts: list[Part]) -> list[list[str]]:
        blocks = _lexicon_features(lexicon, training)

        def rows(part: Part) -> Any:  # noqa: ANN401  a sparse matrix
            return sparse.hstack([b.transform(part.segments) for b in blocks], format="csr")

        def svc() -> LinearSVC:
            return LinearSVC(C=0.5, class_weight="balanced", random_state=0)

        features, labels = rows(training), np.array(training.corpus.primaries)
        group = np.array([groups[name] for name in labels])
        first = svc().fit(features, group)
        within = {
            name: svc().fit(features[group == name], labels[group == name])
            for name in set(group)
            if len(set(labels[group == name])) > 1
        }
        alone = {group_of: name for name, group_of in groups.items() if group_of not in within}
        predicted = []
        for part in parts:
            unseen = rows(part)
            chosen = first.predict(unseen)
            found = [alone.get(name, "") for name in chosen]
            for name, model in within.items():
                places = np.flatnonzero(chosen == name)
                if len(places):
                    for place, value in zip(places, model.predict(unseen[places]), strict=True):
                        found[place] = str(value)
            predicted.append(found)
        return predicted

    return label


def measure(label: Labels, share: float = 1.0) -> dict[str, list[float]]:
    """Train and measure for every seed."""
    figures: dict[str, list[float]] = {}
    for of_seed in Parallel(n_jobs=CORES)(
        delayed(measure_once)(label, seed, share, DATA.corpus, REAL) for seed in SEEDS
    ):
        for key, value in of_seed.items():
            figures.setdefault(key, []).append(value)
    return figures


def measure_once(
    label: Labels, seed: int, share: float, corpus: Corpus, gold: Part | None
) -> dict[str, float]:
    """Train and measure for one seed."""
    training, held = split(corpus, seed, share)
    parts = {"written": held} | ({"real": gold} if gold else {})
    figures = {"segments": float(len(training.corpus))}
    predicted = label(training, list(parts.values()))
    for (name, part), labels in zip(parts.items(), predicted, strict=True):
        result = part.evaluate(name, labels)
        for key in ("macro_f1", "accuracy", "any"):
            figures[f"{name} {key}"] = getattr(result, key).value
    return figures


def main() -> None:
    """Measure everything."""
    lexicon = DATA.lexicon
    if lexicon is None:
        raise SystemExit("labels/ has no lexicon.")
    work: list[tuple[str, str, Labels, float]] = [
        (group, name, by_parameters(parameters), 1.0)
        for group, name, parameters in configurations(lexicon)
    ]
    balanced = {"class_weight": "balanced"}
    classifiers = {
        "LinearSVC": LinearSVC(C=DEFAULTS.C, **balanced),
        "logistic regression, one against the rest": OneVsRestClassifier(
            LogisticRegression(C=5, solver="liblinear", **balanced)
        ),
        "SGD, hinge": SGDClassifier(alpha=1e-5, random_state=0, **balanced),
        "ridge": RidgeClassifier(alpha=1.0, solver="sparse_cg", **balanced),
        "ComplementNB": ComplementNB(alpha=0.3),
    }
    work += [
        ("classifier, segment by segment", name, by_classifier(lexicon, model), 1.0)
        for name, model in classifiers.items()
    ]
    shipped = by_parameters({"lexicon": lexicon})
    groups = {label.id: label.group for label in DATA.codebook.labels} if DATA.codebook else {}
    tried = {
        "stacking: a model a block, one on top": by_stacking(lexicon),
        "group of labels first, then the label": by_group_first(lexicon, groups),
    }
    work += [("classifier, segment by segment", name, how, 1.0) for name, how in tried.items()]
    bare = by_parameters({"persistence": 0.0, "context": ()})
    for share in (0.05, 0.1, 0.2, 0.4, 0.7, 1.0):
        work.append(("corpus size, shipped", f"{share:.0%}", shipped, share))
        work.append(("corpus size, characters alone", f"{share:.0%}", bare, share))
    only_settings = "--settings" in sys.argv
    if only_settings:
        work = [one for one in work if one[0] in SETTINGS or one[1].endswith("(shipped)")]
    results = []
    for place, (group, name, label, share) in enumerate(work, start=1):
        print(f"{place}/{len(work)} {group}: {name}", file=sys.stderr, flush=True)
        results.append({"group": group, "name": name, "figures": measure(label, share)})
    report = {"provenance": provenance(DATA), "seeds": list(SEEDS), "results": results}
    markdown = to_markdown(report)
    save("settings" if only_settings else "ablation", report, markdown)
    if not only_settings:
        plot(results)
    print(markdown)


def to_markdown(report: dict[str, Any]) -> str:
    """Write the table."""
    about = ", ".join(f"{key} `{value}`" for key, value in report["provenance"].items())
    lines = [
        "# What each part is worth",
        "",
        f"Means over {len(report['seeds'])} seeds (± standard deviation); {about}.",
        "",
        "Written: documents held out of the written corpus. Real: gold, never trained on.",
    ]
    group = None
    order = list(dict.fromkeys(result["group"] for result in report["results"]))
    for result in sorted(report["results"], key=lambda result: order.index(result["group"])):
        if result["group"] != group:
            group = result["group"]
            lines += [
                "",
                f"## {group}",
                "",
                "| | written F1 | written accuracy | real F1 | real accuracy | real any |",
                "|---|--:|--:|--:|--:|--:|",
            ]
        cells = [
            cell(result["figures"].get(key))
            for key in ("written macro_f1", "written accuracy", "real macro_f1", "real accuracy")
        ]
        cells.append(cell(result["figures"].get("real any")))
        lines.append(f"| {result['name']} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def cell(values: list[float] | None) -> str:
    """Write a mean with its spread."""
    return f"{np.mean(values):.3f} ± {np.std(values):.3f}" if values else "–"


def plot(results: list[dict[str, Any]]) -> None:
    """Draw the learning curves."""
    import matplotlib as mpl  # noqa: PLC0415  only where a plot is wanted

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "policyclf"
    from matplotlib import pyplot as plt  # noqa: PLC0415  after the backend is chosen

    figure, axes = plt.subplots(figsize=(7, 4.2), layout="constrained")
    for name, colour in (("shipped", "#0072b2"), ("characters alone", "#d55e00")):
        points = [r["figures"] for r in results if r["group"] == f"corpus size, {name}"]
        for kind, style in (("real", "-"), ("written", "--")):
            key = f"{kind} macro_f1"
            if all(key in point for point in points):
                sizes = [np.mean(point["segments"]) for point in points]
                means = [np.mean(point[key]) for point in points]
                axes.plot(
                    sizes, means, style, marker="o", color=colour, label=f"{name}, {kind} text"
                )
    axes.set_xscale("log")
    axes.set_xlabel("training segments (written)")
    axes.set_ylabel("macro-F1")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(RESULTS / "learning-curve.svg", metadata={"Date": None})


if __name__ == "__main__":
    DATA, REAL = training_data(), real()
    main()
