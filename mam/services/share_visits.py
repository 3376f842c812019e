"""What guests of a share link did: came in, opened an asset, took a file away; listed, and as a table.

Writes `share_visit` and audit entries; a change is told to the project's open pages.
"""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

from mam.core import Mam
from mam.models import Asset, Share, ShareGuest, ShareVisit, Version, database, now
from mam.services import access, audit, events, pages
from mam.services.shapes import Shape, iso
from mam.types import Actor

AGAIN = timedelta(minutes=10)
"""An asset that the same guest opens again within this is no new visit."""

MOST_ROWS = 50_000
"""Visits in one table, the newest."""

COLUMNS = ("created_at", "action", "what", "guest", "address", "title", "version")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def record(
    mam: Mam,
    actor: Actor,
    share: Share,
    action: str,
    *,
    what: str = "",
    asset_id: str | None = None,
    version_id: str | None = None,
) -> None:
    """Note what a guest did, in the caller's transaction where there is one."""
    assert actor.guest is not None  # noqa: S101 - only guests visit
    with database.atomic():
        ShareVisit.create(
            share=share.id, guest=actor.guest.id, action=action, what=what, asset=asset_id,
            version=version_id, address=audit.plain(actor.address)[:64],
        )  # fmt: skip
        data = {"what": what, "asset_id": asset_id, "version_id": version_id}
        audit.record(
            mam, actor, f"share.{action}", kind="share", subject_id=share.id, project_id=share.project_id,
            data=data if asset_id else {},
        )  # fmt: skip
        events.publish(mam, f"share.{action}", project_id=share.project_id, data={"share_id": share.id})


def opened(mam: Mam, actor: Actor, asset: Asset, version_id: str | None) -> None:
    """Note that a guest looks at an asset; a reload is not noted again."""
    assert actor.guest is not None  # noqa: S101 - only guests visit
    mine = (ShareVisit.guest == actor.guest.id) & (ShareVisit.action == "opened")
    lately = (ShareVisit.asset == asset.id) & (ShareVisit.created_at > now() - AGAIN)
    if not ShareVisit.select().where(mine, lately).exists():
        share = Share.get_by_id(actor.guest.share_id)
        record(mam, actor, share, "opened", asset_id=asset.id, version_id=version_id)


def downloaded(mam: Mam, actor: Actor, version: Version, what: str) -> None:
    """Note that a guest takes a file away: `what` is original or preview."""
    assert actor.guest is not None  # noqa: S101 - only guests visit
    share = Share.get_by_id(actor.guest.share_id)
    record(mam, actor, share, "downloaded", what=what, asset_id=version.asset_id, version_id=version.id)


def list_visits(
    mam: Mam, actor: Actor, share_id: str, *, cursor: str | None = None, limit: int = 50
) -> Shape:
    """A page of what guests did with a share, newest first; for whoever may share in the project."""
    share = required(mam, actor, share_id)
    query = _query(share.id)
    rows, following = pages.page(
        query, "-id", {"id": ShareVisit.id}, ShareVisit.id, cursor=cursor, limit=limit
    )
    return pages.listed(rows, _shape, following)


def table(mam: Mam, actor: Actor, share_id: str) -> bytes:
    """The same as CSV, at most `MOST_ROWS`; a cell is never a formula (H4)."""
    share = required(mam, actor, share_id)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in _query(share.id).order_by(ShareVisit.id.desc()).limit(MOST_ROWS).iterator():
        shape = _shape(row)
        writer.writerow([_cell(shape[name]) for name in COLUMNS])
    return out.getvalue().encode()


def required(mam: Mam, actor: Actor, share_id: str) -> Share:
    """The share, if `actor` may share in its project; `NotFoundError` where the project may not be seen."""
    found: Share | None = Share.get_or_none(Share.id == share_id)
    access.require_project(mam, actor, "share.manage", found.project_id if found else "")
    assert found is not None  # noqa: S101 - without one the project was not found either
    return found


def _query(share_id: str) -> Any:
    query = ShareVisit.select(ShareVisit, ShareGuest, Asset.id, Asset.title, Version.id, Version.number)
    query = query.join(ShareGuest).switch(ShareVisit).left_outer_join(Asset)
    return query.switch(ShareVisit).left_outer_join(Version).where(ShareVisit.share == share_id)


def _shape(row: ShareVisit) -> Shape:
    return {
        "id": row.id,
        "action": row.action,
        "what": row.what or None,
        "guest": row.guest.name,
        "address": row.address,
        "asset_id": row.asset_id,
        "title": row.asset.title if row.asset is not None else None,
        "version": row.version.number if row.version is not None else None,
        "created_at": iso(row.created_at),
    }


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
