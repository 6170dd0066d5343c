"""The lexicon: which terms speak for which label, and how much.

One file with three uses: user dictionary of the tokenizer, a block of features,
and the dictionary baseline that evaluations show beside a model.

A term counts where it occurs, unless it lies inside a longer term that occurs
there, of whatever label: in 高新技术企业认定 neither 高新技术企业 nor 企业 counts.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from policyclf.exceptions import LexiconError
from policyclf.normalization import normalized

WEIGHTS = (1, 2, 3)
"""A hint, mostly, nearly surely."""

SHORTEST = 2
"""A term has at least two characters: one alone says too little."""

LONGEST_TERM = 64
"""Characters of a term at most: what is longer is a sentence."""

_COLUMNS = ("label", "term", "weight")
_MOST_DIGITS = 9


class Term(NamedTuple):
    """An expression that speaks for a label.

    Parameters
    ----------
    text : str
        The expression, as cleaned text.
    label : str
        The label it speaks for.
    weight : {1, 2, 3}
        A hint, mostly, nearly surely.
    """

    text: str
    label: str
    weight: int


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Terms, each under one label.

    Parameters
    ----------
    terms : tuple of Term
        In the order of their texts, each once.

    Examples
    --------
    >>> lexicon = Lexicon.from_rows([("finance", "信贷", 3), ("innovation", "研发", 3)])
    >>> lexicon.labels
    ('finance', 'innovation')
    """

    terms: tuple[Term, ...]

    @classmethod
    def from_rows(cls, rows: Iterable[tuple[str, str, int]], *, name: str = "lexicon") -> Lexicon:
        """Check rows and clean their terms.

        Parameters
        ----------
        rows : iterable of (label, term, weight)
            What a lexicon file holds.
        name : str, default "lexicon"
            The file, for messages; rows count from its line 2.

        Returns
        -------
        Lexicon
            The terms.

        Raises
        ------
        LexiconError
            If a row is malformed, or a term stands twice.
        """
        terms: dict[str, Term] = {}
        lines: dict[str, int] = {}
        for line, (label, written, weight) in enumerate(rows, start=2):
            text = normalized(written)
            if not label or len(text) < SHORTEST:
                raise LexiconError(
                    f"{name}:{line}: needs a label and a term of at least {SHORTEST} characters "
                    f"that remain after cleaning. Got {label!r} and {written!r}."
                )
            if len(text) > LONGEST_TERM:
                raise LexiconError(
                    f"{name}:{line}: a term has at most {LONGEST_TERM} characters. "
                    f"Got {len(text)}: {written[:20]}…"
                )
            if weight not in WEIGHTS:
                raise LexiconError(f"{name}:{line}: the weight must be 1, 2 or 3. Got {weight!r}.")
            if text in terms:
                raise LexiconError(
                    f"{name}:{line}: the term {written!r} ({label}) stands on line {lines[text]} "
                    f"already ({terms[text].label}), as {text!r}. A term has one label: remove one."
                )
            terms[text], lines[text] = Term(text, label, weight), line
        return cls(tuple(terms[text] for text in sorted(terms)))

    @classmethod
    def from_tsv(cls, text: str, *, name: str = "lexicon") -> Lexicon:
        """Read tab-separated label, term and weight, with that header.

        Parameters
        ----------
        text : str
            The content of a lexicon file.
        name : str, default "lexicon"
            The file, for messages.

        Returns
        -------
        Lexicon
            The terms.

        Raises
        ------
        LexiconError
            If a row is malformed, or a term stands twice.
        """
        lines = [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]
        header = tuple(lines[0].split("\t"))
        if header != _COLUMNS:
            raise LexiconError(
                f"{name}:1: the header must be label, term, weight with tabs between. "
                f"Got {lines[0]!r}."
            )
        rows: list[tuple[str, str, int]] = []
        for number, line in enumerate(lines[1:], start=2):
            fields = line.split("\t")
            weighed = fields[-1].isdecimal() and len(fields[-1]) <= _MOST_DIGITS
            if len(fields) != len(_COLUMNS) or not weighed:
                raise LexiconError(
                    f"{name}:{number}: needs a label, a term and a weight with tabs between. "
                    f"Got {line!r:.200}."
                )
            rows.append((fields[0], fields[1], int(fields[2])))
        return cls.from_rows(rows, name=name)

    @classmethod
    def from_path(cls, path: str | os.PathLike[str]) -> Lexicon:
        """Read a lexicon file, in UTF-8.

        Parameters
        ----------
        path : str or path-like
            The file.

        Returns
        -------
        Lexicon
            The terms.

        Raises
        ------
        LexiconError
            If the file cannot be read, a row is malformed, or a term stands twice.
        """
        name = os.fspath(path)
        try:
            text = Path(path).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise LexiconError(f"{name}: cannot be read: {error}.") from error
        return cls.from_tsv(text, name=name)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that have terms, in alphabetical order."""
        return tuple(sorted({term.label for term in self.terms}))

    def to_tsv(self) -> str:
        """Write the terms as a lexicon file has them."""
        rows = (f"{term.label}\t{term.text}\t{term.weight}\n" for term in self.terms)
        return "\t".join(_COLUMNS) + "\n" + "".join(rows)

    def digest(self) -> str:
        """Return the SHA-256 of the terms, in hexadecimal."""
        return hashlib.sha256(self.to_tsv().encode()).hexdigest()
