"""What a system gave to the segments of gold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from policyclf.corpus import Corpus
from policyclf.exceptions import InputError
from policyclf.features.rows import Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Labelling:
    """The labels that a system gave to segments, and how sure it was.

    Parameters
    ----------
    name : str
        What labelled.
    labels : sequence of str, length n
        The primary label of each segment.
    sets : sequence of sequence of str, length n, optional
        All labels of each segment, the primary one too. Without it, that one alone.
    confidence : ndarray, shape (n,), optional
        The probability of each primary label.
    probabilities : ndarray, shape (n, n_classes), optional
        The probability of every label.
    classes : tuple of str, length n_classes, default ()
        The labels of the columns of `probabilities`.

    Examples
    --------
    >>> Labelling("by hand", ["talent", "finance"]).take(np.array([1])).labels
    ['finance']
    """

    name: str
    labels: Sequence[str]
    sets: Sequence[Sequence[str]] | None = None
    confidence: Floats | None = None
    probabilities: Floats | None = None
    classes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, places: Ints) -> Labelling:
        """Keep some of the segments.

        Parameters
        ----------
        places : ndarray of int64
            Which, in which order.

        Returns
        -------
        Labelling
            Of those.
        """
        chosen = places.tolist()
        return Labelling(
            self.name,
            [self.labels[place] for place in chosen],
            None if self.sets is None else [self.sets[place] for place in chosen],
            None if self.confidence is None else self.confidence[places],
            None if self.probabilities is None else self.probabilities[places],
            self.classes,
        )

    def given(self) -> list[frozenset[str]]:
        """List all labels of each segment, as sets."""
        if self.sets is None:
            return [frozenset([label]) for label in self.labels]
        return [frozenset(labels) for labels in self.sets]

    def check(self, gold: Corpus) -> None:
        """See that it fits gold.

        Parameters
        ----------
        gold : Corpus
            The truth.

        Raises
        ------
        InputError
            If there is nothing to measure or the lengths differ.
        """
        n = len(gold)
        if len(self.labels) != n:
            raise InputError(f"gold has {n} segments. Got {len(self.labels)} labels.")
        if not n:
            raise InputError("gold is empty: there is nothing to measure.")
        for what, values in (
            ("confidences", self.confidence),
            ("rows of probabilities", self.probabilities),
            ("sets of labels", self.sets),
        ):
            if values is not None and len(values) != n:
                raise InputError(f"gold has {n} segments. Got {len(values)} {what}.")


def is_right(labelling: Labelling, gold: Corpus) -> Floats:
    """Say of each segment whether its primary label is gold's: 1 or 0."""
    pairs = zip(labelling.labels, gold.rows, strict=True)
    return np.array([float(label == row.label) for label, row in pairs])


def is_allowed(labelling: Labelling, gold: Corpus) -> Floats:
    """Say of each segment whether gold gives its primary label in any place: 1 or 0."""
    pairs = zip(labelling.labels, gold.rows, strict=True)
    return np.array([float(label in (*row.labels, *row.optional)) for label, row in pairs])
