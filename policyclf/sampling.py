"""Which sentences to code by hand next.

Two samples in one. A random share, to measure on: each sentence has a known probability
of being drawn, so that figures and shares of labels estimated from it speak for the whole
pool. The rest, to train on: chosen where a label teaches most, and for that very reason
nothing to measure on.

What teaches most is taken to be where the model hesitates (margin, entropy; Settles,
Active Learning Literature Survey, 2009), or what covers most of how the pool is worded.
The coverage is submodular: gains only fall, so taking the best next sentence each time
comes near the best set (Nemhauser, Wolsey and Fisher, 1978), and few gains must be
worked out anew each time (Minoux, Accelerated Greedy Algorithms, 1978).
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from policyclf.duplicates import near_duplicates
from policyclf.exceptions import InputError
from policyclf.features.rows import Floats, Ints
from policyclf.maps import logarithms
from policyclf.vocabulary import bigrams

Strategy = Literal["margin", "entropy", "diversity", "mixed", "random"]
Purpose = Literal["train", "evaluate"]

STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)
DEFAULT: Strategy = "mixed"
EVALUATE_SHARE = 0.3

_SHORTLIST = 5
"""How many times what is wanted the strategy ``mixed`` takes by margin to choose from."""


@dataclass(frozen=True, slots=True)
class Pick:
    """A place of the pool that was chosen.

    Parameters
    ----------
    place : int
        Which sentence of the pool.
    purpose : {"train", "evaluate"}
        What its label is for.
    probability : float or None
        The probability with which it was drawn; None if it was not drawn at random.
    copies : int
        How many sentences of the pool are it or nearly so, itself included.
    """

    place: int
    purpose: Purpose
    probability: float | None
    copies: int


def suggest(
    texts: Sequence[str],
    probabilities: Floats,
    n: int,
    *,
    strategy: Strategy = DEFAULT,
    evaluate_share: float = EVALUATE_SHARE,
    known: Collection[str] = (),
    seed: int = 0,
) -> list[Pick]:
    """Choose sentences to code by hand.

    Parameters
    ----------
    texts : sequence of str, length n_pool
        The pool.
    probabilities : ndarray, shape (n_pool, n_labels)
        What the model makes of each sentence.
    n : int
        How many to choose; fewer if the pool has fewer that differ.
    strategy : {"margin", "entropy", "diversity", "mixed", "random"}
        How to choose those to train on. ``margin``: least difference between the two
        likeliest labels. ``entropy``: most uncertain over all labels. ``diversity``: most
        character bigrams of the pool that are not covered yet. ``mixed``: by diversity
        out of the five times as many of least margin.
    evaluate_share : float, default 0.3
        The share drawn at random, to evaluate on.
    known : collection of str, optional
        Bigrams that need not be covered: the model's, or those of what is coded already.
    seed : int, default 0
        Of what is drawn.

    Returns
    -------
    list of Pick
        Those to evaluate on, then those to train on, the best first. Those to evaluate on
        are any of the pool, also such as stand in it more than once. Of those to train on, none
        is nearly the same as another, or as one to evaluate on.

    Raises
    ------
    InputError
        If a parameter is out of range, or there is not one row a text.

    Examples
    --------
    >>> sure, unsure = [0.9, 0.1], [0.55, 0.45]
    >>> texts = ["全力招商引资。", "要抓好落实。", "要抓好落实。"]
    >>> picks = suggest(texts, np.array([sure, unsure, unsure]), 1, evaluate_share=0)
    >>> picks
    [Pick(place=1, purpose='train', probability=None, copies=2)]
    """
    _check(texts, probabilities, n, strategy, evaluate_share)
    kind = _kinds(texts)
    copies = Counter(kind)
    generator = np.random.default_rng(seed)
    drawn = generator.permutation(len(texts))[: round(n * evaluate_share)].tolist()
    measured = {kind[place] for place in drawn}
    rest = np.array(sorted(copies.keys() - measured), np.int64)
    n_chosen = min(n - len(drawn), len(rest))
    if strategy == "random":
        chosen = generator.permutation(rest)[:n_chosen]
    else:
        left = [texts[place] for place in rest]
        chosen = rest[choose(left, probabilities[rest], n_chosen, strategy, known=known)]
    share = len(drawn) / max(len(texts), 1)
    return [Pick(place, "evaluate", share, copies[kind[place]]) for place in drawn] + [
        Pick(place, "train", None, copies[place]) for place in chosen.tolist()
    ]


def choose(
    texts: Sequence[str],
    probabilities: Floats,
    n: int,
    strategy: Strategy,
    *,
    known: Collection[str] = (),
) -> Ints:
    """Choose by a strategy that needs no chance.

    Parameters
    ----------
    texts : sequence of str, length n_pool
        The pool.
    probabilities : ndarray, shape (n_pool, n_labels)
        What the model makes of each sentence.
    n : int
        How many.
    strategy : {"margin", "entropy", "diversity", "mixed"}
        As for `suggest`.
    known : collection of str, optional
        Bigrams that need not be covered: the model's, or those of what is coded already.

    Returns
    -------
    ndarray of int64, shape (n,)
        Places in the pool, the best first.
    """
    if strategy == "diversity":
        return _covering(texts, n, known)
    if strategy == "entropy":
        negative = (probabilities * logarithms(probabilities)).sum(axis=1)
        return np.argsort(negative, kind="stable")[:n]
    nearest = np.argsort(margins(probabilities), kind="stable")
    if strategy == "margin":
        return nearest[:n]
    shortlist = nearest[: _SHORTLIST * n]
    return shortlist[_covering([texts[place] for place in shortlist], n, known)]


def margins(probabilities: Floats) -> Floats:
    """Tell how far the likeliest label is ahead of the next.

    Parameters
    ----------
    probabilities : ndarray, shape (n, n_labels)
        With two labels at least.

    Returns
    -------
    ndarray, shape (n,)
        From 0, undecided, to 1, certain.
    """
    two = np.partition(probabilities, -2, axis=1)[:, -2:]
    margin: Floats = two[:, 1] - two[:, 0]
    return margin


def _covering(texts: Sequence[str], n: int, known: Collection[str] = ()) -> Ints:
    """Choose texts whose bigrams occur in as many texts as possible.

    A bigram counts once, with the number of texts that hold it; not one of a single text,
    nor one that is known. The gain is divided by the root of the text's own number of
    bigrams: undivided, twice as long sentences were chosen, and the model trained on them
    was no better; divided by the number itself, short ones that taught less. When there is
    nothing more to gain, covering starts anew.
    """
    held = [frozenset(bigrams(text)) for text in texts]
    weight = Counter(gram for grams in held for gram in grams)
    covered = {gram for gram, count in weight.items() if count == 1 or gram in known}
    left = set(range(len(texts)))
    chosen: list[int] = []
    while left and len(chosen) < n:
        round_ = _greedy(held, sorted(left), weight, covered, n - len(chosen))
        round_ = round_ or sorted(left)[: n - len(chosen)]  # nothing occurs twice: all alike
        chosen += round_
        left -= set(round_)
        covered = {gram for gram, count in weight.items() if count == 1}
    return np.array(chosen, np.int64)


def _greedy(
    held: Sequence[frozenset[str]],
    places: Sequence[int],
    weight: Counter[str],
    covered: set[str],
    n: int,
) -> list[int]:
    """Take the place that gains most, again and again, until none gains anything."""

    def gain(place: int) -> float:
        new = sum(weight[gram] for gram in held[place] - covered)
        return new / math.sqrt(len(held[place]) or 1)

    waiting = [(-gain(place), place) for place in places]
    heapq.heapify(waiting)
    chosen: list[int] = []
    while waiting and len(chosen) < n:
        _, place = heapq.heappop(waiting)
        now = (-gain(place), place)
        if waiting and now > waiting[0]:
            heapq.heappush(waiting, now)
        elif now[0] == 0:
            break
        else:
            chosen.append(place)
            covered |= held[place]
    return chosen


def _kinds(texts: Sequence[str]) -> list[int]:
    """Join what is nearly the same: say of each text which is the first of its kind."""
    kind = list(range(len(texts)))
    for found in near_duplicates(texts):  # each with an earlier one, whose kind is known by then
        kind[found.place] = kind[found.other]
    return kind


def _check(
    texts: Sequence[str],
    probabilities: Floats,
    n: int,
    strategy: str,
    evaluate_share: float,
) -> None:
    requirements = {
        "n": (isinstance(n, int) and n > 0, "a whole number from 1", n),
        "strategy": (strategy in STRATEGIES, f"one of {', '.join(STRATEGIES)}", strategy),
        "evaluate_share": (0 <= evaluate_share <= 1, "from 0 to 1", evaluate_share),
        "probabilities": (
            probabilities.ndim == 2  # noqa: PLR2004  rows and columns
            and len(probabilities) == len(texts)
            and probabilities.shape[1] > 1,
            f"an array of {len(texts)} rows, one a text, and two columns at least",
            probabilities.shape,
        ),
    }
    for name, (met, what, value) in requirements.items():
        if not met:
            raise InputError(f"The {name!r} parameter must be {what}. Got {value!r} instead.")
