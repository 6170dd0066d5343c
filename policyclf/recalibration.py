"""A model and a hand-coded sample to a model whose probabilities fit the sample's kind.

What is learned: the last step to reported probabilities, for sentences alone and for
those of documents (``posterior.py``), the conformity scores of label sets, and the
thresholds. The weights, the label chain and the slope of lengths stay. Whatever stood there
before is replaced: the step is learned on what comes out of the chain, not on top of an earlier
one. But where kinds of maps tie, the kind that training chose wins, and if it is Platt's, the
new one is held to that of training: a few hundred sentences tell less of it than training did.
Learned on half of the real documents and measured on the others, the log loss was nearly that of
training's map and less than that of a new one (0.604, against 0.601 and 0.613), and so was
the calibration error (0.041, against 0.038 and 0.050; mean of 100 halvings).
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from policyclf.bundle import Bundle
from policyclf.card import model_card
from policyclf.conformal import Conformity
from policyclf.corpus import Corpus
from policyclf.crossfitting import MIN_DOCUMENTS, MIN_SEGMENTS, cross_mapped, learned_map
from policyclf.decision import EVEN, Aim, DecisionRule
from policyclf.exceptions import CorpusError, ModelError
from policyclf.features import text_lengths
from policyclf.features.rows import Floats, Ints
from policyclf.labeling import Labeler
from policyclf.maps import UNCHANGED, Map, map_from, to_record
from policyclf.posterior import Recalibration
from policyclf.reliability import Reliability

FEW_SEGMENTS = 200
"""Under this there is a warning: with 200 the error of a share near three in four is 3
points, as large as what calibration leaves."""

_IN_SAMPLE = "chosen and measured on the same segments"
"""Of thresholds. Choosing them anew in every fold told less: of 25 samples of about 200 segments
of real text, where 95 % were to be right, 95.7 % were so in the sample, 94.7 % of the other
documents, and out of fold it said 88.2 %, from thresholds of fewer segments that differ more."""

RARE = 10
"""Further labels of fewer cases share one threshold."""


def recalibrate(
    labeler: Labeler,
    gold: Corpus,
    *,
    further: Aim = EVEN,
    precision: float | None = None,
) -> Labeler:
    """Fit a model's probabilities and thresholds to a hand-coded sample.

    Parameters
    ----------
    labeler : Labeler
        The model.
    gold : Corpus
        Segments that it was not trained on, a couple of hundred, documents whole or stretches
        of them; by sentences drawn one by one only those alone are calibrated. Labels from
        before a review to which a model pointed count, not those after it.
    further : Aim, default even
        What the thresholds of further labels are for.
    precision : float, optional
        How often the primary label shall be right where it is not unsure. Without it a
        label is unsure under one half.

    Returns
    -------
    Labeler
        A new model. The figures before and after, cross-validated by document, are in
        ``bundle.metrics["calibration"]`` and its card; of what they were learned is in
        ``bundle.provenance["calibrated_on"]``. How many labels are relied on, and how many
        of these are right, is not cross-validated: thresholds are chosen and measured on the
        same out-of-fold probabilities.

    Raises
    ------
    CorpusError
        If the sample is too small or has a label that the model has not.
    InputError
        If the precision is no share.
    ModelError
        If the model lacks what its card is written of.

    Warns
    -----
    UserWarning
        If the sample is small, most of it has no neighbours, or no confidence reaches the
        wanted precision.
    """
    gold = gold.unreviewed(labeler.labels)
    _check(labeler, gold)
    columns = {label: column for column, label in enumerate(labeler.labels)}
    truth = np.array([columns[label] for label in gold.primaries])
    _, documents = np.unique(gold.doc_ids, return_inverse=True)
    segments = gold.segments()
    posterior = labeler.bundle.posterior
    scores, lengths = labeler.bundle.model.scores(segments), text_lengths(segments)
    places = _places(gold)
    steps: dict[str, _Step] = {}
    held_to: dict[str, Any] = {}
    for place, doc_ids in places.items():
        last = posterior.last_step(doc_ids)
        raw = last.levelled(posterior.raw(scores, doc_ids), lengths)
        former = _of_training(labeler.bundle, place, last.map)
        held_to[place] = to_record(former)
        steps[place] = _Step.learn(last, raw, truth, documents, former)
    held_out = steps["document" if "document" in steps else "alone"].held_out
    beside = [[columns[x] for x in labels if x in columns] for labels in gold.further]
    rule = DecisionRule.learn(held_out, truth, beside, aim=further, precision=precision, least=RARE)
    relied = held_out.max(axis=1) >= rule.abstention
    right = held_out.argmax(axis=1) == truth
    if precision is not None and not relied.any():
        warnings.warn(
            f"no confidence is right {precision:.0%} of the time on this sample: every sentence "
            "will be unsure. Ask for less.",
            UserWarning,
            stacklevel=2,
        )
    size = {"n_segments": len(gold), "n_documents": len(np.unique(documents))}
    figures = {
        "what": "hand-coded sample, cross-validated with documents kept whole",
        **size,
        **{place: step.figures for place, step in steps.items()},
        "thresholds": {
            "what": _IN_SAMPLE,
            "further": str(further),
            "precision": precision,
            "abstention": rule.abstention,
            "relied_on": round(float(relied.mean()), 4),
            "right_where_relied_on": round(float(right[relied].mean()), 4)
            if relied.any()
            else None,
        },
    }
    bundle = labeler.bundle
    remade = replace(
        bundle,
        rule=rule,
        alone=steps["alone"].recalibration,
        document=steps["document"].recalibration if "document" in steps else bundle.document,
        provenance={
            **bundle.provenance,
            "calibrated_on": {**size, "sha256": gold.digest(), "held_to": held_to},
        },
        metrics={**bundle.metrics, "calibration": figures},
    )
    try:
        return Labeler(replace(remade, card=model_card(remade)))
    except (LookupError, TypeError, ValueError, AttributeError) as error:  # of a model from afar
        raise ModelError(
            f"the model does not say what it was made of ({error!r}), so that no card can be "
            "written. Train it again."
        ) from error


def _places(gold: Corpus) -> dict[str, list[tuple[str, int]] | None]:
    """Say what the sample has sentences of: those alone, and those of documents.

    One that was drawn sentence by sentence says nothing of what the label chain makes of
    neighbours: on such it would be learned that the chain's probabilities are not too sure.
    """
    stretches = gold.stretches()
    size = Counter(stretches)
    n_beside = sum(n for n in size.values() if n > 1)
    if n_beside < len(gold) / 2:
        warnings.warn(
            f"{len(gold) - n_beside} of {len(gold)} segments stand apart, with no other of their "
            "document beside them: calibrated are sentences that stand alone, not those of "
            "documents, as label gives them. Code stretches of five to ten in a row.",
            UserWarning,
            stacklevel=3,
        )
        return {"alone": None}
    return {"alone": None, "document": stretches}


def _of_training(bundle: Bundle, place: str, present: Map) -> Map:
    """Find the map that training chose: calibrating anew does not build on the last time."""
    earlier = bundle.provenance.get("calibrated_on")
    if earlier is None:
        return present
    try:
        return map_from(earlier["held_to"][place], len(bundle.model.labels))
    except (
        LookupError,
        TypeError,
        ModelError,
    ):  # calibrated before that was kept, or by somebody else
        return UNCHANGED


class _Step(NamedTuple):
    """A last step, what it gives out of fold, and how good that is."""

    recalibration: Recalibration
    held_out: Floats
    figures: Mapping[str, Any]

    @classmethod
    def learn(
        cls, last: Recalibration, raw: Floats, truth: Ints, documents: Ints, former: Map
    ) -> _Step:
        """Learn in place of the last step; the kind of map is chosen anew in every fold."""
        learn = partial(learned_map, former=former)
        held_out = cross_mapped(learn, raw, truth, documents, documents)
        chosen = learn(raw, truth, documents)
        figures = {
            "method": chosen.method,
            "before": _rounded(Reliability.of(last.map.adjusted(raw), truth)),
            "after": _rounded(Reliability.of(held_out, truth)),
        }
        made = replace(last, map=chosen, conformity=Conformity.learn(held_out, truth))
        return cls(made, held_out, figures)


def _check(labeler: Labeler, gold: Corpus) -> None:
    n, n_documents = len(gold), len(set(gold.doc_ids))
    if n < MIN_SEGMENTS or n_documents < MIN_DOCUMENTS:
        raise CorpusError(
            f"calibration needs at least {MIN_SEGMENTS} hand-coded segments of at least "
            f"{MIN_DOCUMENTS} documents. Got {n} of {n_documents}: of so few, one document "
            "decides what comes out. Code more; a couple of hundred is good."
        )
    if n < FEW_SEGMENTS:
        warnings.warn(
            f"{n} segments are few to calibrate on: probabilities may be off by several points. "
            f"{FEW_SEGMENTS} or more are better.",
            UserWarning,
            stacklevel=3,
        )
    for row in gold.rows:
        if row.label not in labeler.labels:
            raise CorpusError(
                f"{row.source or row.doc_id}: the model has no label {row.label!r}, so it has no "
                f"probability. It has: {', '.join(labeler.labels)}. Relabel the segment, or leave "
                "it out."
            )


def _rounded(figures: Reliability) -> dict[str, float]:
    return {key: round(value, 4) for key, value in asdict(figures).items()}
