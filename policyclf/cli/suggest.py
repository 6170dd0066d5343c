"""``policyclf suggest``: which sentences to code by hand next."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, get_args

import click
import numpy as np

from policyclf.cli.documents import read_documents
from policyclf.cli.options import encoding_option, unit_option
from policyclf.cli.output import open_output, refuse_inputs, writer
from policyclf.decision import Decision
from policyclf.labeling import load
from policyclf.sampling import DEFAULT, EVALUATE_SHARE, STRATEGIES, Purpose, Strategy, suggest
from policyclf.spans import Unit
from policyclf.tasks import as_doccano, as_label_studio, chosen_task, open_tasks
from policyclf.vocabulary import known_bigrams

FORMATS = ("jsonl", "csv", "label-studio", "doccano")


@click.command("suggest")
@click.argument("model", metavar="MODEL")
@click.argument("paths", nargs=-1, required=True, metavar="POOL...")
@click.option("-n", "n", type=click.IntRange(1), default=200, show_default=True, help="How many.")
@click.option("-o", "--output", metavar="FILE", help="Write here instead of standard output.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    help="Default: by FILE's name, CSV or JSON Lines.",
)
@click.option("--strategy", type=click.Choice(STRATEGIES), default=DEFAULT, show_default=True)
@click.option(
    "--evaluate-share",
    type=click.FloatRange(0, 1),
    default=EVALUATE_SHARE,
    show_default=True,
    help="The share drawn at random, to measure on.",
)
@click.option(
    "--show-suggestions",
    is_flag=True,
    help="Let coders see the model's label of what is to train on.",
)
@unit_option
@encoding_option
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
def suggest_command(
    model: str,
    paths: tuple[str, ...],
    n: int,
    output: str | None,
    format_: str | None,
    strategy: Strategy,
    evaluate_share: float,
    show_suggestions: bool,  # noqa: FBT001  as click passes it
    unit: Unit,
    encoding: str | None,
    seed: int,
) -> None:
    """Choose which sentences of a pool of documents to code by hand next.

    POOL is text files, folders of them, or - for standard input. A share is drawn at
    random, to measure on; the rest is chosen to train on.
    """
    refuse_inputs(filter(None, [output]), [model])
    labeler = load(model)
    with read_documents(paths, encoding=encoding, outputs=[output] if output else []) as documents:
        tasks, rows, decisions = [], [], []
        for document in documents:
            for task, found in open_tasks(document, labeler.label(document, unit=unit)):
                tasks.append(task)
                # Not the sentence itself: a dict of probabilities each would fill the memory.
                rows.append(np.array(list(found.probabilities.values())))
                decisions.append(
                    Decision(found.label, found.labels, found.confidence, found.unsure)
                )
        if not tasks:
            raise click.ClickException("the pool has no sentences to choose from.")
        picks = suggest(
            [task["text"] for task in tasks],
            np.array(rows),
            n,
            strategy=strategy,
            evaluate_share=evaluate_share,
            known=known_bigrams(labeler.bundle.model),
            seed=seed,
        )
        chosen = [
            chosen_task(tasks[pick.place], pick, decisions[pick.place], show=show_suggestions)
            for pick in sorted(picks, key=lambda pick: pick.place)
        ]
        _write(chosen, output, format_, labeler.bundle.sha256[:12])
        counts = Counter(pick.purpose for pick in picks)
        shares = ", ".join(f"{counts[purpose]} to {purpose}" for purpose in get_args(Purpose))
        click.echo(f"{len(chosen)} of {len(tasks):,} sentences: {shares}", err=True)
        if len(chosen) < n:
            click.echo(f"policyclf: warning: the pool has no {n} that differ.", err=True)


def _write(
    tasks: Sequence[dict[str, Any]], output: str | None, format_: str | None, model: str
) -> None:
    named_csv = output is not None and output.lower().endswith(".csv")
    format_ = format_ or ("csv" if named_csv else "jsonl")
    with open_output(output) as stream:
        if format_ == "label-studio":  # one list, not a line each
            laid_out = [as_label_studio(task, model) for task in tasks]
            stream.write(json.dumps(laid_out, ensure_ascii=False, indent=1) + "\n")
            return
        write = writer(stream, "csv" if format_ == "csv" else "jsonl", ())
        for task in tasks:
            write(as_doccano(task) if format_ == "doccano" else task)
