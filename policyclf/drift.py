"""How far text is from what a model knows, group by group.

Three things move apart from one another: the wording (bigrams that training never met),
the model's sureness (confidence, share unsure), and what the text is about (shares of
labels). None of them is accuracy: of 92 real documents with hand-coded sentences, neither
the rate of unknown bigrams nor the mean confidence told those apart that the shipped model
labelled better (rank correlations 0.02 and 0.09). What they tell is text of another kind.

Distances between shares are total variation and Jensen-Shannon divergence (Lin, Divergence
Measures Based on the Shannon Entropy, 1991).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from statistics import median
from typing import Any, Self

import numpy as np

from policyclf.decision import Decision
from policyclf.exceptions import InputError
from policyclf.features.rows import Floats
from policyclf.labeling import Labeler
from policyclf.spans import LabelledSentence
from policyclf.vocabulary import bigrams, known_bigrams

UNKNOWN_LIMIT = 0.3
"""Over this rate of unknown bigrams a group is warned of. Measured with the shipped model:
at most 0.28 in 92 real policy documents (the median 0.09), 0.32 in hotel reviews, 0.45 in
news headlines (``benchmarks/quality/auditing.py``). A model of one's own that has seen less
text knows fewer bigrams of any text."""

UNSURE_LIMIT = 0.34
"""Over this share of unsure sentences a group is warned of. In the same measurement: at most
0.20 in real policy documents (the median 0.03), 0.59 in hotel reviews, 0.47 in news
headlines."""

_FEWEST_GROUPS = 5
_FEWEST_SEGMENTS = 30  # in fewer, a handful of unsure ones is a large share
_SPREADS = 3.0
_LEAST_SPREAD = 0.01
_TO_SIGMA = 1.4826  # what makes the median deviation of normal data their standard deviation


@dataclass(frozen=True, slots=True)
class GroupDrift:
    """What was found in one group of documents.

    Parameters
    ----------
    group : str
        Its name.
    n_documents, n_segments : int
        How much of it there is.
    unknown : float or None
        The rate of character bigrams that the model does not know; None if it knows none
        or there are none.
    confidence : float
        The mean probability of the primary label.
    unsure : float
        The share of segments that are unsure.
    shares : dict of str to float
        The share of each primary label.
    shift : float
        Total variation between these shares and those of all groups together.
    shift_by_chance : float
        What the shift would be on average if as many segments were drawn from all, each
        for itself. Segments of one document are alike, so it is rather more.
    divergence : float
        Jensen-Shannon divergence from all groups together, in bits.
    from_training : float or None
        Total variation from the shares in the training corpus.
    warnings : tuple of str
        What speaks against relying on the model here.
    """

    group: str
    n_documents: int
    n_segments: int
    unknown: float | None
    confidence: float
    unsure: float
    shares: Mapping[str, float]
    shift: float
    shift_by_chance: float
    divergence: float
    from_training: float | None
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Lay it out as plain values, rounded to four digits."""
        plain = asdict(self)
        plain["shares"] = {label: round(share, 4) for label, share in self.shares.items()}
        return {k: round(v, 4) if isinstance(v, float) else v for k, v in plain.items()}


@dataclass(slots=True)
class _Tally:
    """What is counted of a group."""

    n_documents: int = 0
    n_segments: int = 0
    bigrams: int = 0
    unknown: int = 0
    confidence: float = 0.0
    unsure: int = 0
    labels: Counter[str] = field(default_factory=Counter)

    def __iadd__(self, other: _Tally) -> Self:
        self.n_documents += other.n_documents
        self.n_segments += other.n_segments
        self.bigrams += other.bigrams
        self.unknown += other.unknown
        self.confidence += other.confidence
        self.unsure += other.unsure
        self.labels += other.labels
        return self


class DriftMeter:
    """Takes labelled documents one by one, and compares their groups.

    Parameters
    ----------
    labeler : Labeler
        The model that labelled them.

    Examples
    --------
    >>> import policyclf
    >>> labeler = policyclf.load()
    >>> meter = DriftMeter(labeler)
    >>> for year, text in (("2023", "全力招商引资。"), ("2024", "ᠮᠣᠩᠭᠣᠯ ᠪᠢᠴᠢᠭ")):
    ...     sentences = labeler.label(text)
    ...     meter.add(year, [s.text for s in sentences], sentences)
    >>> [(found.group, found.unknown) for found in meter.groups()]
    [('2023', 0.0), ('2024', 1.0)]
    """

    def __init__(self, labeler: Labeler) -> None:
        self._labels = labeler.labels
        self._known = known_bigrams(labeler.bundle.model)
        self._training = dict(labeler.bundle.provenance.get("label_counts", {}))
        self._tallies: dict[str, _Tally] = {}

    def add(
        self, group: str, texts: Sequence[str], decisions: Sequence[Decision | LabelledSentence]
    ) -> None:
        """Count a document.

        Parameters
        ----------
        group : str
            The group it belongs to.
        texts : sequence of str, length n
            Its segments.
        decisions : sequence of Decision or LabelledSentence, length n
            What the model made of them.

        Raises
        ------
        InputError
            If there is not one decision a text.
        """
        if len(texts) != len(decisions):
            raise InputError(f"There are {len(texts)} texts and {len(decisions)} decisions.")
        found = [gram for text in texts for gram in bigrams(text)]
        tally = self._tallies.setdefault(group, _Tally())
        tally += _Tally(
            1,
            len(texts),
            len(found),
            sum(gram not in self._known for gram in found),
            sum(decision.confidence for decision in decisions),
            sum(decision.unsure for decision in decisions),
            Counter(decision.label for decision in decisions),
        )

    def groups(self) -> list[GroupDrift]:
        """Compare the groups with one another and with what the model was trained on.

        Returns
        -------
        list of GroupDrift
            In the order of their names. A group without segments is left out.
        """
        tallies = {name: t for name, t in sorted(self._tallies.items()) if t.n_segments}
        whole = _Tally()
        for tally in tallies.values():
            whole += tally
        return _with_outliers([self._compare(name, t, whole) for name, t in tallies.items()])

    def whole(self) -> GroupDrift | None:
        """Take all groups for one.

        Returns
        -------
        GroupDrift or None
            Called ``all``; None if nothing was counted.
        """
        whole = _Tally()
        for tally in self._tallies.values():
            whole += tally
        return self._compare("all", whole, whole) if whole.n_segments else None

    def _compare(self, name: str, tally: _Tally, whole: _Tally) -> GroupDrift:
        n = tally.n_segments
        shares, overall = self._shares(tally.labels), self._shares(whole.labels)
        trained = self._shares(self._training) if self._training else None
        unknown = tally.unknown / tally.bigrams if self._known and tally.bigrams else None
        unsure = tally.unsure / n
        warnings = []
        if unknown is not None and unknown > UNKNOWN_LIMIT:
            warnings.append(f"{unknown:.0%} of its bigrams are unknown to the model")
        if unsure > UNSURE_LIMIT and n >= _FEWEST_SEGMENTS:
            warnings.append(f"the model is unsure of {unsure:.0%} of its sentences")
        return GroupDrift(
            name,
            tally.n_documents,
            n,
            unknown,
            tally.confidence / n,
            unsure,
            dict(zip(self._labels, shares.tolist(), strict=True)),
            total_variation(shares, overall),
            float(np.sqrt(2 * overall * (1 - overall) / (np.pi * n)).sum() / 2),
            jensen_shannon(shares, overall),
            None if trained is None else total_variation(shares, trained),
            tuple(warnings),
        )

    def _shares(self, counts: Mapping[str, int]) -> Floats:
        found = np.array([counts.get(label, 0) for label in self._labels], np.float64)
        shares: Floats = found / max(found.sum(), 1)
        return shares


def total_variation(first: Floats, second: Floats) -> float:
    """Measure the distance of two distributions: the share that would have to move.

    Parameters
    ----------
    first, second : ndarray, shape (n,)
        Shares.

    Returns
    -------
    float
        From 0, the same, to 1, nothing in common.

    Examples
    --------
    >>> total_variation(np.array([0.5, 0.5]), np.array([0.75, 0.25]))
    0.25
    """
    return float(np.abs(first - second).sum() / 2)


def jensen_shannon(first: Floats, second: Floats) -> float:
    """Measure the Jensen-Shannon divergence of two distributions.

    Parameters
    ----------
    first, second : ndarray, shape (n,)
        Shares.

    Returns
    -------
    float
        In bits, from 0 to 1.

    Examples
    --------
    >>> jensen_shannon(np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    1.0
    """
    middle = (first + second) / 2

    def to_middle(shares: Floats) -> float:
        some = shares > 0
        return float((shares[some] * np.log2(shares[some] / middle[some])).sum())

    return max((to_middle(first) + to_middle(second)) / 2, 0.0)


def _with_outliers(groups: list[GroupDrift]) -> list[GroupDrift]:
    """Warn of groups over the median of all by three (robust) standard deviations.

    The spread is the median absolute deviation (Leys et al., Detecting Outliers, 2013), one
    point at least; groups of few segments neither count nor are warned of.
    """
    apart: dict[str, list[str]] = {group.group: list(group.warnings) for group in groups}
    large = [group for group in groups if group.n_segments >= _FEWEST_SEGMENTS]
    for what, values in (
        ("unknown bigrams", {g.group: g.unknown for g in large if g.unknown is not None}),
        ("unsure sentences", {g.group: g.unsure for g in large}),
    ):
        if len(values) < _FEWEST_GROUPS:
            continue
        middle = median(values.values())
        spread = median(abs(value - middle) for value in values.values())
        limit = middle + _SPREADS * max(_TO_SIGMA * spread, _LEAST_SPREAD)
        for name, value in values.items():
            if value > limit:
                apart[name].append(f"{value:.0%} {what}, the median of the groups is {middle:.0%}")
    return [replace(group, warnings=tuple(apart[group.group])) for group in groups]
