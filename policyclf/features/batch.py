"""What is labelled: segments with their context, cleaned, as arrays.

A segment's context is the segment before it, the heading it stands under and the
title of its document. Neighbours and headings recur from segment to segment, so a
batch cleans and encodes each text once and refers to it by its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from policyclf.features.rows import Ints
from policyclf.normalization import normalized


class Segment(NamedTuple):
    """A segment of a document and what stands around it.

    Parameters
    ----------
    text : str
        The segment itself.
    previous : str, default ""
        The segment before it in the document.
    heading : str, default ""
        The heading it stands under.
    title : str, default ""
        The title of the document.

    Examples
    --------
    >>> Segment("要做到这一点，必须下真功夫。", previous="全力招商引资。").previous
    '全力招商引资。'
    """

    text: str
    previous: str = ""
    heading: str = ""
    title: str = ""


CONTEXT = ("previous", "heading", "title")
"""The fields of a segment that are not its own text."""


class Batch:
    """Segments as one array of cleaned code points.

    Parameters
    ----------
    segments : iterable of Segment
        The segments.

    Attributes
    ----------
    n_segments : int
        How many there are.
    texts : list of str
        The cleaned texts that occur, each once.

    Examples
    --------
    >>> batch = Batch([Segment("招商"), Segment("引资", previous="招商")])
    >>> batch.texts
    ['招商', '引资', '']
    >>> batch.places("previous").tolist()
    [2, 0]
    """

    def __init__(self, segments: Iterable[Segment]) -> None:
        segments = list(segments)
        self.n_segments = len(segments)
        raw: dict[str, int] = {}
        columns = []
        for values in zip(*segments, strict=True):
            columns.append(np.array([raw.setdefault(value, len(raw)) for value in values], np.int64))
        texts: dict[str, int] = {}
        cleaned = np.array([texts.setdefault(normalized(t), len(texts)) for t in raw], np.int64)
        self.texts = list(texts)
        self._places = {
            field: cleaned[column] for field, column in zip(Segment._fields, columns, strict=False)
        }

    def places(self, field: str) -> Ints:
        """Return where in `texts` a field of each segment is, shape (n_segments,)."""
        return self._places.get(field, np.zeros(0, np.int64))

    @cached_property
    def codepoints(self) -> npt.NDArray[np.uint32]:
        """The code points of all texts, a line end behind each, shape (n_codepoints,)."""
        joined = "".join(text + "\n" for text in self.texts)
        return np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), "<u4")

    @cached_property
    def owners(self) -> Ints:
        """The text that each code point belongs to, shape (n_codepoints,)."""
        lengths = np.fromiter((len(text) + 1 for text in self.texts), np.int64, len(self.texts))
        return np.repeat(np.arange(len(self.texts)), lengths)


def with_context(
    texts: Sequence[str],
    doc_ids: Sequence[object] | None = None,
    *,
    headings: Sequence[bool] | None = None,
) -> list[Segment]:
    """Give the segments of documents their neighbours as context.

    Parameters
    ----------
    texts : sequence of str
        Segments, those of one document in a row and in order.
    doc_ids : sequence, optional
        The document of each segment. Without it, each stands alone.
    headings : sequence of bool, optional
        Which of the segments are headings.

    Returns
    -------
    list of Segment
        The same segments, each with what stands before and above it. The first
        segment of a document, if it is a heading, is its title.

    Examples
    --------
    >>> with_context(["甲", "乙", "丙"], doc_ids=[1, 1, 2])[1].previous
    '甲'
    """
    if doc_ids is None:
        return [Segment(text) for text in texts]
    flags = headings if headings is not None else [False] * len(texts)
    segments: list[Segment] = []
    document: object = None
    previous = heading = title = ""
    for place, (text, doc_id, is_heading) in enumerate(zip(texts, doc_ids, flags, strict=True)):
        if place == 0 or doc_id != document:
            document, previous, heading, title = doc_id, "", "", ""
            if is_heading:
                title = text
        segments.append(Segment(text, previous, heading, title))
        previous = text
        if is_heading and text != title:
            heading = text
    return segments
