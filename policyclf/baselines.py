"""What a model has to beat: the most frequent label, and the dictionary."""

from __future__ import annotations

from collections.abc import Sequence

from policyclf.features import Batch, LexiconBlock, Segment


def majority(label_counts: dict[str, int], n: int) -> list[str]:
    """Give every segment the label that is most frequent in training.

    Parameters
    ----------
    label_counts : dict of str to int
        Training segments a label.
    n : int
        How many segments to label.

    Returns
    -------
    list of str, length n
        The same label n times.

    Examples
    --------
    >>> majority({"finance": 3, "talent": 5}, 2)
    ['talent', 'talent']
    """
    return [max(label_counts, key=lambda label: (label_counts[label], label))] * n


def dictionary(block: LexiconBlock, segments: Sequence[Segment], fallback: str) -> list[str]:
    """Give every segment the label whose terms in it weigh most.

    Parameters
    ----------
    block : LexiconBlock
        The lexicon.
    segments : sequence of Segment
        The segments; their context is not looked at.
    fallback : str
        The label where no term occurs.

    Returns
    -------
    list of str
        One label a segment; of several with the same weight, the first by name.
    """
    batch = Batch(segments)
    hits = block.hits(batch)[batch.places("text")]
    best = hits.argmax(axis=1)
    return [
        block.labels[column] if row[column] > 0 else fallback
        for row, column in zip(hits, best, strict=True)
    ]
