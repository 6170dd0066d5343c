"""Arrays score segments: a sum of weights and nothing else."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policyclf import scoring
from policyclf.corpus import Corpus
from policyclf.exceptions import InputError
from policyclf.features import Batch, LexiconBlock, Segment
from policyclf.labeling import Labeler
from policyclf.lexicon import Lexicon
from policyclf.scoring import LinearModel
from strategies import any_text, document_text

LEXICON = Lexicon.from_rows([("finance", "信贷", 3), ("talent", "人才", 3)])


def two_label_model() -> LinearModel:
    """Score by one lexicon block, whose two columns are finance and talent."""
    block = LexiconBlock.of(LEXICON, ["text"], [1.0])
    weights = np.array([[2.0, -1.0], [-3.0, 4.0]], np.float32)
    return LinearModel(("finance", "talent"), (block,), (weights,), np.array([0.5, -0.5]))


def test_score_is_intercept_plus_weighted_features() -> None:
    """A score is the intercept plus each feature times its weight, by hand."""
    model = two_label_model()
    segment = Segment("扩大信贷，引进人才，留住人才。")
    finance, talent = model.blocks[0].rows(Batch([segment])).dot(np.eye(2)).tolist()[0]
    assert finance > 0
    assert talent > 0
    expected = [0.5 + 2 * finance - 3 * talent, -0.5 - finance + 4 * talent]
    assert model.scores([segment]).tolist() == [pytest.approx(expected, abs=1e-12)]


def test_segment_without_features_scores_the_intercept() -> None:
    """Where no feature occurs, the intercept remains."""
    model = two_label_model()
    assert model.scores([Segment(""), Segment("天气晴。")]).tolist() == [[0.5, -0.5]] * 2


def test_no_segments_have_no_scores() -> None:
    """An empty list gives an array of no rows and a column a label."""
    assert two_label_model().scores([]).shape == (0, 2)


def test_blocks_add_up(tiny_labeler: Labeler) -> None:
    """The score of several blocks is the sum over them."""
    model = tiny_labeler.bundle.model
    segments = [Segment("加大人才引进力度。", "优化营商环境。"), Segment("发放贷款。")]
    expected = model.intercept + sum(
        block.rows(Batch(segments)).dot(weights)
        for block, weights in zip(model.blocks, model.weights, strict=True)
    )
    assert len(model.blocks) == 3
    np.testing.assert_allclose(model.scores(segments), expected, atol=1e-6)


def rows_times_weights(model: LinearModel, segments: list[Segment]) -> npt.NDArray[np.float64]:
    """Score by the feature rows that training sees."""
    batch = Batch(segments)
    pairs = zip(model.blocks, model.weights, strict=True)
    scores: npt.NDArray[np.float64] = model.intercept + sum(
        block.rows(batch).dot(weights) for block, weights in pairs
    )
    return scores


def in_batches(model: LinearModel, segments: list[Segment]) -> npt.NDArray[np.float64]:
    """Score by the way that many segments go, also if they are few."""
    filled = segments + [Segment("")] * (scoring.FEW + 1)
    return model.scores(filled)[: len(segments)]


def one_by_one(model: LinearModel, segments: list[Segment]) -> npt.NDArray[np.float64]:
    """Score by the way that few segments go, also if they are many."""
    parts = [
        model.scores(segments[start : start + scoring.FEW])
        for start in range(0, len(segments), scoring.FEW)
    ]
    return np.vstack(parts)


def test_scores_of_the_corpus_are_rows_times_weights(shipped: Labeler, labels_folder: Path) -> None:
    """On all of labels/, both ways give what the features and weights give."""
    model = shipped.bundle.model
    segments = Corpus.from_path(labels_folder / "corpus").segments()
    found = model.scores(segments)
    for start in range(0, len(segments), 2000):
        part = segments[start : start + 2000]
        expected = rows_times_weights(model, part)
        np.testing.assert_allclose(found[start : start + 2000], expected, atol=1e-6)
    np.testing.assert_allclose(one_by_one(model, segments[::20]), found[::20], atol=1e-6)


@settings(deadline=None, max_examples=60)
@given(texts=st.lists(st.one_of(document_text, any_text), min_size=1, max_size=5))
def test_scores_of_any_text_are_rows_times_weights(shipped: Labeler, texts: list[str]) -> None:
    """So they do on random text, with astral characters, surrogates, nothing, and repeats."""
    model = shipped.bundle.model
    texts += [texts[0] * 3, "\U00020000\ud800" + texts[0], ""]
    segments = [Segment(text, previous=texts[place - 1]) for place, text in enumerate(texts)]
    expected = rows_times_weights(model, segments)
    np.testing.assert_allclose(in_batches(model, segments), expected, atol=1e-6)
    np.testing.assert_allclose(one_by_one(model, segments), expected, atol=1e-6)


def test_very_long_text(shipped: Labeler, corpus_texts: list[str]) -> None:
    """A text of a million characters among short ones changes nothing for any of them."""
    model = shipped.bundle.model
    long = "".join(corpus_texts)[:1_000_000]
    segments = [Segment("引进人才。"), Segment(long), Segment("修路。", previous=long)]
    expected = rows_times_weights(model, segments)
    np.testing.assert_allclose(in_batches(model, segments), expected, atol=1e-6)
    np.testing.assert_allclose(one_by_one(model, segments), expected, atol=1e-6)


def test_texts_are_segments_without_context(shipped: Labeler) -> None:
    """A text scores as the segment of it does, few of them and many."""
    model = shipped.bundle.model
    texts = ["全力招商引资，簽約項目。", "", "优化营商环境（PPP）。", "全力招商引资，簽約項目。"]
    segments = [Segment(text) for text in texts]
    for times in (1, scoring.FEW):
        expected = model.scores(segments * times)
        np.testing.assert_array_equal(model.scores(texts * times), expected)


@settings(deadline=None, max_examples=50)
@given(texts=st.lists(document_text, min_size=1, max_size=7))
def test_score_does_not_depend_on_neighbours_in_the_batch(
    tiny_labeler: Labeler, texts: list[str]
) -> None:
    """Scored together or one by one, a segment has the same scores."""
    model = tiny_labeler.bundle.model
    segments = [Segment(text, previous=texts[place - 1]) for place, text in enumerate(texts)]
    for way in (one_by_one, in_batches):
        alone = np.vstack([way(model, [segment]) for segment in segments])
        np.testing.assert_allclose(way(model, segments), alone, atol=1e-12)


def test_many_batches_score_as_one(tiny_labeler: Labeler, monkeypatch: pytest.MonkeyPatch) -> None:
    """More segments than a batch holds are scored the same, in order."""
    model = tiny_labeler.bundle.model
    monkeypatch.setattr(scoring, "FEW", 0)
    segments = [Segment(text) for text in ("人才", "贷款", "审批", "污染", "", "人才", "绿化")]
    whole = model.scores(segments)
    monkeypatch.setattr(scoring, "BATCH_SIZE", 2)
    np.testing.assert_allclose(model.scores(segments), whole, atol=1e-12)


def test_threads_score_as_one(shipped: Labeler, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many share the batches, every segment has its scores, in order."""
    monkeypatch.setattr(scoring, "BATCH_SIZE", 20)
    fresh = pickle.loads(pickle.dumps(shipped.bundle.model))
    segments = [Segment(f"第{place}家企业签约，扩大信贷。" * (place % 4)) for place in range(200)]
    np.testing.assert_array_equal(
        fresh.scores(segments, jobs=3), shipped.bundle.model.scores(segments)
    )


@pytest.mark.parametrize("jobs", [0, -1])
def test_jobs_that_are_none(tiny_labeler: Labeler, jobs: int) -> None:
    """Nobody to do the work is an error, with or without work."""
    with pytest.raises(InputError, match="'jobs' parameter must be"):
        tiny_labeler.predict(["人才", "贷款"], jobs=jobs)


def test_pickle_holds_no_more_after_scoring() -> None:
    """What scoring works out is no part of a model."""
    model = two_label_model()
    fresh = pickle.dumps(model)
    scores = model.scores([Segment("人才")])
    model.scores([Segment("人才")] * (scoring.FEW + 1))
    assert pickle.dumps(model) == fresh
    np.testing.assert_array_equal(pickle.loads(fresh).scores([Segment("人才")]), scores)
