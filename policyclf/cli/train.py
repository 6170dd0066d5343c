"""``policyclf train``: labelled sentences to a model."""

from __future__ import annotations

import math
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

import click

from policyclf.cli.documents import read_documents
from policyclf.cli.gold import read_gold, say_of_review, warn_of_unknown
from policyclf.cli.options import column_options, seed_option
from policyclf.documents import Document
from policyclf.labeling import check_target


@click.command("train")
@click.argument("data", type=click.Path(exists=True), metavar="DATA")
@click.option("-o", "--output", required=True, metavar="MODEL", help="Folder, .zip or .joblib.")
@click.option("--codebook", type=click.Path(exists=True), metavar="FILE", help="Labels, TOML.")
@click.option("--lexicon", type=click.Path(exists=True), metavar="FILE", help="Terms, TSV.")
@column_options
@click.option(
    "--gold",
    type=click.Path(exists=True),
    metavar="FILE",
    help="Hand-coded text to measure on; the figures go into the model's card.",
)
@click.option("--about", default="", metavar="TEXT", help="Where the text is from; for the card.")
@click.option("--about-gold", default="", metavar="TEXT", help="The same of the gold.")
@seed_option()
@click.option(
    "-C",
    "c",
    type=click.FloatRange(0, math.inf, min_open=True, max_open=True),
    help="Inverse penalty.",
)
@click.option("--min-df", type=click.IntRange(1), help="Least different texts an n-gram occurs in.")
@click.option(
    "--max-features", type=click.IntRange(1), help="Most n-grams a block keeps. Default: 250,000."
)
@click.option(
    "--unlabelled",
    multiple=True,
    metavar="PATH",
    help="Documents of the kind to be labelled, to learn from, too. Repeatable.",
)
@click.option("--words", is_flag=True, help="Words and pairs of words as features, too.")
def train_command(
    data: str,
    output: str,
    codebook: str | None,
    lexicon: str | None,
    text_column: str | None,
    label_column: str | None,
    gold: str | None,
    about: str,
    about_gold: str,
    seed: int,
    c: float | None,
    min_df: int | None,
    max_features: int | None,
    unlabelled: tuple[str, ...],
    words: bool,  # noqa: FBT001  as click passes it
) -> None:
    """Train a model.

    DATA is a folder like labels/ (corpus/*.jsonl, codebook.toml, lexicon.tsv), or a CSV,
    TSV or JSON Lines file with a column of texts and one of labels.
    """
    from policyclf.card import headline_figures  # noqa: PLC0415
    from policyclf.training import TrainingData, train  # noqa: PLC0415  scikit-learn takes 1.6 s

    check_target(output)
    click.echo("reading …", err=True)
    training = TrainingData.from_path(
        data,
        codebook=codebook,
        lexicon=lexicon,
        text_column=text_column,
        label_column=label_column,
    )
    training = replace(training, corpus=training.corpus.for_purpose("train"))
    parameters: dict[str, Any] = {"random_state": seed}
    optional = {"C": c, "min_df": min_df, "max_features": max_features}
    parameters |= {name: value for name, value in optional.items() if value is not None}
    if words:
        parameters["words"] = (1, 2)
    held = None
    if gold is not None:
        names = training.codebook
        held = read_gold(gold, names=names, text_column=text_column, label_column=label_column)
        warn_of_unknown(held, training.corpus.primaries)
    click.echo(f"training on {len(training.corpus):,} segments …", err=True)
    reading: AbstractContextManager[Iterable[Document]] = nullcontext(())
    if unlabelled:
        reading = read_documents(unlabelled, encoding=None, outputs=[])
    with reading as documents:
        labeler = train(
            training,
            gold=held,
            unlabelled=list(documents),
            about=about,
            about_gold=about_gold,
            **parameters,
        )
        labeler.save(output)
        say_of_review(training.corpus)
        for where, figures in headline_figures(labeler.bundle.metrics).items():
            click.echo(f"{where}: {figures}", err=True)
        made = labeler.bundle.provenance
        if "n_unlabelled" in made:
            click.echo(f"unlabelled: sure of {made['n_unlabelled']:,} sentences", err=True)
        click.echo(
            f"{output}: {len(labeler.labels)} labels, {labeler.bundle.size / 1e6:.1f} MB, solver "
            f"{made['solver']}",
            err=True,
        )
