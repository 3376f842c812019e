"""Which assets: filters that lists, searches and saved collections share, as one condition on `asset`.

Only what the actor sees, always; a project that may not be seen does not exist. Reads only.
"""

from __future__ import annotations

import functools
import re
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from mam import search_words
from mam.core import Mam
from mam.errors import FieldError, ValidationError
from mam.models import UTCField, database
from mam.search_words import fold
from mam.services import access, search_sql
from mam.services.search_sql import Clause
from mam.types import Actor

_ANYBODY = "anybody"
_NOTHING = "1 = 0"
_FIELD = re.compile(r"([^:<>=]{1,64})(:|>=|<=)(.{0,300})", re.DOTALL)
_COMPARED = {">=": ">=", "<=": "<="}


@dataclass(frozen=True)
class Filter:
    """What an asset has to fit; None and empty texts ask for nothing.

    `person` made the asset; `since` and `to` are days (`2026-11-21`, both included) it was made on; `field`
    is `key:value`, `key:` for any value, or `key>=value`, `key<=value`. `review` is where that of the current
    version stands: none, in_review, approved, changes_requested or overdue.
    """

    q: str | None = None
    project_id: str | None = None
    folder_id: str | None = None
    kind: str | None = None
    status: str | None = None
    tag: str | None = None
    person: str | None = None
    since: str | None = None
    to: str | None = None
    field: str | None = None
    review: str | None = None
    trashed: bool = False


def where(mam: Mam, actor: Actor, wanted: Filter) -> Clause:
    """The condition of the assets in reach that fit; `NotFoundError` for a project that may not be seen."""
    parts = [_visible(mam, actor, wanted.project_id), *_plain(wanted)]
    if wanted.q and wanted.q.strip():
        terms = search_words.query(wanted.q)
        parts.append(search_sql.engine().condition(terms) if terms else (_NOTHING, []))
    return joined(parts)


def without_words(mam: Mam, actor: Actor, wanted: Filter) -> Clause:
    """The same but for `q`, which is ranked by whoever asks."""
    return joined([_visible(mam, actor, wanted.project_id), *_plain(wanted)])


def joined(parts: list[Clause]) -> Clause:
    """Every one of the conditions."""
    return " AND ".join(sql for sql, _ in parts), [value for _, values in parts for value in values]


def _plain(wanted: Filter) -> list[Clause]:
    equal = {
        "folder_id": wanted.folder_id,
        "kind": wanted.kind,
        "status": wanted.status,
        "created_by": wanted.person,
    }
    parts: list[Clause] = [(f"asset.deleted_at IS {'NOT ' if wanted.trashed else ''}NULL", [])]
    parts += [(f"asset.{name} = ?", [value]) for name, value in equal.items() if value]
    if wanted.tag:
        parts.append(("asset.id IN (SELECT asset_id FROM asset_tag WHERE name = ?)", [wanted.tag]))
    if wanted.since:
        parts.append(("asset.created_at >= ?", [_day("since", wanted.since)]))
    if wanted.to:
        parts.append(("asset.created_at < ?", [_day("to", wanted.to, timedelta(days=1))]))
    if wanted.review:
        parts.append(_review(wanted.review))
    return [*parts, *([_field(wanted.field)] if wanted.field else [])]


def _review(state: str) -> Clause:
    """Assets whose current version stands there; few are in review at once, so those come by the index."""
    if state == "none":
        mine = "version.id = asset.current_version_id AND version.review_status IS NOT NULL"
        return f"NOT EXISTS (SELECT 1 FROM version WHERE {mine})", []  # noqa: S608 - our own words
    late = state == "overdue"
    due: list[Any] = [int(time.time() * 1_000_000)] if late else []
    inside = "review_status = ?" + (" AND review_due_at < ?" if late else "")
    sql = f"asset.current_version_id IN (SELECT id FROM version WHERE {inside})"  # noqa: S608 - likewise
    return sql, ["in_review" if late else state, *due]


def _day(name: str, text: str, more: timedelta = timedelta()) -> int:
    """Microseconds of a day's beginning in UTC."""
    try:
        moment = datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC) + more
    except (ValueError, OverflowError):
        raise _invalid(name, "A day as 2026-11-21.") from None
    return int(UTCField().db_value(moment))


def _field(text: str) -> Clause:
    """A custom field's value; keys are a project's own, values are compared folded or as numbers."""
    found = _FIELD.fullmatch(text)
    if found is None:
        raise _invalid("field", "A field as key:value, key>=value or key<=value.")
    key, sign, value = found.groups()
    values: list[Any] = [key.strip()]
    condition = ""
    if sign in _COMPARED:
        number = _number(value)
        condition = f" AND {'field_value.text' if number is None else 'field_value.number'} {sign} ?"
        values.append(fold(value.strip()) if number is None else number)
    elif value.strip():
        condition = " AND field_value.text = ?"
        values.append(fold(value.strip())[:300])
    sql = (
        "asset.id IN (SELECT field_value.asset_id FROM field_value "  # noqa: S608 - texts of ours
        "JOIN custom_field ON custom_field.id = field_value.field_id "
        f"WHERE custom_field.key = ? AND custom_field.deleted_at IS NULL{condition})"
    )
    return sql, values


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _visible(mam: Mam, actor: Actor, project_id: str | None) -> Clause:
    """The condition of the assets in reach; a project that may not be seen is a `NotFoundError`."""
    if project_id is not None:
        access.require_project(mam, actor, "asset.read", project_id)
        return "asset.project_id = ?", [project_id]
    visible = access.visible_projects(mam, actor)
    if visible is None:
        return "asset.project_id IN (SELECT id FROM project WHERE deleted_at IS NULL)", []
    if actor.key is not None or access.leads(actor) is not None:
        of_key, limits = visible.sql()
        return f"asset.project_id IN ({of_key.replace(database.param, '?')})", list(limits)
    sql, values = _member_sql(database.obj)  # type: ignore[attr-defined]
    return f"asset.project_id IN ({sql})", [actor.user_id if value == _ANYBODY else value for value in values]


@functools.lru_cache(maxsize=4)
def _member_sql(_bound: object) -> tuple[str, tuple[Any, ...]]:
    """The query of somebody's projects as text: building it takes longer than the whole list."""
    sql, values = access.projects_of(_ANYBODY).sql()
    return sql.replace(database.param, "?"), tuple(values)


def _invalid(field: str, message: str) -> ValidationError:
    return ValidationError(f"{field}: {message}", (FieldError(field, message),))
