"""`mam user`: people, from the console."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mam.cli.box import box_of
from mam.services import accounts, privacy, second_factor
from mam.services.shapes import Shape
from mam.types import SYSTEM

app = typer.Typer(help="People.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """People."""


@app.command("add")
def add(
    context: typer.Context,
    email: str,
    admin: bool = typer.Option(False, "--admin", help="May administer the box."),
    name: str = typer.Option("", help="The name shown; the part before the @ by default."),
    password_stdin: bool = typer.Option(
        False, "--password-stdin", help="Read the password from standard input."
    ),
) -> None:
    """Add an active user; asks for the password."""
    password = _password(from_stdin=password_stdin)
    with box_of(context).open() as mam:
        shown = name or email.partition("@")[0]
        user = accounts.add_user(mam, email=email, name=shown, password=password, admin=admin)
    typer.echo(user["id"])


@app.command("list")
def list_users(context: typer.Context) -> None:
    """List everybody with status and roles."""
    table = Table("id", "email", "name", "status", "roles", box=None, pad_edge=False)
    cursor: str | None = None
    with box_of(context).open() as mam:
        while True:
            page = accounts.list_users(mam, SYSTEM, cursor=cursor, limit=200)
            for user in page["items"]:
                cells = (
                    user["id"],
                    user["email"],
                    user["display_name"],
                    user["status"],
                    ", ".join(user["roles"]),
                )
                table.add_row(*(Text(cell) for cell in cells))
            cursor = page["next_cursor"]
            if cursor is None:
                break
    Console().print(table)


@app.command("activate")
def activate(context: typer.Context, email: str) -> None:
    """Let a pending or disabled user in."""
    _set_status(context, email, "active")


@app.command("disable")
def disable(context: typer.Context, email: str) -> None:
    """Shut a user out at once, on every device."""
    _set_status(context, email, "disabled")


@app.command("password")
def password(
    context: typer.Context,
    email: str,
    password_stdin: bool = typer.Option(False, "--password-stdin", help="Read it from standard input."),
) -> None:
    """Set a new password; the user is logged out everywhere."""
    word = _password(from_stdin=password_stdin)
    with box_of(context).open() as mam:
        accounts.set_password(mam, accounts.find_user(mam, email), word)
    typer.echo("Set.")


@app.command("reset-factor")
def reset_factor(context: typer.Context, email: str) -> None:
    """Take the second factor of somebody who lost the phone and the recovery codes."""
    with box_of(context).open() as mam:
        second_factor.reset(mam, SYSTEM, accounts.find_user(mam, email))
    typer.echo("The password alone lets them in now.")


@app.command("export")
def export(context: typer.Context, email: str, file: Path) -> None:
    """Write everything about one person into a new zip: account, logins, notes, files, the log."""
    with box_of(context).open() as mam, file.open("xb") as out:
        for piece in privacy.export(mam, SYSTEM, accounts.find_user(mam, email)):
            out.write(piece)
    typer.echo(str(file))


@app.command("erase")
def erase(
    context: typer.Context,
    email: str,
    dry_run: bool = typer.Option(False, "--dry-run", help="Only say what would happen."),
    yes: bool = typer.Option(False, "--yes", help="Do not ask; it cannot be undone."),
) -> None:
    """Erase one person: name, address and every login go, notes stay by nobody, the audit log is kept."""
    with box_of(context).open() as mam:
        user_id = accounts.find_user(mam, email)
        _say_erasure(privacy.plan(mam, SYSTEM, user_id))
        if dry_run:
            return
        if not yes:
            typer.confirm("This cannot be undone. Erase?", abort=True)
        privacy.erase(mam, SYSTEM, user_id, email=email)
    typer.echo("Erased.")


def _say_erasure(told: Shape) -> None:
    gone = ", ".join(f"{number} {name}" for name, number in told["removed"].items() if number)
    typer.echo(f"Removed: {gone or 'nothing but name and address'}.")
    typer.echo(
        f'Kept: {told["kept_notes"]} notes, now by "{told["name_becomes"]}"; {told["kept_masters"]} masters; '
        f"{told['kept_audit_entries']} entries of the audit log, which name the old address."
    )


def _set_status(context: typer.Context, email: str, status: str) -> None:
    with box_of(context).open() as mam:
        accounts.update_user(mam, SYSTEM, accounts.find_user(mam, email), status=status)
    typer.echo(status)


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return getpass.getpass("Password: ")
