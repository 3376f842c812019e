"""Reactions to notes: a small fixed set, each once a person; taken back by the same call's twin.

Whoever may write notes may react to any they see. Writes `comment_reaction`, audit entries; open pages are
told.
"""

from __future__ import annotations

from typing import Any

from mam.core import Mam
from mam.errors import ForbiddenError, NotFoundError
from mam.models import CommentReaction, database
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
        if not CommentReaction.select().where(_is(row.id, actor, name)).exists():
            values = {"comment": row.id, "user": actor.user_id, "name": name}
            CommentReaction.insert(**values).on_conflict_ignore().execute()
            _done(mam, actor, "reacted", row, name)
    return comments.shown(mam, actor, row)


def unreact(mam: Mam, actor: Actor, comment_id: str, name: str) -> Shape:
    """Take one's own reaction back; again changes nothing. Answers the note."""
    row = _reacting(mam, actor, comment_id, name)
    with database.atomic():
        if CommentReaction.delete().where(_is(row.id, actor, name)).execute():
            _done(mam, actor, "unreacted", row, name)
    return comments.shown(mam, actor, row)


def _reacting(mam: Mam, actor: Actor, comment_id: str, name: str) -> Any:
    row = comments.visible(mam, actor, comment_id, writing=True)
    if name not in REACTIONS:
        raise NotFoundError
    if actor.user_id is None:
        raise ForbiddenError("Guests write notes; reactions are for people with an account.")
    return row


def _is(comment_id: str, actor: Actor, name: str) -> Any:
    return (
        (CommentReaction.comment == comment_id)
        & (CommentReaction.user == actor.user_id)
        & (CommentReaction.name == name)
    )


def _done(mam: Mam, actor: Actor, what: str, row: Any, name: str) -> None:
    audit.record(
        mam, actor, f"comment.{what}", kind="comment", subject_id=row.id, project_id=row.in_project,
        data={"name": name},
    )  # fmt: skip
    comments.tell(mam, what, row, row.in_project)
