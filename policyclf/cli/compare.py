"""``policyclf compare``: two models on the same gold."""

from __future__ import annotations

import json
from dataclasses import replace

import click

from policyclf.cli.gold import read_gold
from policyclf.cli.options import column_options, seed_option
from policyclf.cli.tables import comparison_table
from policyclf.labeling import load


@click.command("compare")
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@click.argument("gold", type=click.Path(exists=True), metavar="GOLD")
@click.option("--json", "as_json", is_flag=True, help="All figures and changed sentences as JSON.")
@column_options
@seed_option("Of the bootstrap.")
def compare_command(
    first: str,
    second: str,
    gold: str,
    as_json: bool,  # noqa: FBT001  as click passes it
    text_column: str | None,
    label_column: str | None,
    seed: int,
) -> None:
    """Say which of two models is better on GOLD, how surely, and where they differ.

    A and B are models; differences are B less A, so that above 0 B is better. Intervals
    are 95 %, over documents drawn for both at once.
    """
    from policyclf.comparison import compare  # noqa: PLC0415
    from policyclf.training import label_gold  # noqa: PLC0415  scikit-learn takes 1.6 s

    labelers = {"A": load(first), "B": load(second)}
    names = labelers["A"].codebook
    corpus = read_gold(gold, names=names, text_column=text_column, label_column=label_column)
    one, other = (
        replace(label_gold(labeler, corpus)[0], name=name) for name, labeler in labelers.items()
    )
    found = compare(one, other, corpus, seed=seed)
    if as_json:
        click.echo(json.dumps(found.to_dict(), ensure_ascii=False, indent=2))
        return
    lines = comparison_table(found, (first, second))
    click.echo("\n".join(line.rstrip() for line in lines))
