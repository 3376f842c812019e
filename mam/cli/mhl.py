"""`mam mhl`: media hash lists of a project, and folders checked against the lists that came with them."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from mam.cli.box import box_of
from mam.errors import MamError, NotFoundError
from mam.media import mhl_history
from mam.services import handoff, manifests, masters
from mam.services import ingest as library
from mam.types import SYSTEM

app = typer.Typer(help="ASC media hash lists (MHL).", no_args_is_help=True)


@app.callback()
def group() -> None:
    """ASC media hash lists (MHL)."""


@app.command("create")
def create(
    context: typer.Context,
    project: str = typer.Argument(..., help="Name or id of the project."),
    to: Path | None = typer.Option(None, "--to", metavar="DIR", help="Copy the masters and the lists there."),  # noqa: B008
    comment: str = typer.Option("", "--comment", help="Said in the list: to whom, what for."),
) -> None:
    """Make the project's next generation, for a hand-off.

    With --to, the masters are copied into that folder, each copy proven, and the `ascmhl` folder is written
    beside them. Without, the manifest goes to standard output.
    """
    with box_of(context).open() as mam:
        project_id = _project(project)
        if to is None:
            made = manifests.create(mam, SYSTEM, project_id, comment=comment)
            _, xml = manifests.project_manifest(mam, SYSTEM, project_id, made["number"])
            typer.echo(xml.decode(), nl=False)
            return
        total = sum(version.size for version, _ in manifests.masters_of(project_id))
        with _bar() as bar:
            task = bar.add_task("copy", total=total)

            def step(_path: str, count: int) -> None:
                bar.advance(task, count)

            made = handoff.export(mam, SYSTEM, project_id, to, comment=comment, step=step)
    typer.echo(f"Generation {made['number']}: {made['files']} files in {str(to)!a}, each proven.")


@app.command("verify")
def verify(
    context: typer.Context,
    folder: Path | None = typer.Argument(None, help="A folder that came with a media hash list."),  # noqa: B008
    manifest: Path | None = typer.Option(None, "--mhl", metavar="F", help="The list, if it lies elsewhere."),  # noqa: B008
    project: str = typer.Option("", "--project", "-p", help="A project's masters in the store instead."),
) -> None:
    """Hash what the list names and compare; names what is missing, extra and altered, and exits with 1.

    With --project the masters of the project are read again from the store against its newest generation.
    """
    if (folder is None) == (not project):
        raise typer.BadParameter("name a folder, or --project", param_hint="FOLDER")
    if folder is not None:
        _verify_folder(folder, manifest)
        return
    bad = 0
    with box_of(context).open() as mam:
        for version, path in manifests.listed_masters(_project(project)):
            try:
                masters.verify(mam, version)
            except MamError as error:
                bad += 1
                typer.echo(f"BAD      {path}: {error.detail}")
    if bad:
        raise typer.Exit(1)
    typer.echo("Every master is as its list says.")


def _verify_folder(folder: Path, manifest: Path | None) -> None:
    if not folder.is_dir():
        raise NotFoundError(f"There is no folder {str(folder)!a}.")
    report = check(folder, manifest)
    for line in report.sentences():
        typer.echo(line)
    typer.echo(f"{len(report.proven)} of {report.listed} listed files are there and unchanged.")
    if not report.ok:
        raise typer.Exit(1)


def check(folder: Path, manifest: Path | None) -> mhl_history.Report:
    """A folder against its list, with a bar."""
    expected = mhl_history.read_expected(folder, manifest)
    total = sum(entry.size or 0 for entry in expected.entries.values())
    with _bar() as bar:
        task = bar.add_task("verify", total=total or None)
        return mhl_history.check_folder(folder, expected, lambda _path, count: bar.advance(task, count))


def _project(name: str) -> str:
    found = library.find_project(name)
    if found is None:
        raise NotFoundError(f"There is no project {name!a}.")
    return found


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    return Progress(*columns, console=Console(stderr=True))
