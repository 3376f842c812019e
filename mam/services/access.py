"""Who may do what to which thing: looks up the thing with the actor's role in one query, asks `mam_allow`.

What an actor may not see does not exist for it (`NotFoundError`, promise G2); what it sees but may not
change is refused (`ForbiddenError`). Reads only.
"""

from __future__ import annotations

from typing import Any

from peewee import ModelSelect

from mam.core import Mam
from mam.errors import ForbiddenError, NotFoundError
from mam.ids import is_id
from mam.models import Asset, Member, Project, Table, Upload, Version
from mam.types import Actor, Thing

BOX = Thing("box")
"""The box itself: what `box.admin` and `project.create` are asked about."""

ROLES = ("owner", "editor", "reviewer", "viewer")
"""Roles in a project, the mightiest first."""


def allowed(mam: Mam, actor: Actor, action: str, thing: Thing = BOX) -> bool:
    """Whether `actor` may do `action` to `thing`; no answer from any plugin means no."""
    return bool(mam.hooks.first("mam_allow", actor=actor, action=action, thing=thing))


def require(mam: Mam, actor: Actor, action: str, thing: Thing | None = None) -> None:
    """Pass, or raise: `NotFoundError` for a thing that may not be seen, else `ForbiddenError`."""
    thing = thing or BOX
    if allowed(mam, actor, action, thing):
        return
    if thing.kind != "box" and not allowed(mam, actor, _reading(thing), thing):
        raise NotFoundError
    raise ForbiddenError(f"You may not do this here; it needs the right {action}.")


def actor_thing(actor: Actor, kind: str, thing_id: str | None, project_id: str | None) -> Thing:
    """A thing of a project with the actor's role there, looked up; for callers that hold the row already."""
    role = None
    if actor.user_id is not None and project_id is not None:
        found = Member.select(Member.role).where(
            (Member.project == project_id) & (Member.user == actor.user_id)
        )
        role = found.scalar()
    return Thing(kind, thing_id, project_id, role)


def require_project(
    mam: Mam, actor: Actor, action: str, project_id: str, *, trashed: bool = False
) -> Project:
    """The project, if `actor` may do `action` to it. Projects in the trash exist only with `trashed`."""
    query = Project.select(Project).where(Project.id == project_id)
    project = _found(query, actor, project_id, trashed=trashed)
    require(mam, actor, action, Thing("project", project.id, project.id, project.actor_role))
    return project


def require_asset(mam: Mam, actor: Actor, action: str, asset_id: str, *, trashed: bool = False) -> Asset:
    """The asset, if `actor` may do `action` to it. Assets in the trash exist only with `trashed`."""
    query = Asset.select(Asset).join(Project).where(Asset.id == asset_id)
    asset = _found(query, actor, asset_id, Asset, trashed=trashed)
    require(mam, actor, action, Thing("asset", asset.id, asset.project_id, asset.actor_role))
    return asset


def require_version(mam: Mam, actor: Actor, action: str, version_id: str) -> tuple[Version, Asset]:
    """The version and its asset, if `actor` may do `action` to the asset."""
    query = Version.select(Version, Asset).join(Asset).join(Project).where(Version.id == version_id)
    version = _found(query, actor, version_id, Asset)
    require(mam, actor, action, Thing("version", version.id, version.asset.project_id, version.actor_role))
    return version, version.asset


def require_upload(mam: Mam, actor: Actor, action: str, upload_id: str) -> tuple[Upload, Asset]:
    """The upload and its asset, if `actor` may do `action` to the asset."""
    query = Upload.select(Upload, Asset).join(Asset).join(Project).where(Upload.id == upload_id)
    upload = _found(query, actor, upload_id, Asset)
    require(mam, actor, action, Thing("upload", upload.id, upload.asset.project_id, upload.actor_role))
    return upload, upload.asset


def visible_projects(mam: Mam, actor: Actor) -> ModelSelect[Any] | None:
    """A query of the ids of the projects whose contents `actor` may list; None means all of them.

    For `Asset.project.in_(...)`; trashed projects are left out of the query.
    """
    if allowed(mam, actor, "box.admin"):
        return None
    member = Member.user == actor.user_id
    return (
        Member.select(Member.project)
        .join(Project)
        .where(member & Project.deleted_at.is_null() & Member.role.in_(ROLES))
    )


def _found(
    query: ModelSelect[Any], actor: Actor, thing_id: str, *holders: type[Table], trashed: bool = False
) -> Any:
    """The one row with the actor's role as `actor_role`; `NotFoundError` where it is absent or in the trash.

    A text that is no id cannot name a row: the database is not asked.
    """
    if not is_id(thing_id):
        raise NotFoundError
    own = (Member.project == Project.id) & (Member.user == actor.user_id)
    query = query.select_extend(Member.select(Member.role).where(own).alias("actor_role"))
    if not trashed:
        for table in (Project, *holders):
            query = query.where(table.deleted_at.is_null())  # type: ignore[attr-defined]
    row = query.first()
    if row is None:
        raise NotFoundError
    return row


def _reading(thing: Thing) -> str:
    """The action that stands for seeing a thing at all."""
    return "project.read" if thing.kind in ("project", "folder", "member") else "asset.read"
