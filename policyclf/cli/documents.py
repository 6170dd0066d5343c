"""Documents in, records out: one that cannot be read does not stop the rest."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from policyclf.cli.output import Column, Record, choose_format, open_output, writer
from policyclf.documents import STDIN, Document, find_paths
from policyclf.exceptions import DocumentError
from policyclf.spans import Sentence


@dataclass(frozen=True, slots=True)
class PageFile:
    """A page about all documents.

    Parameters
    ----------
    path : str
        Where to write it.
    render : callable
        Gives its content when every document has been read.
    """

    path: str
    render: Callable[[], str]


def write_records(
    paths: Sequence[str],
    records_of: Callable[[Document], Iterable[Record]],
    columns: Sequence[Column],
    *,
    encoding: str | None,
    output: str | None,
    format_: str | None,
    page: PageFile | None = None,
) -> None:
    """Read every document and write what is made of it, document by document.

    Parameters
    ----------
    paths : sequence of str
        Files, folders, or ``-``.
    records_of : callable
        Takes a document, gives its records.
    columns : sequence of Column
        What a table shows of a record.
    encoding : str or None
        A codec; None to find it.
    output : str or None
        A file; None for standard output.
    format_ : str or None
        How to write; None to decide.
    page : PageFile, optional
        What to write besides, when all documents are read. If neither `output` nor
        `format_` is given, it is all that is written.

    Raises
    ------
    click.exceptions.Exit
        With code 1, after the rest is written, if a document could not be read.
    """
    outputs = [name for name in (output, page.path if page else None) if name is not None]
    if len({Path(name).resolve() for name in outputs}) < len(outputs):
        raise click.UsageError(f"{output} is to be both records and page: name two files.")
    only_page = page is not None and output is None and format_ is None
    with (
        read_documents(paths, encoding=encoding, outputs=outputs) as documents,
        open_output(page.path) if page else nullcontext() as page_stream,
        nullcontext() if only_page else open_output(output) as stream,
    ):
        write = writer(stream, choose_format(format_, output), columns) if stream else _nowhere
        for document in documents:
            for record in records_of(document):
                write(record)
        if page and page_stream:
            page_stream.write(page.render())


@contextmanager
def read_documents(
    paths: Sequence[str], *, encoding: str | None, outputs: Sequence[str]
) -> Iterator[Iterator[Document]]:
    """Read documents one by one, and end as a command should if some could not be read.

    Parameters
    ----------
    paths : sequence of str
        Files, folders, or ``-``.
    encoding : str or None
        A codec; None to find it.
    outputs : sequence of str
        The files that will be written: none of the documents.

    Yields
    ------
    iterator of Document
        Those that could be read. If none can, it ends in an error, so that nothing is
        written.

    Raises
    ------
    click.exceptions.Exit
        With code 1, after the block is done, if a document could not be read.
    """
    files = list(find_paths(paths))
    if not files:
        raise click.ClickException(f"no text file in {', '.join(paths)}.")
    for name in outputs:
        if any(_same(name, path) for path in files):
            raise click.UsageError(f"{name} is one of the documents: it would be overwritten.")
    failed: list[str] = []

    def documents() -> Iterator[Document]:
        yield from _readable(files, encoding, failed)
        if len(failed) == len(files):  # nothing was read: what stood there before stays
            raise click.ClickException(
                f"{len(failed)} of {len(files)} documents could not be read."
            )

    yield documents()
    if failed:
        click.echo(
            f"policyclf: {len(failed)} of {len(files)} documents could not be read.", err=True
        )
        raise click.exceptions.Exit(1)


def to_record(document: Document, sentence: Sentence) -> dict[str, Any]:
    """Lay a sentence out as it is written."""
    return {
        "document": document.name,
        "start": sentence.start,
        "end": sentence.end,
        "text": sentence.text,
        "kind": sentence.kind,
        "heading": sentence.heading,
        "title": sentence.title,
    }


def _readable(files: Sequence[str], encoding: str | None, failed: list[str]) -> Iterator[Document]:
    """Read the documents; say of what could not be read why, and note it in `failed`."""
    with click.progressbar(
        files, label="documents", file=sys.stderr, hidden=not _watched(files)
    ) as shown:
        for path in shown:
            try:
                document = Document.from_path(path, encoding=encoding)
            except DocumentError as error:
                failed.append(path)
                click.echo(f"policyclf: {error}", err=True)
                continue
            if document.damaged:
                click.echo(
                    f"policyclf: warning: {path}: {document.damaged} characters could not be "
                    f"decoded as {document.encoding}.",
                    err=True,
                )
            if not document.text.strip("\0\ufeff \t\r\n\u3000"):
                click.echo(f"policyclf: warning: {path}: has no text.", err=True)
            yield document


def _nowhere(_: Record) -> None:
    """Write a record for nobody."""


def _same(output: str, path: str) -> bool:
    both = path != STDIN and Path(output).exists() and Path(path).exists()
    return both and Path(output).samefile(path)


def _watched(files: Sequence[str]) -> bool:
    """Say whether a progress bar would be seen, and not stand amid the output."""
    return len(files) > 1 and sys.stderr.isatty() and not sys.stdout.isatty()
