"""The intervals hold the true value about as often as they say."""

from __future__ import annotations

import numpy as np

from policyclf.corpus import Corpus, LabelledSegment
from policyclf.evaluation import DocumentBootstrap, evaluate
from policyclf.evaluation.figures import accuracy, macro_f1

SAMPLES = 120
TRUE_ACCURACY = 0.7
TRUE_MACRO_F1 = 0.7
"""Of three labels alike: as often right, and as often given wrongly."""


def held(n_documents: int, *, whole: bool) -> dict[str, float]:
    """Count how often the intervals hold the truth where documents differ in difficulty."""
    generator = np.random.default_rng(5)
    covered = {"accuracy": 0, "macro-F1": 0}
    for _ in range(SAMPLES):
        documents = np.repeat(np.arange(n_documents), 8)
        difficulty = generator.beta(2.8, 1.2, n_documents)[documents]  # mean 0.7
        true = generator.integers(0, 3, len(documents))
        wrong = (true + generator.integers(1, 3, len(documents))) % 3
        given = np.where(generator.random(len(documents)) < difficulty, true, wrong)
        ids = documents if whole else np.arange(len(documents))
        drawn = DocumentBootstrap.of([str(doc) for doc in ids], replicates=300 if whole else 100)
        one, right = np.ones(len(true)), true == given
        sums = {
            "hits": drawn.sums(right, true, 3),
            "support": drawn.sums(one, true, 3),
            "predicted": drawn.sums(one, given, 3),
            "n": drawn.sums(one),
            "right": drawn.sums(right),
        }
        for name, of, truth in (
            ("accuracy", accuracy, TRUE_ACCURACY),
            ("macro-F1", macro_f1, TRUE_MACRO_F1),
        ):
            figure = drawn.figures(of, sums)[0]
            covered[name] += figure.low <= truth <= figure.high
    return {name: n / SAMPLES for name, n in covered.items()}


def test_intervals_over_documents_cover() -> None:
    """Nineteen times in twenty, give or take the chance of 120 samples."""
    for share in held(50, whole=True).values():
        assert 0.89 <= share <= 0.99


def test_intervals_over_sentences_do_not() -> None:
    """With sentences drawn as if independent, the intervals are too narrow."""
    assert max(held(50, whole=False).values()) < 0.87


def test_rare_labels_do_not_pull_the_interval_down() -> None:
    """Macro-F1 of many labels in few documents lies well within its interval."""
    generator = np.random.default_rng(0)
    rows, given = [], []
    for document in range(30):
        for _ in range(8):
            label = f"{int(18 * generator.random() ** 2):02}"
            rows.append(LabelledSegment("句", (label,), str(document)))
            given.append(label if generator.random() < 0.75 else f"{generator.integers(18):02}")
    figure = evaluate("many labels", given, Corpus(tuple(rows))).macro_f1
    assert figure.high - figure.value > (figure.value - figure.low) / 3
