"""``policyclf drift``: where text is not what the model knows."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from policyclf.cli.documents import read_documents
from policyclf.cli.groups import NONE, grouping, say_of_none
from policyclf.cli.options import encoding_option, groups_option, unit_option
from policyclf.cli.output import fit
from policyclf.drift import DriftMeter, GroupDrift
from policyclf.exceptions import CorpusError
from policyclf.labeling import Labeler, load
from policyclf.spans import Unit

_DATA = frozenset({".csv", ".tsv", ".jsonl"})
_MOVED = 3
_LEAST_MOVE = 0.01


@click.command("drift")
@click.argument("model", metavar="MODEL")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--by",
    default="place",
    show_default=True,
    metavar="NAME",
    help="place: the folder's name; year: the year in the path; or a column.",
)
@groups_option
@click.option("--json", "as_json", is_flag=True, help="All figures as JSON.")
@unit_option
@encoding_option
def drift_command(
    model: str,
    paths: tuple[str, ...],
    by: str,
    groups: str | None,
    as_json: bool,  # noqa: FBT001  as click passes it
    unit: Unit,
    encoding: str | None,
) -> None:
    """Compare groups of documents with one another and with what the model knows.

    PATH is a text file, a folder of them, or - for standard input; or sentences in a CSV,
    TSV or JSON Lines file with the columns text and NAME.
    """
    labeler = load(model)
    meter = DriftMeter(labeler)
    data = [path for path in paths if Path(path).suffix.lower() in _DATA]
    texts = [path for path in paths if path not in data]
    for path in data:
        _add_data(meter, labeler, path, by)
    if texts:
        group_of = grouping(by, groups)
        with read_documents(texts, encoding=encoding, outputs=[]) as documents:
            without = 0
            for document in documents:
                sentences = labeler.label(document, unit=unit)
                counted = [s for s in sentences if s.kind in {"sentence", "clause"}]
                group = group_of(document.name)
                without += group == NONE
                meter.add(group, [sentence.text for sentence in counted], counted)
            say_of_none(by, without)
            _report(meter, labeler, as_json=as_json)
    else:
        _report(meter, labeler, as_json=as_json)


def _add_data(meter: DriftMeter, labeler: Labeler, path: str, by: str) -> None:
    """Label and count the sentences of a table."""
    from policyclf.corpus import DOCUMENT_COLUMNS, TEXT_COLUMNS, read_records  # noqa: PLC0415  seldom

    documents: dict[tuple[str, str], list[str]] = defaultdict(list)
    for line, record in read_records(Path(path)):
        text = next((record[c] for c in TEXT_COLUMNS if c in record), None)
        if not isinstance(text, str) or by not in record:
            raise CorpusError(
                f"{path}:{line}: needs the column {by} and one of texts, such as text. "
                f"Got {', '.join(map(str, record))}."
            )
        cells = [record[by], *(record.get(column) for column in DOCUMENT_COLUMNS)]
        group, *named = ("" if cell is None else str(cell) for cell in cells)
        document = next(filter(None, named), f"line {line}")
        documents[group or NONE, document].append(text)
    texts = [text for found in documents.values() for text in found]
    ids = [key for key, found in documents.items() for _ in found]
    decisions = labeler.decide(texts, doc_ids=ids)
    start = 0
    for (group, _), found in documents.items():
        meter.add(group, found, decisions[start : start + len(found)])
        start += len(found)


def _report(meter: DriftMeter, labeler: Labeler, *, as_json: bool) -> None:
    whole, groups = meter.whole(), meter.groups()
    if whole is None:
        raise click.ClickException("there are no sentences to compare.")
    if as_json:
        plain = {"all": whole.to_dict(), "groups": [group.to_dict() for group in groups]}
        click.echo(json.dumps(plain, ensure_ascii=False, indent=2))
        return
    click.echo("\n".join(line.rstrip() for line in _lines(whole, groups, labeler)))


def _lines(whole: GroupDrift, groups: Sequence[GroupDrift], labeler: Labeler) -> Iterator[str]:
    yield (
        f"{'':18}{'docs':>6}{'sents':>8}{'unknown':>9}{'conf':>7}{'unsure':>8}"
        f"{'shift':>7}{'chance':>8}{'train':>7}"
    )
    for group in (*groups, whole):
        train = NONE if group.from_training is None else f"{group.from_training:.2f}"
        unknown = NONE if group.unknown is None else f"{group.unknown:.1%}"
        moved = "" if group is whole else f"{group.shift:>7.2f}{group.shift_by_chance:>8.2f}"
        yield (
            f"{fit(group.group, 17)} {group.n_documents:>6,}{group.n_segments:>8,}{unknown:>9}"
            f"{group.confidence:>7.2f}{group.unsure:>8.1%}{moved:15}{train:>7}"
            f"{'!' if group.warnings else '':>2}"
        )
    if len(groups) > 1:
        yield ""
        yield "labels that moved most against all (share here, share of all)"
    for group in groups if len(groups) > 1 else ():
        moves = sorted(
            group.shares, key=lambda label: -abs(group.shares[label] - whole.shares[label])
        )
        for label in moves[:_MOVED]:
            here, there = group.shares[label], whole.shares[label]
            if abs(here - there) >= _LEAST_MOVE:
                name = fit(labeler.label_name(label, "id"), 26)
                yield f"  {fit(group.group, 17)} {name} {here:>6.1%} {there:>6.1%}"
    if any(group.warnings for group in (*groups, whole)):
        yield ""
        for group in (*groups, whole):
            yield from (
                f"! {fit(group.group, 17).rstrip()}: {warning}" for warning in group.warnings
            )
