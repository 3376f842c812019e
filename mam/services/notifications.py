"""Inboxes: notes that name people or answer theirs, reviews (`review_news`), plugins that were switched off.

A notification names a note, a review or a decision and holds none of its words: what somebody may not see any
more, because access was lost, the note became internal or was deleted, the review was withdrawn or the
decision taken back, is in no inbox and in no count (promise G6). Writes `notification`; open pages of the
person are told to look.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import Any

from peewee import JOIN, fn

from mam.core import Mam
from mam.errors import NotFoundError
from mam.models import (
    Asset,
    Comment,
    Decision,
    Member,
    Notification,
    PluginState,
    Project,
    Reviewer,
    ReviewRequest,
    User,
    Version,
    database,
    now,
)
from mam.services import access, mentions, note_parts, pages
from mam.services.shapes import Shape, iso, person_shape
from mam.types import Actor, Thing

MOST_KEPT = 1000
"""Notifications kept of one person; the oldest go."""

PLUGIN_OFF = "plugin_off"
"""The kind of a notification about a plugin, for administrators."""

_EXCERPT = 200  # characters of a note that an inbox shows
_NO_REVIEW = {"decision": None, "review_status": None, "due_at": None}
_NO_VERSION = {"asset_id": None, "asset_title": None, "project_id": None, "project_name": None}
_Above = Comment.alias("above")
_Decider = User.alias("decider")
_Asker = User.alias("asker")


def notify(mam: Mam, actor: Actor, row: Comment, named: Collection[str]) -> None:
    """Tell whom a new or changed note newly names, and whose note it answers; in the caller's transaction."""
    wanted = dict.fromkeys(sorted(named), "mention")
    author = _answered(row)
    if author is not None:
        wanted.setdefault(author, "reply")
    wanted.pop(actor.user_id or "", None)
    if not wanted:
        return
    about = {"version": row.version_id, "comment": row.id}
    tell(mam, [{"user": user_id, **about, "kind": kind} for user_id, kind in wanted.items()])


def plugin_off(mam: Mam, name: str, user_ids: Iterable[str]) -> None:
    """Tell people that the box switched a plugin off; in the caller's transaction, once for each time."""
    rows = [{"user": one, "kind": PLUGIN_OFF, "subject": name} for one in sorted(user_ids)]
    if rows:
        tell(mam, rows)


def tell(mam: Mam, rows: Collection[Shape]) -> None:
    """Put notifications into inboxes, in the caller's transaction; who was told of it before is not again."""
    Notification.insert_many(rows).on_conflict_ignore().execute()
    people = {row["user"] for row in rows}
    for user_id in people:
        _drop_oldest(user_id)
    ring(mam, people)


def inbox(mam: Mam, actor: Actor, *, unread: bool, cursor: str | None, limit: int) -> Shape:
    """The reader's own notifications about what they may see, newest first, and how many are unread."""
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
    """A query of the reader's notifications about what they see now, with what the shape needs."""
    readable, noted, managed = _projects(mam, actor)
    hidden = Comment.internal | (_Above.id.is_null(False) & _Above.internal)
    alive = Comment.deleted_at.is_null() & _Above.deleted_at.is_null()
    note = alive & Asset.project.in_(noted) & (~hidden | Asset.project.in_(managed))
    there = Asset.project.in_(readable) & Asset.deleted_at.is_null() & Project.deleted_at.is_null()
    of_note = Notification.comment.is_null(False) & note
    of_review = Notification.comment.is_null() & _stands()
    return (
        _joined(Notification.select(Notification, Version, Asset, Project, Comment, Decision, ReviewRequest))
        .select_extend(_Decider, _Asker)
        .where(Notification.user == actor.user_id)
        .where((there & (of_note | of_review)) | _of_the_box(mam, actor))
    )


def _of_the_box(mam: Mam, actor: Actor) -> Any:
    """What is about no version is for whoever administers the box now."""
    if access.allowed(mam, actor, "box.admin"):
        return Notification.version.is_null()
    return Notification.id.is_null()


def _stands() -> Any:
    """What was decided was not taken back; what is asked of the reader is not withdrawn, and is theirs."""
    of_reader = (Reviewer.request == ReviewRequest.id) & (Reviewer.user == Notification.user)
    theirs = Reviewer.select().where(of_reader & (Reviewer.state != "later") & Reviewer.dropped_at.is_null())
    asked = ReviewRequest.withdrawn_at.is_null() & fn.EXISTS(theirs)
    decided = Decision.superseded_at.is_null() & Notification.decision.is_null(False)
    return Version.removed_at.is_null() & (decided | (Notification.decision.is_null() & asked))


def _joined(query: Any) -> Any:
    return (
        query.join(Version, JOIN.LEFT_OUTER)
        .join(Asset, JOIN.LEFT_OUTER)
        .join(Project, JOIN.LEFT_OUTER)
        .switch(Version)
        .join(ReviewRequest, JOIN.LEFT_OUTER, on=(ReviewRequest.version == Version.id), attr="asked")
        .join(_Asker, JOIN.LEFT_OUTER, on=(_Asker.id == ReviewRequest.created_by), attr="asker")
        .switch(Notification)
        .join(Comment, JOIN.LEFT_OUTER)
        .join(_Above, JOIN.LEFT_OUTER, on=(_Above.id == Comment.parent))
        .switch(Notification)
        .join(Decision, JOIN.LEFT_OUTER)
        .join(_Decider, JOIN.LEFT_OUTER, on=(_Decider.id == Decision.user), attr="decider")
    )


def _projects(mam: Mam, actor: Actor) -> tuple[list[str], list[str], list[str]]:
    """The projects of the reader's notifications that they see, whose notes, and whose internal ones too."""
    mine = Notification.user == actor.user_id
    here = (Member.project == Asset.project) & (Member.user == actor.user_id)
    query: Any = (
        Notification.select(Asset.project, Member.role)
        .join(Version)
        .join(Asset)
        .join(Member, JOIN.LEFT_OUTER, on=here)
        .where(mine)
        .distinct()
        .tuples()
    )
    things = [Thing("project", project_id, project_id, role) for project_id, role in query]
    readable, noted, managed = (
        _where(mam, actor, action, things) for action in ("asset.read", "comment.read", mentions.MANAGE)
    )
    return readable, noted, managed


def _where(mam: Mam, actor: Actor, action: str, things: Iterable[Thing]) -> list[str]:
    return [str(one.project_id) for one in things if access.allowed(mam, actor, action, one)]


def _drop_oldest(user_id: str) -> None:
    mine = Notification.user == user_id
    first = Notification.select(Notification.id).where(mine).order_by(Notification.id.desc())
    last: str | None = first.offset(MOST_KEPT).limit(1).scalar()
    if last is not None:
        Notification.delete().where(mine & (Notification.id <= last)).execute()


def _shapes(rows: Collection[Notification]) -> list[Shape]:
    parts = note_parts.gather([row.comment for row in rows if row.comment is not None])
    reasons = _reasons([row.subject for row in rows if row.subject])
    return [_shape(row, parts) if row.version_id else _of_plugin(row, reasons) for row in rows]


def _reasons(names: Collection[str]) -> dict[str, str]:
    """Why the plugins of these names are off, of those that still are."""
    off = PluginState.select(PluginState.name, PluginState.reason).where(PluginState.off_by != "")
    rows: Any = off.where(PluginState.name.in_(list(names))).tuples()
    return dict(rows) if names else {}


def _of_plugin(row: Notification, reasons: Mapping[str, str]) -> Shape:
    return {
        "id": row.id,
        "kind": row.kind,
        "created_at": iso(row.created_at),
        "read_at": iso(row.read_at),
        **_NO_VERSION,
        "version_id": None,
        "version_number": None,
        "plugin": row.subject,
        **_NO_REVIEW,
        "comment_id": None,
        "thread_id": None,
        "author": None,
        "excerpt": _short(reasons.get(row.subject, "")),
    }


def _shape(row: Any, parts: note_parts.Parts) -> Shape:
    version = row.version
    asset = version.asset
    return {
        "id": row.id,
        "kind": row.kind,
        "created_at": iso(row.created_at),
        "read_at": iso(row.read_at),
        "asset_id": asset.id,
        "asset_title": asset.title,
        "project_id": asset.project_id,
        "project_name": asset.project.name,
        "version_id": row.version_id,
        "version_number": version.number,
        "plugin": None,
        **(_of_note(row.comment, parts) if row.comment_id else _of_review(row)),
    }


def _of_note(note: Comment, parts: note_parts.Parts) -> Shape:
    return {
        **_NO_REVIEW,
        "comment_id": note.id,
        "thread_id": note.parent_id or note.id,
        "author": parts.author(note),
        "excerpt": _short(mentions.plain(note.body, parts.names)),
    }


def _of_review(row: Any) -> Shape:
    """Of a review that waits for the reader, or of a decision: who said what, and where it stands now."""
    decision, version = row.decision, row.version
    return {
        "comment_id": decision.comment_id if decision else None,
        "thread_id": None,
        "author": _decider(decision) if decision else _person(version.asked, "asker"),
        "excerpt": _short(decision.note) if decision else "",
        "decision": decision.decision if decision else None,
        "review_status": version.review_status or "none",
        "due_at": iso(version.review_due_at),
    }


def _decider(decision: Any) -> Shape | None:
    if decision.guest_name is not None:
        return {"id": None, "display_name": decision.guest_name, "guest": True}
    return _person(decision, "decider")


def _person(row: Any, name: str) -> Shape | None:
    """Who is joined to the row by that name; None for an account that is gone."""
    user = getattr(row, name, None)
    return {**(person_shape(user) or {}), "guest": False} if user is not None else None


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _EXCERPT else f"{words[: _EXCERPT - 1]}…"
