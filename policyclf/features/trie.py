"""Known sequences of small numbers, found at every place of a long array at once.

A trie: one node for every beginning of a known sequence. All places of the array walk
down it side by side, one step at a time, and those that meet nothing known drop out;
n-grams and lexicon terms alike are nodes that places reach. A ``dict`` or an Aho-Corasick
binding answers one text at a time with Python objects, at a tenth of the speed.

A step is one look into a hash table: open addressing with a quarter of the slots filled,
so that most questions are answered at the first slot, where ``np.searchsorted`` would miss
the cache at each of its 17 steps. What is looked up at random should be small and what is
used often should lie together: every step has a table of its own, and nodes are numbered
as the sequences are ordered, frequent ones first.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from policyclf.exceptions import ModelError
from policyclf.features.rows import Ints

_STEP_BITS = np.uint64(32)
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2**64 over the golden ratio (Knuth, vol. 3, 6.4)
_N_PAIRS = 2**18
_PAIR_MULTIPLIER = 4099  # a prime, so that pairs of common characters fall apart
_SLOTS_PER_NODE = 4
_MOST_ROUNDS = 200
"""Seating the nodes of half a million n-grams takes 20 rounds; of sequences made so that all
fall into one slot, one round each."""


class Trie:
    """Finds sequences of numbers.

    Parameters
    ----------
    sequences : ndarray of int64, shape (n_sequences, longest)
        Distinct; numbers from 1, zeros behind the end of the shorter ones, none empty.
    order : ndarray of int64, shape (n_sequences,), optional
        Which come after which, by their numbers; found if not given.

    Attributes
    ----------
    found : ndarray of int64, shape (n_nodes,)
        Which of `sequences` ends at each node, or -1. Node 0 is where every walk begins.
    levels : list of ndarray of int32
        The nodes that are one step from there, two steps, and so on.
    parents : ndarray of int32, shape (n_nodes,)
        The node before each.

    Examples
    --------
    >>> trie = Trie(np.array([[5, 0], [5, 7], [8, 9]]))
    >>> trie.found[trie.descend(np.array([8, 9, 5, 7]), 2)].tolist()
    [[-1, 2], [-1, -1], [0, 1], [-1, -1]]
    >>> for places, nodes in trie.walk(np.array([8, 9, 5, 7])):
    ...     places.tolist(), trie.found[nodes].tolist()
    ([0, 2], [2, 1])
    """

    def __init__(self, sequences: Ints, order: Ints | None = None) -> None:
        if order is None:
            order = np.lexsort(sequences.T[::-1]) if sequences.size else np.zeros(0, np.int64)
        numbers = sequences[order]
        parents: list[Ints] = []
        steps: list[Ints] = []
        found = [np.full(1, -1, np.int64)]
        nodes = np.zeros(len(numbers), np.int64)
        n_nodes = 1
        for depth in range(sequences.shape[1]):
            inside = numbers[:, depth] > 0
            numbers, nodes, order = numbers[inside], nodes[inside], order[inside]
            if not len(numbers):
                break
            step = numbers[:, depth]
            new = np.ones(len(step), bool)
            new[1:] = (step[1:] != step[:-1]) | (nodes[1:] != nodes[:-1])
            parents.append(nodes[new])
            steps.append(step[new])
            nodes = np.cumsum(new) + (n_nodes - 1)
            ends = numbers[:, depth + 1 :].any(axis=1) == 0
            at = np.full(len(steps[-1]), -1, np.int64)
            at[nodes[ends] - n_nodes] = order[ends]
            found.append(at)
            n_nodes += len(at)
        self.found = np.concatenate(found)
        # Numbered anew: sequences in their order, then what only begins some.
        ranks = np.where(self.found < 0, len(sequences), self.found)
        ranks[0] = -1
        by_rank = np.argsort(ranks, kind="stable")
        new_number = np.empty(n_nodes, np.int32)
        new_number[by_rank] = np.arange(n_nodes, dtype=np.int32)
        self.found = self.found[by_rank]
        self.levels: list[npt.NDArray[np.int32]] = []
        self.parents = np.zeros(n_nodes, np.int32)
        self._keys = np.zeros(n_nodes, np.uint64)
        self._first = np.zeros(1, np.int32)
        self._tables: list[_Table] = []
        start = 1
        for depth, (of, step) in enumerate(zip(parents, steps, strict=True)):
            own = new_number[start : start + len(step)]
            start += len(step)
            self.levels.append(own)
            self.parents[own] = new_number[of]
            self._keys[own] = _keys(self.parents[own], step)
            if depth:
                self._tables.append(_Table(self._keys, own))
            else:  # the last one is for all numbers above those that are known
                self._first = np.zeros(int(step.max()) + 2, np.int32)
                self._first[step] = own
        # Most places of a text begin no term, and two numbers tell.
        self._may_begin = np.zeros(_N_PAIRS, bool)
        if sequences.shape[1] > 1:
            self._may_begin[_pairs(sequences[:, 0], sequences[:, 1])] = True

    def descend(self, ids: Ints, steps: int) -> npt.NDArray[np.int32]:
        """Go down from every place of an array, all side by side.

        For sequences of which most places begin one, such as n-grams.

        Parameters
        ----------
        ids : ndarray of int64, shape (n,)
            Numbers from 0; no sequence reaches over one that it does not hold.
        steps : int
            How far to go.

        Returns
        -------
        ndarray of int32, shape (n, steps)
            The node that each place leads to after one step, after two, and so on; 0 where
            the ids begin no known sequence.
        """
        nodes = np.zeros((steps, len(ids)), np.int32).T  # a step's nodes lie together
        nodes[:, 0] = at = self._first.take(ids, mode="clip")
        for step in range(1, min(steps, len(ids), len(self._tables) + 1)):
            nodes[:-step, step] = at = self._tables[step - 1].nodes(_keys(at[:-1], ids[step:]))
        return nodes

    def walk(self, ids: Ints) -> Iterator[tuple[Ints, npt.NDArray[np.int32]]]:
        """Go down from every place of an array, only with those that get somewhere.

        For sequences of two numbers or more that few places begin, such as the terms of a
        lexicon.

        Parameters
        ----------
        ids : ndarray of int64, shape (n,)
            Numbers from 0; no sequence reaches over one that it does not hold.

        Yields
        ------
        places : ndarray of int64
            Where the next two ids, and one more at each step, begin a known sequence;
            ascending.
        nodes : ndarray of int32
            Where in the trie they lead.
        """
        may_begin = self._may_begin.take(_pairs(ids[:-1], ids[1:]))
        places = np.flatnonzero(may_begin)
        nodes = self._first.take(ids.take(places), mode="clip")
        for step, table in enumerate(self._tables, start=1):
            if not len(places):
                return
            if places[-1] + step >= len(ids):
                inside = places + step < len(ids)
                places, nodes = places[inside], nodes[inside]
            nodes = table.nodes(_keys(nodes, ids.take(places + step)))
            known = np.flatnonzero(nodes)
            places, nodes = places.take(known), nodes.take(known)
            yield places, nodes


class _Table:
    """Finds the node that a step from another node leads to.

    Parameters
    ----------
    keys : ndarray of uint64, shape (n_nodes,)
        The key of every node: see `_keys`. Not copied.
    own : ndarray of int32
        The nodes that this table leads to.
    """

    def __init__(self, keys: npt.NDArray[np.uint64], own: npt.NDArray[np.int32]) -> None:
        self._keys = keys
        bits = max(4, int(np.ceil(np.log2(len(own) * _SLOTS_PER_NODE))))
        self._shift, self._mask = np.uint64(64 - bits), np.int64(2**bits - 1)
        self._nodes = np.zeros(2**bits, np.int32)
        waiting, slots = own, self._slots(keys[own])
        for _ in range(_MOST_ROUNDS):  # each seats at least one node of every contested slot
            free = self._nodes[slots] == 0
            self._nodes[slots[free]] = waiting[free]  # of two, the last one stays
            seated = self._nodes[slots] == waiting
            waiting, slots = waiting[~seated], (slots[~seated] + 1) & self._mask
            if not len(waiting):
                return
        raise ModelError("The sequences of a model all fall together. Get the model again.")

    def nodes(self, keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.int32]:
        """Find the node of each key; 0 where there is none."""
        slots = self._slots(keys)
        nodes = self._nodes.take(slots)
        same = self._keys.take(nodes) == keys
        searching = np.flatnonzero(same < (nodes > 0))
        nodes *= same
        while len(searching):
            slots[searching] = (slots[searching] + 1) & self._mask
            at = self._nodes.take(slots[searching])
            same = self._keys.take(at) == keys[searching]
            nodes[searching[same]] = at[same]
            searching = searching[~same & (at > 0)]
        return nodes

    def _slots(self, keys: npt.NDArray[np.uint64]) -> Ints:
        slots = keys * MULTIPLIER
        slots >>= self._shift
        return slots.view(np.int64)


def _pairs(first: Ints, second: Ints) -> Ints:
    """Fold two numbers into one that is not too large."""
    pairs = first * _PAIR_MULTIPLIER
    pairs += second
    pairs &= _N_PAIRS - 1
    return pairs


def _keys(nodes: npt.NDArray[np.int32], steps: Ints) -> npt.NDArray[np.uint64]:
    """Put nodes and the steps taken from them side by side."""
    keys = nodes.astype(np.uint64)
    keys <<= _STEP_BITS
    keys |= steps.view(np.uint64)
    return keys
