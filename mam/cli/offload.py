"""`mam offload`: a camera card in, proven at every place it goes to."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from mam.cli.box import box_of
from mam.errors import NotFoundError
from mam.services import ingest
from mam.services import offload as service
from mam.types import SYSTEM


def offload(
    context: typer.Context,
    card: Path = typer.Argument(..., help="The card, or any folder that is to stay one unit."),  # noqa: B008
    project: str = typer.Option("Ingest", "--project", "-p", help="Name or id; a new name makes a project."),
    to: list[Path] = typer.Option([], "--to", metavar="DIR", help="A further disk; may be given again."),  # noqa: B008
) -> None:
    """Take a card in with its structure: hashed at the source, written to every place and read back there.

    A card that carries a media hash list is verified by it first. The report is a media hash list: in the
    project, and in the `ascmhl` folder of each further disk. Run again, it goes on where it was interrupted.
    """
    if not card.is_dir():
        raise NotFoundError(f"There is no folder {str(card)!a}.")
    total = sum(path.stat().st_size for path in card.rglob("*") if path.is_file())
    with box_of(context).open() as mam, _bar() as bar:
        task = bar.add_task("offload", total=total * (2 + len(to)))
        project_id = ingest.ensure_project(mam, SYSTEM, project)

        def step(_path: str, count: int) -> None:
            bar.advance(task, count)

        outcome = service.offload(mam, SYSTEM, card, service.Destination(project_id, tuple(to)), step)
    for path, error in outcome.failed.items():
        typer.echo(f"mam: {path!a}: {error.detail}", err=True)
    typer.echo(f"{len(outcome.taken)} files in {1 + len(to)} place(s), each read back and equal.")
    if outcome.failed:
        raise typer.Exit(1)


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    return Progress(*columns, console=Console(stderr=True))
