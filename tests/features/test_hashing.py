"""A table of codes finds what a dict would."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyclf.features.hashing import Codes, CodeTable

MULTIPLIER = 0x9E3779B97F4A7C15
INVERSE = pow(MULTIPLIER, -1, 2**64)

any_code = st.integers(1, 2**64 - 1)
# Consecutive codes, and codes that the multiplier brings into the same slot.
clustered_code = st.one_of(
    st.integers(1, 40),
    st.integers(2**64 - 40, 2**64 - 1),
    st.integers(1, 40).map(lambda number: number * INVERSE % 2**64),
    st.integers(1, 40).map(lambda number: (2**64 - number) * INVERSE % 2**64),
)
codes_ = st.lists(st.one_of(any_code, clustered_code), unique=True, max_size=120)


def check(codes: list[int], asked: list[int]) -> None:
    """Check a table against a dict."""
    table = CodeTable(np.array(codes, np.uint64))
    expected = {code: place for place, code in enumerate(codes)}
    places = table.places(np.array(asked, np.uint64))
    assert places.tolist() == [expected.get(code, -1) for code in asked]


@given(codes_, st.lists(st.one_of(st.just(0), any_code, clustered_code), max_size=60))
def test_is_a_dict(codes: list[int], others: list[int]) -> None:
    """Finds the place of every code it was made from, and no other code."""
    check(codes, [*codes, *others, *codes[::-1]])


@pytest.mark.parametrize("n_codes", [1, 2, 3, 4, 5, 63, 64, 65, 5000])
@pytest.mark.parametrize("end", [0, 2**64])
def test_one_slot_for_all(n_codes: int, end: int) -> None:
    """Finds codes that all want the same slot, at the start and around the end of the table."""
    hashes = range(1, n_codes + 1) if end == 0 else range(end - n_codes, end)
    codes = [number * INVERSE % 2**64 for number in hashes]
    slots = {(code * MULTIPLIER) % 2**64 >> 40 for code in codes}
    assert len(slots) == 1
    absent = [number * INVERSE % 2**64 for number in range(n_codes + 1, n_codes + 20)]
    check(codes, [*codes, *(code for code in absent if code not in set(codes))])


def test_many_codes() -> None:
    """Finds each of many codes, and none of as many others."""
    random = np.random.default_rng(0)
    codes: Codes = np.unique(random.integers(1, 2**63, 200_000).astype(np.uint64))
    table = CodeTable(codes)
    np.testing.assert_array_equal(table.places(codes), np.arange(len(codes)))
    assert np.all(table.places(codes | np.uint64(2**63)) == -1)


def test_empty() -> None:
    """Finds nothing in an empty table, and looks up nothing in any."""
    check([], [0, 1, 2**64 - 1])
    check([3], [])
