"""N-grams of ids are counted, weighed and named as worked out by hand."""

from __future__ import annotations

from collections import Counter
from math import log
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyclf.exceptions import InputError, ModelError
from policyclf.features.ngrams import NgramTfidf
from policyclf.features.products import NgramScorer
from policyclf.features.sequences import Sequences

id_rows = st.lists(st.lists(st.integers(0, 4), max_size=8), max_size=6)


def sequences(rows: list[list[int]]) -> Sequences:
    """Put rows end to end, a zero behind each."""
    ids = [id_ for row in rows for id_ in (*row, 0)]
    lengths = [len(row) + 1 for row in rows]
    return Sequences(np.array(ids, np.int64), np.array(lengths, np.int64))


def ids_of(tfidf: NgramTfidf) -> list[list[int]]:
    """Take the n-grams apart, without the zeros behind the shorter ones."""
    return [[id_ for id_ in ids if id_] for ids in tfidf.sequences().tolist()]


def naive_ngrams(row: list[int], ngram_range: tuple[int, int]) -> list[tuple[int, ...]]:
    """List the n-grams of a row without unknown ids."""
    return [
        gram
        for length in range(ngram_range[0], ngram_range[1] + 1)
        for start in range(len(row) - length + 1)
        if 0 not in (gram := tuple(row[start : start + length]))
    ]


def test_worked_example() -> None:
    """Weighs n-grams by (1 + log count) * idf, every row of length one."""
    rows = [[1, 2, 1], [2], []]
    tfidf = NgramTfidf.learn(
        [sequences(rows)], ngram_range=(1, 2), bits=16, min_df=1, max_features=None
    )
    assert ids_of(tfidf) == [[1], [2], [1, 2], [2, 1]]
    once, twice = log(4 / 2) + 1, log(4 / 3) + 1
    np.testing.assert_allclose(tfidf.idf, [once, twice, once, once])
    weighed = tfidf.rows(sequences(rows))
    values = np.array([(1 + log(2)) * once, twice, once, once])
    np.testing.assert_allclose(weighed.values[:4], values / np.linalg.norm(values))
    assert weighed.starts.tolist() == [0, 4, 5, 5]
    assert weighed.values[4] == 1
    assert weighed.columns.tolist() == [0, 1, 2, 3, 1]


def test_limits() -> None:
    """Takes only n-grams in enough rows, and of those the ones in most rows."""
    rows = sequences([[1, 2, 3], [1, 2], [1, 1, 1], [3]])
    for min_df, max_features, expected in (
        (1, None, [[1], [2], [3], [1, 1], [1, 2], [2, 3]]),
        (2, None, [[1], [2], [3], [1, 2]]),
        (3, None, [[1]]),
        (5, None, []),
        (1, 1, [[1]]),
        (1, 3, [[1], [2], [3]]),  # of equally frequent ones, those of the lower codes
        (1, 100, [[1], [2], [3], [1, 1], [1, 2], [2, 3]]),
    ):
        tfidf = NgramTfidf.learn(
            [rows], ngram_range=(1, 2), bits=16, min_df=min_df, max_features=max_features
        )
        assert ids_of(tfidf) == expected
        assert np.all(np.diff(tfidf.codes.astype(object)) > 0)


@given(id_rows, st.sampled_from([(1, 1), (1, 2), (2, 3), (1, 4)]), st.integers(1, 3))
def test_vocabulary(rows: list[list[int]], ngram_range: tuple[int, int], min_df: int) -> None:
    """Takes the n-grams that a loop would, over no row's end and over nothing unknown."""
    tfidf = NgramTfidf.learn(
        [sequences(rows)], ngram_range=ngram_range, bits=16, min_df=min_df, max_features=None
    )
    counts = Counter(gram for row in rows for gram in set(naive_ngrams(row, ngram_range)))
    expected = {gram: count for gram, count in counts.items() if count >= min_df}
    grams = [tuple(ids) for ids in ids_of(tfidf)]
    assert set(grams) == set(expected)
    assert len(grams) == len(expected)
    idf = [log((1 + len(rows)) / (1 + expected[gram])) + 1 for gram in grams]
    np.testing.assert_allclose(tfidf.idf, np.array(idf))


@pytest.mark.parametrize(("longest", "bits"), [(1, 64), (2, 32), (3, 21), (4, 16), (64, 1)])
def test_widest_ids(longest: int, bits: int) -> None:
    """Keeps ids apart that fill the bits they have."""
    highest = min(2**bits - 1, 2**20)
    ids = [highest, max(highest - 1, 1), 1, highest] + [1] * longest
    tfidf = NgramTfidf.learn(
        [sequences([ids])], ngram_range=(1, longest), bits=bits, min_df=1, max_features=None
    )
    assert {tuple(gram) for gram in ids_of(tfidf)} == set(naive_ngrams(ids, (1, longest)))


@given(id_rows, st.integers(1, 3), st.integers(1, 2))
def test_learnt_in_parts_as_at_once(rows: list[list[int]], n_parts: int, min_df: int) -> None:
    """Rows that come some at a time give the vocabulary that they give together."""
    limits = {"ngram_range": (1, 3), "bits": 16, "min_df": min_df, "max_features": None}
    parts = [sequences(rows[place::n_parts]) for place in range(n_parts)]
    together = NgramTfidf.learn([sequences(rows)], **limits)  # type: ignore[arg-type]
    apart = NgramTfidf.learn(parts, **limits)  # type: ignore[arg-type]
    np.testing.assert_array_equal(apart.codes, together.codes)
    np.testing.assert_allclose(apart.idf, together.idf)


@given(id_rows, st.lists(st.lists(st.integers(0, 6), max_size=12), max_size=7), st.data())
def test_scorer_is_rows_times_weights(
    known: list[list[int]], asked: list[list[int]], data: st.DataObject
) -> None:
    """Gives what the rows give, also for one row by its n-grams, repeated ones included."""
    ngram_range = data.draw(st.sampled_from([(1, 1), (1, 3), (2, 3), (3, 3)]))
    limit = data.draw(st.sampled_from([None, 3]))
    tfidf = NgramTfidf.learn(
        [sequences(known)], ngram_range=ngram_range, bits=16, min_df=1, max_features=limit
    )
    weights = np.random.default_rng(0).normal(size=(len(tfidf.codes), 5)).astype(np.float32)
    scorer = NgramScorer(tfidf, weights)
    expected = tfidf.rows(sequences(asked)).dot(weights)
    np.testing.assert_allclose(scorer.scores(sequences(asked)), expected, atol=1e-6)
    for row, scores in zip(asked, expected, strict=True):
        columns, values = tfidf.row(np.array(row, np.uint64))
        np.testing.assert_allclose(values.dot(weights.take(columns, axis=0)), scores, atol=1e-6)


@given(id_rows, st.sampled_from([(1, 1), (1, 3), (2, 3), (3, 4)]))
def test_state_holds_all(known: list[list[int]], ngram_range: tuple[int, int]) -> None:
    """What is written and read again is the same to the last bit."""
    limits = {"bits": 16, "min_df": 1, "max_features": None}
    tfidf = NgramTfidf.learn([sequences(known)], ngram_range=ngram_range, **limits)  # type: ignore[arg-type]
    again = NgramTfidf.from_state(*tfidf.state(), bits=16, n_ids=2**16 - 1)
    np.testing.assert_array_equal(again.codes, tfidf.codes)
    np.testing.assert_array_equal(again.idf, tfidf.idf)
    assert again.ngram_range == tfidf.ngram_range


def test_ids_beside_codes_hide_nothing() -> None:
    """Of a file that has both, the codes are used, and so the codes are checked."""
    arrays: dict[str, Any] = {
        "codes": np.array([1, 2, 60_000], np.uint64),
        "idf": np.ones(3),
        "ids": np.array([1], np.uint16),
    }
    with pytest.raises(ModelError, match=r"has the id 60000\. There are 2"):
        NgramTfidf.from_state({"ngram_range": [1, 1], "sizes": [1]}, arrays, bits=16, n_ids=2)


@pytest.mark.parametrize(
    ("parameters", "n_ids", "message"),
    [
        ({"ngram_range": [2, 1], "sizes": [1]}, 9, "cannot be of 2 to 1"),
        ({"ngram_range": [1, 1.0], "sizes": [1]}, 9, "cannot be of 1 to 1.0"),
        ({"ngram_range": [2, 2], "sizes": [1, 0]}, 9, "fewer than 2 items"),
        ({"ngram_range": [1, 1], "sizes": [1]}, 2**16, "65535 different items. There are 65536"),
    ],
)
def test_state_that_engines_would_read_differently(
    parameters: dict[str, Any], n_ids: int, message: str
) -> None:
    """What one engine would count and another not is refused when a model is read."""
    arrays: dict[str, Any] = {
        "ids": np.array([7], np.uint16),
        "idf": np.ones(1),
        "rarity": np.zeros(1, np.uint8),
    }
    with pytest.raises(ModelError, match=message):
        NgramTfidf.from_state(parameters, arrays, bits=16, n_ids=n_ids)


def test_too_long() -> None:
    """Refuses n-grams that do not fit into 64 bits, and says how long they may be."""
    with pytest.raises(InputError, match=r"The longest n-gram may have 4 items\. Got 5\."):
        NgramTfidf.learn(
            [sequences([[1]])], ngram_range=(1, 5), bits=16, min_df=1, max_features=None
        )
