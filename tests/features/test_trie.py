"""A trie finds the sequences that a search by hand finds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyclf.features import trie as trie_module
from policyclf.features.trie import Trie

Sequence = tuple[int, ...]

number = st.one_of(st.integers(1, 4), st.integers(1, 2**31))
sequences_ = st.lists(st.lists(number, min_size=1, max_size=5).map(tuple), unique=True, max_size=40)
texts = st.lists(st.one_of(st.just(0), number), max_size=40)


def padded(sequences: list[Sequence]) -> npt.NDArray[np.int64]:
    """Put zeros behind the shorter ones."""
    longest = max(map(len, sequences), default=0)
    rows = [[*sequence, *[0] * (longest - len(sequence))] for sequence in sequences]
    return np.array(rows, np.int64).reshape(len(sequences), longest)


def begun(sequences: list[Sequence], text: list[int], place: int, steps: int) -> bool:
    """Say whether some sequence begins with the numbers at a place."""
    piece = tuple(text[place : place + steps])
    return len(piece) == steps and any(sequence[:steps] == piece for sequence in sequences)


@given(sequences_, texts)
def test_descends_wherever_a_sequence_begins(sequences: list[Sequence], text: list[int]) -> None:
    """Leads to a node just where the numbers begin a sequence, and to the right one."""
    trie = Trie(padded(sequences))
    nodes = trie.descend(np.array(text, np.int64), 4)
    assert nodes.shape == (len(text), 4)
    for place, row in enumerate(nodes.tolist()):
        for steps, node in enumerate(row, start=1):
            assert (node > 0) == begun(sequences, text, place, steps)
            piece = tuple(text[place : place + steps])
            expected = sequences.index(piece) if piece in sequences and node else -1
            assert trie.found[node] == expected


@given(sequences_, texts)
def test_walk_is_descent_without_those_that_got_nowhere(
    sequences: list[Sequence], text: list[int]
) -> None:
    """From two steps on, gives the same places and nodes."""
    trie = Trie(padded(sequences))
    ids = np.array(text, np.int64)
    nodes = trie.descend(ids, 6)
    walked = list(trie.walk(ids))
    for step, (places, at) in enumerate(walked, start=1):
        assert places.tolist() == np.flatnonzero(nodes[:, step]).tolist()
        assert at.tolist() == nodes[places, step].tolist()
    assert not nodes[:, len(walked) + 1 :].any()


@given(sequences_)
def test_nodes_are_numbered_as_sequences_are_ordered(sequences: list[Sequence]) -> None:
    """Sequences come first, in their order; then what only begins some."""
    found = Trie(padded(sequences)).found.tolist()
    assert found[: len(sequences) + 1] == [-1, *range(len(sequences))]
    assert set(found[len(sequences) + 1 :]) <= {-1}


def test_many_sequences() -> None:
    """Finds each of many, and none of as many others."""
    random = np.random.default_rng(0)
    known = np.unique(random.integers(1, 3000, (60_000, 2)), axis=0)
    trie = Trie(known)
    nodes = trie.descend(np.column_stack([known, np.zeros(len(known), np.int64)]).ravel(), 2)
    assert trie.found[nodes[::3, 1]].tolist() == list(range(len(known)))
    others = known + 3000
    assert not trie.descend(others.ravel(), 2).any()


def test_one_slot_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sequences that nearly all want one slot are found, and no others."""
    monkeypatch.setattr(trie_module, "MULTIPLIER", np.uint64(1))
    known = np.array([[1, step] for step in range(1, 1001)], np.int64)
    trie = Trie(known)
    asked = np.array([[1, step, 0] for step in range(1, 1500)], np.int64)
    found = trie.found[trie.descend(asked.ravel(), 2)[::3, 1]]
    assert found.tolist() == [*range(1000), *[-1] * 499]


@pytest.mark.parametrize("largest", [2**8, 2**20, 2**26])
def test_every_width(largest: int) -> None:
    """Numbers small and large, few sequences and many: all are found, and no other."""
    random = np.random.default_rng(largest)
    for n in (1, 30, 20_000):
        drawn = np.unique(random.integers(1, largest, (2 * n, 3)), axis=0)
        random.shuffle(drawn)
        known, others = drawn[: len(drawn) // 2], drawn[len(drawn) // 2 :]
        trie = Trie(known)
        assert trie.found[trie.descend(known.ravel(), 3)[::3, 2]].tolist() == [*range(len(known))]
        assert not trie.descend(others.ravel(), 3)[::3, 2].any()


def test_empty() -> None:
    """Of no sequences nothing is found, and in nothing none."""
    trie = Trie(np.zeros((0, 3), np.int64))
    assert not trie.descend(np.array([1, 2]), 3).any()
    assert [places.tolist() for places, _ in trie.walk(np.array([1, 2]))] == []
    assert Trie(np.array([[3, 4]])).descend(np.zeros(0, np.int64), 2).shape == (0, 2)
