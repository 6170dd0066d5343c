"""Figures as tables of at most eighty columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from policyclf.cli.output import fit

if TYPE_CHECKING:  # evaluation is only imported where something is measured
    from policyclf.comparison import Comparison
    from policyclf.evaluation import (
        CoderAgreement,
        Details,
        Evaluation,
        Figure,
        Leakage,
        OperatingPoint,
    )

_SHOWN_CONFUSIONS = 12
_SHOWN_LEAKS = 5
_SHOWN_ERRORS = 5


def evaluation_table(results: Sequence[Evaluation]) -> list[str]:
    """Show systems beside each other, then the first one's labels and confusions."""
    model = results[0]
    lines = [
        f"{model.n_segments:,} segments of {model.n_documents:,} documents; "
        "[95 % interval over documents]",
        "",
        f"{'':12}  {'macro-F1':22}{'accuracy':22}any",
    ]
    for result in results:
        cells = [result.macro_f1, result.accuracy, result.any]
        lines.append(f"{fit(result.name, 12)}  " + "  ".join(map(interval, cells)))
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
    return lines


def details_table(model: Evaluation, details: Details) -> list[str]:
    """Show everything else about a system, section by section."""
    lines = [
        "",
        "further figures",
        *_named(
            {
                "weighted F1": model.weighted_f1,
                "kappa with gold (Cohen)": model.kappa,
                "alpha with gold (Krippendorff)": model.alpha,
                "all labels: micro-F1": model.multilabel_micro_f1,
                "all labels: macro-F1": model.multilabel_macro_f1,
                "all labels: exactly gold's": model.subset_accuracy,
            }
        ),
    ]
    if details.coders is not None:
        lines += _coders(details.coders)
    if details.risk_coverage is not None:
        lines += [
            "",
            "confidence",
            *_named(
                {
                    "calibration error": model.calibration_error,
                    "Brier score": model.brier,
                    "log loss": model.log_loss,
                    "area under risk-coverage": details.risk_coverage.area,
                }
            ),
            "",
            f"{'keep':24}{'threshold':>10}{'kept':>8}    of those right",
            *_points("the surest", details.risk_coverage.at),
            *_points("for precision", details.precision_points),
        ]
    for column, groups in details.groups.items():
        lines += ["", *groups_table(column, groups)]
    if details.leakage is not None:
        lines += _leakage(details.leakage)
    if details.errors:
        lines += ["", "errors made with most confidence (gold, given)"]
        for error in details.errors[:_SHOWN_ERRORS]:
            lines.append(
                f"  {error.confidence:.2f} {fit(error.gold[0], 22)} {fit(error.given, 22)} "
                f"{fit(error.text, 26)}"
            )
    return lines


def groups_table(title: str, rows: Mapping[str, Evaluation]) -> list[str]:
    """Show the figures of groups, or of ways of splitting."""
    lines = [f"{fit(title, 18)}{'segments':>9}{'docs':>6}  {'macro-F1':22}accuracy"]
    for name, figures in rows.items():
        lines.append(
            f"{fit(name or '–', 18)}{figures.n_segments:>9,}{figures.n_documents:>6,}  "
            f"{interval(figures.macro_f1)}  {interval(figures.accuracy)}"
        )
    return lines


def comparison_table(comparison: Comparison, names: tuple[str, str]) -> list[str]:
    """Show two systems, their differences, and how many sentences changed."""
    first, second = comparison.first, comparison.second
    lines = [
        f"{first.n_segments:,} segments of {first.n_documents:,} documents; "
        "[95 % interval over documents]",
        f"A = {fit(names[0], 74).rstrip()}",
        f"B = {fit(names[1], 74).rstrip()}",
        "",
        f"{'':24}{'A':>7}{'B':>9}    B less A",
    ]
    rows = {
        "macro-F1": (first.macro_f1, second.macro_f1, comparison.macro_f1),
        "accuracy": (first.accuracy, second.accuracy, comparison.accuracy),
        "any": (first.any, second.any, comparison.any),
    }
    lines += [_difference(name, *cells) for name, cells in rows.items()]
    lines += ["", "F1 of a label"]
    for label, figure in sorted(comparison.labels.items(), key=lambda item: item[1].value):
        one, other = (e.labels[label].f1 if label in e.labels else None for e in (first, second))
        lines.append(_difference(label, one, other, figure))
    counts = comparison.counts()
    lines += ["", "sentences labelled differently, from A to B"]
    lines += [f"  {kind:20}{n:>8,}" for kind, n in counts.items()]
    lines += [f"  {'McNemar, exact: p':20}{comparison.p_value:>8.3g}"]
    for kind in counts:
        some = [change for change in comparison.changes if change.kind == kind][:_SHOWN_ERRORS]
        if some:
            lines += ["", f"{kind} (A, B)"]
            lines += [
                f"  {fit(c.first, 22)} {fit(c.second, 22)} {fit(c.text, 31)}".rstrip() for c in some
            ]
    return lines


def interval(figure: Figure | None) -> str:
    """Write a figure with its interval, in twenty columns."""
    if figure is None:
        return f"{'–':20}"
    return f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]"


def signed(figure: Figure) -> str:
    """Write a difference with its interval."""
    return f"{figure.value:+.3f} [{figure.low:+.3f}, {figure.high:+.3f}]"


def _difference(name: str, first: Figure | None, second: Figure | None, difference: Figure) -> str:
    cells = [f"{figure.value:.3f}" if figure else "–" for figure in (first, second)]
    return f"{fit(name, 24)}{cells[0]:>7}{cells[1]:>9}    {signed(difference)}"


def _named(figures: Mapping[str, Figure | None]) -> Iterable[str]:
    return [f"  {name:32}{interval(figure)}" for name, figure in figures.items()]


def _points(what: str, points: Sequence[OperatingPoint]) -> Iterable[str]:
    for point in points:
        name = f"{what} {point.wanted:.0%}"
        if point.threshold is None or point.coverage is None:
            yield f"  {name:22}{'no threshold gives it':>10}"
        else:
            yield (
                f"  {name:22}{point.threshold:>10.3f}{point.coverage.value:>8.1%}    "
                f"{interval(point.accuracy)}"
            )


def _coders(coders: CoderAgreement) -> list[str]:
    lines = [
        "",
        f"alpha (Krippendorff), {len(coders.coders)} coders, "
        f"{coders.n_segments:,} segments coded by two or more",
        f"  {'among coders':32}{interval(coders.alpha)}",
    ]
    for name, figure in coders.model.items():
        lines.append(f"  {fit(f'model with {name}', 32)}{interval(figure)}")
    for label, alpha in sorted(coders.labels.items(), key=lambda item: item[1] or 0):
        shown = "–" if alpha is None else f"{alpha:.3f}"
        lines.append(f"  {fit(f'among coders: {label}', 32)}{shown}")
    return lines


def _leakage(leakage: Leakage) -> list[str]:
    lines = [
        "",
        f"in the training data: {len(leakage.segments):,} segments of gold ({leakage.share:.1%})",
    ]
    lines += [
        f"  {leak.similarity:.2f} {fit(leak.text, 70)}".rstrip()
        for leak in leakage.segments[:_SHOWN_LEAKS]
    ]
    if leakage.segments and leakage.without is not None:
        lines += ["", *groups_table("", {"without those": leakage.without})]
    return lines
