"""What is wrong with labelled data, before anything is learned from them.

Suspected label errors are found by confident learning (Northcutt, Jiang and Chuang,
Confident Learning: Estimating Uncertainty in Dataset Labels, 2021): a segment is suspect
if a model that has not seen its document is, for another label, as confident as it is on
average where that label was given. The package ``cleanlab`` finds the same segments (a
test compares them) and brings pandas and matplotlib along.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np

from policyclf.agreement import cohen_kappa, krippendorff_alpha, label_alphas
from policyclf.classifier import PolicyClassifier
from policyclf.corpus import Corpus
from policyclf.duplicates import near_duplicates
from policyclf.features.rows import Floats, Ints
from policyclf.training import TrainingData

FEW_DOCUMENTS = 5
"""A label in fewer documents is missing from a fold of cross-validation."""

_NEARLY = 1e-6
_FEWEST_CODERS = 2
_FEWEST_LABELS = 2


@dataclass(frozen=True, slots=True)
class Suspect:
    """A segment whose label may be wrong.

    Parameters
    ----------
    place : int
        Which segment of the corpus.
    label : str
        The primary label it has.
    likelier : str
        The label that the model, not having seen its document, finds likelier.
    probability, likelier_probability : float
        The model's probabilities of the two.
    given : bool
        Whether the likelier label is a further or optional one of the segment: then
        it is a question of which comes first.
    """

    place: int
    label: str
    likelier: str
    probability: float
    likelier_probability: float
    given: bool

    @property
    def margin(self) -> float:
        """How far the label is behind the likelier one; suspects are ranked by it."""
        return self.probability - self.likelier_probability


@dataclass(frozen=True, slots=True)
class LabelBalance:
    """How much there is of a label.

    Parameters
    ----------
    label : str
        The label.
    n_segments : int
        Segments that have it as primary label.
    n_documents : int
        Documents with such a segment.
    n_further : int
        Segments that have it beside another one.
    """

    label: str
    n_segments: int
    n_documents: int
    n_further: int

    @property
    def few(self) -> bool:
        """Whether it is in too few documents to be measured by cross-validation."""
        return self.n_documents < FEW_DOCUMENTS


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far coders agree.

    Parameters
    ----------
    coders : tuple of str
        Their names.
    n_segments : int
        Segments that two or more coded.
    alpha : float
        Krippendorff's alpha, nominal; not a number where there is nothing to disagree
        about, here and below.
    label_alphas : dict of str to float
        Alpha of each label against all others.
    pairs : tuple of (str, str, int, float)
        Two coders, how many segments both coded, Cohen's kappa.
    """

    coders: tuple[str, ...]
    n_segments: int
    alpha: float
    label_alphas: Mapping[str, float]
    pairs: tuple[tuple[str, str, int, float], ...]


@dataclass(frozen=True, slots=True)
class Audit:
    """What was found in labelled data. Places are those of the corpus, from 0.

    Parameters
    ----------
    n_segments, n_documents : int
        How much there is.
    n_further : int
        Segments with further labels.
    labels : tuple of LabelBalance
        The labels that occur, most frequent first.
    unused : tuple of str
        Labels of the codebook that no segment has as primary label.
    suspects : tuple of Suspect or None
        The most suspect first; None if there was too little to hold any out.
    duplicates : tuple of tuple of int
        The places of each text that stands more than once.
    near_duplicates : tuple of (int, int, float)
        Texts that are nearly the same as one before, but not quite: its place, theirs,
        and the similarity.
    contradictions : tuple of (int, int, float)
        The same of texts that are quite or nearly the same as one before and have
        another primary label.
    agreement : Agreement or None
        None if there are no two coders.
    """

    n_segments: int
    n_documents: int
    n_further: int
    labels: tuple[LabelBalance, ...]
    unused: tuple[str, ...]
    suspects: tuple[Suspect, ...] | None
    duplicates: tuple[tuple[int, ...], ...]
    near_duplicates: tuple[tuple[int, int, float], ...]
    contradictions: tuple[tuple[int, int, float], ...]
    agreement: Agreement | None

    def to_dict(self, corpus: Corpus) -> dict[str, Any]:
        """Lay it out as plain values, with file and line for each place.

        Parameters
        ----------
        corpus : Corpus
            What was audited.

        Returns
        -------
        dict
            Can be written as JSON; what is not a number is None.
        """
        source = [row.source or str(place) for place, row in enumerate(corpus.rows)]

        def pairs(found: Sequence[tuple[int, int, float]]) -> list[dict[str, Any]]:
            return [
                {
                    "first": source[a],
                    "second": source[b],
                    "similarity": round(similarity, 4),
                    "texts": [corpus.rows[a].text, corpus.rows[b].text],
                    "labels": [corpus.rows[a].label, corpus.rows[b].label],
                }
                for a, b, similarity in found
            ]

        agreement = None
        if self.agreement:
            agreement = asdict(self.agreement) | {
                "alpha": _number(self.agreement.alpha),
                "label_alphas": {k: _number(v) for k, v in self.agreement.label_alphas.items()},
                "pairs": [
                    {"first": a, "second": b, "n_segments": n, "kappa": _number(kappa)}
                    for a, b, n, kappa in self.agreement.pairs
                ],
            }
        return {
            "n_segments": self.n_segments,
            "n_documents": self.n_documents,
            "n_further": self.n_further,
            "labels": {
                found.label: {
                    "n_segments": found.n_segments,
                    "n_documents": found.n_documents,
                    "n_further": found.n_further,
                    "few": found.few,
                }
                for found in self.labels
            },
            "unused": list(self.unused),
            "suspects": None
            if self.suspects is None
            else [suspect_record(suspect, corpus) for suspect in self.suspects],
            "duplicates": [
                {"text": corpus.rows[places[0]].text, "places": [source[p] for p in places]}
                for places in self.duplicates
            ],
            "near_duplicates": pairs(self.near_duplicates),
            "contradictions": pairs(self.contradictions),
            "agreement": agreement,
        }


def audit(data: TrainingData, *, folds: int = 5, seed: int = 0) -> Audit:
    """Look for what is wrong with labelled data.

    Parameters
    ----------
    data : TrainingData
        The data. The lexicon, if there is one, helps the model that looks for errors.
    folds : int, default 5
        Into how many parts the documents are dealt, each to be judged by a model
        trained on the others.
    seed : int, default 0
        Of the solver and, where there are no documents, of the folds.

    Returns
    -------
    Audit
        What was found.
    """
    corpus = data.corpus
    counts = corpus.label_counts()
    within: dict[str, set[str]] = defaultdict(set)
    for row in corpus.rows:
        within[row.label].add(row.doc_id)
    further = Counter(label for labels in corpus.further for label in labels)
    texts, labels = corpus.texts, corpus.primaries
    standing: dict[str, list[int]] = defaultdict(list)
    for place, text in enumerate(texts):
        standing[text].append(place)
    alike = [(found.other, found.place, found.similarity) for found in near_duplicates(texts)]
    return Audit(
        len(corpus),
        len(set(corpus.doc_ids)),
        sum(len(row.labels) > 1 for row in corpus.rows),
        tuple(LabelBalance(k, n, len(within[k]), further[k]) for k, n in counts.items()),
        tuple(label for label in data.codebook.ids if label not in counts) if data.codebook else (),
        _suspects(data, folds, seed),
        tuple(tuple(places) for places in standing.values() if len(places) > 1),
        tuple(pair for pair in alike if texts[pair[0]] != texts[pair[1]]),
        tuple(pair for pair in alike if labels[pair[0]] != labels[pair[1]]),
        _agreement(corpus),
    )


def label_issues(probabilities: Floats, truth: Ints) -> Ints:
    """Find the segments whose labels are likely wrong, by confident learning.

    Parameters
    ----------
    probabilities : ndarray, shape (n, n_labels)
        By models that have not seen the segment.
    truth : ndarray of int64, shape (n,)
        The column of each segment's label. Each label has one segment at least.

    Returns
    -------
    ndarray of int64
        Their places, the most suspect first: those off the diagonal of the confident
        joint that the model does not label as given, by the margin of the given label.

    Examples
    --------
    >>> probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.95, 0.05], [0.1, 0.9], [0.3, 0.7]])
    >>> label_issues(probabilities, np.array([0, 0, 1, 1, 1])).tolist()
    [2]
    """
    n, n_labels = probabilities.shape
    own = probabilities[np.arange(n), truth]
    sums = np.bincount(truth, own, minlength=n_labels)
    # As confident as on average where the label was given: the mean self-confidence.
    thresholds = sums / np.maximum(np.bincount(truth, minlength=n_labels), 1)
    confident = probabilities >= np.maximum(thresholds, 2 * _NEARLY) - _NEARLY
    best = probabilities.argmax(axis=1)
    # Of several labels, cleanlab takes the likeliest of all; the paper, of the confident ones.
    joint = np.where(confident.sum(axis=1) == 1, confident.argmax(axis=1), best)
    suspect = confident.any(axis=1) & (joint != truth) & (best != truth)
    places = np.flatnonzero(suspect)
    margin = own[places] - probabilities[places].max(axis=1)
    ranked: Ints = places[np.argsort(margin, kind="stable")]
    return ranked


def suspect_record(suspect: Suspect, corpus: Corpus) -> dict[str, Any]:
    """Lay a suspect out for a person to decide.

    Parameters
    ----------
    suspect : Suspect
        The suspect.
    corpus : Corpus
        What was audited.

    Returns
    -------
    dict
        File and line, document, text, the two labels and their probabilities.
    """
    row = corpus.rows[suspect.place]
    return {
        "source": row.source,
        "document": row.doc_id,
        "text": row.text,
        "label": suspect.label,
        "likelier": suspect.likelier,
        "p_label": round(suspect.probability, 4),
        "p_likelier": round(suspect.likelier_probability, 4),
        "margin": round(suspect.margin, 4),
        "given": suspect.given,
    }


def blind_tasks(suspects: Sequence[Suspect], corpus: Corpus) -> list[dict[str, Any]]:
    """Lay suspects out to be coded anew, by someone who sees no label and no model.

    Parameters
    ----------
    suspects : sequence of Suspect
        The suspects.
    corpus : Corpus
        What was audited.

    Returns
    -------
    list of dict
        In the order of the data: file and line, document, what stands above and before the
        segment, its text, and an empty label.
    """
    segments = corpus.segments()
    tasks = []
    for place in sorted(suspect.place for suspect in suspects):
        row, segment = corpus.rows[place], segments[place]
        tasks.append(
            {
                "source": row.source,
                "document": row.doc_id,
                "title": segment.title,
                "heading": segment.heading,
                "previous": segment.previous,
                "text": row.text,
                "label": "",
            }
        )
    return tasks


def _suspects(data: TrainingData, folds: int, seed: int) -> tuple[Suspect, ...] | None:
    corpus = data.corpus
    classifier = PolicyClassifier(
        lexicon=data.lexicon,
        solver="liblinear",  # which holds every fold out, however many segments there are
        calibration_folds=folds,
        random_state=seed,
    )
    if len(corpus.label_counts()) < _FEWEST_LABELS:
        return None
    classifier.fit(
        corpus.segments(), corpus.primaries, doc_ids=corpus.doc_ids, further=corpus.further
    )
    probabilities = classifier.held_out_
    if probabilities is None:
        return None
    names = classifier.model_.labels
    columns = {name: column for column, name in enumerate(names)}
    truth = np.array([columns[label] for label in corpus.primaries])
    best = probabilities.argmax(axis=1)
    return tuple(
        Suspect(
            place,
            corpus.rows[place].label,
            names[best[place]],
            float(probabilities[place, truth[place]]),
            float(probabilities[place, best[place]]),
            names[best[place]] in (*corpus.rows[place].labels, *corpus.rows[place].optional),
        )
        for place in label_issues(probabilities, truth).tolist()
    )


def _agreement(corpus: Corpus) -> Agreement | None:
    coders = corpus.codings()
    if len(coders) < _FEWEST_CODERS:
        return None
    codings = list(coders.values())
    pairs = []
    for (one, first), (other, second) in combinations(coders.items(), 2):
        both = [
            (a, b) for a, b in zip(first, second, strict=True) if a is not None and b is not None
        ]
        if both:
            kappa = cohen_kappa([a for a, _ in both], [b for _, b in both])
            pairs.append((one, other, len(both), kappa))
    return Agreement(
        tuple(coders),
        sum(len(row.coders) >= _FEWEST_CODERS for row in corpus.rows),
        krippendorff_alpha(codings),
        label_alphas(codings),
        tuple(pairs),
    )


def _number(value: float) -> float | None:
    """Round a figure; None for what is not a number, which JSON does not have."""
    return None if np.isnan(value) else round(value, 4)
