"""Distances are those of scipy, counts those done by hand, warnings where text is foreign."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

import tiny
from policyclf.corpus import Corpus
from policyclf.decision import Decision
from policyclf.drift import UNKNOWN_LIMIT, DriftMeter, GroupDrift, jensen_shannon, total_variation
from policyclf.exceptions import InputError
from policyclf.labeling import Labeler
from policyclf.training import TrainingData, train

FOREIGN = "房间隔音很差，早餐种类少，前台态度冷淡。"
FAMILIAR = [text for sentences in tiny.SENTENCES.values() for _, text in sentences]

counts = st.lists(st.integers(0, 9), min_size=4, max_size=4).filter(any)


def shares(found: list[int]) -> np.ndarray:
    return np.array(found) / sum(found)


def given_(label: str, confidence: float = 0.9, *, unsure: bool = False) -> Decision:
    return Decision(label, (label,), confidence, unsure)


@given(counts, counts)
def test_divergence_is_scipys(first: list[int], second: list[int]) -> None:
    """Jensen-Shannon divergence in bits is the square of scipy's distance to base 2."""
    a, b = shares(first), shares(second)
    assert jensen_shannon(a, b) == pytest.approx(jensenshannon(a, b, base=2) ** 2, abs=1e-9)
    assert 0 <= jensen_shannon(a, b) <= 1 + 1e-9


@given(counts, counts, counts)
def test_total_variation_is_a_distance(a: list[int], b: list[int], c: list[int]) -> None:
    """Symmetric, zero for the same, at most one, and no detour is shorter."""
    x, y, z = shares(a), shares(b), shares(c)
    assert total_variation(x, x) == 0
    assert total_variation(x, y) == total_variation(y, x) <= 1 + 1e-9
    assert total_variation(x, z) <= total_variation(x, y) + total_variation(y, z) + 1e-9


def test_worked_example(tiny_labeler: Labeler) -> None:
    """Counts, rates, shares and shifts of two groups, by hand."""
    meter = DriftMeter(tiny_labeler)
    meter.add("2020", ["人才引进", "人才"], [given_("talent"), given_("talent", 0.5)])
    meter.add("2021", ["龘龘龘"], [given_("finance", 0.4, unsure=True)])
    meter.add("2021", ["人才"], [given_("talent", 0.6)])
    first, second = meter.groups()
    assert (first.group, first.n_documents, first.n_segments) == ("2020", 1, 2)
    assert (second.group, second.n_documents, second.n_segments) == ("2021", 2, 2)
    assert (first.unknown, first.unsure) == (0, 0)
    assert first.confidence == pytest.approx(0.7)
    assert second.unknown == pytest.approx(2 / 3)  # 龘龘 twice, 人才 once
    assert second.unsure == 0.5
    assert second.confidence == pytest.approx(0.5)
    assert second.shares == {"ecology": 0, "environment": 0, "finance": 0.5, "talent": 0.5}
    assert first.shift == second.shift == pytest.approx(0.25)  # from a quarter and three
    # Twice sqrt(2 * 3/16 / (pi * 2)), halved.
    assert first.shift_by_chance == pytest.approx((3 / 16 / np.pi) ** 0.5)
    trained = {"talent": 16, "finance": 15, "environment": 15, "ecology": 14}
    assert sum(trained.values()) == 60
    assert first.from_training == pytest.approx(1 - 16 / 60)
    whole = meter.whole()
    assert whole is not None
    assert (whole.n_documents, whole.n_segments, whole.shift) == (3, 4, 0)


def test_shift_by_chance_is_what_draws_give(tiny_labeler: Labeler) -> None:
    """Drawn from the same shares, groups shift about as far as is said."""
    generator = np.random.default_rng(0)
    meter = DriftMeter(tiny_labeler)
    labels = tiny_labeler.labels
    for group in range(40):
        drawn = generator.choice(4, 60, p=[0.4, 0.3, 0.2, 0.1])
        meter.add(f"{group:02}", ["人才"] * 60, [given_(labels[k]) for k in drawn])
    groups = meter.groups()
    found = np.mean([group.shift for group in groups])
    assert found == pytest.approx(groups[0].shift_by_chance, rel=0.15)


def test_foreign_text_is_warned_of(tiny_labeler: Labeler) -> None:
    """Text of another kind has warnings, the training text has none."""
    meter = DriftMeter(tiny_labeler)
    for group, texts in (("known", FAMILIAR), ("foreign", [FOREIGN] * 30)):
        decisions = [given_("talent", 0.3, unsure=group == "foreign")] * len(texts)
        meter.add(group, texts, decisions)
    foreign, known = meter.groups()
    assert known.warnings == ()
    assert [warning.split("%")[1] for warning in foreign.warnings] == [
        " of its bigrams are unknown to the model",
        " of its sentences",
    ]


def test_a_group_that_stands_apart_is_warned_of(tiny_labeler: Labeler) -> None:
    """Under every limit, and still over three deviations from the others' median."""
    meter = DriftMeter(tiny_labeler)
    for group in range(6):
        unsure = 8 if group == 5 else 1 + group % 2
        decisions = [given_("talent", unsure=place < unsure) for place in range(40)]
        meter.add(str(group), FAMILIAR[:40], decisions)
    *others, last = meter.groups()
    assert all(group.warnings == () for group in others)
    assert last.warnings == ("20% unsure sentences, the median of the groups is 4%",)


def test_few_sentences_or_groups_are_not_judged(tiny_labeler: Labeler) -> None:
    """A handful of unsure sentences, or four groups, tell nothing."""
    meter = DriftMeter(tiny_labeler)
    meter.add("few", FAMILIAR[:5], [given_("talent", 0.2, unsure=True)] * 5)
    for group in "abc":
        meter.add(group, FAMILIAR, [given_("talent")] * len(FAMILIAR))
    meter.add("d", FAMILIAR[:40], [given_("talent", unsure=place < 12) for place in range(40)])
    assert [group.warnings for group in meter.groups()] == [()] * 5


def test_a_model_without_bigrams_knows_no_rate(tiny_corpus: Corpus) -> None:
    """The rate is None, not one."""
    meter = DriftMeter(train(TrainingData(tiny_corpus), characters=(1, 1), min_df=1))
    meter.add("a", [FOREIGN], [given_("talent")])
    assert meter.groups()[0].unknown is None


def test_nothing_to_compare(tiny_labeler: Labeler) -> None:
    """Documents without sentences are no group; without any there is nothing."""
    meter = DriftMeter(tiny_labeler)
    meter.add("empty", [], [])
    assert meter.groups() == []
    assert meter.whole() is None


def test_one_decision_a_text(tiny_labeler: Labeler) -> None:
    """Anything else is an error that says how many there are."""
    with pytest.raises(InputError, match="2 texts and 1 decisions"):
        DriftMeter(tiny_labeler).add("a", ["一", "二"], [given_("talent")])


def test_to_dict_is_plain(tiny_labeler: Labeler) -> None:
    """It can be written as JSON, all fields with four digits."""
    meter = DriftMeter(tiny_labeler)
    meter.add("a", FAMILIAR[:7], tiny_labeler.decide(FAMILIAR[:7]))
    plain = json.loads(json.dumps(meter.groups()[0].to_dict(), allow_nan=False))
    assert list(plain) == list(GroupDrift.__dataclass_fields__)
    assert plain["confidence"] == round(plain["confidence"], 4)


def test_shipped_model_knows_its_own_kind_of_text(
    shipped: Labeler, corpus_texts: list[str]
) -> None:
    """Of written policy text hardly a bigram is unknown, of a hotel review many are."""
    meter = DriftMeter(shipped)
    for group, texts in (("policy", corpus_texts[:300]), ("review", [FOREIGN])):
        meter.add(group, texts, shipped.decide(texts))
    policy, review = meter.groups()
    assert policy.unknown is not None
    assert review.unknown is not None
    assert policy.unknown < 0.1
    assert review.unknown > UNKNOWN_LIMIT
    assert review.warnings
