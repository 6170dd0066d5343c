"""Sentences to be coded by hand, as coders and their tools take them.

A task in this library's own form becomes a row of training data or gold when its empty
``label`` is filled in; what it is for (``purpose``) goes with it, so that training leaves
out what is there to measure on, and measuring what was chosen to train on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from policyclf.decision import Decision
from policyclf.documents import Document
from policyclf.sampling import Pick
from policyclf.spans import LabelledSentence

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
