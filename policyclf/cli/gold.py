"""Labels to measure on, as all commands take them from a file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from policyclf.codebook import Codebook
    from policyclf.corpus import Corpus


def read_gold(path: str | Path, *, names: Codebook | None = None, **how: Any) -> Corpus:  # noqa: ANN401
    """Read hand-coded segments, without those that were marked to train on.

    Parameters
    ----------
    path : str or Path
        The file.
    names : Codebook, optional
        Whose names of labels may stand for their ids.
    **how
        Of :meth:`~policyclf.corpus.Corpus.from_path`.

    Returns
    -------
    Corpus
        With the labels from before a review to which a model pointed.
    """
    from policyclf.corpus import Corpus  # noqa: PLC0415  only where labels are read

    corpus = Corpus.from_path(path, **how).for_purpose("evaluate").with_ids(names)
    say_of_review(corpus)
    return corpus.unreviewed()


def warn_of_unknown(gold: Corpus, labels: Iterable[str]) -> None:
    """Say on standard error which labels of gold a model does not have."""
    unknown = sorted(set(gold.primaries) - set(labels))
    if unknown:
        click.echo(
            f"policyclf: warning: the model has no label {', '.join(unknown)}; it cannot be right "
            "on those segments.",
            err=True,
        )


def say_of_review(corpus: Corpus) -> None:
    """Say on standard error if figures are not on the labels that the file has now."""
    if corpus.n_reviewed:
        click.echo(
            "policyclf: figures are on the labels from before a review (before_review), which "
            f"changed {corpus.n_reviewed:,} of {len(corpus):,} segments.",
            err=True,
        )
