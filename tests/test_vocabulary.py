"""What a model has met is what its features are."""

from __future__ import annotations

from policyclf.classifier import PolicyClassifier
from policyclf.features import Batch, Segment
from policyclf.labeling import Labeler
from policyclf.vocabulary import bigrams, known_bigrams


def test_known_bigrams_are_those_of_the_training_texts(tiny_labeler: Labeler) -> None:
    """Every bigram of the training texts, cleaned, and no other."""
    model = PolicyClassifier(min_df=1, calibration_folds=2)
    model.fit(["招商引資", "１２个"], ["a", "b"])
    assert known_bigrams(model.model_) == {"招商", "商引", "引资", "00", "0个"}
    assert "人才" in known_bigrams(tiny_labeler.bundle.model)


def test_a_model_without_bigrams_knows_none() -> None:
    """Where only single characters are features, nothing can be said of bigrams."""
    model = PolicyClassifier(characters=(1, 1), calibration_folds=2)
    assert known_bigrams(model.fit(["招商", "引资"], ["a", "b"]).model_) == set()


def test_bigrams_are_those_that_features_are_made_of(tiny_labeler: Labeler) -> None:
    """A text has a bigram as feature exactly where it is listed and known."""
    (block,) = (b for b in tiny_labeler.bundle.model.blocks if b.name == "characters")
    names = block.column_names()
    text = "全区引进 高层次人才１２名，尚未见过的龘龘字。"
    found = {names[c] for c in block.rows(Batch([Segment(text)])).columns}
    listed = set(bigrams(text)) & known_bigrams(tiny_labeler.bundle.model)
    assert {name for name in found if len(name) == 2} == listed


def test_short_texts_have_no_bigrams() -> None:
    """Of one character or none."""
    assert bigrams("") == bigrams("区") == []
