"""`mam audit`: proves that the audit log, an export of it, or a custody certificate holds."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import typer

from mam.cli.box import box_of
from mam.errors import ConfigError
from mam.services import audit_check, custody_check
from mam.services.audit_check import Found

app = typer.Typer(help="The audit log, its anchors and custody certificates.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """The audit log, its anchors and custody certificates."""


@app.command("verify")
def verify(  # noqa: PLR0917 - options of a command
    context: typer.Context,
    export: Path | None = typer.Option(None, metavar="F", help="Write the log as JSON lines while checking."),  # noqa: B008
    file: Path | None = typer.Option(None, metavar="F", help="Check an exported log, without the box."),  # noqa: B008
    certificate: Path | None = typer.Option(  # noqa: B008
        None, metavar="F", help="Check a custody certificate (JSON or PDF), without the box."
    ),
    master: Path | None = typer.Option(  # noqa: B008
        None, metavar="F", help="With --certificate: check that this file is the certified master."
    ),
    key: str = typer.Option(
        "", metavar="KEY", help="The public key to trust (base64); see /api/integrity/key."
    ),
) -> None:
    """Check the chain, its signed end and every anchor; names the first entry that is wrong, exits with 1.

    With --file or --certificate nothing but that file is read: no box, no database, no network.
    """
    holds = True
    if certificate is not None:
        found = custody_check.check(_read(certificate), key, master=master, log=_lines(file))
        typer.echo(found.say())
        holds = found.holds
    elif file is not None:
        holds = _tell(_checked(file, key))
    else:
        target = export.open("x", encoding="utf-8") if export else nullcontext()
        with box_of(context).open() as mam, target as stream:
            holds = _tell(audit_check.check(mam, stream))
    if not holds:
        raise typer.Exit(1)


def _checked(file: Path, key: str) -> Found:
    try:
        return audit_check.check_export(_lines(file) or [], key)
    except (ValueError, TypeError) as error:
        raise ConfigError(f"{file} is no exported audit log: {error}.") from None


def _tell(found: Found) -> bool:
    typer.echo(found.say())
    for fault in found.faults[1:]:
        typer.echo(f"  also at entry {fault.seq}: {fault.message}")
    return not found.faults


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}.") from None


def _lines(file: Path | None) -> list[str] | None:
    if file is None:
        return None
    try:
        return _read(file).decode().split("\n")
    except UnicodeDecodeError:
        raise ConfigError(f"{file} is no text.") from None
