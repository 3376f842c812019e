"""Saved collections: a named filter of a project, shared with everybody there or one's own, always live.

Writes `collection` and the audit log; keeps no list of assets, so nothing has to be kept true.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from mam.core import Mam
from mam.errors import ConflictError, FieldError, NotFoundError, ValidationError
from mam.ids import is_id
from mam.models import Collection, database, now
from mam.services import access, asset_filter, assets, audit, events
from mam.services.asset_filter import Filter
from mam.services.shapes import Shape, iso
from mam.types import Actor

MOST = 200
"""Collections of a project, everybody's own among them."""

KEYS = tuple(one.name for one in fields(Filter) if one.name not in ("project_id", "trashed"))
"""What a collection may filter by."""

SORT = "sort"
_LONGEST = 300


def list_collections(mam: Mam, actor: Actor, project_id: str) -> Shape:
    """The shared collections of a project and the caller's own, by name."""
    access.require_project(mam, actor, "asset.read", project_id)
    rows = Collection.select().where((Collection.project == project_id) & _seen_by(actor))
    rows = rows.order_by(Collection.name, Collection.id)
    return {"items": [_shape(row) for row in rows], "next_cursor": None}


def create_collection(
    mam: Mam, actor: Actor, project_id: str, *, name: str, wanted: Mapping[str, Any], shared: bool = False
) -> Shape:
    """Save a filter under a name; a shared one needs the right to change assets."""
    access.require_project(mam, actor, "asset.write" if shared else "asset.read", project_id)
    owner = None if shared else actor.user_id
    with database.atomic():
        if Collection.select().where(Collection.project == project_id).count() >= MOST:
            raise ConflictError(f"A project may have {MOST} saved collections.", code="too_many")
        row = Collection.create(
            project=project_id, owner=owner, name=name, filter=_checked(mam, actor, project_id, wanted),
            created_by=actor.user_id,
        )  # fmt: skip
        _done(mam, actor, "created", row)
    return _shape(row)


def update_collection(mam: Mam, actor: Actor, collection_id: str, given: Mapping[str, Any]) -> Shape:
    """Change name, filter, or whether it is shared."""
    row = _found(mam, actor, collection_id, change=True)
    row.name = given.get("name", row.name)
    if "filter" in given:
        row.filter = _checked(mam, actor, row.project_id, given["filter"])
    if "shared" in given:
        access.require_project(mam, actor, "asset.write", row.project_id)
        row.owner_id = None if given["shared"] else actor.user_id
    row.updated_at = now()
    with database.atomic():
        row.save()
        _done(mam, actor, "updated", row)
    return _shape(row)


def delete_collection(mam: Mam, actor: Actor, collection_id: str) -> None:
    """Forget a collection; its assets stay where they are."""
    row = _found(mam, actor, collection_id, change=True)
    with database.atomic():
        row.delete_instance()
        _done(mam, actor, "deleted", row)


def get_collection(mam: Mam, actor: Actor, collection_id: str) -> Shape:
    """A collection that the caller sees."""
    return _shape(_found(mam, actor, collection_id))


def list_assets(
    mam: Mam, actor: Actor, collection_id: str, *, cursor: str | None = None, limit: int = 50
) -> Shape:
    """What fits the collection now, as a list of assets in its order."""
    row = _found(mam, actor, collection_id)
    wanted = dict(row.filter)
    sort = str(wanted.pop(SORT, "") or "-created_at")
    return assets.list_assets(
        mam, actor, project_id=row.project_id, sort=sort, cursor=cursor, limit=limit, **wanted
    )


def holds(mam: Mam, actor: Actor, collection_id: str, asset_id: str) -> bool:
    """Whether an asset fits a collection at this moment."""
    row = _found(mam, actor, collection_id)
    wanted = {key: value for key, value in row.filter.items() if key != SORT}
    sql, values = asset_filter.where(mam, actor, Filter(project_id=row.project_id, **wanted))
    text = f"SELECT 1 FROM asset WHERE asset.id = ? AND {sql}".replace("?", database.param)  # noqa: S608
    return database.execute_sql(text, (asset_id, *values)).fetchone() is not None


def _checked(mam: Mam, actor: Actor, project_id: str, given: Mapping[str, Any]) -> dict[str, str]:
    """Only known names with texts; a filter that cannot be asked is refused when it is saved."""
    kept = {key: value for key, value in given.items() if value not in (None, "")}
    for key, value in kept.items():
        if key not in (*KEYS, SORT) or not isinstance(value, str) or len(value) > _LONGEST:
            raise _invalid(f"filter.{key}"[:80], f"A text under one of: {', '.join((*KEYS, SORT))}.")
    wanted = {key: value for key, value in kept.items() if key != SORT}
    asset_filter.where(mam, actor, Filter(project_id=project_id, **wanted))
    if kept.get(SORT, "-created_at").removeprefix("-") not in assets.SORTS:
        raise _invalid("filter.sort", f"One of: {', '.join(assets.SORTS)}; with - in front for descending.")
    return kept


def _seen_by(actor: Actor) -> Any:
    return Collection.owner.is_null() | (Collection.owner == actor.user_id)


def _found(mam: Mam, actor: Actor, collection_id: str, *, change: bool = False) -> Collection:
    known = (Collection.id == collection_id) & _seen_by(actor)
    row: Collection | None = Collection.get_or_none(known) if is_id(collection_id) else None
    if row is None:
        raise NotFoundError
    shared = row.owner_id is None
    access.require_project(mam, actor, "asset.write" if change and shared else "asset.read", row.project_id)
    return row


def _shape(row: Collection) -> Shape:
    return {
        "id": row.id,
        "project_id": row.project_id,
        "name": row.name,
        "filter": row.filter,
        "shared": row.owner_id is None,
        "created_by": row.created_by_id,
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
    }


def _done(mam: Mam, actor: Actor, what: str, row: Collection) -> None:
    audit.record(
        mam, actor, f"collection.{what}", kind="collection", subject_id=row.id, project_id=row.project_id,
        data={"name": row.name, "shared": row.owner_id is None},
    )  # fmt: skip
    events.publish(mam, "project.collections", project_id=row.project_id)


def _invalid(field: str, message: str) -> ValidationError:
    return ValidationError(f"{field}: {message}", (FieldError(field, message),))
