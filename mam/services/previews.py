"""Previews: ask for one, ask how it is, examine a master and plan what is made of it.

Examine is quick and decides (picture, film, nothing to show); render is long and has a module of its own.
Writes jobs and, through `preview_state`, the version's row; never touches a master.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import orjson
import structlog

from mam.core import Mam
from mam.errors import SourceError, UnauthorizedError
from mam.models import Job, Version, database
from mam.services import (
    access,
    afterwards,
    audit,
    jobs,
    leases,
    masters,
    pieces,
    pressure,
    preview_state,
    priority,
    publishing,
    sidecars,
)
from mam.services.described import describe, pack
from mam.services.leases import Lease
from mam.services.posters import (
    PARTIAL,
    NotDrawnError,
    mend_pictures,
    pages_coming,
    picture_poster,
    point_at_pictures,
)
from mam.services.preview_state import status_of
from mam.services.render import render
from mam.services.scratch import scratch
from mam.services.sprites import make_sprites
from mam.signing import sign
from mam.types import Actor, MediaInfo, Source

__all__ = ["callback", "callback_secret", "examine", "render", "request", "status", "status_of"]

log = structlog.get_logger("mam.previews")

CALLBACK_SECONDS = 300
"""How old a callback's signature may be."""

_TIDY_AGAIN_SECONDS = 30.0
_SIGNATURE = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})")
_REFUSED = "This callback's signature does not hold."


# --- for people ----------------------------------------------------------------------------------


def request(
    mam: Mam, actor: Actor, version_id: str, force: bool = False, *, rank: int = priority.NORMAL
) -> dict[str, str]:
    """Make the preview, or anew with `force`; where a job for it waits or runs, that one is answered.

    Without `force` a preview that is there already is not made again. `rank` is the most that its jobs get.
    """
    with database.atomic():
        version, asset = access.require_version(mam, actor, "preview.render", version_id)
        Version.update(number=Version.number).where(Version.id == version_id).execute()  # one at a time
        ours = Job.select().where(Job.version_id == version_id, Job.kind.in_(("examine", "render")))
        last = ours.order_by(Job.id.desc()).first()
        done = version.preview_status in ("ready", "unsupported") and not force
        if last is not None and (done or last.state in ("queued", "running")):
            return {"job_id": last.id}
        job = jobs.enqueue(
            "examine",
            version_id=version_id,
            project_id=asset.project_id,
            payload={"rank": rank} if rank < priority.NORMAL else {},
            priority=rank,
        )
        preview_state.queue(mam, version)
        audit.record(
            mam, actor, "preview.request", kind="version", subject_id=version_id, project_id=asset.project_id
        )
        jobs.send_after_commit(mam, job)
    return {"job_id": job.id}


def status(mam: Mam, actor: Actor, version_id: str) -> dict[str, Any]:
    """The state of a version's preview, as in the contract."""
    version, _ = access.require_version(mam, actor, "preview.read", version_id)
    return status_of(version)


# --- the job -------------------------------------------------------------------------------------


def examine(mam: Mam, lease: Lease) -> None:
    """Find out what the master is, and make its picture or queue its render."""
    pressure.admit_preview(mam)
    with leases.fenced(lease):
        version = preview_state.load(lease.version_id)
        preview_state.begin(mam, version)
    with masters.local_copy(mam, version) as path:
        source = Source(path, version.filename, version.size)
        info = describe(mam, source)
        leases.check(lease)
        try:
            if info.previewable and info.kind in {"image", "document"}:
                _picture(mam, lease, version, source, info)
                return
        except NotDrawnError as error:
            info = replace(info, previewable=False, pages=None, note=error.detail)
        _plan(mam, lease, version, info)


def _plan(mam: Mam, lease: Lease, version: Version, info: MediaInfo) -> None:
    """Keep the facts; a film or a sound goes on to render, anything else has no preview."""
    with leases.fenced(lease):
        preview_state.described(version, info)
        if info.previewable and (info.video or info.audio):
            payload = {"media": pack(info)}
            job = jobs.enqueue(
                "render",
                version_id=version.id,
                project_id=lease.project_id,
                queue="render",
                payload=payload,
                priority=min(priority.of_film(info), lease.payload.get("rank", priority.LIMIT)),
            )
            jobs.send_after_commit(mam, job)
            preview_state.announce(mam, version.id, "version.described")
        else:
            preview_state.unsupported(mam, version)
        leases.finish(lease)


def _picture(mam: Mam, lease: Lease, version: Version, source: Source, info: MediaInfo) -> None:
    """A picture's preview is its poster and large pictures, in a generation of its own like any other."""
    generation, stored = lease.token, False
    try:
        with scratch(mam, lease.token) as folder:
            made = picture_poster(mam, source, info, folder)
            size, *_ = [
                publishing.put_file(mam.storage, f"{version.id}/{generation}/{name}", folder, name)
                for name in (made.path.name, *made.pictures)
            ]
            pointer = made.pointer(generation, pages_coming(info))
        leases.check(lease)
        point_at_pictures(mam.storage, version.id, pointer)
        with leases.fenced(lease):
            preview_state.described(version, replace(info, note=PARTIAL) if made.partial else info)
            preview_state.poster(version.id, generation, made, size)
            preview_state.ready(mam, version.id, generation, ())
            afterwards.queue(mam, version, generation, info)
            leases.finish(lease)
        stored = True
    finally:
        if not stored:
            _mend_pictures(mam, version.id, {generation})
            publishing.remove_generation(mam.storage, version.id, generation)


def _mend_pictures(mam: Mam, version_id: str, gone: Collection[str]) -> None:
    """Point away from pictures that are gone."""
    with leases.connected():
        shown = preview_state.shown_generation(version_id)
    mend_pictures(mam.storage, version_id, gone, shown)


def tidy(mam: Mam, lease: Lease) -> None:
    """Remove every generation of a version that is not shown; later, where one is just being made.

    What is there is listed first: whatever a job begins to store after that is not touched.
    """
    version_id = lease.version_id or ""
    sidecars.repoint(mam, version_id)  # before anything goes that a pointer may name
    sidecars.tidy(mam, version_id)
    found = publishing.generation_keys(mam.storage, version_id)
    with leases.connected():
        at_work = Job.select().where(
            Job.version_id == version_id, Job.kind.in_(("examine", "render")), Job.state == "running"
        )
        if at_work.exists() or pieces.in_use(version_id):
            leases.give_back(lease, seconds=_TIDY_AGAIN_SECONDS)
            return
        shown = preview_state.shown_generation(version_id)
    if shown is None:
        publishing.mend_pointer(mam.storage, version_id, None)
    for key, generation in found:
        if generation != shown:
            mam.storage.delete("previews", key)
    with leases.connected():
        shown_now = preview_state.shown_generation(version_id)
    if shown is None and shown_now is not None:
        publishing.mend_pointer(mam.storage, version_id, shown_now)
    _mend_pictures(mam, version_id, {generation for _, generation in found} - {shown})


def _film_gave_up(mam: Mam, job: Job) -> None:
    """A film is not made: neither are its pieces."""
    pieces.drop(job.id)
    preview_state.gave_up(mam, job)


def _film_revived(mam: Mam, job: Job) -> None:
    """A film is made after all: it is cut anew."""
    pieces.forget(job.id)
    preview_state.revived(mam, job)


# --- encoders outside the box --------------------------------------------------------------------


def callback_secret(mam: Mam, job_id: str, lease_token: str) -> str:
    """What an encoder outside is given to sign its callbacks about one attempt with."""
    return sign(mam.keys, "callback", [job_id, lease_token])


def callback(mam: Mam, body: bytes, signature: str) -> dict[str, Any]:
    """Take the word of an encoder outside: `{job_id, lease_token, percent? , error?: {code, detail}}`.

    `signature` is `t=<Unix seconds>,v1=<hex HMAC-SHA256 of "t.body">` with that attempt's secret, at most
    five minutes old and used once. Raises `UnauthorizedError` for everything else, also for a lease that is
    over.
    """
    data = _authentic(mam, body, signature)
    lease = _lease_of(data)
    problem = data.get("error")
    if isinstance(problem, dict):
        code, detail = str(problem.get("code", "external"))[:64], str(problem.get("detail", ""))[:1000]
        jobs.fail(mam, lease, SourceError(detail or "The encoder failed.", code=code), retry=False)
        return {"job_id": lease.job_id, "accepted": True}
    percent = data.get("percent")
    if isinstance(percent, int | float) and lease.version_id is not None:
        with leases.fenced(lease):
            preview_state.progress(mam, lease.version_id, lease.job_id, min(100.0, max(0.0, float(percent))))
    return {"job_id": lease.job_id, "accepted": True}


def _authentic(mam: Mam, body: bytes, signature: str) -> dict[str, Any]:
    """The body, if somebody signed it just now with the secret of the attempt that it names."""
    found = _SIGNATURE.fullmatch(signature)
    try:
        data = orjson.loads(body)  # which has a bottom, and no lone surrogates
        job_id, token = data["job_id"], data["lease_token"]
    except (ValueError, KeyError, TypeError):
        raise UnauthorizedError(_REFUSED) from None
    if found is None or not isinstance(job_id, str) or not isinstance(token, str):
        raise UnauthorizedError(_REFUSED)
    secret = callback_secret(mam, job_id, token).encode()
    wanted = hmac.new(secret, found[1].encode() + b"." + body, hashlib.sha256).hexdigest()
    fresh = abs(time.time() - int(found[1])) <= CALLBACK_SECONDS
    if not (hmac.compare_digest(wanted, found[2]) and fresh and mam.queue.once(wanted, 2 * CALLBACK_SECONDS)):
        raise UnauthorizedError(_REFUSED)
    return dict(data)


def _lease_of(data: dict[str, Any]) -> Lease:
    """The running attempt that the callback names."""
    named = (Job.id == data["job_id"]) & (Job.lease_token == data["lease_token"]) & (Job.state == "running")
    job = Job.get_or_none(named)
    if job is None:
        raise UnauthorizedError(_REFUSED)
    return leases.of(job)


jobs.KINDS["examine"] = jobs.Kind(examine, preview_state.gave_up, preview_state.revived)
jobs.KINDS["sprites"] = jobs.Kind(make_sprites)
afterwards.register(afterwards.Later("sprites", wanted=lambda info: info.video is not None, queue="quick"))
jobs.KINDS["tidy"] = jobs.Kind(tidy)
jobs.KINDS["render"] = jobs.Kind(render, _film_gave_up, _film_revived)
