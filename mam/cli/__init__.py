"""The command line: one file a command, each calls one service.

`--config F` and `--data DIR` are taken anywhere on the line; errors are one sentence on standard error;
exit status 0, 1 (failed) or 2 (usage or configuration).
"""

from __future__ import annotations

import sys

import typer

from mam import __version__
from mam.cli.box import Box, hoist
from mam.cli.commands import Commands
from mam.errors import ConfigError, MamError

FAILED, USAGE = 1, 2

app = typer.Typer(
    name="mam",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Media asset management appliance: immutable masters, previews in seconds, review frame by frame.",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mam {__version__}")
        raise typer.Exit


@app.callback()
def box_options(
    context: typer.Context,
    config_file: str | None = typer.Option(None, "--config", metavar="F", help="The TOML file."),
    data: str | None = typer.Option(None, "--data", metavar="DIR", help="The box's data folder."),
    version: bool = typer.Option(
        False, "--version", is_eager=True, callback=_print_version, help="Print the version and leave."
    ),
) -> None:
    """Keep what every command needs; nothing is opened yet."""
    del version  # its callback has printed it and left
    context.obj = Box(config_file, data)


def main() -> None:
    """Run one command; turn every expected failure into one sentence and an exit status."""
    try:
        app(hoist(sys.argv[1:]), prog_name="mam")
    except ConfigError as error:
        _complain(error, USAGE)
    except MamError as error:
        _complain(error, FAILED)


def _complain(error: MamError, status: int) -> None:
    print(f"mam: {error.detail}", file=sys.stderr)
    sys.exit(status)
