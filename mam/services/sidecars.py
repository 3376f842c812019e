"""Side-car captions: files that people add to a version, shown in its playlists at once, kept by renders.

A row says what there is; its WebVTT lies in `{version}/sidecars/`, outside the generations. The playlists are
written anew from the generation's own copies. Writes rows, the previews area, audit entries.
"""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

from mam.core import Mam
from mam.errors import ConflictError, FieldError, NotFoundError, ValidationError
from mam.ids import new_id
from mam.media import languages, playlists, subtitles, vtt
from mam.models import Sidecar, Version, database, now
from mam.services import access, audit, events, preview_state, publishing
from mam.services.filenames import clean_filename
from mam.services.leases import connected
from mam.services.shapes import Shape, iso
from mam.types import Actor

MOST = 64
"""Caption files that one version may have."""

_ROUNDS = 5
_FOLDER = "sidecars"
_ORPHAN_AGE = timedelta(hours=1)
_LONGEST_LABEL = 80


def add(
    mam: Mam,
    actor: Actor,
    version_id: str,
    data: bytes,
    *,
    language: str = "",
    label: str = "",
    forced: bool = False,
    filename: str = "",
) -> Shape:
    """Take captions (SRT, WebVTT, ASS, SBV, TTML, SCC, EBU STL) for a version; the playlist has them at once.

    Raises `ValidationError` (`captions_invalid` for what is no such file), `TooLargeError`, `ConflictError`
    where there are `MOST` already, `NotFoundError`, `ForbiddenError`, `StorageError`.
    """
    version, asset = access.require_version(mam, actor, "asset.write", version_id)
    if language and not languages.is_code(language):
        error = FieldError("language", 'A code as in "de" or "pt-BR".')
        raise ValidationError("The language is no language code.", (error,))
    read = _read(version, data)
    row = Sidecar(
        id=new_id(), version=version.id, filename=clean_filename(filename) if filename else "",
        format=read.format, language=language, label=label[:_LONGEST_LABEL], forced=forced,
        cues=len(read.cues), created_by=actor.user_id, created_at=now(),
    )  # fmt: skip
    _store(mam, version, row, read)
    with database.atomic():
        Version.update(number=Version.number).where(Version.id == version.id).execute()  # one at a time
        if Sidecar.select().where(Sidecar.version == version.id).count() >= MOST:
            raise ConflictError(f"A version may have {MOST} caption files.")
        row.save(force_insert=True)
        audit.record(
            mam, actor, "captions.added", kind="version", subject_id=version.id, project_id=asset.project_id,
            data={"captions_id": row.id, "filename": row.filename, "language": language},
        )  # fmt: skip
    _tell(mam, version, asset.project_id)
    return shape(row)


def list_for(mam: Mam, actor: Actor, version_id: str) -> Shape:
    """The caption files of a version, in the order they came."""
    version, _ = access.require_version(mam, actor, "preview.read", version_id)
    return {"items": [shape(row) for row in rows(version.id)], "next_cursor": None}


def remove(mam: Mam, actor: Actor, version_id: str, captions_id: str) -> None:
    """Take a caption file away, from the playlists first. Raises `NotFoundError`, `ForbiddenError`."""
    version, asset = access.require_version(mam, actor, "asset.write", version_id)
    with database.atomic():
        mine = (Sidecar.version == version.id) & (Sidecar.id == captions_id)
        if not Sidecar.delete().where(mine).execute():
            raise NotFoundError
        audit.record(
            mam, actor, "captions.removed", kind="version", subject_id=version.id,
            project_id=asset.project_id, data={"captions_id": captions_id},
        )  # fmt: skip
    _tell(mam, version, asset.project_id)
    for ending in ("m3u8", "vtt"):
        mam.storage.delete("previews", f"{version.id}/{_FOLDER}/{captions_id}.{ending}")


def rows(version_id: str) -> list[Sidecar]:
    """The caption files of a version, in the order they came; callers hold a connection."""
    return list(Sidecar.select().where(Sidecar.version == version_id).order_by(Sidecar.id))


def shape(row: Sidecar) -> Shape:
    """A caption file as the API tells it."""
    return {
        "id": row.id,
        "language": row.language,
        "label": label_of(row),
        "forced": bool(row.forced),
        "format": row.format,
        "filename": row.filename,
        "cues": row.cues,
        "created_at": iso(row.created_at),
    }


def label_of(row: Sidecar) -> str:
    """What a caption file is called: what was typed, else its language in words."""
    return row.label or languages.name_of(row.language) or "Captions"


def file_of(row: Sidecar) -> str:
    """Where its WebVTT lies below the version."""
    return f"{_FOLDER}/{row.id}.vtt"


def lines(version_id: str) -> tuple[playlists.Captions, ...]:
    """The caption files as lines of the master playlist; callers hold a connection."""
    return tuple(
        playlists.Captions(f"{_FOLDER}/{row.id}.m3u8", row.language, label_of(row), bool(row.forced))
        for row in rows(version_id)
    )


def repoint(mam: Mam, version_id: str) -> None:
    """Write the pointers of the generation that is shown, with the caption files that there are.

    Whoever changes either calls this after the commit. What changed while it wrote is written again, so the
    last one to write wrote what holds. Nothing is written where nothing is shown.
    """
    for _ in range(_ROUNDS):
        wanted = _state(version_id)
        generation, captions = wanted
        if generation is None:
            return
        publishing.mend_pointer(mam.storage, version_id, generation, captions)
        if _state(version_id) == wanted:
            return


def tidy(mam: Mam, version_id: str) -> None:
    """Remove files that no row names, an hour after they were stored: whoever stored them has ended."""
    with connected():
        known = {row.id for row in rows(version_id)}
    for info in list(mam.storage.list("previews", f"{version_id}/{_FOLDER}/")):
        name = info.key.rpartition("/")[2].partition(".")[0]
        if name not in known and info.modified < now() - _ORPHAN_AGE:
            mam.storage.delete("previews", info.key)


def folder_of(version_id: str) -> str:
    """Where a version's caption files lie, in the previews area."""
    return f"{version_id}/{_FOLDER}"


def _read(version: Version, data: bytes) -> subtitles.Subtitles:
    """A caption file with its times from the film's first picture on."""
    media = version.media or {}
    rate = Fraction(media["frame_rate"]) if media.get("frame_rate") else None
    label, duration = media.get("start_timecode"), media.get("duration") or 0.0
    return subtitles.parse(data).on_film(label=label, rate=rate, duration=duration)


def _store(mam: Mam, version: Version, row: Sidecar, read: subtitles.Subtitles) -> None:
    """The words before the playlist that names them; both before the row that names both."""
    folder = folder_of(version.id)
    seconds = (version.media or {}).get("duration") or read.cues[-1].end
    publishing.put_text(mam.storage, f"{folder}/{row.id}.vtt", vtt.write(read.cues))
    playlist = playlists.write_captions(f"{row.id}.vtt", seconds)
    publishing.put_text(mam.storage, f"{folder}/{row.id}.m3u8", playlist)


def _state(version_id: str) -> tuple[str | None, tuple[playlists.Captions, ...]]:
    with connected():
        return preview_state.shown_generation(version_id), lines(version_id)


def _tell(mam: Mam, version: Version, project_id: str) -> None:
    repoint(mam, version.id)
    events.publish(
        mam, "version.captions", project_id=project_id, asset_id=version.asset_id, version_id=version.id,
        data={"version_id": version.id, "captions": True}, live_only=True,
    )  # fmt: skip
