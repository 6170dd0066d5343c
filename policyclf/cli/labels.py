"""``policyclf labels``: what the labels mean."""

from __future__ import annotations

import json

import click

from policyclf.cli.output import fit, folded, harmless
from policyclf.codebook import LANGUAGES, Codebook, Language
from policyclf.labeling import load


@click.command("labels")
@click.option("--model", metavar="MODEL", help="Default: the one that comes with policyclf.")
@click.option("--lang", type=click.Choice(LANGUAGES), default="en", show_default=True)
@click.option("--rules", is_flag=True, help="The rules for cases where labels meet, too.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def labels_command(
    model: str | None,
    lang: Language,
    rules: bool,  # noqa: FBT001  as click passes it
    as_json: bool,  # noqa: FBT001
) -> None:
    """List the labels and what each takes."""
    labeler = load(model)
    book = labeler.codebook
    if as_json:
        entries = (
            [{"id": x.id, "zh": x.name.zh, "en": x.name.en, "group": x.group} for x in book.labels]
            if book
            else [{"id": label} for label in labeler.labels]
        )
        click.echo(json.dumps(entries, ensure_ascii=False, indent=2))
    elif book is None:
        click.echo(harmless("\n".join(labeler.labels)))
    else:
        click.echo(_listing(book, lang, rules=rules))


def _listing(book: Codebook, lang: Language, *, rules: bool) -> str:
    lines = [harmless(f"{book.title.in_language(lang)} ({book.name} {book.version})")]
    for group, name in book.groups.items():
        lines += ["", click.style(harmless(name.in_language(lang)), bold=True)]
        for label in book.labels:
            if label.group == group:
                lines.append(f"  {fit(label.id, 22)} {harmless(label.name.in_language(lang))}")
                lines.append(folded(label.takes.in_language(lang), " " * 25))
    if rules:
        lines.append("")
        for rule in book.rules:
            text = folded(rule.text.in_language(lang), " " * 5)
            lines.append(f"{rule.number:>3}. {text.lstrip()}")
            lines += [folded(note.in_language(lang), " " * 5) for note in rule.notes]
    return "\n".join(lines)
