"""The events as somebody may hear them, in their order, from any of them on: streams and reading back.

The database is the buffer: whoever is slow or away goes on after the last one they had. What may not be seen
is left out, asked anew each time (promise G6). Reads only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from peewee import fn

from mam.core import Mam
from mam.errors import FieldError, GoneError, ValidationError
from mam.event_types import is_pattern, matches
from mam.ids import is_id
from mam.models import Event, Member
from mam.services import access
from mam.services.shapes import Shape
from mam.types import Actor, Thing

AT_ONCE = 100
"""Events looked at in one step of a stream."""


@dataclass(frozen=True)
class Wish:
    """What a listener wants to hear: of one project or of all they see, of these types."""

    project_id: str | None = None
    types: tuple[str, ...] = ()


@dataclass(frozen=True)
class Told:
    """A step: the events that may be heard (id, type, JSON text), how far it got, whether more wait."""

    events: list[tuple[str, str, str]]
    seq: int
    more: bool


def wish(mam: Mam, actor: Actor, project_id: str | None, types: str | None) -> Wish:
    """What is asked for; `types` are names or patterns with commas between. Raises for what is not there."""
    found = tuple(one.strip() for one in (types or "").split(",") if one.strip())
    unknown = next((one for one in found if not is_pattern(one)), None)
    if unknown is not None:
        message = f"There is no event {unknown[:64]}; GET /api/events/types lists them."
        raise ValidationError(f"types: {message}", (FieldError("types", message),))
    if project_id is not None:
        access.require_project(mam, actor, "project.read", project_id)
    return Wish(project_id, found)


def place_of(since: str | None) -> tuple[int, str | None]:
    """The number and id of the event after which to go on: the one named, or the last there is.

    `GoneError` for one that is not kept any more: what came since then cannot be told in full.
    """
    if since is None:
        row = Event.select(Event.seq, Event.id).order_by(Event.seq.desc()).first()
        return (row.seq, row.id) if row else (0, None)
    row = Event.get_or_none(Event.id == since)
    if row is None:
        raise GoneError("That event is not kept any more: read the present state, then follow from now.")
    return row.seq, row.id


def history(mam: Mam, actor: Actor, wanted: Wish, *, cursor: str | None, limit: int) -> Shape:
    """Events after the one that `cursor` names, oldest first; without it from the oldest that is kept."""
    if cursor is not None and not is_id(cursor):
        raise ValidationError(
            "The cursor is not one of this list.", (FieldError("cursor", "An event's id."),)
        )
    seq = place_of(cursor)[0] if cursor is not None else 0
    found: list[tuple[str, str, str]] = []
    more = True
    while more and len(found) < limit:
        step = after(mam, actor, wanted, seq, limit - len(found))
        found, seq, more = found + step.events, step.seq, step.more
    items = [orjson.loads(body) for _, _, body in found]
    return {"items": items, "next_cursor": _id_of(seq) if more and items else None}


def after(mam: Mam, actor: Actor, wanted: Wish, seq: int, limit: int = AT_ONCE) -> Told:
    """The next events after a number that the actor may hear and wants; looks at `limit` at most."""
    query = Event.select().where(Event.seq > seq, Event.webhook_id.is_null()).order_by(Event.seq)
    rows = list(query.where(_places(mam, actor, wanted)).limit(limit))
    if len(rows) < limit:
        return Told(_heard(mam, actor, wanted, rows), rows[-1].seq if rows else seq, more=False)
    return Told(_heard(mam, actor, wanted, rows), rows[-1].seq, more=True)


def _places(mam: Mam, actor: Actor, wanted: Wish) -> Any:
    """The condition of the projects; events of the box are among those of administrators."""
    if wanted.project_id is not None:
        return Event.project_id == wanted.project_id
    visible = access.visible_projects(mam, actor)
    return Event.seq.is_null(False) if visible is None else Event.project_id.in_(visible)


def _heard(mam: Mam, actor: Actor, wanted: Wish, rows: Sequence[Event]) -> list[tuple[str, str, str]]:
    roles = _roles(actor, {row.project_id for row in rows if row.project_id})
    known: dict[tuple[str | None, str], bool] = {}
    for row in rows:
        key = (row.project_id, row.right)
        if key not in known:
            known[key] = _may(mam, actor, *key, roles)
    chosen = [row for row in rows if known[row.project_id, row.right]]
    return [
        (row.id, row.type, row.body) for row in chosen if not wanted.types or matches(wanted.types, row.type)
    ]


def _may(mam: Mam, actor: Actor, project_id: str | None, right: str, roles: dict[str, str]) -> bool:
    if project_id is None:
        return access.allowed(mam, actor, "box.admin")
    thing = Thing("project", project_id, project_id, roles.get(project_id))
    return access.allowed(mam, actor, right, thing)


def _roles(actor: Actor, project_ids: set[str]) -> dict[str, str]:
    mine = (Member.user == actor.user_id) & Member.project.in_(project_ids)
    rows: Any = Member.select(Member.project, Member.role).where(mine).tuples()
    return dict(rows)


def _id_of(seq: int) -> str | None:
    found: str | None = Event.select(fn.MAX(Event.id)).where(Event.seq == seq).scalar()
    return found
