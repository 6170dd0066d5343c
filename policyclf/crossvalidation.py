"""Label every segment of a corpus by a model that has not seen its fold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from policyclf.baselines import dictionary, majority
from policyclf.chain import LabelChain
from policyclf.classifier import PolicyClassifier
from policyclf.corpus import Corpus
from policyclf.evaluation import Labelling
from policyclf.exceptions import InputError
from policyclf.features import LexiconBlock, text_lengths
from policyclf.features.rows import Ints
from policyclf.splitting import Fold
from policyclf.training import TrainingData

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, eq=False)
class OutOfFold:
    """What was given to segments that had been held out.

    Parameters
    ----------
    places : ndarray of int64, shape (n,)
        Which segments of the corpus, ascending.
    gold : Corpus
        Those segments, with the labels from before a review to which a model pointed.
    labellings : tuple of Labelling
        ``model``; ``dictionary``, if there is a lexicon; ``majority``, the most
        frequent label of each fold's training part.
    """

    places: Ints
    gold: Corpus
    labellings: tuple[Labelling, ...]

    def restrict(self, places: Ints) -> OutOfFold:
        """Keep the segments of some places of the corpus, all of which it must have."""
        chosen = np.searchsorted(self.places, places)
        return OutOfFold(
            places, self.gold.take(chosen), tuple(x.take(chosen) for x in self.labellings)
        )


def cross_validate(
    data: TrainingData,
    folds: Sequence[Fold],
    *,
    progress: Progress | None = None,
    **parameters: Any,  # noqa: ANN401
) -> OutOfFold:
    """Train on each fold's training part and label its testing part.

    Segments are labelled one by one, and what the neighbours in a document say for each
    other is added when all of them have been: so it is the same however segments were
    dealt out, and folds differ by nothing but what was trained on.

    Parameters
    ----------
    data : TrainingData
        Labelled segments, and perhaps a lexicon.
    folds : sequence of Fold
        No segment may be tested twice. A fold whose training part has fewer than two
        labels is left out.
    progress : callable, optional
        Called with a line about each fold before it is trained.
    **parameters
        Of :class:`~policyclf.classifier.PolicyClassifier`.

    Returns
    -------
    OutOfFold
        Of all folds together.

    Raises
    ------
    InputError
        If no fold can be trained.
    """
    corpus = data.corpus
    unreviewed = corpus.unreviewed(set(corpus.primaries))
    segments, truth = corpus.segments(), np.array(corpus.primaries)
    lengths = text_lengths(segments)
    classes = tuple(sorted(set(corpus.primaries)))
    probabilities = np.zeros((len(corpus), len(classes)))
    by_terms, most_frequent = [""] * len(corpus), [""] * len(corpus)
    trained: list[tuple[Ints, PolicyClassifier]] = []
    usable = [fold for fold in folds if len(set(truth[fold.training].tolist())) > 1]
    for number, fold in enumerate(usable, start=1):
        if progress is not None:
            progress(
                f"{number}/{len(usable)} {fold.name}: training on {len(fold.training):,} "
                f"segments, labelling {len(fold.testing):,} …"
            )
        training = corpus.take(fold.training)
        classifier = PolicyClassifier(lexicon=data.lexicon, **parameters)
        classifier.fit(
            [segments[place] for place in fold.training.tolist()],
            training.primaries,
            doc_ids=training.doc_ids,
            further=training.further,
            before_review=training.unreviewed(set(training.primaries)).labels,
        )
        held = [segments[place] for place in fold.testing.tolist()]
        columns = np.searchsorted(classes, classifier.model_.labels)
        scores = classifier.model_.scores(held)
        probabilities[fold.testing[:, None], columns] = classifier.posterior_.raw(scores)
        trained.append((fold.testing, classifier))
        common = majority(training.label_counts(), len(held))
        for block in classifier.model_.blocks:
            if isinstance(block, LexiconBlock):
                _put(by_terms, fold.testing, dictionary(block, held, common[0]))
        _put(most_frequent, fold.testing, common)
    if not trained:
        raise InputError("no fold has two labels to train on: there is too little data.")
    places = np.sort(np.concatenate([testing for testing, _ in trained]))
    probabilities[places] = _chain([classifier for _, classifier in trained]).posterior(
        probabilities[places], _stretches(corpus, places)
    )
    sets: list[tuple[str, ...]] = [()] * len(corpus)
    for testing, classifier in trained:
        columns = np.searchsorted(classes, classifier.model_.labels)
        known = testing[:, None], columns
        last = classifier.posterior_.document
        probabilities[known] = last.adjusted(probabilities[known], lengths[testing])
        decisions = classifier.rule_.decide(probabilities[known], classifier.model_.labels)
        _put(sets, testing, [decision.labels for decision in decisions])
    model = Labelling(
        "model",
        [labels[0] if labels else "" for labels in sets],
        sets,
        probabilities.max(axis=1),
        probabilities,
        classes,
    )
    labellings = [model, Labelling("majority", most_frequent)]
    if data.lexicon is not None:
        labellings.insert(1, Labelling("dictionary", by_terms))
    return OutOfFold(places, unreviewed.take(places), tuple(x.take(places) for x in labellings))


def on_common_segments(splits: Mapping[str, OutOfFold]) -> dict[str, OutOfFold]:
    """Restrict several ways of splitting to the segments that all of them tested.

    Parameters
    ----------
    splits : mapping of str to OutOfFold
        What each way gave.

    Returns
    -------
    dict of str to OutOfFold
        The same, of one set of segments.

    Raises
    ------
    InputError
        If they have none in common.
    """
    common: Ints | None = None
    for found in splits.values():
        common = found.places if common is None else np.intersect1d(common, found.places)
    if common is None or not len(common):
        raise InputError("the ways of splitting have no segment in common.")
    return {name: found.restrict(common) for name, found in splits.items()}


def _chain(trained: Sequence[PolicyClassifier]) -> LabelChain:
    """Make one chain of the folds' own, which differ if persistence is learned."""
    persistence = float(np.mean([classifier.chain_.persistence for classifier in trained]))
    return replace(trained[0].chain_, persistence=persistence)


def _stretches(corpus: Corpus, places: Ints) -> list[tuple[str, int, int]]:
    """Tell apart what does not follow one another in a document, or is left out between."""
    jumps = np.cumsum(np.diff(places, prepend=places[0] - 1) != 1).tolist()
    stretches = corpus.stretches()
    return [(*stretches[place], jump) for place, jump in zip(places.tolist(), jumps, strict=True)]


def _put(values: list[Any], places: Ints, new: Sequence[object]) -> None:
    for place, value in zip(places.tolist(), new, strict=True):
        values[place] = value
