"""Near-duplicates are found as comparing all pairs finds them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyclf.duplicates import GRAM, NearDuplicate, near_duplicates
from policyclf.exceptions import InputError
from policyclf.normalization import normalized


def shingles(text: str) -> set[str]:
    bare = re.sub(r"[^\u3400-\u9fff0-9A-Za-z]", "", normalized(text)).lower()
    return {bare[k : k + GRAM] for k in range(max(len(bare) - GRAM, 0) + 1)} - {""}


def naive(texts: list[str], among: list[str] | None, least: float) -> list[NearDuplicate]:
    found = []
    for place, text in enumerate(texts):
        own = shingles(text)
        best: tuple[float, int] | None = None
        for other, candidate in enumerate(texts[:place] if among is None else among):
            theirs = shingles(candidate)
            union = own | theirs
            alike = len(own & theirs) / len(union) if union else 0.0
            if own and alike >= least and (best is None or alike > best[0]):
                best = alike, other
        if best is not None:
            found.append(NearDuplicate(place, best[1], best[0]))
    return found


texts_of_few_letters = st.lists(st.text("甲乙，", max_size=14), max_size=12)


@given(
    texts=texts_of_few_letters,
    among=st.none() | texts_of_few_letters,
    least=st.sampled_from([0.3, 0.5, 0.8, 1.0]),
)
def test_finds_what_all_pairs_have(texts: list[str], among: list[str] | None, least: float) -> None:
    """The index misses nothing and adds nothing, at any similarity."""
    assert near_duplicates(texts, among, similarity=least) == naive(texts, among, least)


def test_script_width_and_punctuation_do_not_matter() -> None:
    """Cleaning comes first."""
    pairs = near_duplicates(["優化營商環境，激發活力！"], ["优化营商环境激发活力"])
    assert pairs == [NearDuplicate(0, 0, 1.0)]


def test_many_equal_texts_cost_no_more_than_one() -> None:
    """Boilerplate that stands ten thousand times is found without comparing each with each."""
    boilerplate = "本办法自印发之日起施行，有效期五年。"
    found = near_duplicates([boilerplate] * 10_000, [boilerplate + "（完）"] * 10_000)
    assert len(found) == 10_000
    assert {pair.other for pair in found} == {0}


def test_similarity_must_be_a_share() -> None:
    """Zero would make everything alike."""
    with pytest.raises(InputError, match="'similarity' parameter"):
        near_duplicates(["甲"], similarity=0)
