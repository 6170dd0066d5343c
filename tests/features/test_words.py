"""Word n-grams are those of scikit-learn, with the same weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from policyclf.features import Batch, Segment, WordBlock
from policyclf.lexicon import Lexicon
from policyclf.tokenization import Tokenizer
from strategies import any_text, policy_text

TERMS = ("营商环境", "放管服", "招商引资")
few_words = st.lists(st.sampled_from([*TERMS, "优化", "推进", "gdp", "，", " ", "0"])).map("".join)
texts_ = st.lists(st.one_of(few_words, policy_text, any_text), min_size=1, max_size=5)


def check_against_sklearn(
    fitted: list[str],
    weighed: list[str],
    terms: tuple[str, ...],
    ngram_range: tuple[int, int],
    min_df: int,
) -> None:
    """Check that vocabulary and rows are those of scikit-learn."""
    segments = [Segment(text) for text in fitted]
    batch = Batch(segments)
    block = WordBlock.learn(
        segments, ngram_range=ngram_range, min_df=min_df, max_features=None, terms=terms
    )
    words = Tokenizer(terms).words
    peer = TfidfVectorizer(
        tokenizer=words,
        token_pattern=None,
        ngram_range=ngram_range,
        sublinear_tf=True,
        lowercase=False,
        min_df=min_df,
    )
    names = block.column_names()
    assert len(names) == len(set(names)) == block.n_columns
    try:
        peer.fit(batch.texts)
    except ValueError:  # no n-gram occurs often enough
        assert names == []
        return
    assert set(names) == set(peer.vocabulary_)
    asked = Batch(Segment(text) for text in weighed)
    rows = block.rows(asked)
    expected = peer.transform([asked.texts[place] for place in asked.places("text")])
    expected = expected[:, [peer.vocabulary_[name] for name in names]].tocsr()
    expected.sort_indices()
    np.testing.assert_array_equal(rows.starts, expected.indptr)
    np.testing.assert_array_equal(rows.columns, expected.indices)
    np.testing.assert_allclose(rows.values, expected.data, rtol=0, atol=1e-12)


@settings(deadline=None, max_examples=12)  # each makes a tokenizer of its own, in 0.1 s
@given(texts_, texts_, st.sampled_from([(1, 1), (1, 2), (2, 3)]), st.integers(1, 2))
def test_is_sklearn_on_any_text(
    fitted: list[str], weighed: list[str], ngram_range: tuple[int, int], min_df: int
) -> None:
    """Has scikit-learn's vocabulary and values on any text, empty ones included."""
    check_against_sklearn(fitted, weighed, TERMS, ngram_range, min_df)


def test_is_sklearn_on_the_corpus(labels_folder: Path, corpus_texts: list[str]) -> None:
    """Has scikit-learn's vocabulary and values on the corpus, with the lexicon's terms."""
    terms = tuple(term.text for term in Lexicon.from_path(labels_folder / "lexicon.tsv").terms)
    check_against_sklearn(corpus_texts[::3], corpus_texts[::2], terms, (1, 2), 2)


def test_terms_are_words() -> None:
    """Has the terms of the user dictionary as columns."""
    segments = [Segment("优化营商环境")]
    limits = {"ngram_range": (1, 2), "min_df": 1, "max_features": None}
    block = WordBlock.learn(segments, terms=TERMS, **limits)  # type: ignore[arg-type]
    assert set(block.column_names()) == {"优化", "营商环境", "优化 营商环境"}
    without = WordBlock.learn(segments, terms=(), **limits)  # type: ignore[arg-type]
    assert "营商环境" not in without.column_names()


def test_no_ngram_across_unknown_words() -> None:
    """Makes no n-gram of two words that an unknown one stood between."""
    segments = [Segment("优化推进"), Segment("推进优化")]
    block = WordBlock.learn(segments, ngram_range=(1, 2), min_df=1, max_features=None, terms=())
    rows = block.rows(Batch([Segment("优化从未推进")]))
    names = block.column_names()
    assert [names[column] for column in rows.columns] == ["优化", "推进"]


def test_own_text_only() -> None:
    """Weighs the segment's own text, not what stands around it."""
    segments = [Segment("招商", "引资", "引才", "优化"), Segment("招商")]
    block = WordBlock.learn(segments, ngram_range=(1, 1), min_df=1, max_features=None, terms=())
    rows = block.rows(Batch(segments))
    assert [block.column_names()[column] for column in rows.columns] == ["招商", "招商"]


@pytest.mark.parametrize("text", ["", "从未见过", "\n"])
def test_nothing_known(text: str) -> None:
    """Gives an empty row to a text without any known n-gram."""
    segments = [Segment("招商"), Segment("招商引资")]
    block = WordBlock.learn(segments, ngram_range=(1, 2), min_df=2, max_features=None, terms=())
    rows = block.rows(Batch([Segment(text)]))
    assert rows.starts.tolist() == [0, 0]
