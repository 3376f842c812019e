"""What a guest of a share link looks at: the assets shown now, one of them, its notes, its file.

Answers less than the API's shapes: no project, no people, no hashes, no other versions than the share shows.
Writes notes and visits through the services that everybody uses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mam.core import Mam
from mam.errors import NotFoundError
from mam.models import Asset, Comment, Decision, Share, Version
from mam.services import (
    access,
    approvals,
    branding,
    comment_list,
    comments,
    delivery,
    guests,
    proxies,
    reactions,
    share_scope,
    share_visits,
    watermarks,
)
from mam.services.shapes import NO_MEDIA, Shape, asset_shape, iso, preview_shape, version_shape
from mam.types import SYSTEM, Actor

PAGE = 60
"""Assets in one piece of a gallery."""

_MEDIA = (
    "duration", "width", "height", "frame_rate", "start_timecode", "drop_frame", "audio_tracks", "video",
    "pages", "note",
)  # fmt: skip


def head(mam: Mam, actor: Actor) -> Shape:  # noqa: ARG001 - called as every service is
    """What its pages say of a share: `{title, studio, guest, may_comment, may_decide, download, ...}`."""
    share = _share(actor)
    return {
        "title": share.title,
        "studio": branding.brand(share).studio,
        "guest": actor.display_name,
        "guest_id": actor.guest.id if actor.guest else "",
        "may_comment": bool(share.allow_comments),
        "may_decide": bool(share.allow_decide),
        "download": share.download,
        "ends": iso(share.expires_at),
        "watermark": bool(share.watermark),
    }


def gallery(mam: Mam, actor: Actor, cursor: str | None = None) -> Shape:
    """A page of the assets shown at this moment, newest first: `{items, next_cursor}`."""
    query = Asset.select().where(share_scope.shown(mam, _share(actor))).order_by(Asset.id.desc())
    if cursor:
        query = query.where(Asset.id < cursor)
    rows = list(query.limit(PAGE + 1))
    shown = rows[:PAGE]
    current = Version.select().where(Version.id.in_([row.current_version_id for row in shown]))
    versions = {one.id: one for one in current}
    return {
        "items": [_asset(row, [versions[str(row.current_version_id)]]) for row in shown],
        "next_cursor": shown[-1].id if len(rows) > PAGE else None,
    }


def asset(mam: Mam, actor: Actor, asset_id: str, number: str | None = None) -> tuple[Shape, Shape]:
    """One asset and the version of it to show; that it was opened is noted.

    Raises `NotFoundError` for what the share does not show now.
    """
    row = access.require_asset(mam, actor, "asset.read", asset_id)
    versions = list(_versions(actor, row))
    chosen = [one for one in versions if number is None or str(one.number) == number]
    if not chosen:
        raise NotFoundError
    share_visits.opened(mam, actor, row, chosen[0].id)
    state = watermarks.status(mam, actor, chosen[0].id)
    return _asset(row, versions), {**_version(chosen[0]), "preview": state}


def notes(mam: Mam, actor: Actor, asset_id: str, **asked: Any) -> Shape:
    """The notes on a version that the share shows; without a version named on the current one."""
    row = access.require_asset(mam, actor, "comment.read", asset_id)
    asked["version_id"] = asked.get("version_id") or row.current_version_id
    access.require_version(mam, actor, "comment.read", asked["version_id"])
    found = comment_list.list_comments(mam, actor, asset_id, **asked)
    return {**found, "items": _told(actor, found["items"])}


def write_note(mam: Mam, actor: Actor, asset_id: str, *, version_id: str, **note: Any) -> Shape:
    """Write a note on a version that the share shows; every one of a guest's is for all to read."""
    access.require_version(mam, actor, "comment.write", version_id)
    made = comments.create_comment(mam, actor, asset_id, version_id=version_id, **note)
    return _told(actor, [made])[0]


def edit_note(mam: Mam, actor: Actor, comment_id: str, given: Mapping[str, Any]) -> Shape:
    """Change a note that this guest wrote; the former words are kept."""
    return _told(actor, [comments.update_comment(mam, actor, comment_id, given)])[0]


def restore_note(mam: Mam, actor: Actor, comment_id: str) -> Shape:
    """Bring back a note that this guest wrote and deleted."""
    return _told(actor, [comments.restore_comment(mam, actor, comment_id)])[0]


def react(mam: Mam, actor: Actor, comment_id: str, name: str, *, on: bool) -> Shape:
    """Give or take back this guest's reaction to a note that they see."""
    change = reactions.react if on else reactions.unreact
    return _told(actor, [change(mam, actor, comment_id, name)])[0]


def decide(mam: Mam, actor: Actor, version_id: str, *, decision: str, note: str = "") -> Shape:
    """Approve a version, request changes, or take back what this guest said; answers `decision_of`."""
    approvals.decide(mam, actor, version_id, decision=decision, note=note)
    return decision_of(mam, actor, version_id)


def decision_of(mam: Mam, actor: Actor, version_id: str) -> Shape:
    """What this guest said of a version: `{version_id, decision, note, decided_at}`; of nobody else."""
    access.require_version(mam, actor, "asset.read", version_id)
    me = actor.guest.id if actor.guest else ""
    mine = (Decision.version == version_id) & (Decision.guest == me) & Decision.superseded_at.is_null()
    row = Decision.get_or_none(mine)
    return {
        "version_id": version_id,
        "decision": row.decision if row else None,
        "note": row.note if row else "",
        "decided_at": iso(row.created_at) if row else None,
    }


def download(mam: Mam, actor: Actor, version_id: str, base_url: str = "") -> delivery.Download:
    """A signed address of the master, noted among the share's visits."""
    version, _ = access.require_version(mam, actor, "master.download", version_id)
    found = delivery.download(mam, actor, version_id, base_url)
    share_visits.downloaded(mam, actor, version, "original")
    return found


def copy_to_watch(mam: Mam, actor: Actor, version_id: str, base_url: str = "") -> Shape:
    """How far the copy of a film is that a guest may take: `{status, percent, url}`, `url` once it is there.

    The first who asks has it made, once a version: it is the H.264 proxy. Raises `ConflictError` for what is
    no film, `NotFoundError`, `ForbiddenError`.
    """
    version, _ = access.require_version(mam, actor, "preview.download", version_id)
    made = proxies.request(mam, SYSTEM, version_id, "h264")
    url = None
    if made["status"] == "ready":
        url = proxies.hand_out(mam, actor, version, made["id"], base_url=base_url).url
        share_visits.downloaded(mam, actor, version, "preview")
    return {"status": made["status"], "percent": made["percent"], "url": url}


def _share(actor: Actor) -> Share:
    found = share_scope.find(Share.id == actor.guest.share_id) if actor.guest else None
    if found is None:
        raise guests.gone()
    return found


def _told(actor: Actor, notes: list[Shape]) -> list[Shape]:
    """Notes with `mine`: whether this guest wrote them, who is known by having been let in, not by a name."""
    all_of_them = [one for note in notes for one in (note, *note["replies"])]
    me = actor.guest.id if actor.guest else ""
    written = Comment.select(Comment.id).where(Comment.id.in_([one["id"] for one in all_of_them]))
    mine = {row.id for row in written.where(Comment.guest == me)}
    for one in all_of_them:
        one["mine"] = one["id"] in mine
    return notes


def _versions(actor: Actor, row: Asset) -> Any:
    """The versions that are shown, newest first: the current one, or all."""
    shown = (Version.asset == row.id) & Version.removed_at.is_null()
    query = Version.select().where(shown).order_by(Version.number.desc())
    if actor.guest is not None and not actor.guest.all_versions:
        query = query.where(Version.id == row.current_version_id)
    return query


def _asset(row: Asset, versions: list[Version]) -> Shape:
    """An asset with every key a page may ask for, and nothing behind those that are not for guests."""
    return {
        **dict.fromkeys(asset_shape(row)),
        "id": row.id,
        "title": row.title,
        "kind": row.kind,
        "status": row.status,
        "project_id": "",
        "created_at": iso(row.created_at),
        "current_version_id": row.current_version_id,
        "versions": [_version(one) for one in versions],
    }


def _version(row: Version) -> Shape:
    media = {**NO_MEDIA, **(row.media or {})}
    return {
        **dict.fromkeys(version_shape(row)),
        "id": row.id,
        "filename": f"v{row.number}",
        "number": row.number,
        "created_at": iso(row.created_at),
        "media": {name: media.get(name) for name in _MEDIA},
        "blurhash": row.blurhash,
        "preview": preview_shape(row),
    }
