"""A batch holds each cleaned text once, and knows where each field of a segment is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyclf.exceptions import InputError
from policyclf.features.batch import CONTEXT, Batch, Segment, as_segments
from policyclf.normalization import normalized
from strategies import any_text

some_text = st.one_of(any_text, st.sampled_from(["", "招商", "招 商", "引资", "２个", "1个"]))
segments = st.lists(st.builds(Segment, some_text, some_text, some_text, some_text), max_size=6)


@given(segments)
def test_batch(given_segments: list[Segment]) -> None:
    """Leads from every field of every segment to its cleaned text; holds each source once."""
    batch = Batch(given_segments)
    assert batch.n_segments == len(given_segments)
    assert len(batch.texts) == len({text for segment in given_segments for text in segment})
    for field in ("text", *CONTEXT):
        found = [batch.texts[place] for place in batch.places(field)]
        assert found == [normalized(getattr(segment, field)) for segment in given_segments]


@given(segments)
def test_codepoints(given_segments: list[Segment]) -> None:
    """Holds the code points of all texts with a line end behind each, and whose each one is."""
    batch = Batch(given_segments)
    joined = "".join(text + "\n" for text in batch.texts)
    assert batch.codepoints.tolist() == [ord(character) for character in joined]
    owners = [place for place, text in enumerate(batch.texts) for _ in text + "\n"]
    assert batch.owners.tolist() == owners


def test_neighbours_are_held_once() -> None:
    """A segment that is the next one's previous is cleaned once."""
    batch = Batch([Segment("招 商"), Segment("引資", previous="招 商")])
    assert batch.texts == ["招商", "引资", ""]
    assert batch.places("previous").tolist() == [2, 0]


def test_empty() -> None:
    """Holds nothing if there is nothing."""
    batch = Batch([])
    assert (batch.n_segments, batch.texts) == (0, [])
    assert batch.codepoints.tolist() == batch.owners.tolist() == []
    for field in ("text", *CONTEXT):
        places = batch.places(field)
        assert places.tolist() == []
        assert places.dtype == np.int64


def test_texts_alone() -> None:
    """Gives texts without documents no context."""
    assert as_segments(["甲", "乙"]) == [Segment("甲"), Segment("乙")]
    assert as_segments(text for text in ("甲",)) == [Segment("甲")]
    assert as_segments([]) == []
    assert as_segments([], []) == []


def test_texts_of_documents() -> None:
    """Gives texts of documents their title, heading and predecessor, of the same document only."""
    texts = [
        "关于促进就业的意见",
        "各县区要抓好落实。",
        "一、总体要求",
        "坚持稳中求进。",
        "（一）加大引才力度",
        "引进博士。",
        "推进信贷支持。",
        "一、总体要求",
        "落实奖补资金。",
    ]
    found = as_segments(texts, ["d1"] * 6 + ["d2"] * 3)
    assert [segment.text for segment in found] == texts
    assert [segment.previous for segment in found] == ["", *texts[:5], "", *texts[6:8]]
    assert [segment.title for segment in found] == [texts[0]] * 6 + [""] * 3
    assert [segment.heading for segment in found] == [
        "",
        "",
        "",
        texts[2],
        texts[2],
        texts[4],
        "",
        "",
        texts[7],
    ]


def test_document_that_returns() -> None:
    """Takes a document that comes again after another for a new one."""
    with pytest.warns(UserWarning, match="not all in a row"):
        found = as_segments(["甲。", "乙。", "丙。"], [1, 2, 1])
    assert [segment.previous for segment in found] == ["", "", ""]


def test_segments_stay() -> None:
    """Leaves segments with the context they have."""
    given_segments = [Segment("甲", "乙", "丙", "丁"), Segment("戊")]
    assert as_segments(given_segments) == given_segments
    assert as_segments(given_segments, [1, 1]) == given_segments


@pytest.mark.parametrize(
    ("items", "doc_ids", "message"),
    [
        ("优化营商环境", None, "Needs a list of texts. Got one text: put it into a list"),
        (["甲", None], None, "Needs texts or segments. Got NoneType at place 1: None"),
        (["甲", 3], None, "Needs texts or segments. Got int at place 1: 3"),
        ([b"\xe7"], None, r"Needs texts or segments. Got bytes at place 0"),
        ([("甲", "", "", "")], None, "Needs texts or segments. Got tuple at place 0"),
        (["甲", Segment("乙")], None, "Needs either texts or segments. Got both"),
        (["甲", "乙"], [1], "There are 2 texts and 1 doc_ids"),
        ([Segment("甲")], [], "There are 1 texts and 0 doc_ids"),
    ],
)
def test_errors(items: Any, doc_ids: Any, message: str) -> None:
    """Says what is needed, and shows what it got and where."""
    with pytest.raises(InputError, match=f"^{message}"):
        as_segments(items, doc_ids)


def test_documents_in_pieces_are_warned_of() -> None:
    """Whose texts are mixed up learns it; what cannot be looked up is let be."""
    with pytest.warns(UserWarning, match="the texts of 1 are not all in a row: .* place 2"):
        as_segments(["甲", "乙", "丙"], doc_ids=[1, 2, 1])
    as_segments(["甲", "乙", "丙"], doc_ids=[1, 1, 2])
    as_segments(["甲", "乙", "丙"], doc_ids=[[1], [2], [1]])
