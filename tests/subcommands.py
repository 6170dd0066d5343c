"""The subcommands, which the command itself imports one at a time."""

from __future__ import annotations

import click

from policyclf.cli import cli


def subcommands() -> dict[str, click.Command]:
    """Import all of them."""
    context = click.Context(cli)
    found = {name: cli.get_command(context, name) for name in cli.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None}


COMMANDS = subcommands()
