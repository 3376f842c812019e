"""One asset onto another of the same project, as its next versions; and back again.

Only rows move: masters lie under their versions' ids and are not touched. The asset that is empty then goes
to the trash, so that taking the versions off again brings it back. Writes `version`, `comment`, `asset`, the
audit log.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from peewee import fn

from mam.core import Mam
from mam.errors import ConflictError, FieldError, NotFoundError, ValidationError
from mam.models import Asset, Comment, Upload, Version, database, now
from mam.services import access, approvals, assets, audit, events, upload_state, versions
from mam.services.endings import end_addresses
from mam.services.shapes import Shape
from mam.types import Actor

MOST = 200
"""Versions that are moved at once."""

_UNDER_WAY = ("open", "receiving", "promoting")


def stack(mam: Mam, actor: Actor, asset_id: str, *, from_asset_id: str) -> Shape:
    """Put the versions of another asset onto this one, as its next; `{asset_id, from_asset_id, version_ids}`.

    Raises `NotFoundError`, `ForbiddenError`, `ValidationError` (another project or kind, the asset itself,
    nothing to move), `ConflictError` (uploads under way).
    """
    target = access.require_asset(mam, actor, "asset.write", asset_id)
    source = access.require_asset(mam, actor, "asset.delete", from_asset_id)
    _check(target, source)
    with database.atomic():
        _lock(target.id, source.id)
        moved = list(Version.select().where(Version.asset == source.id).order_by(Version.number))
        if not moved:
            raise _invalid("It has no version yet that could be put onto another asset.")
        number = _highest(target.id)
        for step, version in enumerate(moved, 1):
            values = {"stacked_from": source.id, "stacked_number": version.number}
            _move(version, target.id, number + step, **values)
        _settle(target.id, _last_kept(target.id))
        _empty(actor, source)
        _done(mam, actor, "stacked", (target, source), moved)
    return {"asset_id": target.id, "from_asset_id": source.id, "version_ids": [one.id for one in moved]}


def unstack(mam: Mam, actor: Actor, asset_id: str, *, version_ids: Sequence[str]) -> Shape:
    """Take versions off again: back to the asset that they came from, or onto one of their own.

    Answers `{asset_ids}`, the assets that they are on now. Raises `NotFoundError` for a version of another
    asset, `ConflictError` where none would be left.
    """
    asset = access.require_asset(mam, actor, "asset.delete", asset_id)
    with database.atomic():
        _lock(asset.id)
        rows = list(Version.select().where(Version.asset == asset.id).order_by(Version.number))
        wanted = [row for row in rows if row.id in set(version_ids)]
        if len(wanted) != len(set(version_ids)):
            raise NotFoundError
        if not [row for row in rows if row not in wanted and row.removed_at is None]:
            raise ConflictError("A stack keeps at least one version.", code="only_version")
        homes = [_home(mam, actor, asset, row) for row in wanted]
        _settle(asset.id, _last_kept(asset.id))
        for home in {one.id: one for one in homes}.values():
            _settle(home.id, _last_kept(home.id))
            moved = [row for row, at in zip(wanted, homes, strict=True) if at.id == home.id]
            _done(mam, actor, "unstacked", (asset, home), moved)
    return {"asset_ids": list(dict.fromkeys(home.id for home in homes))}


def _check(target: Asset, source: Asset) -> None:
    if target.id == source.id:
        raise _invalid("Another asset than the one that it is put onto.")
    if target.project_id != source.project_id:
        raise _invalid("An asset of the same project.")
    if target.kind and source.kind and target.kind != source.kind:
        raise _invalid(f"A {target.kind}: versions of one asset are of one kind.")
    if Upload.select().where((Upload.asset == source.id) & Upload.state.in_(_UNDER_WAY)).exists():
        raise ConflictError("An upload to that asset is under way; wait for it, or stop it.")
    count = Version.select().where(Version.asset == source.id).count()
    if count > MOST:
        raise _invalid(f"An asset with at most {MOST} versions.")


def _lock(*asset_ids: str) -> None:
    """Of two changes at once the second waits; always in one order, so that none waits for the other."""
    for asset_id in sorted(asset_ids):
        Asset.update(status=Asset.status).where(Asset.id == asset_id).execute()


def _highest(asset_id: str) -> int:
    return int(Version.select(fn.MAX(Version.number)).where(Version.asset == asset_id).scalar() or 0)


def _last_kept(asset_id: str) -> Version | None:
    kept = (Version.asset == asset_id) & Version.removed_at.is_null()
    found: Version | None = Version.select().where(kept).order_by(Version.number.desc()).first()
    return found


def _move(version: Version, asset_id: str, number: int, **values: Any) -> None:
    Version.update(asset=asset_id, number=number, **values).where(Version.id == version.id).execute()
    Comment.update(asset=asset_id).where(Comment.version == version.id).execute()


def _settle(asset_id: str, current: Version | None) -> None:
    """Status, current version and what is searched, as they follow from the versions there are now."""
    values = {"current_version_id": current.id if current else None, "updated_at": now()}
    Asset.update(values).where(Asset.id == asset_id).execute()
    upload_state.settle(asset_id)
    approvals.current_changed(asset_id)
    assets.refresh_search(asset_id)


def _empty(actor: Actor, source: Asset) -> None:
    values = {
        "deleted_at": now(),
        "deleted_by": actor.user_id,
        "updated_at": now(),
        "current_version_id": None,
    }
    Asset.update(values).where(Asset.id == source.id).execute()


def _home(mam: Mam, actor: Actor, asset: Asset, version: Version) -> Asset:
    """Move a version to where it came from, out of the trash if need be; else onto a new asset beside."""
    known = (Asset.id == version.stacked_from) & (Asset.project == asset.project_id)
    home = Asset.select().where(known).first() if version.stacked_from else None
    if home is None:
        title = version.filename[:500] or asset.title
        home = Asset.create(
            project=asset.project_id,
            folder=asset.folder_id,
            title=title,
            kind=asset.kind,
            created_by=actor.user_id,
        )
        audit.record(
            mam, actor, "asset.created", kind="asset", subject_id=home.id, project_id=asset.project_id,
            data={"title": title},
        )  # fmt: skip
    elif home.deleted_at is not None:
        Asset.update(deleted_at=None, deleted_by=None).where(Asset.id == home.id).execute()
    number = _number_in(home.id, version.stacked_number)
    _move(version, home.id, number, stacked_from=None, stacked_number=None, removed_at=None)
    found: Asset = home
    return found


def _number_in(asset_id: str, wanted: int | None) -> int:
    """The number that a version had, if it is free; else the next one."""
    if wanted is None:
        return _highest(asset_id) + 1
    taken = Version.select().where((Version.asset == asset_id) & (Version.number == wanted)).exists()
    return _highest(asset_id) + 1 if taken else wanted


def _done(mam: Mam, actor: Actor, what: str, pair: tuple[Asset, Asset], moved: list[Version]) -> None:
    asset, other = pair
    data = {"other_asset_id": other.id, "version_ids": [one.id for one in moved]}
    audit.record(
        mam, actor, f"asset.{what}", kind="asset", subject_id=asset.id, project_id=asset.project_id, data=data
    )
    end_addresses(
        mam, f"asset:{asset.id}", f"asset:{other.id}"
    )  # they name the asset that they were given for
    events.publish(mam, f"asset.{what}", project_id=asset.project_id, asset_id=asset.id)
    shown = (
        "trashed" if what == "stacked" else "restored"
    )  # as lists see the one that was emptied, or is back
    events.publish(mam, f"asset.{shown}", project_id=asset.project_id, asset_id=other.id)
    versions.tell(mam, asset.id, what, moved[-1], asset.project_id)


def _invalid(message: str) -> ValidationError:
    return ValidationError(f"from_asset_id: {message}", (FieldError("from_asset_id", message),))
