"""How many notes are open on versions, as far as somebody may see them: for cards in a grid. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from peewee import fn

from mam.models import Comment


def open_notes(version_ids: Sequence[str], *, internal: bool) -> dict[str, int]:
    """Open notes by version, replies not counted; without internal ones unless asked for.

    A version without any is left out.
    """
    if not version_ids:
        return {}
    wanted = Comment.version.in_(version_ids) & Comment.parent.is_null()
    wanted &= Comment.deleted_at.is_null() & Comment.resolved_at.is_null()
    if not internal:
        wanted &= ~Comment.internal
    query: Any = Comment.select(Comment.version_id, fn.COUNT(Comment.id)).where(wanted)
    return dict(query.group_by(Comment.version_id).tuples())
