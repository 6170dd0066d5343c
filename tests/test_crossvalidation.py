"""Out-of-fold labels come from models that have not seen the fold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from policyclf.classifier import PolicyClassifier
from policyclf.corpus import Corpus, LabelledSegment
from policyclf.crossvalidation import cross_validate, on_common_segments
from policyclf.evaluation import evaluate_labelling
from policyclf.exceptions import InputError
from policyclf.splitting import Fold, document_folds, random_folds
from policyclf.training import TrainingData

QUICK: dict[str, Any] = {"calibration_folds": 2, "min_df": 1}


def test_labels_are_those_of_each_folds_model(tiny_data: TrainingData) -> None:
    """Training on a fold's part and labelling the rest by hand gives the same probabilities."""
    corpus = tiny_data.corpus
    folds = document_folds(corpus, 3)
    lines: list[str] = []
    found = cross_validate(tiny_data, folds, progress=lines.append, **QUICK)
    assert [line.split(":")[0] for line in lines] == ["1/3 1", "2/3 2", "3/3 3"]
    assert found.places.tolist() == list(range(60))
    assert [given.name for given in found.labellings] == ["model", "dictionary", "majority"]
    model = found.labellings[0]
    for fold in folds:
        training, held = corpus.take(fold.training), corpus.take(fold.testing)
        by_hand = PolicyClassifier(lexicon=tiny_data.lexicon, **QUICK)
        by_hand.fit(training.segments(), training.primaries, doc_ids=training.doc_ids)
        expected = by_hand.predict_proba(held.segments(), doc_ids=held.stretches())
        assert model.probabilities is not None
        assert model.probabilities[fold.testing] == pytest.approx(expected)
        decided = by_hand.decide(held.segments(), doc_ids=held.stretches())
        assert [model.labels[place] for place in fold.testing] == [d.label for d in decided]
    scores = [evaluate_labelling(x, found.gold).macro_f1.value for x in found.labellings]
    assert scores[0] > scores[2]


def test_label_that_a_fold_does_not_know(tiny_corpus: Corpus) -> None:
    """A label of one document only is never found, and its probability is 0."""
    rare = LabelledSegment("观赏日出。", ("tourism",), "游记")
    corpus = Corpus((*tiny_corpus.rows, rare))
    found = cross_validate(TrainingData(corpus), document_folds(corpus, 2), **QUICK)
    model = found.labellings[0]
    assert model.probabilities is not None
    assert model.probabilities[-1, model.classes.index("tourism")] == 0
    assert model.probabilities.sum(axis=1) == pytest.approx(1)
    assert [given.name for given in found.labellings] == ["model", "majority"]


def test_splits_on_common_segments(tiny_data: TrainingData) -> None:
    """What only one way of splitting tested is left out of the comparison."""
    folds = random_folds(tiny_data.corpus, 2)
    splits = {
        "both": cross_validate(tiny_data, folds, **QUICK),
        "half": cross_validate(tiny_data, folds[:1], **QUICK),
    }
    common = on_common_segments(splits)
    for found in common.values():
        assert found.places.tolist() == folds[0].testing.tolist()
        assert len(found.gold) == len(found.labellings[0]) == 30
    chosen = splits["both"].labellings[0]
    assert common["both"].labellings[0].labels == [chosen.labels[k] for k in folds[0].testing]


def test_nothing_to_train_on(tiny_data: TrainingData) -> None:
    """A fold with one label to learn is left out; if all are, that is an error."""
    fold = Fold("empty", np.array([0]), np.arange(1, 60))
    with pytest.raises(InputError, match="no fold has two labels"):
        cross_validate(tiny_data, [fold], **QUICK)


def test_labels_before_a_review_are_measured_on(tiny_data: TrainingData) -> None:
    """Folds are trained on the reviewed labels, and judged by the others."""
    rows = tiny_data.corpus.rows
    changed = Corpus((replace(rows[0], before_review=("ecology",)), *rows[1:]))
    data = replace(tiny_data, corpus=changed)
    folds = document_folds(changed, 2)
    found, plain = (cross_validate(one, folds, **QUICK) for one in (data, tiny_data))
    assert found.gold.rows[0].labels == ("ecology",)
    assert plain.gold.rows[0].labels == ("talent",)
    assert found.gold.rows[1:] == plain.gold.rows[1:]


def test_folds_are_calibrated_on_labels_before_a_review(tiny_data: TrainingData) -> None:
    """Where those are as good as drawn, no fold's model is sure of anything."""
    names = sorted(set(tiny_data.corpus.primaries))
    drawn = Corpus(
        tuple(
            replace(row, before_review=(names[n % len(names)],))
            for n, row in enumerate(tiny_data.corpus.rows)
        )
    )
    folds = document_folds(drawn, 2)
    sure, unsure = (
        cross_validate(replace(tiny_data, corpus=corpus), folds, **QUICK).labellings[0]
        for corpus in (tiny_data.corpus, drawn)
    )
    assert unsure.confidence is not None
    assert sure.confidence is not None
    assert unsure.confidence.mean() < sure.confidence.mean() - 0.2


def test_labels_that_were_renamed_since_a_review_stay(tiny_data: TrainingData) -> None:
    rows = tuple(replace(row, before_review=("old",)) for row in tiny_data.corpus.rows)
    data = replace(tiny_data, corpus=Corpus(rows))
    found = cross_validate(data, document_folds(data.corpus, 2), **QUICK)
    assert found.gold.primaries == tiny_data.corpus.primaries
