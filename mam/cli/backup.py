"""`mam backup` and `mam restore`: keep what cannot be made again, and make the box of it elsewhere."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import typer
from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from mam.cli.box import box_of
from mam.config import BackupS3, load
from mam.errors import BackupError
from mam.services import backups, restoring
from mam.services.backup_bucket import SCHEME
from mam.services.backup_vault import Vault, check_recipient, read_identities
from mam.services.backups import Tell

_LONGEST_NAME = 40


def backup(  # noqa: PLR0917 - a command's options
    context: typer.Context,
    folder: str | None = typer.Argument(
        None, metavar="[F]", help="The folder, or s3://bucket/prefix; else [backup] folder."
    ),
    recipient: list[str] | None = typer.Option(  # noqa: B008
        None, "--recipient", metavar="age1…", help="Encrypt for this age public key; may be given again."
    ),
    masters: bool | None = typer.Option(
        None, "--masters/--no-masters", help="Include the masters; else where they lie on this machine."
    ),
    previews: bool = typer.Option(False, "--previews", help="Include what can be made again, too."),
    keep: int = typer.Option(0, "--keep", min=0, metavar="N", help="Then remove all but the newest N."),
    listed: bool = typer.Option(False, "--list", help="Only name the backups that are there."),
) -> None:
    """Back the box up into a folder or a bucket while it works; files that are there are not copied again.

    Holds the database, the configuration, the keys, files of notes, captions, and the masters or their names.
    """
    box = box_of(context)
    settings = box.config().backup
    keys = tuple(recipient or settings.recipients)
    for one in keys:
        check_recipient(one)
    vault = Vault(backups.place_of(folder, settings.s3), keys) if folder else backups.vault_of(settings)
    vault = replace(vault, recipients=keys)
    if listed:
        _list(vault)
        return
    with box.open() as mam, _bar("backup") as tell:
        made = backups.make(mam, vault, masters_too=masters, previews_too=previews, tell=tell)
    freed = _thin(vault, keep)
    typer.echo(
        f"{vault.folder}: {made.name}: {made.rows} rows, {made.files} files of {decimal(made.bytes)} "
        f"({decimal(made.added)} new, {made.named_only} only named), {made.seconds:.1f} s"
    )
    if freed:
        typer.echo(f"{decimal(freed)} of older backups were removed")
    if not keys:
        typer.echo("Not encrypted: whoever reads this folder has the box's keys; see --recipient.", err=True)
    for problem in made.problems:
        typer.echo(f"not in this backup: {problem}", err=True)
    if made.problems:
        raise typer.Exit(1)


def restore(  # noqa: PLR0917 - a command's options
    context: typer.Context,
    folder: str = typer.Argument(
        ..., metavar="F", help="What `mam backup` wrote: a folder, s3://bucket/prefix."
    ),
    name: str | None = typer.Option(None, "--at", metavar="NAME", help="The backup; else the newest."),
    identity: Path | None = typer.Option(None, "--identity", metavar="FILE", help="Age keys."),  # noqa: B008
    store: Path | None = typer.Option(  # noqa: B008
        None,
        "--store",
        metavar="FILE",
        help="Configuration whose [backup.s3] opens the bucket; else --config.",
    ),
    check: bool = typer.Option(False, "--check", help="Restore aside, report, and keep nothing of it."),
) -> None:
    """Make the box of a backup in a blank data folder; says what was restored and how long it took.

    The backup is proven before anything is written. With --check everything is done aside: each file read and
    hashed, the rows loaded, the audit log verified.
    """
    box = box_of(context)
    place = backups.place_of(
        folder, _keys_of(store or box.config_file) if folder.startswith(SCHEME) else BackupS3()
    )
    vault = Vault(place, identities=read_identities(identity) if identity else ())
    if check:
        with _bar("check") as tell:
            found = restoring.drill(vault, name, _aside(box.data), tell)
    elif box.data is None:
        raise BackupError("Name the blank folder of the new box by --data.")
    else:
        file = Path(box.config_file) if box.config_file else None
        with _bar("restore") as tell:
            found = restoring.restore(vault, name, Path(box.data).absolute(), file, tell)
    _report(found, "checked" if check else "restored")
    if not found.whole:
        raise typer.Exit(1)


def _keys_of(file: Path | str | None) -> BackupS3:
    """What opens the bucket, on a machine that has no box yet."""
    if file is None:
        raise BackupError("Name a configuration whose [backup.s3] opens the bucket by --store or --config.")
    return load(Path(file), Path(tempfile.gettempdir())).backup.s3


def _report(found: restoring.Restored, word: str) -> None:
    typer.echo(f"{found.name} of {found.made_at[:19]} UTC {word} in {found.seconds:.1f} s")
    typer.echo(f"rows      {found.rows}")
    typer.echo(f"files     {found.files}, {decimal(found.bytes)}")
    holds = "holds" if not found.audit_faults else "BROKEN"
    typer.echo(f"audit log {found.audit_entries} entries, {holds}")
    if found.previews_queued:
        typer.echo(f"previews  {found.previews_queued} will be made anew once workers run")
    for one in (*found.missing, *found.audit_faults):
        typer.echo(f"NOT WELL  {one}", err=True)


def _aside(data: str | None) -> Path:
    """Where a drill has room: beside the box, or where temporary files go."""
    folder = Path(data) if data else Path(tempfile.gettempdir())
    if not folder.is_dir():
        raise BackupError(f"{folder} is no folder; a check needs room for the rows there.")
    return folder


def _list(vault: Vault) -> None:
    names = vault.snapshots()
    for name in names:
        typer.echo(f"{name}  {len(vault.digests_of(name))} files")
    if not names:
        typer.echo(f"There is no backup in {vault.folder}.")


def _thin(vault: Vault, keep: int) -> int:
    if not keep:
        return 0
    with vault.alone() as alone:
        return vault.keep_newest(keep) if alone else 0


@contextmanager
def _bar(word: str) -> Iterator[Tell]:
    """A bar of files; only on a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn(f"{word} {{task.fields[name]}}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        task = bars.add_task("", total=None, name="")

        def tell(name: str, done: int, total: int) -> None:
            bars.update(task, completed=done, total=total, name=name[:_LONGEST_NAME])

        yield tell
