"""Folds keep apart what they promise to keep apart."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyclf.corpus import Corpus, LabelledSegment
from policyclf.exceptions import CorpusError, InputError
from policyclf.splitting import Fold, document_folds, forward_folds, group_folds, random_folds

Row = tuple[int, str]
"""The number of a document, and a year."""


def corpus_of(rows: list[Row]) -> Corpus:
    return Corpus(
        tuple(
            LabelledSegment("句", ("a",), f"d{doc}", metadata={"year": year} if year else {})
            for doc, year in rows
        )
    )


def documents(corpus: Corpus, places: np.ndarray) -> set[str]:
    return {corpus.rows[place].doc_id for place in places}


def each_tested_once(corpus: Corpus, folds: list[Fold]) -> bool:
    return sorted(np.concatenate([f.testing for f in folds]).tolist()) == list(range(len(corpus)))


rows_of_any = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from(["2001", "2002", "999", ""])),
    min_size=4,
    max_size=40,
).filter(lambda rows: len({doc for doc, _ in rows}) > 2 and len({y for _, y in rows} - {""}) > 1)


@given(rows=rows_of_any, n=st.integers(2, 3), seed=st.integers(0, 5))
def test_documents_stay_whole(rows: list[Row], n: int, seed: int) -> None:
    """No document is on both sides; each segment is tested once; no fold is empty."""
    corpus = corpus_of(rows)
    folds = document_folds(corpus, n, seed=seed)
    assert each_tested_once(corpus, folds)
    for fold in folds:
        assert len(fold.testing) > 0
        assert len(fold.training) + len(fold.testing) == len(corpus)
        assert not documents(corpus, fold.training) & documents(corpus, fold.testing)


@given(rows=rows_of_any, n=st.integers(2, 4), seed=st.integers(0, 5))
def test_random_folds(rows: list[Row], n: int, seed: int) -> None:
    """Are of one size to within one, and test each segment once."""
    corpus = corpus_of(rows)
    folds = random_folds(corpus, n, seed=seed)
    assert each_tested_once(corpus, folds)
    sizes = {len(fold.testing) for fold in folds}
    assert max(sizes) - min(sizes) <= 1


@given(rows=rows_of_any)
def test_leaving_groups_out(rows: list[Row]) -> None:
    """A group is never trained on when it is tested, nor a document that reaches into it."""
    corpus = corpus_of(rows)
    folds = group_folds(corpus, "year")
    assert each_tested_once(corpus, folds)
    for fold in folds:
        assert {rows[place][1] for place in fold.testing} == {fold.name}
        assert fold.name not in {rows[place][1] for place in fold.training}
        assert not documents(corpus, fold.training) & documents(corpus, fold.testing)


@given(rows=rows_of_any)
def test_forward_in_time(rows: list[Row]) -> None:
    """Only earlier years are trained on; years are numbers, so 999 comes first."""
    corpus = corpus_of(rows)
    for fold in forward_folds(corpus, "year"):
        assert {rows[place][1] for place in fold.testing} == {fold.name}
        before = {rows[place][1] for place in fold.training}
        assert "" not in before
        assert all(int(year) < int(fold.name) for year in before)
        assert not documents(corpus, fold.training) & documents(corpus, fold.testing)


def test_numbers_without_end_are_text() -> None:
    """Python makes no number of so many digits."""
    corpus = corpus_of([(0, "2001"), (1, "9" * 5000), (2, "2002")])
    assert [fold.name[:4] for fold in forward_folds(corpus, "year")] == ["2002", "9999"]


def test_folds_are_of_about_one_size() -> None:
    """A long document does not make its fold longer than need be."""
    rows = [(0, "")] * 40 + [(1 + place, "") for place in range(60)]
    sizes = [len(fold.testing) for fold in document_folds(corpus_of(rows), 3, seed=2)]
    assert sorted(sizes) == [30, 30, 40]


def test_folds_are_those_of_the_seed() -> None:
    """The same seed gives the same folds, another others."""
    corpus = corpus_of([(place, "") for place in range(30)])
    for make in (document_folds, random_folds):
        first, again, other = (make(corpus, 3, seed=seed)[0].testing for seed in (0, 0, 1))
        assert first.tolist() == again.tolist() != other.tolist()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda c: document_folds(c, 3), InputError, "number of documents, 2. Got 3"),
        (lambda c: random_folds(c, 1), InputError, "number of segments, 3. Got 1"),
        (lambda c: group_folds(c, "genre"), CorpusError, "need a column 'genre'. Got year"),
        (lambda c: group_folds(c, "year"), InputError, "at least two values. Got '2001' only"),
        (lambda c: forward_folds(c, "year"), InputError, "at least two values. Got '2001' only"),
    ],
)
def test_what_cannot_be_split(
    call: Callable[[Corpus], object], error: type[Exception], message: str
) -> None:
    """Says what there is and what was needed."""
    with pytest.raises(error, match=message):
        call(corpus_of([(1, "2001"), (1, "2001"), (2, "2001")]))
