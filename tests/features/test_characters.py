"""Character n-grams are those of scikit-learn, with the same weights."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from policyclf.features import Batch, CharacterBlock, Segment
from strategies import any_text

few_characters = st.text("优化环境甲乙 a0。\U00020000\U0001f600", max_size=12)
texts_ = st.lists(st.one_of(few_characters, any_text), min_size=1, max_size=6)


def check_against_sklearn(
    fitted: list[str], weighed: list[str], ngram_range: tuple[int, int], min_df: int
) -> None:
    """Check that vocabulary and rows are those of scikit-learn."""
    segments = [Segment(text) for text in fitted]
    batch = Batch(segments)
    block = CharacterBlock.learn(
        segments, ngram_range=ngram_range, min_df=min_df, max_features=None
    )
    peer = TfidfVectorizer(
        analyzer="char",
        ngram_range=ngram_range,
        sublinear_tf=True,
        lowercase=False,
        min_df=min_df,
    )
    counts: dict[str, int] = {}
    for text in batch.texts:
        for gram in set(peer.build_analyzer()(text)):
            counts[gram] = counts.get(gram, 0) + 1
    names = block.column_names()
    assert len(names) == len(set(names)) == block.n_columns
    assert set(names) == {gram for gram, count in counts.items() if count >= min_df}
    if not names:  # where scikit-learn refuses
        return
    peer.fit(batch.texts)
    assert set(names) == set(peer.vocabulary_)
    asked = Batch(Segment(text) for text in weighed)
    rows = block.rows(asked)
    expected = peer.transform([asked.texts[place] for place in asked.places("text")])
    expected = expected[:, [peer.vocabulary_[name] for name in names]].tocsr()
    expected.sort_indices()
    np.testing.assert_array_equal(rows.starts, expected.indptr)
    np.testing.assert_array_equal(rows.columns, expected.indices)
    np.testing.assert_allclose(rows.values, expected.data, rtol=0, atol=1e-12)


@settings(deadline=None)
@given(texts_, texts_, st.sampled_from([(1, 1), (2, 3), (1, 4)]), st.integers(1, 2))
def test_is_sklearn_on_any_text(
    fitted: list[str], weighed: list[str], ngram_range: tuple[int, int], min_df: int
) -> None:
    """Has scikit-learn's vocabulary and values on any text, empty and astral ones included."""
    check_against_sklearn(fitted, weighed, ngram_range, min_df)


def test_is_sklearn_on_the_corpus(corpus_texts: list[str]) -> None:
    """Has scikit-learn's vocabulary and values on the corpus, for texts seen and unseen."""
    check_against_sklearn(corpus_texts[::3], corpus_texts[::2], (1, 4), 3)


def test_most_features(corpus_texts: list[str]) -> None:
    """Keeps no more n-grams than allowed, those of the most texts."""
    segments = [Segment(text) for text in corpus_texts[:500]]
    every = CharacterBlock.learn(segments, ngram_range=(1, 2), min_df=1, max_features=None)
    some = CharacterBlock.learn(segments, ngram_range=(1, 2), min_df=1, max_features=300)
    assert some.n_columns == 300
    kept = dict(zip(some.column_names(), some.tfidf.idf.tolist(), strict=True))
    left = {
        name: idf
        for name, idf in zip(every.column_names(), every.tfidf.idf.tolist(), strict=True)
        if name not in kept
    }
    assert len(left) == every.n_columns - 300
    assert max(kept.values()) <= min(left.values())


def test_more_characters_than_ids() -> None:
    """Takes the commonest characters where a text has more than there are ids for."""
    points = [*range(0x3400, 0x9FFF), *range(0xAC00, 0xD7A4), *range(0x20000, 0x2A6DE)]
    text = "".join(map(chr, points))
    segments = [Segment(text), Segment("𪛝建𪛝設")]
    block = CharacterBlock.learn(segments, ngram_range=(1, 1), min_df=1, max_features=None)
    assert len(set(text)) > 2**16
    assert block.n_columns == len(set(block.column_names())) == 2**16 - 1
    assert "𪛝" in block.column_names()
    rows = block.rows(Batch(segments))
    assert np.diff(rows.starts).tolist() == [block.n_columns, 3]


def test_own_text_only() -> None:
    """Weighs the segment's own text, not what stands around it."""
    segments = [Segment("招商", "引资", "引才", "优化"), Segment("招商")]
    block = CharacterBlock.learn(segments, ngram_range=(1, 2), min_df=1, max_features=None)
    rows = block.rows(Batch(segments))
    names = block.column_names()
    for start, end in zip(rows.starts, rows.starts[1:], strict=False):
        assert {names[column] for column in rows.columns[start:end]} == {"招", "商", "招商"}


@pytest.mark.parametrize("text", ["", "从未见过", "\n\n"])
def test_nothing_known(text: str) -> None:
    """Gives an empty row to a text without any known n-gram."""
    segments = [Segment("招商"), Segment("招商引资")]
    block = CharacterBlock.learn(segments, ngram_range=(1, 2), min_df=2, max_features=None)
    rows = block.rows(Batch([Segment(text)]))
    assert rows.starts.tolist() == [0, 0]
    assert rows.n_columns == 3
