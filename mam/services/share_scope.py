"""What a share shows at this moment: a condition on assets, asked anew every time somebody looks.

A folder's share shows all folders below it, too. Nothing without a file is shown, nothing from the trash.
Reads only.
"""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from peewee import OP, SQL, Expression, fn

from mam.core import Mam
from mam.models import (
    Asset,
    Collection,
    Comment,
    Folder,
    Project,
    Share,
    ShareAsset,
    Table,
    Version,
    database,
    now,
)
from mam.types import SYSTEM, Guest


def living() -> Any:
    """The condition of shares that still hold: not taken back, not over."""
    return Share.revoked_at.is_null() & (Share.expires_at.is_null() | (Share.expires_at > now()))


def find(condition: Any) -> Share | None:
    """The living share of a living project that fits, or None."""
    query = Share.select(Share).join(Project).where(condition, living(), Project.deleted_at.is_null())
    found: Share | None = query.first()
    return found


def shown(mam: Mam, share: Share) -> Any:
    """The condition of the assets that a share shows."""
    here = (Asset.project == share.project_id) & Asset.deleted_at.is_null()
    here &= Asset.current_version_id.is_null(is_null=False)
    if share.kind == "assets":
        here &= Asset.id.in_(ShareAsset.select(ShareAsset.asset).where(ShareAsset.share == share.id))
    elif share.kind == "folder":
        here &= Asset.folder.in_(_below(share))
    elif share.kind == "collection":
        here &= _collected(mam, share)
    return here & _filtered(share.filters)


def holds(mam: Mam, guest: Guest, row: Table) -> bool:
    """Whether the guest's share shows this asset, or the asset of this version or note, and that version."""
    asset_id, version_id = _place(row)
    share = find(Share.id == guest.share_id) if asset_id else None
    if share is None:
        return False
    asset = Asset.select(Asset.current_version_id).where(shown(mam, share), Asset.id == asset_id).first()
    if asset is None:
        return False
    return version_id is None or guest.all_versions or version_id == asset.current_version_id


def _place(row: Table) -> tuple[str | None, str | None]:
    """The asset and the version of a row; nothing for a kind that no share shows."""
    if isinstance(row, Asset):
        return row.id, None
    if isinstance(row, Version):
        return row.asset_id, row.id
    if isinstance(row, Comment):
        return row.asset_id, row.version_id
    return None, None


def _collected(mam: Mam, share: Share) -> Any:
    """What fits the saved collection now; nothing once that is gone."""
    from mam.services import asset_filter  # noqa: PLC0415 - which asks for rights, and those ask here

    row = Collection.get_or_none(
        (Collection.id == share.collection_id) & (Collection.project == share.project_id)
    )
    if row is None:
        return Asset.id.is_null()
    known = {one.name for one in fields(asset_filter.Filter)} - {"project_id", "trashed"}
    wanted = {name: value for name, value in row.filter.items() if name in known}
    sql, values = asset_filter.where(mam, SYSTEM, asset_filter.Filter(project_id=share.project_id, **wanted))
    text = f"(SELECT asset.id FROM asset WHERE {sql})".replace("?", database.param)  # noqa: S608 - no value in it
    return Expression(Asset.id, OP.IN, SQL(text, values))


def _below(share: Share) -> list[str]:
    """The share's folder and all below it; none where the folder is gone."""
    query: Any = Folder.select(Folder.id, Folder.parent).where(Folder.project == share.project_id)
    children: dict[str | None, list[str]] = {}
    for folder_id, parent_id in query.tuples():
        children.setdefault(parent_id, []).append(folder_id)
    found = [share.folder_id] if share.folder_id else []
    for one in found:
        found.extend(children.get(one, ()))
    return found


def _filtered(filters: dict[str, Any]) -> Any:
    """What the share's filters ask of an asset; true without any."""
    condition: Any = Asset.id.is_null(is_null=False)
    for name in ("kind", "status"):
        if filters.get(name):
            condition &= getattr(Asset, name) == filters[name]
    if filters.get("tag"):
        quoted = json.dumps(filters["tag"], ensure_ascii=False)
        condition &= fn.COALESCE(Asset.tags, "").contains(quoted)
    return condition
