"""A corpus, and perhaps a codebook and a lexicon, to a labeler."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from policyclf.baselines import dictionary, majority
from policyclf.bundle import Bundle, versions
from policyclf.card import model_card
from policyclf.classifier import PolicyClassifier
from policyclf.codebook import Codebook
from policyclf.corpus import Corpus, Repeats
from policyclf.decision import Decision
from policyclf.documents import Document
from policyclf.evaluation import CostlyError, Evaluation, Labelling, evaluate_labelling
from policyclf.exceptions import CorpusError, ModelError
from policyclf.explanation import explain
from policyclf.features import LexiconBlock, Segment
from policyclf.features.rows import Floats
from policyclf.labeling import Labeler, segments_in
from policyclf.lexicon import Lexicon
from policyclf.normalization import normalized
from policyclf.spans import LabelledSentence

SURE = 0.8
"""From this confidence on, the label that a first model gives to unlabelled text is learned
from by a second one."""

_YEAR = re.compile(r"\d{1,4}")


@dataclass(frozen=True, slots=True)
class TrainingData:
    """What a model is trained from.

    Parameters
    ----------
    corpus : Corpus
        Labelled segments.
    codebook : Codebook or None
        What the labels mean.
    lexicon : Lexicon or None
        Terms that speak for labels.
    """

    corpus: Corpus
    codebook: Codebook | None = None
    lexicon: Lexicon | None = None

    @classmethod
    def from_path(
        cls,
        path: str | os.PathLike[str],
        *,
        codebook: str | os.PathLike[str] | None = None,
        lexicon: str | os.PathLike[str] | None = None,
        repeats: Repeats | None = None,
        text_column: str | None = None,
        label_column: str | None = None,
    ) -> TrainingData:
        """Read a corpus folder or a table.

        Parameters
        ----------
        path : str or path-like
            A folder with ``corpus/*.jsonl`` and, if there are, ``codebook.toml`` and
            ``lexicon.tsv``, in which a repeated text is an error; or a CSV, TSV or JSON
            Lines file with a column of texts and one of labels.
        codebook, lexicon : str or path-like, optional
            Files to use instead of the folder's.
        repeats : {"warn", "error"}, optional
            What to do about a text that stands twice. By default an error in a folder,
            a warning in a table.
        text_column, label_column : str, optional
            The columns of a table, if they are not called one of the usual names. Those of a
            folder are.

        Returns
        -------
        TrainingData
            Checked against one another.

        Raises
        ------
        CorpusError, CodebookError, LexiconError
            If a file cannot be read, is malformed, or contradicts another.
        """
        folder = Path(path)
        is_labels = (folder / "corpus").is_dir()
        if is_labels:
            codebook = codebook or _if_there(folder / "codebook.toml")
            lexicon = lexicon or _if_there(folder / "lexicon.tsv")
        book = Codebook.from_path(codebook) if codebook else None
        corpus = Corpus.from_path(
            folder / "corpus" if is_labels else folder,
            codebook=book,
            repeats=repeats or ("error" if is_labels else "warn"),
            text_column=None if is_labels else text_column,
            label_column=None if is_labels else label_column,
        )
        terms = Lexicon.from_path(lexicon) if lexicon else None
        unknown = sorted(set(terms.labels) - set(book.ids)) if terms and book else []
        if unknown:
            raise CorpusError(f"{lexicon}: the codebook has no label {unknown[0]!r}.")
        return cls(corpus, book, terms)


def train(
    data: TrainingData,
    *,
    gold: Corpus | None = None,
    unlabelled: Sequence[Document] = (),
    about: str = "",
    about_gold: str = "",
    **parameters: Any,  # noqa: ANN401
) -> Labeler:
    """Train a model.

    Parameters
    ----------
    data : TrainingData
        What to learn from.
    gold : Corpus, optional
        Hand-coded text that the model is measured on; figures only, nothing is learned.
    unlabelled : sequence of Document
        Documents of the kind that is to be labelled. A first model labels them, and a
        second one learns from those sentences, too, of which the first was sure.
    about, about_gold : str, optional
        A sentence or two on where the text is from and who labelled it, for the card.
    **parameters
        Of :class:`~policyclf.classifier.PolicyClassifier`.

    Returns
    -------
    Labeler
        The model, with the figures measured in its metrics and card.
    """
    classifier = PolicyClassifier(lexicon=data.lexicon, **parameters)
    corpus = data.corpus
    unreviewed = corpus.unreviewed(set(corpus.primaries))
    given: dict[str, Any] = {
        "doc_ids": corpus.doc_ids,
        "stretches": corpus.stretches(),
        "further": corpus.further,
        "before_review": unreviewed.labels,
    }
    classifier.fit(corpus.segments(), corpus.primaries, **given)
    told: dict[str, Any] = {"about": about, "about_gold": about_gold if gold is not None else ""}
    if unlabelled:
        first = Labeler(_bundle(classifier, data, told))
        texts, guesses = sure_labels(first, unlabelled, known=corpus.texts)
        told["n_unlabelled"] = len(texts)
        classifier.fit(corpus.segments(), corpus.primaries, unlabelled=(texts, guesses), **given)
    bundle = _bundle(classifier, data, told)
    metrics: dict[str, Any] = {}
    held_out = classifier.held_out_
    if held_out is not None:
        places = np.flatnonzero(~np.isnan(held_out[:, 0]))
        decisions = classifier.rule_.decide(held_out[places], classifier.model_.labels)
        labelling = _labelling("model", decisions, held_out[places], classifier.model_.labels)
        figures = evaluate_labelling(labelling, unreviewed.take(places))
        metrics["held_out"] = {
            "what": "training corpus, cross-validated with documents kept whole",
            "model": figures.to_dict(),
        }
    if gold is not None:
        metrics["gold"] = {
            "what": "gold from elsewhere, not trained on",
            **{e.name: e.to_dict() for e in evaluate_labeler(Labeler(bundle), gold)},
        }
    bundle = replace(bundle, metrics=metrics)
    return Labeler(replace(bundle, card=model_card(bundle)))


def sure_labels(
    labeler: Labeler, documents: Sequence[Document], *, known: Iterable[str] = ()
) -> tuple[list[Segment], list[str]]:
    """Label documents, and keep the sentences of which the model is sure.

    Parameters
    ----------
    labeler : Labeler
        A model.
    documents : sequence of Document
        Documents as they were found.
    known : iterable of str, optional
        Texts that are trained on by their own labels: a model's guess of one, which it learned
        from that label, must not come back when the label is held out.

    Returns
    -------
    segments : list of Segment
        With their context; none stands twice.
    labels : list of str
        The primary label of each.
    """
    kept: dict[Segment, str] = {}
    coded = {normalized(text) for text in known}
    for document in documents:
        for _, text in document.parts():
            _, segments, prose = segments_in(text)
            own = [segments[place] for place in prose]
            decisions = labeler.decide(own, doc_ids=[0] * len(own))
            for one, decision in zip(own, decisions, strict=True):
                if decision.confidence >= SURE and normalized(one.text) not in coded:
                    kept.setdefault(one, decision.label)
    return list(kept), list(kept.values())


def _bundle(classifier: PolicyClassifier, data: TrainingData, told: Mapping[str, Any]) -> Bundle:
    """Put a trained classifier together with what it was trained from."""
    corpus = data.corpus
    settings = {k: v for k, v in classifier.get_params(deep=False).items() if k != "lexicon"}
    return Bundle(
        classifier.model_,
        classifier.calibration_,
        classifier.chain_,
        classifier.rule_,
        data.codebook,
        {
            "n_segments": len(corpus),
            "n_documents": len(set(corpus.doc_ids)),
            "label_counts": corpus.label_counts(),
            "n_reviewed": corpus.n_reviewed,
            **told,
            "kinds": _kinds(corpus),
            "corpus_sha256": corpus.digest(),
            "codebook_sha256": data.codebook.digest() if data.codebook else None,
            "lexicon_sha256": data.lexicon.digest() if data.lexicon else None,
            "solver": classifier.solver_,
            "parameters": settings,
            "versions": versions(),
        },
        alone=classifier.posterior_.alone,
        document=classifier.posterior_.document,
    )


def evaluate_labeler(labeler: Labeler, gold: Corpus, *, seed: int = 0) -> list[Evaluation]:
    """Measure a model, and beside it the baselines, against gold.

    Parameters
    ----------
    labeler : Labeler
        The model.
    gold : Corpus
        The truth: labels from before a review to which a model pointed, where there was one.
        Neighbouring segments of a document serve as context.
    seed : int, default 0
        Of the bootstrap.

    Returns
    -------
    list of Evaluation
        ``model``; ``dictionary``, if the model has a lexicon; ``majority``, the most
        frequent label of the training corpus.
    """
    truth = gold.unreviewed()
    return [evaluate_labelling(given, truth, seed=seed) for given in label_gold(labeler, gold)]


def label_gold(labeler: Labeler, gold: Corpus, *, name: str = "model") -> list[Labelling]:
    """Label gold by a model, and beside it by the baselines.

    Parameters
    ----------
    labeler : Labeler
        The model.
    gold : Corpus
        The segments. Neighbours in a document serve as context.
    name : str, default "model"
        What to call the model.

    Returns
    -------
    list of Labelling
        The model's; ``dictionary``, if the model has a lexicon; ``majority``, the most
        frequent label of the training corpus.

    Raises
    ------
    ModelError
        If the model does not say how frequent its labels were.
    """
    segments = gold.segments()
    probabilities = labeler.predict_proba(segments, doc_ids=gold.stretches())
    decisions = labeler.bundle.rule.decide(probabilities, labeler.labels)
    labellings = [_labelling(name, decisions, probabilities, labeler.labels)]
    counts = labeler.bundle.provenance.get("label_counts")
    if not counts:
        raise ModelError(
            "The model does not say how many training segments each label had, which the "
            "baselines need. Get the model again."
        )
    most_frequent = majority(dict(counts), len(gold))
    labellings += [
        Labelling("dictionary", dictionary(block, segments, most_frequent[0]))
        for block in labeler.bundle.model.blocks
        if isinstance(block, LexiconBlock)
    ]
    return [*labellings, Labelling("majority", most_frequent)]


def words_behind(
    labeler: Labeler, gold: Corpus, errors: Sequence[CostlyError], *, most: int = 5
) -> list[list[tuple[str, float]]]:
    """Say which words spoke for a wrong label, and not for gold's.

    Parameters
    ----------
    labeler : Labeler
        What labelled.
    gold : Corpus
        The truth.
    errors : sequence of CostlyError
        Of the labelling of `gold`.
    most : int, default 5
        How many words at most.

    Returns
    -------
    list of list of (str, float)
        Of each error, the words that moved most between its label and gold's primary one,
        in units of the score: more than zero for the label given. None where the model does
        not know gold's label.
    """
    known = [error for error in errors if error.gold[0] in labeler.labels]
    every = gold.segments()
    segments = [every[error.row] for error in known]
    alone = labeler.predict_proba(segments)
    sentences = [
        LabelledSentence(
            start=0,
            end=len(error.text),
            text=error.text,
            kind="sentence",
            heading=None,
            title=None,
            label=error.given,
            labels=(error.given,),
            confidence=error.confidence,
            unsure=False,
            probabilities=dict(zip(labeler.labels, row, strict=True)),
        )
        for error, row in zip(known, alone.tolist(), strict=True)
    ]
    explanations = explain(
        labeler.bundle.model,
        segments,
        sentences,
        alone=alone,
        neighbours=np.zeros_like(alone),
        labels=sorted({error.gold[0] for error in known}),
    )
    found: dict[int, list[tuple[str, float]]] = {}
    for error, explanation in zip(known, explanations, strict=True):
        moved = [
            (span.text, round(span.values[error.given] - span.values[error.gold[0]], 4))
            for span in explanation.spans
        ]
        found[error.row] = sorted(moved, key=lambda word: -abs(word[1]))[:most]
    return [found.get(error.row, []) for error in errors]


def _labelling(
    name: str, decisions: Sequence[Decision], probabilities: Floats, labels: tuple[str, ...]
) -> Labelling:
    return Labelling(
        name,
        [decision.label for decision in decisions],
        [decision.labels for decision in decisions],
        probabilities.max(axis=1),
        probabilities,
        labels,
    )


def _kinds(corpus: Corpus) -> dict[str, Any]:
    """Say from when and of what genres the text is, as far as the data do."""
    years = {year for row in corpus.rows if _YEAR.fullmatch(year := row.metadata.get("year", ""))}
    genres = Counter(genre for row in corpus.rows if (genre := row.metadata.get("genre", "")))
    kinds: dict[str, Any] = {}
    if years:
        kinds["years"] = [int(min(years, key=int)), int(max(years, key=int))]
    if genres:
        kinds["genres"] = dict(genres.most_common())
    return kinds


def _if_there(path: Path) -> Path | None:
    return path if path.exists() else None
