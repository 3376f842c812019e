"""Notes as they are read: who sees which, a version's notes by frame, their shape.

An internal note, and everything said below it, exists only for those who may manage notes (editors, owners,
administrators). Reads only.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from peewee import fn

from mam.core import Mam
from mam.errors import NotFoundError
from mam.media.labels import Labels, labels_of
from mam.models import Comment, User, Version
from mam.services import access, pages
from mam.services.shapes import Shape, iso
from mam.types import Actor

MANAGE = "comment.manage"
"""The right to see and write internal notes, and to resolve and delete those of others."""

_SORT = "frame"


def list_comments(
    mam: Mam,
    actor: Actor,
    asset_id: str,
    *,
    version_id: str | None = None,
    state: str = "all",
    cursor: str | None = None,
    limit: int = 50,
) -> Shape:
    """A page of the notes on an asset, or on one version of it, by frame; each with its replies.

    Notes on the whole come first. `state` is open, resolved or all. Raises `NotFoundError` also for a version
    of another asset.
    """
    asset = access.require_asset(mam, actor, "comment.read", asset_id)
    if version_id is not None:
        check_version(version_id, asset_id)
    thing = access.actor_thing(actor, "asset", asset.id, asset.project_id)
    internal = access.allowed(mam, actor, MANAGE, thing)
    query = threads(asset_id, version_id, state=state, internal=internal)
    place = fn.COALESCE(Comment.frame, -1)
    if cursor is not None:
        value, last_id = pages.position(cursor, _SORT, number=True)
        query = query.where((place > value) | ((place == value) & (Comment.id > last_id)))
    rows = list(query.order_by(place, Comment.id).limit(limit + 1))
    shown, more = rows[:limit], len(rows) > limit
    last = shown[-1] if more else None
    following = pages.make_cursor(_SORT, -1 if last.frame is None else last.frame, last.id) if last else None
    return {"items": shapes(shown, internal=internal), "next_cursor": following}


def threads(asset_id: str, version_id: str | None, *, state: str, internal: bool) -> Any:
    """A query of the notes that are no replies; without internal ones unless `internal`."""
    query = Comment.select().where(
        (Comment.asset == asset_id) & Comment.deleted_at.is_null() & Comment.parent.is_null()
    )
    if version_id is not None:
        query = query.where(Comment.version == version_id)
    if not internal:
        query = query.where(~Comment.internal)
    if state != "all":
        query = query.where(Comment.resolved_at.is_null(state == "open"))
    return query


def check_version(version_id: str, asset_id: str) -> Version:
    """The version, if it is one of the asset; else `NotFoundError`."""
    found: Version | None = Version.get_or_none((Version.id == version_id) & (Version.asset == asset_id))
    if found is None:
        raise NotFoundError
    return found


def shapes(rows: Iterable[Comment], *, internal: bool) -> list[Shape]:
    """Notes with their replies, oldest first, in three queries whatever their number."""
    notes = list(rows)
    below_them = Comment.parent.in_([row.id for row in notes]) & Comment.deleted_at.is_null()
    query = Comment.select().where(below_them).order_by(Comment.created_at, Comment.id)
    replies = list(query if internal else query.where(~Comment.internal))
    names = _names([*notes, *replies])
    labels = _labels(notes)
    below: dict[str, list[Shape]] = {row.id: [] for row in notes}
    for row in replies:
        below[str(row.parent_id)].append(_shape(row, names, labels, []))
    return [_shape(row, names, labels, below[row.id]) for row in notes]


def _names(rows: Iterable[Comment]) -> dict[str, str]:
    ids = {one for row in rows for one in (row.author_id, row.resolved_by_id) if one}
    return {
        user.id: user.display_name
        for user in User.select(User.id, User.display_name).where(User.id.in_(sorted(ids)))
    }


def _labels(rows: Iterable[Comment]) -> dict[str, Labels | None]:
    ids = sorted({row.version_id for row in rows})
    versions = Version.select(Version.id, Version.media).where(Version.id.in_(ids))
    return {version.id: labels_of(version.media) for version in versions}


def _shape(
    row: Comment, names: dict[str, str], labels: dict[str, Labels | None], replies: list[Shape]
) -> Shape:
    counted = labels.get(row.version_id)
    return {
        "id": row.id,
        "asset_id": row.asset_id,
        "version_id": row.version_id,
        "parent_id": row.parent_id,
        "author": _author(row, names),
        "frame": row.frame,
        "frame_out": row.frame_out,
        "timecode": _label(counted, row.frame),
        "timecode_out": _label(counted, row.frame_out),
        "body": row.body,
        "drawing": row.drawing,
        "internal": bool(row.internal),
        "resolved_at": iso(row.resolved_at),
        "resolved_by": _person(row.resolved_by_id, names),
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
        "edited_at": iso(row.edited_at),
        "replies": replies,
    }


def _author(row: Comment, names: dict[str, str]) -> Shape | None:
    """Who wrote it; a guest of a share link has a name and no id."""
    if row.guest_name is not None:
        return {"id": None, "display_name": row.guest_name, "guest": True}
    return _person(row.author_id, names)


def _person(user_id: str | None, names: dict[str, str]) -> Shape | None:
    """Who it was; None for an account that is gone."""
    if user_id not in names:
        return None
    return {"id": user_id, "display_name": names[user_id], "guest": False}


def _label(labels: Labels | None, frame: int | None) -> str | None:
    return None if labels is None or frame is None else labels.of(frame)
