"""Neighbours in a document speak for each other, as a Markov chain has it."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policyclf.chain import CANDIDATES, LabelChain
from policyclf.features.rows import Floats


def by_enumeration(probabilities: Floats, persistence: float) -> Floats:
    """Add up every path through the labels of one document: slow, and plainly right."""
    n, n_labels = probabilities.shape
    anew = (1 - persistence) / n_labels
    found = np.zeros((n, n_labels))
    for path in product(range(n_labels), repeat=n):
        weight = np.prod([probabilities[place, label] for place, label in enumerate(path)])
        for before, label in pairwise(path):
            weight *= anew + persistence * (before == label)
        found[np.arange(n), list(path)] += weight
    totals: Floats = found / found.sum(axis=1, keepdims=True)
    return totals


def by_enumeration_anew(probabilities: Floats, persistence: float, anew: Floats) -> Floats:
    """Add up every path, labels drawn anew at each place with the probabilities given."""
    n, n_labels = probabilities.shape
    found = np.zeros((n, n_labels))
    for path in product(range(n_labels), repeat=n):
        weight = np.prod([probabilities[place, label] for place, label in enumerate(path)])
        weight *= anew[0, path[0]]
        for place, (before, label) in enumerate(pairwise(path), start=1):
            weight *= (1 - persistence) * anew[place, label] + persistence * (before == label)
        found[np.arange(n), list(path)] += weight
    totals: Floats = found / found.sum(axis=1, keepdims=True)
    return totals


def random_probabilities(seed: int, n: int, n_labels: int) -> Floats:
    drawn = np.random.default_rng(seed).random((n, n_labels)) ** 4 + 1e-6
    shares: Floats = drawn / drawn.sum(axis=1, keepdims=True)
    return shares


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 6),
    n_labels=st.integers(2, 3),
    persistence=st.floats(0, 0.95),
)
def test_posterior_is_the_sum_over_all_paths(
    seed: int, n: int, n_labels: int, persistence: float
) -> None:
    """The recursions give what adding up every sequence of labels gives."""
    probabilities = random_probabilities(seed, n, n_labels)
    np.testing.assert_allclose(
        LabelChain(persistence).posterior(probabilities, ["d"] * n),
        by_enumeration(probabilities, persistence),
        atol=1e-8,
    )


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 5),
    persistence=st.floats(0.01, 0.95),
    evenness=st.floats(0.1, 50),
    reach=st.none() | st.integers(0, 5) | st.just(10**30),
)
def test_labels_around_are_what_to_expect(
    seed: int, n: int, persistence: float, evenness: float, reach: int | None
) -> None:
    """Each segment expects the labels of the others around, as a first pass has them."""
    probabilities = random_probabilities(seed, n, 3)
    first = by_enumeration(probabilities, persistence)
    anew = np.empty_like(first)
    for place in range(n):
        around = [
            row
            for other, row in enumerate(first)
            if other != place and (reach is None or abs(other - place) <= reach)
        ]
        anew[place] = (np.sum(around, axis=0) + evenness / 3) / (len(around) + evenness)
    np.testing.assert_allclose(
        LabelChain(persistence, evenness, reach).posterior(probabilities, ["d"] * n),
        by_enumeration_anew(probabilities, persistence, anew),
        atol=1e-8,
    )


def test_what_is_out_of_reach_does_not_drown_a_passage() -> None:
    """A long document about one field leaves a doubtful sentence to the passage it is in."""
    doubtful = [0.5, 0.5]
    seen = np.array([[0.99, 0.01]] * 300 + [[0.2, 0.8]] * 5 + [doubtful] + [[0.2, 0.8]] * 5)
    whole = LabelChain(0.15, 10.0).posterior(seen, ["d"] * len(seen))
    near = LabelChain(0.15, 10.0, 5).posterior(seen, ["d"] * len(seen))
    assert whole[305].argmax() == 0
    assert near[305].argmax() == 1


def test_segment_alone_stays_as_it_is() -> None:
    """A document of one segment has no neighbours and no other segments."""
    probabilities = random_probabilities(3, 2, 4)
    found = LabelChain(0.5, 10).posterior(probabilities, ["a", "b"])
    np.testing.assert_allclose(found, probabilities)


def test_posterior_by_hand() -> None:
    """A toss-up beside a sure neighbour goes its way by half the persistence."""
    seen = np.array([[1.0, 0.0], [0.5, 0.5], [0.5, 0.5]])
    found = LabelChain(0.4).posterior(seen, [1, 1, 1])
    assert found[:, 0].tolist() == pytest.approx([1.0, 0.7, 0.58])


@given(
    seed=st.integers(0, 2**32 - 1),
    persistence=st.floats(0, 0.95),
    reach=st.none() | st.integers(0, 9),
)
def test_documents_do_not_touch(seed: int, persistence: float, reach: int | None) -> None:
    """Documents behind one another have what each has alone."""
    probabilities = random_probabilities(seed, 9, 4)
    chain = LabelChain(persistence, 5.0, reach)
    doc_ids = list("aaabbbbcc")
    parts = [(0, 3), (3, 7), (7, 9)]
    alone = [chain.posterior(probabilities[a:b], doc_ids[a:b]) for a, b in parts]
    np.testing.assert_allclose(chain.posterior(probabilities, doc_ids), np.vstack(alone))


@pytest.mark.parametrize("reach", [None, 3])
def test_what_stands_before_in_a_batch_does_not_matter(reach: int | None) -> None:
    """To the last bit, however little the labels around are evened out."""
    chain = LabelChain(0.15, 1e-12, reach)
    before, own = np.tile([[0.6, 0.3, 0.1]], (20_000, 1)), random_probabilities(5, 9, 3)
    both = chain.posterior(np.vstack([before, own]), [*range(20_000), *["d"] * 9])
    np.testing.assert_array_equal(both[20_000:], chain.posterior(own, ["d"] * 9))
    np.testing.assert_allclose(both[:20_000], before)


def test_without_persistence_nothing_changes() -> None:
    """With persistence 0, and with no segments, the probabilities stay."""
    probabilities = random_probabilities(1, 5, 3)
    np.testing.assert_array_equal(LabelChain().posterior(probabilities, [1] * 5), probabilities)
    assert LabelChain(0.5).posterior(np.zeros((0, 3)), []).shape == (0, 3)


def test_long_documents_stay_probabilities() -> None:
    """Over ten thousand segments nothing runs out of range."""
    probabilities = random_probabilities(2, 10_000, 3)
    found = LabelChain(0.3).posterior(probabilities, [1] * 10_000)
    np.testing.assert_allclose(found.sum(axis=1), 1.0)
    assert np.all(found > 0)


@pytest.mark.parametrize("persistence", [0.0, 0.2, 0.5])
def test_learned_persistence_recovers_a_known_one(persistence: float) -> None:
    """From labels drawn by a chain and seen through noise, about its persistence is chosen."""
    generator = np.random.default_rng(4)
    n, n_labels = 6000, 4
    truth = np.zeros(n, np.int64)
    for place in range(n):
        stays = place % 30 and generator.random() < persistence
        truth[place] = truth[place - 1] if stays else generator.integers(n_labels)
    # Noise of which the likelihood is known: a hint that is right with probability 0.55.
    hint = np.where(generator.random(n) < 0.55, truth, generator.integers(n_labels, size=n))
    probabilities = np.full((n, n_labels), 0.45 / n_labels)
    probabilities[np.arange(n), hint] += 0.55
    found = LabelChain.learn(probabilities, truth, [place // 30 for place in range(n)]).persistence
    assert found in CANDIDATES
    assert found == pytest.approx(persistence, abs=0.1)


def test_hardly_any_evenness_leaves_probabilities() -> None:
    """Segments that are sure of labels which no other segment has keep them."""
    seen = np.eye(4)
    posterior = LabelChain(0.15, evenness=1e-300).posterior(seen, [0] * 4)
    np.testing.assert_allclose(posterior, seen)
