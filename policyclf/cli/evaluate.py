"""``policyclf evaluate``: a model against gold, beside the baselines."""

from __future__ import annotations

import json

import click

from policyclf.cli.output import fit
from policyclf.evaluation import Evaluation, Figure
from policyclf.labeling import load

_SHOWN_CONFUSIONS = 12


@click.command("evaluate")
@click.argument("model", type=click.Path(exists=True), metavar="MODEL")
@click.argument("gold", type=click.Path(exists=True), metavar="GOLD")
@click.option("--json", "as_json", is_flag=True, help="All figures as JSON.")
@click.option("--text-column", metavar="NAME", help="Default: text, sentence, content, 文本 …")
@click.option("--label-column", metavar="NAME", help="Default: label, labels, category, 标签 …")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the bootstrap.")
def evaluate_command(
    model: str,
    gold: str,
    as_json: bool,  # noqa: FBT001  as click passes it
    text_column: str | None,
    label_column: str | None,
    seed: int,
) -> None:
    """Measure a model against hand-coded sentences.

    GOLD is a CSV, TSV or JSON Lines file with text and label (and doc_id, labels,
    optional, segment, if there are). Intervals are 95 %, over documents.
    """
    from policyclf.corpus import Corpus  # noqa: PLC0415
    from policyclf.training import evaluate_labeler  # noqa: PLC0415  scikit-learn takes 1.6 s

    labeler = load(model)
    corpus = Corpus.from_path(gold, text_column=text_column, label_column=label_column)
    corpus = corpus.for_purpose("evaluate")
    unknown = sorted(set(corpus.primaries) - set(labeler.labels))
    if unknown:
        click.echo(
            f"policyclf: warning: the model has no label {', '.join(unknown)}; it cannot be right "
            "on those segments.",
            err=True,
        )
    results = evaluate_labeler(labeler, corpus, seed=seed)
    if as_json:
        systems = {result.name: result.to_dict() for result in results}
        click.echo(json.dumps(systems, ensure_ascii=False, indent=2))
        return
    click.echo(_report(results))


def _report(results: list[Evaluation]) -> str:
    model = results[0]
    lines = [
        f"{model.n_segments:,} segments of {model.n_documents:,} documents; "
        "[95 % interval over documents]",
        "",
        f"{'':12}  {'macro-F1':22}  {'accuracy':22}  {'any':22}  calibration error",
    ]
    for result in results:
        cells = [result.macro_f1, result.accuracy, result.any, result.calibration_error]
        lines.append(f"{result.name:12}  " + "  ".join(f"{_interval(cell):22}" for cell in cells))
    lines += [
        "",
        f"{'label':24}{'precision':>10}{'recall':>8}{'F1':>7}  {'interval':16}{'support':>8}",
    ]
    for name, figures in sorted(model.labels.items(), key=lambda item: -item[1].support):
        lines.append(
            f"{fit(name, 24)}{figures.precision.value:>10.3f}{figures.recall.value:>8.3f}"
            f"{figures.f1.value:>7.3f}  [{figures.f1.low:.3f}, {figures.f1.high:.3f}]"
            f"{figures.support:>10}"
        )
    if model.confusions:
        lines += ["", "most frequent confusions (gold, given, times)"]
        lines += [
            f"  {fit(true, 24)}{fit(given, 24)}{count:>4}"
            for true, given, count in model.confusions[:_SHOWN_CONFUSIONS]
        ]
    return "\n".join(line.rstrip() for line in lines)


def _interval(figure: Figure | None) -> str:
    if figure is None:
        return "–"
    return f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]"
