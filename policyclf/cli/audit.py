"""``policyclf audit``: what is wrong with labelled data."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from policyclf.cli.options import column_options, seed_option
from policyclf.cli.output import choose_format, fit, open_output, refuse_inputs, writer

if TYPE_CHECKING:
    from policyclf.auditing import Audit
    from policyclf.corpus import Corpus

_READ = frozenset({".jsonl", ".toml", ".tsv"})
"""How the names of what is read in a folder end."""

_SHOWN = 10
_TEXT = 74
_NAME = 26


@click.command("audit")
@click.argument("data", type=click.Path(exists=True), metavar="DATA")
@click.option("-o", "--output", metavar="FILE", help="Write the suspects here, CSV or JSON Lines.")
@click.option(
    "--blind", is_flag=True, help="With -o: without labels and figures, to be coded anew."
)
@click.option("--json", "as_json", is_flag=True, help="All that was found as JSON.")
@click.option("--codebook", type=click.Path(exists=True), metavar="FILE", help="Labels, TOML.")
@click.option("--lexicon", type=click.Path(exists=True), metavar="FILE", help="Terms, TSV.")
@column_options
@seed_option()
def audit_command(
    data: str,
    output: str | None,
    blind: bool,  # noqa: FBT001  as click passes it
    as_json: bool,  # noqa: FBT001
    codebook: str | None,
    lexicon: str | None,
    text_column: str | None,
    label_column: str | None,
    seed: int,
) -> None:
    """Look for what is wrong with labelled data.

    Suspected label errors, texts that stand twice, contradictions, rare and unused
    labels, agreement of coders. DATA is what train takes.
    """
    from policyclf.auditing import (  # noqa: PLC0415  scikit-learn takes 1.6 s
        audit,
        blind_tasks,
        suspect_record,
    )
    from policyclf.training import TrainingData  # noqa: PLC0415

    if blind and output is None:
        raise click.UsageError("--blind needs a file to write to: give -o FILE.")
    if output is not None:
        read = [str(path) for path in Path(data).rglob("*") if path.suffix in _READ]
        refuse_inputs([output], [*(read or [data]), codebook, lexicon])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of contradictions: they are reported below
        found = TrainingData.from_path(
            data,
            codebook=codebook,
            lexicon=lexicon,
            repeats="warn",
            text_column=text_column,
            label_column=label_column,
        )
    corpus = found.corpus
    result = audit(found, seed=seed)
    if output is not None:
        with open_output(output) as stream:
            write = writer(stream, choose_format(None, output), ())
            suspects = result.suspects or ()
            if blind:
                records = blind_tasks(suspects, corpus)
            else:
                records = [suspect_record(suspect, corpus) for suspect in suspects]
            for record in records:
                write(record)
    if as_json:
        click.echo(json.dumps(result.to_dict(corpus), ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(line.rstrip() for line in _lines(result, corpus)))


def _lines(result: Audit, corpus: Corpus) -> Iterator[str]:
    yield (
        f"{result.n_segments:,} segments in {result.n_documents:,} documents; "
        f"{result.n_further / result.n_segments:.1%} have further labels"
    )
    yield ""
    yield f"{'label':26}{'segments':>10}{'share':>8}{'documents':>11}{'beside another':>16}"
    for found in result.labels:
        share = found.n_segments / result.n_segments
        yield (
            f"{fit(found.label, 26)}{found.n_segments:>10,}{share:>8.1%}{found.n_documents:>11,}"
            f"{found.n_further:>16,}{'  few' if found.few else ''}"
        )
    if result.unused:
        yield ""
        yield f"in the codebook and not in the data: {', '.join(result.unused)}"
    yield from _repeats(result, corpus)
    yield ""
    if result.suspects is None:
        yield "suspected label errors: too little data to hold any out"
    else:
        beside = sum(suspect.given for suspect in result.suspects)
        yield (
            f"suspected label errors: {len(result.suspects):,}, of which {beside:,} have the "
            "likelier label beside"
        )
        for suspect in [s for s in result.suspects if not s.given][:_SHOWN]:
            row = corpus.rows[suspect.place]
            yield f"  {row.source or suspect.place}"
            yield (
                f"    {_name(suspect.label)} {suspect.probability:.2f}, "
                f"{_name(suspect.likelier)} {suspect.likelier_probability:.2f}?"
            )
            yield f"    {fit(row.text, _TEXT)}"
    yield from _agreement(result)


def _repeats(result: Audit, corpus: Corpus) -> Iterator[str]:
    counts = (
        ("texts that stand more than once", len(result.duplicates)),
        ("pairs of other texts that are nearly the same", len(result.near_duplicates)),
        ("contradictions among them", len(result.contradictions)),
    )
    yield ""
    yield from (f"{what}: {n:,}" for what, n in counts)
    for a, b, similarity in result.contradictions[:_SHOWN]:
        one, other = corpus.rows[a], corpus.rows[b]
        yield f"  similarity {similarity:.2f}"
        for row, place in ((one, a), (other, b)):
            yield f"    {row.source or place}: {_name(row.label)}"
            yield f"      {fit(row.text, _TEXT - 2)}"


def _agreement(result: Audit) -> Iterator[str]:
    agreement = result.agreement
    if agreement is None:
        return
    yield ""
    yield (
        f"{len(agreement.coders)} coders, {agreement.n_segments:,} segments coded by two or more: "
        f"alpha {_figure(agreement.alpha)}"
    )
    for one, other, n, kappa in agreement.pairs:
        yield f"  {fit(one, 16)} {fit(other, 16)} kappa {_figure(kappa)} on {n:,}"
    for label, alpha in _ascending(list(agreement.label_alphas.items())):
        yield f"  {fit(label, 33)} alpha {_figure(alpha)}"


def _ascending(alphas: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    return sorted(alphas, key=lambda item: (math.isnan(item[1]), item[1]))


def _name(label: str) -> str:
    """Shorten a label and take out what a terminal would obey."""
    return fit(label, _NAME).rstrip()


def _figure(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"
