"""``policyclf label``: documents to labelled sentences."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import click

from policyclf.cli.documents import PageFile, to_record, write_records
from policyclf.cli.options import encoding_option, names_option, unit_option
from policyclf.cli.output import FORMATS, Column, refuse_inputs
from policyclf.documents import Document
from policyclf.labeling import Labeler, load
from policyclf.spans import LabelledSentence, Unit

_TITLES = {
    "id": ("label", "p", "sentence"),
    "en": ("label", "p", "sentence"),
    "zh": ("标签", "概率", "句子"),
}
_LENGTH_AT_ONCE = 200_000
"""Characters labelled at once: enough that numpy's calls cost little, and no more in memory."""

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
@unit_option
@click.option("--model", metavar="MODEL", help="Default: the one that comes with policyclf.")
@click.option("--probabilities", is_flag=True, help="Give the probability of every label.")
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1),
    help="Mark sentences of less confidence as unsure. Default: the model's.",
)
@click.option(
    "--coverage",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="Give sets of labels that hold the true one so often.",
)
@names_option
@encoding_option
@click.option(
    "--jobs",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    help="Processes that share the documents; 0 for as many as there are cores.",
)
@click.option("--html", metavar="FILE", help="Write a page to look at, too; without -o, only that.")
def label_command(
    paths: tuple[str, ...],
    output: str | None,
    format_: str | None,
    unit: Unit,
    model: str | None,
    probabilities: bool,  # noqa: FBT001  as click passes it
    threshold: float | None,
    coverage: float | None,
    lang: str,
    encoding: str | None,
    jobs: int,
    html: str | None,
) -> None:
    """Cut documents into sentences and label each.

    PATH is a text file, with the extra 'docs' also a web page, PDF or DOCX file; a folder of
    such files; or - for standard input.
    """
    refuse_inputs(filter(None, (output, html)), [model])
    labeler = _load_once(model)
    if coverage is not None:
        labeler.label_sets([], coverage=coverage)  # refused before anything is written
        if "calibrated_on" not in labeler.bundle.provenance:
            click.echo(
                "policyclf: warning: the model was calibrated on its training corpus only: on "
                "other text, sets hold the true label less often. See policyclf calibrate.",
                err=True,
            )
    task = LabelRecords(model, unit, threshold, coverage, lang, probabilities)
    write = partial(
        write_records,
        paths,
        columns=_columns(lang),
        encoding=encoding,
        output=output,
        format_=format_,
    )
    if html is None:
        write(task, jobs=jobs or os.cpu_count() or 1)
        return

    from policyclf.report.page import Page  # noqa: PLC0415  only where there is one

    page = Page(
        labeler.labels,
        labeler.codebook,
        model=f"sha256 {labeler.bundle.sha256[:12]}",
        language="zh" if lang == "zh" else "en",
    )

    def with_page(documents: Sequence[Document]) -> Iterator[dict[str, Any]]:
        for document, offset, text in _parts(documents):
            explanations = labeler.explain(text, unit=unit, threshold=threshold, coverage=coverage)
            page.add(document.name, text, explanations, offset)
            for explanation in explanations:
                yield task.record(labeler, document, explanation.sentence, offset)

    write(with_page, page=PageFile(html, page.render))


@dataclass(frozen=True, slots=True)
class LabelRecords:
    """Labels documents; other processes can be sent it.

    Parameters
    ----------
    model, unit, threshold, coverage, lang, probabilities
        The options of the command.
    """

    model: str | None
    unit: Unit
    threshold: float | None
    coverage: float | None
    lang: str
    probabilities: bool

    def __call__(self, documents: Sequence[Document]) -> Iterator[dict[str, Any]]:
        """Label documents: short ones together, a very long one in parts."""
        waiting: list[tuple[Document, int, str]] = []
        length = 0
        for part in _parts(documents):
            waiting.append(part)
            length += len(part[2])
            if length > _LENGTH_AT_ONCE:
                yield from self._records(waiting)
                waiting, length = [], 0
        yield from self._records(waiting)

    def _records(self, parts: Sequence[tuple[Document, int, str]]) -> Iterator[dict[str, Any]]:
        labeler = _load_once(self.model)
        labelled = labeler.label_many(
            [text for _, _, text in parts],
            unit=self.unit,
            threshold=self.threshold,
            coverage=self.coverage,
        )
        for (document, offset, _), sentences in zip(parts, labelled, strict=True):
            for sentence in sentences:
                yield self.record(labeler, document, sentence, offset)

    def record(
        self, labeler: Labeler, document: Document, sentence: LabelledSentence, offset: int = 0
    ) -> dict[str, Any]:
        """Lay a sentence out as it is written."""
        name = partial(labeler.label_name, language=self.lang)
        record = to_record(document, sentence, offset) | {
            "label": name(sentence.label),
            "labels": [name(label) for label in sentence.labels],
            "confidence": round(sentence.confidence, 4),
            "unsure": sentence.unsure,
        }
        if self.probabilities:
            record["probabilities"] = {
                name(label): round(value, 6) for label, value in sentence.probabilities.items()
            }
        if self.coverage is not None:
            record["label_set"] = [name(label) for label in sentence.label_set]
        return record


def _parts(documents: Sequence[Document]) -> Iterator[tuple[Document, int, str]]:
    """Give the parts of documents, with where each begins."""
    for document in documents:
        for offset, text in document.parts():
            yield document, offset, text


@cache
def _load_once(model: str | None) -> Labeler:
    """Load a model, once a process."""
    return load(model)


def _columns(lang: str) -> Sequence[Column]:
    label, probability, sentence = _TITLES[lang]
    return (
        Column("label", label, _NAME_WIDTH[lang]),
        Column("confidence", probability, 4, right=True),
        Column("unsure", "", 1),
        Column("text", sentence, 0),
    )
