"""A task says where its sentence stands, what stands before it, and what it is for."""

from __future__ import annotations

import pytest

from policyclf.corpus import Corpus, LabelledSegment
from policyclf.documents import Document
from policyclf.exceptions import CorpusError
from policyclf.labeling import Labeler
from policyclf.sampling import Pick
from policyclf.tasks import (
    Pool,
    as_doccano,
    as_label_studio,
    chosen_task,
    open_tasks,
    sampling_weights,
)

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


def pool_of(labeler: Labeler, **documents: str) -> Pool:
    pool = Pool()
    for name, text in documents.items():
        path = name.replace("_", "/") + ".txt"
        pool.add(path, labeler.label(Document.from_bytes(text.encode(), name=path)))
    return pool


def row(text: str, document: str, **metadata: str) -> LabelledSegment:
    return LabelledSegment(text, ("talent",), document, metadata=metadata, source="coded.csv:2")


def test_coded_sentences_are_found_again(tiny_labeler: Labeler) -> None:
    """By document and text, and the same text twice by where it starts; blanks do not matter."""
    twice = "培养人才。扩大贷款规模。培养人才。"
    pool = pool_of(tiny_labeler, a_x=TEXT, b_y=twice)
    assert pool.doc_ids == ["a/x.txt"] * 2 + ["b/y.txt"] * 3  # and no heading or button
    rows = (
        row("培养人才。", "b/y.txt", start="12"),
        row("扩大\n贷款规模。", "x.txt"),  # by the name of the file
        row("培养人才。", "elsewhere/y.txt", start="0"),
    )
    assert pool.places(Corpus(rows)) == [4, 1, 2]
    assert pool.places(Corpus((row("培养人才。", "b/y.txt"),))) == [2]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([row("培养人才。", "z.txt")], r"coded\.csv:2: no document is called 'z\.txt' in the pool"),
        ([row("培养人才。", "y.txt")], r"several documents are called 'y\.txt'"),
        ([row("培养人。", "a/y.txt")], r"a/y\.txt has no such sentence: '培养人。'"),
        ([row("培养人才。", "a/y.txt")] * 2, "coded more often than a/y.txt has it: '培养人才。'"),
    ],
)
def test_what_is_not_of_the_pool(
    tiny_labeler: Labeler, rows: list[LabelledSegment], message: str
) -> None:
    """A sample of other documents is refused, with file and line."""
    pool = pool_of(tiny_labeler, a_y="培养人才。", b_y="培养人才。")
    with pytest.raises(CorpusError, match=message):
        pool.places(Corpus(tuple(rows)))


def test_sampling_weights() -> None:
    """One by its probability; without any all are alike; some without are an error."""
    drawn = row("甲", "d", inclusion_probability="0.5", copies="2")
    once = row("乙", "d", inclusion_probability="0.25", copies="")
    bare = row("丙", "d", inclusion_probability="")
    assert sampling_weights(Corpus((drawn, once))) == [2.0, 4.0]
    assert sampling_weights(Corpus((bare, bare))) is None
    for odd in (bare, row("丁", "d", inclusion_probability="0"), row("丁", "d", copies="2")):
        with pytest.raises(CorpusError, match=r"coded\.csv:2: needs an inclusion_probability"):
            sampling_weights(Corpus((drawn, odd)))
