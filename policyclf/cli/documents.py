"""Documents in, records out: one that cannot be read does not stop the rest."""

from __future__ import annotations

import signal
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from policyclf.cli.output import (
    Column,
    Format,
    Record,
    choose_format,
    chunk_writer,
    encoded,
    harmless,
    open_output,
    refuse_inputs,
    writer,
)
from policyclf.documents import STDIN, Document, find_paths
from policyclf.exceptions import DocumentError
from policyclf.spans import Sentence

if TYPE_CHECKING:
    from concurrent.futures import Future

_AHEAD = 2
"""How many groups of documents wait for each process: so many, and no more, are in memory."""

_BYTES_A_GROUP = 200_000
_MOST_A_GROUP = 50
_WORTH_A_BAR = 1_000_000


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
    records_of: Callable[[Sequence[Document]], Iterable[Record]],
    columns: Sequence[Column],
    *,
    encoding: str | None,
    output: str | None,
    format_: str | None,
    page: PageFile | None = None,
    jobs: int = 1,
) -> None:
    """Read every document and write what is made of it, small ones some at a time.

    Parameters
    ----------
    paths : sequence of str
        Files, folders, or ``-``.
    records_of : callable
        Takes documents, gives their records.
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
    jobs : int, default 1
        Processes that share the documents, if there are several, no page is wanted and it
        is not a table that is written. `records_of` must then be picklable. What is written
        is the same, in the same order.

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
        chosen = choose_format(format_, output)
        several = len(documents.files) > 1 and STDIN not in documents.files
        if jobs > 1 and several and stream and not page and chosen != "table":
            write_chunk = chunk_writer(stream, chosen)
            for chunk in documents.shared(Encoding(records_of, chosen), jobs):
                write_chunk(chunk)
            return
        write = writer(stream, chosen, columns) if stream else _nowhere
        for group in documents.grouped():
            for record in records_of(group):
                write(record)
        if page and page_stream:
            page_stream.write(page.render())


@contextmanager
def read_documents(
    paths: Sequence[str], *, encoding: str | None, outputs: Sequence[str]
) -> Iterator[Reading]:
    """Read documents in turn, and end as a command should if some could not be read.

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
    Reading
        Those that could be read. If none can, it ends in an error, so that nothing is
        written.

    Raises
    ------
    click.exceptions.Exit
        With code 1, after the block is done, if a document could not be read.
    """
    passed_over: Counter[str] = Counter()
    files = list(find_paths(paths, passed_over))
    if passed_over:
        kinds = ", ".join(
            f"{n:,} {harmless(kind) or 'without an ending'}"
            for kind, n in passed_over.most_common()
        )
        click.echo(
            f"policyclf: not read, being no text, HTML, PDF or DOCX by name: {kinds}.", err=True
        )
    if not files:
        raise click.ClickException(f"no document in {', '.join(paths)}.")
    refuse_inputs(outputs, files)
    reading = Reading(files, encoding)
    yield reading
    if reading.n_failed:
        click.echo(f"policyclf: {reading.failure}", err=True)
        raise click.exceptions.Exit(1)


class Reading:
    """Documents being read, with a progress bar; counts those that could not be.

    Parameters
    ----------
    files : list of str
        Their paths.
    encoding : str or None
        A codec; None to find it.
    """

    def __init__(self, files: list[str], encoding: str | None) -> None:
        self.files = files
        self.encoding = encoding
        self.n_failed = 0

    @property
    def failure(self) -> str:
        """What to say of those that could not be read."""
        return f"{self.n_failed} of {len(self.files)} documents could not be read."

    def __iter__(self) -> Iterator[Document]:
        for group in self.grouped():
            yield from group

    def grouped(self) -> Iterator[list[Document]]:
        """Read documents, small ones some at a time: those that `shared` takes together."""
        with progress(self.files) as advance:
            for files in _groups(self.files):
                documents, messages = _read_all(files, self.encoding)
                self._say(messages)
                self.n_failed += len(files) - len(documents)
                yield documents
                for path in files:
                    advance(path)
        self._check()

    def shared(self, work: Callable[[Sequence[Document]], str], jobs: int) -> Iterator[str]:
        """Have several processes read and work on the documents, and give back in order.

        Parameters
        ----------
        work : callable
            Picklable; takes documents, gives a text.
        jobs : int
            How many processes.

        Yields
        ------
        str
            What `work` gave for each group of documents, in their order. At most a few of
            them are under way or waiting at a time.

        Raises
        ------
        click.ClickException
            If one of the processes is killed, as for want of memory.
        """
        import multiprocessing  # noqa: PLC0415  one process does without
        from concurrent.futures.process import (  # noqa: PLC0415
            BrokenProcessPool,
            ProcessPoolExecutor,
        )

        groups = list(_groups(self.files))
        jobs = min(jobs, len(groups))
        # Not forked: the libraries of linear algebra have threads.
        context = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_ignore_interrupts)
        waiting: deque[Future[_Done]] = deque()
        try:
            with progress(self.files) as advance:
                for group in (*groups, *[None] * _AHEAD * jobs):  # in the end, only wait
                    if group is not None:
                        with _interrupts_held_back():
                            waiting.append(pool.submit(_work, group, self.encoding, work))
                    if waiting and (group is None or len(waiting) > _AHEAD * jobs):
                        done = waiting.popleft().result()
                        self._say(done.messages)
                        self.n_failed += done.n_failed
                        yield done.text
                        for path in done.files:
                            advance(path)
        except BrokenProcessPool:
            raise click.ClickException(
                "one of the processes that share the documents was killed, perhaps for want of "
                "memory. Give fewer --jobs."
            ) from None
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        self._check()

    def _say(self, messages: Sequence[str]) -> None:
        for message in messages:
            click.echo(f"policyclf: {harmless(message)}", err=True)

    def _check(self) -> None:
        if self.n_failed == len(self.files):  # nothing was read: what stood there before stays
            raise click.ClickException(self.failure)


@dataclass(frozen=True, slots=True)
class Encoding:
    """Takes documents to their records as text.

    Parameters
    ----------
    records_of : callable
        Takes documents, gives their records.
    format_ : {"jsonl", "csv"}
        How to write them.
    """

    records_of: Callable[[Sequence[Document]], Iterable[Record]]
    format_: Format

    def __call__(self, documents: Sequence[Document]) -> str:
        """Write the records of documents."""
        return encoded(self.format_, self.records_of(documents))


@dataclass(frozen=True, slots=True)
class _Done:
    """What came of some documents."""

    files: Sequence[str]
    text: str
    messages: Sequence[str]
    n_failed: int


def _work(
    files: Sequence[str], encoding: str | None, work: Callable[[Sequence[Document]], str]
) -> _Done:
    """Read and work on some documents, in a process of its own."""
    documents, messages = _read_all(files, encoding)
    return _Done(files, work(documents), messages, len(files) - len(documents))


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Start processes that an interruption does not reach before they ignore it."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _ignore_interrupts() -> None:
    """Leave interruptions to the process that asked, which ends all."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _groups(files: Sequence[str]) -> Iterator[list[str]]:
    """Put small files together, so that handing them over costs little."""
    group: list[str] = []
    size = 0
    for path in files:
        group.append(path)
        size += _size(path)
        if size > _BYTES_A_GROUP or len(group) >= _MOST_A_GROUP:
            yield group
            group, size = [], 0
    if group:
        yield group


@contextmanager
def progress(files: Sequence[str]) -> Iterator[Callable[[str], None]]:
    """Show how far through some files a command is, and how fast it goes.

    Parameters
    ----------
    files : sequence of str
        Their paths.

    Yields
    ------
    callable
        To be told of each file that is done.
    """
    sizes = {path: _size(path) for path in files}
    total = sum(sizes.values())
    began = time.monotonic()
    done = 0

    def advance(path: str) -> None:
        nonlocal done
        done += sizes[path]
        seconds = max(time.monotonic() - began, 1e-9)
        shown.update(sizes[path], f"{done / seconds / 1e6:.1f} MB/s")

    with click.progressbar(
        length=max(total, 1),
        label=f"{len(files)} documents",
        item_show_func=lambda speed: speed,
        file=sys.stderr,
        hidden=not _watched(files, total),
    ) as shown:
        yield advance


def to_record(document: Document, sentence: Sentence, offset: int = 0) -> dict[str, Any]:
    """Lay a sentence out as it is written; `offset` is where its part of the document begins."""
    return {
        "document": document.name,
        "start": sentence.start + offset,
        "end": sentence.end + offset,
        "text": sentence.text,
        "kind": sentence.kind,
        "heading": sentence.heading,
        "title": sentence.title,
    }


def _read_all(files: Sequence[str], encoding: str | None) -> tuple[list[Document], list[str]]:
    """Read those documents that can be read; say what `_read` says of all."""
    read = [_read(path, encoding) for path in files]
    documents = [document for document, _ in read if document is not None]
    return documents, [message for _, messages in read for message in messages]


def _read(path: str, encoding: str | None) -> tuple[Document | None, list[str]]:
    """Read a document; say of what could not be read why, and what is odd about the rest."""
    try:
        document = Document.from_path(path, encoding=encoding)
    except DocumentError as error:
        return None, [str(error)]
    messages = []
    if document.damaged:
        messages.append(
            f"warning: {path}: {document.damaged} characters could not be decoded as "
            f"{document.encoding}."
        )
    if not document.text.strip("\0\ufeff \t\r\n\u3000"):
        messages.append(f"warning: {path}: has no text.")
    return document, messages


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size if path != STDIN else 0
    except (OSError, ValueError):  # reading it gives the error
        return 0


def _nowhere(_: Record) -> None:
    """Write a record for nobody."""


def _watched(files: Sequence[str], n_bytes: int) -> bool:
    """Say whether a progress bar is worth it, would be seen, and not stand amid the output."""
    long = len(files) > 1 or n_bytes > _WORTH_A_BAR
    return long and sys.stderr.isatty() and not sys.stdout.isatty()
