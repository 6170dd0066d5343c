"""The compiled loops do what numpy does, to rounding, and are missed by nobody."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policyclf.features import Batch, LexiconBlock, Segment, compiled
from policyclf.features.compiled import CompiledNgrams, CompiledTerms
from policyclf.features.ngrams import NgramTfidf
from policyclf.features.products import NgramScorer
from policyclf.features.sequences import Sequences
from policyclf.labeling import Labeler
from policyclf.lexicon import Lexicon
from strategies import any_text

pytestmark = pytest.mark.skipif(
    compiled.library() is None, reason="there was no compiler, or POLICYCLF_COMPILED=0"
)

CODES = np.array([1, 2], np.uint64)
NONE, ONE = np.zeros(0, np.int64), np.ones(1, np.int64)

id_rows = st.lists(st.lists(st.integers(0, 4), max_size=40), max_size=6)
few_characters = st.text("招商引资金融𠮷", max_size=30)


@contextmanager
def without_loops() -> Iterator[None]:
    """Do as where there was no compiler, for what is made inside."""
    with patch.object(compiled, "library", return_value=None):
        yield


def sequences(rows: list[list[int]]) -> Sequences:
    """Put rows end to end, a zero behind each."""
    ids = [id_ for row in rows for id_ in (*row, 0)]
    return Sequences(np.array(ids, np.int64), np.array([len(row) + 1 for row in rows], np.int64))


def ngrams() -> CompiledNgrams:
    """Two of them."""
    made = CompiledNgrams.of(CODES, np.ones(2), (1, 1), 16)
    assert made is not None
    return made


@given(id_rows, id_rows, st.data())
def test_ngrams(known: list[list[int]], asked: list[list[int]], data: st.DataObject) -> None:
    """Rows have the same columns and values, and rows times weights are the same."""
    ngram_range = data.draw(st.sampled_from([(1, 1), (1, 3), (2, 3), (3, 4)]))
    kind = data.draw(st.sampled_from([np.float16, np.float32, np.float64]))
    tfidf = NgramTfidf.learn(
        [sequences(known)], ngram_range=ngram_range, bits=16, min_df=1, max_features=None
    )
    assert tfidf.compiled is not None
    weights = np.random.default_rng(0).normal(size=(len(tfidf.codes), 5)).astype(kind)
    with without_loops():
        other = NgramTfidf(tfidf.codes, tfidf.idf, tfidf.ngram_range, tfidf.bits)
        expected, scorer = other.rows(sequences(asked)), NgramScorer(other, weights)
        scores = scorer.scores(sequences(asked))
    found = tfidf.rows(sequences(asked))
    np.testing.assert_array_equal(found.starts, expected.starts)
    np.testing.assert_array_equal(found.columns, expected.columns)
    np.testing.assert_allclose(found.values, expected.values, rtol=1e-12)
    compiled_scorer = NgramScorer(tfidf, weights)
    np.testing.assert_allclose(compiled_scorer.scores(sequences(asked)), scores, atol=1e-5)
    for row, of_row in zip(asked, scores, strict=True):
        ids = np.array(row, np.int64)
        np.testing.assert_allclose(compiled_scorer.score(ids), of_row, atol=1e-5)


@given(st.lists(st.floats(width=16, allow_nan=False, allow_infinity=False), min_size=1))
def test_half_precision_is_read_exactly(numbers: list[float]) -> None:
    """Every finite number of 16 bits is taken for what it is, the smallest ones too."""
    tfidf = NgramTfidf(np.array([1], np.uint64), np.ones(1), (1, 1), 16)
    weights = np.array([numbers], np.float16)
    scores = NgramScorer(tfidf, weights).score(np.array([1]))
    np.testing.assert_array_equal(scores, weights[0].astype(np.float64))


@given(st.sets(few_characters.filter(lambda t: len(t) > 1), max_size=8), st.lists(any_text))
def test_terms(terms: set[str], texts: list[str]) -> None:
    """The same terms count, whatever lies inside whatever, among any characters."""
    terms = {term[:12] for term in terms}
    lexicon = Lexicon.from_rows(
        (("finance", "talent")[place % 2], term, 1 + place % 3)
        for place, term in enumerate(sorted(terms))
    )
    texts += ["".join(sorted(terms)), "".join(terms) * 2, "\ud800招商", ""]
    batch = Batch([Segment(text) for text in texts])
    block = LexiconBlock.of(lexicon, ["text"], [1.0])
    assert block._compiled is not None
    with without_loops():
        expected = LexiconBlock.of(lexicon, ["text"], [1.0]).hits(batch)
    np.testing.assert_array_equal(block.hits(batch), expected)
    for text, hits in zip(batch.texts, expected, strict=True):
        np.testing.assert_array_equal(block.hits_of(text), hits)


@settings(deadline=None, max_examples=30)
@given(texts=st.lists(st.one_of(few_characters, any_text), min_size=1, max_size=40))
def test_shipped_model(shipped: Labeler, texts: list[str]) -> None:
    """The shipped model has the same scores with and without, of few texts and of many."""
    model = shipped.bundle.model
    with without_loops():
        expected = pickle.loads(pickle.dumps(model)).scores(texts)
    np.testing.assert_allclose(model.scores(texts), expected, atol=1e-6)


@pytest.mark.parametrize("lacks", ["file", "functions", "source"])
def test_other_library(lacks: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not compiled of the loops as they are is left alone."""
    if lacks == "file":
        monkeypatch.setattr(compiled, "_LIBRARY", tmp_path / "none.so")
    elif lacks == "functions":
        monkeypatch.setattr(
            compiled, "_LIBRARY", next(Path(np.__file__).parent.rglob("_multiarray_umath*"))
        )
    else:
        edited = tmp_path / "loops.c"
        edited.write_bytes(compiled._SOURCE.read_bytes() + b"/* edited */")
        monkeypatch.setattr(compiled, "_SOURCE", edited)
    assert compiled.library.__wrapped__() is None


def test_crowded_table() -> None:
    """Keys that were made to meet in a table of a hostile model are left to numpy."""
    multiplier = 0x9E3779B97F4A7C15
    inverse = pow(multiplier, -1, 2**64)
    crowd = sorted(place * inverse % 2**64 for place in range(1, 3000))
    codes = np.array(crowd, np.uint64)
    assert CompiledNgrams.of(codes, np.ones(len(codes)), (1, 1), 64) is None
    few = codes[:500]
    assert CompiledNgrams.of(few, np.ones(len(few)), (1, 1), 64) is not None


def test_switched_off() -> None:
    """An environment variable switches them off, and labels are the same."""
    code = (
        "import policyclf; from policyclf.features import compiled; "
        "print(compiled.library() is None, policyclf.load().predict(['全力招商引资。']))"
    )
    found = [
        subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            capture_output=True,
            text=True,
            env={"POLICYCLF_COMPILED": switch},
        ).stdout
        for switch in ("0", "1")
    ]
    assert found == [f"{off} ['investment_attraction']\n" for off in (True, False)]


@pytest.mark.parametrize(
    ("make", "needed"),
    [
        (lambda: CompiledNgrams.of(CODES, np.ones(1), (1, 1), 16), "an idf"),
        (lambda: CompiledNgrams.of(CODES, np.ones(2), (1, 5), 16), "fit into their codes"),
        (lambda: CompiledNgrams.of(CODES, np.ones(2), (1, 500), 0), "fit into their codes"),
        (lambda: CompiledNgrams.of(CODES, np.ones(2), (2, 1), 16), "fit into their codes"),
        (lambda: ngrams().times(np.ones((1, 3))), "a row of weights"),
        (lambda: ngrams().rows(np.array([1]), np.array([2])), "rows of what is there"),
        (lambda: ngrams().rows(np.array([1]), np.array([2, -1])), "rows of what is there"),
        (lambda: ngrams().rows(np.array([1]), np.array([2**62] * 4)), "rows of what is there"),
        (lambda: CompiledTerms.of(["信贷"], ONE, ONE, 1), "labels that there are"),
        (lambda: CompiledTerms.of(["信贷"], -ONE, ONE, 1), "labels that there are"),
        (lambda: CompiledTerms.of(["信贷"], NONE, ONE, 1), "a label and a weight"),
        (lambda: CompiledTerms.of(["信"], ONE - 1, ONE, 1), "two characters"),
    ],
)
def test_what_loops_rely_on(make: Callable[[], object], needed: str) -> None:
    """Nothing is handed to them that would have them read what is not theirs."""
    with pytest.raises(ValueError, match=needed):
        make()
