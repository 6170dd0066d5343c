"""The linear model as arrays: segments to scores, without scikit-learn.

scikit-learn trains (see ``classifier.py``); what labels is this, which the
estimator itself uses to score. Few segments go one by one, many in batches, through the same
scorers, which give the same to rounding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from policyclf.exceptions import InputError
from policyclf.features import Batch, Block, Scorer, Segment, text_lengths
from policyclf.features.rows import Floats
from policyclf.normalization import normalized

BATCH_SIZE = 4096
"""Segments scored at once. Of 250 calls of numpy a batch none may take longer to make than
to do: with 256 segments all took twice as long."""

_BATCH_LENGTH = 400_000
"""Characters scored at once, unless one text alone has more: what bounds the memory."""

FEW = 32
"""So many segments at most are scored one by one: laying out a batch takes as long as some of
them, and building what numpy scores batches with as long as a thousand. The way depends on
nothing else, so that equal calls give equal bytes."""


@dataclass(frozen=True, eq=False)
class LinearModel:
    """Blocks of features and a weight for each feature and label.

    Parameters
    ----------
    labels : tuple of str
        The labels, in the order of the scores.
    blocks : tuple of Block
        What turns segments into features.
    weights : tuple of ndarray of floats, each of shape (n_columns, n_labels)
        One array a block.
    intercept : ndarray of float64, shape (n_labels,)
        The scores of a segment that has no feature.
    """

    labels: tuple[str, ...]
    blocks: tuple[Block, ...]
    weights: tuple[npt.NDArray[np.floating], ...]
    intercept: Floats

    def scores(self, segments: Sequence[Segment] | Sequence[str], *, jobs: int = 1) -> Floats:
        """Score segments.

        Parameters
        ----------
        segments : sequence of Segment or of str
            Segments with their context, or texts that stand alone.
        jobs : int, default 1
            Threads that share the work: compiled loops do most of it, and let others run.

        Returns
        -------
        ndarray of float64, shape (n_segments, n_labels)
            Signed distances; a segment's do not depend on the others, but for rounding.

        Raises
        ------
        InputError
            If there is to be no thread.
        """
        if jobs < 1:
            raise InputError(f"The 'jobs' parameter must be a whole number from 1. Got {jobs!r}.")
        if len(segments) <= FEW:
            return self._one_by_one(segments)
        scores = np.tile(self.intercept, (len(segments), 1))

        def score(batch: range) -> None:
            own = Batch(segments[batch.start : batch.stop])
            for scorer in self.scorers:
                scores[batch.start : batch.stop] += scorer.scores(own)

        batches = list(_batches(segments, min(BATCH_SIZE, -(-len(segments) // jobs) or 1)))
        if jobs > 1 and len(batches) > 1:
            from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  one thread does without

            for scorer in self.scorers:  # compiled before threads ask for it
                scorer.scores(Batch([""]))
            with ThreadPoolExecutor(jobs) as pool:
                list(pool.map(score, batches))
        else:
            for batch in batches:
                score(batch)
        return scores

    def __getstate__(self) -> dict[str, Any]:
        """Leave out of a pickle what is worked out when needed."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def _one_by_one(self, segments: Sequence[Segment] | Sequence[str]) -> Floats:
        scores = np.empty((len(segments), len(self.labels)))
        cleaned: dict[str, str] = {"": ""}  # the next one has this one as its context
        for place, segment in enumerate(segments):
            if isinstance(segment, str):
                clean = Segment(normalized(segment))
            else:
                for text in segment:
                    if text not in cleaned:
                        cleaned[text] = normalized(text)
                clean = Segment(*map(cleaned.__getitem__, segment))
            row = self.intercept
            for scorer in self.scorers:
                row = row + scorer.score(clean)
            scores[place] = row
        return scores

    @cached_property
    def scorers(self) -> tuple[Scorer, ...]:
        """The blocks and their weights, compiled when first needed."""
        pairs = zip(self.blocks, self.weights, strict=True)
        return tuple(block.scorer(weights) for block, weights in pairs)


def _batches(segments: Sequence[Segment] | Sequence[str], most: int) -> Iterator[range]:
    """Divide segments into stretches of at most so many, and not too many characters."""
    ends = np.cumsum(text_lengths(segments))
    start = done = 0
    while start < len(segments):
        fitting = int(np.searchsorted(ends, done + _BATCH_LENGTH, side="right"))
        stop = min(max(fitting, start + 1), start + most, len(segments))
        yield range(start, stop)
        start, done = stop, int(ends[stop - 1])
