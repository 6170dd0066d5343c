"""What is labelled: segments with their context, cleaned, as arrays.

A segment's context is the segment before it, the heading it stands under and the
title of its document. Neighbours and headings recur from segment to segment, so a
batch cleans and encodes each text once and refers to it by its place.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from policyclf.exceptions import InputError
from policyclf.features.rows import Ints
from policyclf.normalization import normalized_codepoints
from policyclf.segmentation import is_heading


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


_TEXTS_AT_ONCE = 20_000

CONTEXT = ("previous", "heading", "title")
"""The fields of a segment that are not its own text."""


class Batch:
    """Segments as one array of cleaned code points.

    Parameters
    ----------
    segments : iterable of Segment or of str
        The segments; texts stand for segments without context.

    Attributes
    ----------
    n_segments : int
        How many there are.

    Examples
    --------
    >>> batch = Batch([Segment("招商"), Segment("引资", previous="招商")])
    >>> batch.texts
    ['招商', '引资', '']
    >>> batch.places("previous").tolist()
    [2, 0]
    >>> batch.has("previous"), batch.has("title")
    (True, False)
    """

    def __init__(self, segments: Iterable[Segment] | Iterable[str]) -> None:
        items = list(segments)
        self.n_segments = len(items)
        alone = bool(items) and isinstance(items[0], str)
        columns: list[Any] = [items] if alone else list(zip(*items, strict=True))
        sources = dict.fromkeys(chain(*columns, [""] * alone))
        for place, source in enumerate(sources):
            sources[source] = place
        self._places = {
            field: np.fromiter(map(sources.__getitem__, column), np.int64, self.n_segments)
            for field, column in zip(Segment._fields, columns, strict=False)
        }
        self._nothing = sources.get("", -1)
        self._sources = list(sources)

    def places(self, field: str) -> Ints:
        """Return where in `texts` a field of each segment is, shape (n_segments,)."""
        found = self._places.get(field)
        return np.full(self.n_segments, self._nothing) if found is None else found

    def has(self, field: str) -> bool:
        """Say whether a field of any segment holds a text."""
        found = self._places.get(field)
        return found is not None and bool((found != self._nothing).any())

    @cached_property
    def codepoints(self) -> npt.NDArray[np.uint32]:
        """The code points of all texts, a line end behind each, shape (n_codepoints,)."""
        return normalized_codepoints(self._sources)

    @cached_property
    def lengths(self) -> Ints:
        """How many code points each text has, with its line end, shape (n_texts,)."""
        return np.diff(np.flatnonzero(self.codepoints == ord("\n")), prepend=-1)

    @cached_property
    def owners(self) -> Ints:
        """The text that each code point belongs to, shape (n_codepoints,)."""
        return np.repeat(np.arange(len(self.lengths)), self.lengths)

    @cached_property
    def texts(self) -> list[str]:
        """The cleaned texts; those that differ only in what is cleaned away are apart."""
        joined = self.codepoints.tobytes().decode("utf-32-le", "surrogatepass")
        return joined.split("\n")[:-1]


def text_batches(segments: Sequence[Segment]) -> Iterator[Batch]:
    """Go through the segments' own texts, a bounded number at a time.

    Parameters
    ----------
    segments : sequence of Segment
        The segments; their context is not looked at.

    Yields
    ------
    Batch
        Of texts without context, each once however often it recurs: a stock phrase of many
        documents would else be as many witnesses for its n-grams.
    """
    texts = list(dict.fromkeys(segment.text for segment in segments))
    for start in range(0, len(texts), _TEXTS_AT_ONCE):
        yield Batch(texts[start : start + _TEXTS_AT_ONCE])


def text_lengths(items: Sequence[Segment] | Sequence[str]) -> Ints:
    """Count the characters of the texts of segments, or of texts, as they are.

    Parameters
    ----------
    items : sequence of Segment or of str
        Segments, whose context does not count, or texts.

    Returns
    -------
    ndarray of int64, shape (n_items,)
        Lengths.
    """
    texts = (item if isinstance(item, str) else item.text for item in items)
    return np.fromiter(map(len, texts), np.int64, len(items))


def as_segments(
    items: Iterable[str | Segment], doc_ids: Sequence[object] | None = None
) -> list[Segment]:
    """Check what is to be labelled, and give plain texts their context.

    Parameters
    ----------
    items : iterable of str or Segment
        Plain texts or segments, not both. Texts of one document in a row and in order.
    doc_ids : sequence, optional
        The document of each plain text. Without it, each stands alone.

    Returns
    -------
    list of Segment
        The segments as they are; the texts with what stands before and above them. The
        first text of a document, if it is a heading, is its title.

    Raises
    ------
    InputError
        If the items are neither, or the lengths differ.

    Warns
    -----
    UserWarning
        If the texts of a document are not in a row.

    Examples
    --------
    >>> as_segments(["甲", "乙", "丙"], doc_ids=[1, 1, 2])[1].previous
    '甲'
    """
    found = as_texts_or_segments(items, doc_ids)
    return [item if isinstance(item, Segment) else Segment(item) for item in found]


def as_texts_or_segments(
    items: Iterable[str | Segment], doc_ids: Sequence[object] | None = None
) -> list[str] | list[Segment]:
    """Do as `as_segments`, but leave texts that stand alone as they are.

    Of 20,000 sentences it saved a tenth of the time that labelling them takes.
    """
    if isinstance(items, str):
        raise InputError("Needs a list of texts. Got one text: put it into a list.")
    if not isinstance(items, Iterable):
        raise InputError(f"Needs a list of texts. Got {items!r:.60}.")
    items = list(items)
    kinds = set(map(type, items))
    for kind in kinds:
        if not issubclass(kind, str | Segment):
            place = next(place for place, item in enumerate(items) if type(item) is kind)
            raise InputError(
                f"Needs texts or segments. Got {kind.__name__} at place {place}: "
                f"{items[place]!r:.60}."
            )
    if doc_ids is not None:
        doc_ids = _listed(doc_ids, len(items))
        _warn_of_pieces(doc_ids)
    n_kinds_of_segments = sum(issubclass(kind, Segment) for kind in kinds)
    if 0 < n_kinds_of_segments < len(kinds):
        raise InputError("Needs either texts or segments. Got both.")
    if n_kinds_of_segments:
        _check_fields(items)  # type: ignore[arg-type]  # of one kind: see above
    if doc_ids is None or n_kinds_of_segments:
        return items  # type: ignore[return-value]  # of one kind: see above
    return _in_documents(items, doc_ids)  # type: ignore[arg-type]  # as above


def _listed(doc_ids: Sequence[object], n_texts: int) -> list[object]:
    """Check documents. A list: a pandas Series is looked up by its index, not by place."""
    if not isinstance(doc_ids, Iterable) or isinstance(doc_ids, Iterator):
        # What is used up here would be needed again.
        raise InputError(f"doc_ids must be a list or an array. Got {doc_ids!r:.60}.")
    listed = list(doc_ids)
    if len(listed) != n_texts:
        raise InputError(f"There are {n_texts} texts and {len(listed)} doc_ids.")
    return listed


def _check_fields(segments: Sequence[Segment]) -> None:
    if all(issubclass(kind, str) for kind in set(map(type, chain.from_iterable(segments)))):
        return
    for place, segment in enumerate(segments):
        for field, value in segment._asdict().items():
            if not isinstance(value, str):
                raise InputError(
                    f"{field!r} of the segment at place {place} must be a text. Got {value!r:.60}."
                )


def _warn_of_pieces(doc_ids: Sequence[object]) -> None:
    """Warn if a document's texts do not follow one another: each piece counts as a document."""
    begun: set[object] = set()
    for place, doc_id in enumerate(doc_ids):
        if place and doc_id == doc_ids[place - 1]:
            continue
        try:
            if doc_id in begun:
                warnings.warn(
                    f"the texts of {doc_id!r} are not all in a row: it goes on at place {place} "
                    "after another document. Neighbours count as context: sort the texts.",
                    UserWarning,
                    stacklevel=4,
                )
                return
            begun.add(doc_id)
        except TypeError:  # cannot be looked up, and so not be told
            return


def _in_documents(texts: Sequence[str], doc_ids: Sequence[object]) -> list[Segment]:
    segments: list[Segment] = []
    previous = heading = title = ""
    for place, (text, doc_id) in enumerate(zip(texts, doc_ids, strict=True)):
        heads = is_heading(text)
        if place == 0 or doc_id != doc_ids[place - 1]:
            previous, heading, title = "", "", text if heads else ""
        segments.append(Segment(text, previous, heading, title))
        previous = text
        if heads and text != title:
            heading = text
    return segments
