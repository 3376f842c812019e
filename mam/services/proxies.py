"""Proxies to edit with: made of a version on request, kept until somebody removes them, handed out signed.

A row says how far one is; its file lies in the previews area below `_proxies/`, where no preview's address
leads, and outlives every new ladder. Writes rows, jobs, that area, audit entries.
"""

from __future__ import annotations

import time
from pathlib import Path

from peewee import Case

from mam.core import Mam
from mam.errors import ConflictError, FieldError, NotFoundError, SourceError, StorageError, ValidationError
from mam.media import proxy as media_proxy
from mam.media.render import percent_of
from mam.models import Asset, Job, Proxy, Version, database, now
from mam.services import access, audit, delivery, events, jobs, leases, masters, preview_state, publishing
from mam.services.described import describe
from mam.services.leases import Lease, connected
from mam.services.scratch import scratch
from mam.services.shapes import Shape, error_shape, iso
from mam.types import Actor, DeliveryFile, Source

_PREFIX = "_proxies"
_TELL_SECONDS = 1.0
_ALMOST = 99.0
_SWEEP_SECONDS = 3600


def request(mam: Mam, actor: Actor, version_id: str, recipe: str) -> Shape:
    """Have a proxy made; one that is there, or on its way, is answered as it is.

    Raises `ValidationError` for a recipe that is none, `ConflictError` before the master was looked at and
    where it has no picture, `NotFoundError`, `ForbiddenError`.
    """
    version, asset = access.require_version(mam, actor, "preview.render", version_id)
    if recipe not in media_proxy.RECIPES:
        words = ", ".join(media_proxy.RECIPES)
        raise ValidationError("There is no such proxy.", (FieldError("recipe", f"One of {words}."),))
    _check_film(version)
    with database.atomic():
        Version.update(number=Version.number).where(Version.id == version.id).execute()  # one at a time
        row = Proxy.get_or_none(Proxy.version == version.id, Proxy.recipe == recipe)
        if row is not None and row.status != "failed":
            return shape(row)
        row = row or Proxy(version=version.id, recipe=recipe, created_by=actor.user_id)
        job = jobs.enqueue(
            "proxy", version_id=version.id, project_id=asset.project_id, queue="render",
            payload={"recipe": recipe},
        )  # fmt: skip
        row.status, row.percent, row.job_id = "queued", 0.0, job.id
        row.error_code = row.error_detail = row.finished_at = None
        row.filename = media_proxy.file_name(version.filename, recipe)
        row.content_type = media_proxy.CONTENT_TYPE
        row.save(force_insert=not Proxy.select().where(Proxy.id == row.id).exists())
        audit.record(
            mam, actor, "proxy.requested", kind="version", subject_id=version.id,
            project_id=asset.project_id, data={"recipe": recipe},
        )  # fmt: skip
        _tell(mam, row.id, asset)
        jobs.send_after_commit(mam, job)
    return shape(row)


def list_for(mam: Mam, actor: Actor, version_id: str) -> Shape:
    """The proxies of a version, in the order in which they were first asked for."""
    version, _ = access.require_version(mam, actor, "preview.read", version_id)
    rows = Proxy.select().where(Proxy.version == version.id).order_by(Proxy.id)
    return {"items": [shape(row) for row in rows], "next_cursor": None}


def remove(mam: Mam, actor: Actor, version_id: str, proxy_id: str) -> None:
    """Remove a proxy, or stop its making. Raises `NotFoundError`, `ForbiddenError`, `StorageError`."""
    version, asset = access.require_version(mam, actor, "preview.render", version_id)
    row = _row(version.id, proxy_id)
    with database.atomic():
        alive = (Job.id == row.job_id) & Job.state.in_(("queued", "running"))
        Proxy.delete().where(Proxy.id == row.id).execute()
        leases.bury(alive, "cancelled", "The proxy was removed.", state="cancelled")
        audit.record(
            mam, actor, "proxy.removed", kind="version", subject_id=version.id, project_id=asset.project_id,
            data={"recipe": row.recipe},
        )  # fmt: skip
        data = {"version_id": version.id, "proxy": {"id": row.id, "status": "removed"}}
        events.publish(
            mam, "version.proxy", project_id=asset.project_id, asset_id=asset.id, version_id=version.id,
            data=data, live_only=True,
        )  # fmt: skip
    mam.storage.delete("previews", key_of(row))


def download(mam: Mam, actor: Actor, version_id: str, proxy_id: str, base_url: str = "") -> delivery.Download:
    """A signed address of a ready proxy, noted in the audit log.

    Raises `NotFoundError` also for one that is not ready, `ForbiddenError`, `StorageError`.
    """
    version, _ = access.require_version(mam, actor, "master.download", version_id)
    return hand_out(mam, actor, version, proxy_id, base_url=base_url)


def hand_out(
    mam: Mam, actor: Actor, version: Version, proxy_id: str, *, base_url: str = ""
) -> delivery.Download:
    """The same for whoever was found to be allowed to have it; the version's asset is loaded with it."""
    asset = version.asset
    row = _row(version.id, proxy_id)
    if row.status != "ready":
        raise NotFoundError("This proxy is not there yet.")
    file = DeliveryFile("previews", key_of(row), None, row.filename, row.content_type, row.size or 0)
    found = delivery.hand_out(
        mam, actor, file, (*delivery.tags_of(actor, asset), f"version:{version.id}"), base_url
    )
    with database.atomic():
        audit.record(
            mam, actor, "proxy.downloaded", kind="version", subject_id=version.id,
            project_id=asset.project_id, data={"filename": row.filename},
        )  # fmt: skip
    return found


def shape(row: Proxy) -> Shape:
    """A proxy as the API tells it."""
    url = f"/api/versions/{row.version_id}/proxies/{row.id}/download"
    return {
        "id": row.id,
        "version_id": row.version_id,
        "recipe": row.recipe,
        "label": media_proxy.RECIPES[row.recipe].label,
        "status": row.status,
        "percent": round(row.percent, 1),
        "filename": row.filename,
        "size": row.size,
        "url": url if row.status == "ready" else None,
        "error": error_shape(row.error_code, row.error_detail),
        "created_at": iso(row.created_at),
        "finished_at": iso(row.finished_at),
    }


def key_of(row: Proxy) -> str:
    """Where its file lies in the previews area."""
    return f"{_PREFIX}/{row.version_id}/{row.id}.mov"


# --- the job -------------------------------------------------------------------------------------


def make(mam: Mam, lease: Lease) -> None:
    """Make the proxy that the job is for. Raises what ends the attempt, `SourceError` for a bad master."""
    with connected():
        version = preview_state.load(lease.version_id)
        row = _mine(lease.job_id)
        with leases.fenced(lease):
            Proxy.update(status="processing").where(Proxy.id == row.id).execute()
            _tell(mam, row.id, version.asset)
    stored = False
    try:
        with scratch(mam, lease.token) as folder, masters.local_copy(mam, version) as path:
            info = describe(mam, Source(path, version.filename, version.size))
            source = Source(path, version.filename, version.size, info)
            recipe = media_proxy.RECIPES[row.recipe]
            watch = _Watch(mam, lease, row.id, version.asset, info.duration)
            media_proxy.make(
                mam.config.media, mam.config.proxies, source, recipe, folder, on_progress=watch.tick
            )
            size = _store(mam, lease, row, folder)
        with leases.fenced(lease):
            values = {"status": "ready", "percent": 100, "size": size, "finished_at": now()}
            Proxy.update(error_code=None, error_detail=None, **values).where(Proxy.id == row.id).execute()
            _tell(mam, row.id, version.asset)
            leases.finish(lease)
        stored = True
    finally:
        if not stored:
            _forget(mam, row)


def gave_up(mam: Mam, job: Job) -> None:
    """The job ended badly: its reason is the proxy's."""
    row = Proxy.get_or_none(Proxy.job_id == job.id)
    if row is not None:
        reason = {"error_code": job.error_code, "error_detail": job.error_detail, "finished_at": now()}
        Proxy.update(status="failed", **reason).where(Proxy.id == row.id).execute()
        _tell(mam, row.id, preview_state.load(row.version_id).asset)


def revived(mam: Mam, job: Job) -> None:
    """A dead job was queued again by hand."""
    row = Proxy.get_or_none(Proxy.job_id == job.id)
    if row is not None:
        clean = {"error_code": None, "error_detail": None, "finished_at": None}
        Proxy.update(status="queued", percent=0, **clean).where(Proxy.id == row.id).execute()
        _tell(mam, row.id, preview_state.load(row.version_id).asset)


def sweep(mam: Mam) -> int:
    """Once an hour, remove the files of proxies whose row went with its version; answers how many."""
    if not mam.queue.once("proxies.sweep", _SWEEP_SECONDS):
        return 0
    count = 0
    for info in list(mam.storage.list("previews", f"{_PREFIX}/")):
        with connected():
            known = Proxy.select().where(Proxy.id == info.key.rpartition("/")[2].partition(".")[0]).exists()
        if not known:
            mam.storage.delete("previews", info.key)
            count += 1
    return count


class _Watch:
    """Renews nothing itself: asks whether the job still holds, and tells how far it is."""

    def __init__(self, mam: Mam, lease: Lease, proxy_id: str, asset: Asset, duration: float | None) -> None:
        self._mam, self._lease, self._proxy_id, self._asset = mam, lease, proxy_id, asset
        self._duration = duration
        self._tell_at = 0.0

    def tick(self, block: dict[str, str]) -> None:
        """Called twice a second by ffmpeg's reader."""
        leases.check(self._lease)
        if time.monotonic() < self._tell_at:
            return
        self._tell_at = time.monotonic() + _TELL_SECONDS
        percent = min(_ALMOST, percent_of(block, self._duration))
        higher = Case(None, [(Proxy.percent < percent, percent)], Proxy.percent)
        with leases.fenced(self._lease):
            Proxy.update(percent=higher).where(Proxy.id == self._proxy_id).execute()
            Job.update(percent=percent).where(Job.id == self._lease.job_id).execute()
            _tell(self._mam, self._proxy_id, self._asset)


def _check_film(version: Version) -> None:
    if version.media is None:
        raise ConflictError("The master is still being looked at; ask again in a moment.")
    if not version.media.get("video"):
        raise ConflictError("A proxy to edit with is made of a film; this version has no picture.")


def _row(version_id: str, proxy_id: str) -> Proxy:
    row: Proxy | None = Proxy.get_or_none(Proxy.version == version_id, Proxy.id == proxy_id)
    if row is None:
        raise NotFoundError
    return row


def _mine(job_id: str) -> Proxy:
    row: Proxy | None = Proxy.get_or_none(Proxy.job_id == job_id)
    if row is None:
        raise SourceError("The proxy of this job is gone.", code="gone")
    return row


def _store(mam: Mam, lease: Lease, row: Proxy, folder: Path) -> int:
    leases.check(lease)
    try:
        return publishing.put_file(mam.storage, key_of(row), folder, media_proxy.FILE)
    except OSError as error:
        raise StorageError(f"The scratch folder of the job cannot be read: {error}.") from error


def _forget(mam: Mam, row: Proxy) -> None:
    """A file that no row names any more goes; one whose row waits for another attempt is written again."""
    with connected():
        if Proxy.select().where(Proxy.id == row.id).exists():
            return
    mam.storage.delete("previews", key_of(row))


def _tell(mam: Mam, proxy_id: str, asset: Asset) -> None:
    row = Proxy.get_or_none(Proxy.id == proxy_id)
    if row is not None:
        events.publish(
            mam, "version.proxy", project_id=asset.project_id, asset_id=asset.id, version_id=row.version_id,
            data={"version_id": row.version_id, "proxy": shape(row)}, live_only=True,
        )  # fmt: skip


jobs.KINDS["proxy"] = jobs.Kind(make, gave_up, revived)
