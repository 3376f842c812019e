"""`mam ingest`: files and folders in, verified, with progress bars."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.text import Text

from mam.cli.box import box_of
from mam.cli.mhl import check
from mam.cli.up import base_url, running_url
from mam.core import Mam
from mam.errors import MamError, NotFoundError, StorageFullError, ValidationError
from mam.media import mhl_history, stl
from mam.media.subtitles import LARGEST, Named, read_name
from mam.services import ingest as service
from mam.services import jobs, manifests, previews, sidecars
from mam.types import SYSTEM

_SETTLED = ("ready", "failed", "unsupported")
_WORKER_GRACE_SECONDS = 15.0


class Duplicates(StrEnum):
    """What becomes of a file whose very bytes are a master already."""

    ALLOW = "allow"
    LINK = "link"
    REFUSE = "refuse"


@dataclass
class Work:
    """One file on its way: where it comes from, the folder it goes to, what became of it."""

    path: Path
    folders: tuple[str, ...] = ()
    asset_id: str = ""
    version_id: str = ""
    sha256: str | None = None
    captions: list[Path] = field(default_factory=list)


@dataclass
class Ingest:
    """One run of the command."""

    mam: Mam
    project_id: str
    url: str
    duplicates: str | None = None


def ingest(  # noqa: PLR0917 - the options of the command line
    context: typer.Context,
    paths: list[Path] = typer.Argument(..., metavar="PATH...", help="Files or folders."),  # noqa: B008
    project: str = typer.Option("Ingest", "--project", "-p", help="Name or id; a new name makes a project."),
    duplicates: Duplicates | None = typer.Option(  # noqa: B008
        None, "--duplicates", help="For bytes that are a master already: keep, link or refuse them."
    ),
    mhl: Path | None = typer.Option(  # noqa: B008
        None, "--mhl", metavar="F", help="The media hash list of the one folder named; found in it by itself."
    ),
    wait: bool = typer.Option(False, "--wait", help="Stay until the previews are ready."),
) -> None:
    """Copy files or folders in, hash them on the way, lock the masters; prints each asset's id and page.

    A folder keeps its structure as folders of the project; caption files (clip.de.srt) go with their film.
    One that carries a media hash list (ASC MHL, or one older list at its top) is verified first; with a file
    missing, extra or altered nothing is taken in.
    The exit status is 1 when a file could not be taken in or, with --wait, its preview fails; a sound file
    that has no preview is no failure.
    """
    if mhl is not None and (len(paths) != 1 or not paths[0].is_dir()):
        raise typer.BadParameter("name exactly one folder with it", param_hint="--mhl")
    works = [work for path in paths for work in _collect(path)]
    if not works:
        raise NotFoundError("There is no file in what you named.")
    lists = {path: listed for path in paths if (listed := mhl or _own_list(path))}
    works = _proven(works, {path: _proof(path, listed) for path, listed in lists.items()})
    works = _with_captions(works)
    out = Console(soft_wrap=True)
    with box_of(context).open() as mam:
        project_id = service.ensure_project(mam, SYSTEM, project)
        url = running_url(mam.config) or base_url(mam.config)
        run = Ingest(mam, project_id, url, duplicates.value if duplicates else None)
        with _bars(out, DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn()) as bars:
            failed = [found for work in works if (found := _try(run, work, bars))]
            failed += [found for work in works for found in _add_captions(run, work)]
        if not failed:
            for manifest in lists.values():
                manifests.keep_received(mam, SYSTEM, project_id, manifest)
        with _bars(out, TimeElapsedColumn()) as bars:
            failed += _wait_for_previews(run, works, bars) if wait else []
    for work, detail in failed:
        typer.echo(f"mam: {work.path.name!a}: {detail}", err=True)
    if failed:
        raise typer.Exit(1)


def _collect(path: Path) -> Iterator[Work]:
    """The regular files a path names; a folder's in order, hidden ones and links left out."""
    if path.is_file():
        yield Work(path)
    elif path.is_dir():
        for file in sorted(path.rglob("*")):
            parts = file.relative_to(path).parts
            if file.is_file() and not file.is_symlink() and not any(part.startswith(".") for part in parts):
                yield Work(file, (path.resolve().name, *parts[:-1]))
    else:
        raise NotFoundError(f"There is no file or folder {str(path)!a}.")


def _with_captions(works: list[Work]) -> list[Work]:
    """`clip.de.srt` goes with `clip.mov` of the same folder; one that belongs to none is a file like others.

    A caption file that a media hash list names stays a master of its own: it was handed over to be proven.
    """
    films = {(work.path.parent, work.path.stem): work for work in works if not _named(work.path)}
    kept = []
    for work in works:
        named = _named(work.path)
        bases = named.bases if named and not work.sha256 else ()
        film = next((films[place] for base in bases if (place := (work.path.parent, base)) in films), None)
        if film is None:
            kept.append(work)
        else:
            film.captions.append(work.path)
    return kept


def _named(path: Path) -> Named | None:
    """What a caption file's name says; models of bodies are called `.stl` too, and are files like others."""
    named = read_name(path.name)
    if named is None or path.suffix.lower() != ".stl":
        return named
    try:
        with path.open("rb") as file:
            return named if stl.is_stl(file.read(stl.HEAD_BYTES)) else None
    except OSError:
        return None  # whoever takes it in will say why it cannot be read


def _add_captions(run: Ingest, work: Work) -> Iterator[tuple[Work, str]]:
    """Add the caption files that lie beside a film that is in; those that are refused, with the reason."""
    for path in work.captions if work.version_id else ():
        named = read_name(path.name)
        try:
            with path.open("rb") as file:
                data = file.read(LARGEST + 1)
            sidecars.add(
                run.mam, SYSTEM, work.version_id, data, language=named.language if named else "",
                forced=bool(named and named.forced), filename=service.readable(path.name),
            )  # fmt: skip
        except MamError as error:
            yield Work(path), error.detail
        except OSError as error:
            yield Work(path), f"It cannot be read: {error.strerror}."


def _own_list(path: Path) -> Path | None:
    return mhl_history.find_manifest(path) if path.is_dir() else None


def _proof(path: Path, manifest: Path) -> dict[Path, str]:
    """The SHA-256 of every file of a folder that is as its list says; ends the command if one is not."""
    report = check(path, manifest)
    for line in report.sentences():
        typer.echo(line, err=True)
    if not report.ok:
        raise ValidationError(f"{path.name!a} is not what its media hash list says; nothing was taken in.")
    return {path / name: sha256 for name, sha256 in report.proven.items()}


def _proven(works: list[Work], proofs: dict[Path, dict[Path, str]]) -> list[Work]:
    """The works with their SHA-256; of a folder with a list, the listed files and not the list itself."""
    known = {file: sha256 for proof in proofs.values() for file, sha256 in proof.items()}
    for work in works:
        work.sha256 = known.get(work.path)
    return [
        work for work in works if work.sha256 or not any(work.path.is_relative_to(path) for path in proofs)
    ]


def _try(run: Ingest, work: Work, bars: Progress) -> tuple[Work, str] | None:
    """Take a file in and print its line, or say why it is not in; the others are not held up by it."""
    try:
        _take_in(run, work, bars)
    except StorageFullError:
        raise
    except MamError as error:
        return work, error.detail
    except OSError as error:
        return work, f"It cannot be read: {error.strerror}."
    line = f"{work.asset_id}  {run.url}/assets/{work.asset_id}  {work.path.name!a}"
    bars.console.print(Text(line), soft_wrap=True)
    return None


def _take_in(run: Ingest, work: Work, bars: Progress) -> None:
    size = work.path.stat().st_size
    bar = bars.add_task("copy", total=size, name=repr(work.path.name)[1:-1])
    version = service.take_file(
        run.mam,
        SYSTEM,
        work.path,
        service.Place(run.project_id, work.folders),
        sha256=work.sha256,
        duplicates=run.duplicates,
        count=lambda count: bars.advance(bar, count),
    )
    work.asset_id, work.version_id = version["asset_id"], version["id"]


def _wait_for_previews(run: Ingest, works: list[Work], bars: Progress) -> list[tuple[Work, str]]:
    """Follow the previews to their end; the works whose preview failed, with the reason."""
    failed: list[tuple[Work, str]] = []
    started = time.monotonic()
    for work in (one for one in works if one.version_id):
        bar = bars.add_task("preview", total=100, name=repr(work.path.name)[1:-1])
        while True:
            status = previews.status(run.mam, SYSTEM, work.version_id)
            bars.update(bar, completed=100 if status["status"] in _SETTLED else status["percent"])
            if status["status"] in _SETTLED:
                break
            if time.monotonic() - started > _WORKER_GRACE_SECONDS:
                _insist_on_worker(run.mam)
            time.sleep(0.3)
        if status["status"] == "failed":
            failed.append((work, status["error"]["detail"]))
    return failed


def _insist_on_worker(mam: Mam) -> None:
    """Waiting for nobody is no use: the masters are safe, so say what is missing and end."""
    if not jobs.workers_alive(mam):
        raise MamError("The masters are safe, but no worker runs; start `mam up` and the previews follow.")


def _bars(console: Console, *columns: ProgressColumn) -> Progress:
    """A bar a file: what is done to it, its name, how far it is, and what the columns add."""
    name = TextColumn("{task.fields[name]}", markup=False)
    percent = TextColumn("{task.percentage:>3.0f}%")
    return Progress(TextColumn("{task.description:8}"), name, BarColumn(), percent, *columns, console=console)
