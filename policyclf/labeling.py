"""Documents to labelled sentences: the model at work."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Sequence
from dataclasses import replace
from io import BytesIO
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np

from policyclf.bundle import Bundle, check_place, read_bundle, unzip, write_atomically
from policyclf.codebook import Codebook
from policyclf.decision import Decision
from policyclf.documents import Document
from policyclf.exceptions import InputError, ModelError, OutputError, UntrustedModelError
from policyclf.explanation import Explanation, explain
from policyclf.features import Segment, as_texts_or_segments, text_lengths
from policyclf.features.rows import Floats
from policyclf.resources import MODEL, MODEL_NAME, shipped
from policyclf.segmentation import segment
from policyclf.spans import LabelledSentence, Sentence, Unit

PICKLE_SUFFIXES = frozenset({".joblib", ".pkl", ".pickle"})

_MOST_MEMOS = 1000
"""A pickled labeler notes a handful of values; a high number makes the unpickler take memory."""


class Labeler:
    """A trained model that labels text.

    Parameters
    ----------
    bundle : Bundle
        The model.

    Examples
    --------
    >>> import policyclf
    >>> labeler = policyclf.load()
    >>> labeler.predict(["全力招商引资", "优化营商环境"])
    ['investment_attraction', 'business_environment']
    """

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, in the order of the columns of `predict_proba`."""
        return self.bundle.model.labels

    @property
    def codebook(self) -> Codebook | None:
        """What the labels mean, if the model was trained with a codebook."""
        return self.bundle.codebook

    def label(
        self,
        text: str | Document,
        *,
        unit: Unit = "sentence",
        threshold: float | None = None,
        coverage: float | None = None,
    ) -> list[LabelledSentence]:
        """Cut a document into sentences and label each.

        Parameters
        ----------
        text : str or Document
            The document as it was found.
        unit : {"sentence", "clause"}, default "sentence"
            Whether to cut at ； too.
        threshold : float, optional
            Mark sentences of less confidence as unsure; by default under the model's
            own threshold.
        coverage : float, optional
            Give sets of labels that hold the true one so often, as `label_sets` does.

        Returns
        -------
        list of LabelledSentence
            In the order of the document. ``text[s.start:s.end] == s.text``.

        Examples
        --------
        >>> import policyclf
        >>> sentence = policyclf.load().label("会议强调，要全力招商引资。")[0]
        >>> sentence.label, sentence.start, sentence.end
        ('investment_attraction', 0, 13)
        """
        return self.label_many([text], unit=unit, threshold=threshold, coverage=coverage)[0]

    def label_many(
        self,
        texts: Sequence[str | Document],
        *,
        unit: Unit = "sentence",
        threshold: float | None = None,
        coverage: float | None = None,
    ) -> list[list[LabelledSentence]]:
        """Do as `label` with each of several documents; with short ones, in half the time.

        Parameters
        ----------
        texts : sequence of str or Document
            The documents as they were found.
        unit, threshold, coverage : optional
            As for `label`.

        Returns
        -------
        list of list of LabelledSentence
            One list a document.

        Examples
        --------
        >>> import policyclf
        >>> documents = policyclf.load().label_many(["优化营商环境。", "修建公路。引进人才。"])
        >>> [[sentence.label for sentence in document] for document in documents]
        [['business_environment'], ['infrastructure', 'talent']]
        """
        if isinstance(texts, str | Document):
            raise InputError("Needs a list of documents. Got one: `label` takes it.")
        cut = [segments_in(text, unit) for text in texts]
        scores = self.bundle.model.scores([s for _, segments, _ in cut for s in segments])
        ends = np.cumsum([len(segments) for _, segments, _ in cut])
        return [
            self._labelled(
                sentences, scores[end - len(sentences) : end], prose, threshold, coverage
            )
            for (sentences, _, prose), end in zip(cut, ends.tolist(), strict=True)
        ]

    def explain(
        self,
        text: str | Document,
        *,
        unit: Unit = "sentence",
        labels: Sequence[str] | None = None,
        threshold: float | None = None,
        coverage: float | None = None,
    ) -> list[Explanation]:
        """Label a document and say which words decided.

        Parameters
        ----------
        text : str or Document
            The document as it was found.
        unit : {"sentence", "clause"}, default "sentence"
            As for `label`.
        labels : sequence of str, optional
            Labels to explain beside the chosen one and the runner-up.
        threshold, coverage : float, optional
            As for `label`.

        Returns
        -------
        list of Explanation
            One a sentence, in the order of `label`.

        Raises
        ------
        InputError
            If the model has no such label.

        Examples
        --------
        >>> import policyclf
        >>> explanation = policyclf.load().explain("会议强调，要全力招商引资。")[0]
        >>> explanation.label, explanation.deciding()[0][0].text
        ('investment_attraction', '招商引资')
        """
        unknown = [label for label in labels or () if label not in self.labels]
        if unknown:
            raise InputError(
                f"The model has no label {', '.join(map(repr, unknown))}. It has: "
                f"{', '.join(self.labels)}."
            )
        sentences, segments, prose = segments_in(text, unit)
        model, posterior = self.bundle.model, self.bundle.posterior
        scores = model.scores(segments)
        return explain(
            model,
            segments,
            self._labelled(sentences, scores, prose, threshold, coverage),
            alone=posterior.probabilities(scores, lengths=text_lengths(segments)),
            neighbours=posterior.added_by_document(scores, prose),
            labels=labels or (),
        )

    def predict(
        self,
        texts: Sequence[str | Segment],
        *,
        doc_ids: Sequence[object] | None = None,
        jobs: int = 1,
    ) -> list[str]:
        """Give the primary label of sentences that are cut already.

        Parameters
        ----------
        texts : sequence of str or Segment
            The sentences.
        doc_ids : sequence, optional
            The document of each sentence, those of one document in a row and in order:
            its neighbours serve as context. Without it, each stands alone.
        jobs : int, default 1
            Threads that share the work.

        Returns
        -------
        list of str
            One label a sentence.
        """
        segments = as_texts_or_segments(texts, doc_ids)
        scores = self.bundle.model.scores(segments, jobs=jobs)
        best = self.bundle.posterior.likeliest(scores, doc_ids, text_lengths(segments))
        labels = self.labels
        return [labels[column] for column in best.tolist()]

    def predict_proba(
        self,
        texts: Sequence[str | Segment],
        *,
        doc_ids: Sequence[object] | None = None,
        jobs: int = 1,
    ) -> Floats:
        """Give the probability of every label for sentences that are cut already.

        Parameters
        ----------
        texts : sequence of str or Segment
            The sentences.
        doc_ids : sequence, optional
            The document of each sentence, as for `predict`.
        jobs : int, default 1
            Threads that share the work.

        Returns
        -------
        ndarray, shape (n_sentences, n_labels)
            Each row sums to one; columns in the order of `labels`.
        """
        segments = as_texts_or_segments(texts, doc_ids)
        scores = self.bundle.model.scores(segments, jobs=jobs)
        return self.bundle.posterior.probabilities(scores, doc_ids, text_lengths(segments))

    def decide(
        self,
        texts: Sequence[str | Segment],
        *,
        doc_ids: Sequence[object] | None = None,
        threshold: float | None = None,
    ) -> list[Decision]:
        """Give primary and further labels, confidence, and whether to rely on them.

        Parameters
        ----------
        texts : sequence of str or Segment
            The sentences.
        doc_ids : sequence, optional
            The document of each sentence, as for `predict`.
        threshold : float, optional
            Mark sentences of less confidence as unsure.

        Returns
        -------
        list of Decision
            One a sentence.
        """
        return self._decide(self.predict_proba(texts, doc_ids=doc_ids), threshold)

    def label_sets(
        self,
        texts: Sequence[str | Segment],
        *,
        coverage: float,
        doc_ids: Sequence[object] | None = None,
    ) -> list[tuple[str, ...]]:
        """Give sets of labels that hold the true one as often as wanted.

        Parameters
        ----------
        texts : sequence of str or Segment
            The sentences.
        coverage : float
            How often, between 0 and 1: over many sentences of the kind that the model was
            calibrated on (see ``conformal.py`` for what that promises).
        doc_ids : sequence, optional
            The document of each sentence, as for `predict`.

        Returns
        -------
        list of tuple of str
            Likeliest first, never empty; all labels where the model was calibrated on too
            few segments for the coverage.

        Raises
        ------
        InputError
            If the coverage is not between 0 and 1, or the model has no conformity scores.
        """
        return self._sets(self.predict_proba(texts, doc_ids=doc_ids), doc_ids, coverage)

    def label_name(self, label: str, language: str) -> str:
        """Name a label as people read it.

        Parameters
        ----------
        label : str
            Its id.
        language : {"en", "zh", "id"}
            Which name.

        Returns
        -------
        str
            The name in the codebook; the id if there is no codebook.
        """
        if self.codebook is None or language == "id":
            return label
        return self.codebook.label(label).name.in_language("zh" if language == "zh" else "en")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to disk.

        Parameters
        ----------
        path : str or path-like
            A folder; a zip if the name ends in ``.zip``; a file for ``joblib.load`` if it
            ends in ``.joblib`` or ``.pkl``.

        Raises
        ------
        OutputError
            If it cannot be written, or something that is no model stands there.
        """
        target = Path(path)
        if target.suffix.lower() not in PICKLE_SUFFIXES:
            self.bundle.write(target)
            return
        check_target(target)
        try:
            write_atomically(target, pickle.dumps(self, protocol=4))
        except OSError as error:
            raise OutputError(f"{target}: cannot be written: {error.strerror or error}.") from error

    def __reduce__(self) -> tuple[Callable[[bytes], Labeler], tuple[bytes]]:
        return from_bundle, (self.bundle.to_zip(),)

    def __repr__(self) -> str:
        return f"<Labeler of {len(self.labels)} labels, sha256 {self.bundle.sha256[:12]}>"

    def _labelled(
        self,
        sentences: Sequence[Sentence],
        scores: Floats,
        prose: list[int],
        threshold: float | None,
        coverage: float | None,
    ) -> list[LabelledSentence]:
        """Decide on the sentences of a document; `prose` are those that are no furniture."""
        furniture = sorted(set(range(len(sentences))) - set(prose))
        lengths = np.array([len(sentence.text) for sentence in sentences], np.int64)
        probabilities = np.empty_like(scores)
        sets: list[tuple[str, ...]] = [()] * len(sentences)
        for places, doc_ids in ((furniture, None), (prose, [0] * len(prose))):
            own = self.bundle.posterior.probabilities(scores[places], doc_ids, lengths[places])
            probabilities[places] = own
            if coverage is not None:
                for place, labels in zip(places, self._sets(own, doc_ids, coverage), strict=True):
                    sets[place] = labels
        decisions = self._decide(probabilities, threshold)
        return [
            LabelledSentence(
                sentence.start,
                sentence.end,
                sentence.text,
                sentence.kind,
                sentence.heading,
                sentence.title,
                decision.label,
                decision.labels,
                decision.confidence,
                decision.unsure,
                dict(zip(self.labels, row, strict=True)),
                label_set,
            )
            for sentence, decision, row, label_set in zip(
                sentences, decisions, probabilities.tolist(), sets, strict=True
            )
        ]

    def _sets(
        self, probabilities: Floats, doc_ids: Sequence[object] | None, coverage: float
    ) -> list[tuple[str, ...]]:
        conformity = self.bundle.posterior.last_step(doc_ids).conformity
        if conformity is None:
            raise InputError(
                "The model has no conformity scores, from which label sets of a wanted coverage "
                "are made. Calibrate it on hand-coded text: policyclf calibrate."
            )
        held = conformity.sets(probabilities, coverage)
        order = np.argsort(-probabilities, axis=1, kind="stable")
        return [
            tuple(self.labels[column] for column in columns if row[column])
            for columns, row in zip(order.tolist(), held, strict=True)
        ]

    def _decide(self, probabilities: Floats, threshold: float | None) -> list[Decision]:
        rule = self.bundle.rule
        if threshold is not None:
            if not isinstance(threshold, Real) or not 0 <= threshold <= 1:
                raise InputError(
                    "The 'threshold' parameter must be a probability, between 0 and 1. "
                    f"Got {threshold!r} instead."
                )
            rule = replace(rule, abstention=threshold)
        return rule.decide(probabilities, self.labels)


def load(path: str | os.PathLike[str] | None = None, *, sha256: str | None = None) -> Labeler:
    """Load a model.

    Parameters
    ----------
    path : str or path-like, optional
        A model's folder, zip or ``.joblib`` file. By default the model that comes with
        the library, which ``policyclf-zh`` stands for, too, where no file is called so.
    sha256 : str, optional
        What the hash of its manifest must be: ``policyclf info`` prints it.

    Returns
    -------
    Labeler
        The model.

    Raises
    ------
    ModelError
        If there is no model, or it is broken or another one.
    UntrustedModelError
        If the file is a pickle that names anything but this library's own loader. It
        is refused before anything of it runs.

    Examples
    --------
    >>> load()
    <Labeler of 18 labels, sha256 ...>
    """
    source = Path(path or MODEL_NAME)
    if path is None or (os.fspath(path) == MODEL_NAME and not source.exists()):
        source = shipped(MODEL)
    if not source.exists():
        raise ModelError(f"{source}: there is no such model.")
    if source.is_dir():
        return Labeler(read_bundle(source, sha256=sha256))
    try:
        data = source.read_bytes()
    except OSError as error:
        raise ModelError(f"{source}: cannot be read: {error.strerror or error}.") from error
    zipped = data if data.startswith(b"PK") else _zip_of_pickle(data, str(source))
    return Labeler(Bundle.from_files(unzip(zipped, str(source)), name=str(source), sha256=sha256))


def from_bundle(data: bytes) -> Labeler:
    """Make a labeler of a zipped bundle: the one name that a pickled labeler holds.

    Parameters
    ----------
    data : bytes
        The zip.

    Returns
    -------
    Labeler
        The model.
    """
    name = "<pickled labeler>"
    return Labeler(Bundle.from_files(unzip(data, name), name=name))


def segments_in(
    text: str | Document, unit: Unit = "sentence"
) -> tuple[list[Sentence], list[Segment], list[int]]:
    """Cut a document into what is labelled.

    Parameters
    ----------
    text : str or Document
        The document as it was found.
    unit : {"sentence", "clause"}, default "sentence"
        Whether to cut at ； too.

    Returns
    -------
    sentences : list of Sentence
        With their spans.
    segments : list of Segment
        The same with their context.
    prose : list of int
        Which of them are no furniture.
    """
    sentences = segment(text.text if isinstance(text, Document) else text, unit=unit)
    # What a page puts around the text tells nothing of the sentences beside it.
    prose = [place for place, s in enumerate(sentences) if s.kind != "furniture"]
    before = dict(zip(prose[1:], prose, strict=False))
    segments = [
        Segment(
            sentence.text,
            sentences[before[place]].text if place in before else "",
            sentence.heading or "",
            sentence.title or "",
        )
        for place, sentence in enumerate(sentences)
    ]
    return sentences, segments, prose


def _zip_of_pickle(data: bytes, name: str) -> bytes:
    """Take the zipped bundle out of a pickled labeler without running anything of it."""
    refused = (
        f"{name}: is no model of this library. If it is a pickle, loading it would run code of "
        "whoever wrote it; if you trust them, joblib.load loads it."
    )
    try:
        value = None if _takes_memory(data) else _OnlyOurs(BytesIO(data)).load()
    except UntrustedModelError as error:
        raise UntrustedModelError(f"{refused} {error}") from None
    except Exception as error:  # a pickle's opcodes can fail in any way
        raise UntrustedModelError(refused) from error
    if not isinstance(value, _Zipped) or not isinstance(value.data, bytes):
        raise UntrustedModelError(refused)
    return value.data


def check_target(path: str | os.PathLike[str]) -> None:
    """Refuse where `Labeler.save` could not write: to know before a model is trained.

    Parameters
    ----------
    path : str or path-like
        Where it is to be saved.

    Raises
    ------
    OutputError
        If something that is no model stands there, or nothing can be written there.
    """
    target = Path(path)
    is_pickle = target.suffix.lower() in PICKLE_SUFFIXES
    check_place(target, _is_pickled_model if is_pickle else None)


def _is_pickled_model(path: Path) -> bool:
    if not path.is_file():
        return False
    try:
        _zip_of_pickle(path.read_bytes(), str(path))
    except UntrustedModelError:
        return False
    return True


def _takes_memory(data: bytes) -> bool:
    """Look for the opcode that makes the unpickler take memory before any name is met."""
    import pickletools  # noqa: PLC0415  few models are pickles

    try:
        for code, number, _ in pickletools.genops(data):
            if code.name == "LONG_BINPUT" and isinstance(number, int) and number > _MOST_MEMOS:
                return True
    except Exception:  # noqa: BLE001  no opcode of a pickle: the unpickler stops there, too
        return False
    return False


class _Zipped:
    """Stands for `from_bundle` while a pickle is read: keeps the bytes, runs nothing."""

    __slots__ = ("data",)

    def __init__(self, data: object = None) -> None:
        self.data = data


class _OnlyOurs(pickle.Unpickler):
    """Admits one name."""

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401  as pickle has it
        if (module, name) == (from_bundle.__module__, from_bundle.__name__):
            return _Zipped
        raise UntrustedModelError(f"It names {module}.{name}.")
