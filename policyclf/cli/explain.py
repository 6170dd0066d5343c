"""``policyclf explain``: which words decided."""

from __future__ import annotations

import os
import shutil
import sys
import unicodedata
from collections.abc import Iterator
from typing import Any

import click

from policyclf.cli.documents import to_record
from policyclf.cli.options import names_option, unit_option
from policyclf.cli.output import cells, fit, write_json
from policyclf.documents import DOCUMENT_SUFFIXES, STDIN, Document
from policyclf.explanation import Explanation
from policyclf.labeling import Labeler, load
from policyclf.report.page import tidied
from policyclf.spans import Unit

_LEAST_WIDTH = 40
_LEAST_WORD = 0.005
"""What would be shown as 0.00 decides nothing."""

_STRONG = 0.5
"""From which difference of scores on a word is set bold."""


_LEAST_TINT = 0.1
"""Words that move the scores by less are left in the colour of the text."""

_SUFFIXES = tuple(DOCUMENT_SUFFIXES)

_Style = tuple[str | None, bool]
"""Colour, and whether bold."""

_PLAIN: _Style = (None, False)

_WORDS = {
    "en": {
        "alone": "alone",
        "over": "over",
        "unsure": "unsure",
        "rest": "the rest",
        "previous": "the sentence before",
        "heading": "the heading",
        "title": "the title",
        "neighbours": "the other sentences",
    },
    "zh": {
        "alone": "单看",
        "over": "胜过",
        "unsure": "存疑",
        "rest": "其余",
        "previous": "前一句",
        "heading": "小标题",
        "title": "题名",
        "neighbours": "其他句子",
    },
}


@click.command("explain")
@click.argument("text", metavar="TEXT|FILE")
@click.option("--top", type=click.IntRange(1), default=6, show_default=True, help="Most words.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["terminal", "json"]),
    help="Default: terminal on a terminal; JSON Lines in a pipe.",
)
@unit_option
@click.option("--model", metavar="MODEL", help="Default: the one that comes with policyclf.")
@names_option
@click.option("--encoding", metavar="CODEC", help="Default: found, as for label.")
def explain_command(
    text: str,
    top: int,
    format_: str | None,
    unit: Unit,
    model: str | None,
    lang: str,
    encoding: str | None,
) -> None:
    """Say which words gave each sentence its label, and not the runner-up's.

    TEXT is a text in quotes, FILE a text file, - standard input. A number behind a word
    is what it adds to the score of the label less what it adds to that of the runner-up.
    """
    document = _document(text, encoding)
    labeler = load(model)
    explanations = labeler.explain(document, unit=unit)
    if not explanations:
        click.echo(f"policyclf: warning: {document.name}: has no text.", err=True)
    if format_ == "json" or (format_ is None and not sys.stdout.isatty()):
        for explanation in explanations:
            record = to_record(document, explanation.sentence) | _record(explanation, labeler, lang)
            write_json(sys.stdout, record)
        return
    width = max(shutil.get_terminal_size((80, 24)).columns, _LEAST_WIDTH)
    for place, explanation in enumerate(explanations):
        if place:
            click.echo()
        for line in _paragraph(explanation, labeler, lang, top, width):
            click.echo(line)


def _document(text: str, encoding: str | None) -> Document:
    """Read what is meant: a file if there is one, or it is called like one; else the text."""
    # os.path.exists takes what cannot be a name, such as a long text, for none.
    if text == STDIN or os.path.exists(text) or text.lower().endswith(_SUFFIXES):  # noqa: PTH110
        return Document.from_path(text, encoding=encoding)
    return Document.from_bytes(text.encode("utf-8", "replace"), name="<text>", encoding="utf-8")


def _record(explanation: Explanation, labeler: Labeler, lang: str) -> dict[str, Any]:
    def named(values: dict[str, float] | Any) -> dict[str, float]:  # noqa: ANN401
        return {labeler.label_name(label, lang): round(v, 6) for label, v in values.items()}

    sentence = explanation.sentence
    in_document = {label: sentence.probabilities[label] for label in explanation.scores}
    return {
        "label": labeler.label_name(explanation.label, lang),
        "runner_up": labeler.label_name(explanation.runner_up, lang),
        "probability": named(in_document),
        "alone": named(explanation.alone),
        "score": named(explanation.scores),
        "intercept": named(explanation.intercepts),
        "spans": [
            {"start": span.start, "end": span.end, "text": span.text, "adds": named(span.values)}
            for span in explanation.spans
        ],
        "context": {field: named(values) for field, values in explanation.context.items()},
        "neighbours": named(explanation.neighbours),
    }


def _paragraph(
    explanation: Explanation, labeler: Labeler, lang: str, top: int, width: int
) -> Iterator[str]:
    """Write an explanation for eyes, in lines of at most `width` cells."""
    words = _WORDS["zh" if lang == "zh" else "en"]
    sentence, label, second = explanation.sentence, explanation.label, explanation.runner_up
    yield from _tinted(explanation, width)

    def name(label: str) -> str:
        return _shortened(labeler.label_name(label, lang), width - 12)

    heading = [
        f"{name(label)} {sentence.confidence:.2f}",
        f"({words['alone']} {explanation.alone[label]:.2f})",
        f"{words['over']} {name(second)} {sentence.probabilities[second]:.2f}",
    ]
    heading += [f"? {words['unsure']}"] if sentence.unsure else []
    yield from _wrapped([(part, (None, True)) for part in heading], width)

    difference = explanation.over_runner_up
    shown = [item for item in explanation.deciding(top) if abs(item[1]) >= _LEAST_WORD]
    context = {field: difference(values) for field, values in explanation.context.items()}
    total = difference(explanation.scores)
    parts = [(span.text, value) for span, value in shown]
    rest = total - sum(context.values()) - sum(value for _, value in shown)
    parts += [(words["rest"], rest)]
    parts += [(words[field], value) for field, value in context.items()]
    neighbours = difference(explanation.neighbours)
    parts += [(words["neighbours"], neighbours)]
    entries = [
        (f"{_shortened(part, width - 9)} {value:+.2f}", _style(value))
        for part, value in parts
        if abs(value) >= _LEAST_WORD
    ]
    yield from _wrapped([*entries, (f"= {total + neighbours:+.2f}", _PLAIN)], width)


def _wrapped(entries: list[tuple[str, _Style]], width: int) -> Iterator[str]:
    """Set entries one behind the other, two cells from the margin."""
    line, used = "", 0
    for text, (colour, bold) in entries:
        if used and used + 2 + cells(text) > width:
            yield line
            line, used = "", 0
        line += "  " + click.style(text, colour, bold=bold or None)
        used += 2 + cells(text)
    yield line


def _shortened(text: str, width: int) -> str:
    return fit(text, width).rstrip()


def _style(value: float) -> _Style:
    return ("green" if value > 0 else "red"), abs(value) >= _STRONG


def _tinted(explanation: Explanation, width: int) -> Iterator[str]:
    """Write the sentence, its deciding words in colour."""
    sentence = explanation.sentence
    styles: dict[int, _Style] = {}
    for span, value in explanation.deciding():
        if abs(value) >= _LEAST_TINT:
            places = range(span.start - sentence.start, span.end - sentence.start)
            styles |= dict.fromkeys(places, _style(value))
    line, used = "", 0
    run, run_style = "", _PLAIN

    def finished() -> str:
        return click.style(run, run_style[0], bold=run_style[1] or None) if run else ""

    for character, place in zip(*tidied(sentence.text), strict=True):
        if unicodedata.category(character)[0] == "C":  # no escape sequence reaches the terminal
            continue
        style = styles.get(place, _PLAIN)
        full = used + cells(character) > width
        if style != run_style or full:
            line += finished()
            run, run_style = "", style
        if full:
            yield line
            line, used = "", 0
        run += character
        used += cells(character)
    yield line + finished()
