"""The very same bytes a second time: found by size and SHA-256, told of, refused, or linked to the master.

Only versions that the caller may see count, and those of the same organisation: of the others nothing shows,
not even that they are there (promises G2, G6). A link is made to a master that was just read whole; its lock
is lengthened first, never shortened. Writes the turn of an upload, lock columns of versions, what
`masters.verify` writes; no byte.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog
from peewee import IntegrityError, ModelSelect

from mam.core import Mam
from mam.errors import ChecksumMismatchError, DuplicateMasterError, NotFoundError
from mam.media.checksums import Digests
from mam.models import Asset, Project, Upload, Version, database
from mam.services import access, masters
from mam.services.leases import connected
from mam.services.shapes import duplicate_shape
from mam.types import Actor, LengtheningStorage, LockingStorage, MasterInfo

ALLOW, LINK, REFUSE = "allow", "link", "refuse"

_NAMED = 20
"""Versions of the same bytes that are named at most."""

_TWIN_SECONDS = 20.0
_LOOK_AGAIN_SECONDS = 0.1
_log = structlog.get_logger("mam.duplicates")


def find(mam: Mam, actor: Actor, sha256: str, size: int, project_id: str) -> list[Version]:
    """Rows of the versions of these bytes that `actor` may see, oldest first, none from the trash.

    Only of the organisation that the project belongs to.
    """
    same = (Version.sha256 == sha256) & (Version.size == size)
    query = visible(mam, actor, Version.select(Version, Asset).join(Asset), project_id).where(same)
    return list(query.order_by(Version.created_at, Version.id).limit(_NAMED))


def visible(mam: Mam, actor: Actor, query: ModelSelect[Any], project_id: str) -> ModelSelect[Any]:
    """A query that has joined `Asset`, kept to what lies in no trash and in projects that `actor` sees.

    Nobody, not even who administers the box, finds across organisations: only in the project's own.
    """
    alive = Asset.deleted_at.is_null() & Project.deleted_at.is_null()
    query = query.join(Project, on=Asset.project == Project.id).where(alive)
    home = Project.select(Project.organisation_id).where(Project.id == project_id).scalar()
    query = query.where(Project.organisation_id == home)
    projects = access.visible_projects(mam, actor)
    return query if projects is None else query.where(Asset.project.in_(projects))


def choice(mam: Mam, upload: Upload) -> str:
    """What is to become of these bytes where they are a master already: as asked, else as configured."""
    return upload.duplicates or mam.config.uploads.duplicates


def refuse(found: Sequence[Version]) -> DuplicateMasterError:
    """The error that names them."""
    first = found[0]
    return DuplicateMasterError(
        f"You already have this master: “{first.asset.title}”, version {first.number}. Nothing was promoted; "
        "link to it, or upload it all the same.",
        tuple(duplicate_shape(one) for one in found),
    )


def settle(
    mam: Mam, actor: Actor, upload: Upload, digests: Digests, retain_until: datetime | None
) -> MasterInfo | None:
    """The master to link to instead of keeping these bytes again; None where they are to be kept.

    For an upload under claim whose bytes are frozen and hashed. Raises `DuplicateMasterError`.
    """
    wanted = choice(mam, upload)
    if wanted == ALLOW:
        return None
    asker = _asker(actor, upload)
    _take_turn(upload, digests)
    with connected():
        project_id = Asset.get_by_id(upload.asset_id).project_id
        found = find(mam, asker, digests.sha256, digests.size, project_id)
    if found and wanted == REFUSE:
        raise refuse(found)
    return _link(mam, actor, found, retain_until)


def share_lock(master: MasterInfo) -> None:
    """Have every version of a master say what locks it now; in the transaction that added one."""
    Version.update(locked=master.locked, retain_until=master.retain_until).where(
        Version.master_key == master.key
    ).execute()


def held_by_others(version: Version) -> bool:
    """Whether another version of the same master is under legal hold: the store must keep its hold then."""
    others = (Version.master_key == version.master_key) & (Version.id != version.id)
    return bool(Version.select().where(others, Version.legal_hold).exists())


def _asker(actor: Actor, upload: Upload) -> Actor:
    """Whose eyes count: where the box finishes a promotion after a crash, those of whoever uploaded."""
    return Actor(upload.user_id) if actor.is_system and upload.user_id else actor


def _take_turn(upload: Upload, digests: Digests) -> None:
    """Let the same bytes go first that are being promoted in this project at this moment.

    One that takes very long is not waited for: then there may be two masters of the same bytes.
    """
    with connected():
        project_id = Asset.get_by_id(upload.asset_id).project_id
    turn = hashlib.sha256(f"{project_id} {digests.size} {digests.sha256}".encode()).hexdigest()
    deadline = time.monotonic() + _TWIN_SECONDS
    while time.monotonic() < deadline:
        try:
            with connected(), database.atomic():
                Upload.update(turn=turn).where(Upload.id == upload.id).execute()
        except IntegrityError:
            time.sleep(_LOOK_AGAIN_SECONDS)
        else:
            return


def _link(
    mam: Mam, actor: Actor, found: Sequence[Version], retain_until: datetime | None
) -> MasterInfo | None:
    """The first of these masters that is sound and can be locked long enough.

    The good bytes at hand are given up for it, so every byte of it is read before.
    """
    for version in found:
        try:
            masters.verify(mam, version, actor)
            master = _locked(mam, version, retain_until)
        except (ChecksumMismatchError, NotFoundError) as error:
            _log.warning("no link to a damaged master", version=version.id, reason=error.detail)
            continue
        if master is not None:
            return master
    return None


def _locked(mam: Mam, version: Version, retain_until: datetime | None) -> MasterInfo | None:
    """The master under a lock as long as a new one's would be; None where the store cannot do that."""
    storage, key, pinned = mam.storage, version.master_key, version.master_version
    if retain_until is not None and isinstance(storage, LengtheningStorage):
        return storage.extend_lock(key, version=pinned, retain_until=retain_until)
    if not isinstance(storage, LockingStorage):
        return MasterInfo(key, version.size, pinned, locked=False, retain_until=None)
    state = storage.lock_state(key, version=pinned)
    if state is None or retain_until is None:
        return state
    return state if state.retain_until is not None and state.retain_until >= retain_until else None
