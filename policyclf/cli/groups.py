"""Which group a document is of: by its folder, the year in its path, or a table."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import click

from policyclf.exceptions import CorpusError

NONE = "–"
"""Where documents stand that are of no group."""

# 2023, 20230512 and 202305; the last in the path, so that the file's name comes first.
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?:\d\d|\d{4})?(?!\d)")


def grouping(by: str, table: str | None) -> Callable[[str], str]:
    """Say how documents are put into groups.

    Parameters
    ----------
    by : str
        ``place``, ``year``, or with a table the name of its column.
    table : str or None
        A CSV, TSV or JSON Lines file with the columns ``document`` and `by` (or ``group``).

    Returns
    -------
    callable
        Takes a document's name, gives its group, ``NONE`` if it has none.

    Raises
    ------
    click.UsageError
        If there is no such way.
    CorpusError
        If the table lacks a column.
    """
    if table is not None:
        named = _read(table, by)
        return lambda name: next((named[key] for key in keys_of(name) if key in named), NONE)
    if by == "year":
        return _year
    if by == "place":
        return lambda name: Path(name).parent.name or NONE
    raise click.UsageError(
        f"documents have no {by!r}: --by place or --by year, or give --groups FILE."
    )


def keys_of(name: str) -> tuple[str, str, str]:
    """List what a table may call a document: its path, its file's name, that without its end."""
    return name, Path(name).name, Path(name).stem


def say_of_none(by: str, n: int) -> None:
    """Say on standard error how many documents have no group."""
    if n:
        click.echo(
            f"policyclf: warning: no {by} of {n} documents; they stand under {NONE}.", err=True
        )


def _year(name: str) -> str:
    years = _YEAR.findall(name)
    return years[-1] if years else NONE


def _read(path: str, by: str) -> dict[str, str]:
    """Read which document belongs to which group."""
    from policyclf.corpus import DOCUMENT_COLUMNS, read_records  # noqa: PLC0415  seldom

    named = {}
    for line, record in read_records(Path(path)):
        document = next((record[c] for c in DOCUMENT_COLUMNS if c in record), None)
        group = record.get(by, record.get("group"))
        if document is None or group is None:
            raise CorpusError(
                f"{path}:{line}: needs the columns document and {by} (or group). "
                f"Got {', '.join(map(str, record))}."
            )
        named[str(document)] = str(group).strip() or NONE
    return named
