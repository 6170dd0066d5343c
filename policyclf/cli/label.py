"""``policyclf label``: documents to labelled sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from policyclf.cli.documents import each_document
from policyclf.cli.output import FORMATS, Column, choose_format, open_output, writer
from policyclf.documents import Document
from policyclf.labeling import Labeler, LabelledSentence, load
from policyclf.spans import UNITS, Unit

_NAME_WIDTH = {"id": 21, "en": 34, "zh": 20}


@click.command("label")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("-o", "--output", metavar="FILE", help="Write here instead of standard output.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    help="Default: by FILE's name; a table on a terminal; else JSON Lines.",
)
@click.option("--unit", type=click.Choice(UNITS), default="sentence", show_default=True)
@click.option("--model", metavar="MODEL", help="Default: the one that comes with policyclf.")
@click.option("--probabilities", is_flag=True, help="Give the probability of every label.")
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1),
    help="Mark sentences of less confidence as unsure. Default: the model's.",
)
@click.option(
    "--lang",
    type=click.Choice(["id", "en", "zh"]),
    default="id",
    show_default=True,
    help="How to name labels.",
)
@click.option("--encoding", metavar="CODEC", help="Default: found for each file.")
def label_command(
    paths: tuple[str, ...],
    output: str | None,
    format_: str | None,
    unit: Unit,
    model: str | None,
    probabilities: bool,  # noqa: FBT001  as click passes it
    threshold: float | None,
    lang: str,
    encoding: str | None,
) -> None:
    """Cut documents into sentences and label each.

    PATH is a text file, a folder of them, or - for standard input.
    """
    labeler = load(model)
    chosen = choose_format(format_, output)
    with open_output(output) as stream:
        write = writer(stream, chosen, _columns(lang))

        def work(document: Document) -> None:
            for sentence in labeler.label(document, unit=unit, threshold=threshold):
                write(to_record(document, sentence, labeler, lang, probabilities=probabilities))

        failure = None
        try:
            each_document(paths, encoding, work)
        except click.exceptions.Exit as error:  # what could be read is still written
            failure = error
    if failure is not None:
        raise failure


def to_record(
    document: Document,
    sentence: LabelledSentence,
    labeler: Labeler,
    lang: str,
    *,
    probabilities: bool,
) -> dict[str, Any]:
    """Lay a labelled sentence out as it is written."""
    record: dict[str, Any] = {
        "document": document.name,
        "start": sentence.start,
        "end": sentence.end,
        "text": sentence.text,
        "kind": sentence.kind,
        "heading": sentence.heading,
        "title": sentence.title,
        "label": labeler.label_name(sentence.label, lang),
        "labels": [labeler.label_name(label, lang) for label in sentence.labels],
        "confidence": round(sentence.confidence, 4),
        "unsure": sentence.unsure,
    }
    if probabilities:
        record["probabilities"] = {
            labeler.label_name(label, lang): round(value, 6)
            for label, value in sentence.probabilities.items()
        }
    return record


def _columns(lang: str) -> Sequence[Column]:
    titles = {
        "id": ("label", "p", "further", "sentence"),
        "en": ("label", "p", "further", "sentence"),
        "zh": ("标签", "概率", "次标签", "句子"),
    }[lang]
    width = _NAME_WIDTH[lang]
    return (
        Column("label", titles[0], width),
        Column("confidence", titles[1], 4, right=True),
        Column("text", titles[3], 0),
    )
