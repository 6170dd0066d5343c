"""``policyclf calibrate``: a model and a hand-coded sample to a model that fits it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from policyclf.cli.gold import read_gold
from policyclf.cli.options import column_options
from policyclf.labeling import check_target, load

_PLACES = {"document": "in documents", "alone": "sentences alone"}
_FIGURES = {"error": "ECE", "brier": "Brier", "log_loss": "log loss", "confidence": "confidence"}


@click.command("calibrate")
@click.argument("model", metavar="MODEL")
@click.argument("gold", type=click.Path(exists=True), metavar="GOLD")
@click.option("-o", "--output", required=True, metavar="MODEL2", help="Folder, .zip or .joblib.")
@click.option(
    "--further",
    default="even",
    show_default=True,
    metavar="AIM",
    help="Of further labels' thresholds: even, f1, precision=P or recall=R.",
)
@click.option(
    "--precision",
    type=click.FloatRange(0, 1, min_open=True),
    help="How often the primary label is right where it is not unsure.",
)
@column_options
def calibrate_command(
    model: str,
    gold: str,
    output: str,
    further: str,
    precision: float | None,
    text_column: str | None,
    label_column: str | None,
) -> None:
    """Fit a model's probabilities and thresholds to hand-coded sentences.

    GOLD is as for evaluate: a couple of hundred segments of your own kind of text, at
    least 100 of 10 documents, that the model was not trained on. Figures after are
    cross-validated by document; how many labels are relied on and right is in-sample.
    """
    from policyclf.decision import Aim  # noqa: PLC0415
    from policyclf.recalibration import recalibrate  # noqa: PLC0415

    aim = Aim.parse(further)
    check_target(output)
    labeler = load(model)
    names = labeler.codebook
    corpus = read_gold(gold, names=names, text_column=text_column, label_column=label_column)
    calibrated = recalibrate(labeler, corpus, further=aim, precision=precision)
    calibrated.save(output)
    click.echo(_report(calibrated.bundle.metrics["calibration"]))
    click.echo(f"{output}: sha256 {calibrated.bundle.sha256}", err=True)


def _report(figures: Mapping[str, Any]) -> str:
    lines = [
        f"{figures['n_segments']:,} segments of {figures['n_documents']:,} documents; after: "
        "cross-validated by document",
        "",
        f"{'':32}" + "".join(f"{title:>12}" for title in _FIGURES.values()),
    ]
    measured = {place: figures[place] for place in _PLACES if place in figures}
    for place, of_place in measured.items():
        for when, how in (("before", "before"), ("after", f"after, {of_place['method']}")):
            cells = "".join(f"{of_place[when][key]:>12.3f}" for key in _FIGURES)
            lines.append(f"{_PLACES[place] + ', ' + how:32}{cells}")
    made = figures["thresholds"]
    first, of_first = next(iter(measured.items()))
    right = made["right_where_relied_on"]
    lines += [
        "",
        f"ECE by chance, if all probabilities were right, {_PLACES[first]}: "
        f"{of_first['after']['chance']:.3f}",
        f"unsure under {made['abstention']:g}: {made['relied_on']:.0%} of segments are relied on"
        + (f", {right:.1%} of these are right" if right is not None else ""),
        f"(thresholds: {made['what']})",
    ]
    return "\n".join(lines)
