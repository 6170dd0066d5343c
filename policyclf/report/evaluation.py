"""An evaluation as a page: tables, plots, the confusion matrix, the costliest errors.

The page is made of what ``report.json`` holds, so that any such file gives it again.
Plots are small SVG of our own: matplotlib writes colours into its files, so that one plot
cannot be light and dark, takes half a second to import and needs to be told of a font
for Chinese, where a browser has one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from policyclf.codebook import Language
from policyclf.report.pages import render
from policyclf.report.wording import WORDING

_SYSTEMS = ("model", "dictionary", "majority")
_LEVELS = 9
"""Shades of the confusion matrix beside none; ``evaluation.css`` has a class for each."""

_LEFT, _TOP, _SIDE = 44.0, 12.0, 280.0
"""Where the square of a plot lies in its drawing."""

_SHADED_FROM = 0.005


def evaluation_page(report: Mapping[str, Any], *, language: Language = "en") -> str:
    """Lay out a report.

    Parameters
    ----------
    report : mapping
        The content of ``report.json``.
    language : {"en", "zh"}, default "en"
        Of the page.

    Returns
    -------
    str
        HTML in one file: nothing is loaded, no script runs, every text is escaped.
    """
    model, about = report["model"], report["about"]
    say = {key: both.in_language(language) for key, both in WORDING.items()}
    names = {label: both[language] for label, both in about.get("label_names", {}).items()}
    by_support = sorted(model["labels"].items(), key=lambda item: -item[1]["support"])
    return render(
        "evaluation.html",
        styles=("base.css", "evaluation.css"),
        language=language,
        title=_title(about, say),
        say=say,
        about=about,
        systems=[report[name] for name in _SYSTEMS if name in report],
        model=model,
        names=names,
        labels=by_support,
        reliability=_reliability(model["reliability"]),
        curve=_curve(model["risk_coverage"]),
        confusion=_confusion(model, [label for label, _ in by_support]),
        splits={_split(k, say): v for k, v in report.get("splits", {}).items()},
        gaps={_split(k, say): v for k, v in report.get("gaps", {}).items()},
        grid=[_scaled(share / 4) for share in range(5)],
    )


def _title(about: Mapping[str, Any], say: Mapping[str, str]) -> str:
    if "split" in about:
        return say["of"] % (say["title"], about["data"], _split(about["split"], say))
    return say["on"] % (say["title"], about["system"] or say["shipped"], about["data"])


def _split(name: str, say: Mapping[str, str]) -> str:
    """Say in the page's language how was split; the command names it in English."""
    for key in ("apart", "whole", "left_out", "forward"):
        english = WORDING[key].en
        if "%s" not in english and name == english:
            return say[key]
        ending = english.removeprefix("%s")
        if "%s" in english and name.endswith(ending):
            return say[key] % name.removesuffix(ending)
    return name


def _scaled(share: float) -> dict[str, float]:
    """Place a share from 0 to 1 on both axes of a plot."""
    return {
        "share": share,
        "x": round(_LEFT + _SIDE * share, 1),
        "y": round(_TOP + _SIDE * (1 - share), 1),
    }


def _reliability(bins: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Place each bin: a point as large as it has segments, with its interval."""
    most = max((entry["n"] for entry in bins), default=1)
    return [
        {
            **entry,
            "x": _scaled(entry["confidence"])["x"],
            "y": _scaled(entry["accuracy"]["value"])["y"],
            "low_y": _scaled(entry["accuracy"]["low"])["y"],
            "high_y": _scaled(entry["accuracy"]["high"])["y"],
            "radius": round(3 + 6 * (entry["n"] / most) ** 0.5, 1),
        }
        for entry in bins
    ]


def _curve(found: Mapping[str, Any] | None) -> str:
    """Write the points of the curve of accuracy over coverage as SVG does."""
    if found is None:
        return ""
    places = [
        (_scaled(point["coverage"])["x"], _scaled(point["accuracy"])["y"])
        for point in found["curve"]
    ]
    return " ".join(f"{x:g},{y:g}" for x, y in places)


def _confusion(
    model: Mapping[str, Any], order: Sequence[str]
) -> list[tuple[str, list[tuple[str, int, int]]]]:
    """List for each gold label what it was given: label, how often, which shade."""
    place = {label: k for k, label in enumerate(model["confusion_labels"])}
    rows = []
    for true in order:
        counts = model["confusion_matrix"][place[true]]
        total = max(sum(counts), 1)
        cells = []
        for given in order:
            count = counts[place[given]]
            shade = max(1, round(_LEVELS * count / total)) if count / total > _SHADED_FROM else 0
            cells.append((given, count, shade))
        rows.append((true, cells))
    return rows
