"""Second stores: every master copied there under the same lock, read back and compared before it counts.

A copy is an object among the masters of its own store, written once like any master; one that is damaged is
made again beside it. Writes `master_copy` rows, jobs, audit rows and the second stores; never the first one.
"""

from __future__ import annotations

import dataclasses
import itertools
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import structlog
from peewee import JOIN

from mam.config import Config, Copy, StorageConfig
from mam.core import Mam
from mam.errors import (
    ChecksumMismatchError,
    ConfigError,
    MamError,
    NotFoundError,
    StorageError,
    StorageUnreachableError,
    UploadIncompleteError,
)
from mam.models import Job, MasterCopy, Version, database, now
from mam.plugins import discover
from mam.services import jobs, leases, masters
from mam.services.leases import Lease, connected
from mam.services.masters import HEALED
from mam.services.pace import Hashing, Pace, digests_of, matches
from mam.services.shapes import Shape, iso
from mam.types import (
    SYSTEM,
    Actor,
    LengtheningStorage,
    LocalPathStorage,
    LockingStorage,
    MasterInfo,
    Storage,
)

WAITING, GOOD, DAMAGED = "waiting", "good", "damaged"
FILES = "mam.builtin.storage_files"
"""The plugin whose store a copy with a `path` is."""

_AT_ONCE = 200
_opening = threading.Lock()
_log = structlog.get_logger("mam.copies")


# --- the stores ----------------------------------------------------------------------------------


def names(mam: Mam) -> list[str]:
    """The second stores of the configuration."""
    return [one.name for one in mam.config.storage.copies]


def open_store(mam: Mam, name: str) -> Storage:
    """The second store of that name, opened once. Raises `StorageError` where it cannot be had now."""
    with _opening:
        if name not in mam.copies:
            told = next((one for one in mam.config.storage.copies if one.name == name), None)
            if told is None:
                raise StorageError(f'No copy of the name "{name}" is configured any more.')
            try:
                mam.copies[name] = _open(mam, told)
            except ConfigError as error:
                raise StorageError(f'The copy "{name}" cannot be used: {error.detail}') from error
        store = mam.copies[name]
    _check_mounted(mam, name)
    return store


def _open(mam: Mam, told: Copy) -> Storage:
    """Ask the plugin for a store of these settings, whatever the box's own store is."""
    _check_mounted(mam, told.name)
    if told.path:
        config = dataclasses.replace(mam.config, storage=StorageConfig(path=told.path))
        return _answer(mam.hooks.plugins[FILES].module, config)
    tables = {**mam.config.plugin_tables, told.plugin: told.settings}
    config = dataclasses.replace(mam.config, plugin_tables=tables)
    loaded = mam.hooks.plugins.get(told.plugin)
    if loaded is not None and loaded.module is not None:
        return _answer(loaded.module, config)
    found = discover()
    if told.plugin not in found:
        raise ConfigError(f"no plugin of the name {told.plugin} is installed.")
    return _answer(found[told.plugin](), config)


def _answer(module: object, config: Config) -> Storage:
    store = getattr(module, "mam_storage", None)
    if store is None:
        raise ConfigError("this plugin is no store.")
    return cast("Storage", store(config=config))


def _check_mounted(mam: Mam, name: str) -> None:
    """A folder that is not there is a disk that is away: nothing is written in its place."""
    path = next(one.path for one in mam.config.storage.copies if one.name == name)
    if path and not Path(path).is_dir():
        raise StorageUnreachableError(
            f'The folder {path} of the copy "{name}" is not there; mount or make it.'
        )


# --- which copies there are ----------------------------------------------------------------------


def plan(mam: Mam, version: Version, project_id: str | None) -> list[Job]:
    """Note the copies a new master needs, with a job for each; in the caller's transaction."""
    made = []
    for name in names(mam):
        copy, new = MasterCopy.get_or_create(
            store=name, master_key=version.master_key, defaults={"size": version.size}
        )
        if new:
            made.append(_queue(mam, copy, version.id, project_id))
    return made


def fill(mam: Mam) -> int:
    """Queue what is missing: masters older than the configured copy, copies that could not be made.

    For the worker's round; how many jobs were queued.
    """
    count = 0
    for name in names(mam):
        with connected(), database.atomic():
            for version in _without_copy(name):
                count += len(plan(mam, version, version.asset.project_id))
            for copy in _unmade(name):
                whose = _version_of(copy)
                if whose is not None:
                    _queue(mam, copy, whose.id, whose.asset.project_id)
                    count += 1
    return count


def states(mam: Mam, version: Version) -> list[Shape]:
    """Where copies of a version's master are and when they were last proven, as the API tells it."""
    rows = MasterCopy.select().where(MasterCopy.master_key == version.master_key).order_by(MasterCopy.store)
    wanted = names(mam)
    return [
        {
            "store": row.store,
            "state": row.state,
            "verified_at": iso(row.verified_at),
            "checked_at": iso(row.checked_at),
            "error": row.error or "",
            "configured": row.store in wanted,
        }
        for row in rows
    ]


def of(version: Version) -> Iterator[MasterCopy]:
    """The copies of a master that hold bytes, those proven last first."""
    rows = MasterCopy.select().where(
        MasterCopy.master_key == version.master_key, MasterCopy.copy_key.is_null(False)
    )
    yield from rows.order_by(MasterCopy.state.desc(), MasterCopy.verified_at.desc())


def expected(mam: Mam, version: Version) -> list[MasterCopy]:
    """The copies a master should have, by the configuration; those never planned as unsaved rows."""
    if version.in_place:
        return []
    rows = {row.store: row for row in MasterCopy.select().where(MasterCopy.master_key == version.master_key)}
    blank = {"master_key": version.master_key, "size": version.size}
    return [rows.get(name) or MasterCopy(store=name, **blank) for name in names(mam)]


def ensure(mam: Mam, version: Version, store: str, *, pace: Pace, heal: bool) -> bool:
    """Prove the copy in a store; True where it was damaged or missing and `heal` had it made again.

    Raises `ChecksumMismatchError` for a copy that is not well, `NotFoundError` for one not made yet.
    """
    with connected():
        copy = MasterCopy.get_or_none(MasterCopy.store == store, MasterCopy.master_key == version.master_key)
    made = copy is not None and copy.copy_key is not None
    if not (made or heal):
        raise NotFoundError("It was not made yet.")
    try:
        if copy is not None and made:
            verify(mam, copy, version, pace=pace)
            return False
    except ChecksumMismatchError:
        if not heal:
            raise
    with connected():
        whose = {"store": store, "master_key": version.master_key}
        copy, _ = MasterCopy.get_or_create(**whose, defaults={"size": version.size})
    make(mam, copy, version, pace=pace)
    return True


def _without_copy(name: str) -> list[Version]:
    there = (MasterCopy.master_key == Version.master_key) & (MasterCopy.store == name)
    rows = Version.select(Version).join(MasterCopy, JOIN.LEFT_OUTER, on=there)
    none = MasterCopy.id.is_null() & Version.in_place.is_null()
    return list(rows.where(none).order_by(Version.id).limit(_AT_ONCE))


def _unmade(name: str) -> list[MasterCopy]:
    """Copies to be made that no job is about to make."""
    busy = Job.select(Job.version_id).where(Job.kind == "copy", Job.state.in_(("queued", "running")))
    covered = Version.select(Version.master_key).where(Version.id.in_(busy))
    bad = (MasterCopy.store == name) & (MasterCopy.state != GOOD)
    return list(MasterCopy.select().where(bad, MasterCopy.master_key.not_in(covered)).limit(_AT_ONCE))


def _version_of(copy: MasterCopy) -> Version | None:
    found: Version | None = Version.select().where(Version.master_key == copy.master_key).first()
    return found


def _queue(mam: Mam, copy: MasterCopy, version_id: str, project_id: str | None) -> Job:
    job = jobs.enqueue(
        "copy", version_id=version_id, project_id=project_id, queue="later", payload={"copy": copy.id}
    )
    jobs.send_after_commit(mam, job)
    return job


# --- making and proving --------------------------------------------------------------------------


def run_copy(mam: Mam, lease: Lease) -> None:
    """The job: make one copy. A store that is away is waited for; a damaged master is healed elsewhere."""
    with leases.fenced(lease):
        copy = MasterCopy.get_or_none(MasterCopy.id == str(lease.payload.get("copy")))
        version = None if copy is None else _version_of(copy)
    if copy is None or version is None or copy.state == GOOD:
        return
    pace = Pace(passed=lambda _count: leases.check(lease))
    try:
        make(mam, copy, version, pace=pace)
    except MamError as error:
        with connected():
            MasterCopy.update(error=error.detail).where(MasterCopy.id == copy.id).execute()
        raise


def make(
    mam: Mam, copy: MasterCopy, version: Version, *, actor: Actor = SYSTEM, pace: Pace | None = None
) -> None:
    """Write the copy, lock it as long as its master, read it back, and only then call it good.

    Raises `ChecksumMismatchError` where the master itself is damaged, `StorageError`.
    """
    pace, store = pace or Pace(), open_store(mam, copy.store)
    with masters.opened(mam, version) as stream:
        wanted = next_key(copy.copy_key) if copy.copy_key else version.master_key
        placed = place(store, version, wanted, Hashing(stream, pace), f"copy/{copy.id}")
    prove(store, placed, version, pace)
    same_lock(store, placed, version)
    with connected(), database.atomic():
        again = copy.copy_key is not None
        copy.copy_key, copy.copy_version, copy.state, copy.error = placed.key, placed.version, GOOD, None
        copy.checked_at = copy.verified_at = now()
        copy.save()
        data = {"store": copy.store, "key": placed.key, "sha256": version.sha256, "locked": placed.locked}
        masters.record(mam, actor, "copy.healed" if again else "copy.made", version, data)


def verify(mam: Mam, copy: MasterCopy, version: Version, *, pace: Pace | None = None) -> None:
    """Read a copy and compare; a damaged or missing one is noted and raises `ChecksumMismatchError`."""
    placed = MasterInfo(copy.copy_key or "", version.size, copy.copy_version, locked=False, retain_until=None)
    store = open_store(mam, copy.store)
    try:
        sound, why = _holds(store, placed, version, pace or Pace()), "its bytes are others"
    except NotFoundError:
        sound, why = False, "it is not there"
    values = (
        {"state": GOOD, "error": None, "verified_at": now()} if sound else {"state": DAMAGED, "error": why}
    )
    with connected(), database.atomic():
        MasterCopy.update(checked_at=now(), **values).where(MasterCopy.id == copy.id).execute()
        if not sound:
            masters.record(mam, SYSTEM, "copy.damaged", version, {"store": copy.store, "reason": why})
    if sound:
        same_lock(store, placed, version)
    else:
        raise ChecksumMismatchError(f'The copy of version {version.id} in "{copy.store}" is damaged: {why}.')


def prove(store: Storage, placed: MasterInfo, version: Version, pace: Pace) -> None:
    """Read back what was just placed; `StorageError` where the store gives something else."""
    if not _holds(store, placed, version, pace):
        raise StorageError(f"The store gives back other bytes than were written to {placed.key}; try again.")


def place(store: Storage, version: Version, wanted_key: str, source: Hashing, staged: str) -> MasterInfo:
    """Put a master's bytes among a store's masters under its lock; a key that holds others is passed by.

    What lies there already and is right (a crash came before the commit) is answered again. Raises
    `ChecksumMismatchError` where `source` is not the master; nothing is kept then.
    """
    key = _free_key(store, version, wanted_key)
    found = store.stat("masters", key)
    if found is not None:
        return _locked(
            store, version, MasterInfo(key, found.size, found.version, locked=False, retain_until=None)
        )
    try:
        store.put("staging", staged, source, version.size)  # type: ignore[arg-type]
    except UploadIncompleteError as error:
        raise _differs(version) from error
    if source.read(1) or not matches(version, source.digests()):
        store.delete("staging", staged)
        raise _differs(version)
    if isinstance(store, LockingStorage):
        return store.promote(staged, key, retain_until=version.retain_until)
    with store.open("staging", staged) as stream:
        info = store.put("masters", key, stream, version.size)
    store.delete("staging", staged)
    return MasterInfo(key, info.size, info.version, locked=False, retain_until=None)


def same_lock(store: Storage, placed: MasterInfo, version: Version) -> None:
    """Have an object locked at least as long as its master, and held where any version of it is."""
    if not isinstance(store, LockingStorage):
        return
    with connected():
        held = Version.select().where(masters.same_master(version), Version.legal_hold).exists()
    state, until = store.lock_state(placed.key, version=placed.version), version.retain_until
    if state is None:
        return
    shorter = until is not None and (state.retain_until is None or state.retain_until < until)
    if shorter and until is not None and isinstance(store, LengtheningStorage):
        store.extend_lock(placed.key, version=placed.version, retain_until=until)
    if held is not state.legal_hold:
        store.set_legal_hold(placed.key, version=placed.version, on=held)


def follow_lock(mam: Mam, version: Version) -> None:
    """Bring the lock of a master's copies in line now; a store that is away follows at its next check."""
    for copy in of(version):
        placed = MasterInfo(str(copy.copy_key), copy.size, copy.copy_version, locked=False, retain_until=None)
        try:
            same_lock(open_store(mam, copy.store), placed, version)
        except MamError as error:
            _log.warning("a copy's lock follows later", store=copy.store, reason=error.detail)


def _free_key(store: Storage, version: Version, wanted: str) -> str:
    """The first key from the wanted one on that is free, or holds these very bytes already."""
    base, _, count = wanted.partition(HEALED)
    for number in itertools.count(int(count or 0)):
        key = f"{base}{HEALED}{number}" if number else base
        found = store.stat("masters", key)
        if found is None:
            return key
        there = MasterInfo(key, found.size, found.version, locked=False, retain_until=None)
        if _holds(store, there, version, Pace()):
            return key
    raise AssertionError("numbers do not end")


def next_key(key: str) -> str:
    """The key after a damaged master's: what lay under it may have left its lock there."""
    base, _, count = key.partition(HEALED)
    return f"{base}{HEALED}{int(count or 0) + 1}"


def _locked(store: Storage, version: Version, there: MasterInfo) -> MasterInfo:
    """An object that was there already, under a lock as long as its master's."""
    same_lock(store, there, version)
    state = store.lock_state(there.key, version=there.version) if isinstance(store, LockingStorage) else None
    return state or dataclasses.replace(there, size=version.size)


def _holds(store: Storage, placed: MasterInfo, version: Version, pace: Pace) -> bool:
    """Whether the store gives the master's bytes back. Raises `NotFoundError`, `StorageError`."""
    if isinstance(store, LocalPathStorage):
        masters.forget_cached(store.local_path("masters", placed.key, version=placed.version))
    return matches(version, digests_of(store.open("masters", placed.key, version=placed.version), pace))


def _differs(version: Version) -> ChecksumMismatchError:
    return ChecksumMismatchError(
        f"What was read is not the master of version {version.id}; nothing was kept."
    )


jobs.KINDS["copy"] = jobs.Kind(run=run_copy)
