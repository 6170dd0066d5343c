"""Which sentences to code next: ``python benchmarks/quality/active_learning.py``.

The written corpus plays the uncoded pool. From 200 sentences drawn at random, a model is
trained, and the next 200 are chosen by each strategy of ``sampling.py`` and coded (their
labels looked up), up to 2,000. Measured on a fifth of the documents, held out of the pool,
and on real gold, for three seeds, with the lexicon and, as for a task of one's own, without.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from data import RESULTS, Part, provenance, real, save, split, training_data

from policyclf.classifier import PolicyClassifier
from policyclf.lexicon import Lexicon
from policyclf.sampling import STRATEGIES, Strategy, choose
from policyclf.vocabulary import bigrams

SEEDS = range(3)
BATCH = 200
MOST = 2000
SIZES = range(BATCH, MOST + 1, BATCH)
COLOURS = ("#0072b2", "#56b4e9", "#009e73", "#d55e00", "#000000")
Curves = dict[str, list[float]]


def simulate(
    strategy: Strategy, seed: int, lexicon: Lexicon | None, pool: Part, parts: dict[str, Part]
) -> tuple[Curves, float]:
    """Code batch after batch, and measure after each; and how long what was chosen is."""
    texts = pool.corpus.texts
    labels = np.array(pool.corpus.primaries)
    doc_ids = pool.corpus.doc_ids
    generator = np.random.default_rng(seed)
    coded = np.sort(generator.permutation(len(texts))[:BATCH])
    curves: Curves = {name: [] for name in parts}
    lengths: list[int] = []
    for size in SIZES:
        model = PolicyClassifier(lexicon=lexicon, calibration_folds=2)
        ids = [doc_ids[place] for place in coded]
        model.fit([pool.segments[place] for place in coded], labels[coded], doc_ids=ids)
        for name, part in parts.items():
            predicted = model.predict(part.segments, doc_ids=part.doc_ids).tolist()
            curves[name].append(part.evaluate(name, predicted).macro_f1.value)
        if size == MOST:
            break
        left = np.setdiff1d(np.arange(len(texts)), coded)
        if strategy == "random":
            chosen = generator.permutation(left)[:BATCH]
        else:
            probabilities = model.predict_proba(pool.segments, doc_ids=pool.doc_ids)[left]
            known = frozenset(gram for place in coded for gram in bigrams(texts[place]))
            open_texts = [texts[place] for place in left]
            chosen = left[choose(open_texts, probabilities, BATCH, strategy, known=known)]
        lengths += [len(texts[place]) for place in chosen]
        coded = np.sort(np.concatenate([coded, chosen]))
    return curves, float(np.mean(lengths))


def main() -> None:
    """Simulate every strategy."""
    data, gold = training_data(), real()
    results = []
    for setting, lexicon in (("with the lexicon", data.lexicon), ("without a lexicon", None)):
        for strategy in STRATEGIES:
            figures: dict[str, list[list[float]]] = {}
            lengths: list[float] = []
            for seed in SEEDS:
                pool, held = split(data.corpus, seed)
                parts = {"written": held} | ({"real": gold} if gold else {})
                found, length = simulate(strategy, seed, lexicon, pool, parts)
                for name, curve in found.items():
                    figures.setdefault(name, []).append(curve)
                lengths.append(length)
                last = {name: round(curves[-1][-1], 3) for name, curves in figures.items()}
                print(f"{setting}, {strategy}, seed {seed}: {last}", file=sys.stderr, flush=True)
            results.append(
                {
                    "setting": setting,
                    "strategy": strategy,
                    "figures": figures,
                    "characters": float(np.mean(lengths)),
                }
            )
    report = {
        "provenance": provenance(data),
        "seeds": list(SEEDS),
        "sizes": list(SIZES),
        "results": results,
    }
    markdown = to_markdown(report)
    save("active-learning", report, markdown)
    plot(report)
    print(markdown)


def to_markdown(report: dict[str, Any]) -> str:
    """Write the tables."""
    about = ", ".join(f"{key} `{value}`" for key, value in report["provenance"].items())
    lines = [
        "# Which sentences to code next",
        "",
        f"Macro-F1, means over {len(report['seeds'])} seeds; {about}.",
        "",
        "In brackets the distance from random, and its least and greatest of the seeds: every",
        "seed has its own held-out documents and first sentences, the same for all strategies.",
        "The mean is that of all sizes from 400; the length, in characters, of what was chosen.",
    ]
    sizes = [size for size in report["sizes"] if size in {400, 600, 1000, 1400, MOST}]
    for setting in dict.fromkeys(result["setting"] for result in report["results"]):
        of_setting = [r for r in report["results"] if r["setting"] == setting]
        curves = {r["strategy"]: r["figures"] for r in of_setting}
        lengths = {r["strategy"]: r["characters"] for r in of_setting}
        for kind in curves["random"]:
            lines += [
                "",
                f"## {setting}, {kind} text",
                "",
                "| coded sentences | "
                + " | ".join(f"{size:,}" for size in sizes)
                + " | mean | length |",
                "|---|" + "--:|" * (len(sizes) + 2),
            ]
            base = np.array(curves["random"][kind])
            for strategy, figures in curves.items():
                found = np.array(figures[kind])
                places = [report["sizes"].index(size) for size in sizes]
                cells = [cell(found[:, p], base[:, p], strategy) for p in places]
                cells.append(cell(found[:, 1:].mean(1), base[:, 1:].mean(1), strategy))
                cells.append(f"{lengths[strategy]:.0f}")
                lines.append(f"| {strategy} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def cell(values: np.ndarray, base: np.ndarray, strategy: str) -> str:
    """Write a mean, and how far it is from random's of the same seeds."""
    if strategy == "random":
        return f"{values.mean():.3f}"
    away = values - base
    return f"{values.mean():.3f} ({away.mean():+.3f}; {away.min():+.3f} … {away.max():+.3f})"


def plot(report: dict[str, Any]) -> None:
    """Draw the curves."""
    import matplotlib as mpl  # noqa: PLC0415  only where a plot is wanted

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "policyclf"
    from matplotlib import pyplot as plt  # noqa: PLC0415  after the backend is chosen

    settings = list(dict.fromkeys(result["setting"] for result in report["results"]))
    figure, panels = plt.subplots(
        1, len(settings), figsize=(9, 4.2), sharey=True, layout="constrained"
    )
    for axes, setting in zip(panels, settings, strict=True):
        of_setting = [r for r in report["results"] if r["setting"] == setting]
        for colour, result in zip(COLOURS, of_setting, strict=True):
            means = np.mean(result["figures"]["written"], axis=0)
            axes.plot(report["sizes"], means, marker="o", color=colour, label=result["strategy"])
        axes.set_title(setting)
        axes.set_xlabel("coded sentences")
        axes.grid(alpha=0.3)
    panels[0].set_ylabel("macro-F1, documents held out")
    panels[0].legend(frameon=False)
    figure.savefig(RESULTS / "active-learning.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
