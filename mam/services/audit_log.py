"""Reads the audit log for administrators: pages with search and filters, and the same as CSV. Reads only."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import and_, or_
from typing import Any

from peewee import fn

from mam.core import Mam
from mam.errors import FieldError, ValidationError
from mam.models import AuditEntry, Project, User
from mam.services import access, audit
from mam.services.audit_chain import FIELDS, canonical
from mam.services.shapes import audit_shape
from mam.types import Actor

FILTERS = ("q", "action", "actor_id", "subject_id", "project_id", "from", "to")
"""What a list may be narrowed by; `action` that ends in a dot stands for all that begin with it."""

COLUMNS = (*(name for name in FIELDS if name != "bytes"), "prev", "hash")
"""Of the CSV, in order."""

_PAGE = 200
_WORDS = 8
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def list_entries(
    mam: Mam,
    actor: Actor,
    filters: Mapping[str, str] | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> dict[str, Any]:
    """The log, newest first, for administrators: `{items, next_cursor}`.

    `filters` may name `FILTERS`; each word of `q` is looked for in every text of an entry, `from` and `to`
    are ISO 8601 days or moments (a day's `to` includes it). Raises `ForbiddenError`, `ValidationError`.
    """
    query = AuditEntry.select().where(_reach(mam, actor)).order_by(AuditEntry.seq.desc())
    for name, value in (filters or {}).items():
        query = query.where(_matching(name, value))
    if cursor is not None:
        query = query.where(AuditEntry.seq < _position(cursor))
    limit = max(1, min(limit, _PAGE))
    rows = list(query.limit(limit + 1))
    following = str(rows[limit - 1].seq) if len(rows) > limit else None
    return {"items": [audit_shape(row) for row in rows[:limit]], "next_cursor": following}


def actions(mam: Mam, actor: Actor) -> list[str]:
    """Every action that was ever recorded, for a list to choose from."""
    query = AuditEntry.select(AuditEntry.action).where(_reach(mam, actor)).distinct()
    return [row.action for row in query.order_by(AuditEntry.action).limit(_PAGE)]


def begin_export(mam: Mam, actor: Actor, filters: Mapping[str, str]) -> str:
    """Note that somebody takes the log away; answers the CSV's head."""
    list_entries(mam, actor, filters, limit=1)  # a bad filter is said before anything streams
    audit.record(mam, actor, "audit.exported", data={"filters": dict(filters)})
    return _written([COLUMNS])


def export_page(
    mam: Mam, actor: Actor, filters: Mapping[str, str], cursor: str | None
) -> tuple[str, str | None]:
    """The next 200 entries as CSV, and the cursor of those after."""
    found = list_entries(mam, actor, filters, cursor, _PAGE)
    rows = [[one[name] for name in COLUMNS] for one in found["items"]]
    return _written(rows), found["next_cursor"]


def _reach(mam: Mam, actor: Actor) -> Any:
    """The condition of the entries that `actor` may read: all, or those of the own organisation.

    These are what was done in its projects, by its people where it was in no project, and to its people.
    """
    home = access.administered(mam, actor)
    if home is None:
        return AuditEntry.seq.is_null(False)
    own = Project.select(Project.id).where(Project.organisation_id == home)
    people = User.select(User.id).where(User.organisation_id == home)
    about = AuditEntry.actor_id.in_(people) | AuditEntry.subject_id.in_(people)
    return AuditEntry.project_id.in_(own) | (AuditEntry.project_id.is_null() & about)


def _written(rows: Iterable[Iterable[Any]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([cell(value) for value in row] for row in rows)
    return out.getvalue()


def cell(value: Any) -> str:
    """A cell's text; one that a spreadsheet would take for a formula is quoted with an apostrophe (H4)."""
    text = canonical(value) if isinstance(value, (dict, list)) else "" if value is None else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _matching(name: str, value: str) -> Any:
    if name not in FILTERS:
        known = ", ".join(FILTERS)
        raise ValidationError("The filter is unknown.", (FieldError(name, f"One of {known}."),))
    if name == "q":
        return _searched(value)
    if name in ("from", "to"):
        return _within(name, value)
    if name == "action" and value.endswith("."):
        return AuditEntry.action.startswith(value)
    return getattr(AuditEntry, name) == value


def _searched(text: str) -> Any:
    """Every word somewhere in the entry, upper and lower case of ASCII alike."""
    texts = (
        AuditEntry.action,
        AuditEntry.actor_name,
        AuditEntry.address,
        AuditEntry.subject_id,
        AuditEntry.request_id,
        AuditEntry.data,
    )
    words = text.lower().split()[:_WORDS] or [""]
    return reduce(and_, (reduce(or_, (fn.LOWER(one).contains(word) for one in texts)) for word in words))


def _within(name: str, value: str) -> Any:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        message = "A day or moment such as 2026-11-21 or 2026-11-21T09:30:00Z."
        raise ValidationError("The time does not hold.", (FieldError(name, message),)) from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if name == "from":
        return AuditEntry.at >= moment
    is_day = len(value) <= len("2026-11-21")
    return AuditEntry.at < moment + timedelta(days=1) if is_day else AuditEntry.at <= moment


def _position(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):  # noqa: PLR2004 - a 32-bit serial
        raise ValidationError(
            "The cursor does not hold.", (FieldError("cursor", "A next_cursor of this list."),)
        )
    return int(cursor)
