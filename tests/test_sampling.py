"""The random share is random, the rest is where it teaches most, nothing comes twice."""

from __future__ import annotations

import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policyclf.exceptions import InputError
from policyclf.sampling import STRATEGIES, Strategy, choose, margins, suggest
from policyclf.vocabulary import bigrams

RESULTS = Path(__file__).parents[1] / "benchmarks" / "quality" / "results"

TEXTS = [f"{a}{b}{c}{a}{c}" for a in "甲乙丙丁戊" for b in "子丑寅卯" for c in "天地玄黄"]
"""Eighty texts, none nearly another."""


def probabilities(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet([0.5] * 3, n)


# --- Strategies --------------------------------------------------------------------------------


def test_margin_by_hand() -> None:
    """The two likeliest labels nearest to each other come first."""
    rows = np.array([[0.5, 0.3, 0.2], [0.4, 0.39, 0.21], [0.9, 0.1, 0.0]])
    assert margins(rows) == pytest.approx([0.2, 0.01, 0.8])
    assert choose(["一一", "二二", "三三"], rows, 2, "margin").tolist() == [1, 0]


def test_entropy_by_hand() -> None:
    """Spread over all labels comes before undecided between two."""
    rows = np.array([[0.5, 0.5, 0.0], [0.4, 0.3, 0.3], [1.0, 0.0, 0.0]])
    assert choose(["一一", "二二", "三三"], rows, 3, "entropy").tolist() == [1, 0, 2]


def test_diversity_by_hand() -> None:
    """What covers most bigrams that others share comes first, then what adds most."""
    texts = ["甲乙丙", "甲乙", "乙丙", "丁戊", "丁戊己", "子丑"]
    rows = probabilities(6)
    # 甲乙, 乙丙 and 丁戊 stand in two others or one; 戊己 and 子丑 in no other.
    found = choose(texts, rows, 2, "diversity").tolist()
    assert found == [0, 3]


def test_known_bigrams_need_no_covering() -> None:
    """What the model knows already is no reason to choose a sentence."""
    texts = ["甲乙丙", "甲乙", "乙丙", "丁戊", "丁戊己"]
    found = choose(texts, probabilities(5), 1, "diversity", known={"甲乙", "乙丙"})
    assert found.tolist() == [3]


def covered(texts: list[str], places: Any) -> float:
    """Measure, as the strategy does, what some texts cover."""
    held = [frozenset(bigrams(text)) for text in texts]
    union = set().union(*(held[place] for place in places))
    return sum(n for gram in union if (n := sum(gram in grams for grams in held)) > 1)


@given(
    st.lists(st.text("甲乙丙丁", min_size=3, max_size=3), min_size=4, max_size=9), st.integers(1, 3)
)
def test_coverage_is_within_a_factor_of_the_best(texts: list[str], n: int) -> None:
    """Greedy choice covers 1 - 1/e of what the best set of as many texts covers."""
    found = choose(texts, probabilities(len(texts)), n, "diversity")
    best = max(covered(texts, places) for places in combinations(range(len(texts)), n))
    assert covered(texts, found) >= (1 - 1 / np.e) * best - 1e-9


def test_lazy_choice_is_the_plain_greedy_choice() -> None:
    """Working gains out anew only where needed gives what working out all gives."""
    texts = TEXTS[:40]
    held = [frozenset(bigrams(text)) for text in texts]
    weight = {gram: sum(gram in grams for grams in held) for grams in held for gram in grams}
    done: set[str] = {gram for gram, n in weight.items() if n == 1}
    expected: list[int] = []
    for _ in range(6):
        gains = [
            (sum(weight[g] for g in grams - done) / len(grams) ** 0.5, -place)
            for place, grams in enumerate(held)
            if place not in expected
        ]
        expected.append(-max(gains)[1])
        done |= held[expected[-1]]
    assert choose(texts, probabilities(40), 6, "diversity").tolist() == expected


@pytest.mark.parametrize("strategy", ["margin", "entropy", "diversity", "mixed"])
@given(n=st.integers(1, 100))
@settings(max_examples=20)
def test_as_many_as_wanted_each_once(strategy: Strategy, n: int) -> None:
    """Any number is chosen without repeats, all of the pool if need be."""
    found = choose(TEXTS, probabilities(80), n, strategy).tolist()
    assert len(set(found)) == len(found) == min(n, 80)


def test_mixed_chooses_among_the_undecided() -> None:
    """All that it takes is among the five times as many of least margin."""
    rows = probabilities(80)
    shortlist = set(np.argsort(margins(rows))[:20].tolist())
    found = choose(TEXTS, rows, 4, "mixed").tolist()
    assert set(found) <= shortlist
    assert found != choose(TEXTS, rows, 4, "margin").tolist()


# --- The two samples ---------------------------------------------------------------------------


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_two_samples_that_do_not_overlap(strategy: Strategy) -> None:
    """Thirty in a hundred to evaluate on, with their probability; the rest to train on."""
    picks = suggest(TEXTS, probabilities(80), 20, strategy=strategy)
    assert len({pick.place for pick in picks}) == 20
    drawn = [pick for pick in picks if pick.purpose == "evaluate"]
    assert len(drawn) == 6
    assert all(pick.probability == 6 / 80 for pick in drawn)
    assert all(pick.probability is None for pick in picks if pick.purpose == "train")


def test_same_seed_same_choice() -> None:
    """The choice hangs on the seed alone, and on it it does hang."""
    first, again, other = (suggest(TEXTS, probabilities(80), 20, seed=s) for s in (3, 3, 4))
    assert first == again != other


def test_what_is_drawn_does_not_hang_on_the_model() -> None:
    """Another model or strategy draws the same sentences to evaluate on."""
    first = suggest(TEXTS, probabilities(80), 20, strategy="margin")
    other = suggest(TEXTS, probabilities(80, seed=9), 20, strategy="entropy")
    assert [p for p in first if p.probability] == [p for p in other if p.probability]


def test_inclusion_probability_holds() -> None:
    """Over many seeds each text is drawn as often as its probability says."""
    times = np.zeros(80)
    for seed in range(400):
        for pick in suggest(TEXTS, probabilities(80), 20, strategy="random", seed=seed):
            times[pick.place] += pick.purpose == "evaluate"
    assert times.sum() == 400 * 6
    deviation = (400 * 0.075 * 0.925) ** 0.5
    assert np.abs(times - 30).max() < 4.5 * deviation


def test_estimates_from_the_random_share_are_unbiased() -> None:
    """Weighed by one over their probability, the drawn ones give the pool's total."""
    texts = TEXTS[:30] * 3 + TEXTS[30:]
    rows = probabilities(len(texts))
    wanted = np.array(["甲" in text for text in texts])
    found = [
        sum(
            1 / pick.probability * wanted[pick.place]
            for pick in suggest(texts, rows, 30, seed=seed)
            if pick.probability
        )
        for seed in range(300)
    ]
    assert np.mean(found) == pytest.approx(wanted.sum(), rel=0.1)


def test_near_duplicates_come_once() -> None:
    """Of sentences nearly the same one is chosen to train on, which says how many they are."""
    long = "全区上下加快推进重点项目建设，确保全年投资目标如期完成"
    texts = [long + "。", "发展普惠金融，缓解融资难。", long, long + "！", "治理大气污染。"]
    for strategy in STRATEGIES:
        picks = suggest(texts, probabilities(5), 5, strategy=strategy, evaluate_share=0)
        assert {pick.place: pick.copies for pick in picks} == {0: 3, 1: 1, 4: 1}


def test_repeats_are_drawn_where_they_stand() -> None:
    """Each place of a sentence that recurs is drawn as often: shares of groups are right, too."""
    texts = ["深化行政审批制度改革。"] * 40 + TEXTS[:40]
    times = np.zeros(80)
    for seed in range(300):
        picks = suggest(texts, probabilities(80), 20, evaluate_share=0.5, seed=seed)
        drawn = [pick for pick in picks if pick.probability]
        assert {pick.probability for pick in drawn} == {10 / 80}
        assert all(pick.copies == (40 if pick.place < 40 else 1) for pick in drawn)
        times[[pick.place for pick in drawn]] += 1
        if any(pick.place < 40 for pick in drawn):  # what is measured on is not trained on
            assert all(pick.place >= 40 for pick in picks if not pick.probability)
    assert np.abs(times - 300 / 8).max() < 4.5 * (300 * 0.125 * 0.875) ** 0.5


def test_a_pool_smaller_than_wanted() -> None:
    """All of it is chosen."""
    assert len(suggest(TEXTS[:7], probabilities(7), 50)) == 7


def test_an_empty_pool() -> None:
    """Nothing is chosen of nothing."""
    assert suggest([], np.zeros((0, 3)), 5) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 0}, "'n' parameter must be a whole number from 1. Got 0"),
        ({"strategy": "best"}, "'strategy' parameter must be one of margin"),
        ({"evaluate_share": 1.5}, "'evaluate_share' parameter must be from 0 to 1"),
        ({"probabilities": np.zeros((3, 2))}, "an array of 2 rows"),
    ],
)
def test_wrong_arguments(arguments: dict[str, Any], message: str) -> None:
    """The message names parameter, requirement and value."""
    given_: dict[str, Any] = {
        "texts": ["甲", "乙"],
        "probabilities": probabilities(2),
        "n": 1,
    } | arguments
    with pytest.raises(InputError, match=message):
        suggest(**given_)


def test_the_default_is_what_the_simulation_found_best() -> None:
    """No other strategy has a higher mean macro-F1 over both settings of the benchmark."""
    from policyclf.sampling import DEFAULT  # noqa: PLC0415

    report = json.loads((RESULTS / "active-learning.json").read_text(encoding="utf-8"))
    means = {
        strategy: np.mean(
            [r["figures"]["written"] for r in report["results"] if r["strategy"] == strategy]
        )
        for strategy in STRATEGIES
    }
    assert max(means, key=lambda strategy: means[strategy]) == DEFAULT


@pytest.mark.parametrize("page", ["auditing.md", "auditing.zh-CN.md"])
def test_pages_show_what_was_simulated(page: str) -> None:
    """The table of strategies has the benchmark's means and lengths."""
    report = json.loads((RESULTS / "active-learning.json").read_text(encoding="utf-8"))
    text = (Path(__file__).parents[1] / "docs" / page).read_text(encoding="utf-8")
    for strategy in STRATEGIES:
        of_strategy = [r for r in report["results"] if r["strategy"] == strategy]
        assert [r["setting"] for r in of_strategy] == ["with the lexicon", "without a lexicon"]
        means = [f"{np.mean(np.array(r['figures']['written'])[:, 1:]):.3f}" for r in of_strategy]
        length = f"{np.mean([r['characters'] for r in of_strategy]):.0f}"
        (row,) = re.findall(rf"^\| `{strategy}` \|.*$", text, re.MULTILINE)
        assert [cell.strip() for cell in row.split("|")[3:6]] == [*means, length]
