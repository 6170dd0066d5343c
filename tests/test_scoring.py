"""Arrays score segments: a sum of weights and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policyclf import scoring
from policyclf.features import Batch, LexiconBlock, Segment
from policyclf.labeling import Labeler
from policyclf.lexicon import Lexicon
from policyclf.scoring import LinearModel
from strategies import document_text

LEXICON = Lexicon.from_rows([("finance", "信贷", 3), ("talent", "人才", 3)])


def two_label_model() -> LinearModel:
    """Score by one lexicon block, whose two columns are finance and talent."""
    block = LexiconBlock(LEXICON, ["text"], [1.0])
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
    np.testing.assert_allclose(model.scores(segments), expected, atol=1e-12)


@settings(deadline=None, max_examples=50)
@given(texts=st.lists(document_text, min_size=1, max_size=7))
def test_score_does_not_depend_on_neighbours_in_the_batch(
    tiny_labeler: Labeler, texts: list[str]
) -> None:
    """Scored together or one by one, a segment has the very same scores."""
    model = tiny_labeler.bundle.model
    segments = [Segment(text, previous=texts[place - 1]) for place, text in enumerate(texts)]
    alone = np.vstack([model.scores([segment]) for segment in segments])
    np.testing.assert_array_equal(model.scores(segments), alone)


def test_many_batches_score_as_one(tiny_labeler: Labeler, monkeypatch: pytest.MonkeyPatch) -> None:
    """More segments than a batch holds are scored the same, in order."""
    model = tiny_labeler.bundle.model
    segments = [Segment(text) for text in ("人才", "贷款", "审批", "污染", "", "人才", "绿化")]
    whole = model.scores(segments)
    monkeypatch.setattr(scoring, "BATCH_SIZE", 2)
    np.testing.assert_array_equal(model.scores(segments), whole)
