"""Options that several commands have, each written once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from policyclf.spans import UNITS

Command = TypeVar("Command", bound=Callable[..., Any])

_LAST_SEED = 2**32 - 1

unit_option = click.option(
    "--unit", type=click.Choice(UNITS), default="sentence", show_default=True
)
encoding_option = click.option("--encoding", metavar="CODEC", help="Default: found for each file.")
names_option = click.option(
    "--lang",
    type=click.Choice(["id", "en", "zh"]),
    default="id",
    show_default=True,
    help="How to name labels.",
)
groups_option = click.option(
    "--groups",
    type=click.Path(exists=True),
    metavar="FILE",
    help="A table with the columns document and NAME (or group).",
)


def column_options(command: Command) -> Command:
    """Add the options that say how the columns of a table are called."""
    options = (
        ("--text-column", "Default: text, sentence, content, 文本 …"),
        ("--label-column", "Default: label, labels, category, 标签 …"),
    )
    for name, default in reversed(options):
        command = click.option(name, metavar="NAME", help=default)(command)
    return command


def seed_option(of: str | None = None) -> Callable[[Command], Command]:
    """Make the option of a seed.

    Parameters
    ----------
    of : str, optional
        What is drawn by it, for the help.

    Returns
    -------
    callable
        Adds the option to a command.
    """
    seeds = click.IntRange(0, _LAST_SEED)
    return click.option("--seed", type=seeds, default=0, show_default=True, help=of)
