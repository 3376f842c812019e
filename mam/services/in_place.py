"""Files that are indexed where they lie: a version without a second copy, and without a lock.

For libraries on a NAS. Their bytes are hashed once; whoever changes the file is found out by `mam verify`.
Writes `version`, `asset`, `job` and audit rows, never the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from peewee import fn

from mam.core import Mam
from mam.ids import new_id
from mam.models import Asset, Version, database, now
from mam.services import access, assets, audit, events, ingest, jobs, plugin_kinds, versions
from mam.services.leases import connected
from mam.services.shapes import Shape, version_shape
from mam.types import Actor


def index(mam: Mam, actor: Actor, path: Path, place: ingest.Place, hashes: Mapping[str, str]) -> Shape:
    """Make a version of the file at `path`, which stays there; the version as in the contract.

    `hashes` are its "sha256", "xxh128" and "c4". Raises `NotFoundError`, `ForbiddenError`, `OSError`.
    """
    size = path.stat().st_size
    with connected(), database.atomic():
        asset_id = place.asset_id or ingest.new_asset(mam, actor, place, ingest.readable(path.name))
        asset = access.require_asset(mam, actor, "upload.create", asset_id)
        version = _version(actor, asset, path, size, hashes)
        values = {"status": "processing", "current_version_id": version.id, "updated_at": now()}
        Asset.update(**values).where(Asset.id == asset.id).execute()
        assets.refresh_search(asset.id)
        audit.record(
            mam,
            actor,
            "master.indexed",
            kind="version",
            subject_id=version.id,
            project_id=asset.project_id,
            data={"path": str(path), "sha256": version.sha256, "size": size},
        )
        _queue(mam, asset, version)
        return version_shape(version)


def _version(actor: Actor, asset: Asset, path: Path, size: int, hashes: Mapping[str, str]) -> Version:
    latest = Version.select(fn.MAX(Version.number)).where(Version.asset == asset.id).scalar()
    version_id = new_id()
    row: Version = Version.create(
        id=version_id,
        asset=asset.id,
        number=(latest or 0) + 1,
        filename=ingest.readable(path.name),
        size=size,
        sha256=hashes["sha256"],
        xxh128=hashes["xxh128"],
        c4=hashes["c4"],
        master_key=version_id,
        in_place=str(path),
        locked=False,
        verified_at=now(),
        created_by=actor.user_id,
    )
    return row


def _queue(mam: Mam, asset: Asset, version: Version) -> None:
    job = jobs.enqueue("examine", version_id=version.id, project_id=asset.project_id)
    jobs.send_after_commit(mam, job)
    plugin_kinds.queue_after(mam, "master", version, asset.project_id)
    events.publish(
        mam,
        "version.created",
        project_id=asset.project_id,
        asset_id=asset.id,
        version_id=version.id,
        data={"status": "queued"},
    )
    versions.tell(mam, asset.id, "added", version, asset.project_id)
