"""``policyclf segment``: documents to sentences, no model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import click

from policyclf.cli.documents import to_record, write_records
from policyclf.cli.options import encoding_option, unit_option
from policyclf.cli.output import FORMATS, Column
from policyclf.documents import Document
from policyclf.segmentation import segment
from policyclf.spans import Unit

_COLUMNS = (
    Column("start", "start", 7, right=True),
    Column("kind", "kind", 9),
    Column("text", "text", 0),
)


@click.command("segment")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("-o", "--output", metavar="FILE", help="Write here instead of standard output.")
@click.option("--format", "format_", type=click.Choice(FORMATS), help="As for label.")
@unit_option
@encoding_option
def segment_command(
    paths: tuple[str, ...],
    output: str | None,
    format_: str | None,
    unit: Unit,
    encoding: str | None,
) -> None:
    """Cut documents into sentences, with their spans.

    PATH is a text file, with the extra 'docs' also a web page, PDF or DOCX file; a folder of
    such files; or - for standard input.
    """

    def records_of(documents: Sequence[Document]) -> Iterator[dict[str, Any]]:
        for document in documents:
            for offset, text in document.parts():
                for sentence in segment(text, unit=unit):
                    yield to_record(document, sentence, offset)

    write_records(paths, records_of, _COLUMNS, encoding=encoding, output=output, format_=format_)
