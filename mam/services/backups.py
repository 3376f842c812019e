"""Backups: everything that cannot be made again, read in one moment while the box goes on working.

A snapshot holds the rows of the database, the configuration and the keys, and lists the files that belong to
it: files of notes, captions, anchors of the audit log, and the masters, included or only named. Files are
kept by their SHA-256 and shared by all snapshots of a folder, so every backup after the first is incremental.
Writes the folder and an audit entry; never the box.
"""

from __future__ import annotations

import hashlib
import json
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any, BinaryIO

import structlog

from mam import __version__, plugin_tables
from mam.config import Backup, BackupS3
from mam.core import Mam
from mam.errors import BackupError, MamError, NotFoundError, StorageError
from mam.models import AuditHead, Setting, Sidecar, Version, database, dump, now
from mam.models.base import Table
from mam.models.schema import applied_migrations
from mam.services import attachments, audit, audit_anchor, sidecars
from mam.services.backup_bucket import SCHEME, shelf_of
from mam.services.backup_shelf import Shelf
from mam.services.backup_vault import Hashing, Vault
from mam.services.leases import connected
from mam.services.shapes import Shape, iso
from mam.types import SYSTEM, Actor, Area, LocalPathStorage

FORMAT = "mam backup 1"
"""What the first line of a snapshot says; another number is another way of keeping things."""

MASTERS = {"auto": None, "include": True, "name": False}
"""`[backup] masters` as `make` takes it."""

MOMENT = "%Y%m%dT%H%M%SZ"
"""How a snapshot is named, in UTC."""

ABOUT, FILES, SUMS = "about.json", "files.jsonl", "sums.json"
CONFIG, SECRETS = "box/config.toml", "box/secrets/"
_LAST = "backup"
_SHOWN = 20  # problems that are remembered
_log = structlog.get_logger("mam.backup")

Tell = Callable[[str, int, int], None]
"""Told of progress: what is read now, how many files are done, of how many."""


@dataclass(frozen=True)
class Entry:
    """A file of a snapshot. `kept` False: it is only named, its bytes lie in the box's own store."""

    area: Area
    key: str
    size: int
    sha256: str
    kept: bool
    version: str | None = None


@dataclass(frozen=True)
class Made:
    """A backup that was made. `files` and `bytes` are what belongs to it, `added` what this one copied.

    `problems` are files that are not in it, each with the reason: the backup is whole but for those.
    """

    name: str
    rows: int
    files: int
    bytes: int
    added: int
    named_only: int
    seconds: float
    problems: tuple[str, ...] = ()


def make(
    mam: Mam,
    vault: Vault,
    *,
    actor: Actor = SYSTEM,
    masters_too: bool | None = None,
    previews_too: bool = False,
    tell: Tell | None = None,
) -> Made:
    """Back the box up into the vault. Raises `BackupError`, `StorageError`, `StorageFullError`.

    `masters_too` None includes the masters where they lie on this machine, for they would be lost with it,
    and only names them where another store has them.
    """
    with vault.alone() as alone:
        if not alone:
            raise BackupError(f"Another backup is being made in {vault.folder}.")
        return _make(mam, vault, actor, _Wanted(masters_too, previews_too), tell)


def lies_here(mam: Mam) -> bool:
    """Whether the masters are files of this machine."""
    return isinstance(mam.storage, LocalPathStorage)


def vault_of(settings: Backup) -> Vault:
    """The folder, or bucket, of the configuration. Raises `BackupError` where none is set."""
    if not settings.folder:
        raise BackupError("No folder is named, and [backup] folder is empty in the configuration.")
    return Vault(place_of(settings.folder, settings.s3), settings.recipients)


def place_of(text: str, settings: BackupS3) -> Path | Shelf:
    """What a person names: a folder, or `s3://bucket/prefix`. Raises `BackupError` for another address."""
    return shelf_of(text, settings) if text.startswith(SCHEME) else Path(text)


# --- by itself -----------------------------------------------------------------------------------


def keep_up(mam: Mam) -> Made | None:
    """Make the backup that is due by `[backup]`, and remove those past `keep`; for the worker's round."""
    settings = mam.config.backup
    if not settings.folder or not settings.every_hours:
        return None
    vault = vault_of(settings)
    with _noting():
        vault.shelf.check()
        with vault.alone() as alone:
            if not alone:
                return None
            if not _is_due(vault, settings):
                _settle()
                return None
            made = _make(mam, vault, SYSTEM, _Wanted(MASTERS[settings.masters], settings.previews), None)
            vault.keep_newest(settings.keep)
    _log.info("backup made", **asdict(made))
    return made


def _is_due(vault: Vault, settings: Backup) -> bool:
    names = vault.snapshots()
    if not names:
        return True
    return now() - moment_of(names[-1]) >= timedelta(hours=settings.every_hours)


def status(mam: Mam) -> Shape:
    """How backups stand, from what was noted: a folder that is away is not waited for.

    `state` is off, ok, late (nothing for twice the time) or failed, with the sentence in `error`.
    """
    settings = mam.config.backup
    noted = _noted()
    last = datetime.fromisoformat(noted["at"]) if noted.get("at") else None
    every = timedelta(hours=settings.every_hours)
    by_itself = bool(settings.folder and settings.every_hours)
    late = by_itself and last is not None and now() - last > 2 * every
    return {
        "state": "failed" if noted.get("error") else "late" if late else "ok" if last or by_itself else "off",
        "error": noted.get("error"),
        "folder": settings.folder,
        "encrypted": bool(settings.recipients),
        "every_hours": settings.every_hours if by_itself else None,
        "keep": settings.keep,
        "last_at": iso(last),
        "next_at": iso(last + every) if last and by_itself else None,
        "name": noted.get("name"),
        "files": noted.get("files", 0),
        "bytes": noted.get("bytes", 0),
        "problems": noted.get("problems", []),
    }


def _noted() -> dict[str, Any]:
    row = Setting.get_or_none(Setting.key == _LAST)
    return dict(row.value) if row is not None else {}


def _note(**values: Any) -> None:
    """Remember it for the page and for health."""
    with connected(), database.atomic():
        value = {**_noted(), **values}
        Setting.delete().where(Setting.key == _LAST).execute()
        Setting.create(key=_LAST, value=value)


def _settle() -> None:
    """Nothing is in the way any more, and nothing is due."""
    with connected():
        failed = bool(_noted().get("error"))
    if failed:
        _note(error=None)


@contextmanager
def _noting() -> Iterator[None]:
    """What fails by itself, nobody sees: it is noted until all is well again."""
    try:
        yield
    except MamError as error:
        _note(error=error.detail)
        raise


def moment_of(name: str) -> datetime:
    """When the snapshot of that name was begun."""
    return datetime.strptime(name[:16], MOMENT).replace(tzinfo=UTC)


# --- one backup ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Wanted:
    masters: bool | None
    previews: bool


def _make(mam: Mam, vault: Vault, actor: Actor, wanted: _Wanted, tell: Tell | None) -> Made:
    began = now()
    with tempfile.TemporaryDirectory(dir=mam.config.work, prefix="backup-") as scratch:
        made = _snapshot(mam, vault, Path(scratch), wanted, tell, began)
    with connected():
        told = {"name": made.name, "files": made.files, "problems": len(made.problems)}
        audit.record(mam, actor, "backup.made", data=told)
        problems = list(made.problems[:_SHOWN])
        _note(
            at=began.isoformat(), name=made.name, files=made.files, bytes=made.bytes, problems=problems,
            error=None,
        )  # fmt: skip
    return made


def _snapshot(  # noqa: PLR0917 - what a snapshot is made of
    mam: Mam, vault: Vault, scratch: Path, wanted: _Wanted, tell: Tell | None, began: datetime
) -> Made:
    rows_of, schema = _dump(scratch)
    entries, problems, added = [], [], 0
    listed = list(_files(mam, scratch, wanted))
    for done, entry in enumerate(listed):
        if tell is not None:
            tell(entry.key, done, len(listed))
        try:
            kept, more = _keep(mam, vault, entry)
        except (NotFoundError, StorageError) as error:
            problems.append(f"{entry.area} {entry.key}: {error.detail}")
            continue
        entries.append(kept)
        added += more
    about = {
        "format": FORMAT, "mam": __version__, "schema": schema, "made_at": began.isoformat(),
        "rows": rows_of, "problems": problems, "previews": wanted.previews,
        "plugins": plugin_tables.applied(mam.hooks),
    }  # fmt: skip
    packed = _pack(mam, scratch, about, entries)
    with packed.open("rb") as file:
        name = vault.write_snapshot(began.strftime(MOMENT), file, {one.sha256 for one in entries if one.kept})
    return Made(
        name=name,
        rows=sum(rows_of.values()),
        files=len(entries),
        bytes=sum(one.size for one in entries),
        added=added,
        named_only=sum(not one.kept for one in entries),
        seconds=(now() - began).total_seconds(),
        problems=tuple(problems),
    )


def _dump(scratch: Path) -> tuple[dict[str, int], list[str]]:
    """Every table as a file of lines, all of one moment: how many rows each has; the schema's migrations."""
    counts = {}
    schema = applied_migrations()
    with connected(), dump.one_moment():
        for table in dump.tables():
            with (scratch / f"{table}.jsonl").open("wb") as file:
                counts[table] = _lines(file, dump.rows(table))
    return counts, schema


def _lines(file: IO[bytes], rows: Iterable[dict[str, Any]]) -> int:
    count = 0
    for row in rows:
        file.write(dump.to_line(row))
        count += 1
    return count


def _files(mam: Mam, scratch: Path, wanted: _Wanted) -> Iterator[Entry]:
    """What belongs to the rows that were just dumped; sizes and digests as far as the rows tell them."""
    include = lies_here(mam) if wanted.masters is None else wanted.masters
    seen: set[str] = set()
    for row in _rows(scratch, Version):
        if row["in_place"] is None and row["master_key"] not in seen:
            seen.add(row["master_key"])
            size, digest = row["size"], row["sha256"]
            yield Entry("masters", row["master_key"], size, digest, include, row["master_version"])
    heads = [row["seq"] for row in _rows(scratch, AuditHead)]
    for info in mam.storage.list("masters", audit_anchor.PREFIX):
        if heads and info.key <= audit_anchor.key_of(heads[0]):
            yield Entry("masters", info.key, info.size, "", kept=True, version=info.version)
    if wanted.previews:
        folders = {""}
    else:
        captioned = (sidecars.folder_of(row["version_id"]) for row in _rows(scratch, Sidecar))
        folders = {f"{attachments.PREFIX}/", *(f"{one}/" for one in captioned)}
    for folder in sorted(folders):
        for info in mam.storage.list("previews", folder):
            yield Entry("previews", info.key, info.size, "", kept=True)


def _rows(scratch: Path, model: type[Table]) -> Iterator[dict[str, Any]]:
    with (scratch / f"{dump.name_of(model)}.jsonl").open("rb") as file:
        yield from map(dump.from_line, file)


def _keep(mam: Mam, vault: Vault, entry: Entry) -> tuple[Entry, int]:
    """The file with its digest, in the vault where it is to be; and how many bytes that added."""
    if not entry.kept:
        return entry, 0
    if not entry.sha256:
        with mam.storage.open(entry.area, entry.key, version=entry.version) as stream:
            entry = _hashed(entry, stream)
    if vault.holds(entry.sha256):
        return entry, 0
    with mam.storage.open(entry.area, entry.key, version=entry.version) as stream:
        size = vault.keep(stream, entry.sha256, entry.size)
    return replace(entry, size=size), size


def _hashed(entry: Entry, stream: BinaryIO) -> Entry:
    """The entry with the digest and size of the bytes that there are."""
    hashing = Hashing(stream)
    while hashing.read():
        pass
    return replace(entry, sha256=hashing.sha256(), size=hashing.size)


def _pack(mam: Mam, scratch: Path, about: dict[str, Any], entries: list[Entry]) -> Path:
    """One file of everything; the sums of its parts come last, so a cut one is never taken for whole."""
    packed = scratch / "packed"
    with tarfile.open(packed, "w:gz", compresslevel=6) as tar:
        sums: dict[str, str] = {}

        def add(name: str, path: Path) -> None:
            with path.open("rb") as file:
                sums[name] = hashlib.file_digest(file, "sha256").hexdigest()
            tar.add(path, name, recursive=False, filter=_bare)

        add(ABOUT, _written(scratch, json.dumps(about, indent=1)))
        for table in about["rows"]:
            add(f"rows/{table}.jsonl", scratch / f"{table}.jsonl")
        add(FILES, _written(scratch, "".join(json.dumps(asdict(one)) + "\n" for one in entries)))
        if mam.config.path is not None and mam.config.path.is_file():
            add(CONFIG, mam.config.path)
        for path in sorted(mam.config.secrets.iterdir()):
            if path.is_file():
                add(f"{SECRETS}{path.name}", path)
        tar.add(_written(scratch, json.dumps(sums)), SUMS, filter=_bare)
    return packed


def _written(scratch: Path, text: str) -> Path:
    path = scratch / "part"
    path.write_text(text, "utf-8")
    return path


def _bare(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Nothing of this machine: no owner, no name of one."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member
