"""Automatic QC: look at a master once its preview is there, keep what was found, tell it, do it again.

A job of its own that costs nobody the preview, however it ends. Writes the `analysis` row, the waveform
beside the preview that is shown, and the loudness into the version's media.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import structlog

from mam.core import Mam
from mam.errors import ConflictError, StorageError
from mam.media import markers, waveform
from mam.media.analysis import Measured, measure
from mam.media.findings import find, interlace_verdict
from mam.models import Analysis, Job, Rendition, Unavailable, Version, database, now
from mam.services import access, afterwards, audit, events, jobs, leases, masters, preview_state
from mam.services.described import describe, unpack
from mam.services.leases import Lease
from mam.services.publishing import put_text
from mam.services.scratch import scratch
from mam.services.shapes import Shape, error_shape, iso
from mam.types import Actor, MediaInfo, Source

log = structlog.get_logger("mam.analysis")

KIND = "analyse"
EVENT = "version.analysed"
_WAVEFORM = "waveform"
_TELL_PERCENT = 1.0


# --- for people ----------------------------------------------------------------------------------


def get(mam: Mam, actor: Actor, version_id: str) -> Shape:
    """What is known: `{version_id, status, percent, error, loudness, interlace, markers, waveform, made_at}`.

    `status` is queued, processing, ready, failed, or none where nothing was looked at yet. Raises
    `NotFoundError`.
    """
    version, _ = access.require_version(mam, actor, "preview.read", version_id)
    row = Analysis.get_or_none(Analysis.version == version.id)
    job = _alive(version.id)
    running = {"queued": "queued", "running": "processing"}
    found: Shape = {
        "version_id": version.id,
        "status": running[job.state] if job else (row.status if row else "none"),
        "percent": round(job.percent, 1) if job else (100.0 if row else 0.0),
        "error": error_shape(row.error_code, row.error_detail) if row and not job else None,
        "loudness": row.loudness if row else [],
        "interlace": row.interlace if row else None,
        "markers": row.markers if row else [],
        "waveform": _has_waveform(version),
        "made_at": iso(row.made_at) if row else None,
    }
    return found


def request(mam: Mam, actor: Actor, version_id: str) -> dict[str, str]:
    """Look again; where a job for it waits or runs, that one is answered.

    Raises `ConflictError` where the version has no finished preview with picture or sound in time,
    `NotFoundError`, `ForbiddenError`.
    """
    with database.atomic():
        version, asset = access.require_version(mam, actor, "preview.render", version_id)
        Version.update(number=Version.number).where(Version.id == version_id).execute()  # one at a time
        job = _alive(version_id)
        if job is not None:
            return {"job_id": job.id}
        media = version.media or {}
        if not preview_state.is_complete(version) or not (media.get("video") or media.get("audio_tracks")):
            raise ConflictError("Only a film or a sound whose preview is ready can be analysed.")
        payload = {"generation": version.preview_generation}
        job = jobs.enqueue(
            KIND, version_id=version_id, project_id=asset.project_id, queue="later", payload=payload
        )
        audit.record(
            mam, actor, "analysis.request", kind="version", subject_id=version_id, project_id=asset.project_id
        )
        _announce(mam, version, "queued")
        jobs.send_after_commit(mam, job)
    return {"job_id": job.id}


def _alive(version_id: str) -> Job | None:
    alive = (Job.version_id == version_id) & (Job.kind == KIND) & Job.state.in_(("queued", "running"))
    found: Job | None = Job.select().where(alive).order_by(Job.id.desc()).first()
    return found


def _has_waveform(version: Version) -> bool:
    here = (Rendition.version == version.id) & (Rendition.generation == version.preview_generation)
    return bool(Rendition.select().where(here, Rendition.kind == _WAVEFORM).exists())


# --- the job -------------------------------------------------------------------------------------


def analyse(mam: Mam, lease: Lease) -> None:
    """Look at the master that the job names, and keep what was found."""
    generation = str(lease.payload.get("generation", ""))
    with leases.connected():
        version = preview_state.load(lease.version_id)
        if version.preview_generation != generation:
            return  # another preview is shown by now; a job of its own follows it
    stored = False
    try:
        with scratch(mam, lease.token) as folder, masters.local_copy(mam, version) as path:
            info, measured = _measure(mam, lease, version, path, folder)
        size = _store_waveform(mam, version.id, generation, measured)
        found = _Found(info, measured, find(info, mam.config.qc, measured), size)
        with leases.fenced(lease):
            stored = _keep(mam, version.id, generation, found)
            leases.finish(lease)
        log.info("analysed", version=version.id, markers=len(found.markers), cpu_seconds=measured.cpu_seconds)
    finally:
        if not stored:
            _leave_nothing_behind(mam, version.id, generation)


@dataclass(frozen=True)
class _Found:
    """Everything one pass brought."""

    info: MediaInfo
    measured: Measured
    markers: list[markers.Marker]
    waveform_bytes: int


def _measure(
    mam: Mam, lease: Lease, version: Version, path: Path, folder: Path
) -> tuple[MediaInfo, Measured]:
    source = Source(path, version.filename, version.size)
    packed = lease.payload.get("media")
    info = unpack(packed) if packed else describe(mam, source)
    leases.check(lease)
    source = Source(path, version.filename, version.size, info)
    return info, measure(mam.config.media, mam.config.qc, source, folder, on_percent=_Teller(lease).tell)


class _Teller:
    """Notes in the job's row how far the pass is, a whole percent at a time."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._told = 0.0

    def tell(self, percent: float) -> None:
        """Called twice a second; ends the pass where the lease is gone or the job was cancelled."""
        leases.check(self._lease)
        if percent < self._told + _TELL_PERCENT:
            return
        self._told = percent
        try:
            with leases.fenced(self._lease):
                Job.update(percent=percent).where(Job.id == self._lease.job_id).execute()
        except Unavailable as error:
            log.warning("progress not noted", job=self._lease.job_id, reason=str(error))


def _store_waveform(mam: Mam, version_id: str, generation: str, measured: Measured) -> int:
    """Store the peaks of every track beside the preview; their size in bytes, 0 where nothing is heard."""
    tracks = {meter.index: meter.peaks for meter in measured.sounds if meter.heard}
    if not tracks:
        return 0
    text = waveform.document(tracks)
    put_text(mam.storage, f"{version_id}/{generation}/{waveform.NAME}", text)
    return len(text)


def _keep(mam: Mam, version_id: str, generation: str, found: _Found) -> bool:
    """Write everything, one at a time; False where another preview is shown by now."""
    info, measured = found.info, found.measured
    shown = (Version.id == version_id) & (Version.preview_generation == generation)
    if not Version.update(number=Version.number).where(shown).execute():
        return False
    version = preview_state.load(version_id)
    loudness = [{"track": one.index, **asdict(one.loudness.loudness)} for one in measured.sounds]
    _write(
        version_id,
        status="ready",
        error_code=None,
        error_detail=None,
        loudness=loudness,
        interlace=interlace_verdict(info, measured.pictures),
        markers=[markers.shape(one) for one in found.markers],
    )
    first = {name: value for name, value in loudness[0].items() if name != "track"} if loudness else None
    media = {**(version.media or {}), "loudness": first}
    Version.update(media=media).where(Version.id == version_id).execute()
    if found.waveform_bytes:
        _add_rendition(version_id, generation, found.waveform_bytes)
    _announce(mam, version, "ready")
    return True


def _add_rendition(version_id: str, generation: str, size: int) -> None:
    here = (Rendition.version == version_id) & (Rendition.generation == generation)
    Rendition.delete().where(here, Rendition.name == _WAVEFORM).execute()
    Rendition.create(
        version=version_id, generation=generation, name=_WAVEFORM, kind=_WAVEFORM, status="ready", bytes=size
    )


def _write(version_id: str, **values: Any) -> None:
    values["made_at"] = now()
    if not Analysis.update(**values).where(Analysis.version == version_id).execute():
        Analysis.create(version=version_id, **values)


def _announce(mam: Mam, version: Version, status: str) -> None:
    events.publish(
        mam,
        EVENT,
        project_id=version.asset.project_id,
        asset_id=version.asset_id,
        version_id=version.id,
        data={"version_id": version.id, "analysis": status},
        live_only=status != "ready",
    )


def _leave_nothing_behind(mam: Mam, version_id: str, generation: str) -> None:
    """Remove the waveform of a generation that is not shown: its own removal may be over already."""
    try:
        with leases.connected():
            if preview_state.shown_generation(version_id) != generation:
                mam.storage.delete("previews", f"{version_id}/{generation}/{waveform.NAME}")
    except (StorageError, *Unavailable) as error:
        log.warning("a waveform of an old generation stays for now", version=version_id, reason=str(error))


def _gave_up(mam: Mam, job: Job) -> None:
    """Say why there are no findings; the preview stays as it is, and so does what was found before."""
    version = Version.get_or_none(Version.id == job.version_id)
    if version is not None:
        _write(version.id, status="failed", error_code=job.error_code, error_detail=job.error_detail)
        _announce(mam, version, "failed")


def _is_heard_or_seen(info: MediaInfo) -> bool:
    return info.video is not None or bool(info.audio)


jobs.KINDS[KIND] = jobs.Kind(analyse, _gave_up)
afterwards.register(afterwards.Later(KIND, wanted=_is_heard_or_seen))
