"""Masters: a local copy whose bytes are the right ones, fixity checks, the proof of the lock, orphans.

A master is read and never changed. Writes `verified_at`, audit rows, and copies in the work folder.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, cast

import structlog

from mam.core import Mam
from mam.errors import (
    ChecksumMismatchError,
    NotFoundError,
    StorageError,
    StorageFullError,
    StorageUnreachableError,
)
from mam.media.checksums import PIECE, Digests, Hasher
from mam.models import Asset, Upload, Version, database, now
from mam.plugins import State
from mam.services import audit, audit_anchor
from mam.services.leases import connected
from mam.services.pace import Pace, digests_of, matches
from mam.types import SYSTEM, Actor, Finding, LocalPathStorage, LockingStorage

HEALED = ".r"
"""Between the key of a master and the number of its healing, in the key it has then."""

LONGEST_REASON = 500
"""Characters kept of what was wrong with a master."""

_COPIES = "masters"
_FRESH = timedelta(hours=1)  # the jobs that follow a promote need not read a film again that was just hashed
_PROBE = "lock-probe-"  # what a store's own proof is writing at this moment
_PAGE = 500
_READS = 2
"""How often a distant master is read before it counts as damaged: the line may lie as well as the store."""

_log = structlog.get_logger("mam.masters")


@contextmanager
def local_copy(mam: Mam, version: Version) -> Iterator[Path]:
    """A path of the master on this machine, for reading while the block lasts.

    A store of local files gives its own file; it is proven first, unless it was within the hour and nobody
    touched it since. Raises `ChecksumMismatchError` where it is damaged. Any other store is read and every
    byte hashed on the way. A short read or a flipped byte is read once more, then raises `StorageError` (code
    `checksum_mismatch`) before anybody works with it; the job that wanted it tries again later.
    """
    path = _local_path(mam, version)
    if path is not None:
        size = path.stat().st_size
        if size != version.size:
            raise _lied(f"The master has {size} bytes instead of {version.size}.")
        if not _is_fresh(version, path):
            verify(mam, version)
        yield path
        return
    with _downloaded(mam, version) as copy:
        yield copy


def _is_fresh(version: Version, path: Path) -> bool:
    """Whether the bytes were proven lately and the file system says that the file is as it was then."""
    proven: datetime | None = version.verified_at
    if proven is None or version.damage is not None:
        return False
    touched = datetime.fromtimestamp(path.stat().st_ctime, UTC)
    return touched <= proven and now() - proven < _FRESH


@contextmanager
def opened(mam: Mam, version: Version) -> Iterator[BinaryIO]:
    """The master's bytes as a stream, from where it lies. Raises `NotFoundError`, `StorageError`."""
    if version.in_place:
        try:
            with Path(version.in_place).open("rb") as file:
                yield file
        except FileNotFoundError:
            raise NotFoundError(f"The file {version.in_place!a} is not where it was indexed.") from None
        except OSError as error:
            raise StorageError(f"The file {version.in_place!a} cannot be read: {error.strerror}.") from error
        return
    with mam.storage.open("masters", version.master_key, version=version.master_version) as stream:
        yield stream


def verify(mam: Mam, version: Version, actor: Actor = SYSTEM, pace: Pace | None = None) -> Digests:
    """Read the whole master from the store and compare; notes for all its versions what was found.

    Raises `ChecksumMismatchError` or `NotFoundError`, each with an audit entry (promise D8). `pace` bounds
    the bytes a second and may stop the read.
    """
    try:
        digests = _checked(mam, version, pace or Pace())
    except (ChecksumMismatchError, NotFoundError) as error:
        with connected(), database.atomic():
            Version.update(checked_at=now(), damage=error.detail[:LONGEST_REASON]).where(
                same_master(version)
            ).execute()
            record(mam, actor, "master.damaged", version, {"reason": error.detail})
        raise
    with connected(), database.atomic():
        proven = {"verified_at": now(), "checked_at": now(), "damage": None, "c4": digests.c4}
        Version.update(**proven).where(same_master(version)).execute()
        record(mam, actor, "master.verified", version, {"sha256": digests.sha256})
    return digests


def same_master(version: Version) -> Any:
    """The condition of every version of the same master: they were proven, or damaged, together."""
    if version.in_place:
        return Version.id == version.id
    return (Version.master_key == version.master_key) & (Version.sha256 == version.sha256)


def prove_lock(mam: Mam) -> Finding:
    """Have the store try to break its own lock; what it says."""
    if isinstance(mam.storage, LockingStorage):
        return mam.storage.prove()
    message = "advisory: this store knows no lock; its masters are only as safe as its own access rules."
    return Finding("lock", "warning", message, "Use the builtin store or a bucket with object lock.")


def lock_finding(mam: Mam) -> Finding | None:
    """What the last self-check of the store in use found of its lock; None where none was made here."""
    for plugin in mam.hooks.plugins.values():
        if plugin.state is State.ENABLED and hasattr(plugin.module, "mam_storage"):
            return next((one for one in plugin.findings if one.check == "lock"), None)
    return None


def select(version_ids: Iterable[str] | None = None) -> Iterator[Version]:
    """The versions of these ids, or all, oldest first; `NotFoundError` for an id without a version."""
    if version_ids is not None:
        for version_id in version_ids:
            row = Version.get_or_none(Version.id == version_id)
            if row is None:
                raise NotFoundError(f"There is no version {version_id[:64]!a}.")
            yield row
        return
    last = ""
    while rows := list(Version.select().where(Version.id > last).order_by(Version.id).limit(_PAGE)):
        yield from rows
        last = rows[-1].id


def orphans(mam: Mam) -> list[str]:
    """Keys of masters that no version names and no upload is about to: to be looked at by somebody."""
    found = []
    for info in mam.storage.list("masters"):
        with connected():
            healed = Version.master_key.startswith(
                f"{info.key}{HEALED}"
            )  # what it was healed from, still locked
            known = Version.select().where((Version.master_key == info.key) | healed).exists()
            version_id = info.key.rpartition("/")[2]  # behind the prefix of an organisation
            coming = (
                Upload.select().where(Upload.version_id == version_id, Upload.state == "promoting").exists()
            )
        if not (known or coming or info.key.startswith((_PROBE, audit_anchor.PREFIX))):
            found.append(info.key)
    return found


def sweep_copies(mam: Mam) -> int:
    """Remove local copies whose reader died; those in use are locked."""
    count = 0
    for path in (mam.config.work / _COPIES).glob("*"):
        with suppress(OSError), path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
            count += 1
    return count


def _local_path(mam: Mam, version: Version) -> Path | None:
    """The file itself; None where the store keeps none on this machine."""
    if version.in_place:
        return _indexed(version)
    if not isinstance(mam.storage, LocalPathStorage):
        return None
    path = mam.storage.local_path("masters", version.master_key, version=version.master_version)
    if path is None:
        raise NotFoundError(f"The master of version {version.id} is not in the store.")
    return path


def _indexed(version: Version) -> Path:
    """The file of a master that stays where it is; it has to look as it did when it was indexed."""
    path = Path(version.in_place or "")
    if not path.is_file():
        raise NotFoundError(f"The file {version.in_place!a} is not where it was indexed.")
    return path


@contextmanager
def _downloaded(mam: Mam, version: Version) -> Iterator[Path]:
    """A copy in the work folder, hashed while it is written, locked while it is used, removed after."""
    with _new_file(mam) as (file, path):
        for reading in range(1, _READS + 1):
            try:
                size, sound = _fetch(mam, version, file)
            except StorageUnreachableError:
                raise
            except StorageError:  # the body ended too early: as good as a byte that differs
                if reading == _READS:
                    raise
                continue
            if sound:
                break
            _log.warning("the store gave other bytes", version=version.id, size=size, reading=reading)
        else:
            raise _lied(f"The store gave {size} bytes that are not the master of {version.size} bytes.")
        yield path


def _fetch(mam: Mam, version: Version, file: BinaryIO) -> tuple[int, bool]:
    """Write what the store gives into the file, from its start; how much it was, and whether it is right."""
    hasher = Hasher()
    with _translated():
        file.seek(0)
        file.truncate()
    with opened(mam, version) as stream:
        while piece := stream.read(PIECE):
            hasher.update(piece)
            with _translated():
                file.write(piece)
    with _translated():
        file.flush()
    return hasher.size, matches(version, hasher.digests())


@contextmanager
def _new_file(mam: Mam) -> Iterator[tuple[BinaryIO, Path]]:
    with _translated():
        folder = mam.config.work / _COPIES
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = tempfile.NamedTemporaryFile(dir=folder)  # noqa: SIM115 - closed by the block below
        fcntl.flock(file, fcntl.LOCK_EX)
    with file:
        yield cast("BinaryIO", file), Path(file.name)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        kind = StorageFullError if error.errno == 28 else StorageError  # noqa: PLR2004 - errno.ENOSPC
        raise kind(f"The work folder cannot be used: {error.strerror}.") from error


def _checked(mam: Mam, version: Version, pace: Pace) -> Digests:
    """The digests of what the store holds; `ChecksumMismatchError` where they are not the version's."""
    local = bool(version.in_place) or isinstance(mam.storage, LocalPathStorage)
    if local:
        forget_cached(_local_path(mam, version))
    for _ in range(1 if local else _READS):
        digests = digests_of(opened(mam, version), pace)
        if matches(version, digests):
            return digests
    raise ChecksumMismatchError(
        f"The master of version {version.id} has {digests.size} bytes and SHA-256 {digests.sha256}; "
        f"it came in with {version.size} bytes and {version.sha256}."
    )


def forget_cached(path: Path | None) -> None:
    """Have the kernel read the file from the disk again: rot is there, not in memory."""
    with suppress(OSError):
        descriptor = os.open(path or "", os.O_RDONLY | os.O_CLOEXEC)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


def _lied(detail: str) -> StorageError:
    return StorageError(
        f"{detail} Nothing was done with it; it is read again later.", code="checksum_mismatch"
    )


def record(mam: Mam, actor: Actor, action: str, version: Version, data: dict[str, Any]) -> None:
    """Note in the audit log what was found or done about a version's master; in the caller's transaction."""
    project_id = Asset.get_by_id(version.asset_id).project_id
    audit.record(mam, actor, action, kind="version", subject_id=version.id, project_id=project_id, data=data)
