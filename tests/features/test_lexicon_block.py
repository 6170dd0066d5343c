"""The terms that count are those that a plain search finds, whatever nests and overlaps."""

from __future__ import annotations

from collections.abc import Container, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policyclf.exceptions import ModelError
from policyclf.features import CONTEXT, Batch, LexiconBlock, Segment
from policyclf.features.strings import pack
from policyclf.lexicon import Lexicon
from strategies import document_text

# Few characters, so that terms nest and overlap; neighbours in Unicode and astral ones among them.
ALPHABET = "一丁丂ab\U00020000\U00020001"
LABELS = ("finance", "innovation", "talent")

terms_ = st.dictionaries(
    st.text(ALPHABET, min_size=2, max_size=6),
    st.tuples(st.sampled_from(LABELS), st.integers(1, 3)),
    min_size=1,
    max_size=25,
)
lexicons = terms_.map(
    lambda terms: Lexicon.from_rows(
        (label, text, weight) for text, (label, weight) in terms.items()
    )
)
texts_ = st.lists(st.text(ALPHABET, max_size=30), min_size=1, max_size=6)


def naive_matches(terms: Container[str], text: str, longest: int) -> list[tuple[int, int, str]]:
    """Find the start, end and text of every term that lies inside no longer one."""
    found = [
        (start, end)
        for start in range(len(text))
        for end in range(start + 2, min(start + longest, len(text)) + 1)
        if text[start:end] in terms
    ]
    return [
        (start, end, text[start:end])
        for start, end in found
        if not any(
            other_start <= start and end <= other_end and (other_start, other_end) != (start, end)
            for other_start, other_end in found
        )
    ]


def naive_hits(lexicon: Lexicon, texts: Sequence[str]) -> list[list[float]]:
    """Sum the weights of the terms that count, a text and label."""
    by_text = {term.text: term for term in lexicon.terms}
    longest = max(map(len, by_text))
    columns = {label: column for column, label in enumerate(lexicon.labels)}
    hits = [[0.0] * len(columns) for _ in texts]
    for row, text in zip(hits, texts, strict=True):
        for _, _, found in naive_matches(by_text, text, longest):
            row[columns[by_text[found].label]] += by_text[found].weight
    return hits


@settings(deadline=None)
@given(lexicons, texts_)
def test_hits(lexicon: Lexicon, texts: list[str]) -> None:
    """Sums the weights that a plain search gives, over terms that nest and overlap."""
    batch = Batch(Segment(text) for text in texts)
    block = LexiconBlock.of(lexicon, ["text"], [1.0])
    assert block.hits(batch).tolist() == naive_hits(lexicon, batch.texts)


@settings(deadline=None)
@given(lexicons, texts_)
def test_find(lexicon: Lexicon, texts: list[str]) -> None:
    """Finds the places that a plain search finds, in order."""
    batch = Batch(Segment(text) for text in texts)
    matches = LexiconBlock.of(lexicon, ["text"], [1.0]).find(batch)
    found = zip(
        matches.starts.tolist(),
        matches.ends.tolist(),
        [lexicon.terms[place].text for place in matches.terms],
        strict=True,
    )
    terms = {term.text for term in lexicon.terms}
    expected, offset = [], 0
    for text in batch.texts:
        for start, end, term in naive_matches(terms, text, 6):
            expected.append((start + offset, end + offset, term))
        offset += len(text) + 1
    assert list(found) == expected


def test_hits_of_the_corpus(labels_folder: Path, corpus_texts: list[str]) -> None:
    """Sums the weights that a plain search gives, of the whole lexicon over the corpus."""
    lexicon = Lexicon.from_path(labels_folder / "lexicon.tsv")
    batch = Batch(Segment(text) for text in corpus_texts[::3])
    hits = LexiconBlock.of(lexicon, ["text"], [1.0]).hits(batch)
    assert hits.tolist() == naive_hits(lexicon, batch.texts)
    assert np.mean(hits.any(axis=1)) > 0.5


@settings(deadline=None)
@given(st.lists(document_text, max_size=3))
def test_hits_of_any_text(texts: list[str]) -> None:
    """Sums the weights that a plain search gives over any text."""
    lexicon = Lexicon.from_rows(
        [
            ("business", "营商环境", 3),
            ("business", "优化营商", 2),
            ("strategy", "环境", 1),
            ("project", "园区建设", 3),
            ("project", "00", 1),
            ("project", "园区建设,", 2),
        ]
    )
    batch = Batch(Segment(text) for text in texts)
    hits = LexiconBlock.of(lexicon, ["text"], [1.0]).hits(batch)
    assert hits.tolist() == naive_hits(lexicon, batch.texts)


def test_terms_that_differ_in_one_bit() -> None:
    """Tells terms apart that are neighbours in Unicode."""
    texts = [first + second for first in "一丁丂七" for second in "一丁丂七ab"]
    lexicon = Lexicon.from_rows((f"label{place:02}", text, 1) for place, text in enumerate(texts))
    batch = Batch(Segment(text) for text in texts)
    hits = LexiconBlock.of(lexicon, ["text"], [1.0]).hits(batch)
    np.testing.assert_array_equal(hits[: len(texts)], np.eye(len(texts)))


@pytest.mark.parametrize("length", [2, 3, 31, 32, 61, 62, 63])
def test_long_terms(length: int) -> None:
    """Finds a term of any length that one may have, and the shorter ones where it is not."""
    lexicon = Lexicon.from_rows(
        [("a", "一" * length, 1), ("b", "一" * (length + 1), 2), ("c", "丁" * length, 3)]
    )
    texts = ["一" * length, "一" * (length + 1), "丁" * length, "一" * (length - 1)]
    hits = LexiconBlock.of(lexicon, ["text"], [1.0]).hits(Batch(map(Segment, texts)))
    assert hits[:4].tolist() == [[1, 0, 0], [0, 2, 0], [0, 0, 3], [0, 0, 0]]


def test_no_match_over_a_texts_end() -> None:
    """Finds no term that begins in one text and ends in the next."""
    block = LexiconBlock.of(Lexicon.from_rows([("a", "一丁", 1)]), ["text"], [1.0])
    assert not block.hits(Batch([Segment("一"), Segment("丁"), Segment("丁一")])).any()


def test_rows() -> None:
    """Scores each field in columns of its own, by log(1 + sum), scaled."""
    lexicon = Lexicon.from_rows([("finance", "信贷", 3), ("talent", "引才", 2)])
    block = LexiconBlock.of(lexicon, ["text", "heading"], [0.5, 0.1])
    assert block.column_names() == [
        "text:finance",
        "text:talent",
        "heading:finance",
        "heading:talent",
    ]
    assert block.n_columns == 4
    segments = [
        Segment("信贷，信贷，引才", previous="信贷", heading="引才", title="信贷"),
        Segment("无", heading="无"),
        Segment("引才"),
    ]
    rows = block.rows(Batch(segments))
    assert rows.n_columns == 4
    assert rows.starts.tolist() == [0, 3, 3, 4]
    assert rows.columns.tolist() == [0, 1, 3, 1]
    expected = [0.5 * np.log(7), 0.5 * np.log(3), 0.1 * np.log(3), 0.5 * np.log(3)]
    np.testing.assert_allclose(rows.values, expected)


@pytest.mark.parametrize("field", CONTEXT)
def test_every_field_of_context(field: str) -> None:
    """Scores any field of the context."""
    block = LexiconBlock.of(Lexicon.from_rows([("finance", "信贷", 3)]), [field], [1.0])
    segments = [Segment("信贷"), Segment("无")._replace(**{field: "信贷"})]
    assert block.rows(Batch(segments)).starts.tolist() == [0, 0, 1]


def test_nothing_to_find() -> None:
    """Scores nothing without terms, and nothing without segments."""
    empty = LexiconBlock.of(Lexicon(()), ["text"], [1.0])
    assert empty.n_columns == 0
    assert empty.rows(Batch([Segment("信贷")])).starts.tolist() == [0, 0]
    block = LexiconBlock.of(Lexicon.from_rows([("finance", "信贷", 3)]), ["text"], [1.0])
    assert len(block.rows(Batch([]))) == 0


@pytest.mark.parametrize(
    ("texts", "weight", "message"),
    [
        (["长" * 40_000, "词一"], 1, "each term once, in ascending order, of 2 to 64"),
        (["词一", "词一"], 1, "each term once"),
        (["词一", ""], 1, "each term once"),
        (["词一", "词二"], 9, "the weight of a term"),
    ],
)
def test_terms_that_no_lexicon_has(texts: list[str], weight: int, message: str) -> None:
    """What would take all memory, or is no lexicon, is refused when a model is read."""
    parameters = {"fields": ["text"], "scales": [1.0], "labels": ["finance"]}
    arrays: dict[str, npt.NDArray[Any]] = {
        "terms": pack(texts),
        "label": np.zeros(len(texts), np.uint16),
        "weight": np.full(len(texts), weight, np.uint8),
    }
    with pytest.raises(ModelError, match=message):
        LexiconBlock.from_state(parameters, arrays)


@pytest.mark.parametrize("label", [1, 2**63, 2**64 - 1])
def test_labels_that_no_lexicon_has(label: int) -> None:
    """A label beyond the last is refused, also one that would turn negative: loops trust it."""
    parameters = {"fields": ["text"], "scales": [1.0], "labels": ["finance"]}
    arrays: dict[str, npt.NDArray[Any]] = {
        "terms": pack(["信贷"]),
        "label": np.array([label], np.uint64),
        "weight": np.ones(1, np.uint8),
    }
    with pytest.raises(ModelError, match="the label of a term must be one of 1"):
        LexiconBlock.from_state(parameters, arrays)


def test_lexicon_of_no_terms() -> None:
    """Says nothing of few texts, and of many."""
    block = LexiconBlock.of(Lexicon(()), ["text"], [1.0])
    scorer = block.scorer(np.zeros((0, 3)))
    assert scorer.scores(Batch(["信贷"] * 40)).tolist() == [[0, 0, 0]] * 40
    assert scorer.score(Segment("信贷")).tolist() == [0, 0, 0]
