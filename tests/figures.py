"""The tables of figures in both READMEs, from the shipped model's metrics and the benchmark.

``python tests/figures.py`` rewrites them.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

Which = Literal["real", "written"]
Language = Literal["en", "zh"]

ROOT = Path(__file__).parents[1]
PEERS = ROOT / "benchmarks" / "quality" / "results" / "peers.md"
SPEED = ROOT / "benchmarks" / "speed" / "results" / "speed.json"
METRICS = ROOT / "models" / "policyclf-zh" / "metrics.json"
READMES: dict[Language, Path] = {"en": ROOT / "README.md", "zh": ROOT / "README.zh-CN.md"}

KEYS: dict[Which, str] = {"real": "gold", "written": "held_out"}
"""Where in the metrics the figures of each table are."""

_COLUMNS: dict[Which, tuple[str, ...]] = {
    "real": ("macro_f1", "accuracy", "any"),
    "written": ("macro_f1", "accuracy"),
}
_ROWS: dict[Which, tuple[str, ...]] = {
    "real": ("model", "dictionary", "majority"),
    "written": ("model",),
}
_NAMES: dict[Language, dict[str, str]] = {
    "en": {
        "real": "real text",
        "written": "written text",
        "macro_f1": "macro-F1",
        "accuracy": "accuracy",
        "any": "any label of gold's",
        "model": "**policyclf**",
        "dictionary": "dictionary (the lexicon alone)",
        "majority": "majority label",
    },
    "zh": {
        "real": "真实文本",
        "written": "编写的文本",
        "macro_f1": "宏平均F1",
        "accuracy": "准确率",
        "any": "命中金标准中的任一标签",
        "model": "**policyclf**",
        "dictionary": "词典（只用词典）",
        "majority": "最常见的标签",
    },
}
_PEERS_MARKED = re.compile(r"(?<=<!-- figures: peers -->\n).*?(?=<!-- end -->)", re.DOTALL)
_SPEED_MARKED = re.compile(r"(?<=<!-- figures: speed -->\n).*?(?=<!-- end -->)", re.DOTALL)
_MARKED = re.compile(r"(<!-- figures: (real|written) -->\n)(.*?)(?=<!-- end -->)", re.DOTALL)
_SPEED_HEADS: dict[Language, tuple[str, ...]] = {
    "en": ("", "sentences/s", "one sentence, ms", "start to first label, s"),
    "zh": ("", "句/秒", "单句，毫秒", "从启动到第一个标签，秒"),
}


def figures_table(metrics: Mapping[str, Any], which: Which, language: Language = "en") -> str:
    """Render a table of figures.

    Parameters
    ----------
    metrics : mapping
        The content of a model's ``metrics.json``.
    which : {"real", "written"}
        The figures on gold, or those cross-validated on the training corpus.
    language : {"en", "zh"}, default "en"
        Of the names of rows and columns.

    Returns
    -------
    str
        Markdown, every line with its end.
    """
    names = _NAMES[language]
    columns = _COLUMNS[which]
    lines = [[names[which], *(names[column] for column in columns)], ["---"] * (len(columns) + 1)]
    for row in _ROWS[which]:
        figures = metrics[KEYS[which]][row]
        lines.append([names[row], *(_cell(figures[column]) for column in columns)])
    head, rule, *body = lines
    return "\n".join((_line(head), f"|{'|'.join(rule)}|", *map(_line, body), ""))


def find_tables(text: str) -> dict[str, str]:
    """Find the marked tables of a page, by which they are."""
    return {match[2]: match[3] for match in _MARKED.finditer(text)}


def peers_tables() -> str:
    """Take the tables out of what the benchmark beside the peers wrote."""
    text = PEERS.read_text(encoding="utf-8")
    return text[text.index("\n|") + 1 :].partition("\n## ")[0]


def shown_peers(text: str) -> str | None:
    """Find the tables of the peers on a page."""
    match = _PEERS_MARKED.search(text)
    return match.group() if match else None


def speed_table(language: Language = "en") -> str:
    """Render the table of speeds out of what the benchmark wrote."""
    found = json.loads(SPEED.read_text(encoding="utf-8"))
    lines = [_line(list(_SPEED_HEADS[language])), "|---|--:|--:|--:|"]
    for name, figures in found["throughput"].items():
        start = found["first_label"].get(name)
        cells = [
            f"**{name}**" if name == "policyclf" else name,
            f"{figures['sentences_per_second']:,.0f}",
            f"{found['single'][name]['p50_ms']:.2f}",
            f"{start['seconds']:.2f}" if start else "–",
        ]
        lines.append(_line(cells))
    return "\n".join((*lines, ""))


def shown_speed(text: str) -> str | None:
    """Find the table of speeds on a page."""
    match = _SPEED_MARKED.search(text)
    return match.group() if match else None


def with_figures(text: str, metrics: Mapping[str, Any], language: Language) -> str:
    """Put the figures of the metrics into the marked tables of a page.

    Parameters
    ----------
    text : str
        The page.
    metrics : mapping
        The content of a model's ``metrics.json``. A table it has no figures for stays.
    language : {"en", "zh"}
        Of the page.

    Returns
    -------
    str
        The page with new tables.
    """

    def render(match: re.Match[str]) -> str:
        which: Which = "real" if match[2] == "real" else "written"
        known = KEYS[which] in metrics
        return match[1] + (figures_table(metrics, which, language) if known else match[3])

    return _MARKED.sub(render, text)


def main() -> None:
    """Rewrite the tables of both READMEs."""
    metrics = json.loads(METRICS.read_text(encoding="utf-8"))
    for language, path in READMES.items():
        text = path.read_text(encoding="utf-8")
        for marked, table in (
            (_PEERS_MARKED, peers_tables()),
            (_SPEED_MARKED, speed_table(language)),
        ):
            head, *rest = marked.split(text)
            text = head + "".join(table + part for part in rest)
        path.write_text(with_figures(text, metrics, language), encoding="utf-8", newline="\n")
        sys.stdout.write(f"{path.name}: tables written from {METRICS.name}\n")


def _cell(figure: Mapping[str, float]) -> str:
    return f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
