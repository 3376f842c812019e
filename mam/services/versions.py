"""The versions of an asset as a stack: listed, labelled, made current, taken out of it and put back.

Taking a version out hides it from the stack and from review; its row, its notes and its master, as locked as
it is, stay in custody. Writes `version`, `asset`, the audit log; tells every open page of the asset.
"""

from __future__ import annotations

from typing import Any

from peewee import fn

from mam.core import Mam
from mam.errors import ConflictError, NotFoundError
from mam.models import Asset, Comment, User, Version, database, now
from mam.services import access, approvals, assets, audit, events, pages, upload_state
from mam.services.endings import end_addresses
from mam.services.mentions import MANAGE
from mam.services.shapes import Shape, iso
from mam.types import Actor

_SORT = "-number"
_TOLD = 200  # versions whose open pages are told of a change, the newest first


def list_versions(
    mam: Mam, actor: Actor, asset_id: str, *, state: str = "kept", cursor: str | None = None, limit: int = 50
) -> Shape:
    """A page of an asset's versions, newest first, with uploader and notes; `state` is kept, removed or all.

    Notes that the caller may not see are not counted. Raises `NotFoundError`.
    """
    asset = access.require_asset(mam, actor, "asset.read", asset_id)
    query = Version.select().where(Version.asset == asset_id)
    if state != "all":
        query = query.where(Version.removed_at.is_null(state == "kept"))
    keys: dict[str, Any] = {"number": Version.number}
    rows, following = pages.page(query, _SORT, keys, Version.id, cursor=cursor, limit=limit)
    return {"items": shapes(mam, actor, asset, rows), "next_cursor": following}


def get_version(mam: Mam, actor: Actor, version_id: str) -> Shape:
    """One version as it stands in its stack, or out of it; `NotFoundError` where it may not be seen."""
    access.require_version(mam, actor, "asset.read", version_id)
    return _one(mam, actor, version_id)


def set_label(mam: Mam, actor: Actor, version_id: str, *, label: str) -> Shape:
    """Give a version a note of one line ("director's cut"); empty takes it away."""
    version, asset = access.require_version(mam, actor, "asset.write", version_id)
    with database.atomic():
        Version.update(label=label).where(Version.id == version_id).execute()
        _done(mam, actor, "labelled", version, asset, label=label)
    return _one(mam, actor, version_id)


def make_current(mam: Mam, actor: Actor, version_id: str) -> Shape:
    """Show this version where the asset is shown; the others stay. `ConflictError` for one taken out."""
    version, asset = access.require_version(mam, actor, "asset.write", version_id)
    if version.removed_at is not None:
        raise ConflictError("This version was taken out of the stack; put it back first.")
    with database.atomic():
        _lock(asset.id)
        _show(asset.id, version)
        _done(mam, actor, "made_current", version, asset, before=asset.current_version_id)
    return _one(mam, actor, version_id)


def remove(mam: Mam, actor: Actor, version_id: str) -> None:
    """Take a version out of the stack; its master stays in custody, and `restore` puts it back.

    The newest one left becomes current. Raises `ConflictError` for the last one, `NotFoundError` for one that
    is out already.
    """
    version, asset = access.require_version(mam, actor, "asset.delete", version_id)
    if version.removed_at is not None:
        raise NotFoundError
    with database.atomic():
        _lock(asset.id)
        left = _newest(asset.id, without=version.id)
        if left is None:
            raise ConflictError(
                "This is the asset's only version; move the asset to the trash instead.", code="only_version"
            )
        Version.update(removed_at=now()).where(Version.id == version.id).execute()
        if asset.current_version_id == version.id:
            _show(asset.id, left)
        _done(mam, actor, "removed", version, asset)
        end_addresses(mam, f"asset:{asset.id}")


def restore(mam: Mam, actor: Actor, version_id: str) -> Shape:
    """Put a version back where it was in the stack; what is current stays so."""
    version, asset = access.require_version(mam, actor, "asset.delete", version_id)
    if version.removed_at is None:
        raise NotFoundError
    with database.atomic():
        _lock(asset.id)
        Version.update(removed_at=None).where(Version.id == version.id).execute()
        _done(mam, actor, "restored", version, asset)
    return _one(mam, actor, version_id)


def tell(mam: Mam, asset_id: str, what: str, version: Version, project_id: str) -> None:
    """Tell whoever has a version of the asset open that its stack changed; after the commit."""
    rows = Version.select(Version.id).where(Version.asset == asset_id).order_by(Version.number.desc())
    for row in rows.limit(_TOLD):
        data = {"versions": what, "version_id": row.id, "changed_id": version.id, "number": version.number}
        events.publish(
            mam, f"version.{what}", project_id=project_id, asset_id=asset_id, version_id=row.id,
            data=data, live_only=True,
        )  # fmt: skip


def shapes(mam: Mam, actor: Actor, asset: Asset, rows: list[Version]) -> list[Shape]:
    """Versions as they stand in a stack, in four queries whatever their number."""
    ids = [row.id for row in rows]
    thing = access.actor_thing(actor, "asset", asset.id, asset.project_id)
    notes = _notes(ids, internal=access.allowed(mam, actor, MANAGE, thing))
    people = {row.created_by_id for row in rows if row.created_by_id}
    named = User.select(User.id, User.display_name).where(User.id.in_(list(people)))
    names = {user.id: user.display_name for user in named}
    return [_shape(row, asset, names, notes.get(row.id, (0, 0))) for row in rows]


def _shape(row: Version, asset: Asset, names: dict[str, str], notes: tuple[int, int]) -> Shape:
    who = row.created_by_id
    return {
        "id": row.id,
        "asset_id": row.asset_id,
        "number": row.number,
        "label": row.label,
        "filename": row.filename,
        "size": row.size,
        "current": row.id == asset.current_version_id,
        "status": row.preview_status,
        "playable": bool(row.preview_playable),
        "percent": round(row.preview_percent, 1),
        "review": row.review_status,
        "notes": {"open": notes[0], "all": notes[1]},
        "uploader": {"id": who, "display_name": names[who]} if who in names else None,
        "locked": bool(row.locked),
        "stacked_from": row.stacked_from,
        "removed_at": iso(row.removed_at),
        "created_at": iso(row.created_at),
    }


def _notes(version_ids: list[str], *, internal: bool) -> dict[str, tuple[int, int]]:
    """Open and all notes by version, replies not among them."""
    still = fn.SUM(Comment.resolved_at.is_null(True).cast("integer"))
    query: Any = Comment.select(Comment.version, still, fn.COUNT(Comment.id))
    query = query.where(
        Comment.version.in_(version_ids), Comment.parent.is_null(), Comment.deleted_at.is_null()
    )
    if not internal:
        query = query.where(~Comment.internal)
    return {
        version: (int(left or 0), every) for version, left, every in query.group_by(Comment.version).tuples()
    }


def _one(mam: Mam, actor: Actor, version_id: str) -> Shape:
    row = Version.get_by_id(version_id)
    return shapes(mam, actor, Asset.get_by_id(row.asset_id), [row])[0]


def _newest(asset_id: str, *, without: str = "") -> Version | None:
    query = Version.select().where(
        (Version.asset == asset_id) & Version.removed_at.is_null() & (Version.id != without)
    )
    found: Version | None = query.order_by(Version.number.desc()).first()
    return found


def _show(asset_id: str, version: Version) -> None:
    """Make a version current, with the asset's kind and status as they follow from it."""
    values: dict[str, Any] = {"current_version_id": version.id, "updated_at": now()}
    Asset.update(values).where(Asset.id == asset_id).execute()
    upload_state.settle(asset_id)
    approvals.current_changed(asset_id)


def _lock(asset_id: str) -> None:
    """Of two changes of one stack at once the second waits."""
    Asset.update(status=Asset.status).where(Asset.id == asset_id).execute()


def _done(mam: Mam, actor: Actor, what: str, version: Version, asset: Asset, **data: Any) -> None:
    assets.refresh_search(asset.id)
    Asset.update(updated_at=now()).where(Asset.id == asset.id).execute()
    audit.record(
        mam, actor, f"version.{what}", kind="version", subject_id=version.id, project_id=asset.project_id,
        data={"number": version.number, "filename": version.filename, **data},
    )  # fmt: skip
    events.publish(mam, "asset.updated", project_id=asset.project_id, asset_id=asset.id)
    tell(mam, asset.id, what, version, asset.project_id)
