"""The command. One module a subcommand; nothing else in the library prints.

Data go to standard output, messages to standard error. Exit codes: 0 if all is well,
1 if something could not be done (also, without a word, if the reader of a pipe, such as
head, has had enough), 2 if the command was called wrongly, 130 if it was interrupted.
"""

from __future__ import annotations

import sys
import warnings

import click

from policyclf import __version__
from policyclf.cli.audit import audit_command
from policyclf.cli.calibrate import calibrate_command
from policyclf.cli.compare import compare_command
from policyclf.cli.drift import drift_command
from policyclf.cli.evaluate import evaluate_command
from policyclf.cli.explain import explain_command
from policyclf.cli.info import info_command
from policyclf.cli.label import label_command
from policyclf.cli.labels import labels_command
from policyclf.cli.segment import segment_command
from policyclf.cli.suggest import suggest_command
from policyclf.cli.train import train_command
from policyclf.exceptions import PolicyclfError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="policyclf")
def cli() -> None:
    """Label the sentences of Chinese policy documents by policy field.

    \b
    policyclf label report.txt            a table on a terminal, JSON Lines in a pipe
    policyclf label folder/ -o out.csv    every text file of a folder
    policyclf labels                      what the labels mean
    """  # noqa: D301  click wants the control character itself


for command in (
    label_command,
    segment_command,
    train_command,
    evaluate_command,
    info_command,
    labels_command,
    calibrate_command,
    compare_command,
    audit_command,
    drift_command,
    suggest_command,
    explain_command,
):
    cli.add_command(command)


def main() -> None:
    """Run the command, turning the library's errors into messages and exit codes."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # Chinese also where the locale is POSIX
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    warnings.showwarning = _show_warning  # type: ignore[assignment]  # takes any arguments
    try:
        # A command's Exit comes back as its code.
        sys.exit(cli(prog_name="policyclf", standalone_mode=False))
    except click.exceptions.Abort:
        click.echo("policyclf: interrupted; nothing half-written was left.", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except PolicyclfError as error:
        click.echo(f"policyclf: {error}", err=True)
        sys.exit(1)


def _show_warning(message: Warning | str, *_: object) -> None:
    click.echo(f"policyclf: warning: {message}", err=True)
