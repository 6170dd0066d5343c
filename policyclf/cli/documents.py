"""Going through documents: one that cannot be read does not stop the rest."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import click

from policyclf.documents import Document, find_paths
from policyclf.exceptions import DocumentError


def each_document(
    paths: Sequence[str], encoding: str | None, work: Callable[[Document], None]
) -> None:
    """Read every document and do something with it.

    Parameters
    ----------
    paths : sequence of str
        Files, folders, or ``-``.
    encoding : str or None
        A codec; None to find it.
    work : callable
        Takes a document.

    Raises
    ------
    click.exceptions.Exit
        With code 1, at the end, if a document could not be read.
    """
    files = list(find_paths(paths))
    failed = 0
    with click.progressbar(
        files, label="documents", file=sys.stderr, hidden=not _watched(files)
    ) as shown:
        for path in shown:
            try:
                document = Document.from_path(path, encoding=encoding)
            except DocumentError as error:
                failed += 1
                click.echo(f"policyclf: {error}", err=True)
                continue
            if document.damaged:
                click.echo(
                    f"policyclf: warning: {path}: {document.damaged} characters could not be "
                    f"decoded as {document.encoding}.",
                    err=True,
                )
            work(document)
    if not files:
        raise click.ClickException(f"no text file in {', '.join(paths)}.")
    if failed:
        click.echo(f"policyclf: {failed} of {len(files)} documents could not be read.", err=True)
        raise click.exceptions.Exit(1)


def _watched(files: Sequence[str]) -> bool:
    """Say whether a progress bar would be seen, and not stand amid the output."""
    return len(files) > 1 and sys.stderr.isatty() and not sys.stdout.isatty()
