"""Segments to feature rows: a model's blocks of features, side by side.

A block takes a :class:`~policyclf.features.batch.Batch` to
:class:`~policyclf.features.rows.Rows`. To add one, write its module with a class
like the others' (``name``, ``n_columns``, ``rows``, ``scorer``, ``occurrences``,
``column_names``, ``state``, ``from_state``) and put the class into ``BLOCKS``; the
bundle, the scorer and the estimator know blocks by that list alone.
"""

from __future__ import annotations

from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt

from policyclf.features.batch import (
    CONTEXT,
    Batch,
    Segment,
    as_segments,
    as_texts_or_segments,
    text_lengths,
)
from policyclf.features.characters import CharacterBlock
from policyclf.features.lexicon import LexiconBlock
from policyclf.features.occurrences import Occurrences
from policyclf.features.rows import Floats, Rows
from policyclf.features.words import WordBlock

__all__ = [
    "BLOCKS",
    "CONTEXT",
    "Batch",
    "Block",
    "CharacterBlock",
    "LexiconBlock",
    "Occurrences",
    "Rows",
    "Scorer",
    "Segment",
    "WordBlock",
    "as_segments",
    "as_texts_or_segments",
    "text_lengths",
]


class Scorer(Protocol):
    """A block and its weights, compiled."""

    def scores(self, batch: Batch) -> Floats:
        """Score the segments of a batch, shape (n_segments, n_labels)."""

    def score(self, segment: Segment) -> Floats:
        """Score one segment, cleaned already, shape (n_labels,).

        Nothing is built for it that takes long, so it is the way for few.
        """


class Block(Protocol):
    """What every block of features can do."""

    name: str

    @property
    def n_columns(self) -> int:
        """How many features there are."""

    def rows(self, batch: Batch) -> Rows:
        """Weigh the features of the segments of a batch."""

    def scorer(self, weights: npt.NDArray[np.floating]) -> Scorer:
        """Compile the block and its weights: scores as ``rows(batch).dot(weights)`` has them."""

    def occurrences(self, batch: Batch) -> list[Occurrences]:
        """Find where the features stand, field by field: every feature that `rows` weighs."""

    def column_names(self) -> list[str]:
        """Write out what each column stands for."""

    def state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return what the block is made of: plain parameters and arrays."""

    @classmethod
    def from_state(cls, parameters: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> Self:
        """Make a block of what `state` returned."""


BLOCKS: dict[str, type[Block]] = {
    block.name: block for block in (CharacterBlock, WordBlock, LexiconBlock)
}
