"""Tags of a project: counted, renamed, merged. Writes `asset`, what is searched of it, the audit log.

A tag lives on its assets only: renaming it rewrites them, and into a name that is there already merges both.
"""

from __future__ import annotations

from typing import Any

from peewee import fn

from mam.core import Mam
from mam.errors import ConflictError, FieldError, NotFoundError, ValidationError
from mam.models import Asset, AssetTag, database, now
from mam.services import access, audit, events, pages, search_index
from mam.services.shapes import Shape
from mam.types import Actor

MOST = 20_000
"""Assets that one renaming may rewrite."""

MOST_ON_ONE = 100
"""Tags of one asset."""

LONGEST = 100
"""Characters of a tag."""


def checked(tags: Any) -> list[str]:
    """Tags without doubles, in the order given; `ValidationError` for too many or too long ones."""
    found = list(dict.fromkeys(tag.strip() for tag in tags if tag.strip()))
    if len(found) > MOST_ON_ONE or any(len(tag) > LONGEST for tag in found):
        raise _invalid("tags", f"At most {MOST_ON_ONE} tags of at most {LONGEST} characters.")
    return found


def list_tags(
    mam: Mam, actor: Actor, project_id: str, *, cursor: str | None = None, limit: int = 50
) -> Shape:
    """The tags of a project by name, each with how many assets have it; the trash is not counted."""
    access.require_project(mam, actor, "asset.read", project_id)
    query = (
        AssetTag.select(AssetTag.name, fn.COUNT(AssetTag.asset).alias("assets"))
        .join(Asset)
        .where((AssetTag.project == project_id) & Asset.deleted_at.is_null())
        .group_by(AssetTag.name)
        .order_by(AssetTag.name)
    )
    if cursor is not None:
        query = query.where(AssetTag.name > pages.position(cursor, "name", number=False)[0])
    rows = list(query.limit(limit + 1))
    following = pages.make_cursor("name", rows[limit - 1].name, "") if len(rows) > limit else None
    return pages.listed(rows[:limit], lambda row: {"name": row.name, "assets": row.assets}, following)


def rename_tag(mam: Mam, actor: Actor, project_id: str, *, name: str, to: str | None) -> Shape:
    """Call a tag something else on every asset of the project, or (None) take it off; how many were changed.

    Raises `NotFoundError` where no asset has it, `ConflictError` where more than `MOST` do.
    """
    access.require_project(mam, actor, "asset.write", project_id)
    wanted = checked([to]) if to is not None else []
    if to is not None and not wanted:
        raise _invalid("to", "A tag that is not blank.")
    with database.atomic():
        here = (AssetTag.project == project_id) & (AssetTag.name == name)
        tagged = AssetTag.select(AssetTag.asset).where(here)
        rows = list(Asset.select().where(Asset.id.in_(tagged)).order_by(Asset.id).limit(MOST + 1))
        if not rows:
            raise NotFoundError
        if len(rows) > MOST:
            raise ConflictError(f"More than {MOST} assets have this tag.")
        for asset in rows:
            _replace(asset, name, wanted)
        audit.record(
            mam, actor, "tag.renamed" if wanted else "tag.removed", kind="project", subject_id=project_id,
            project_id=project_id, data={"name": name, "to": to, "assets": len(rows)},
        )  # fmt: skip
        events.publish(mam, "project.tags", project_id=project_id)
    return {"name": wanted[0] if wanted else None, "assets": len(rows)}


def _replace(asset: Asset, name: str, by: list[str]) -> None:
    kept = [one for tag in asset.tags for one in (by if tag == name else [tag])]
    asset.tags, asset.updated_at = list(dict.fromkeys(kept)), now()
    asset.save(only=[Asset.tags, Asset.updated_at])
    search_index.follow(asset)


def _invalid(field: str, message: str) -> ValidationError:
    return ValidationError(f"{field}: {message}", (FieldError(field, message),))
