"""Stretches of a source text: where they are and what they are.

A span counts code points of the *source*, never of a cleaned copy, so that
``text[span.start:span.end]`` is always the very text that was read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Unit = Literal["sentence", "clause"]
Kind = Literal["sentence", "clause", "heading", "furniture"]

UNITS: tuple[Unit, ...] = ("sentence", "clause")


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of code points of a source text.

    Parameters
    ----------
    start : int
        Offset of the first code point.
    end : int
        Offset after the last code point; ``end > start``.

    Examples
    --------
    >>> span = Span(2, 4)
    >>> "全力招商引资"[span.start : span.end]
    '招商'
    """

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Sentence(Span):
    """One segment of a document, with its place in it.

    Parameters
    ----------
    start, end : int
        Code-point offsets into the source text.
    text : str
        ``source[start:end]``, unchanged: a hard line break inside stays.
    kind : {"sentence", "clause", "heading", "furniture"}
        ``clause`` is a part of a sentence that was cut at ；;
        ``heading`` is a title or section heading;
        ``furniture`` is what a page puts around the text (source, date line,
        print button, editor).
    heading : str or None
        The section heading that the segment stands under. A heading's own is
        the one above it.
    title : str or None
        The title of the document, if it has one.

    Examples
    --------
    >>> Sentence(0, 7, "优化营商环境。", "sentence", None, None).kind
    'sentence'
    """

    text: str
    kind: Kind
    heading: str | None
    title: str | None


@dataclass(frozen=True, slots=True)
class LabelledSentence(Sentence):
    """A sentence of a document with its labels.

    Parameters
    ----------
    start, end, text, kind, heading, title
        As in :class:`Sentence`.
    label : str
        The primary label.
    labels : tuple of str
        The primary label and further ones, likeliest first.
    confidence : float
        The probability of the primary label.
    unsure : bool
        Whether the confidence is under the abstention threshold: do not rely on the
        label. Not the same as the label ``other``.
    probabilities : dict of str to float
        The probability of every label.
    label_set : tuple of str
        Where a coverage was asked for, the labels among which the true one is so often,
        likeliest first.
    """

    label: str
    labels: tuple[str, ...]
    confidence: float
    unsure: bool
    probabilities: Mapping[str, float]
    label_set: tuple[str, ...] = ()
