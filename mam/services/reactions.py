"""Reactions to notes: a small fixed set, each once a person or guest; taken back by the same call's twin.

Whoever may write notes may react to any they see. Writes `comment_reaction`, of guests `guest_reaction`,
audit entries; open pages are told.
"""

from __future__ import annotations

from typing import Any

from mam.core import Mam
from mam.errors import ForbiddenError, NotFoundError
from mam.models import CommentReaction, GuestReaction, database
from mam.services import audit, comments
from mam.services.note_parts import REACTIONS
from mam.services.shapes import Shape
from mam.types import Actor


def react(mam: Mam, actor: Actor, comment_id: str, name: str) -> Shape:
    """React to a note; again changes nothing. Answers the note.

    Raises `NotFoundError` also for what is no reaction, `ForbiddenError` for who may not write notes.
    """
    row = _reacting(mam, actor, comment_id, name)
    with database.atomic():
        table, mine = _mine(row.id, actor, name)
        if not table.select().where(mine).exists():
            who = {"guest": actor.guest.id} if actor.guest else {"user": actor.user_id}
            table.insert(comment=row.id, name=name, **who).on_conflict_ignore().execute()
            _done(mam, actor, "reacted", row, name)
    return comments.shown(mam, actor, row)


def unreact(mam: Mam, actor: Actor, comment_id: str, name: str) -> Shape:
    """Take one's own reaction back; again changes nothing. Answers the note."""
    row = _reacting(mam, actor, comment_id, name)
    with database.atomic():
        table, mine = _mine(row.id, actor, name)
        if table.delete().where(mine).execute():
            _done(mam, actor, "unreacted", row, name)
    return comments.shown(mam, actor, row)


def _reacting(mam: Mam, actor: Actor, comment_id: str, name: str) -> Any:
    row = comments.visible(mam, actor, comment_id, writing=True)
    if name not in REACTIONS:
        raise NotFoundError
    if actor.user_id is None and actor.guest is None:
        raise ForbiddenError("Reactions are for people.")
    return row


def _mine(comment_id: str, actor: Actor, name: str) -> tuple[Any, Any]:
    """The table of the caller's reactions, and the condition of this one."""
    if actor.guest is not None:
        here = (GuestReaction.comment == comment_id) & (GuestReaction.name == name)
        return GuestReaction, here & (GuestReaction.guest == actor.guest.id)
    here = (CommentReaction.comment == comment_id) & (CommentReaction.name == name)
    return CommentReaction, here & (CommentReaction.user == actor.user_id)


def _done(mam: Mam, actor: Actor, what: str, row: Any, name: str) -> None:
    audit.record(
        mam, actor, f"comment.{what}", kind="comment", subject_id=row.id, project_id=row.in_project,
        data={"name": name},
    )  # fmt: skip
    comments.tell(mam, what, row, row.in_project)
