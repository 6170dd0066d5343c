"""The linear model as arrays: segments to scores, without scikit-learn.

scikit-learn trains (see ``classifier.py``); what labels is this, which the
estimator itself uses to score, so that there is one way from text to score.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import count

import numpy as np
import numpy.typing as npt

from policyclf.features import Batch, Block, Scorer, Segment
from policyclf.features.rows import Floats
from policyclf.normalization import normalized

BATCH_SIZE = 256
"""Segments scored at once: enough to forget the overhead of a call, few enough that
the gathered weights (100 features of 18 labels each, in float64) stay in the cache: at
2,048 gathering and summing took twice as long."""


PATIENCE = 20
"""After so many single segments, 0.6 ms each, dictionaries are made that answer in a tenth
of that but take 0.1 s to make."""


@dataclass(frozen=True, eq=False)
class LinearModel:
    """Blocks of features and a weight for each feature and label.

    Parameters
    ----------
    labels : tuple of str
        The labels, in the order of the scores.
    blocks : tuple of Block
        What turns segments into features.
    weights : tuple of ndarray of float32, each of shape (n_columns, n_labels)
        One array a block.
    intercept : ndarray of float64, shape (n_labels,)
        The scores of a segment that has no feature.
    """

    labels: tuple[str, ...]
    blocks: tuple[Block, ...]
    weights: tuple[npt.NDArray[np.float32], ...]
    intercept: Floats

    def scores(self, segments: Sequence[Segment], *, jobs: int = 1) -> Floats:
        """Score segments.

        Parameters
        ----------
        segments : sequence of Segment
            Segments with their context.
        jobs : int, default 1
            Threads that share the work: numpy does most of it, and lets the others run.

        Returns
        -------
        ndarray of float64, shape (n_segments, n_labels)
            Signed distances; a segment's do not depend on the others, but for rounding.
        """
        if len(segments) == 1 and next(self._singles) >= PATIENCE:
            return self._score_one(segments[0])
        scores = np.tile(self.intercept, (len(segments), 1))

        def score(start: int) -> None:
            batch = Batch(segments[start : start + BATCH_SIZE])
            for scorer in self.scorers:
                scores[start : start + BATCH_SIZE] += scorer.scores(batch)

        starts = range(0, len(segments), BATCH_SIZE)
        if jobs > 1 and len(starts) > 1:
            with ThreadPoolExecutor(jobs) as pool:
                list(pool.map(score, starts))
        else:
            for start in starts:
                score(start)
        return scores

    def _score_one(self, segment: Segment) -> Floats:
        cleaned = Segment(*(normalized(field) if field else "" for field in segment))
        scores = self.intercept.copy()
        for scorer in self.scorers:
            scores += scorer.score_one(cleaned)
        return scores[None]

    @cached_property
    def _singles(self) -> Iterator[int]:
        """Counts how often a single segment was scored."""
        return count()

    @cached_property
    def scorers(self) -> tuple[Scorer, ...]:
        """The blocks and their weights, compiled when first needed."""
        pairs = zip(self.blocks, self.weights, strict=True)
        return tuple(block.scorer(weights) for block, weights in pairs)
