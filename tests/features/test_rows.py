"""Sparse rows compute what dense arrays would."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyclf.features.rows import Floats, Rows

SHAPES = st.tuples(st.integers(0, 6), st.integers(1, 7))


def to_dense(rows: Rows) -> Floats:
    """Write rows out, zeros included."""
    dense = np.zeros((len(rows), rows.n_columns))
    dense[rows.owners(), rows.columns] = rows.values
    return dense


@st.composite
def dense_arrays(draw: st.DrawFn, shapes: st.SearchStrategy[tuple[int, int]] = SHAPES) -> Floats:
    """Draw arrays with many zeros and empty rows."""
    n_rows, n_columns = draw(shapes)
    values = st.one_of(st.just(0.0), st.just(0.0), st.floats(-100, 100, width=32))
    cells = draw(st.lists(values, min_size=n_rows * n_columns, max_size=n_rows * n_columns))
    return np.array(cells, np.float64).reshape(n_rows, n_columns)


@given(dense_arrays())
def test_from_dense(dense: Floats) -> None:
    """Holds the entries that are not zero, in the order of rows and columns."""
    rows = Rows.from_dense(dense)
    assert len(rows) == len(dense)
    assert rows.n_columns == dense.shape[1]
    assert np.all(rows.values != 0)
    np.testing.assert_array_equal(to_dense(rows), dense)
    np.testing.assert_array_equal(np.diff(rows.starts), np.count_nonzero(dense, axis=1))


def test_from_entries() -> None:
    """Lays entries out by row, empty rows at the start, between and at the end."""
    owners, columns = np.array([1, 1, 3]), np.array([2, 0, 1])
    rows = Rows.from_entries(owners, columns, np.array([5.0, 6.0, 7.0]), 5, 3)
    assert rows.starts.tolist() == [0, 0, 2, 2, 3, 3]
    assert rows.owners().tolist() == [1, 1, 3]
    expected = [[0, 0, 0], [6, 0, 5], [0, 0, 0], [0, 7, 0], [0, 0, 0]]
    np.testing.assert_array_equal(to_dense(rows), np.array(expected))


@given(dense_arrays())
def test_unit_length(dense: Floats) -> None:
    """Scales every row to length one, and leaves empty rows empty."""
    scaled = to_dense(Rows.from_dense(dense).unit_length())
    lengths = np.linalg.norm(dense, axis=1, keepdims=True)
    expected = np.divide(dense, lengths, out=np.zeros_like(dense), where=lengths > 0)
    np.testing.assert_allclose(scaled, expected, rtol=1e-12, atol=1e-300)


@given(dense_arrays(), st.data())
def test_take(dense: Floats, data: st.DataObject) -> None:
    """Selects rows in any order, some of them twice, some not."""
    places: list[int] = []
    if len(dense):
        places = data.draw(st.lists(st.integers(0, len(dense) - 1), max_size=12))
    rows = Rows.from_dense(dense).take(np.array(places, np.int64))
    assert len(rows) == len(places)
    np.testing.assert_array_equal(to_dense(rows), dense[places])


@given(dense_arrays(), st.data())
def test_dot(dense: Floats, data: st.DataObject) -> None:
    """Multiplies as the dense array does."""
    n_columns = dense.shape[1]
    shapes = st.tuples(st.just(n_columns), st.integers(1, 4))
    weights = data.draw(dense_arrays(shapes))
    products = Rows.from_dense(dense).dot(weights)
    assert products.dtype == np.float64
    np.testing.assert_allclose(products, dense @ weights, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_dot_sums_in_float64(kind: type[np.floating[Any]]) -> None:
    """Sums in float64, whatever floats the weights are kept in."""
    rows = Rows.from_dense(np.full((1, 1000), 1.0))
    weights: npt.NDArray[np.floating[Any]] = np.full((1000, 2), 0.1, kind)
    np.testing.assert_allclose(rows.dot(weights), float(kind(0.1)) * 1000, rtol=1e-12)


def test_dot_of_a_row_depends_on_no_other() -> None:
    """Gives a row the very same products alone, in a batch, and in another order."""
    random = np.random.default_rng(0)
    dense = random.normal(size=(60, 300)) * (random.random((60, 300)) < 0.4)
    dense[[0, 7, 59]] = 0
    weights = random.normal(size=(300, 18)).astype(np.float32)
    rows = Rows.from_dense(dense)
    together = rows.dot(weights)
    order = random.permutation(60)
    np.testing.assert_array_equal(rows.take(order).dot(weights), together[order])
    for place in range(60):
        np.testing.assert_array_equal(rows.take(np.array([place])).dot(weights)[0], together[place])
    assert not together[[0, 7, 59]].any()
