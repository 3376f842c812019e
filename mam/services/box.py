"""The box seen from inside: what its storage holds. Reads only."""

from __future__ import annotations

import dataclasses
import shutil
from typing import Any

from peewee import fn

from mam.core import Mam
from mam.models import MasterCopy, Rendition, Upload, Version
from mam.services import access, backups, fixity, locks, masters
from mam.services.shapes import Shape
from mam.types import Actor


def storage(mam: Mam, actor: Actor) -> Shape:
    """What eats space: masters, previews, unfinished uploads, the disk; and the lock's last self-test."""
    access.require(mam, actor, "box.admin")
    lock = masters.lock_finding(mam)
    return {
        "store": type(mam.storage).__name__,
        "masters": _amount(Version.select(fn.COUNT(Version.id), fn.SUM(Version.size))),
        "previews": _amount(Rendition.select(fn.COUNT(Rendition.id), fn.SUM(Rendition.bytes))),
        "uploads": _amount(
            Upload.select(fn.COUNT(Upload.id), fn.SUM(Upload.size)).where(Upload.state == "open")
        ),
        "disk": _disk(mam),
        "lock": dataclasses.asdict(lock) if lock else None,
        "stores": [{**one, **_copied(one["store"])} for one in locks.known(mam)],
        "fixity": fixity.status(mam),
        "backup": backups.status(mam),
    }


def _copied(name: str) -> Shape:
    """How many masters lie in a second store, and how many are still to be copied there."""
    rows = MasterCopy.select().where(MasterCopy.store == name)
    states = {
        state: rows.where(MasterCopy.state == state).count() for state in ("good", "waiting", "damaged")
    }
    return {"copies": states if name else None}


def _amount(query: Any) -> Shape:
    count, total = query.scalar(as_tuple=True)
    return {"count": count, "bytes": int(total or 0)}


def _disk(mam: Mam) -> Shape:
    folder = mam.config.store if mam.config.store.exists() else mam.config.data
    usage = shutil.disk_usage(folder)
    return {"free_bytes": usage.free, "total_bytes": usage.total}
