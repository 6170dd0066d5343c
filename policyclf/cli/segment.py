"""``policyclf segment``: documents to sentences, no model."""

from __future__ import annotations

import click

from policyclf.cli.documents import each_document
from policyclf.cli.output import FORMATS, Column, choose_format, open_output, writer
from policyclf.documents import Document
from policyclf.segmentation import segment
from policyclf.spans import UNITS, Unit

_COLUMNS = (
    Column("start", "start", 7, right=True),
    Column("kind", "kind", 9),
    Column("text", "text", 0),
)


@click.command("segment")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("-o", "--output", metavar="FILE", help="Write here instead of standard output.")
@click.option("--format", "format_", type=click.Choice(FORMATS), help="As for label.")
@click.option("--unit", type=click.Choice(UNITS), default="sentence", show_default=True)
@click.option("--encoding", metavar="CODEC", help="Default: found for each file.")
def segment_command(
    paths: tuple[str, ...],
    output: str | None,
    format_: str | None,
    unit: Unit,
    encoding: str | None,
) -> None:
    """Cut documents into sentences, with their spans.

    PATH is a text file, a folder of them, or - for standard input.
    """
    with open_output(output) as stream:
        write = writer(stream, choose_format(format_, output), _COLUMNS)

        def work(document: Document) -> None:
            for sentence in segment(document.text, unit=unit):
                write(
                    {
                        "document": document.name,
                        "start": sentence.start,
                        "end": sentence.end,
                        "text": sentence.text,
                        "kind": sentence.kind,
                        "heading": sentence.heading,
                        "title": sentence.title,
                    }
                )

        failure = None
        try:
            each_document(paths, encoding, work)
        except click.exceptions.Exit as error:  # what could be read is still written
            failure = error
    if failure is not None:
        raise failure
