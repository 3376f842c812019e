"""The state of a version's preview in the database, and how it may change: every step in one place.

`queued -> processing -> ready | failed | unsupported`. A finished generation stays shown while a new one is
made, and when that one fails. Writes `version`, `rendition` and the asset's status; each step is announced.
Callers hold a connection, and for results a fenced transaction (`mam.services.leases.fenced`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from peewee import Case

from mam.core import Mam
from mam.errors import SourceError
from mam.models import Asset, Job, Rendition, Version, now
from mam.services import assets, events, jobs
from mam.services.posters import Poster
from mam.services.publishing import Track
from mam.services.shapes import Shape, media_shape, status_shape
from mam.types import MediaInfo

_ALMOST = 99.0
"""The highest percentage before the end: 100 is said only of what is ready."""


def load(version_id: str | None) -> Version:
    """The version with its asset; `SourceError` where it is gone, for then nothing is left to be done."""
    rows = Version.select(Version, Asset).join(Asset).where(Version.id == version_id)
    version: Version | None = rows.first()
    if version is None:
        raise SourceError("The version of this job is gone.", code="gone")
    return version


def status_of(version: Version) -> Shape:
    """The contract's status of a preview, with the renditions that are shown, largest first."""
    rows = Rendition.select().where(
        Rendition.version == version.id, Rendition.generation == version.preview_generation
    )
    return status_shape(version, sorted(rows, key=lambda row: (-(row.height or 0), row.name)))


def announce(mam: Mam, version_id: str, name: str, *, live_only: bool = False) -> None:
    """Tell listeners the state as it is in this transaction, once that is committed."""
    version = load(version_id)
    asset = version.asset
    events.publish(
        mam,
        name,
        project_id=asset.project_id,
        asset_id=asset.id,
        version_id=version.id,
        data=status_of(version),
        live_only=live_only,
    )


def is_complete(version: Version) -> bool:
    """Whether the generation that is shown was finished once: then it stays until a better one is."""
    if version.preview_generation is None:
        return False
    rows = Rendition.select(Rendition.status).where(
        Rendition.version == version.id, Rendition.generation == version.preview_generation
    )
    return {row.status for row in rows} == {"ready"}


def queue(mam: Mam, version: Version) -> None:
    """A job is about to make the preview anew."""
    _update(version.id, preview_status="queued", preview_percent=0, **_no_error())
    _asset(version, "processing")
    announce(mam, version.id, "version.queued", live_only=True)


def begin(mam: Mam, version: Version) -> None:
    """A worker has started."""
    _update(version.id, preview_status="processing")
    announce(mam, version.id, "version.processing", live_only=True)


def described(version: Version, info: MediaInfo) -> None:
    """Keep what the describers say of the master."""
    _update(version.id, media=media_shape(info), content_type=info.content_type[:255])
    mine = (Asset.id == version.asset_id) & (Asset.current_version_id == version.id)
    if Asset.update(kind=info.kind, updated_at=now()).where(mine).execute():
        assets.keep_words(version.asset_id, info.text)


def shown_generation(version_id: str) -> str | None:
    """The generation that is shown now, or None."""
    row = Version.select(Version.preview_generation).where(Version.id == version_id).first()
    return row.preview_generation if row else None


def progress(mam: Mam, version_id: str, job_id: str, percent: float) -> None:
    """Note how far the encode is; it never goes back (promise C10)."""
    percent = min(_ALMOST, percent)
    higher = Case(None, [(Version.preview_percent < percent, percent)], Version.preview_percent)
    _update(version_id, preview_percent=higher)
    Job.update(percent=percent).where(Job.id == job_id).execute()
    announce(mam, version_id, "version.progress", live_only=True)


def playable(mam: Mam, version_id: str, generation: str, tracks: Sequence[Track]) -> None:
    """The first segments of a generation can be played."""
    _write_renditions(version_id, generation, tracks, "processing")
    _update(version_id, preview_generation=generation, preview_playable=True)
    announce(mam, version_id, "version.playable")


def ready(
    mam: Mam, version_id: str, generation: str, tracks: Sequence[Track], *, leftovers: bool = False
) -> None:
    """The generation is whole; with `leftovers`, or where another was shown, the rest is removed later."""
    version = load(version_id)
    Rendition.delete().where(Rendition.version == version_id, Rendition.kind != "poster").execute()
    _write_renditions(version_id, generation, tracks, "ready")
    Rendition.delete().where(Rendition.version == version_id, Rendition.generation != generation).execute()
    values = {"preview_status": "ready", "preview_percent": 100, "preview_playable": bool(tracks)}
    _update(version_id, preview_generation=generation, **values, **_no_error())
    _asset(version, "ready")
    if leftovers or version.preview_generation not in (None, generation):
        tidy_later(mam, version)
    announce(mam, version_id, "version.ready")


def poster(version_id: str, generation: str, made: Poster, size: int) -> None:
    """The poster of a generation is stored; `size` in bytes."""
    where = (Rendition.version == version_id) & (Rendition.generation == generation)
    Rendition.delete().where(where, Rendition.kind == "poster").execute()
    Rendition.create(
        version=version_id,
        generation=generation,
        name="poster",
        kind="poster",
        status="ready",
        width=made.width,
        height=made.height,
        bytes=size,
    )
    _update(version_id, blurhash=made.blurhash)


def sprites(mam: Mam, version_id: str, generation: str, size: int) -> None:
    """Scrub sprites of a generation are stored, `size` bytes; nothing is said where that is shown no more."""
    shown = (Version.id == version_id) & (Version.preview_generation == generation)
    if Version.update(number=Version.number).where(shown).execute():  # one at a time
        _add(version_id, generation, "sprites", "sprites", size)
        announce(mam, version_id, "version.sprites", live_only=True)


def captions(version_id: str, generation: str, names: Iterable[str]) -> None:
    """Text tracks of a generation are stored; after `ready`, in its transaction."""
    for name in names:
        _add(version_id, generation, name, "captions", 0)


def manifest(version_id: str, generation: str) -> None:
    """The DASH manifest of a generation is stored; after `ready`, in its transaction."""
    _add(version_id, generation, "manifest", "manifest", 0)


def unsupported(mam: Mam, version: Version) -> None:
    """A sound file that nobody can show: stored, hashed, downloadable."""
    _forget_generations(version)
    values = {"preview_status": "unsupported", "preview_percent": 100, "preview_playable": False}
    _update(version.id, preview_generation=None, **values, **_no_error())
    _asset(version, "ready")
    if version.preview_generation is not None:
        tidy_later(mam, version)
    announce(mam, version.id, "version.ready")


def gave_up(mam: Mam, job: Job) -> None:
    """A job ended badly: its reason is the preview's, unless an older finished one is still shown."""
    version = Version.select(Version, Asset).join(Asset).where(Version.id == job.version_id).first()
    if version is None:
        return
    reason = {"preview_error_code": job.error_code, "preview_error_detail": job.error_detail}
    if is_complete(version):
        _update(version.id, preview_status="ready", preview_percent=100, **reason)
        _asset(version, "ready")
    else:
        _forget_generations(version)
        values = {"preview_status": "failed", "preview_playable": False, "preview_generation": None}
        _update(version.id, **values, **reason)
        _asset(version, "failed")
    tidy_later(mam, version)
    announce(mam, version.id, "version.failed")


def revived(mam: Mam, job: Job) -> None:
    """A dead job was queued again by hand."""
    version = Version.select(Version, Asset).join(Asset).where(Version.id == job.version_id).first()
    if version is not None:
        queue(mam, version)


def tidy_later(mam: Mam, version: Version) -> None:
    """Queue the removal of everything that is not shown, in the transaction that made it useless."""
    job = jobs.enqueue("tidy", version_id=version.id, project_id=version.asset.project_id)
    jobs.send_after_commit(mam, job)


def _add(version_id: str, generation: str, name: str, kind: str, size: int) -> None:
    """A finished rendition beside the ladder; one of that name from an earlier attempt is replaced."""
    where = (Rendition.version == version_id) & (Rendition.generation == generation)
    Rendition.delete().where(where, Rendition.name == name).execute()
    Rendition.create(
        version=version_id, generation=generation, name=name, kind=kind, status="ready", bytes=size
    )


def _forget_generations(version: Version) -> None:
    """Nothing is shown any more; the files follow in a job."""
    Rendition.delete().where(Rendition.version == version.id).execute()


def _write_renditions(version_id: str, generation: str, tracks: Sequence[Track], status: str) -> None:
    for track in tracks:
        peak, average = track.rates()
        Rendition.create(
            version=version_id,
            generation=generation,
            name=track.name,
            kind=track.kind,
            status=status,
            width=track.rung.width if track.rung else None,
            height=track.rung.height if track.rung else None,
            codecs=track.codecs[:64],
            bandwidth=peak,
            average_bandwidth=average,
            segments=len(track.segments),
            bytes=track.bytes,
        )


def _no_error() -> dict[str, None]:
    return {"preview_error_code": None, "preview_error_detail": None}


def _update(version_id: str, **values: Any) -> None:
    Version.update(**values).where(Version.id == version_id).execute()


def _asset(version: Version, status: str) -> None:
    """The asset follows its current version."""
    mine = (Asset.id == version.asset_id) & (Asset.current_version_id == version.id)
    Asset.update(status=status, updated_at=now()).where(mine).execute()
