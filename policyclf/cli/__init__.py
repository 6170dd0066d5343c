"""The command. One module a subcommand; nothing else in the library prints.

Data go to standard output, messages to standard error. Exit codes: 0 if all is well,
1 if something could not be done (also, without a word, if the reader of a pipe, such as
head, has had enough), 2 if the command was called wrongly, 130 if it was interrupted.
"""

from __future__ import annotations

import importlib
import os
import sys
import warnings
from pathlib import Path

import click

from policyclf import __version__
from policyclf.cli.output import harmless
from policyclf.exceptions import PolicyclfError

COMMANDS = (
    *("label", "segment", "explain", "labels", "info"),
    *("train", "evaluate", "compare", "calibrate"),
    *("suggest", "prevalence", "audit", "drift"),
)
"""Each is ``NAME_command`` in the module of its name, imported when it is called: all
together take longer than labelling a page."""


class Commands(click.Group):
    """The subcommands, in the order of ``COMMANDS``."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's
        """Name them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the one that is called."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"policyclf.cli.{cmd_name}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="policyclf")
def cli() -> None:
    """Label the sentences of Chinese policy documents by policy field.

    \b
    policyclf label report.txt            a table on a terminal, JSON Lines in a pipe
    policyclf label folder/ -o out.csv    every document of a folder
    policyclf labels                      what the labels mean
    """  # noqa: D301  click wants the control character itself


def main() -> None:
    """Run the command, turning the library's errors into messages and exit codes."""
    try:
        _prepare_streams()
        warnings.showwarning = _show_warning  # type: ignore[assignment]  # takes any arguments
        # A command's Exit comes back as its code.
        code = cli(prog_name="policyclf", standalone_mode=False)
        sys.stdout.flush()
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("policyclf: interrupted; nothing half-written was left.", err=True)
        code = 130
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except PolicyclfError as error:
        click.echo(f"policyclf: {harmless(str(error))}", err=True)
        code = 1
    except BrokenPipeError:
        code = 1
    except OSError as error:
        reason = error.strerror or error
        if error.filename is None:  # it is no file
            click.echo(f"policyclf: standard output: cannot be written: {reason}.", err=True)
        else:
            click.echo(f"policyclf: {harmless(str(error.filename))}: {reason}.", err=True)
        code = 1
    _drop_unwritten()
    sys.exit(code)


def _prepare_streams() -> None:
    """Write UTF-8, and have something in the place of streams that the caller closed."""
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115  writing there fails
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  to the end
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # Chinese also where the locale is POSIX
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _drop_unwritten() -> None:
    """Have Python not try again, and complain, when it ends."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _show_warning(message: Warning | str, *_: object) -> None:
    click.echo(f"policyclf: warning: {harmless(str(message))}", err=True)
