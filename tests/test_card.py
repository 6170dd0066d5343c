"""The model card says what the bundle knows of itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policyclf.card import headline_figures, methods_paragraph, model_card
from policyclf.codebook import LANGUAGES, Language
from policyclf.corpus import Corpus
from policyclf.exceptions import ModelError
from policyclf.labeling import Labeler
from policyclf.maps import MAPS, Isotonic, Offsets, Platt, Temperature, Unchanged
from policyclf.training import TrainingData, train

HEADINGS = [
    "Model details",
    "Intended use",
    "Taxonomy",
    "Training data",
    "Calibration",
    "Limits",
    "How to cite",
]


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


def test_card_says_where_text_is_from(tiny_data: TrainingData) -> None:
    """What was said of the text stands there, with its years and genres."""
    rows = tuple(
        replace(row, metadata={"year": str(2000 + place), "genre": "news"})
        for place, row in enumerate(tiny_data.corpus.rows)
    )
    data = replace(tiny_data, corpus=Corpus(rows))
    gold = Corpus(rows[:20])
    labeler = train(data, gold=gold, about="Composed.", about_gold="Real pages.", min_df=1)
    card = labeler.bundle.card
    training = card.split("## Training data\n")[1].split("\n## ")[0]
    assert "Composed.\n" in training
    assert "Years that the data name: 2000 to 2059. Segments by genre: news 60." in training
    assert "Real pages." in card.split("## Figures on gold from elsewhere")[1].split("\n## ")[0]
    assert "Composed." in methods_paragraph(labeler.bundle)
    assert "Real pages." in methods_paragraph(labeler.bundle)
    assert "{Where" not in methods_paragraph(labeler.bundle)


def test_card_says_how_it_is_calibrated(tiny_labeler: Labeler) -> None:
    """The slope, on how much it was chosen, and the error that is left."""
    section = tiny_labeler.bundle.card.split("## Calibration\n")[1].split("\n## ")[0]
    error = tiny_labeler.bundle.metrics["held_out"]["model"]["calibration_error"]["value"]
    assert f"times {tiny_labeler.bundle.calibration.slope}, chosen on 60 segments" in section
    assert f"{error:.3f} [" in section
    assert "gold from elsewhere" not in section


@pytest.mark.parametrize("language", LANGUAGES)
def test_methods_paragraph_is_filled_from_the_bundle(
    language: Language, tiny_data: TrainingData
) -> None:
    """Counts, hash and figures are the model's; what only the study knows is left open."""
    bundle = train(tiny_data, gold=Corpus(tiny_data.corpus.rows[:20]), min_df=1).bundle
    text = methods_paragraph(bundle, language, version="9.9")
    assert "\n" not in text
    for known in ("policyclf 9.9", bundle.sha256, "tiny 1.0", "60", "20"):
        assert known in text
    for metrics in (bundle.metrics["held_out"]["model"], bundle.metrics["gold"]["model"]):
        for key in ("macro_f1", "accuracy"):
            figure = metrics[key]
            cell = f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"
            assert cell in text, key
    for unknown in ("{N}", "{share}", "{handling}", "{alpha}", "{how}"):
        assert unknown in text
    assert text.count("{") == text.count("}")


def test_methods_paragraph_of_the_shipped_model(shipped: Labeler) -> None:
    """Says all steps to its probabilities, and in Chinese, too, who wrote what it learned from."""
    assert "a Markov chain over the labels of a document, and Platt scaling of their outcome" in (
        methods_paragraph(shipped.bundle)
    )
    text = methods_paragraph(shipped.bundle, "zh")
    assert "最后再作 Platt 缩放" in text
    for key in ("about", "about_gold"):
        assert shipped.bundle.provenance[key] in text
    assert "{训练文本" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_methods_paragraph_names_every_last_step(language: Language, tiny_labeler: Labeler) -> None:
    """Whatever map was chosen, the paragraph has words for it, each its own."""
    maps = (
        Unchanged(),
        Temperature(0.9),
        Platt(0.9, 0.1),
        Offsets(0.9, (0.1, 0.0, 0.0, 0.0)),
        Isotonic((0.2, 0.8), (0.3, 0.7)),
    )
    assert tuple(map(type, maps)) == MAPS
    texts = set()
    for one in maps:
        last = replace(tiny_labeler.bundle.document, map=one)
        bundle = replace(tiny_labeler.bundle, alone=last, document=last)
        texts.add(methods_paragraph(bundle, language).replace(bundle.sha256, ""))
    assert len(texts) == len(MAPS)


def test_methods_paragraph_leaves_out_what_was_not_measured(tiny_corpus: Corpus) -> None:
    """No gold, no lexicon, no codebook, no figures on them."""
    text = methods_paragraph(train(TrainingData(tiny_corpus), min_df=1).bundle)
    assert "lexicon" not in text
    assert "codebook" not in text.split("To measure the model")[0]
    assert "other documents" not in text
    assert "policyclf, a linear" in text


@pytest.mark.parametrize(
    "metrics", [{"gold": 3}, {"gold": {"model": []}}, {"held_out": {"model": {"macro_f1": "x"}}}]
)
def test_figures_that_are_none(tiny_labeler: Labeler, metrics: dict[str, object]) -> None:
    """Metrics that somebody else wrote make no traceback."""
    bundle = replace(tiny_labeler.bundle, metrics=metrics)
    for write in (model_card, methods_paragraph, lambda model: headline_figures(model.metrics)):
        with pytest.raises(ModelError, match="not as training writes them"):
            write(bundle)
