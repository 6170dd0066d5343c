"""The codebook: which labels there are, what each takes and what it does not.

A TOML file, validated when read. A model carries its own, so that its labels
can be named in both languages wherever it goes.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from policyclf.exceptions import CodebookError

Language = Literal["en", "zh"]

LANGUAGES: tuple[Language, ...] = ("en", "zh")

LABEL_SEPARATOR = "|"
"""Between the labels of one cell of a CSV, in what is read and in what is written."""


@dataclass(frozen=True, slots=True)
class Bilingual:
    """A text in Chinese and in English.

    Parameters
    ----------
    zh, en : str
        The two wordings.

    Examples
    --------
    >>> Bilingual("人才", "Talent").in_language("zh")
    '人才'
    """

    zh: str
    en: str

    def in_language(self, language: Language) -> str:
        """Return the wording in one language."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Something that a label does not take.

    Parameters
    ----------
    what : Bilingual
        What is excluded.
    label : str or None
        The label that takes it instead; None if that depends.
    """

    what: Bilingual
    label: str | None


@dataclass(frozen=True, slots=True)
class Label:
    """A label of the codebook.

    Parameters
    ----------
    id : str
        What stands in data files.
    name : Bilingual
        What people read.
    group : str
        The id of its group.
    takes : Bilingual
        What is labelled so.
    does_not_take : tuple of Exclusion
        What is labelled otherwise.
    rules : tuple of int
        The numbers of the rules that concern it.
    examples : tuple of str
        Sentences that carry it.
    """

    id: str
    name: Bilingual
    group: str
    takes: Bilingual
    does_not_take: tuple[Exclusion, ...]
    rules: tuple[int, ...]
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule for cases where labels meet.

    Parameters
    ----------
    number : int
        Counted from 1.
    labels : tuple of str
        The labels it is about; empty if about all.
    text : Bilingual
        The rule.
    notes : tuple of Bilingual, default ()
        How it is read in cases that coders disagreed about.
    """

    number: int
    labels: tuple[str, ...]
    text: Bilingual
    notes: tuple[Bilingual, ...] = ()


@dataclass(frozen=True, slots=True)
class Codebook:
    """Labels in groups, and the rules between them.

    Parameters
    ----------
    name, version : str
        Which codebook this is.
    title : Bilingual
        What it is about.
    groups : dict of str to Bilingual
        The groups, in order.
    labels : tuple of Label
        The labels, in order.
    rules : tuple of Rule
        The rules, in order.
    principles : tuple of Bilingual
        What holds for all labels, before the rules.
    source : str
        The file's own text, from which all of this was read.

    Examples
    --------
    >>> codebook = Codebook.from_toml('''
    ... name = "tiny"
    ... version = "1.0"
    ... title = { zh = "示例", en = "An example" }
    ... [[groups]]
    ... id = "all"
    ... zh = "全部"
    ... en = "All"
    ... [[labels]]
    ... id = "talent"
    ... zh = "人才"
    ... en = "Talent"
    ... group = "all"
    ... takes = { zh = "引才、育才", en = "Attracting and training talent" }
    ... ''')
    >>> codebook.label("talent").name.en
    'Talent'
    """

    name: str
    version: str
    title: Bilingual
    groups: Mapping[str, Bilingual]
    labels: tuple[Label, ...]
    rules: tuple[Rule, ...]
    principles: tuple[Bilingual, ...]
    source: str

    @classmethod
    def from_path(cls, path: str | os.PathLike[str]) -> Codebook:
        """Read a codebook file.

        Parameters
        ----------
        path : str or path-like
            The file, in UTF-8.

        Returns
        -------
        Codebook
            The codebook.

        Raises
        ------
        CodebookError
            If the file cannot be read, is no TOML, lacks something, or
            contradicts itself.
        """
        name = os.fspath(path)
        try:
            text = Path(path).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise CodebookError(f"{name}: cannot be read: {error}.") from error
        return cls.from_toml(text, file=name)

    @classmethod
    def from_toml(cls, text: str, *, file: str = "codebook") -> Codebook:
        """Read the text of a codebook file.

        Parameters
        ----------
        text : str
            TOML.
        file : str, default "codebook"
            The file, for messages.

        Returns
        -------
        Codebook
            The codebook.

        Raises
        ------
        CodebookError
            If the text is no TOML, lacks something, or contradicts itself.
        """
        try:
            data = tomllib.loads(text)
        except (ValueError, RecursionError) as error:  # of numbers without end, a ValueError
            raise CodebookError(f"{file}: is not TOML: {error}.") from error
        root = _Table(data, file)
        groups: dict[str, Bilingual] = {}
        for table in root.tables("groups"):
            groups[table.new_id(groups)] = table.bilingual()
        labels: dict[str, Label] = {}
        for table in root.tables("labels"):
            label = table.label(labels, groups)
            labels[label.id] = label
        if not labels:
            raise CodebookError(f"{file}: needs at least one [[labels]] table.")
        codebook = cls(
            root.text("name"),
            root.text("version"),
            root.child("title").bilingual(),
            groups,
            tuple(labels.values()),
            tuple(
                Rule(
                    table.integer("number"),
                    table.texts("labels"),
                    table.bilingual(),
                    tuple(note.bilingual() for note in table.tables("notes")),
                )
                for table in root.tables("rules")
            ),
            tuple(table.bilingual() for table in root.tables("principles")),
            text,
        )
        codebook._check_references(file)
        return codebook

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the labels, in order."""
        return tuple(label.id for label in self.labels)

    def label(self, label_id: str) -> Label:
        """Find a label by its id.

        Parameters
        ----------
        label_id : str
            The id.

        Returns
        -------
        Label
            The label.

        Raises
        ------
        CodebookError
            If there is none of that id.
        """
        for label in self.labels:
            if label.id == label_id:
                return label
        raise CodebookError(
            f"The codebook {self.name!r} has no label {label_id!r}. It has: {', '.join(self.ids)}."
        )

    def digest(self) -> str:
        """Return the SHA-256 of the file's text, in hexadecimal."""
        return hashlib.sha256(self.source.encode()).hexdigest()

    def _check_references(self, file: str) -> None:
        numbers = [rule.number for rule in self.rules]
        if numbers != list(range(1, len(numbers) + 1)):
            raise CodebookError(f"{file}: the rules must be numbered 1, 2, 3, … Got {numbers}.")
        owners: dict[str, str] = {}
        for label in self.labels:
            for word in (label.id, label.name.zh, label.name.en):
                owner = owners.setdefault(word, label.id)
                if owner != label.id:
                    raise CodebookError(
                        f"{file}: label {label.id}: {word!r} is an id or a name of label {owner} "
                        "already. Give each label names of its own."
                    )
        named = [(f"rule {rule.number}", name) for rule in self.rules for name in rule.labels]
        for label in self.labels:
            where = f"label {label.id}"
            named += [(where, other.label) for other in label.does_not_take if other.label]
            for number in label.rules:
                if number not in numbers:
                    raise CodebookError(f"{file}: label {label.id}: there is no rule {number}.")
        for where, name in named:
            if name not in self.ids:
                raise CodebookError(f"{file}: {where}: there is no label {name!r}.")


class _Table:
    """A TOML table with its place, so that an error can name the field."""

    def __init__(self, data: Mapping[str, Any], where: str) -> None:
        self._data = data
        self._where = where

    def text(self, key: str) -> str:
        value = self._data.get(key)
        if not isinstance(value, str) or not value.strip():
            raise CodebookError(f"{self._where}: {key!r} must be a text. Got {value!r}.")
        return value

    def has(self, key: str) -> bool:
        return key in self._data

    def integer(self, key: str) -> int:
        value = self._data.get(key)
        if not isinstance(value, int) or isinstance(value, bool):
            raise CodebookError(f"{self._where}: {key!r} must be a whole number. Got {value!r}.")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        return tuple(self._list(key, str, "texts"))

    def integers(self, key: str) -> tuple[int, ...]:
        return tuple(self._list(key, int, "whole numbers"))

    def tables(self, key: str) -> list[_Table]:
        entries = self._list(key, dict, "tables")
        return [
            _Table(entry, f"{self._where}: {key} {entry.get('id', entry.get('number', place))}")
            for place, entry in enumerate(entries, start=1)
        ]

    def child(self, key: str) -> _Table:
        value = self._data.get(key)
        if not isinstance(value, dict):
            raise CodebookError(
                f"{self._where}: {key!r} must be a table with 'zh' and 'en'. Got {value!r}."
            )
        return _Table(value, f"{self._where}: {key}")

    def bilingual(self) -> Bilingual:
        return Bilingual(self.text("zh"), self.text("en"))

    def new_id(self, taken: Mapping[str, object]) -> str:
        value = self.text("id")
        if value in taken:
            raise CodebookError(f"{self._where}: the id {value!r} stands twice.")
        return value

    def label(self, taken: Mapping[str, object], groups: Mapping[str, Bilingual]) -> Label:
        label_id, group = self.new_id(taken), self.text("group")
        if group not in groups:
            raise CodebookError(f"{self._where}: there is no group {group!r}.")
        exclusions = [
            Exclusion(table.bilingual(), table.text("label") if table.has("label") else None)
            for table in self.tables("does_not_take")
        ]
        return Label(
            label_id,
            self.bilingual(),
            group,
            self.child("takes").bilingual(),
            tuple(exclusions),
            self.integers("rules"),
            self.texts("examples"),
        )

    def _list(self, key: str, kind: type, plural: str) -> list[Any]:
        value = self._data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(entry, kind) for entry in value):
            raise CodebookError(
                f"{self._where}: {key!r} must be a list of {plural}. Got {value!r}."
            )
        return value
