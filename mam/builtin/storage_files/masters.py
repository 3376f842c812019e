"""Masters that are written once: created exclusively, synced, read-only, immutable where the system allows.

Beside each master lies its lock record (`<key>.lock.json`: retention, legal hold, where it came from),
immutable too, so that the store itself refuses to remove a master early. Never changes a byte of a master.
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import json
import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from mam import failpoints
from mam.builtin.storage_files.disk import set_immutable, sync_folder, translated
from mam.builtin.storage_files.objects import RECORD, Objects
from mam.errors import LockedError, NotFoundError, StorageError
from mam.types import Area, Finding, MasterInfo, ObjectInfo

PROBE = "lock-probe-"
"""Keys of the objects that `prove` makes begin so; they are gone when it returns."""

_PROBE_SECONDS = 60


@dataclass(frozen=True)
class LockRecord:
    """What locks a master; `source` is the staging key it was promoted from."""

    source: str = ""
    retain_until: str | None = None
    legal_hold: bool = False

    @property
    def until(self) -> datetime | None:
        """The end of the retention."""
        return datetime.fromisoformat(self.retain_until) if self.retain_until else None

    @property
    def locked(self) -> bool:
        """Whether the master may not be removed now."""
        return self.legal_hold or (self.until is not None and self.until > datetime.now(UTC))

    def why(self) -> str:
        """The reason for refusing, for people."""
        return "under legal hold" if self.legal_hold else f"locked until {self.retain_until}"


class LockedMasters(Objects):
    """The lock abilities of the files store."""

    def put(self, area: Area, key: str, stream: BinaryIO, size: int) -> ObjectInfo:
        """As `Objects.put`; a master is sealed at once, without retention."""
        if area != "masters":
            return super().put(area, key, stream, size)
        path = self._place(area, key)
        if path.exists():
            raise LockedError(f"The master {key} exists already; masters are written once.")
        staged = f"put/{secrets.token_hex(16)}"
        super().put("staging", staged, stream, size)
        try:
            self.promote(staged, key, retain_until=None)
        finally:
            self.delete("staging", staged)
        return self._info(path, key)

    def promote(self, staging_key: str, master_key: str, *, retain_until: datetime | None) -> MasterInfo:
        """Link the staging object into the masters and seal it; repeating after a crash finishes the work."""
        source, target = self._place("staging", staging_key), self._place("masters", master_key)
        record = LockRecord(staging_key, retain_until.astimezone(UTC).isoformat() if retain_until else None)
        with translated("The master cannot be stored"):
            if not target.exists():
                _make_durable(source)
            with self._one_at_a_time():
                if not target.exists():
                    _link(source, target, record)
                elif not _comes_from(source, target, record):
                    raise LockedError(f"The master {master_key} exists already and holds something else.")
                failpoints.reach("store.linked")
                _seal(source, target)
        return self._master(master_key, target)

    def set_legal_hold(self, key: str, *, version: str | None, on: bool) -> None:
        """Write the hold into the lock record; `NotFoundError` for an absent master."""
        path = self.local_path("masters", key, version=version)
        if path is None:
            raise NotFoundError
        with translated("The legal hold cannot be recorded"), self._one_at_a_time():
            record = _record(path) or LockRecord()
            set_immutable(_record_path(path), on=False)
            _write_record(path, replace(record, legal_hold=on))
            set_immutable(_record_path(path), on=True)

    def extend_lock(self, key: str, *, version: str | None, retain_until: datetime) -> MasterInfo:
        """Write a later end into the lock record, never an earlier one. `NotFoundError` if absent."""
        path = self.local_path("masters", key, version=version)
        if path is None:
            raise NotFoundError
        with translated("The lock cannot be lengthened"), self._one_at_a_time():
            record = _record(path) or LockRecord()
            if record.until is None or record.until < retain_until:
                set_immutable(_record_path(path), on=False)
                _write_record(path, replace(record, retain_until=retain_until.astimezone(UTC).isoformat()))
                set_immutable(_record_path(path), on=True)
        return self._master(key, path)

    def lock_state(self, key: str, *, version: str | None) -> MasterInfo | None:
        """What the lock record says now; None where the master is absent."""
        path = self.local_path("masters", key, version=version)
        return None if path is None else self._master(key, path)

    def delete(self, area: Area, key: str, *, version: str | None = None) -> None:
        """As `Objects.delete`; `LockedError` for a master under retention, hold, or without its record."""
        path = self.local_path(area, key, version=version)
        if area != "masters" or path is None:
            super().delete(area, key, version=version)
            return
        record = _record(path)
        if record is None:
            raise LockedError("The lock record of this master is missing; it is kept until somebody looks.")
        if record.locked:
            raise LockedError(f"This master is {record.why()}; nothing was removed.")
        with translated("The master cannot be removed"), self._one_at_a_time():
            for file in (path, _record_path(path)):
                set_immutable(file, on=False)
                file.unlink(missing_ok=True)
            sync_folder(path.parent)
        self._remove_empty_folders(path.parent, self.root / area)

    def prove(self) -> Finding:
        """Attack a probe as any process of ours could, and say what held."""
        for left in self.list("masters", PROBE):  # by a process that died while it proved
            with contextlib.suppress(LockedError):
                self.delete("masters", left.key)
        key = f"{PROBE}{secrets.token_hex(8)}"
        until = datetime.now(UTC) + timedelta(seconds=_PROBE_SECONDS)
        self.put("staging", key, io.BytesIO(b"probe"), 5)
        self.promote(key, key, retain_until=until)
        path = self._place("masters", key)
        try:
            return self._verdict(key, path, until)
        finally:
            with self._one_at_a_time():
                release(path)
                release(_record_path(path))
                path.unlink(missing_ok=True)
                _record_path(path).unlink(missing_ok=True)

    def _verdict(self, key: str, path: Path, until: datetime) -> Finding:
        broken = self._store_gives_way(key, until)
        if broken:
            return Finding("lock", "error", f"lying: the store itself {broken}.", "Report this as a bug.")
        gave_way = [name for name, attack in _attacks(path) if _succeeds(attack)]
        if not gave_way:
            message = (
                "enforced: the immutable attribute refused to overwrite, truncate, remove and replace a "
                "master; only an administrator of this machine can lift it."
            )
            return Finding("lock", "ok", message)
        message = (
            f"advisory: this server keeps masters, but another program could {', '.join(gave_way)} them: "
            "the file system or the rights of this user do not allow the immutable attribute."
        )
        fix = "Run on ext4, xfs or btrfs with CAP_LINUX_IMMUTABLE, or use a bucket with object lock."
        return Finding("lock", "warning", message, fix)

    def _store_gives_way(self, key: str, until: datetime) -> str:
        """What our own calls let through that they must refuse, or an empty text."""
        if not _refused(lambda: self.delete("masters", key)):
            return "removed a master under retention"
        if not _refused(lambda: self.put("masters", key, io.BytesIO(b"other"), 5)):
            return "overwrote a master"
        with contextlib.suppress(LockedError):
            self.promote(key, key, retain_until=until - timedelta(seconds=_PROBE_SECONDS))
        state = self.lock_state(key, version=None)
        return "" if state is not None and state.retain_until == until else "shortened a retention"

    @contextlib.contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        """One change of a lock at a time, across processes; short, for bytes are synced before."""
        descriptor = os.open(self.root / "masters", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _master(self, key: str, path: Path) -> MasterInfo:
        record = _record(path) or LockRecord()
        size = path.stat().st_size
        return MasterInfo(key, size, None, record.locked, record.until, record.legal_hold)


def release(path: Path) -> None:
    """Clear the immutable attribute of a file, or of all files below a folder: to remove a test's data."""
    for file in path.rglob("*") if path.is_dir() else (path,):
        if file.is_file() and not file.is_symlink():
            set_immutable(file, on=False)


def _make_durable(source: Path) -> None:
    try:
        descriptor = os.open(source, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        raise NotFoundError("The upload's bytes are not in the staging area.") from None
    try:
        os.fchmod(descriptor, 0o444)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _link(source: Path, target: Path, record: LockRecord) -> None:
    """Give the bytes their second name; exclusive. The record is there first, so no master is without one."""
    if not target.parent.exists():
        target.parent.mkdir(mode=0o700, parents=True)
        sync_folder(target.parent.parent)
    _write_record(target, record)
    try:
        target.hardlink_to(source)
    except FileNotFoundError:
        raise NotFoundError("The upload's bytes are not in the staging area.") from None
    sync_folder(target.parent)


def _comes_from(source: Path, target: Path, record: LockRecord) -> bool:
    """Whether the master is what an earlier, interrupted promote of the same object made."""
    try:
        return source.samefile(target)
    except FileNotFoundError:
        kept = _record(target)
        return kept is not None and kept.source == record.source


def _seal(source: Path, target: Path) -> None:
    """Take the staging name away (an immutable file keeps all its names), then make both files immutable."""
    if source.exists():
        set_immutable(target, on=False)
        source.unlink(missing_ok=True)
    set_immutable(target, on=True)
    set_immutable(_record_path(target), on=True)


def _record_path(path: Path) -> Path:
    return path.with_name(path.name + RECORD)


def _record(path: Path) -> LockRecord | None:
    """The lock record of a master, or None where it is missing; `StorageError` where it cannot be read."""
    try:
        return LockRecord(**json.loads(_record_path(path).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise StorageError("The lock record of this master cannot be read; the master is kept.") from error


def _write_record(path: Path, record: LockRecord) -> None:
    """Replace the record whole and durably; the caller holds the lock and cleared the attribute."""
    final = _record_path(path)
    new = final.with_name(f".{final.name}.new")
    with new.open("w", encoding="utf-8") as file:
        json.dump(asdict(record), file)
        file.flush()
        os.fsync(file.fileno())
    new.chmod(0o444)
    new.replace(final)


def _attacks(path: Path) -> tuple[tuple[str, Callable[[], object]], ...]:
    """What another program under our rights may try; each restores nothing, the probe is thrown away."""
    other = path.with_name(f".{path.name}.other")
    return (
        ("overwrite", lambda: path.open("r+b").close()),
        ("truncate", lambda: os.truncate(path, 0)),
        ("replace", lambda: _replace_with(other, path)),
        ("remove", path.unlink),
    )


def _replace_with(other: Path, path: Path) -> None:
    other.write_bytes(b"other")
    try:
        other.rename(path)
    finally:
        other.unlink(missing_ok=True)


def _succeeds(attack: Callable[[], object]) -> bool:
    try:
        attack()
    except OSError:
        return False
    return True


def _refused(call: Callable[[], object]) -> bool:
    try:
        call()
    except LockedError:
        return True
    return False
