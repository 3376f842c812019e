"""Healing: a damaged master is written anew from a second store's copy, under its lock, and the row names it.

Masters are written once, so nothing is overwritten: the good bytes get a key of their own (`<key>.r1`), and
what was damaged stays where it is, locked. Writes the masters area, `version`, `master_copy`, audit rows.
"""

from __future__ import annotations

from typing import Any

import structlog

from mam.core import Mam
from mam.errors import ChecksumMismatchError, MamError, NotFoundError
from mam.models import MasterCopy, Version, database, now
from mam.services import copies, masters
from mam.services.leases import connected
from mam.services.pace import Hashing, Pace
from mam.types import SYSTEM, Actor, MasterInfo

_log = structlog.get_logger("mam.healing")


def verify(
    mam: Mam, version: Version, *, actor: Actor = SYSTEM, pace: Pace | None = None, heal: bool = True
) -> str:
    """Prove a master; heal it where it is damaged and a copy is sound. The store it was healed from, or "".

    Raises `ChecksumMismatchError` or `NotFoundError` where it stays damaged, `StorageError`.
    """
    try:
        masters.verify(mam, version, actor, pace)
    except (ChecksumMismatchError, NotFoundError):
        source = restore(mam, version, actor=actor, pace=pace) if heal and not version.in_place else ""
        if not source:
            raise
        return source
    return ""


def restore(mam: Mam, version: Version, *, actor: Actor = SYSTEM, pace: Pace | None = None) -> str:
    """Write the master again from the first sound copy; the name of its store, or "" where none is sound."""
    with connected():
        rows = list(copies.of(version))
    for copy in rows:
        try:
            placed = _written(mam, version, copy, pace or Pace())
        except MamError as error:
            _log.warning("a copy heals nothing", version=version.id, store=copy.store, reason=error.detail)
            continue
        _note(mam, version, copy, placed, actor)
        return str(copy.store)
    return ""


def _written(mam: Mam, version: Version, copy: MasterCopy, pace: Pace) -> MasterInfo:
    """The master's bytes among the masters again, read back; locked and held as the damaged one."""
    store = copies.open_store(mam, copy.store)
    with store.open("masters", str(copy.copy_key), version=copy.copy_version) as stream:
        source = Hashing(stream, pace)
        wanted = copies.next_key(version.master_key)
        placed = copies.place(mam.storage, version, wanted, source, f"heal/{copy.id}")
    copies.prove(mam.storage, placed, version, pace)
    copies.same_lock(mam.storage, placed, version)
    return placed


def _note(mam: Mam, version: Version, copy: MasterCopy, placed: MasterInfo, actor: Actor) -> None:
    """Every version of the master is of the new object now; the log says from where it came."""
    old = version.master_key
    values: dict[str, Any] = {"master_key": placed.key, "master_version": placed.version, "damage": None}
    values |= {"verified_at": now(), "checked_at": now(), "locked": placed.locked}
    values |= {"retain_until": placed.retain_until}
    with connected(), database.atomic():
        MasterCopy.update(master_key=placed.key).where(MasterCopy.master_key == old).execute()
        Version.update(**values).where(masters.same_master(version)).execute()
        data = {"from": copy.store, "old_key": old, "new_key": placed.key, "sha256": version.sha256}
        masters.record(mam, actor, "master.healed", version, data)
    version.master_key, version.master_version = placed.key, placed.version
    _log.warning("a master was healed", version=version.id, store=copy.store, key=placed.key)
