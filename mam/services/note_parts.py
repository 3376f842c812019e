"""What is read along with notes, a query each whatever their number: names, reactions, files, origins.

Reads only; asks nobody for permission: whoever calls has found which notes may be seen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from mam.models import Comment, CommentFile, CommentReaction, GuestReaction, ShareGuest, User
from mam.services import carried, mentions
from mam.services.shapes import Shape, iso

REACTIONS = ("thumbs_up", "heart", "eyes", "question", "check", "thumbs_down")
"""The reactions there are, in the order they are shown."""


@dataclass(frozen=True)
class Parts:
    """What belongs to some notes: names by person and by guest who reacted, reactions and files by note."""

    names: dict[str, str]
    guests: dict[str, str] = field(default_factory=dict)
    given: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    files: dict[str, list[Shape]] = field(default_factory=dict)
    carried: dict[str, Shape] = field(default_factory=dict)

    def person(self, user_id: str | None) -> Shape | None:
        """Who it was; None for an account that is gone."""
        if user_id not in self.names:
            return None
        return {"id": user_id, "display_name": self.names[user_id], "guest": False}

    def author(self, row: Comment) -> Shape | None:
        """Who wrote it; a guest of a share link has a name and no id."""
        if row.guest_name is not None:
            return {"id": None, "display_name": row.guest_name, "guest": True}
        return self.person(row.author_id)

    def mentions(self, body: str) -> list[Shape]:
        """Whom the words name, by the names they have now."""
        found = [user_id for user_id in mentions.ids_in(body) if user_id in self.names]
        return [{"id": user_id, "display_name": self.names[user_id]} for user_id in found]

    def reactions(self, comment_id: str) -> list[Shape]:
        """Counts and names by reaction, in the fixed order."""
        given = self.given.get(comment_id, [])
        found = []
        for name in REACTIONS:
            known = {**self.names, **self.guests}
            people = [one for one, said in given if said == name and one in known]
            if people:
                listed = [{"id": one, "display_name": known[one]} for one in people]
                found.append({"name": name, "count": len(people), "people": listed})
        return found


def gather(rows: Iterable[Comment]) -> Parts:
    """What is read along with these notes."""
    notes = list(rows)
    ids = [row.id for row in notes]
    guests, given = _of_guests(ids), _given(ids)
    wanted = {one for row in notes for one in (row.author_id, row.resolved_by_id) if one}
    wanted |= {user_id for listed in given.values() for user_id, _ in listed}
    wanted |= {one for row in notes for one in mentions.ids_in(row.body)}
    for comment_id, guest_id, name, _ in guests:
        given.setdefault(comment_id, []).append((guest_id, name))
    called = {guest_id: display_name for _, guest_id, _, display_name in guests}
    return Parts(_names(wanted), called, given, _files(ids), carried.origins(ids))


def file_shape(file: CommentFile) -> Shape:
    """A file as the API tells it."""
    return {
        "id": file.id,
        "filename": file.filename,
        "content_type": file.content_type,
        "size": file.size,
        "sha256": file.sha256,
        "url": f"/api/comments/{file.comment_id}/files/{file.id}",
        "created_at": iso(file.created_at),
    }


def _names(ids: Collection[str]) -> dict[str, str]:
    if not ids:
        return {}
    rows = User.select(User.id, User.display_name).where(User.id.in_(sorted(ids)))
    return {row.id: row.display_name for row in rows}


def _given(comment_ids: Collection[str]) -> dict[str, list[tuple[str, str]]]:
    """Who reacted how to each of these notes, in the order that came."""
    found: dict[str, list[tuple[str, str]]] = {}
    query: Any = CommentReaction.select(
        CommentReaction.comment, CommentReaction.user, CommentReaction.name
    ).where(CommentReaction.comment.in_(list(comment_ids)))
    order = query.order_by(CommentReaction.created_at, CommentReaction.user)
    for comment_id, user_id, name in order.tuples():
        found.setdefault(comment_id, []).append((user_id, name))
    return found


def _of_guests(comment_ids: Collection[str]) -> list[tuple[str, str, str, str]]:
    """What guests of share links reacted: the note, the guest, how, the guest's name; as they came."""
    query: Any = GuestReaction.select(
        GuestReaction.comment, GuestReaction.guest, GuestReaction.name, ShareGuest.name.alias("called")
    )
    here = query.join(ShareGuest).where(GuestReaction.comment.in_(list(comment_ids)))
    return list(here.order_by(GuestReaction.created_at, GuestReaction.guest).tuples())


def _files(comment_ids: Collection[str]) -> dict[str, list[Shape]]:
    """The files of these notes, in the order they came."""
    found: dict[str, list[Shape]] = {}
    where = CommentFile.comment.in_(list(comment_ids))
    for file in CommentFile.select().where(where).order_by(CommentFile.id):
        found.setdefault(file.comment_id, []).append(file_shape(file))
    return found
