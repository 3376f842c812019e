"""Notes as they are read: who sees which, a version's notes by frame, their shape.

An internal note, and everything said below it, exists only for those who may manage notes (editors, owners,
administrators). Reads only.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from peewee import JOIN, fn

from mam.core import Mam
from mam.errors import NotFoundError
from mam.media.labels import Places, places_of
from mam.models import Comment, CommentMention, User, Version
from mam.services import access, mentions, note_parts, pages
from mam.services.mentions import MANAGE
from mam.services.note_parts import Parts
from mam.services.shapes import Shape, iso
from mam.types import Actor

SORTS = ("frame", "newest", "author")
"""How notes are sorted: by place, the newest first, by the name of whoever wrote them."""

_PLACE = fn.COALESCE(Comment.frame, -1)
_Below = Comment.alias("below")


def list_comments(
    mam: Mam,
    actor: Actor,
    asset_id: str,
    *,
    version_id: str | None = None,
    state: str = "all",
    author_id: str | None = None,
    mentions_id: str | None = None,
    internal: bool | None = None,
    q: str = "",
    sort: str = "frame",
    cursor: str | None = None,
    limit: int = 50,
) -> Shape:
    """A page of the notes on an asset, or on one version of it; each with its replies.

    By frame those on the whole come first. `state` is open, resolved or all, `sort` one of `SORTS`; `q` is
    found in a note's words or in those of its replies. Raises `NotFoundError` also for a version of another
    asset.
    """
    asset = access.require_asset(mam, actor, "comment.read", asset_id)
    if version_id is not None:
        check_version(version_id, asset_id)
    thing = access.actor_thing(actor, "asset", asset.id, asset.project_id)
    all_of_them = access.allowed(mam, actor, MANAGE, thing)
    query = threads(asset_id, version_id, state=state, internal=all_of_them)
    query = _narrowed(query, author_id, mentions_id, internal)
    if q:
        query = query.where(_says(q, internal=all_of_them))
    rows, following = _page(query, sort, cursor, limit)
    return {"items": shapes(rows, internal=all_of_them), "next_cursor": following}


def _narrowed(query: Any, author_id: str | None, mentions_id: str | None, internal: bool | None) -> Any:
    if author_id is not None:
        query = query.where(Comment.author == author_id)
    if mentions_id is not None:
        named = CommentMention.select(CommentMention.comment).where(CommentMention.user == mentions_id)
        below = _Below.select(_Below.parent).where(_Below.id.in_(named) & _Below.deleted_at.is_null())
        query = query.where(Comment.id.in_(named) | Comment.id.in_(below))
    if internal is not None:
        query = query.where(Comment.internal == internal)
    return query


def _says(q: str, *, internal: bool) -> Any:
    """Whether a note's words hold `q`, or those of a reply that the reader sees."""
    below = _Below.select(_Below.parent).where(
        _Below.parent.is_null(False) & _Below.deleted_at.is_null() & _Below.body.contains(q)
    )
    if not internal:
        below = below.where(~_Below.internal)
    return Comment.body.contains(q) | Comment.id.in_(below)


def _page(query: Any, sort: str, cursor: str | None, limit: int) -> tuple[list[Comment], str | None]:
    """One page by keyset, with the cursor of the next."""
    key: Any = _PLACE
    if sort == "newest":
        key = Comment.created_at
    elif sort == "author":
        query = query.join(User, JOIN.LEFT_OUTER, on=(User.id == Comment.author))
        key = fn.LOWER(fn.COALESCE(Comment.guest_name, User.display_name, ""))
    query = query.select_extend(key.alias("sort_key"))
    descending = sort == "newest"
    if cursor is not None:
        value, last_id = pages.position(cursor, sort, number=sort != "author")
        beyond = key < value if descending else key > value
        tie = Comment.id < last_id if descending else Comment.id > last_id
        query = query.where(beyond | ((key == value) & tie))
    order = (key.desc(), Comment.id.desc()) if descending else (key, Comment.id)
    rows = list(query.order_by(*order).limit(limit + 1).objects())
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], pages.make_cursor(sort, last.sort_key, last.id)


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
    """Notes with their replies, oldest first, in a few queries whatever their number."""
    notes = list(rows)
    below_them = Comment.parent.in_([row.id for row in notes]) & Comment.deleted_at.is_null()
    query = Comment.select().where(below_them).order_by(Comment.created_at, Comment.id)
    replies = list(query if internal else query.where(~Comment.internal))
    parts = note_parts.gather([*notes, *replies])
    labels = _labels(notes)
    below: dict[str, list[Shape]] = {row.id: [] for row in notes}
    for row in replies:
        below[str(row.parent_id)].append(_shape(row, parts, labels, []))
    return [_shape(row, parts, labels, below[row.id]) for row in notes]


def _labels(rows: Iterable[Comment]) -> dict[str, Places | None]:
    ids = sorted({row.version_id for row in rows})
    versions = Version.select(Version.id, Version.media).where(Version.id.in_(ids))
    return {version.id: places_of(version.media) for version in versions}


def _shape(row: Comment, parts: Parts, labels: dict[str, Places | None], replies: list[Shape]) -> Shape:
    counted = labels.get(row.version_id)
    return {
        "id": row.id,
        "asset_id": row.asset_id,
        "version_id": row.version_id,
        "parent_id": row.parent_id,
        "author": parts.author(row),
        "frame": row.frame,
        "frame_out": row.frame_out,
        "timecode": _label(counted, row.frame),
        "timecode_out": _label(counted, row.frame_out),
        "body": mentions.plain(row.body, parts.names),
        "source": row.body,
        "mentions": parts.mentions(row.body),
        "reactions": parts.reactions(row.id),
        "files": parts.files.get(row.id, []),
        "carried": parts.carried.get(row.id),
        "drawing": row.drawing,
        "internal": bool(row.internal),
        "resolved_at": iso(row.resolved_at),
        "resolved_by": parts.person(row.resolved_by_id),
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
        "edited_at": iso(row.edited_at),
        "replies": replies,
    }


def _label(labels: Places | None, frame: int | None) -> str | None:
    return None if labels is None or frame is None else labels.of(frame)
