"""Who owes what: a project's board by the state of each asset's current version, and what waits for somebody.

A column is paged by keyset and costs three queries whatever it holds. Reads only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from peewee import Case, fn

from mam.core import Mam
from mam.errors import FieldError, ValidationError
from mam.models import Asset, Project, Reviewer, ReviewRequest, User, Version, now
from mam.services import access, client_reviews, pages, review_state
from mam.services.review_rules import STATUSES
from mam.services.shapes import Shape, iso, person_shape, review_shape
from mam.types import Actor

COLUMNS = STATUSES
"""Nobody was asked, in review, changes requested, approved."""

_NEVER = 2**62  # microseconds: what is not due comes after everything that is
_DUE = fn.COALESCE(Version.review_due_at, _NEVER)
_WAITS = Reviewer.state == "waiting"


def column(
    mam: Mam,
    actor: Actor,
    project_id: str,
    *,
    column: str,
    waiting: bool = False,
    cursor: str | None = None,
    limit: int = 50,
) -> Shape:
    """A page of the assets in one column: in review by due date, the others newest first.

    With `waiting` only those that wait for `actor`.
    """
    access.require_project(mam, actor, "asset.read", project_id)
    if column not in COLUMNS:
        message = f"One of: {', '.join(COLUMNS)}."
        raise ValidationError(f"column: {message}", (FieldError("column", message),))
    query = _current(project_id).where(_standing(column))
    if waiting:
        query = query.where(Version.id.in_(_waiting_versions(actor)))
    rows, following = _page(query, due_first=column == "in_review", cursor=cursor, limit=limit)
    ids = [row.id for row in rows]
    said, owed = review_state.standing(ids), owed_by(ids)
    return pages.listed(rows, lambda row: _card(row, said, owed, actor), following)


def card(mam: Mam, actor: Actor, asset_id: str) -> Shape | None:
    """One asset as its board shows it now; None before its first version."""
    access.require_asset(mam, actor, "asset.read", asset_id)
    query: Any = Version.select(Version, Asset).join(Asset, on=_is_current()).where(Asset.id == asset_id)
    row = query.first()
    if row is None:
        return None
    return _card(row, review_state.standing([row.id]), owed_by([row.id]), actor)


def counts(mam: Mam, actor: Actor, project_id: str) -> Shape:
    """How many assets stand in each column, how many of them are overdue, how many wait for `actor`."""
    access.require_project(mam, actor, "asset.read", project_id)
    late = Case(None, [((Version.review_status == "in_review") & (Version.review_due_at < now()), 1)], 0)
    query = _current(project_id, Version.review_status, fn.COUNT(Version.id), fn.SUM(late))
    found: list[Any] = list(query.group_by(Version.review_status).tuples())
    many = {status or "none": count for status, count, _ in found}
    mine = _current(project_id, Version.id).where(Version.id.in_(_waiting_versions(actor))).count()
    overdue = sum(int(late or 0) for _, _, late in found)
    return {**{name: many.get(name, 0) for name in COLUMNS}, "overdue": overdue, "waiting": mine}


def waiting(
    mam: Mam,
    actor: Actor,
    *,
    project_id: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Shape:
    """The reviews of current versions that wait for `actor`, across projects, the first due first."""
    visible = access.visible_projects(mam, actor)
    query: Any = Reviewer.select(Reviewer, ReviewRequest, Version, Asset, Project).join(ReviewRequest)
    query = query.join(Version).join(Asset).join(Project)
    query = query.where((Reviewer.user == actor.user_id) & _WAITS & (Asset.current_version_id == Version.id))
    query = query.where(Asset.deleted_at.is_null() & Project.deleted_at.is_null())
    if project_id is not None:
        access.require_project(mam, actor, "asset.read", project_id)
        query = query.where(Asset.project == project_id)
    if visible is not None:
        query = query.where(Asset.project.in_(visible))
    rows, following = _page(query, due_first=True, cursor=cursor, limit=limit, version=_version_of)
    askers = _people(row.request.created_by_id for row in rows)
    return pages.listed(rows, lambda row: _waiting(row, askers), following)


def owed_by(version_ids: Sequence[str]) -> dict[str, list[Shape]]:
    """Whose word is waited for, by version, people and then clients' links; in a few queries."""
    found: dict[str, list[Shape]] = defaultdict(list)
    if not version_ids:
        return found
    query: Any = (
        Reviewer.select(Reviewer, ReviewRequest, User).join(ReviewRequest).switch(Reviewer).join(User)
    )
    query = query.where(ReviewRequest.version.in_(list(version_ids)) & _WAITS)
    for row in query.order_by(Reviewer.place, Reviewer.id):
        found[row.request.version_id].append(person_shape(row.user) or {})
    for version_id, clients in client_reviews.owed(version_ids).items():
        found[version_id].extend(clients)
    return found


def _current(project_id: str, *wanted: Any) -> Any:
    """The current versions of a project's assets, with those."""
    query = Version.select(*(wanted or (Version, Asset))).join(Asset, on=_is_current())
    return query.where((Asset.project == project_id) & Asset.deleted_at.is_null())


def _is_current() -> Any:
    return Asset.current_version_id == Version.id


def _standing(column: str) -> Any:
    return Version.review_status.is_null() if column == "none" else Version.review_status == column


def _waiting_versions(actor: Actor) -> Any:
    query: Any = ReviewRequest.select(ReviewRequest.version).join(Reviewer)
    return query.where((Reviewer.user == actor.user_id) & _WAITS)


def _version_of(row: Any) -> Any:
    return row.request.version


def _page(
    query: Any, *, due_first: bool, cursor: str | None, limit: int, version: Any = lambda row: row
) -> tuple[list[Any], str | None]:
    """One page by due date, or by the age of the version, with the cursor of the next."""
    sort, key = ("due_at", _DUE) if due_first else ("-created_at", -Version.created_at)
    if cursor is not None:
        value, last_id = pages.position(cursor, sort, number=True)
        query = query.where((key > value) | ((key == value) & (Version.id > last_id)))
    rows = list(query.order_by(key, Version.id).limit(limit + 1))
    if len(rows) <= limit:
        return rows, None
    last = version(rows[limit - 1])
    moment = last.review_due_at if due_first else last.created_at
    number = _NEVER if moment is None else Version.created_at.db_value(moment)
    return rows[:limit], pages.make_cursor(sort, number if due_first else -number, last.id)


def _card(row: Any, said: dict[str, list[Shape]], owed: dict[str, list[Shape]], actor: Actor) -> Shape:
    media, people = row.media or {}, owed.get(row.id, [])
    return {
        "asset_id": row.asset_id,
        "title": row.asset.title,
        "kind": row.asset.kind,
        "version_id": row.id,
        "number": row.number,
        "blurhash": row.blurhash,
        "width": media.get("width"),
        "height": media.get("height"),
        "review": review_shape(row.review_status, row.review_due_at, said.get(row.id, [])),
        "owed_by": people,
        "mine": any(one["id"] == actor.user_id for one in people),
    }


def _people(ids: Iterable[str | None]) -> dict[str, User]:
    wanted = sorted({one for one in ids if one})
    return {user.id: user for user in User.select().where(User.id.in_(wanted))} if wanted else {}


def _waiting(row: Any, askers: dict[str, User]) -> Shape:
    request, version, asset = row.request, row.request.version, row.request.version.asset
    stands = review_shape(version.review_status, request.due_at, [])
    return {
        "project_id": asset.project_id,
        "project": asset.project.name,
        "asset_id": asset.id,
        "title": asset.title,
        "version_id": version.id,
        "number": version.number,
        "due_at": iso(request.due_at),
        "overdue": stands["overdue"],
        "asked_by": person_shape(askers.get(request.created_by_id)),
        "asked_at": iso(request.created_at),
        "step": request.steps[row.step - 1],
    }
