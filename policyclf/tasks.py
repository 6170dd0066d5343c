"""Sentences to be coded by hand, as coders and their tools take them.

A task in this library's own form becomes a row of training data or gold when its empty
``label`` is filled in; what it is for (``purpose``) goes with it, so that training leaves
out what is there to measure on, and measuring what was chosen to train on. A :class:`Pool`
finds coded sentences again in the documents that they are of.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from policyclf.decision import Decision
from policyclf.documents import Document
from policyclf.exceptions import CorpusError
from policyclf.sampling import Pick
from policyclf.spans import LabelledSentence

if TYPE_CHECKING:
    from policyclf.corpus import Corpus, LabelledSegment

Task = Mapping[str, Any]

_CODED = frozenset({"sentence", "clause"})
"""Headings and furniture are not what shares of labels are counted of."""


def open_tasks(
    document: Document, sentences: Sequence[LabelledSentence]
) -> list[tuple[dict[str, Any], LabelledSentence]]:
    r"""Lay out the sentences of a document that could be coded.

    Parameters
    ----------
    document : Document
        The document.
    sentences : sequence of LabelledSentence
        All of its segments, labelled.

    Returns
    -------
    list of (dict, LabelledSentence)
        Each sentence or clause as a task without a label, with what the model makes of
        it. ``previous`` is what stands before it, page furniture left out.

    Examples
    --------
    >>> import policyclf
    >>> document = Document("工作要点\n\n优化营商环境。全力招商引资。", "a.txt", "utf-8", "")
    >>> tasks = open_tasks(document, policyclf.load().label(document))
    >>> [(task["segment"], task["text"], task["previous"]) for task, _ in tasks]
    [(1, '优化营商环境。', '工作要点'), (2, '全力招商引资。', '优化营商环境。')]
    """
    tasks = []
    previous = ""
    for place, sentence in enumerate(sentences):
        if sentence.kind in _CODED:
            task = {
                "document": document.name,
                "segment": place,
                "start": sentence.start,
                "end": sentence.end,
                "text": sentence.text,
                "previous": previous,
                "heading": sentence.heading or "",
                "label": "",
            }
            tasks.append((task, sentence))
        if sentence.kind != "furniture":
            previous = sentence.text
    return tasks


def chosen_task(
    task: Task, pick: Pick, found: Decision | LabelledSentence, *, show: bool = False
) -> dict[str, Any]:
    """Complete the task of a sentence that was chosen.

    Parameters
    ----------
    task : mapping
        As `open_tasks` gives it.
    pick : Pick
        How it was chosen.
    found : Decision or LabelledSentence
        What the model makes of it.
    show : bool, default False
        Whether coders shall see that, in tasks to train on. In those to evaluate on they
        never do: who sees a suggestion tends to agree with it.

    Returns
    -------
    dict
        The task with ``purpose``, ``inclusion_probability`` (None if it was not drawn at
        random) and ``copies``; if shown, also ``suggestion`` and ``confidence``, None where
        they are not.
    """
    chance = None if pick.probability is None else float(f"{pick.probability:.6g}")
    chosen = {
        **task,
        "purpose": pick.purpose,
        "inclusion_probability": chance,
        "copies": pick.copies,
    }
    if show:
        shown = pick.purpose == "train"
        chosen["suggestion"] = found.label if shown else None
        chosen["confidence"] = round(found.confidence, 4) if shown else None
    return chosen


def as_label_studio(task: Task, model: str) -> dict[str, Any]:
    """Lay a task out as Label Studio imports it.

    Parameters
    ----------
    task : mapping
        As `chosen_task` gives it.
    model : str
        What to call the model that a suggestion is from.

    Returns
    -------
    dict
        For a project with a ``Text`` named ``text`` and ``Choices`` named ``label``.
    """
    hidden = {"label", "suggestion", "confidence"}
    found: dict[str, Any] = {"data": {k: v for k, v in task.items() if k not in hidden}}
    if task.get("suggestion"):
        choice = {
            "from_name": "label",
            "to_name": "text",
            "type": "choices",
            "value": {"choices": [task["suggestion"]]},
        }
        found["predictions"] = [
            {"model_version": model, "score": task["confidence"], "result": [choice]}
        ]
    return found


def as_doccano(task: Task) -> dict[str, Any]:
    """Lay a task out as doccano imports it for text classification.

    Parameters
    ----------
    task : mapping
        As `chosen_task` gives it.

    Returns
    -------
    dict
        ``text``, ``label``, a list with the suggestion if there is one, and the rest.
    """
    given = [task["suggestion"]] if task.get("suggestion") else []
    rest = {k: v for k, v in task.items() if k not in {"text", "label", "suggestion"}}
    return {"text": task["text"], "label": given, **rest}


class Pool:
    """All sentences of some documents that could be coded, and what a model gave them.

    Attributes
    ----------
    given : list of str
        The labels that the model gave.
    doc_ids : list of str
        The names of the documents.

    Examples
    --------
    >>> import policyclf
    >>> from policyclf.corpus import Corpus, LabelledSegment
    >>> document = Document("优化营商环境。全力招商引资。", "docs/a.txt", "utf-8", "")
    >>> pool = Pool()
    >>> pool.add(document.name, policyclf.load().label(document))
    >>> coded = Corpus((LabelledSegment("全力招商引资。", ("strategy",), "a.txt"),))
    >>> pool.given, pool.places(coded)
    (['business_environment', 'investment_attraction'], [1])
    """

    def __init__(self) -> None:
        self.given: list[str] = []
        self.doc_ids: list[str] = []
        self._starts: list[int] = []
        self._places: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._of_file: dict[str, set[str]] = defaultdict(set)

    def add(self, name: str, sentences: Sequence[LabelledSentence]) -> None:
        """Add a document's sentences and clauses.

        Parameters
        ----------
        name : str
            The document.
        sentences : sequence of LabelledSentence
            All of its segments, labelled.
        """
        self._of_file[Path(name).name].add(name)
        self._of_file[name].add(name)
        for sentence in sentences:
            if sentence.kind in _CODED:
                self._places[name, _blankless(sentence.text)].append(len(self.given))
                self.given.append(sentence.label)
                self.doc_ids.append(name)
                self._starts.append(sentence.start)

    def places(self, coded: Corpus) -> list[int]:
        """Find coded sentences.

        Parameters
        ----------
        coded : Corpus
            Sentences of the pool. Their documents are called as in the pool, or by the name
            of the file alone; white space, which spreadsheets change, does not matter.

        Returns
        -------
        list of int
            The place of each in the pool, none twice. Of a sentence that a document has more
            than once, the one with the same ``start``, if the rows say where they start.

        Raises
        ------
        CorpusError
            If one is not in the pool, or stands in the sample more often than there.
        """
        taken: set[int] = set()
        places = []
        for row in coded.rows:
            free = [place for place in self._like(row) if place not in taken]
            if not free:
                raise CorpusError(
                    f"{row.source}: the sentence is coded more often than {row.doc_id} has it: "
                    f"{row.text!r:.60}. Leave one out."
                )
            start = row.metadata.get("start")
            same = (place for place in free if str(self._starts[place]) == start)
            places.append(next(same, free[0]))
            taken.add(places[-1])
        return places

    def _like(self, row: LabelledSegment) -> list[int]:
        names = self._of_file.get(row.doc_id) or self._of_file.get(Path(row.doc_id).name, set())
        if len(names) != 1:
            raise CorpusError(
                f"{row.source}: {'several documents are' if names else 'no document is'} called "
                f"{row.doc_id!r} in the pool. Give the documents that the sample was drawn from."
            )
        found = self._places.get((next(iter(names)), _blankless(row.text)), [])
        if not found:
            raise CorpusError(
                f"{row.source}: {row.doc_id} has no such sentence: {row.text!r:.60}. Give the "
                "documents that the sample was drawn from, and the same unit."
            )
        return found


def sampling_weights(coded: Corpus) -> list[float] | None:
    """Say how many sentences of the pool each coded one stands for.

    Parameters
    ----------
    coded : Corpus
        Rows with ``inclusion_probability``, as `chosen_task` writes it.

    Returns
    -------
    list of float, or None
        One by that probability; None if no row has one, all being alike.

    Raises
    ------
    CorpusError
        If only some have one, or one is none.

    Examples
    --------
    >>> from policyclf.corpus import Corpus, LabelledSegment
    >>> drawn = {"inclusion_probability": "0.02"}
    >>> sampling_weights(Corpus((LabelledSegment("招商引资", ("a",), "d", metadata=drawn),)))
    [50.0]
    """
    chances = [row.metadata.get("inclusion_probability", "") for row in coded.rows]
    if not any(chances):
        return None
    weights = []
    for row, chance in zip(coded.rows, chances, strict=True):
        try:
            weight = 1 / float(chance)
        except (ValueError, ZeroDivisionError):
            weight = math.nan
        if not 1 <= weight < math.inf:
            raise CorpusError(
                f"{row.source}: needs an inclusion_probability above 0 and up to 1, as the other "
                f"rows have it. Got {chance!r}. Leave out what was not drawn at random."
            )
        weights.append(weight)
    return weights


def _blankless(text: str) -> str:
    return "".join(text.split())
