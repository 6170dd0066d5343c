"""An explanation adds up to what it explains, and points at the source."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policyclf.chain import LabelChain
from policyclf.exceptions import InputError
from policyclf.explanation import Explanation, explain
from policyclf.features import Batch, Block, CharacterBlock, LexiconBlock, Segment, WordBlock
from policyclf.labeling import Labeler
from policyclf.lexicon import Lexicon
from policyclf.scoring import LinearModel
from policyclf.spans import LabelledSentence
from policyclf.training import TrainingData, train
from strategies import document_text

TOLERANCE = 1e-9
TEXT = """青麓區工作會議

　　全力招(zhāo)商(shāng)引資，簽約項目12個。
　　要做到這一點，必須下真功夫。
"""


def total(explanation: Explanation, label: str) -> float:
    """Add up what an explanation says of a label."""
    return (
        explanation.intercepts[label]
        + sum(span.values[label] for span in explanation.spans)
        + sum(values[label] for values in explanation.context.values())
    )


def check(explanations: list[Explanation], text: str, labeler: Labeler) -> None:
    """Hold explanations against scores, probabilities and the source."""
    labelled = labeler.label(text)
    assert [explanation.sentence for explanation in explanations] == labelled
    for explanation in explanations:
        for label, score in explanation.scores.items():
            assert total(explanation, label) == pytest.approx(score, abs=TOLERANCE)
        for span in explanation.spans:
            assert text[span.start : span.end] == span.text != ""
            assert explanation.sentence.start <= span.start
            assert span.end <= explanation.sentence.end
        assert all(a.end <= b.start for a, b in pairwise(explanation.spans))


@settings(max_examples=60)
@given(text=document_text)
def test_parts_add_up_to_the_score(tiny_labeler: Labeler, text: str) -> None:
    """Characters, words and lexicon: intercept, spans and context are the score, to 1e-9."""
    assert len(tiny_labeler.bundle.model.blocks) == 3
    explanations = tiny_labeler.explain(text, labels=tiny_labeler.labels)
    check(explanations, text, tiny_labeler)


@pytest.mark.parametrize("scale", ["lexicon_scale", "context_scale"])
def test_parts_add_up_without_a_field(tiny_data: TrainingData, scale: str) -> None:
    """Of scores that count nothing there is nothing to explain."""
    parameters: dict[str, Any] = {scale: 0}
    labeler = train(tiny_data, min_df=1, **parameters)
    text = "引进高层次人才。扩大贷款规模。"
    check(labeler.explain(text, labels=labeler.labels), text, labeler)


@settings(max_examples=25)
@given(text=document_text)
def test_parts_add_up_with_the_shipped_model(shipped: Labeler, text: str) -> None:
    """Its lexicon scores the sentence before, too."""
    check(shipped.explain(text), text, shipped)


def test_scores_are_the_models(shipped: Labeler) -> None:
    """What is explained is the score that the model gives, for every label."""
    explanations = shipped.explain("优化营商环境。全力招商引资。", labels=shipped.labels)
    segments = [Segment("优化营商环境。"), Segment("全力招商引资。", "优化营商环境。")]
    given_ = [[e.scores[label] for label in shipped.labels] for e in explanations]
    model = shipped.bundle.model
    exact = model.intercept + sum(
        block.rows(Batch(segments)).dot(weights)
        for block, weights in zip(model.blocks, model.weights, strict=True)
    )
    np.testing.assert_allclose(given_, exact, atol=1e-12)
    np.testing.assert_allclose(given_, model.scores(segments), atol=1e-6)


def labelled(text: str, **probabilities: float) -> LabelledSentence:
    """Make a sentence that was labelled by its probabilities."""
    order = sorted(probabilities, key=lambda label: -probabilities[label])
    label = order[0]
    return LabelledSentence(
        0,
        len(text),
        text,
        "sentence",
        None,
        None,
        label,
        (label,),
        0.9,
        unsure=False,
        probabilities=probabilities,
    )


def taken_apart(model: LinearModel, segment: Segment, sentence: LabelledSentence) -> Explanation:
    """Explain one sentence that has no neighbours."""
    zeros = np.zeros((1, len(model.labels)))
    (found,) = explain(model, [segment], [sentence], alone=zeros, neighbours=zeros)
    return found


def test_lexicon_terms_share_by_weight() -> None:
    """Terms of weight 3 and 1 share ``log(1 + 4)`` as three to one, by hand."""
    lexicon = Lexicon.from_rows([("finance", "信贷", 3), ("finance", "基金", 1)])
    block = LexiconBlock.of(lexicon, ["text", "previous"], [1.0, 0.5])
    weights = np.array([[2.0, -1.0], [10.0, 0.0]], np.float32)
    model = LinearModel(("finance", "talent"), (block,), (weights,), np.array([0.5, -0.5]))
    segment = Segment("扩大信贷，设立基金。", previous="信贷。")
    sentence = labelled(segment.text, finance=0.9, talent=0.1)
    found = taken_apart(model, segment, sentence)
    credit, fund = found.spans
    assert (credit.text, credit.start, credit.end) == ("信贷", 2, 4)
    assert credit.values["finance"] == pytest.approx(1.5 * math.log(5))
    assert credit.values["talent"] == pytest.approx(-0.75 * math.log(5))
    assert fund.text == "基金"
    assert fund.values["finance"] == pytest.approx(0.5 * math.log(5))
    assert found.context["previous"] == pytest.approx({"finance": 5 * math.log(4), "talent": 0})
    assert [span.text for span, _ in found.deciding()] == ["信贷", "基金"]
    ((first, value),) = found.deciding(1)
    assert first is credit
    assert value == pytest.approx(2.25 * math.log(5))


def test_ngrams_share_equally(tiny_labeler: Labeler) -> None:
    """An n-gram that stands twice, in two equal surroundings, counts the same in both."""
    model = tiny_labeler.bundle.model
    characters = LinearModel(model.labels, model.blocks[:1], model.weights[:1], model.intercept)
    text = "，人才，人才，"
    sentence = labelled(text, talent=0.9, finance=0.1)
    segment = Segment(text)
    found = taken_apart(characters, segment, sentence)
    first, second = (span for span in found.spans if span.text == "人才")
    assert first.values == pytest.approx(second.values, abs=1e-12)


def test_spans_are_those_of_the_source(shipped: Labeler) -> None:
    """Under traditional script, glosses and digits stands what the source has."""
    explanation = shipped.explain(TEXT)[1]
    words = {span.text: span for span in explanation.spans}
    assert "招(zhāo)商(shāng)引資" in words
    assert "12" in words
    assert explanation.label == "investment_attraction"
    assert explanation.deciding(1)[0][0].text in {"招(zhāo)商(shāng)引資", "簽約", "簽約項目"}


def test_parts_are_the_odds_in_the_document(shipped: Labeler) -> None:
    """With what the neighbours add, the parts are the logarithm of the odds."""
    slope = shipped.bundle.posterior.calibration.slope
    assert shipped.bundle.posterior.chain != LabelChain()
    explanations = shipped.explain(TEXT)
    assert any(abs(e.over_runner_up(e.neighbours)) > 0.01 for e in explanations)
    sentences = [e.sentence for e in explanations]
    assert {s.kind for s in sentences} <= {"sentence", "heading"}
    befores = ["", *(s.text for s in sentences)]
    segments = [
        Segment(s.text, before, s.heading or "", s.title or "")
        for s, before in zip(sentences, befores, strict=False)
    ]
    scores = shipped.bundle.model.scores(segments)
    raw = shipped.bundle.posterior.raw(scores, [0] * len(scores))
    for e, row in zip(explanations, raw, strict=True):
        parts = e.over_runner_up(e.scores) + e.over_runner_up(e.neighbours)
        label, runner_up = (row[shipped.labels.index(x)] for x in (e.label, e.runner_up))
        assert parts * slope == pytest.approx(math.log(label / runner_up), abs=1e-5)
        p = e.sentence.probabilities
        assert e.runner_up == sorted(p, key=lambda label: -p[label])[1]


def test_alone_is_what_the_sentence_would_get(shipped: Labeler) -> None:
    """The probabilities without neighbours are those of a sentence that stands alone."""
    (segment,) = (Segment("要做到这一点，必须下真功夫。", "全力招商引资。"),)
    explanation = shipped.explain("全力招商引资。要做到这一点，必须下真功夫。")[1]
    row = dict(zip(shipped.labels, shipped.predict_proba([segment])[0].tolist(), strict=True))
    assert explanation.alone == pytest.approx({label: row[label] for label in explanation.alone})
    assert explanation.context["previous"][explanation.label] != 0


def test_labels_asked_for(shipped: Labeler) -> None:
    """The chosen label, the runner-up, and those asked for, each once."""
    (plain,) = shipped.explain("全力招商引资。")
    assert list(plain.scores) == [plain.label, plain.runner_up]
    (more,) = shipped.explain("全力招商引资。", labels=["talent", plain.label])
    assert list(more.scores) == [plain.label, plain.runner_up, "talent"]
    assert list(more.spans[0].values) == list(more.alone) == list(more.scores)
    with pytest.raises(InputError, match=r"has no label 'talents'\. It has: business_environment,"):
        shipped.explain("全力招商引资。", labels=["talents"])


def test_unit_and_threshold_are_labels(shipped: Labeler) -> None:
    """``explain`` takes what ``label`` takes."""
    text = "引进人才；治理污染。"
    explanations = shipped.explain(text, unit="clause", threshold=1.0)
    assert [e.sentence for e in explanations] == shipped.label(text, unit="clause", threshold=1.0)
    assert len(explanations) == 2
    assert all(e.sentence.unsure for e in explanations)


def test_nothing_to_explain(shipped: Labeler) -> None:
    """No sentence, no explanation; a sentence without a feature has no spans."""
    assert shipped.explain("") == []
    model = shipped.bundle.model
    sentence = labelled("", **dict.fromkeys(shipped.labels, 1 / 18))
    found = taken_apart(model, Segment(""), sentence)
    assert (found.spans, found.context, found.scores) == ((), {}, found.intercepts)


def test_batches_do_not_matter(shipped: Labeler, monkeypatch: pytest.MonkeyPatch) -> None:
    """More sentences than a batch holds are explained the same, in order."""
    whole = shipped.explain(TEXT)
    monkeypatch.setattr("policyclf.explanation.BATCH_SIZE", 2)
    assert shipped.explain(TEXT) == whole


@pytest.mark.parametrize("kind", [CharacterBlock, WordBlock, LexiconBlock])
@settings(max_examples=25)
@given(texts=st.lists(document_text, max_size=4))
def test_occurrences_are_all_of_the_rows(
    kind: type[Block], tiny_labeler: Labeler, texts: list[str]
) -> None:
    """Every feature that a block weighs stands somewhere, and no other does."""
    (block,) = (b for b in tiny_labeler.bundle.model.blocks if isinstance(b, kind))
    segments = [
        Segment(text, previous) for text, previous in zip(texts, ["", *texts], strict=False)
    ]
    batch = Batch(segments)
    rows = block.rows(batch)
    found = block.occurrences(batch)
    names = block.column_names()
    for row in range(len(segments)):
        weighed = set(rows.columns[rows.starts[row] : rows.starts[row + 1]].tolist())
        there: set[int] = set()
        for everywhere in found:
            place = batch.places(everywhere.field)[row]
            here = everywhere.of_text(place)
            there |= set(here.columns.tolist())
            np.testing.assert_allclose(
                np.bincount(here.columns, here.shares())[sorted(set(here.columns))], 1
            )
            if kind is not LexiconBlock:
                for start, end, column in zip(here.starts, here.ends, here.columns, strict=True):
                    spelled = batch.texts[place][start:end]
                    assert spelled.replace(" ", "") == names[column].replace(" ", "")
        assert there == weighed
