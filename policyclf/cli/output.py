"""Where records go: a table for eyes, JSON Lines or CSV for programs.

A file is written under another name and renamed when it is complete.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, TextIO

import click

from policyclf.codebook import LABEL_SEPARATOR
from policyclf.documents import STDIN
from policyclf.exceptions import OutputError

Format = Literal["jsonl", "csv", "table"]
Record = Mapping[str, Any]
Write = Callable[[Record], None]

FORMATS: tuple[Format, ...] = ("jsonl", "csv", "table")

_FALLBACK_WIDTH = 100
_OPEN = re.compile(r"/dev/(?:stdout|stderr|fd/\d+)|/proc/(?:self|\d+)/fd/\d+")
_SURROGATE = re.compile("[\ud800-\udfff]")
# What a line may not break: a Latin word or one other character, with the signs that belong to it.
_UNBROKEN = re.compile(r"[（「《“]*(?:[!-~]+|\S)[，。；：、？！）」》”…]*\s*")
_BLANKS_IN_CHINESE = re.compile(r"(?<=[^\x00-\x7f]) | (?=[^\x00-\x7f])")


def choose_format(wanted: str | None, path: str | None) -> Format:
    """Decide the format: as told, by the file's name, or by where the output goes."""
    for name in FORMATS:
        if name == wanted:
            return name
    if path is not None:
        return "csv" if path.lower().endswith(".csv") else "jsonl"
    return "table" if sys.stdout.isatty() else "jsonl"


@contextmanager
def open_output(path: str | None) -> Iterator[TextIO]:
    """Open a file that appears when it is complete, or standard output.

    Parameters
    ----------
    path : str or None
        The file; None for standard output.

    Yields
    ------
    TextIO
        Where to write.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    if path is None:
        yield sys.stdout
        sys.stdout.flush()
        return
    target = Path(path).absolute()
    # A pipe, a device, or a link to what is open: nothing to rename, nor to begin anew.
    if _OPEN.fullmatch(str(target)) or (target.exists() and not target.is_file()):
        with (
            _as_output_error(path),
            target.open("a", encoding="utf-8", errors="backslashreplace", newline="") as stream,
        ):
            yield stream
        return
    target = target.resolve()  # a link stays one
    fresh = None
    with _as_output_error(path):
        try:
            handle, fresh = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
            with os.fdopen(
                handle, "w", encoding="utf-8", errors="backslashreplace", newline=""
            ) as stream:
                yield stream
            Path(fresh).chmod(target.stat().st_mode if target.exists() else 0o644)
            Path(fresh).replace(target)
        finally:
            if fresh is not None:
                Path(fresh).unlink(missing_ok=True)


def refuse_inputs(outputs: Iterable[str], inputs: Iterable[str | None]) -> None:
    """Refuse to write over what is read.

    Parameters
    ----------
    outputs : iterable of str
        The files to be written.
    inputs : iterable of str or None
        Files that are read, or folders all of whose files may be.

    Raises
    ------
    click.UsageError
        If one of the outputs stands there and is, or lies in, one of the inputs.
    """
    read = [Path(name) for name in inputs if name is not None and name != STDIN]
    for name in outputs:
        target = Path(name)
        for path in read:
            same = target.exists() and path.exists() and target.samefile(path)
            if same or (target.exists() and target.resolve().is_relative_to(path.resolve())):
                raise click.UsageError(f"{name} is what is read: it would be overwritten.")


@contextmanager
def _as_output_error(path: str) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:  # whoever read it has had enough
        raise
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}.") from error


def writer(stream: TextIO, format_: Format, columns: Sequence[Column]) -> Write:
    """Make a function that writes one record.

    Parameters
    ----------
    stream : TextIO
        Where to.
    format_ : {"jsonl", "csv", "table"}
        How.
    columns : sequence of Column
        What a table shows.

    Returns
    -------
    callable
        Takes a record.
    """
    if format_ == "jsonl":
        return lambda record: write_json(stream, record)
    return _csv_writer(stream) if format_ == "csv" else _table_writer(stream, columns)


def encoded(format_: Format, records: Iterable[Record]) -> str:
    """Write records into a text, to be passed on to `chunk_writer`."""
    stream = io.StringIO()
    write = writer(stream, format_, ())
    for record in records:
        write(record)
    return stream.getvalue()


def chunk_writer(stream: TextIO, format_: Format) -> Callable[[str], None]:
    """Make a function that writes what `encoded` gave, with one header over all of CSV."""
    started = False

    def write(chunk: str) -> None:
        nonlocal started
        if format_ == "csv" and chunk:
            if started:
                chunk = chunk.partition("\r\n")[2]
            elif stream is sys.stdout:
                chunk = chunk.removeprefix("\ufeff")
            started = True
        stream.write(chunk)

    return write


class Column:
    """A column of a table.

    Parameters
    ----------
    key : str
        Which value of a record.
    title : str
        What stands above it.
    width : int
        How many cells of the terminal; 0 for what is left.
    right : bool, default False
        Whether to set it to the right.
    """

    def __init__(self, key: str, title: str, width: int, *, right: bool = False) -> None:
        self.key = key
        self.title = title
        self.width = width
        self.right = right


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Cut or fill a text to a number of terminal cells; a Han character takes two.

    Examples
    --------
    >>> fit("招商引资", 6) + "|"
    '招商… |'
    """
    visible = "".join(c for c in " ".join(text.split()) if unicodedata.category(c)[0] != "C")
    text = _BLANKS_IN_CHINESE.sub("", visible)  # and no escape sequence reaches the terminal
    if cells(text) > width:
        kept, used = [], 1
        for character in text:
            used += cells(character)
            if used > width:
                break
            kept.append(character)
        text = "".join(kept) + "…"
    fill = " " * (width - cells(text))
    return fill + text if right else text + fill


def folded(text: str, indent: str, width: int = 80) -> str:
    """Break a text into lines between words or Han characters, all behind an indent.

    Examples
    --------
    >>> print(folded("招商引资、招商队伍 and rewards", "  ", 13))
      招商引资、
      招商队伍
      and rewards
    """
    lines, used = [""], 0
    for piece in _UNBROKEN.findall(harmless(text)):
        size = cells(piece.rstrip())
        if lines[-1] and len(indent) + used + size > width:
            lines.append("")
            used = 0
        lines[-1] += piece
        used += cells(piece)
    return "\n".join(indent + line.rstrip() for line in lines)


def harmless(text: str) -> str:
    r"""Take out what a terminal would obey; line ends and tabs stay.

    Examples
    --------
    >>> harmless("\x1b[31m招商\n")
    '[31m招商\n'
    """
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) != "Cc")


def cells(text: str) -> int:
    """Count the terminal cells that a text takes."""
    return sum(_cells_of(character) for character in text)


def _cells_of(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Cc", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def write_json(stream: TextIO, record: Record) -> None:
    """Write a record as a line of JSON."""
    # A lone surrogate is no UTF-8; escaped, it is.
    line = json.dumps(record, ensure_ascii=False)
    if _SURROGATE.search(line):
        line = json.dumps(record)
    stream.write(line + "\n")


def _csv_writer(stream: TextIO) -> Write:
    rows = csv.writer(stream)
    started = False

    def write(record: Record) -> None:
        nonlocal started
        flat = _flat(record)
        if not started:
            if stream is not sys.stdout:
                stream.write("\ufeff")  # by which Excel knows UTF-8
            rows.writerow(flat)
            started = True
        rows.writerow(flat.values())

    return write


def _flat(record: Record) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in record.items():
        if isinstance(value, Mapping):
            flat |= {f"p_{name}": entry for name, entry in value.items()}
        elif isinstance(value, list | tuple):
            flat[key] = LABEL_SEPARATOR.join(map(str, value))
        elif isinstance(value, str) and _SURROGATE.search(value):
            flat[key] = value.encode("utf-8", "backslashreplace").decode()
        else:
            flat[key] = value
    return flat


def _table_writer(stream: TextIO, columns: Sequence[Column]) -> Write:
    total = shutil.get_terminal_size((_FALLBACK_WIDTH, 24)).columns
    fixed = sum(column.width for column in columns) + 2 * (len(columns) - 1)
    widths = [column.width or max(total - fixed, 20) for column in columns]
    heading: str | None = None

    def line(values: Sequence[str]) -> str:
        fitted = [
            fit(value, width, right=column.right)
            for value, width, column in zip(values, widths, columns, strict=True)
        ]
        return "  ".join(fitted).rstrip()

    def write(record: Record) -> None:
        nonlocal heading
        if record.get("document") != heading:
            name = harmless(str(record.get("document", "")))
            click.echo(("" if heading is None else "\n") + name, stream)
            click.echo(line([column.title for column in columns]), stream)
            heading = record.get("document")
        values = [_shown(record.get(column.key)) for column in columns]
        click.secho(line(values), stream, dim=bool(record.get("unsure")))

    return write


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "?" if value else ""
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
