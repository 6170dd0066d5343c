"""``policyclf prevalence``: how frequent each label is, corrected by a coded sample."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from policyclf.cli.documents import read_documents
from policyclf.cli.gold import read_gold
from policyclf.cli.groups import NONE, grouping, say_of_none
from policyclf.cli.options import (
    encoding_option,
    groups_option,
    names_option,
    seed_option,
    unit_option,
)
from policyclf.cli.output import (
    FORMATS,
    choose_format,
    fit,
    harmless,
    open_output,
    refuse_inputs,
    writer,
)
from policyclf.labeling import load
from policyclf.spans import Unit
from policyclf.tasks import Pool, sampling_weights

if TYPE_CHECKING:
    from policyclf.corpus import Corpus
    from policyclf.prevalence import Prevalence

_ALL = "all"
_NAMES = 28
_FEW = 30
"""Of so few coded sentences an interval over documents is only a rough one."""


@click.command("prevalence")
@click.argument("model", metavar="MODEL")
@click.argument("paths", nargs=-1, required=True, metavar="POOL...")
@click.option(
    "--coded",
    required=True,
    type=click.Path(exists=True),
    metavar="FILE",
    help="A random sample of POOL, coded by hand: what suggest wrote, with labels filled in.",
)
@click.option(
    "--by",
    metavar="NAME",
    help="Shares of groups, too. place: the folder's name; year: the year in the path; or a "
    "column of --groups.",
)
@groups_option
@click.option("-o", "--output", metavar="FILE", help="Write here instead of standard output.")
@click.option("--format", "format_", type=click.Choice(FORMATS), help="As for label.")
@names_option
@unit_option
@encoding_option
@seed_option("Of the bootstrap.")
def prevalence_command(
    model: str,
    paths: tuple[str, ...],
    coded: str,
    by: str | None,
    groups: str | None,
    output: str | None,
    format_: str | None,
    lang: str,
    unit: Unit,
    encoding: str | None,
    seed: int,
) -> None:
    """Estimate how frequent each label is in a pool of documents.

    What the model counts is corrected by a random sample that was coded by hand, so that it is
    right on average however wrong the model is. POOL is what suggest was given.
    """
    if groups and not by:
        raise click.UsageError("--groups needs --by: the column of the groups.")
    group_of = grouping(by, groups) if by else None
    refuse_inputs(filter(None, [output]), [model, coded, groups])
    labeler = load(model)
    sample = read_gold(coded, names=labeler.codebook)
    foreign = sorted(set(sample.primaries) - set(labeler.labels))
    if foreign:
        click.echo(f"policyclf: warning: the model has no label {', '.join(foreign)}.", err=True)
    pool = Pool()
    without = 0
    with read_documents(paths, encoding=encoding, outputs=[output] if output else []) as documents:
        for document in documents:
            pool.add(document.name, labeler.label(document, unit=unit))
            without += group_of is not None and group_of(document.name) == NONE
        say_of_none(str(by), without)
        found = _estimates(pool, sample, [*labeler.labels, *foreign], group_of, seed)
        _say(found)
        names = {label: labeler.label_name(label, lang) for label in labeler.labels}
        with open_output(output) as stream:
            chosen = choose_format(format_, output)
            if chosen == "table":
                stream.writelines(f"{line.rstrip()}\n" for line in _lines(found, names))
                return
            write = writer(stream, chosen, ())
            for record in _records(found, names):
                write(record)


def _estimates(
    pool: Pool,
    sample: Corpus,
    labels: Sequence[str],
    group_of: Callable[[str], str] | None,
    seed: int,
) -> dict[str | None, Prevalence]:
    """Estimate for every group that has coded sentences, and for all documents (None)."""
    from policyclf.prevalence import estimate_prevalence  # noqa: PLC0415

    if not pool.given:
        raise click.ClickException("the pool has no sentences.")
    weights = sampling_weights(sample) or [1.0] * len(sample)
    coded = dict(zip(pool.places(sample), zip(sample.primaries, weights, strict=True), strict=True))
    members: dict[str, list[int]] = defaultdict(list)
    if group_of is not None:
        for place, name in enumerate(pool.doc_ids):
            members[group_of(name)].append(place)
    groups: list[tuple[str | None, Sequence[int]]] = [*sorted(members.items())]
    found: dict[str | None, Prevalence] = {}
    for group, places in [*groups, (None, range(len(pool.given)))]:
        here = {n: coded[place] for n, place in enumerate(places) if place in coded}
        if not here:
            where = harmless(group or _ALL)
            click.echo(f"policyclf: warning: {where}: no sentence is coded; left out.", err=True)
            continue
        found[group] = estimate_prevalence(
            [pool.given[place] for place in places],
            [pool.doc_ids[place] for place in places],
            {n: label for n, (label, _) in here.items()},
            labels,
            weights={n: weight for n, (_, weight) in here.items()},
            seed=seed,
        )
    return found


def _say(found: Mapping[str | None, Prevalence]) -> None:
    whole = found[None]
    right = whole.right
    click.echo(
        f"policyclf: {whole.n_coded:,} coded of {whole.n_segments:,} sentences of "
        f"{whole.n_documents:,} documents; the model is right on {right.value:.1%} "
        f"[{right.low:.1%}, {right.high:.1%}].",
        err=True,
    )
    few = [f"{group or _ALL} ({one.n_coded})" for group, one in found.items() if one.n_coded < _FEW]
    if few:
        click.echo(
            f"policyclf: warning: intervals of under {_FEW} coded sentences are rough: "
            f"{harmless(', '.join(few))}.",
            err=True,
        )


def _records(
    found: Mapping[str | None, Prevalence], names: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    for group, one in found.items():
        for share in one.shares:
            yield {
                "group": group or _ALL,
                "label": share.label,
                "name": names.get(share.label, share.label),
                "counted": round(share.counted, 4),
                "coded": round(share.coded, 4),
                "estimate": round(share.estimate.value, 4),
                "low": round(share.estimate.low, 4),
                "high": round(share.estimate.high, 4),
                "n_documents": one.n_documents,
                "n_segments": one.n_segments,
                "n_coded": one.n_coded,
            }


def _lines(found: Mapping[str | None, Prevalence], names: Mapping[str, str]) -> Iterator[str]:
    for group, one in found.items():
        if len(found) > 1:
            yield f"{harmless(group or _ALL)}: {one.n_coded:,} of {one.n_segments:,} coded"
        yield f"{'':{_NAMES}}{'counted':>9}{'coded':>9}{'estimate':>10}  95 %"
        for share in sorted(one.shares, key=lambda share: -share.estimate.value):
            at = share.estimate
            yield (
                f"{fit(names.get(share.label, share.label), _NAMES)}{share.counted:>9.1%}"
                f"{share.coded:>9.1%}{at.value:>10.1%}  [{at.low:.1%}, {at.high:.1%}]"
            )
        if group is not None:
            yield ""
