"""``policyclf evaluate``: a model against gold, or a corpus by cross-validation."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import click

from policyclf import __version__
from policyclf.cli.gold import read_gold, say_of_review, warn_of_unknown
from policyclf.cli.options import column_options, seed_option
from policyclf.cli.output import fit, open_output
from policyclf.cli.tables import details_table, evaluation_table, groups_table, signed
from policyclf.codebook import LANGUAGES, Codebook, Language
from policyclf.exceptions import OutputError
from policyclf.labeling import Labeler, load

if TYPE_CHECKING:  # evaluation is only imported where something is measured
    from policyclf.corpus import Corpus
    from policyclf.crossvalidation import OutOfFold
    from policyclf.evaluation import Labelling
    from policyclf.training import TrainingData

_AT_RANDOM = "segments apart"
_DOCUMENTS = "documents whole"


@click.command("evaluate")
@click.argument("model", metavar="[MODEL]")
@click.argument("data", type=click.Path(exists=True), metavar="DATA", required=False)
@click.option(
    "--cv",
    type=click.IntRange(2),
    metavar="N",
    help="Cross-validate DATA: train on all but one of N parts, documents whole, label that.",
)
@click.option(
    "--by",
    multiple=True,
    metavar="COLUMN",
    help="Figures for each genre, year … of DATA; with --cv, of models that never saw it.",
)
@click.option(
    "--forward",
    metavar="COLUMN",
    help="Cross-validate DATA: train on the years before, label each later year.",
)
@click.option(
    "--training",
    type=click.Path(exists=True),
    metavar="FILE",
    help="What MODEL was trained on: look for DATA in it.",
)
@click.option("--coverage", type=click.FloatRange(0, 1, min_open=True), multiple=True,
              help="Accuracy of this share, the surest. Default: 0.5, 0.7, 0.9.")  # fmt: skip
@click.option("--precision", type=click.FloatRange(0, 1, min_open=True), multiple=True,
              help="The threshold that gives it. Default: 0.8, 0.9, 0.95.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="All figures as JSON.")
@click.option("--report", metavar="DIR", help="Write report.html and report.json there.")
@click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    default="en",
    show_default=True,
    help="Of report.html.",
)
@click.option("--codebook", type=click.Path(exists=True), metavar="FILE", help="With --cv: labels.")
@click.option("--lexicon", type=click.Path(exists=True), metavar="FILE", help="With --cv: terms.")
@column_options
@seed_option("Of folds and bootstrap.")
def evaluate_command(
    model: str,
    data: str | None,
    cv: int | None,
    by: tuple[str, ...],
    forward: str | None,
    training: str | None,
    coverage: tuple[float, ...],
    precision: tuple[float, ...],
    as_json: bool,  # noqa: FBT001  as click passes it
    report: str | None,
    lang: Language,
    codebook: str | None,
    lexicon: str | None,
    text_column: str | None,
    label_column: str | None,
    seed: int,
) -> None:
    """Measure a model against hand-coded sentences, or cross-validate a corpus.

    \b
    policyclf evaluate MODEL gold.csv            a model on gold
    policyclf evaluate gold.csv                  the shipped model on gold
    policyclf evaluate --cv 5 labels             models of a corpus, out of fold
    policyclf evaluate --cv 5 --by genre labels  … each genre never seen

    Gold is a CSV, TSV or JSON Lines file with text and label (and doc_id, labels,
    optional, segment, coders, before_review, if there are); with --cv or --forward, DATA is
    what train takes. Intervals are 95 %, over documents.
    """  # noqa: D301  click wants the control character itself
    crossing = cv is not None or forward is not None
    if crossing and (data is not None or training is not None):
        raise click.UsageError("--cv and --forward train models of their own: give DATA only.")
    if not crossing and (codebook or lexicon):
        raise click.UsageError("--codebook and --lexicon are for --cv and --forward.")
    if not crossing and data is None and _is_no_gold(Path(model)):
        raise click.UsageError(
            f"{model} holds no gold. Give MODEL and gold; or, for a corpus, --cv 5 {model}."
        )
    columns: _Columns = {"text_column": text_column, "label_column": label_column}
    if report is not None:
        _make_folder(report)  # before the work, not after
    if crossing:
        run = _cross_validation(
            _training_data(model, codebook, lexicon, columns),
            Path(model).resolve().name,
            cv,
            by,
            forward,
            seed,
        )
    else:
        run = _on_gold(None if data is None else model, data or model, training, columns)

    from policyclf.evaluation import (  # noqa: PLC0415  only where something is measured
        COVERAGES,
        PRECISIONS,
        evaluate_labelling,
        examine,
    )

    results = [evaluate_labelling(given, run.gold, seed=seed) for given in run.labellings]
    details = examine(
        run.labellings[0],
        run.gold,
        by=by,
        coverages=coverage or COVERAGES,
        precisions=precision or PRECISIONS,
        training=run.training,
        seed=seed,
    )
    figures: dict[str, Any] = {result.name: result.to_dict() for result in results}
    figures["model"] |= details.to_dict()
    if run.labeler is not None and (as_json or report is not None):
        from policyclf.training import words_behind  # noqa: PLC0415

        behind = words_behind(run.labeler, run.gold, details.errors)
        for error, words in zip(figures["model"]["errors"], behind, strict=True):
            error["words"] = words
    splits, tables = _compare_splits(run.splits, seed)
    figures |= splits
    if report is not None:
        about = {"policyclf": __version__, "seed": seed, **run.about, "gold": run.gold.digest()}
        _write_report(report, {"about": about, **figures}, lang)
    if as_json:
        click.echo(json.dumps(figures, ensure_ascii=False, indent=2))
        return
    lines = [*evaluation_table(results), *details_table(results[0], details), *tables]
    click.echo("\n".join(line.rstrip() for line in lines))


def _is_no_gold(path: Path) -> bool:
    """Say whether it is a folder that is a model or a corpus like labels/."""
    return path.is_dir() and not any(path.glob("*.jsonl"))


class _Columns(TypedDict):
    """How a table's columns are called, if not as usual."""

    text_column: str | None
    label_column: str | None


class _Run:
    """What is to be measured."""

    def __init__(
        self,
        gold: Corpus,
        labellings: tuple[Labelling, ...],
        about: dict[str, Any],
        book: Codebook | None,
        *,
        labeler: Labeler | None = None,
        training: Corpus | None = None,
        splits: dict[str, OutOfFold] | None = None,
    ) -> None:
        self.gold = gold
        self.labellings = labellings
        self.labeler = labeler
        self.training = training
        self.splits = splits or {}
        names = {x.id: {"zh": x.name.zh, "en": x.name.en} for x in book.labels} if book else {}
        self.about = {**about, "label_names": names}


def _on_gold(model: str | None, data: str, training: str | None, columns: _Columns) -> _Run:
    from policyclf.training import TrainingData, label_gold  # noqa: PLC0415  scikit-learn: 1.6 s

    labeler = load(model)
    gold = read_gold(data, names=labeler.codebook, **columns)
    warn_of_unknown(gold, labeler.labels)
    about = {
        "system": Path(model).name if model else None,
        "data": Path(data).name,
        "model": labeler.bundle.sha256,
    }
    seen = None
    if training is not None:
        seen = TrainingData.from_path(training, **columns).corpus
    labellings = tuple(label_gold(labeler, gold))
    return _Run(gold, labellings, about, labeler.codebook, labeler=labeler, training=seen)


def _training_data(
    data: str, codebook: str | None, lexicon: str | None, columns: _Columns
) -> TrainingData:
    from policyclf.training import TrainingData  # noqa: PLC0415  scikit-learn takes 1.6 s

    return TrainingData.from_path(data, codebook=codebook, lexicon=lexicon, **columns)


def _cross_validation(
    data: TrainingData,
    name_of_data: str,
    n_folds: int | None,
    by: tuple[str, ...],
    forward: str | None,
    seed: int,
) -> _Run:
    """Label a corpus out of fold, split in every way that was asked for."""
    from policyclf import splitting  # noqa: PLC0415
    from policyclf.crossvalidation import cross_validate, on_common_segments  # noqa: PLC0415

    corpus = data.corpus
    ways: dict[str, Callable[[], list[splitting.Fold]]] = {}
    if n_folds is not None:
        if len(set(corpus.doc_ids)) < len(corpus):  # else documents are segments
            ways[_AT_RANDOM] = lambda: splitting.random_folds(corpus, n_folds, seed=seed)
        ways[_DOCUMENTS] = lambda: splitting.document_folds(corpus, n_folds, seed=seed)
        for column in by:
            ways[f"{column} left out"] = lambda c=column: splitting.group_folds(corpus, c)  # type: ignore[misc]  # a default binds it
    if forward is not None:
        ways[f"{forward} forward"] = lambda: splitting.forward_folds(corpus, forward)
    folds = {name: make() for name, make in ways.items()}  # all errors before any work
    say_of_review(corpus)
    splits = {}
    for name, parts in folds.items():
        click.echo(f"{name}:", err=True)
        splits[name] = cross_validate(
            data,
            parts,
            progress=lambda line: click.echo(f"  {line}", err=True),
            random_state=seed,
        )
    if len(splits) > 1:
        splits = on_common_segments(splits)
    headline = list(splits)[-1]
    about = {
        "data": name_of_data,
        "split": headline,
        "folds": len(folds[headline]),
        "corpus": corpus.digest(),
    }
    found = splits[headline]
    return _Run(found.gold, found.labellings, about, data.codebook, splits=splits)


def _compare_splits(splits: dict[str, OutOfFold], seed: int) -> tuple[dict[str, Any], list[str]]:
    """Measure every way of splitting on the same segments, as JSON and as a table."""
    if not splits:
        return {}, []
    from policyclf.comparison import compare  # noqa: PLC0415
    from policyclf.evaluation import evaluate_labelling  # noqa: PLC0415

    results = {
        name: evaluate_labelling(found.labellings[0], found.gold, seed=seed)
        for name, found in splits.items()
    }
    lines = ["", *groups_table("split", results)] if len(results) > 1 else []
    figures: dict[str, Any] = {name: result.to_dict() for name, result in results.items()}
    gaps: dict[str, Any] = {}
    base = splits.get(_DOCUMENTS)
    for name, found in splits.items():
        if base is not None and name != _DOCUMENTS:
            gap = compare(base.labellings[0], found.labellings[0], base.gold, seed=seed)
            plain = gap.to_dict()
            gaps[name] = {key: plain[key] for key in ("macro_f1", "accuracy", "any")}
            shown = fit(name, 24).rstrip()
            lines.append(f"{shown}, less {_DOCUMENTS}: macro-F1 {signed(gap.macro_f1)}")
    return {"splits": figures, "gaps": gaps}, lines


def _make_folder(report: str) -> None:
    try:
        Path(report).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{report}: cannot be made: {error.strerror or error}.") from error


def _write_report(folder: str, report: dict[str, Any], lang: Language) -> None:
    from policyclf.report.evaluation import evaluation_page  # noqa: PLC0415  Jinja2

    page = evaluation_page(report, language=lang)
    with open_output(str(Path(folder) / "report.json")) as stream:
        stream.write(json.dumps(report, ensure_ascii=False, indent=1) + "\n")
    with open_output(str(Path(folder) / "report.html")) as stream:
        stream.write(page)
    click.echo(f"{Path(folder) / 'report.html'}", err=True)
