"""What a model has to beat, worked by hand."""

from __future__ import annotations

from policyclf.baselines import dictionary, majority
from policyclf.features import LexiconBlock, Segment
from policyclf.lexicon import Lexicon

BLOCK = LexiconBlock.of(
    Lexicon.from_rows(
        [
            ("finance", "信贷", 3),
            ("talent", "人才", 2),
            ("talent", "培训", 2),
            ("ecology", "绿化", 2),
        ]
    ),
    ["text", "previous"],
    [0.3, 0.1],
)


def test_majority_gives_the_most_frequent_label() -> None:
    """Every segment has the label that training has most."""
    assert majority({"finance": 2, "talent": 5, "ecology": 1}, 3) == ["talent"] * 3


def test_majority_of_equals_is_the_same_every_time() -> None:
    """Two labels of one frequency are told apart by name, not by their order."""
    assert majority({"a": 2, "b": 2}, 1) == majority({"b": 2, "a": 2}, 1)


def test_dictionary_adds_up_weights() -> None:
    """Two terms of weight 2 beat one of weight 3."""
    segments = [Segment("信贷支持人才。"), Segment("信贷支持人才培训。"), Segment("绿化造林。")]
    assert dictionary(BLOCK, segments, "other") == ["finance", "talent", "ecology"]


def test_dictionary_falls_back_where_no_term_occurs() -> None:
    """A segment without a term has the label it is told."""
    assert dictionary(BLOCK, [Segment("天气晴。"), Segment("")], "talent") == ["talent"] * 2


def test_dictionary_takes_the_first_label_of_equals() -> None:
    """Of labels with the same weight, the first by name is given."""
    assert dictionary(BLOCK, [Segment("人才与绿化。")], "other") == ["ecology"]


def test_dictionary_does_not_look_at_context() -> None:
    """A term in the segment before does not count."""
    assert dictionary(BLOCK, [Segment("如下。", previous="扩大信贷。")], "other") == ["other"]
