"""Known sequences of small numbers, found at every place of a long array at once.

A trie: one node for every beginning of a known sequence. All places of the array walk
down it side by side, one step at a time, and those that meet nothing known drop out;
n-grams and lexicon terms alike are nodes that places reach. A ``dict`` or an Aho-Corasick
binding answers one text at a time with Python objects, at a tenth of the speed.

A step is one look into a hash table, where ``np.searchsorted`` would miss the cache at each
of its 17 steps. What is looked up at random should be small and what is used often should lie
together: every step has a table of its own, nodes are numbered as the sequences are ordered,
frequent ones first, and a slot holds a node and no more of its key than the slot itself does
not tell (:class:`_Table`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from policyclf.features.rows import Ints

MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
"""2**64 over the golden ratio (Knuth, vol. 3, 6.4). Odd, so that to multiply with it, modulo a
power of two, loses nothing."""

_N_PAIRS = 2**18
_PAIR_MULTIPLIER = 4099  # a prime, so that pairs of common characters fall apart
_SLOTS_PER_NODE = 4
_FEWEST_SLOT_BITS = 4
_HALF_BITS, _WHOLE_BITS = 32, 64

Keys = npt.NDArray[np.unsignedinteger[Any]]


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
        # Numbered anew: sequences in their order, then what only begins some.
        number = np.concatenate(found).astype(np.int32) + 1
        inner = np.flatnonzero(number == 0)
        number[inner[1:]] = np.arange(len(sequences) + 1, n_nodes)
        self.found = np.full(n_nodes, -1, np.int64)
        self.found[1 : len(sequences) + 1] = np.arange(len(sequences))
        self._unknown = int(sequences.max(initial=0)) + 1  # stands for all numbers from there
        self._step_bits = self._unknown.bit_length()
        self.levels = np.split(number, np.cumsum([1, *map(len, steps)]))[1:-1]
        self.parents = np.zeros(n_nodes, np.int32)
        for own, of in zip(self.levels, parents, strict=True):
            self.parents[own] = number[of]
        self._first = np.zeros(self._unknown + 1, np.int32)
        if steps:
            self._first[steps[0]] = self.levels[0]
        node_bits = (n_nodes - 1).bit_length()
        width = node_bits + self._step_bits
        self._kind = _narrowest(width)
        self._tables = [
            _Table(self._keys(self.parents[own], step.astype(self._kind)), own, width, node_bits)
            for own, step in zip(self.levels[1:], steps[1:], strict=True)
        ]
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
        numbers = self._numbers(ids)
        for step in range(1, min(steps, len(ids), len(self._tables) + 1)):
            keys = self._keys(at[:-1], numbers[step:])
            nodes[:-step, step] = at = self._tables[step - 1].nodes(keys)
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
        numbers = self._numbers(ids)
        for step, table in enumerate(self._tables, start=1):
            if not len(places):
                return
            if places[-1] + step >= len(ids):
                inside = places + step < len(ids)
                places, nodes = places[inside], nodes[inside]
            nodes = table.nodes(self._keys(nodes, numbers.take(places + step)))
            known = np.flatnonzero(nodes)
            places, nodes = places.take(known), nodes.take(known)
            yield places, nodes

    def _numbers(self, ids: Ints) -> Keys:
        """Make ids ready for keys."""
        return np.minimum(ids, self._unknown).astype(self._kind)

    def _keys(self, nodes: npt.NDArray[np.int32], steps: Keys) -> Keys:
        """Put nodes and the steps taken from them side by side."""
        keys = nodes.astype(self._kind)
        keys <<= self._kind(self._step_bits)
        keys |= steps
        return keys


class _Table:
    """Finds the node that a step from another node leads to.

    A key times an odd number, modulo two to its width, is the key in other words, and well
    mixed in its upper bits. Those are the slot, and the slot holds the others, so that the
    node is found and the key made sure of with one look (Cleary, Compact Hash Tables Using
    Bidirectional Linear Probing, 1984). Of several keys with one slot the first has it; the
    others are sorted, and only those who meet another's mark look there: with a quarter of
    the slots filled one in twenty. To go on from slot to slot, as with open addressing, took
    as long again.

    Parameters
    ----------
    keys : ndarray of uint32 or uint64, shape (n_nodes,)
        Distinct.
    nodes : ndarray of int32, shape (n_nodes,)
        The node of each key, from 1.
    width, node_bits : int
        How many bits a key and a node have.
    """

    def __init__(
        self, keys: Keys, nodes: npt.NDArray[np.int32], width: int, node_bits: int
    ) -> None:
        # An entry is the rest of the key, a mark and the node: all must fit.
        slot_bits = max(
            _FEWEST_SLOT_BITS,
            (len(nodes) * _SLOTS_PER_NODE - 1).bit_length(),
            width + 1 + node_bits - _WHOLE_BITS,
        )
        rest_bits = max(width - slot_bits, 0)
        kind_of_keys = keys.dtype.type
        self._multiplier = kind_of_keys(int(MULTIPLIER) & (2**width - 1))
        self._mask, self._rest_bits = kind_of_keys(2**width - 1), kind_of_keys(rest_bits)
        self._rest_mask = kind_of_keys(2**rest_bits - 1)
        self._kind = _narrowest(rest_bits + 1 + node_bits)
        self._above = self._kind(node_bits + 1)
        self._mark, self._node_mask = self._kind(2**node_bits), self._kind(2**node_bits - 1)
        slots, rests = self._slots(keys)
        entries = rests | nodes.astype(self._kind)
        self._entries = np.zeros(2**slot_bits, self._kind)
        self._entries[slots[::-1]] = entries[::-1]  # of several, the last one written stays
        left = np.flatnonzero(self._entries.take(slots) != entries)
        self._entries[slots[left]] |= self._mark
        left = left[np.argsort(keys[left])]
        self._other_keys, self._other_nodes = keys[left], nodes[left]

    def nodes(self, keys: Keys) -> npt.NDArray[np.int32]:
        """Find the node of each key; 0 where there is none."""
        slots, found = self._slots(keys)
        found ^= self._entries.take(slots)
        same = found < self._mark << self._kind(1)  # nothing of the rest is left
        nodes = (found & self._node_mask).astype(np.int32)
        nodes *= same
        if len(self._other_keys):
            found &= self._mark
            marked = np.flatnonzero(found > 0)
            marked = marked[nodes.take(marked) == 0]
            wanted = keys.take(marked)
            places = self._other_keys.searchsorted(wanted)
            there = self._other_keys.take(places, mode="clip") == wanted
            marked = marked[there]
            nodes[marked] = self._other_nodes.take(places[there])
        return nodes

    def _slots(self, keys: Keys) -> tuple[Ints, Keys]:
        """Mix keys: the slot of each, and the rest of it in the upper bits of an entry."""
        mixed = keys * self._multiplier
        mixed &= self._mask
        slots = (mixed >> self._rest_bits).astype(np.int64)
        mixed &= self._rest_mask
        rests = mixed.astype(self._kind, copy=False)
        rests <<= self._above
        return slots, rests


def _narrowest(bits: int) -> type[np.unsignedinteger[Any]]:
    """Choose a type for whole numbers of so many bits."""
    return np.uint32 if bits <= _HALF_BITS else np.uint64


def _pairs(first: Ints, second: Ints) -> Ints:
    """Fold two numbers into one that is not too large."""
    pairs = first * _PAIR_MULTIPLIER
    pairs += second
    pairs &= _N_PAIRS - 1
    return pairs
