"""``policyclf info``: what a model is."""

from __future__ import annotations

import click

from policyclf import __version__
from policyclf.card import headline_figures, methods_paragraph
from policyclf.cli.output import folded, harmless
from policyclf.codebook import LANGUAGES, Language
from policyclf.features.compiled import library
from policyclf.labeling import load

_NAMES = 16
"""Cells that the names of the rows take, the longest and a space."""


@click.command("info")
@click.argument("model", required=False, metavar="[MODEL]")
@click.option("--card", is_flag=True, help="Print the model card.")
@click.option("--methods", is_flag=True, help="Print a paragraph for a paper.")
@click.option(
    "--lang", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Of --methods."
)
def info_command(
    model: str | None,
    card: bool,  # noqa: FBT001  as click passes it
    methods: bool,  # noqa: FBT001
    lang: Language,
) -> None:
    """Say what a model is, what it was trained on, its hash, and what counts its features."""
    bundle = load(model).bundle
    if card:
        click.echo(harmless(bundle.card))
        return
    if methods:
        click.echo(harmless(methods_paragraph(bundle, lang, version=__version__)))
        return
    made = bundle.provenance
    codebook = f"{bundle.codebook.name} {bundle.codebook.version}" if bundle.codebook else "none"
    rows = {
        "sha256": bundle.sha256,
        "size": f"{bundle.size / 1e6:.1f} MB",
        "labels": f"{len(bundle.model.labels)}",
        "codebook": codebook,
        "features": ", ".join(f"{b.name} {b.n_columns:,}" for b in bundle.model.blocks),
        "trained on": f"{made.get('n_segments', 0):,} segments of "
        f"{made.get('n_documents', 0):,} documents",
        "corpus": str(made.get("corpus_sha256")),
        "lexicon": str(made.get("lexicon_sha256")),
        "made with": ", ".join(f"{k} {v}" for k, v in made.get("versions", {}).items()),
    }
    if isinstance(sample := made.get("calibrated_on"), dict):
        rows["calibrated on"] = ", ".join(f"{key} {value}" for key, value in sample.items())
    rows |= headline_figures(bundle.metrics)
    rows["engine"] = "compiled loops" if library() is not None else "numpy"
    for name, value in rows.items():
        click.echo(f"{name:{_NAMES}}{folded(value, ' ' * _NAMES).lstrip()}")
