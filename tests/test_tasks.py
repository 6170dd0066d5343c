"""A task says where its sentence stands, what stands before it, and what it is for."""

from __future__ import annotations

from policyclf.documents import Document
from policyclf.labeling import Labeler
from policyclf.sampling import Pick
from policyclf.tasks import as_doccano, as_label_studio, chosen_task, open_tasks

TEXT = "某区工作要点\n\n一、人才\n\n　　引进高层次人才。\n\n打印\n\n　　扩大贷款规模。\n"


def test_open_tasks(tiny_labeler: Labeler) -> None:
    """Sentences only, each with its place, what stands before it, and its heading."""
    document = Document.from_bytes(TEXT.encode(), name="要点.txt")
    sentences = tiny_labeler.label(document)
    kinds = [sentence.kind for sentence in sentences]
    tasks = open_tasks(document, sentences)
    assert kinds.count("sentence") == len(tasks) == 2
    for task, sentence in tasks:
        assert TEXT[task["start"] : task["end"]] == task["text"] == sentence.text
        assert sentences[task["segment"]] is sentence
        assert task["label"] == ""
    first, second = (task for task, _ in tasks)
    assert first["previous"] == first["heading"] == "一、人才"
    assert second["previous"] == "引进高层次人才。"  # and not the print button


def test_suggestions_are_for_training_only(tiny_labeler: Labeler) -> None:
    """What is there to measure on never shows what the model thinks."""
    document = Document.from_bytes(TEXT.encode())
    (task, found), *_ = open_tasks(document, tiny_labeler.label(document))
    train, measure = Pick(0, "train", None, 1), Pick(0, "evaluate", 1 / 3, 2)
    hidden = chosen_task(task, train, found)
    assert "suggestion" not in hidden
    assert (hidden["purpose"], hidden["inclusion_probability"], hidden["copies"]) == (
        *("train", None, 1),
    )
    shown = chosen_task(task, train, found, show=True)
    assert (shown["suggestion"], shown["confidence"]) == (found.label, round(found.confidence, 4))
    blind = chosen_task(task, measure, found, show=True)
    assert (blind["suggestion"], blind["confidence"]) == (None, None)
    assert blind["inclusion_probability"] == 0.333333
    assert "predictions" not in as_label_studio(blind, "m")
    assert as_label_studio(shown, "m")["predictions"][0]["model_version"] == "m"
    assert as_doccano(blind)["label"] == []
    assert as_doccano(shown)["label"] == [found.label]
    assert list(shown) == list(blind)  # so that they fit into one table
