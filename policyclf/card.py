"""The model card, generated from what a bundle knows of itself.

Its headings are those of Mitchell et al., Model Cards for Model Reporting, FAT* 2019.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policyclf.bundle import Bundle

_LIMITS = """\
- Figures on the training corpus say how well the model tells its own kind of text
  apart; only figures on text from elsewhere say how it does on yours. Hand-code a few
  hundred of your own sentences and run `policyclf evaluate`.
{confidence}
- A sentence is labelled by what it says, by the sentence before it and, more weakly, by the
  labels around it. Headings and the title count only where the model was trained with them."""

_CALIBRATED = {
    False: """\
- Confidence is calibrated on the training corpus. On other text it is too high: the
  calibration error above says how far. `policyclf calibrate` fits it to a sample of yours,
  and label sets too, which else hold the true label less often than asked for.""",
    True: """\
- Confidence, thresholds and label sets are calibrated on a hand-coded sample. They hold for
  text of its kind. Sentences of a document are alike: in a single one both may be far off.""",
}


def model_card(bundle: Bundle) -> str:
    """Write the card of a model.

    Parameters
    ----------
    bundle : Bundle
        The model.

    Returns
    -------
    str
        Markdown.
    """
    made = bundle.provenance
    book = bundle.codebook
    title = f"{book.name} {book.version}" if book else f"{len(bundle.model.labels)} labels"
    blocks = ", ".join(f"{block.name} ({block.n_columns:,})" for block in bundle.model.blocks)
    parts = [
        f"# Model card: {title}",
        "## Model details\n\n"
        f"One-vs-rest linear model (L2, squared hinge) on features: {blocks}. Probabilities by "
        f"softmax with slope {bundle.calibration.slope}, chosen out of fold; in documents, "
        f"the label chain; last step: {bundle.document.map.method}. Made with "
        + ", ".join(f"{name} {version}" for name, version in made["versions"].items())
        + ".",
        "## Intended use\n\n"
        "Labels single sentences or clauses of Chinese policy documents and local-government "
        "news by what they are about. Not for judging persons, and not for single sentences "
        "on which something depends without a person reading them.",
        f"## Training data\n\n{made['n_segments']:,} segments in {made['n_documents']:,} "
        f"documents; corpus SHA-256 `{made['corpus_sha256'][:16]}`.",
        _label_table(bundle),
    ]
    for key, heading in (
        ("held_out", "Figures on the training corpus (cross-validated by document)"),
        ("gold", "Figures on gold from elsewhere, not trained on"),
    ):
        if key in bundle.metrics:
            parts.append(f"## {heading}\n\n{_figures(bundle.metrics[key])}")
    if "calibration" in bundle.metrics:
        digest = made["calibrated_on"]["sha256"][:16]
        parts.append(f"## Calibration\n\n{_calibration(bundle.metrics['calibration'], digest)}")
    confidence = _CALIBRATED["calibration" in bundle.metrics]
    parts.append(f"## Limits\n\n{_LIMITS.format(confidence=confidence)}")
    return "\n\n".join(parts) + "\n"


def headline_figures(metrics: Mapping[str, Any]) -> dict[str, str]:
    """Say in a line each how a model did on its training corpus and on gold.

    Parameters
    ----------
    metrics : mapping
        The metrics of a bundle.

    Returns
    -------
    dict of str to str
        Where it was measured, and macro-F1 and accuracy; what was not measured is left out.
    """
    lines: dict[str, str] = {}
    for key, what in (("held_out", "cross-validated"), ("gold", "on gold")):
        if key in metrics:
            figures = metrics[key]["model"]
            lines[what] = (
                f"macro-F1 {figures['macro_f1']['value']:.3f}, "
                f"accuracy {figures['accuracy']['value']:.3f}"
            )
    return lines


def _label_table(bundle: Bundle) -> str:
    counts = bundle.provenance["label_counts"]
    rows = ["| label | 中文 | English | training segments |", "|---|---|---|--:|"]
    for label in bundle.codebook.ids if bundle.codebook else bundle.model.labels:
        name = bundle.codebook.label(label).name if bundle.codebook else None
        names = f"{name.zh} | {name.en}" if name else " | "
        rows.append(f"| `{label}` | {names} | {counts.get(label, 0):,} |")
    return "\n".join(rows)


def _figures(metrics: Mapping[str, Any]) -> str:
    systems = {name: value for name, value in metrics.items() if name != "what"}
    model = systems["model"]
    rows = [
        f"{model['n_segments']:,} segments of {model['n_documents']:,} documents; in brackets the "
        "95 % interval over documents.",
        "",
        "| | macro-F1 | accuracy | any | calibration error |",
        "|---|---|---|---|---|",
    ]
    for name, values in systems.items():
        keys = ("macro_f1", "accuracy", "any", "calibration_error")
        cells = [_cell(values[key]) for key in keys]
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _calibration(figures: Mapping[str, Any], digest: str) -> str:
    rows = [
        f"On {figures['n_segments']:,} hand-coded segments of {figures['n_documents']:,} "
        f"documents, SHA-256 `{digest}`; after: cross-validated by document. Figures "
        "on gold above were measured before.",
        "",
        "| | calibration error | Brier | log loss | mean confidence | accuracy |",
        "|---|---|---|---|---|---|",
    ]
    keys = ("error", "brier", "log_loss", "confidence", "accuracy")
    for place, where in (("document", "in documents"), ("alone", "sentences alone")):
        for when in ("before", "after"):
            how = f", {figures[place]['method']}" if when == "after" else ""
            cells = " | ".join(f"{figures[place][when][key]:.3f}" for key in keys)
            rows.append(f"| {where}, {when}{how} | {cells} |")
    made = figures["thresholds"]
    rows += [
        "",
        f"Thresholds of further labels are for: {made['further']}. Under "
        f"{made['abstention']:g} a label is unsure: {made['relied_on']:.0%} are relied on.",
    ]
    return "\n".join(rows)


def _cell(figure: Mapping[str, float] | None) -> str:
    if figure is None:
        return "–"
    return f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"
