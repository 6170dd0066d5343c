"""Agreement is what scikit-learn and the literature's worked examples have."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from policyclf.agreement import cohen_kappa, krippendorff_alpha, label_alphas
from policyclf.exceptions import InputError

# Krippendorff, Computing Krippendorff's Alpha-Reliability, 2011, sections A and C.
MEG = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0]
OWEN = [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
FOUR_OBSERVERS = (
    (1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None),
    (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3),
    (None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None),
    (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None),
)

Coding = list[str | None]
Cell = str | tuple[str, ...] | None


def test_two_observers() -> None:
    """Gives the published alpha of binary data without gaps."""
    assert krippendorff_alpha([MEG, OWEN]) == pytest.approx(0.095, abs=5e-4)


def test_four_observers_with_missing_values() -> None:
    """Gives the published alpha of nominal data with gaps."""
    assert krippendorff_alpha(FOUR_OBSERVERS) == pytest.approx(0.743, abs=5e-4)


def test_kappa_by_hand() -> None:
    """Agrees on 35 of 50, by chance on 25 (Cohen's own form of the formula)."""
    cells = {("y", "y"): 20, ("y", "n"): 5, ("n", "y"): 10, ("n", "n"): 15}
    first, second = zip(*(pair for pair, n in cells.items() for _ in range(n)), strict=True)
    assert cohen_kappa(first, second) == pytest.approx((0.7 - 0.5) / (1 - 0.5))


pairs = st.integers(1, 40).flatmap(
    lambda n: st.tuples(
        *(st.lists(st.sampled_from("abcd"), min_size=n, max_size=n) for _ in range(2))
    )
)


@given(pair=pairs)
def test_kappa_is_that_of_scikit_learn(pair: tuple[list[str], list[str]]) -> None:
    """On any two codings, kappa is ``cohen_kappa_score``, and the order does not matter."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = cohen_kappa_score(*pair)
    assert cohen_kappa(*pair) == pytest.approx(expected, nan_ok=True)
    assert cohen_kappa(*reversed(pair)) == pytest.approx(expected, nan_ok=True)


def naive_alpha(codings: Sequence[Coding]) -> float:
    """Count pairs of values, as the paper defines alpha."""
    units = [[v for v in unit if v is not None] for unit in zip(*codings, strict=True)]
    units = [unit for unit in units if len(unit) > 1]
    values = [value for unit in units for value in unit]
    apart = sum(
        2 * sum(a != b for a, b in combinations(unit, 2)) / (len(unit) - 1) for unit in units
    )
    expected = 2 * sum(a != b for a, b in combinations(values, 2))
    return 1 - (len(values) - 1) * apart / expected if expected else math.nan


codings_of_any = st.tuples(st.integers(2, 4), st.integers(1, 15)).flatmap(
    lambda shape: st.lists(
        st.lists(
            st.sampled_from([*"abc", None]),
            min_size=shape[1],
            max_size=shape[1],
        ),
        min_size=shape[0],
        max_size=shape[0],
    )
)


@given(codings=codings_of_any)
def test_alpha_is_what_counting_pairs_gives(codings: list[Coding]) -> None:
    """On any codings, the sums give what pairs of values do."""
    assert krippendorff_alpha(codings) == pytest.approx(naive_alpha(codings), nan_ok=True)


@given(codings=codings_of_any, seed=st.randoms())
def test_alpha_does_not_know_names_or_order(codings: list[Coding], seed: object) -> None:
    """Shuffled coders and units, and other names of labels, give the same alpha."""
    expected = krippendorff_alpha(codings)
    units = list(zip(*codings, strict=True))
    seed.shuffle(units)  # type: ignore[attr-defined]  # Hypothesis gives a Random
    renamed = [
        [None if v is None else v * 2 for v in coding] for coding in zip(*units, strict=True)
    ]
    assert krippendorff_alpha(renamed[::-1]) == pytest.approx(expected, nan_ok=True)


def test_perfect_and_opposite() -> None:
    """Equal codings give 1, opposite ones less than 0."""
    assert cohen_kappa("abab", "abab") == krippendorff_alpha(["abab", "abab"]) == 1
    assert cohen_kappa("abab", "baba") == -1
    assert krippendorff_alpha(["abab", "baba"]) < 0


def test_nothing_to_disagree_about() -> None:
    """One label everywhere, or no unit coded twice, is no measure of agreement."""
    assert math.isnan(cohen_kappa("aaa", "aaa"))
    assert math.isnan(krippendorff_alpha(["aaa", "aaa"]))
    assert math.isnan(krippendorff_alpha([["a", None], [None, "b"]]))


def test_alpha_by_label() -> None:
    """A label's alpha is that of having it, and a unit may have several."""
    several: list[Cell] = [("a", "b"), "b", None, "c", ()]
    codings: list[list[Cell]] = [several, ["a", "b", "c", "c", "b"]]
    alphas = label_alphas(codings)
    assert list(alphas) == ["a", "b", "c"]
    assert alphas["a"] == 1.0
    assert alphas["b"] == pytest.approx(krippendorff_alpha([[1, 1, 0, 0], [0, 1, 0, 1]]))
    assert alphas["c"] == 1.0


@pytest.mark.parametrize(
    ("codings", "message"),
    [
        ([["a"]], "at least two coders. Got 1"),
        ([["a"], ["a", "b"]], r"same units, .* Got \[1, 2\]"),
        ([[], []], "at least one unit"),
    ],
)
def test_what_cannot_be_compared(codings: list[list[str]], message: str) -> None:
    """Says what is wrong with codings that do not fit."""
    with pytest.raises(InputError, match=message):
        krippendorff_alpha(codings)
    if len(codings) > 1:
        with pytest.raises(InputError, match=message):
            cohen_kappa(*codings)
