"""The model card says what the bundle knows of itself."""

from __future__ import annotations

from dataclasses import replace

from policyclf.card import model_card
from policyclf.corpus import Corpus
from policyclf.labeling import Labeler
from policyclf.training import TrainingData, train

HEADINGS = ["Model details", "Intended use", "Training data", "Limits"]


def test_card_has_the_headings_of_a_model_card(tiny_labeler: Labeler) -> None:
    """Details, use, data and limits are there, in that order."""
    card = tiny_labeler.bundle.card
    places = [card.index(f"## {heading}\n") for heading in HEADINGS]
    assert places == sorted(places)
    assert card.startswith("# Model card: tiny 1.0\n")


def test_card_lists_labels_with_names_and_counts(tiny_labeler: Labeler) -> None:
    """Every label stands there in both languages with its training segments."""
    assert "| `talent` | 人才 | Talent | 16 |" in tiny_labeler.bundle.card
    assert "60 segments in 8 documents" in tiny_labeler.bundle.card


def test_card_says_what_was_measured(tiny_labeler: Labeler) -> None:
    """The held-out figures stand there with their intervals, baselines without confidence as –."""
    bundle = tiny_labeler.bundle
    macro = bundle.metrics["held_out"]["model"]["macro_f1"]
    row = f"| model | {macro['value']:.3f} [{macro['low']:.3f}, {macro['high']:.3f}] |"
    assert row in bundle.card
    assert "hand-coded" not in bundle.card.split("## Limits")[0]


def test_card_of_a_model_measured_on_gold(tiny_data: TrainingData) -> None:
    """Figures on gold have their own heading, with the baselines beside the model."""
    gold = Corpus(tiny_data.corpus.rows[:20])
    bundle = train(tiny_data, gold=gold, min_df=1).bundle
    section = bundle.card.split("## Figures on gold from elsewhere, not trained on")[1]
    for system in ("model", "dictionary", "majority"):
        assert f"| {system} |" in section
    assert "| majority |" in section
    assert section.count("| – |") == 2  # baselines have no confidence


def test_card_without_codebook(tiny_corpus: Corpus) -> None:
    """Without a codebook labels stand there by id alone."""
    card = train(TrainingData(tiny_corpus), min_df=1).bundle.card
    assert card.startswith("# Model card: 4 labels\n")
    assert "| `talent` |  |  | 16 |" in card


def test_card_is_made_of_the_bundle_alone(tiny_labeler: Labeler) -> None:
    """Written again from the same bundle, the card is the same."""
    assert model_card(replace(tiny_labeler.bundle, card="")) == tiny_labeler.bundle.card
