"""What the locks of the stores are worth, as their last proof said: at start, every day, and on demand.

A proof attacks a probe with the box's own keys (`LockingStorage.prove`). Writes its outcome as a setting, so
that every process of the box tells the same; never touches a master.
"""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any

import structlog
from peewee import IntegrityError

from mam.core import Mam
from mam.errors import StorageError
from mam.models import Setting, database, now
from mam.plugins import State
from mam.services import access, audit, copies, masters
from mam.services.leases import connected
from mam.services.shapes import Shape, iso
from mam.types import SYSTEM, Actor, Finding, LockingStorage, Storage

MASTERS = ""
"""The name of the box's own store among the proofs; second stores have the names of the configuration."""

_KEY = "lock-proof:"
_STARTED = now().replace(microsecond=0)
_log = structlog.get_logger("mam.locks")


def prove_all(mam: Mam, actor: Actor = SYSTEM) -> list[Shape]:
    """Prove the lock of every store now; the proofs, the box's own store first."""
    proofs = [_keep(mam, MASTERS, masters.prove_lock(mam))]
    proofs += [_keep(mam, name, _prove_copy(mam, name)) for name in copies.names(mam)]
    told = {one["store"] or "masters": one["state"] for one in proofs}
    if not actor.is_system:
        with connected():
            audit.record(mam, actor, "storage.lock_proven", kind="box", data=told)
    if "lying" in told.values():
        _log.error("a store's lock is a lie", stores=told)
    return proofs


def prove(mam: Mam, actor: Actor) -> Shape:
    """The same on demand, for an administrator; raises `ForbiddenError`."""
    with connected():
        access.require(mam, actor, "box.admin")
    return {"items": prove_all(mam, actor), "next_cursor": None}


def known(mam: Mam) -> list[Shape]:
    """The last proof of every store: `{store, kind, state, severity, message, fix, at}`. Asks no store.

    The self-check of this process counts where nobody proved the lock since it started.
    """
    rows = {row.key: row.value for row in Setting.select().where(Setting.key.startswith(_KEY))}
    found = []
    for name in (MASTERS, *copies.names(mam)):
        told = rows.get(f"{_KEY}{name}")
        fresh = told is not None and datetime.fromisoformat(told["at"]) >= _STARTED
        finding = masters.lock_finding(mam) if name == MASTERS and not fresh else None
        if finding is not None:
            found.append(_proof(mam, name, finding, None))
        else:
            found.append(
                told or _proof(mam, name, Finding("lock", "warning", "unknown: not proven yet."), None)
            )
    return found


def _prove_copy(mam: Mam, name: str) -> Finding:
    try:
        store = copies.open_store(mam, name)
    except StorageError as error:
        return Finding("lock", "warning", f"unknown: {error.detail}", "Mend it, then prove the lock again.")
    return _prove(store)


def _prove(store: Storage) -> Finding:
    if isinstance(store, LockingStorage):
        return store.prove()
    return Finding("lock", "warning", "advisory: this store knows no lock.")


def _keep(mam: Mam, name: str, finding: Finding) -> Shape:
    proof = _proof(mam, name, finding, now())
    if name == MASTERS:
        _refresh(mam, finding)
    key = f"{_KEY}{name}"
    try:
        with connected(), database.atomic():
            if not Setting.update(value=proof).where(Setting.key == key).execute():
                Setting.create(key=key, value=proof)
    except IntegrityError:  # another process proved it at this moment
        _log.info("two proofs at once", store=name)
    return proof


def _proof(mam: Mam, name: str, finding: Finding, at: datetime | None) -> Shape:
    state, _, message = finding.message.partition(": ")
    store: Any = mam.storage if name == MASTERS else mam.copies.get(name)
    return {
        "store": name,
        "kind": type(store).__name__ if store is not None else "",
        "state": state,
        "severity": finding.severity,
        "message": message,
        "fix": finding.fix,
        "at": iso(at),
    }


def _refresh(mam: Mam, finding: Finding) -> None:
    """The plugin's line on the page Plugins says the same."""
    for plugin in mam.hooks.plugins.values():
        if plugin.state is State.ENABLED and hasattr(plugin.module, "mam_storage"):
            others = tuple(one for one in plugin.findings if one.check != "lock")
            plugin.findings = (*others, dataclasses.replace(finding))
            return
