"""A box out of its backup: on a blank machine, of an older version too, into either kind of database.

The snapshot is read whole and proven before anything is written; the rows come last, in one transaction, so a
restore that was cut off leaves a box without people, into which it can be made again. Writes the data folder,
the database and the stores of the box it restores; never the backup.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import tarfile
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from mam import models, plugin_tables
from mam.config import Config, load
from mam.core import Mam, open_mam, open_storage, prepare_data
from mam.errors import BackupError, ChecksumMismatchError, NotFoundError
from mam.models import Upload, User, Version, dump, now
from mam.models.schema import applied_migrations, known_migrations, run_migrations
from mam.plugins import open_hooks
from mam.services import audit, audit_anchor, audit_check, backups, copies, masters, previews, search_index
from mam.services.backup_shelf import writing
from mam.services.backup_vault import Vault
from mam.services.backups import ABOUT, CONFIG, FILES, SECRETS, SUMS, Entry, Tell
from mam.services.pace import Hashing, Pace
from mam.types import SYSTEM, LockingStorage, MasterInfo, ObjectInfo, Storage

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNFINISHED = ("open", "promoting", "aborting", "expiring")
_PIECE = 1 << 20
_LARGEST_PART = 64 << 30
"""Bytes that one part of a snapshot may have: rows of a box with a hundred million of them."""


@dataclass(frozen=True)
class Snapshot:
    """A snapshot that was read whole and proven; its parts lie in `folder`."""

    name: str
    folder: Path
    about: dict[str, Any]
    files: tuple[Entry, ...]

    def rows(self, table: str) -> Iterator[dict[str, Any]]:
        """The rows of a table."""
        with (self.folder / "rows" / f"{table}.jsonl").open("rb") as file:
            yield from map(dump.from_line, file)

    @property
    def tables(self) -> list[str]:
        """The tables it holds."""
        return list(self.about["rows"])


@dataclass(frozen=True)
class Restored:
    """What a restore, or a drill of one, found. `missing` are files that are nowhere, with the reasons."""

    name: str
    made_at: str
    rows: int
    files: int
    bytes: int
    missing: tuple[str, ...]
    previews_queued: int
    audit_entries: int
    audit_faults: tuple[str, ...]
    seconds: float

    @property
    def whole(self) -> bool:
        """Whether nothing is missing and the audit log holds."""
        return not (self.missing or self.audit_faults)


# --- reading -------------------------------------------------------------------------------------


@contextmanager
def opened(vault: Vault, name: str | None, scratch: Path) -> Iterator[Snapshot]:
    """The snapshot of that name, or the newest, proven to its last byte. Raises `BackupError`."""
    names = vault.snapshots()
    if not names:
        raise BackupError(f"There is no backup in {vault.folder}.")
    fitting = [one for one in names if name in (None, one, one.partition(".")[0])]
    chosen = fitting[-1] if fitting else None
    if chosen is None:
        raise BackupError(f"There is no backup {name!a} in {vault.folder}; the newest is {names[-1]}.")
    with tempfile.TemporaryDirectory(dir=scratch, prefix="restore-") as folder:
        with vault.read_snapshot(chosen, Path(folder)) as packed:
            _unpack(packed, Path(folder), chosen)
        yield _read(Path(folder), chosen)


def _unpack(packed: BinaryIO, folder: Path, name: str) -> None:
    """Part by part, each compared with its sum; the sums stand at the end."""
    found: dict[str, str] = {}
    sums: Any = None
    try:
        with gzip.GzipFile(fileobj=packed) as plain, tarfile.open(fileobj=plain, mode="r|") as tar:
            for member in tar:
                part = tar.extractfile(member) if member.isfile() and member.size <= _LARGEST_PART else None
                if part is None or not _is_ours(member.name):
                    raise BackupError(f"{name} holds something that no backup holds.")
                if member.name == SUMS:
                    sums = json.loads(part.read())
                else:
                    found[member.name] = _take_out(part, folder / member.name)
            while plain.read(_PIECE):
                pass  # to the check sum at its very end
    except (tarfile.TarError, EOFError, OSError, ValueError, zlib.error) as error:
        raise BackupError(f"{name} is damaged: {error}.") from error
    if sums is None or sums != found or ABOUT not in found:
        raise BackupError(f"{name} is damaged: its parts are not those that were written.")


def _take_out(part: IO[bytes], target: Path) -> str:
    """Write a part into a new file; answers its digest."""
    digest = hashlib.sha256()
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as file:
        while piece := part.read(_PIECE):
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()


def _is_ours(name: str) -> bool:
    """Whether a part may be called so: nothing leads out of its folder."""
    parts = name.split("/")
    return ".." not in parts and not name.startswith("/") and all(parts) and "\0" not in name


def _read(folder: Path, name: str) -> Snapshot:
    about = json.loads((folder / ABOUT).read_text("utf-8"))
    if about.get("format") != backups.FORMAT:
        raise BackupError(
            f"{name} is written in a way ({about.get('format')}) that this version does not read."
        )
    strange = [one for one in about["schema"] if one not in known_migrations()]
    if strange:
        raise BackupError(f"{name} was made by a newer version ({about['mam']}): restore it with that one.")
    lines = (folder / FILES).read_text("utf-8").splitlines()
    return Snapshot(name, folder, about, tuple(Entry(**json.loads(line)) for line in lines))


# --- restoring -----------------------------------------------------------------------------------


def restore(
    vault: Vault, name: str | None, data: Path, config_file: Path | None = None, tell: Tell | None = None
) -> Restored:
    """Make the box of a backup in the blank folder `data`. Raises `BackupError` before anything is written.

    Without `config_file` the backup's own configuration is used, and kept as `config.toml` in the folder.
    Previews that are not in the backup are queued to be made anew. Raises `ConfigError`, `StorageError`.
    """
    began = now()
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with opened(vault, name, data) as snapshot:
        config = _configured(snapshot, data, config_file)
        _refuse_used(snapshot, config)
        _put_secrets(snapshot, config)
        mam, missing = _fill(vault, snapshot, config, tell)
        with models.database.connection_context():
            queued = 0 if snapshot.about["previews"] else _remake_previews(mam)
            found = audit_check.check(mam)
            told = {"name": snapshot.name, "missing": len(missing)}
            audit.record(mam, SYSTEM, "backup.restored", data=told)
        return _told(snapshot, missing, queued, found, began)


def drill(vault: Vault, name: str | None, scratch: Path, tell: Tell | None = None) -> Restored:
    """Do what a restore does, aside and without keeping it: proves that the backup is worth its name.

    Every file is read and hashed, the rows are loaded into a database of their own and brought forward, and
    the audit log is verified. Writes below `scratch` only; that needs room for the rows, not for the masters.
    Binds this process to that database: for a program of its own.
    """
    began = now()
    with (
        tempfile.TemporaryDirectory(dir=scratch, prefix="drill-") as aside,
        opened(vault, name, Path(aside)) as snapshot,
    ):
        config = load(None, Path(aside) / "box")
        prepare_data(config)
        _put_secrets(snapshot, config)
        missing = _prove(vault, snapshot, tell)
        mam, _ = _fill(vault, replace(snapshot, files=()), config, None)
        there = replace(mam, storage=cast("Storage", _Anchors(vault, snapshot, config.work, missing)))
        with models.database.connection_context():
            found = audit_check.check(there)
        models.disconnect()
        return _told(snapshot, missing, 0, found, began)


def _told(
    snapshot: Snapshot, missing: list[str], queued: int, found: audit_check.Found, began: datetime
) -> Restored:
    about = snapshot.about
    return Restored(
        name=snapshot.name,
        made_at=about["made_at"],
        rows=sum(about["rows"].values()),
        files=len(snapshot.files),
        bytes=sum(one.size for one in snapshot.files),
        missing=(*about["problems"], *missing),
        previews_queued=queued,
        audit_entries=found.entries,
        audit_faults=tuple(f"entry {fault.seq}: {fault.message}" for fault in found.faults),
        seconds=(now() - began).total_seconds(),
    )


def _configured(snapshot: Snapshot, data: Path, config_file: Path | None) -> Config:
    """The configuration of the new box; the backup's own is put into its folder where none was named."""
    kept = snapshot.folder / CONFIG
    if config_file is None and kept.is_file() and not (data / "config.toml").exists():
        load(kept, data)  # a sentence now rather than a folder that cannot be opened
        _copy(kept, data / "config.toml")
    return load(config_file, data)


def _refuse_used(snapshot: Snapshot, config: Config) -> None:
    """Only a blank box is filled: no people, no keys but the backup's own, no newer schema."""
    for path in config.secrets.glob("*") if config.secrets.is_dir() else ():
        mine = snapshot.folder / f"{SECRETS}{path.name}"
        if path.is_file() and not (mine.is_file() and mine.read_bytes() == path.read_bytes()):
            raise BackupError(f"{config.data} is a box already: restore into an empty folder.")
    models.connect(config)
    applied = applied_migrations()
    if set(applied) - set(snapshot.about["schema"]):
        raise BackupError("The database is not blank, and of another version: restore into an empty one.")
    with models.database.connection_context():
        if applied and models.database.table_exists(dump.name_of(User)) and User.select(User.id).exists():
            raise BackupError("The database has people in it already: restore into an empty one.")


def _put_secrets(snapshot: Snapshot, config: Config) -> None:
    config.secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in sorted((snapshot.folder / SECRETS).glob("*")):
        _copy(path, config.secrets / path.name)


def _copy(part: Path, place: Path) -> None:
    with writing(place) as file:
        file.write(part.read_bytes())


def _fill(vault: Vault, snapshot: Snapshot, config: Config, tell: Tell | None) -> tuple[Mam, list[str]]:
    """Files, then rows in their own schema, then the migrations since; the opened box and what is missing."""
    prepare_data(config)
    storage = open_storage(config, open_hooks(config))
    placed, missing = _place_files(_Placing(vault, snapshot, config, storage), tell)
    models.connect(config)
    schema = snapshot.about["schema"]
    run_migrations(max(schema, key=known_migrations().index))
    if applied_migrations() != schema:
        raise BackupError(f"{snapshot.name} is of a version that no release had: its rows fit no schema.")
    hooks = open_hooks(config)
    plugin_tables.bring_up(hooks, migrate=True, upto=snapshot.about.get("plugins"))
    with models.database.connection_context():
        try:
            dump.load({table: partial(_rows, snapshot, table, placed) for table in snapshot.tables})
        except (ValueError, KeyError, *models.Refused) as error:
            raise BackupError(f"The rows of {snapshot.name} cannot be loaded: {error}") from error
    mam = open_mam(config, migrate=True, check=False)
    with models.database.connection_context():
        search_index.rebuild()
        Upload.update(state="expired").where(Upload.state.in_(_UNFINISHED)).execute()
        for version in Version.select().where(Version.legal_hold):
            _hold(mam, version)
    return mam, missing


def _rows(snapshot: Snapshot, table: str, placed: Mapping[str, MasterInfo]) -> Iterator[dict[str, Any]]:
    """The rows as they are to be: masters are named as they lie in this store."""
    for row in snapshot.rows(table):
        info = placed.get(row["master_key"]) if table == dump.name_of(Version) else None
        if info is not None:
            row.update(master_key=info.key, master_version=info.version, locked=bool(info.locked))
        yield row


def _hold(mam: Mam, version: Version) -> None:
    if isinstance(mam.storage, LockingStorage) and version.in_place is None:
        with suppress(NotFoundError):
            mam.storage.set_legal_hold(version.master_key, version=version.master_version, on=True)


# --- files ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Placing:
    vault: Vault
    snapshot: Snapshot
    config: Config
    storage: Storage


def _place_files(placing: _Placing, tell: Tell | None) -> tuple[dict[str, MasterInfo], list[str]]:
    """Every file into the store, unless it is there; where the masters lie then, and what is nowhere."""
    known = _masters(placing.snapshot)
    placed: dict[str, MasterInfo] = {}
    missing: list[str] = []
    files = placing.snapshot.files
    for done, entry in enumerate(files):
        if tell is not None:
            tell(entry.key, done, len(files))
        try:
            if not entry.kept:
                _expect(placing.storage, entry)
            elif entry.area == "masters" and entry.key in known:
                placed[entry.key] = _place_master(placing, entry, known[entry.key])
            elif placing.storage.stat(entry.area, entry.key) is None:
                _place(placing, entry)
        except (BackupError, NotFoundError, ChecksumMismatchError) as error:
            missing.append(f"{entry.area} {entry.key}: {error.detail}")
    return placed, missing


def _masters(snapshot: Snapshot) -> dict[str, Version]:
    """By their keys; of several versions of one master, the one that is locked longest."""
    found: dict[str, Version] = {}
    for row in snapshot.rows(dump.name_of(Version)):
        until = Version.retain_until.python_value(row["retain_until"])
        known = found.get(row["master_key"])
        if known is None or (until or _EPOCH) > (known.retain_until or _EPOCH):
            found[row["master_key"]] = Version(
                id=row["id"], size=row["size"], sha256=row["sha256"], retain_until=until
            )
    return found


def _expect(storage: Storage, entry: Entry) -> None:
    """What was only named has to lie in the store that the new box has."""
    found = storage.stat(entry.area, entry.key, version=entry.version)
    if found is None or found.size != entry.size:
        raise NotFoundError("it was not included, and is not in the store.")


def _place_master(placing: _Placing, entry: Entry, version: Version) -> MasterInfo:
    with placing.vault.opened(entry.sha256, placing.config.work) as stream:
        source = Hashing(stream, Pace())
        return copies.place(placing.storage, version, entry.key, source, f"restore/{version.id}")


def _place(placing: _Placing, entry: Entry) -> None:
    """A file of a note, captions, or an anchor, which is locked anew."""
    with placing.vault.opened(entry.sha256, placing.config.work) as stream:
        if entry.area == "masters" and isinstance(placing.storage, LockingStorage):
            days = placing.config.audit.anchor_days
            staged = f"restore/{entry.key}"
            placing.storage.put("staging", staged, stream, entry.size)
            until = now() + timedelta(days=days) if days else None
            placing.storage.promote(staged, entry.key, retain_until=until)
        else:
            placing.storage.put(entry.area, entry.key, stream, entry.size)


def _prove(vault: Vault, snapshot: Snapshot, tell: Tell | None) -> list[str]:
    """Read and hash every file that is included."""
    missing = []
    for done, entry in enumerate(snapshot.files):
        if tell is not None:
            tell(entry.key, done, len(snapshot.files))
        try:
            if entry.kept:
                vault.prove(entry.sha256)
        except BackupError as error:
            missing.append(f"{entry.area} {entry.key}: {error.detail}")
    return missing


class _Anchors:
    """The anchors of a backup, for reading where they lie: what is in a store is locked, and stays."""

    def __init__(self, vault: Vault, snapshot: Snapshot, scratch: Path, missing: list[str]) -> None:
        """Leave out those that were found missing or damaged: they are named already."""
        self._vault, self._scratch = vault, scratch
        lost = {one.partition(": ")[0] for one in missing}
        self._files = {
            one.key: one
            for one in snapshot.files
            if one.key.startswith(audit_anchor.PREFIX) and f"{one.area} {one.key}" not in lost
        }

    def list(self, _area: str, prefix: str = "") -> Iterator[ObjectInfo]:
        for one in self._files.values():
            if one.key.startswith(prefix):
                yield ObjectInfo(one.key, one.size, one.sha256, _EPOCH)

    def open(self, _area: str, key: str, *, version: str | None = None) -> AbstractContextManager[BinaryIO]:
        del version
        return self._vault.opened(self._files[key].sha256, self._scratch)


def _remake_previews(mam: Mam) -> int:
    """Queue every preview that was shown and is not there; answers how many."""
    count = 0
    for version in masters.select():
        generation = version.preview_generation
        there = mam.storage.list("previews", f"{version.id}/{generation}/") if generation else ()
        if generation and next(iter(there), None) is None:
            previews.request(mam, SYSTEM, version.id, force=True)
            count += 1
    return count
