"""Rows into the JSON shapes of the contract: the one place where a key of an answer is spelled.

Every service answers these dicts, so that API, page and command show the same. Times are ISO 8601 strings
in UTC, frame rates rationals as strings, sizes bytes, durations seconds. Reads rows, writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Any

from mam.media import ladder
from mam.models import (
    Asset,
    AuditEntry,
    Decision,
    Folder,
    Job,
    Manifest,
    Project,
    Rendition,
    Upload,
    User,
    Version,
    WatchedFile,
)
from mam.types import AudioTrack, CaptionTrack, MediaInfo, PartInfo, VideoTrack

Shape = dict[str, Any]

PLAYED = ("video", "audio")
"""Kinds of renditions that a player plays; posters, sprites and captions are not told of."""

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - without a zone its isoformat needs only the Z

NO_MEDIA: Mapping[str, Any] = {
    "format": None,
    "duration": None,
    "width": None,
    "height": None,
    "frame_rate": None,
    "start_timecode": None,
    "drop_frame": None,
    "codec": None,
    "audio_tracks": [],
}
"""What `media` of a version says before it was examined: every key a client may read, and nothing known."""


def iso(moment: datetime | int | None) -> str | None:
    """`2026-11-21T09:30:00Z`, or None; a whole number is microseconds since 1970, as the columns keep it."""
    if moment is None:
        return None
    if isinstance(moment, int):
        return _iso_of_second(moment // 1_000_000)
    return moment.astimezone(UTC).isoformat(timespec="seconds")[:19] + "Z"


@lru_cache(maxsize=16_384)  # a list of 50 assets names 250 moments, mostly those of the list before
def _iso_of_second(second: int) -> str:
    return (_EPOCH + timedelta(seconds=second)).isoformat() + "Z"


def rational(rate: Fraction | None) -> str | None:
    """`24000/1001`, `25/1`: a frame rate without loss."""
    return f"{rate.numerator}/{rate.denominator}" if rate else None


def user_shape(user: User, roles: Iterable[str] = ()) -> Shape:
    """A person as in GET /auth/me; never a hash."""
    return {
        "id": user.id,
        "email": user.email,
        "display_name": user.display_name,
        "status": user.status,
        "roles": sorted(roles),
        "created_at": iso(user.created_at),
    }


def member_shape(user: User, role: str) -> Shape:
    """Somebody's role in a project."""
    return {"user_id": user.id, "email": user.email, "display_name": user.display_name, "role": role}


def project_shape(project: Project, *, role: str | None = None, assets: int | None = None) -> Shape:
    """A project; `role` is the caller's own in it, `assets` how many lie there (None: not counted)."""
    return {
        "id": project.id,
        "name": project.name,
        "description": project.description,
        "role": role,
        "assets": assets,
        "organisation_id": project.organisation_id,
        "created_by": project.created_by_id,
        "created_at": iso(project.created_at),
        "updated_at": iso(project.updated_at),
    }


def folder_shape(folder: Folder) -> Shape:
    """A folder; `parent_id` None is the project's top."""
    return {
        "id": folder.id,
        "project_id": folder.project_id,
        "parent_id": folder.parent_id,
        "name": folder.name,
        "created_at": iso(folder.created_at),
    }


def asset_shape(asset: Asset, versions: list[Shape] | None = None) -> Shape:
    """An asset; `versions` are ready shapes, newest first."""
    return {
        "id": asset.id,
        "project_id": asset.project_id,
        "folder_id": asset.folder_id,
        "title": asset.title,
        "kind": asset.kind,
        "status": asset.status,
        "tags": asset.tags,
        "metadata": asset.metadata,
        "created_by": asset.created_by_id,
        "created_at": iso(asset.created_at),
        "updated_at": iso(asset.updated_at),
        "current_version_id": asset.current_version_id,
        "versions": versions or [],
    }


def version_shape(
    version: Version,
    renditions: Iterable[Rendition] = (),
    *,
    shown: list[Shape] | None = None,
    decisions: list[Shape] | None = None,
) -> Shape:
    """A version with its master's lock, its media and the state of its preview.

    `renditions` may be of any generation; those of the version's current one are shown. `shown` are the
    ready shapes of those, where the caller has them; `decisions` those of what reviewers said.
    """
    return {
        "id": version.id,
        "asset_id": version.asset_id,
        "number": version.number,
        "filename": version.filename,
        "size": version.size,
        "content_type": version.content_type,
        "sha256": version.sha256,
        "xxh128": version.xxh128,
        "c4": version.c4,
        "master": {
            "locked": bool(version.locked),
            "retain_until": iso(version.retain_until),
            "legal_hold": bool(version.legal_hold),
            "verified_at": iso(version.verified_at),
            "in_place": version.in_place is not None,
        },
        "media": _media(version.media),
        "blurhash": version.blurhash,
        "phash": version.phash,
        "preview": _preview(version, _shown(version, renditions) if shown is None else shown),
        "review": review_shape(version.review_status, version.review_due_at, decisions or []),
        "created_at": iso(version.created_at),
    }


def review_shape(status: str | None, due_at: datetime | int | None, decisions: list[Shape]) -> Shape:
    """Where the review of a version stands, and what its reviewers said; overdue is who still owes a word."""
    due = iso(due_at)
    late = status == "in_review" and due is not None and due <= str(iso(datetime.now(UTC)))
    return {"status": status or "none", "due_at": due, "overdue": late, "decisions": decisions}


def decision_shape(row: Decision) -> Shape:
    """What somebody decided, loaded with the person; a guest of a share link has a name only."""
    return {
        "user": person_shape(row.user) if row.user_id else None,
        "guest_name": row.guest_name,
        "decision": row.decision,
        "note": row.note,
        "step": row.step,
        "comment_id": row.comment_id,
        "decided_at": iso(row.created_at),
        "superseded_at": iso(row.superseded_at),
    }


def person_shape(user: User | None) -> Shape | None:
    """Somebody by id and name; None for an account that is gone."""
    return {"id": user.id, "display_name": user.display_name} if user is not None else None


def _media(stored: Any) -> Any:
    """What was found out, or the keys with nothing known; text that goes through unparsed has every key."""
    if stored is None:
        return dict(NO_MEDIA)
    return {**NO_MEDIA, **stored} if isinstance(stored, dict) else stored


def preview_shape(version: Version, renditions: Iterable[Rendition] = ()) -> Shape:
    """The state of a version's preview; posters, sprites and captions play nothing and are left out."""
    return _preview(version, _shown(version, renditions))


def _preview(version: Version, shown: list[Shape]) -> Shape:
    return {
        "status": version.preview_status,
        "playable": bool(version.preview_playable),
        "percent": round(version.preview_percent, 1),
        "renditions": shown,
        "error": error_shape(version.preview_error_code, version.preview_error_detail),
    }


def _shown(version: Version, renditions: Iterable[Rendition]) -> list[Shape]:
    return [
        {"name": one.name, "height": one.height, "status": one.status}
        for one in renditions
        if one.generation == version.preview_generation and one.kind in PLAYED
    ]


def status_shape(version: Version, renditions: Iterable[Rendition] = ()) -> Shape:
    """The answer of GET /api/preview/status, and the `data` of each event."""
    return {"version_id": version.id, **preview_shape(version, renditions)}


def error_shape(code: str | None, detail: str | None) -> Shape | None:
    """`{code, detail}`, or None where nothing is wrong."""
    return {"code": code, "detail": detail or ""} if code else None


def upload_shape(upload: Upload, received: Iterable[PartInfo] = ()) -> Shape:
    """An upload on its way and the parts that arrived whole: what a client needs to resume."""
    return {
        "upload_id": upload.id,
        "asset_id": upload.asset_id,
        "filename": upload.filename,
        "size": upload.size,
        "content_type": upload.content_type,
        "sha256": upload.sha256,
        "part_size": upload.part_size,
        "state": upload.state,
        "version_id": upload.version_id,
        "created_at": iso(upload.created_at),
        "expires_at": iso(upload.expires_at),
        "received": [{"number": part.number, "size": part.size, "etag": part.etag} for part in received],
    }


def duplicate_shape(version: Version) -> Shape:
    """A version that has the very bytes of an upload; its asset is loaded with it."""
    return {
        "asset_id": version.asset_id,
        "version_id": version.id,
        "project_id": version.asset.project_id,
        "title": version.asset.title,
        "number": version.number,
        "filename": version.filename,
        "created_at": iso(version.created_at),
    }


def look_alike_shape(version: Version, score: float, reason: str, offset: float | None) -> Shape:
    """A version that looks like another or is its master; its asset is loaded with it."""
    return {
        "asset_id": version.asset_id,
        "version_id": version.id,
        "project_id": version.asset.project_id,
        "title": version.asset.title,
        "number": version.number,
        "score": score,
        "reason": reason,
        "offset_seconds": offset,
    }


def job_shape(job: Job, version: Version | None = None) -> Shape:
    """A piece of work as an administrator sees it; `version`, with its asset loaded, is what it is about."""
    return {
        "id": job.id,
        "kind": job.kind,
        "queue": job.queue,
        "version_id": job.version_id,
        "project_id": job.project_id,
        "asset_id": version.asset_id if version else None,
        "title": version.asset.title if version else "",
        "parent_id": job.parent_id,
        "piece": job.payload.get("number") if job.parent_id else None,
        "pieces": job.payload.get("of") if job.parent_id else None,
        "priority": job.priority,
        "state": job.state,
        "attempts": job.attempts,
        "max_attempts": job.max_attempts,
        "percent": round(job.percent, 1),
        "worker": job.worker,
        "error": error_shape(job.error_code, job.error_detail),
        "created_at": iso(job.created_at),
        "run_after": iso(job.run_after),
        "started_at": iso(job.started_at),
        "finished_at": iso(job.finished_at),
    }


def manifest_shape(row: Manifest) -> Shape:
    """A generation that was made here, or a list that came with material (`number` None)."""
    return {
        "id": row.id,
        "project_id": row.project_id,
        "number": row.number,
        "name": row.name,
        "c4": row.c4,
        "files": row.files,
        "author": row.author,
        "comment": row.comment,
        "created_at": iso(row.created_at),
    }


def watched_file_shape(row: WatchedFile) -> Shape:
    """A file of a watch folder, and why it is not in."""
    return {
        "id": row.id,
        "path": row.path,
        "size": row.size,
        "state": row.state,
        "asset_id": row.asset_id,
        "tries": row.tries,
        "try_after": iso(row.try_after),
        "error": error_shape(row.error_code, row.error_detail),
    }


def audit_shape(entry: AuditEntry) -> Shape:
    """One line of the audit log."""
    return {
        "seq": entry.seq,
        "at": iso(entry.at),
        "action": entry.action,
        "actor_id": entry.actor_id,
        "actor_name": entry.actor_name,
        "subject_kind": entry.subject_kind,
        "subject_id": entry.subject_id,
        "project_id": entry.project_id,
        "address": entry.address,
        "request_id": entry.request_id,
        "data": entry.data,
        "prev": entry.prev,
        "hash": entry.hash,
    }


def media_shape(info: MediaInfo) -> Shape:
    """Technical metadata as `Version.media` keeps and shows it: JSON-able, every key of the contract."""
    video = info.video
    return {
        **NO_MEDIA,
        "format": info.format,
        "duration": info.duration,
        "width": video.width if video else info.width,
        "height": video.height if video else info.height,
        "frame_rate": rational(video.frame_rate) if video else None,
        "start_timecode": info.start_timecode,
        "drop_frame": info.drop_frame,
        "codec": video.codec if video else (info.audio[0].codec if info.audio else None),
        "video": _video(video) if video else None,
        "audio_tracks": [_audio(track) for track in info.audio],
        "captions": [_caption(track) for track in info.captions],
        "pages": info.pages,
        "note": info.note,
        "tags": dict(info.tags),
    }


def _video(track: VideoTrack) -> Shape:
    return {
        "codec": track.codec,
        "coded_width": track.coded_width,
        "coded_height": track.coded_height,
        "pixel_format": track.pixel_format,
        "bit_depth": track.bit_depth,
        "sample_aspect": rational(track.sample_aspect),
        "rotation": track.rotation,
        "field_order": track.field_order,
        "variable_rate": track.variable_rate,
        "preview_rate": rational(ladder.constant_rate(track)),
        "frames": track.frames,
        "color": {
            "primaries": track.color_primaries,
            "transfer": track.color_transfer,
            "space": track.color_space,
            "range": track.color_range,
        },
        "hdr": track.hdr,
    }


def _audio(track: AudioTrack) -> Shape:
    return {
        "index": track.index,
        "codec": track.codec,
        "channels": track.channels,
        "sample_rate": track.sample_rate,
        "layout": track.layout,
        "language": track.language,
        "title": track.title,
    }


def _caption(track: CaptionTrack) -> Shape:
    return {
        "index": track.index,
        "codec": track.codec,
        "language": track.language,
        "title": track.title,
        "forced": track.forced,
    }
