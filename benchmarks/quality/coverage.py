"""How often intervals hold the true value, in documents whose sentences are alike.

Documents are drawn from a population that is known: each has its own mix of labels (a
Dirichlet draw around the shares of the labels) and its own difficulty (a Beta draw around
how often the system is right), so that sentences of one document go right or wrong
together. From very many documents come the true accuracy and macro-F1; from many
samples of few documents, how often the 95 % intervals hold them. Beside the bootstrap
over documents stands the one over sentences, which takes all sentences for independent.

And how often the intervals of shares of labels (``policyclf prevalence``) hold the true ones, for
a system that is wrong in one direction: its errors fall on the rarest labels.

``python benchmarks/quality/coverage.py`` takes some minutes on one core.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
from data import provenance, save, training_data

from policyclf.evaluation import DocumentBootstrap, Figure
from policyclf.evaluation.figures import accuracy, macro_f1
from policyclf.features.rows import Floats, Ints
from policyclf.prevalence import estimate_prevalence

SAMPLES = 600
SIZES = (20, 50, 100)
LABELS = (6, 18)
POOLS = ((50, 100), (100, 300), (400, 300))
"""Documents of a pool, and coded sentences of it."""

TRUE_DOCUMENTS = 200_000
FIGURES = {"accuracy": accuracy, "macro_f1": macro_f1}


@dataclass(frozen=True)
class Population:
    """Documents without end.

    Parameters
    ----------
    n_labels : int
        How many labels; the most frequent is eight times as frequent as the rarest.
    length : float, default 8
        Mean number of sentences a document, of which there is at least one.
    focus : float, default 4
        How varied a document's labels are; the Dirichlet's concentration.
    accuracy : float, default 0.75
        How often the system is right.
    evenness : float, default 6
        How alike documents are in difficulty; the Beta's concentration.
    biased : bool, default False
        Whether the labels given wrongly are mostly those that are rare.
    """

    n_labels: int
    length: float = 8.0
    focus: float = 4.0
    accuracy: float = 0.75
    evenness: float = 6.0
    biased: bool = False

    def draw(self, n_documents: int, generator: np.random.Generator) -> tuple[Ints, Ints, Ints]:
        """Draw the document, the true label and the given label of each sentence."""
        shares = 8.0 ** (-np.arange(self.n_labels) / (self.n_labels - 1))
        shares /= shares.sum()
        sizes = 1 + generator.poisson(self.length - 1, n_documents)
        documents = np.repeat(np.arange(n_documents), sizes)
        mixes = generator.dirichlet(self.focus * shares, n_documents)
        difficulty = generator.beta(
            self.evenness * self.accuracy, self.evenness * (1 - self.accuracy), n_documents
        )
        true = _choose(mixes[documents], generator)
        guessed = shares[::-1] if self.biased else shares
        guess = _choose(np.broadcast_to(guessed, (len(true), self.n_labels)), generator)
        # A guess is sometimes right, so that the system is right a little more often.
        right = generator.random(len(true)) < difficulty[documents]
        return documents, true, np.where(right, true, guess)


def _choose(shares: Floats, generator: np.random.Generator) -> Ints:
    """Draw a column of each row, by the row's shares."""
    drawn = generator.random(len(shares))[:, None]
    chosen: Ints = np.minimum((np.cumsum(shares, axis=1) < drawn).sum(axis=1), shares.shape[1] - 1)
    return chosen


def true_values(population: Population, seed: int = 1) -> dict[str, float]:
    """Measure on very many documents."""
    generator = np.random.default_rng(seed)
    _, true, given = population.draw(TRUE_DOCUMENTS, generator)
    hits = np.bincount(true[true == given], minlength=population.n_labels)
    support, predicted = (np.bincount(x, minlength=population.n_labels) for x in (true, given))
    f1 = 2 * hits / (support + predicted)
    return {"accuracy": float((true == given).mean()), "macro_f1": float(f1.mean())}


def sample(
    population: Population, n_documents: int, generator: np.random.Generator, *, whole: bool
) -> dict[str, Figure]:
    """Evaluate the system on a sample; with sentences for documents unless `whole`."""
    documents, true, given = population.draw(n_documents, generator)
    ids = documents if whole else np.arange(len(true))
    drawn = DocumentBootstrap.of([str(doc) for doc in ids.tolist()])
    one, right = np.ones(len(true)), true == given
    sums = {
        "hits": drawn.sums(right, true, population.n_labels),
        "support": drawn.sums(one, true, population.n_labels),
        "predicted": drawn.sums(one, given, population.n_labels),
        "n": drawn.sums(one),
        "right": drawn.sums(right),
    }
    return {name: drawn.figures(of, sums)[0] for name, of in FIGURES.items()}


def measure(population: Population, n_documents: int, *, whole: bool) -> dict[str, Any]:
    """Count how often the interval holds the true value, falls short of it or exceeds it."""
    truth = true_values(population)
    generator = np.random.default_rng(n_documents)
    drawn = [sample(population, n_documents, generator, whole=whole) for _ in range(SAMPLES)]
    found: dict[str, Any] = {}
    for name in FIGURES:
        figures = [figures[name] for figures in drawn]
        below = sum(figure.high < truth[name] for figure in figures)
        above = sum(figure.low > truth[name] for figure in figures)
        found[name] = {
            "truth": truth[name],
            "mean": float(np.mean([figure.value for figure in figures])),
            "coverage": 1 - (below + above) / SAMPLES,
            "below": below / SAMPLES,
            "above": above / SAMPLES,
            "width": float(np.mean([figure.high - figure.low for figure in figures])),
        }
    return found


def measure_shares(n_documents: int, n_coded: int) -> dict[str, Any]:
    """Count how often the intervals of shares hold the true ones, and how wide they are."""
    population = Population(LABELS[-1], biased=True)
    _, true, _ = population.draw(TRUE_DOCUMENTS, np.random.default_rng(1))
    truth = np.bincount(true, minlength=population.n_labels) / len(true)
    names = [str(label) for label in range(population.n_labels)]
    generator = np.random.default_rng(n_documents + n_coded)
    found: dict[str, list[list[float]]] = {key: [] for key in ("held", "estimate", "counted")}
    found |= {"coded": [], "width": []}
    for _ in range(SAMPLES):
        documents, true, given = population.draw(n_documents, generator)
        drawn = generator.choice(len(true), min(n_coded, len(true)), replace=False).tolist()
        estimated = estimate_prevalence(
            [names[label] for label in given],
            [str(document) for document in documents],
            {place: names[true[place]] for place in drawn},
            names,
        ).shares
        held = [
            s.estimate.low <= t <= s.estimate.high for s, t in zip(estimated, truth, strict=True)
        ]
        found["held"].append([float(x) for x in held])
        found["estimate"].append([s.estimate.value for s in estimated])
        found["counted"].append([s.counted for s in estimated])
        found["coded"].append([s.coded for s in estimated])
        found["width"].append([s.estimate.high - s.estimate.low for s in estimated])
    of = {key: np.array(values) for key, values in found.items()}
    return {
        "documents": n_documents,
        "coded": n_coded,
        "coverage": float(of["held"].mean()),
        "lowest": float(of["held"].mean(axis=0).min()),
        "width": float(of["width"].mean()),
        **{
            f"error of {key}": float(np.sqrt(((of[key] - truth) ** 2).mean()))
            for key in ("estimate", "counted", "coded")
        },
    }


def to_markdown(report: dict[str, Any]) -> str:
    """Write the table."""
    about = ", ".join(f"{key} `{value}`" for key, value in report["provenance"].items())
    error = 100 * np.sqrt(0.95 * 0.05 / SAMPLES)
    lines = [
        "# How often intervals hold the true value",
        "",
        f"{SAMPLES:,} samples each; the 95 % interval of `policyclf evaluate`, so 95.0 % is "
        f"wanted, and ± {1.96 * error:.1f} points are chance; {about}.",
        "",
        "Documents of eight sentences on average, each with its own mix of labels and its own "
        "difficulty. Below and above: the whole interval lies under or over the truth. Beside "
        "it, the coverage had sentences been drawn instead of documents.",
    ]
    for n_labels in LABELS:
        lines += [
            "",
            f"## {n_labels} labels",
            "",
            "| documents | figure | truth | mean | coverage | below | above | width "
            "| sentences drawn |",
            "|--:|---|--:|--:|--:|--:|--:|--:|--:|",
        ]
        for row in report["results"]:
            if row["labels"] != n_labels:
                continue
            for name in FIGURES:
                whole, apart = row["documents drawn"][name], row["sentences drawn"][name]
                lines.append(
                    f"| {row['documents']} | {name.replace('_f1', '-F1')} | {whole['truth']:.3f} "
                    f"| {whole['mean']:.3f} | {whole['coverage']:.1%} | {whole['below']:.1%} "
                    f"| {whole['above']:.1%} | {whole['width']:.3f} | {apart['coverage']:.1%} |"
                )
    lines += [
        "",
        "## Shares of 18 labels",
        "",
        "Of a system whose errors fall on rare labels. Coverage of all labels, and of the label "
        "that has the least; width in points; the errors are root mean squares, in points: of what "
        "`policyclf prevalence` estimates, of what is counted, and of the coded sample alone.",
        "",
        "| documents | coded | coverage | lowest | width | error | counted | coded alone |",
        "|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for row in report["shares"]:
        points = [100 * row["width"]]
        points += [100 * row[f"error of {key}"] for key in ("estimate", "counted", "coded")]
        cells = " | ".join(f"{value:.1f}" for value in points)
        lines.append(
            f"| {row['documents']} | {row['coded']} | {row['coverage']:.1%} | {row['lowest']:.1%} "
            f"| {cells} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure every size of sample."""
    results = []
    for n_labels in LABELS:
        population = Population(n_labels)
        for n_documents in SIZES:
            print(f"{n_labels} labels, {n_documents} documents", file=sys.stderr, flush=True)
            results.append(
                {
                    "labels": n_labels,
                    "documents": n_documents,
                    "documents drawn": measure(population, n_documents, whole=True),
                    "sentences drawn": measure(population, n_documents, whole=False),
                }
            )
    shares = []
    for n_documents, n_coded in POOLS:
        print(f"shares, {n_documents} documents, {n_coded} coded", file=sys.stderr, flush=True)
        shares.append(measure_shares(n_documents, n_coded))
    report = {"provenance": provenance(training_data()), "results": results, "shares": shares}
    markdown = to_markdown(report)
    save("coverage", report, markdown)
    print(markdown)


if __name__ == "__main__":
    main()
