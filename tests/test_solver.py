"""Rows and labels become weights, by one solver or the other."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse
from sklearn.svm import LinearSVC

from policyclf import solver as module
from policyclf.classifier import PolicyClassifier
from policyclf.corpus import Corpus
from policyclf.features import Batch, Block, CharacterBlock, LexiconBlock, Segment
from policyclf.lexicon import Lexicon
from policyclf.solver import as_csr, choose_solver, feature_matrix
from policyclf.training import TrainingData, train


def test_solver_by_size() -> None:
    """The exact one for few, the other for many, and always the one that is asked for."""
    assert choose_solver(50_000, None) == "liblinear"
    assert choose_solver(50_001, None) == "sgd"
    assert choose_solver(10, "sgd") == "sgd"
    assert choose_solver(10**6, "liblinear") == "liblinear"


@pytest.mark.parametrize(("most_exact", "kind"), [(10**6, np.float64), (10, np.float32)])
def test_features_are_laid_out_in_parts_as_at_once(
    tiny_corpus: Corpus, monkeypatch: pytest.MonkeyPatch, most_exact: int, kind: type
) -> None:
    """Rows that are made some at a time are those that are made together."""
    segments = tiny_corpus.segments()
    blocks: list[Block] = [
        CharacterBlock.learn(segments, ngram_range=(1, 2), min_df=1, max_features=None),
        LexiconBlock.of(
            Lexicon.from_rows([("talent", "人才", 3)]), ["text", "previous"], [1.0, 0.5]
        ),
    ]
    together = np.hstack([as_csr(block.rows(Batch(segments))).toarray() for block in blocks])
    monkeypatch.setattr(module, "_ROWS_AT_ONCE", 7)
    monkeypatch.setattr(module, "MOST_EXACT", most_exact)
    found = feature_matrix(blocks, segments)
    assert found.dtype == kind
    np.testing.assert_allclose(found.toarray(), together, rtol=1e-6)
    assert feature_matrix(blocks, []).shape == (0, together.shape[1])


def test_descent_learns_the_same_task(tiny_corpus: Corpus) -> None:
    """Looking three times at every segment finds about what the exact solver finds."""
    given = (tiny_corpus.texts, tiny_corpus.primaries)
    exact = PolicyClassifier(min_df=1).fit(*given, doc_ids=tiny_corpus.doc_ids)
    quick = PolicyClassifier(min_df=1, solver="sgd").fit(*given, doc_ids=tiny_corpus.doc_ids)
    assert (exact.solver_, quick.solver_) == ("liblinear", "sgd")
    agreed = quick.predict(tiny_corpus.texts) == exact.predict(tiny_corpus.texts)
    assert agreed.mean() > 0.9
    again = PolicyClassifier(min_df=1, solver="sgd").fit(*given, doc_ids=tiny_corpus.doc_ids)
    np.testing.assert_array_equal(again.model_.weights[0], quick.model_.weights[0])


def test_unlabelled_segments_count_for_the_choice(
    tiny_corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few labelled segments beside very many others would keep liblinear busy for hours."""
    given = (tiny_corpus.texts, tiny_corpus.primaries)
    monkeypatch.setattr(module, "MOST_EXACT", len(tiny_corpus.texts))
    assert PolicyClassifier(min_df=1).fit(*given).solver_ == "liblinear"
    more = (tiny_corpus.texts[:1], tiny_corpus.primaries[:1])
    assert PolicyClassifier(min_df=1).fit(*given, unlabelled=more).solver_ == "sgd"


def test_descent_holds_one_fold_out(tiny_corpus: Corpus, tiny_data: TrainingData) -> None:
    """Calibrates on one fold of whole documents, and measures on just that one."""
    quick = PolicyClassifier(min_df=1, solver="sgd")
    quick.fit(tiny_corpus.texts, tiny_corpus.primaries, doc_ids=tiny_corpus.doc_ids)
    assert quick.held_out_ is not None
    held = ~np.isnan(quick.held_out_[:, 0])
    assert 0 < held.sum() < len(tiny_corpus) / 2
    assert quick.calibration_.n == held.sum()
    inside = {doc for doc, is_held in zip(tiny_corpus.doc_ids, held, strict=True) if is_held}
    outside = {doc for doc, is_held in zip(tiny_corpus.doc_ids, held, strict=True) if not is_held}
    assert not inside & outside
    figures = train(tiny_data, min_df=1, solver="sgd").bundle.metrics["held_out"]["model"]
    assert figures["n_segments"] == held.sum()


def test_held_out_rows_teach_nothing(tiny_corpus: Corpus) -> None:
    """Rows that count nothing leave the weights of their own words at nothing."""
    rows = feature_rows(tiny_corpus)
    without = rows.without(np.array([0]))
    assert without.importance.tolist() == [0.0, *[1.0] * (len(rows.truth) - 1)]
    assert without.features is rows.features


def feature_rows(corpus: Corpus) -> module.TrainingRows:
    segments = [Segment(text) for text in corpus.texts]
    block = CharacterBlock.learn(segments, ngram_range=(1, 1), min_df=1, max_features=None)
    truth = np.unique(corpus.primaries, return_inverse=True)[1]
    further = sparse.csc_matrix((len(segments), truth.max() + 1), dtype=bool)
    return module.TrainingRows(
        feature_matrix([block], segments), truth, np.ones(len(segments)), further
    )


def test_weights_are_those_of_scikit_learn(tiny_corpus: Corpus) -> None:
    """Without further labels, the separate fits are LinearSVC's one against the rest."""
    rows = feature_rows(tiny_corpus)
    n_classes = int(rows.truth.max()) + 1
    given = {"solver": "liblinear", "C": 0.5, "class_weight": "balanced", "random_state": 0}
    found = module.solve(rows, n_classes, further_weight=0.3, **given)  # type: ignore[arg-type]
    peer = LinearSVC(C=0.5, class_weight="balanced", tol=1e-6, random_state=0, max_iter=10_000)
    peer.fit(rows.features, rows.truth)
    expected = rows.features @ peer.coef_.T + peer.intercept_
    np.testing.assert_allclose(rows.features @ found[0] + found[1], expected, atol=0.15)


@pytest.mark.parametrize("solver", module.SOLVERS)
def test_label_that_counts_nothing_is_not_found(tiny_corpus: Corpus, solver: module.Solver) -> None:
    """Of rows without weight nothing is learned, least of all that they are right."""
    rows = feature_rows(tiny_corpus)
    weights, offsets = module.solve(
        rows,
        int(rows.truth.max()) + 1,
        solver=solver,
        C=0.5,
        class_weight={0: 0.0},
        further_weight=0.3,
        random_state=0,
    )
    assert offsets[0] == -1
    assert not weights[:, 0].any()
    assert (rows.features @ weights + offsets).argmax(axis=1).min() > 0


def test_solvers_leave_the_warnings_as_they_were(tiny_corpus: Corpus) -> None:
    """Threads that each set filters aside would put back those of another."""
    before = list(warnings.filters)
    PolicyClassifier(solver="sgd", min_df=1).fit(tiny_corpus.texts, tiny_corpus.primaries)
    assert warnings.filters == before


def test_further_labels_are_light_examples(tiny_corpus: Corpus) -> None:
    """A segment counts for a label it has beside its own; the heavier, the higher it scores."""
    rows = feature_rows(tiny_corpus)
    label = (int(rows.truth[0]) + 1) % 3
    marked = sparse.csc_matrix(([True], ([0], [label])), rows.further.shape)
    scores = []
    for further, weight in ((rows.further, 1.0), (marked, 0.0), (marked, 0.3), (marked, 3.0)):
        weights, intercept = module.solve(
            replace(rows, further=further),
            int(rows.truth.max()) + 1,
            solver="liblinear",
            C=0.5,
            class_weight=None,
            further_weight=weight,
            random_state=0,
        )
        scores.append(float((rows.features[0] @ weights + intercept)[0, label]))
    assert scores == sorted(scores)
    assert scores[0] < scores[1] < scores[-1]
