"""Labelled segments: read, checked, with their documents.

Reads the project's own corpus (a folder of JSON Lines) and anyone's CSV, TSV or
JSON Lines with a column of texts and one of labels. Gold carries more: further
labels, and labels that only some coders gave.

Labels may have been corrected where a model pointed, as ``policyclf audit`` does. That makes
them better to learn from, and worse to measure on: where a model chose what was looked at, models
are right more often than elsewhere. So ``before_review`` keeps what stood there, and what measures
or calibrates goes by that: training, cross-validation and all commands. On labels/, where 1,945
primary labels were corrected, cross-validated accuracy was 0.850 on the corrected ones, 0.804 on
those before, and 0.805 on 640 random segments that were coded anew; confidence learned on the
corrected ones promised 9 points too much on real text (calibration error 0.090, against 0.031).
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import warnings
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from policyclf.codebook import LABEL_SEPARATOR, Codebook
from policyclf.exceptions import CorpusError
from policyclf.features import Segment, as_segments

TEXT_COLUMNS = ("text", "sentence", "content", "review", "文本", "句子", "内容")
LABEL_COLUMNS = ("label", "labels", "label_desc", "category", "class", "标签", "类别")
DOCUMENT_COLUMNS = ("doc_id", "document", "doc", "文档", "文件")

CODER_PREFIX = "coder:"
"""Before a coder's name, it is the column of a table that holds what that coder gave."""

_OWN = frozenset(
    (
        *(*TEXT_COLUMNS, *LABEL_COLUMNS, *DOCUMENT_COLUMNS),
        *("optional", "segment", "coders", "before_review"),
    )
)
_SEVERAL = frozenset({"labels", "optional", "before_review"})
_MOST_NAMED = 3
_MOST_DIGITS = 18
_NO_NAME = re.compile("[\0\ud800-\udfff]")
"""Of a label: numpy drops NUL at its end, and half a character cannot be written."""

Repeats = Literal["error", "warn"]


@dataclass(frozen=True, slots=True)
class LabelledSegment:
    """A segment with what it was labelled.

    Parameters
    ----------
    text : str
        The segment.
    labels : tuple of str
        The primary label, then further ones.
    doc_id : str
        Its document; of data without documents, a number of its own.
    optional : tuple of str
        Labels that only some coders gave.
    place : int or None
        Its number in the document, where only parts of documents are labelled.
    metadata : dict of str to str
        What else is known: genre, year, province.
    source : str
        File and line, for messages.
    coders : dict of str to str
        What each coder gave as primary label; one that did not code it is left out.
    before_review : tuple of str
        The labels before a review to which a model pointed, if it changed them.
    """

    text: str
    labels: tuple[str, ...]
    doc_id: str
    optional: tuple[str, ...] = ()
    place: int | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    coders: Mapping[str, str] = field(default_factory=dict)
    before_review: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The primary label."""
        return self.labels[0]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Labelled segments, those of one document in a row and in order.

    Parameters
    ----------
    rows : tuple of LabelledSegment
        The segments.

    Examples
    --------
    >>> rows = [LabelledSegment("优化营商环境。", ("business_environment",), "d1")]
    >>> Corpus(tuple(rows)).label_counts()
    {'business_environment': 1}
    """

    rows: tuple[LabelledSegment, ...]

    @classmethod
    def from_path(
        cls,
        path: str | os.PathLike[str],
        *,
        codebook: Codebook | None = None,
        repeats: Repeats = "warn",
        text_column: str | None = None,
        label_column: str | None = None,
    ) -> Corpus:
        """Read labelled segments.

        Parameters
        ----------
        path : str or path-like
            A CSV, TSV or JSON Lines file, or a folder of JSON Lines files.
        codebook : Codebook, optional
            Which labels there may be. Without it, any.
        repeats : {"warn", "error"}, default "warn"
            What to do about a text that stands twice, with the same label or with
            two.
        text_column, label_column : str, optional
            The columns, if they are not called one of the usual names.

        Returns
        -------
        Corpus
            The segments, in the order of the files' names and lines.

        Raises
        ------
        CorpusError
            If a file cannot be read or a row is malformed; names file and line.
        """
        names = (text_column, label_column)
        rows = [row for file in _files(Path(path)) for row in _read(file, codebook, names)]
        if not rows:
            raise CorpusError(f"{os.fspath(path)}: has no labelled segments.")
        _check_repeats(rows, repeats)
        return cls(tuple(rows))

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def texts(self) -> list[str]:
        """The texts of the segments."""
        return [row.text for row in self.rows]

    @property
    def primaries(self) -> list[str]:
        """The primary labels of the segments."""
        return [row.label for row in self.rows]

    @property
    def labels(self) -> list[tuple[str, ...]]:
        """All labels of the segments, the primary ones first."""
        return [row.labels for row in self.rows]

    @property
    def further(self) -> list[tuple[str, ...]]:
        """The labels of the segments beside their primary ones."""
        return [row.labels[1:] for row in self.rows]

    @property
    def doc_ids(self) -> list[str]:
        """The documents of the segments."""
        return [row.doc_id for row in self.rows]

    def column(self, name: str) -> list[str]:
        """Look up what else is known of each segment.

        Parameters
        ----------
        name : str
            A column of the file, such as genre or year.

        Returns
        -------
        list of str
            One value a segment; empty where a segment has none.

        Raises
        ------
        CorpusError
            If no segment has it.
        """
        values = [row.metadata.get(name, "") for row in self.rows]
        if not any(values):
            there = sorted({key for row in self.rows for key in row.metadata})
            raise CorpusError(
                f"the data need a column {name!r}. Got {', '.join(there) or 'no further columns'}."
            )
        return values

    def codings(self) -> dict[str, list[str | None]]:
        """List what each coder gave, where the data say so.

        Returns
        -------
        dict of str to list of (str or None)
            A coder: a label for each segment, None where the coder did not code it.
        """
        names = sorted({name for row in self.rows for name in row.coders})
        return {name: [row.coders.get(name) for row in self.rows] for name in names}

    def take(self, places: Iterable[int]) -> Corpus:
        """Keep some of the segments.

        Parameters
        ----------
        places : iterable of int
            Which, in which order.

        Returns
        -------
        Corpus
            Those.
        """
        return Corpus(tuple(self.rows[place] for place in places))

    @property
    def n_reviewed(self) -> int:
        """How many segments have other labels than before a review."""
        return sum(bool(row.before_review) for row in self.rows)

    def unreviewed(self, known: Collection[str] | None = None) -> Corpus:
        """Put back the labels from before a review to which a model pointed.

        Parameters
        ----------
        known : collection of str, optional
            Labels that there are. A segment whose primary label was another one, as of labels
            that were renamed since, keeps its present labels. Without it, any.

        Returns
        -------
        Corpus
            To measure on.

        Examples
        --------
        >>> labels = {"labels": ("organisation",), "before_review": ("strategy",)}
        >>> Corpus((LabelledSegment("严格考核。", doc_id="d1", **labels),)).unreviewed().primaries
        ['strategy']
        """
        if not self.n_reviewed:
            return self
        return Corpus(
            tuple(
                replace(row, labels=row.before_review, before_review=())
                if row.before_review and (known is None or row.before_review[0] in known)
                else replace(row, before_review=())
                for row in self.rows
            )
        )

    def label_counts(self) -> dict[str, int]:
        """Count the primary labels, most frequent first."""
        return dict(Counter(self.primaries).most_common())

    def segments(self) -> list[Segment]:
        """Give every segment what stands before and above it as context.

        Returns
        -------
        list of Segment
            A segment whose neighbour was not labelled has none.
        """
        return as_segments(self.texts, self.stretches())

    def stretches(self) -> list[tuple[str, int]]:
        """Tell apart the stretches of each document whose segments follow one another.

        Returns
        -------
        list of (str, int)
            The document of each segment, and how many gaps lie before it.
        """
        stretches: list[tuple[str, int]] = []
        for place, row in enumerate(self.rows):
            stretch = stretches[-1][1] if stretches else 0
            if place:
                last = self.rows[place - 1]
                gap = None not in (row.place, last.place) and row.place != (last.place or 0) + 1
                stretch += gap
            stretches.append((row.doc_id, stretch))
        return stretches

    def for_purpose(self, purpose: Literal["train", "evaluate"]) -> Corpus:
        """Leave out the segments that were marked for the other purpose.

        Sentences chosen to train on are the hard ones: figures on them say little of
        any text. Those drawn to measure on must not be trained on.

        Parameters
        ----------
        purpose : {"train", "evaluate"}
            What the segments are wanted for. Those with no ``purpose`` of these two in
            their metadata serve both.

        Returns
        -------
        Corpus
            The others.

        Raises
        ------
        CorpusError
            If none is left.
        """
        other = "evaluate" if purpose == "train" else "train"
        rows = tuple(row for row in self.rows if row.metadata.get("purpose") != other)
        if not rows:
            raise CorpusError(
                f"all segments are marked with the purpose {other!r}: there is none left to "
                f"{purpose}{'' if purpose == 'train' else ' on'}."
            )
        return self if len(rows) == len(self.rows) else Corpus(rows)

    def with_ids(self, codebook: Codebook | None) -> Corpus:
        """Put the ids of labels where a codebook's names of them stand.

        Parameters
        ----------
        codebook : Codebook or None
            Whose names, in either language, are looked for. None changes nothing.

        Returns
        -------
        Corpus
            With labels as they were, or their ids.

        Examples
        --------
        >>> from policyclf.codebook import Codebook
        >>> from policyclf.resources import CODEBOOK, shipped
        >>> rows = (LabelledSegment("全力招商引资。", ("招商引资",), "d1"),)
        >>> Corpus(rows).with_ids(Codebook.from_path(shipped(CODEBOOK))).primaries
        ['investment_attraction']
        """
        ids: dict[str, str] = {}
        for label in codebook.labels if codebook else ():
            ids |= {label.name.zh: label.id, label.name.en: label.id}
        if ids.keys().isdisjoint({name for row in self.rows for name in _named(row)}):
            return self
        return Corpus(
            tuple(
                replace(
                    row,
                    labels=tuple(ids.get(label, label) for label in row.labels),
                    optional=tuple(ids.get(label, label) for label in row.optional),
                    coders={coder: ids.get(label, label) for coder, label in row.coders.items()},
                    before_review=tuple(ids.get(label, label) for label in row.before_review),
                )
                for row in self.rows
            )
        )

    def digest(self) -> str:
        """Return the SHA-256 of texts, labels (also before a review) and documents, in hex."""
        content = [
            [row.doc_id, row.text, row.labels, *([row.before_review] if row.before_review else [])]
            for row in self.rows
        ]
        written = json.dumps(content, ensure_ascii=False)
        return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()


def _named(row: LabelledSegment) -> Iterator[str]:
    """List every label that a row names."""
    yield from (*row.labels, *row.optional, *row.coders.values(), *row.before_review)


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        files = sorted(path.glob("*.jsonl"))
        if not files:
            raise CorpusError(f"{path}: the folder has no *.jsonl file with labelled segments.")
        return files
    return [path]


def _read(
    path: Path, codebook: Codebook | None, names: tuple[str | None, str | None]
) -> Iterator[LabelledSegment]:
    for line, record in read_records(path):
        where = f"{path}:{line}"
        text = _value(record, names[0], TEXT_COLUMNS, where, "text")
        if not isinstance(text, str) or not text.strip():
            raise CorpusError(f"{where}: the text must not be empty. Got {text!r}.")
        labels = _labels(record, names[1], where)
        optional = _texts(record.get("optional", []), where, "optional")
        coders = _coders(record, where)
        before = _before_review(record, where)
        for label in (*labels, *optional, *coders.values(), *before):
            if codebook is not None and label not in codebook.ids:
                raise CorpusError(
                    f"{where}: the codebook {codebook.name!r} has no label {label!r}. "
                    f"It has: {', '.join(codebook.ids)}."
                )
        ids = (record.get(column) for column in DOCUMENT_COLUMNS)
        doc_id = next(
            (found for found in ids if found is not None and found != ""), f"{path.name}:{line}"
        )
        place = record.get("segment", "")
        numbered = isinstance(place, int) or (isinstance(place, str) and place.isdecimal())
        if numbered and len(str(place)) > _MOST_DIGITS:
            raise CorpusError(
                f"{where}: 'segment' must be a whole number of at most {_MOST_DIGITS} digits. "
                f"Got {place!r:.60}. Number the segments of a document 1, 2, 3, …"
            )
        yield LabelledSegment(
            text,
            labels,
            str(doc_id),
            optional,
            int(place) if numbered else None,
            {
                key: str(value)
                for key, value in record.items()
                if key not in _OWN and not key.startswith(CODER_PREFIX) and value is not None
            },
            where,
            coders,
            before,
        )


def read_records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Read the rows of a table, whatever its columns.

    Parameters
    ----------
    path : Path
        A CSV, TSV or JSON Lines file. A line never ends at U+2028, which is no line end.

    Yields
    ------
    tuple of int and dict
        The line, and the row by column.

    Raises
    ------
    CorpusError
        If the file cannot be read or a row is malformed; names file and line.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            if path.suffix.lower() in {".csv", ".tsv"}:
                yield from _separated(path, stream, "\t" if path.suffix.lower() == ".tsv" else ",")
            else:
                yield from _json_lines(path, stream)
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path}: is not UTF-8: {error}. Save it as UTF-8.") from error


def _json_lines(path: Path, stream: Iterable[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(stream, start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:  # of numbers without end, a ValueError
            raise CorpusError(
                f"{path}:{number}: is not JSON: {error}. Data are .csv, .tsv or JSON Lines."
            ) from error
        if not isinstance(record, dict):
            raise CorpusError(f"{path}:{number}: must be a JSON object. Got {line.strip()!r:.60}.")
        yield number, record


def _separated(
    path: Path, stream: Iterable[str], delimiter: str
) -> Iterator[tuple[int, dict[str, Any]]]:
    reader = csv.DictReader(stream, delimiter=delimiter, strict=True)
    try:
        twice = [name for name, n in Counter(reader.fieldnames or ()).items() if n > 1]
        if twice:
            raise CorpusError(f"{path}:1: the column {twice[0]!r} stands twice.")
        for record in reader:
            if None in record or None in record.values():
                raise CorpusError(
                    f"{path}:{reader.line_num}: has another number of fields than the header."
                )
            if not any(value.strip() for value in record.values()):
                continue  # Excel writes such rows below a table
            for column in _SEVERAL & record.keys():
                record[column] = [x for x in record[column].split(LABEL_SEPARATOR) if x.strip()]
            yield reader.line_num, record
    except csv.Error as error:
        raise CorpusError(f"{path}:{reader.reader.line_num}: {error}.") from error


def _value(
    record: Mapping[str, Any], name: str | None, usual: Sequence[str], where: str, what: str
) -> Any:  # noqa: ANN401  whatever the file holds
    for column in (name,) if name else usual:
        if column in record:
            return record[column]
    raise CorpusError(
        f"{where}: needs a column of {what}s, called {name or ' or '.join(usual[:_MOST_NAMED])}. "
        f"Got the columns {', '.join(map(str, record))}; say which with --{what}-column."
    )


def _labels(record: Mapping[str, Any], name: str | None, where: str) -> tuple[str, ...]:
    value = _value(record, name, LABEL_COLUMNS, where, "label")
    labels = _texts(value if isinstance(value, list) else [value], where, "labels")
    if name is None and isinstance(record.get("labels"), list):  # beside a primary 'label'
        beside = _texts(record["labels"], where, "labels")
        # With another one first they are of before the label was corrected.
        labels += beside[1:] if beside[:1] == labels[:1] and len(labels) == 1 else ()
    if not labels:
        raise CorpusError(f"{where}: needs at least one label.")
    if len(set(labels)) < len(labels):
        raise CorpusError(f"{where}: a label stands twice: {', '.join(labels)}.")
    return labels


def _before_review(record: Mapping[str, Any], where: str) -> tuple[str, ...]:
    value = record.get("before_review")
    labels = _texts([] if value is None else value, where, "before_review")
    if len(set(labels)) < len(labels):
        raise CorpusError(f"{where}: a label stands twice in 'before_review': {', '.join(labels)}.")
    return labels


def _coders(record: Mapping[str, Any], where: str) -> dict[str, str]:
    """Read what each coder gave: an object ``coders``, or columns ``coder:NAME``."""
    given = record.get("coders") or {}
    if not isinstance(given, dict):
        raise CorpusError(
            f"{where}: 'coders' must be an object, a coder's name to a label. Got {given!r:.60}. "
            f"In a table, name the columns {CODER_PREFIX}NAME."
        )
    cells = dict(given)
    for column, value in record.items():
        if column.startswith(CODER_PREFIX):
            name = column.removeprefix(CODER_PREFIX).strip()
            if not name or name in cells:
                raise CorpusError(
                    f"{where}: the column {column!r} needs the name of one coder behind "
                    f"{CODER_PREFIX!r}, each coder once."
                )
            cells[name] = value
    coders: dict[str, str] = {}
    for name, label in cells.items():
        if label is None or (isinstance(label, str) and not label.strip()):
            continue  # not coded
        coders[name] = _texts([label], where, "coders")[0]
    return coders


def _texts(values: Any, where: str, column: str) -> tuple[str, ...]:  # noqa: ANN401  of a file
    if not isinstance(values, list):
        raise CorpusError(f"{where}: {column!r} must be a list. Got {values!r:.60}.")
    for value in values:
        if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).strip():
            raise CorpusError(
                f"{where}: a label must be a text. Got {value!r:.60}. Label the row, or remove it."
            )
        if _NO_NAME.search(str(value)):
            raise CorpusError(
                f"{where}: a label must be a text without NUL and halves of characters. "
                f"Got {value!r:.60}. Write the label anew."
            )
    return tuple(str(value).strip() for value in values)


def _check_repeats(rows: Sequence[LabelledSegment], repeats: Repeats) -> None:
    seen: dict[str, LabelledSegment] = {}
    problems = []
    for row in rows:
        first = seen.setdefault(row.text, row)
        if first is row:
            continue
        if first.label != row.label:
            problems.append(
                f"{row.source}: the text stands at {first.source} already, as {first.label} and "
                f"here as {row.label}: {row.text!r:.60}."
            )
        elif repeats == "error":
            problems.append(
                f"{row.source}: the text stands at {first.source} already: {row.text!r:.60}."
            )
    if problems and repeats == "error":
        raise CorpusError(problems[0])
    if problems:
        warnings.warn(
            f"{len(problems)} texts have two labels; both are kept. First: {problems[0]}",
            UserWarning,
            stacklevel=3,
        )
