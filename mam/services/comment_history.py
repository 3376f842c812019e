"""What a note said before each edit: read by its author and by who manages notes. Reads only."""

from __future__ import annotations

from typing import Any

from mam.core import Mam
from mam.models import CommentEdit, User
from mam.services import comments, mentions, pages
from mam.services.shapes import Shape, iso
from mam.types import Actor


def history(mam: Mam, actor: Actor, comment_id: str, *, cursor: str | None, limit: int) -> Shape:
    """The former words of a note, the latest first: who replaced them, when.

    For its author and who manages notes; raises `NotFoundError`, `ForbiddenError`.
    """
    row = comments.own(mam, actor, comment_id, managing=True)
    query = CommentEdit.select().where(CommentEdit.comment == row.id)
    rows, following = pages.page(
        query, "-id", {"id": CommentEdit.id}, CommentEdit.id, cursor=cursor, limit=limit
    )
    guest = {"id": None, "display_name": row.guest_name, "guest": True} if row.guest_name else None
    return {"items": _shapes(rows, guest), "next_cursor": following}


def _shapes(rows: list[Any], guest: Shape | None) -> list[Shape]:
    """Edits as they are told; a guest's note was edited by that `guest`, for nobody else may."""
    ids = sorted({row.user_id for row in rows if row.user_id})
    people = {row.id: row.display_name for row in User.select().where(User.id.in_(ids))} if ids else {}
    names = mentions.names_of([row.body for row in rows])
    return [
        {
            "id": row.id,
            "edited_by": {"id": row.user_id, "display_name": people[row.user_id], "guest": False}
            if row.user_id in people
            else guest,
            "edited_at": iso(row.created_at),
            "body": mentions.plain(row.body, names),
        }
        for row in rows
    ]
