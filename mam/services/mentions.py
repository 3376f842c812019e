"""People named in notes: who may be named, the ids in a note's words, and the names they are read as.

A note's words keep `@[user id]`; whoever reads sees the name that the person has now. Only people who could
read the note may be named. Writes `comment_mention`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from peewee import JOIN

from mam.core import Mam
from mam.errors import FieldError, ForbiddenError, ValidationError
from mam.models import CommentMention, Member, User
from mam.services import access, people
from mam.services.shapes import Shape
from mam.types import Actor, Thing

MANAGE = "comment.manage"
"""The right to see and write internal notes, and to resolve and delete those of others."""

MOST = 50
"""People whom one note may name."""

GONE = "somebody who left"
"""What a name reads as once its account is gone."""

_MOST_PEOPLE = 2000  # who are looked at for one list of names
_TOKEN = re.compile(r"@\[([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\]")


def offered(mam: Mam, actor: Actor, asset_id: str, *, q: str, internal: bool, limit: int) -> Shape:
    """Who may be named in a note on this asset, by name; `q` is the beginning of one of their names' words.

    For an internal note only who manages notes. Raises `NotFoundError`, and `ForbiddenError` for whoever may
    not write such a note.
    """
    asset = access.require_asset(mam, actor, "comment.write", asset_id)
    if actor.user_id is None:
        raise ForbiddenError("Guests name nobody: they do not see who works here.")
    if internal:
        access.require(mam, actor, MANAGE, access.actor_thing(actor, "asset", asset.id, asset.project_id))
    wanted = q.casefold().split()
    found = [one for one in readers(mam, asset.project_id, internal=internal) if _begins(one[1], wanted)]
    found.sort(key=lambda one: (one[1].casefold(), one[0]))
    items = [{"id": user_id, "display_name": name} for user_id, name in found[:limit]]
    return {"items": items, "next_cursor": None}


def readers(
    mam: Mam, project_id: str, *, internal: bool, only: Collection[str] | None = None
) -> list[tuple[str, str]]:
    """Id and name of everybody who reads the notes of a project (the internal ones); of `only` these."""
    rows = list(_candidates(project_id, only))
    roles = people.roles_of([row.id for row in rows])
    action = MANAGE if internal else "comment.read"
    return [
        (row.id, row.display_name)
        for row in rows
        if access.allowed(
            mam,
            Actor(
                row.id,
                row.email,
                row.display_name,
                tuple(sorted(roles[row.id])),
                organisation_id=row.organisation_id,
            ),
            action,
            Thing("project", project_id, project_id, row.project_role),
        )
    ]


def ids_in(body: str) -> list[str]:
    """The people whom the words name, each once, in their order."""
    return list(dict.fromkeys(_TOKEN.findall(body)))


def check(
    mam: Mam, actor: Actor, project_id: str, body: str, *, internal: bool, before: set[str]
) -> set[str]:
    """Who is named here and was not `before`; `ValidationError` for somebody who could not read the note."""
    named = ids_in(body)
    if len(named) > MOST:
        raise _invalid(f"At most {MOST} people in one note.")
    fresh = set(named) - before
    if not fresh:
        return set()
    if actor.user_id is None:
        raise _invalid("Guests name nobody.")
    known = {user_id for user_id, _ in readers(mam, project_id, internal=internal, only=fresh)}
    if fresh - known:
        raise _invalid("It names somebody who may not read this note.")
    return fresh


def save(comment_id: str, body: str) -> None:
    """Keep whom the words name now; callers hold the transaction."""
    CommentMention.delete().where(CommentMention.comment == comment_id).execute()
    found: Any = User.select(User.id).where(User.id.in_(ids_in(body))).tuples()
    rows = [{"comment": comment_id, "user": user_id} for (user_id,) in found]
    if rows:
        CommentMention.insert_many(rows).execute()


def of(comment_ids: Collection[str]) -> dict[str, set[str]]:
    """Whom each of these notes names."""
    found: dict[str, set[str]] = {one: set() for one in comment_ids}
    where = CommentMention.comment.in_(list(comment_ids))
    rows: Any = CommentMention.select(CommentMention.comment, CommentMention.user).where(where).tuples()
    for comment_id, user_id in rows:
        found[comment_id].add(user_id)
    return found


def names_of(bodies: Iterable[str]) -> dict[str, str]:
    """The names that people have now who are named in any of these words."""
    ids = sorted({one for body in bodies for one in ids_in(body)})
    if not ids:
        return {}
    rows = User.select(User.id, User.display_name).where(User.id.in_(ids))
    return {row.id: row.display_name for row in rows}


def plain(body: str, names: Mapping[str, str]) -> str:
    """The words as they are read: `@` and a name in place of each id."""
    return _TOKEN.sub(lambda found: f"@{names.get(found[1], GONE)}", body)


def _candidates(project_id: str, only: Collection[str] | None) -> Any:
    """Active people who belong to the project or administer its organisation, with their role there."""
    here = (Member.user == User.id) & (Member.project == project_id)
    on_the_box = User.id.in_(people.above(project_id))
    query = User.select(User.id, User.email, User.display_name, User.organisation_id)
    query = query.select_extend(Member.role.alias("project_role"))
    query = query.join(Member, JOIN.LEFT_OUTER, on=here)
    query = query.where((User.status == "active") & (Member.role.is_null(False) | on_the_box))
    if only is not None:
        query = query.where(User.id.in_(sorted(only)))
    return query.order_by(User.id).limit(_MOST_PEOPLE).objects()


def _begins(name: str, wanted: Iterable[str]) -> bool:
    """Whether each wanted beginning begins a word of the name."""
    words = name.casefold().split()
    return all(any(word.startswith(one) for word in words) for one in wanted)


def _invalid(message: str) -> ValidationError:
    return ValidationError(f"body: {message}", (FieldError("body", message),))
