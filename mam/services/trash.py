"""The trash of a project: what lies there, who put it there when, and until when its masters are locked.

Reads only: restoring is `assets.restore_asset`. Nothing here removes a master, locked or not.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mam.core import Mam
from mam.models import Asset, User, Version
from mam.services import access, assets, pages
from mam.services.shapes import Shape, asset_shape, iso
from mam.types import Actor


def list_trash(
    mam: Mam, actor: Actor, project_id: str, *, cursor: str | None = None, limit: int = 50
) -> Shape:
    """The assets in a project's trash, the last thrown away first, for who may bring them back.

    Each is the asset with `trashed_at`, `trashed_by` (a name, or None) and `locked_until`: when the last lock
    on one of its masters ends; `legal_hold` has no end. None for no lock.
    """
    access.require_project(mam, actor, "asset.delete", project_id)
    query = Asset.select().where((Asset.project == project_id) & Asset.deleted_at.is_null(False))
    sorts: dict[str, Any] = {"deleted_at": Asset.deleted_at}
    rows, following = pages.page(query, "-deleted_at", sorts, Asset.id, cursor=cursor, limit=limit)
    ids = [row.id for row in rows]
    versions = assets.versions_of(ids)
    names, locks = _names(rows), _locks(ids)
    return {
        "items": [
            {**asset_shape(row, versions.get(row.id)), **_gone(row, names, locks.get(row.id, []))}
            for row in rows
        ],
        "next_cursor": following,
    }


def _gone(row: Asset, names: dict[str, str], versions: list[Any]) -> Shape:
    ends = [one.retain_until for one in versions if one.locked and one.retain_until is not None]
    return {
        "trashed_at": iso(row.deleted_at),
        "trashed_by": names.get(row.deleted_by or ""),
        "locked_until": iso(max(ends)) if ends else None,
        "legal_hold": any(one.legal_hold for one in versions),
    }


def _names(rows: Iterable[Asset]) -> dict[str, str]:
    wanted = {row.deleted_by for row in rows if row.deleted_by}
    return {one.id: one.display_name for one in User.select().where(User.id.in_(wanted))} if wanted else {}


def _locks(asset_ids: list[str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    columns = (Version.asset, Version.locked, Version.retain_until, Version.legal_hold)
    for row in Version.select(*columns).where(Version.asset.in_(asset_ids)) if asset_ids else ():
        found.setdefault(row.asset_id, []).append(row)
    return found
