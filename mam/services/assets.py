"""Assets: what people talk about, from before the first byte to the trash. Writes `asset` and the audit log.

A list costs three queries whatever its length: the assets, their versions, their versions' renditions.
Deleting is moving to the trash; the masters stay where and as locked as they are.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from mam.core import Mam
from mam.errors import FieldError, ValidationError
from mam.models import Asset, database, now
from mam.services import (
    access,
    asset_filter,
    audit,
    events,
    fields,
    folders,
    pages,
    reading,
    review_state,
    search_index,
)
from mam.services import tags as tag_rules
from mam.services.asset_filter import Filter
from mam.services.endings import end_addresses
from mam.services.shapes import Shape, asset_shape, version_shape
from mam.types import Actor

_TEXTS = ("title", "kind", "status")
SORTS = ("created_at", "updated_at", *_TEXTS)
_EMPTY = {
    "kind": "COALESCE(kind, '')"
}  # nothing is known of it before the first file; a cursor needs a value
MAX_METADATA = 64 << 10
"""The longest metadata of an asset, in bytes of JSON."""

_CHANGEABLE = [Asset.title, Asset.folder, Asset.tags, Asset.metadata, Asset.updated_at]
_KEEP: Any = object()
"""Stands for a value that is not to be changed, where None is one."""


def create_asset(
    mam: Mam,
    actor: Actor,
    *,
    project_id: str,
    title: str,
    folder_id: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    tags: Iterable[str] = (),
) -> Shape:
    """Make an asset that waits for its first upload."""
    access.require_project(mam, actor, "asset.write", project_id)
    folders.check_in_project(folder_id, project_id)
    asset = Asset(
        project=project_id,
        folder=folder_id,
        title=title,
        tags=tag_rules.checked(tags),
        metadata=_metadata(project_id, metadata or {}),
        created_by=actor.user_id,
    )
    with database.atomic():
        asset.save(force_insert=True)
        search_index.follow(asset)
        fields.follow(asset)
        _record(mam, actor, "asset.created", asset, {"title": title})
    return asset_shape(asset)


def list_assets(
    mam: Mam,
    actor: Actor,
    *,
    sort: str = "-created_at",
    cursor: str | None = None,
    until: str | None = None,
    limit: int = 50,
    parse: reading.Parse = orjson.loads,
    **filters: Any,
) -> Shape:
    """A page of the assets that `actor` sees and that fit every filter given (those of `Filter`).

    `until` is the cursor of the last row that is wanted; without it the list goes on to its end.

    `q` is words: each has to occur in title, file names, notes, metadata or tags, in any case. `parse` is for
    JSON columns: `orjson.Fragment` leaves them as they are, for an answer that is only passed on.
    """
    wanted = selected(mam, actor, sort=sort, cursor=cursor, until=until, **filters)
    tail, values = f"WHERE {wanted.sql} {wanted.order} LIMIT ?", wanted.values
    values = [*values, limit + 1]
    if parse is orjson.Fragment:  # only passed on, so one answer serves many
        minute = int(time.time() // 60)  # what is due becomes overdue without a write
        return reading.remembered((tail, sort, minute, *values), lambda: _page(tail, values, sort, parse))
    return _page(tail, values, sort, parse)


@dataclass(frozen=True)
class Selected:
    """What of `asset` a list shows: a condition, its values, what orders it before the id, and which way."""

    sql: str
    values: list[Any]
    key: str
    way: str

    @property
    def order(self) -> str:
        """`ORDER BY …`."""
        return f"ORDER BY {self.key} {self.way}, id {self.way}"


def selected(
    mam: Mam, actor: Actor, *, sort: str, cursor: str | None = None, until: str | None = None, **filters: Any
) -> Selected:
    """The rows after `cursor` up to and with `until` that fit the filters; `ValidationError` for bad ones."""
    descending, column = sort.startswith("-"), sort.removeprefix("-")
    if column not in SORTS:
        raise _invalid("sort", f"One of: {', '.join(SORTS)}; with - in front for descending.")
    sql, values = asset_filter.where(mam, actor, Filter(**filters))
    key = _EMPTY.get(column, column)
    for end, sign in ((cursor, "<" if descending else ">"), (until, ">=" if descending else "<=")):
        if end is not None:
            sql += f" AND ({key}, id) {sign} (?, ?)"
            values = [*values, *pages.position(end, sort, number=column not in _TEXTS)]
    return Selected(sql, values, key, "DESC" if descending else "ASC")


def _page(tail: str, values: list[Any], sort: str, parse: reading.Parse) -> Shape:
    """The assets of `SELECT … FROM asset` with `tail`, whose last value is one more than the page holds."""
    limit = values[-1] - 1
    rows = reading.ASSETS.read(tail, values, parse)
    shown = rows[:limit]
    versions = versions_of([row.id for row in shown], parse)
    last = shown[-1] if len(rows) > limit else None
    following = (
        pages.make_cursor(sort, getattr(last, sort.removeprefix("-")) or "", last.id) if last else None
    )
    return pages.listed(shown, lambda row: asset_shape(row, versions.get(row.id)), following)


def get_asset(mam: Mam, actor: Actor, asset_id: str) -> Shape:
    """An asset with its versions, newest first."""
    asset = access.require_asset(mam, actor, "asset.read", asset_id)
    return asset_shape(asset, versions_of([asset_id]).get(asset_id))


def update_asset(
    mam: Mam,
    actor: Actor,
    asset_id: str,
    *,
    title: str | None = None,
    folder_id: str | None = _KEEP,
    metadata: Mapping[str, Any] | None = None,
    tags: Iterable[str] | None = None,
) -> Shape:
    """Change what is given; metadata and tags are replaced whole, `folder_id` None is the project's top."""
    asset = access.require_asset(mam, actor, "asset.write", asset_id)
    if folder_id is not _KEEP:
        folders.check_in_project(folder_id, asset.project_id)
        asset.folder_id = folder_id
    asset.title = asset.title if title is None else title
    asset.tags = asset.tags if tags is None else tag_rules.checked(tags)
    if metadata is not None:
        asset.metadata = _metadata(asset.project_id, metadata, asset.metadata)
    asset.updated_at = now()
    with database.atomic():
        asset.save(only=_CHANGEABLE)
        search_index.follow(asset)
        fields.follow(asset)
        _record(mam, actor, "asset.updated", asset, {"title": asset.title})
    return asset_shape(asset, versions_of([asset_id]).get(asset_id))


def delete_asset(mam: Mam, actor: Actor, asset_id: str) -> None:
    """Move an asset to the trash; signed addresses of its versions end within seconds."""
    asset = access.require_asset(mam, actor, "asset.delete", asset_id)
    with database.atomic():
        gone = {"deleted_at": now(), "deleted_by": actor.user_id, "updated_at": now()}
        Asset.update(gone).where(Asset.id == asset_id).execute()
        _record(mam, actor, "asset.trashed", asset, {"title": asset.title})
        end_addresses(mam, f"asset:{asset_id}")


def restore_asset(mam: Mam, actor: Actor, asset_id: str) -> Shape:
    """Take an asset out of the trash."""
    asset = access.require_asset(mam, actor, "asset.delete", asset_id, trashed=True)
    with database.atomic():
        Asset.update(deleted_at=None, deleted_by=None, updated_at=now()).where(Asset.id == asset_id).execute()
        _record(mam, actor, "asset.restored", asset, {"title": asset.title})
    return get_asset(mam, actor, asset_id)


def refresh_search(asset_id: str) -> None:
    """Bring what is searched up to date with versions and notes; in the caller's transaction."""
    search_index.refresh(asset_id)


def keep_words(asset_id: str, text: str) -> None:
    """Have `q` find what the current file says, in place of an earlier one; in the caller's transaction."""
    search_index.keep_words(asset_id, text)


def versions_of(asset_ids: list[str], parse: reading.Parse = orjson.loads) -> dict[str, list[Shape]]:
    """The versions of several assets, newest first, in two queries; in three where any was reviewed."""
    if not asset_ids:
        return {}
    tail = f"WHERE {reading.one_of('asset_id', asset_ids)} AND removed_at IS NULL ORDER BY number DESC"
    versions = reading.VERSIONS.read(tail, asset_ids, parse)
    renditions = reading.renditions([one.id for one in versions if one.preview_generation])
    decisions = review_state.standing([one.id for one in versions if one.review_status])
    found: dict[str, list[Shape]] = defaultdict(list)
    for version in versions:
        shown = renditions.get((version.id, version.preview_generation), [])
        said = decisions.get(version.id)
        found[version.asset_id].append(version_shape(version, shown=shown, decisions=said))
    return found


def _metadata(
    project_id: str, metadata: Mapping[str, Any], before: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    if len(json.dumps(metadata, ensure_ascii=False).encode()) > MAX_METADATA:
        raise _invalid("metadata", f"At most {MAX_METADATA} bytes of JSON.")
    return fields.checked(project_id, metadata, before)


def _record(mam: Mam, actor: Actor, action: str, asset: Asset, data: Mapping[str, Any]) -> None:
    audit.record(
        mam, actor, action, kind="asset", subject_id=asset.id, project_id=asset.project_id, data=data
    )
    events.publish(mam, action, project_id=asset.project_id, asset_id=asset.id)


def _invalid(field: str, message: str) -> ValidationError:
    return ValidationError(f"{field}: {message}", (FieldError(field, message),))
