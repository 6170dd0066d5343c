"""What every block of features promises."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyclf.features import (
    BLOCKS,
    Batch,
    Block,
    CharacterBlock,
    LexiconBlock,
    Rows,
    Segment,
    WordBlock,
)
from policyclf.features.strings import pack, unpack
from policyclf.lexicon import Lexicon
from strategies import any_text

LEARNT = [
    "优化营商环境，推进“放管服”改革。",
    "加大引才力度，引进博士100名。",
    "信贷支持小微企业，GDP增长6.5%。",
    "𠮷水县推进园区建设。",
]
SEGMENTS = [
    Segment("优化营商环境。", "加大引才力度", "一、营商环境", "关于优化营商环境的意见"),
    Segment("", "优化营商环境。", "", "引才"),
    Segment("引才引才，引进博士。"),
    Segment("从未见过䶮䶮。"),
    Segment("优化营商环境。", heading="信贷"),
    Segment("優化營商環境。"),
    Segment("GDP增长\n６.５％，信贷支持𠮷水县小微企业。", title="园区建设"),
]


def make_blocks() -> list[Block]:
    """Make one block of each kind."""
    segments = [Segment(text) for text in LEARNT]
    lexicon = Lexicon.from_rows(
        [("business", "营商环境", 3), ("talent", "引才", 3), ("finance", "信贷", 2)]
    )
    return [
        CharacterBlock.learn(segments, ngram_range=(1, 3), min_df=1, max_features=None),
        WordBlock.learn(
            segments, ngram_range=(1, 2), min_df=1, max_features=None, terms=["营商环境", "放管服"]
        ),
        LexiconBlock.of(lexicon, ["text", "previous", "title"], [0.5, 0.25, 0.1]),
    ]


@pytest.fixture(scope="module", params=make_blocks(), ids=lambda block: block.name)
def block(request: pytest.FixtureRequest) -> Block:
    """Each kind of block in turn."""
    made: Block = request.param
    return made


def assert_same(found: Rows, expected: Rows, places: Sequence[int] | None = None) -> None:
    """Check that rows are the very same as some of others."""
    if places is not None:
        expected = expected.take(np.array(places, np.int64))
    assert found.n_columns == expected.n_columns
    np.testing.assert_array_equal(found.starts, expected.starts)
    np.testing.assert_array_equal(found.columns, expected.columns)
    np.testing.assert_array_equal(found.values, expected.values)


def test_kinds(block: Block) -> None:
    """Is known by its name, and has a name for each of its columns."""
    assert BLOCKS[block.name] is type(block)
    names = block.column_names()
    assert len(names) == len(set(names)) == block.n_columns > 0
    rows = block.rows(Batch(SEGMENTS))
    assert len(rows) == len(SEGMENTS)
    assert rows.n_columns == block.n_columns
    assert len(rows.columns)


def test_one_by_one(block: Block) -> None:
    """Gives a segment the very same row alone as in a batch."""
    together = block.rows(Batch(SEGMENTS))
    for place, segment in enumerate(SEGMENTS):
        assert_same(block.rows(Batch([segment])), together, [place])


@given(places=st.lists(st.integers(0, len(SEGMENTS) - 1), max_size=12))
def test_any_order(block: Block, places: list[int]) -> None:
    """Gives the very same rows in any order, and of segments that come again."""
    together = block.rows(Batch(SEGMENTS))
    assert_same(block.rows(Batch([SEGMENTS[place] for place in places])), together, places)


def test_columns_are_in_order(block: Block) -> None:
    """Has the entries of a row in the order of their columns, each column once."""
    rows = block.rows(Batch(SEGMENTS))
    for start, end in zip(rows.starts, rows.starts[1:], strict=False):
        assert np.all(np.diff(rows.columns[start:end]) > 0)


def test_round_trip(block: Block) -> None:
    """Comes back from its state, of JSON and arrays without objects, with the very same rows."""
    parameters, arrays = block.state()
    assert not any(array.dtype.hasobject for array in arrays.values())
    again = type(block).from_state(json.loads(json.dumps(parameters)), arrays)
    assert_same(again.rows(Batch(SEGMENTS)), block.rows(Batch(SEGMENTS)))
    assert again.column_names() == block.column_names()
    parameters_again, arrays_again = again.state()
    assert parameters_again == parameters
    assert set(arrays_again) == set(arrays)
    for name, array in arrays.items():
        assert arrays_again[name].dtype == array.dtype
        np.testing.assert_array_equal(arrays_again[name], array)


def test_learning_is_deterministic() -> None:
    """Learns the very same block from the same texts in another order."""
    for first, second in zip(make_blocks(), make_blocks(), strict=True):
        for name, array in first.state()[1].items():
            np.testing.assert_array_equal(second.state()[1][name], array)
    forth = [Segment(text) for text in LEARNT]
    for max_features in (None, 20):
        blocks = [
            CharacterBlock.learn(order, ngram_range=(1, 2), min_df=1, max_features=max_features)
            for order in (forth, forth[::-1])
        ]
        assert blocks[0].column_names() == blocks[1].column_names()
        np.testing.assert_array_equal(blocks[0].tfidf.idf, blocks[1].tfidf.idf)


def test_no_segments(block: Block) -> None:
    """Gives no rows for no segments."""
    rows = block.rows(Batch([]))
    assert len(rows) == 0
    assert rows.n_columns == block.n_columns


@given(st.lists(any_text.map(lambda text: text.replace("\n", "") + "."), max_size=8))
def test_packed_texts(texts: list[str]) -> None:
    """Packs any texts without line ends into bytes and back."""
    assert unpack(pack(texts)) == texts
