"""What people are told about notes: that one names them, or answers theirs; each person's own inbox.

A notification names a note and holds none of its words: what somebody may not see any more, because access
was lost or the note became internal or was deleted, is in no inbox and in no count (promise G6). Writes
`notification`; open pages of the person are told to look.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import partial
from typing import Any

from peewee import JOIN

from mam.core import Mam
from mam.errors import NotFoundError
from mam.models import Asset, Comment, Member, Notification, Project, Version, database, now
from mam.services import access, mentions, note_parts, pages
from mam.services.shapes import Shape, iso
from mam.types import Actor, Thing

MOST_KEPT = 1000
"""Notifications kept of one person; the oldest go."""

_EXCERPT = 200  # characters of a note that an inbox shows
_Above = Comment.alias("above")


def notify(mam: Mam, actor: Actor, row: Comment, named: Collection[str]) -> None:
    """Tell whom a new or changed note newly names, and whose note it answers; in the caller's transaction."""
    wanted = dict.fromkeys(sorted(named), "mention")
    author = _answered(row)
    if author is not None:
        wanted.setdefault(author, "reply")
    wanted.pop(actor.user_id or "", None)
    if not wanted:
        return
    rows = [{"user": user_id, "comment": row.id, "kind": kind} for user_id, kind in wanted.items()]
    Notification.insert_many(rows).on_conflict_ignore().execute()
    for user_id in wanted:
        _drop_oldest(user_id)
    ring(mam, wanted)


def inbox(mam: Mam, actor: Actor, *, unread: bool, cursor: str | None, limit: int) -> Shape:
    """The reader's own notifications about notes that they may see, newest first, and how many are unread."""
    query = _visible(mam, actor)
    shown = query.where(Notification.read_at.is_null()) if unread else query
    rows, following = pages.page(
        shown, "-id", {"id": Notification.id}, Notification.id, cursor=cursor, limit=limit
    )
    count = query.where(Notification.read_at.is_null()).count()
    return {"items": _shapes(rows), "next_cursor": following, "unread": count}


def mark_read(mam: Mam, actor: Actor, notification_id: str) -> Shape:
    """Note that one was read; again changes nothing. `NotFoundError` for another's, and a hidden one."""
    row = _visible(mam, actor).where(Notification.id == notification_id).first()
    if row is None:
        raise NotFoundError
    if row.read_at is None:
        row.read_at = now()
        with database.atomic():
            Notification.update(read_at=row.read_at).where(Notification.id == row.id).execute()
            ring(mam, [row.user_id])
    return _shapes([row])[0]


def mark_all_read(mam: Mam, actor: Actor) -> None:
    """Note that everything was read that there is until now."""
    with database.atomic():
        mine = (Notification.user == actor.user_id) & Notification.read_at.is_null()
        if Notification.update(read_at=now()).where(mine).execute():
            ring(mam, [str(actor.user_id)])


def told_about(comment_id: str) -> set[str]:
    """Who was told about a note or its replies: their inboxes may hold others now."""
    about = Comment.select(Comment.id).where((Comment.id == comment_id) | (Comment.parent == comment_id))
    rows: Any = Notification.select(Notification.user).where(Notification.comment.in_(about))
    return {user_id for (user_id,) in rows.distinct().tuples()}


def ring(mam: Mam, user_ids: Iterable[str]) -> None:
    """Tell the open pages of these people, after the commit, that their inbox is another now."""
    for user_id in user_ids:
        message = {"name": "notifications", "user_id": user_id, "project_id": None, "version_id": None}
        database.after_commit(partial(mam.queue.publish, message))


def _answered(row: Comment) -> str | None:
    """Who wrote the note that this is a new reply to."""
    if row.parent_id is None or row.edited_at is not None:
        return None
    found: str | None = Comment.select(Comment.author).where(Comment.id == row.parent_id).scalar()
    return found


def _visible(mam: Mam, actor: Actor) -> Any:
    """A query of the reader's notifications whose notes they see now, with what the shape needs."""
    readable, managed = _projects(mam, actor)
    hidden = Comment.internal | (_Above.id.is_null(False) & _Above.internal)
    alive = Comment.deleted_at.is_null() & _Above.deleted_at.is_null()
    return (
        _joined(Notification.select(Notification, Comment, Asset, Version, Project))
        .where((Notification.user == actor.user_id) & alive)
        .where(Asset.project.in_(readable) & (~hidden | Asset.project.in_(managed)))
        .where(Asset.deleted_at.is_null() & Project.deleted_at.is_null())
    )


def _joined(query: Any) -> Any:
    return (
        query.join(Comment)
        .join(Asset)
        .join(Project)
        .switch(Comment)
        .join(Version)
        .switch(Comment)
        .join(_Above, JOIN.LEFT_OUTER, on=(_Above.id == Comment.parent))
    )


def _projects(mam: Mam, actor: Actor) -> tuple[list[str], list[str]]:
    """The projects of the reader's notifications whose notes they read, and those whose internal ones too."""
    mine = Notification.user == actor.user_id
    here = (Member.project == Asset.project) & (Member.user == actor.user_id)
    query: Any = (
        Notification.select(Asset.project, Member.role)
        .join(Comment)
        .join(Asset)
        .join(Member, JOIN.LEFT_OUTER, on=here)
        .where(mine)
        .distinct()
        .tuples()
    )
    things = [Thing("project", project_id, project_id, role) for project_id, role in query]
    return _where(mam, actor, "comment.read", things), _where(mam, actor, mentions.MANAGE, things)


def _where(mam: Mam, actor: Actor, action: str, things: Iterable[Thing]) -> list[str]:
    return [str(one.project_id) for one in things if access.allowed(mam, actor, action, one)]


def _drop_oldest(user_id: str) -> None:
    mine = Notification.user == user_id
    first = Notification.select(Notification.id).where(mine).order_by(Notification.id.desc())
    last: str | None = first.offset(MOST_KEPT).limit(1).scalar()
    if last is not None:
        Notification.delete().where(mine & (Notification.id <= last)).execute()


def _shapes(rows: Collection[Notification]) -> list[Shape]:
    parts = note_parts.gather([row.comment for row in rows])
    return [_shape(row, parts) for row in rows]


def _shape(row: Notification, parts: note_parts.Parts) -> Shape:
    note = row.comment
    words = " ".join(mentions.plain(note.body, parts.names).split())
    return {
        "id": row.id,
        "kind": row.kind,
        "created_at": iso(row.created_at),
        "read_at": iso(row.read_at),
        "comment_id": note.id,
        "thread_id": note.parent_id or note.id,
        "asset_id": note.asset_id,
        "asset_title": note.asset.title,
        "project_id": note.asset.project_id,
        "project_name": note.asset.project.name,
        "version_id": note.version_id,
        "version_number": note.version.number,
        "author": parts.author(note),
        "excerpt": words if len(words) <= _EXCERPT else f"{words[: _EXCERPT - 1]}…",
    }
