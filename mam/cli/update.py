"""`mam update`: what a bundle is, how the last update went; on the appliance, writing one and going back."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, DownloadColumn, Progress

from mam import models
from mam.cli.box import box_of
from mam.errors import MamError
from mam.services import update_apply, update_database, updates
from mam.services.update_bundle import Tell
from mam.types import SYSTEM

app = typer.Typer(help="Updates of the installed appliance.", no_args_is_help=True)
_TRIES, _PAUSE = 40, 3.0


@app.callback()
def group() -> None:
    """Updates of the installed appliance."""


@app.command("check")
def check(
    context: typer.Context,
    file: Path = typer.Argument(..., metavar="FILE", help="The bundle, mam-VERSION.mamupdate."),  # noqa: B008
    older: bool = typer.Option(False, "--older", help="Also take a version older than the one that runs."),
    keys: Path | None = typer.Option(  # noqa: B008
        None, metavar="DIR", help="Public keys to trust (PEM); not on the appliance, which has its own."
    ),
) -> None:
    """Say what a bundle is, and refuse one that this box would not take; changes nothing."""
    with box_of(context).open(migrate=False):
        found = updates.look(file, older=older, keys=keys)
    word = "newer than" if found["newer"] else "not newer than"
    typer.echo(
        f"MAM {found['version']} for {found['architecture']}, {decimal(found['bytes'])}, {word} this one"
    )
    typer.echo(f"made {found['made_at']}, signed by {found['key']}, holds to its last byte")


@app.command("apply")
def apply(
    file: Path = typer.Argument(..., metavar="FILE", help="The bundle."),  # noqa: B008
    older: bool = typer.Option(False, "--older", help="Also take a version older than the one that runs."),
) -> None:
    """Write a bundle to the system partition that does not run, as root; the next restart tries it."""
    machine = updates.MACHINE
    update_apply.prepare(machine, file, older=older)
    with _bar() as tell:
        state = update_apply.apply(machine, file, older=older, tell=tell)
    typer.echo(
        f"MAM {state.version} is on partition {state.slot}. Restart the machine to try it: systemctl reboot"
    )


@app.command("status")
def status(context: typer.Context) -> None:
    """The version that runs and where, and how the last update went."""
    with box_of(context).open(migrate=False) as mam:
        found = updates.status(mam, SYSTEM)
    where = f"system partition {found['slot']}" if found["possible"] else "no installed appliance"
    typer.echo(f"MAM {found['version']}, {where}")
    last = found["last"]
    if last:
        typer.echo(
            f"{last['at']} {last['version']} on {last['slot']}: {last['phase']} {last['detail']}".rstrip()
        )
    if found["bundle"]:
        typer.echo(f"taken in: {found['bundle']['version']}")


@app.command("answer", hidden=True)
def answer(folder: Path) -> None:
    """Root's service: do what the box left in FOLDER to be done."""
    update_apply.answer(updates.MACHINE, folder)


@app.command("boot", hidden=True)
def boot() -> None:
    """Root's service, before the box starts, while an update is not settled."""
    typer.echo(update_apply.boot(updates.MACHINE).phase)


@app.command("watch", hidden=True)
def watch() -> None:
    """Root's service: keep a new version that is well, go back from one that is not."""
    typer.echo(update_apply.watch(updates.MACHINE).phase)


@app.command("note", hidden=True)
def note(context: typer.Context) -> None:
    """The box's user: put how an update ended into the audit log, once the box answers."""
    for left in reversed(range(_TRIES)):
        try:
            with box_of(context).open(migrate=False) as mam:
                updates.note(mam)
        except (MamError, *models.Unavailable):
            if not left:
                raise
            time.sleep(_PAUSE)
        else:
            return


@app.command("database", hidden=True)
def database(context: typer.Context, way: str) -> None:
    """The box's user, while nothing serves: `keep` a copy of the database, or bring it `back`."""
    config = box_of(context).config()
    done = {"keep": update_database.keep, "back": update_database.back}[way](
        config, updates.MACHINE.read().id
    )
    typer.echo("done" if done else "nothing to do")


@contextmanager
def _bar() -> Iterator[Tell]:
    """A bar of bytes on a terminal, a line for each tenth elsewhere."""
    console = Console(stderr=True)
    with Progress(BarColumn(), DownloadColumn(), console=console, disable=not sys.stderr.isatty()) as bars:
        task = bars.add_task("", total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)
