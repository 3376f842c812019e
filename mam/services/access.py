"""Who may do what to which thing: looks up the thing with the actor's role in one query, asks `mam_allow`.

What an actor may not see does not exist for it (`NotFoundError`, promise G2); what it sees but may not
change is refused (`ForbiddenError`). Reads only.
"""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

from peewee import Database, ModelSelect

from mam.core import Mam
from mam.errors import ForbiddenError, NotFoundError
from mam.ids import is_id
from mam.models import (
    FIRST,
    Asset,
    Comment,
    Member,
    Project,
    ProjectRole,
    Table,
    Upload,
    User,
    Version,
    database,
)
from mam.services import share_scope
from mam.types import Actor, Thing

BOX = Thing("box")
"""The box itself: what `box.admin` and `project.create` are asked about."""

ORGANISATION = "organisation.admin"
"""What an organisation's administrator may: its people, invitations and entries, and each of its projects."""

ROLES = ("owner", "editor", "reviewer", "viewer")
"""The built-in roles in a project, the mightiest first; `project_role` holds those of administrators."""


def allowed(mam: Mam, actor: Actor, action: str, thing: Thing = BOX) -> bool:
    """Whether `actor` may do `action` to `thing`; no answer from any plugin means no.

    A guest of a share link is asked about for what the share shows alone, whatever a plugin would say; an API
    key for what it names, and in its project.
    """
    if actor.guest is not None and not thing.shared:
        return False
    if actor.key is not None and not actor.key.admits(action, thing.project_id):
        return False
    thing = _raised(actor, thing)
    if thing.role is not None and thing.role not in ROLES:
        thing = replace(thing, actions=made_actions(thing.role))
    return bool(mam.hooks.first("mam_allow", actor=actor, action=action, thing=thing))


def made_actions(role: str) -> frozenset[str]:
    """What a role that administrators made allows, as the database says now; nothing where there is none."""
    found = ProjectRole.select(ProjectRole.actions).where(ProjectRole.key == role).scalar()
    return frozenset(found or ())


def belongs() -> Any:
    """The condition that a `member` row holds a role that there is."""
    return Member.role.in_(ROLES) | Member.role.in_(ProjectRole.select(ProjectRole.key))


def require(mam: Mam, actor: Actor, action: str, thing: Thing | None = None) -> None:
    """Pass, or raise: `NotFoundError` for a thing that may not be seen, else `ForbiddenError`."""
    thing = thing or BOX
    if allowed(mam, actor, action, thing):
        return
    if thing.kind != "box" and not allowed(mam, actor, _reading(thing), thing):
        raise NotFoundError
    raise ForbiddenError(f"You may not do this here; it needs the right {action}.")


def administered(mam: Mam, actor: Actor) -> str | None:
    """The organisation whose people and entries `actor` may manage; None is all of them: the whole box.

    Raises `ForbiddenError` for whoever administers neither.
    """
    if allowed(mam, actor, "box.admin"):
        return None
    if actor.organisation_id is None or not allowed(mam, actor, ORGANISATION):
        require(mam, actor, "box.admin")
    return actor.organisation_id


def organisation_of(actor: Actor) -> str:
    """The organisation that what `actor` makes belongs to; of the box itself, the first one."""
    found = actor.organisation_id
    if found is None and actor.user_id is not None:
        found = User.select(User.organisation_id).where(User.id == actor.user_id).scalar()
    return found or FIRST


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
    found: Project = _required(mam, actor, action, Project, project_id, trashed=trashed)
    return found


def require_asset(mam: Mam, actor: Actor, action: str, asset_id: str, *, trashed: bool = False) -> Asset:
    """The asset, if `actor` may do `action` to it. Assets in the trash exist only with `trashed`."""
    found: Asset = _required(mam, actor, action, Asset, asset_id, trashed=trashed)
    return found


def require_version(mam: Mam, actor: Actor, action: str, version_id: str) -> tuple[Version, Asset]:
    """The version and its asset, if `actor` may do `action` to the asset."""
    version: Version = _required(mam, actor, action, Version, version_id)
    version.asset = _row(actor, Asset, version.asset_id)
    return version, version.asset


def require_upload(mam: Mam, actor: Actor, action: str, upload_id: str) -> tuple[Upload, Asset]:
    """The upload and its asset, if `actor` may do `action` to the asset."""
    upload: Upload = _required(mam, actor, action, Upload, upload_id)
    upload.asset = _row(actor, Asset, upload.asset_id)
    return upload, upload.asset


def require_comment(mam: Mam, actor: Actor, action: str, comment_id: str) -> Comment:
    """The note, deleted or not, if `actor` may do `action` in its project.

    It carries `in_project`, `actor_role` and `in_share`. Whether an internal note may be seen is for the
    caller to ask.
    """
    found: Comment = _required(mam, actor, action, Comment, comment_id)
    return found


def visible_projects(mam: Mam, actor: Actor, action: str = "asset.read") -> ModelSelect[Any] | None:
    """A query of the ids of the projects in which `actor` may list things; None means all of them.

    For `Asset.project.in_(...)`; trashed projects are left out of the query. An API key lists what its owner
    does where it holds `action`, in its one project where it has one.
    """
    if actor.key is None:
        return None if allowed(mam, actor, "box.admin") else _reach(actor)
    only = actor.key.project_id
    if not actor.key.admits(action, only):
        return projects_of(None)
    everywhere = allowed(mam, replace(actor, key=None), "box.admin")
    if only is None:
        return None if everywhere else _reach(actor)
    if everywhere:
        return Project.select(Project.id).where((Project.id == only) & Project.deleted_at.is_null())
    return _reach(actor).where(Project.id == only)


def projects_of(user_id: str | None) -> ModelSelect[Any]:
    """A query of the ids of the living projects that a user belongs to."""
    member = Member.user == user_id
    return (
        Member.select(Member.project).join(Project).where(member & Project.deleted_at.is_null() & belongs())
    )


def leads(actor: Actor) -> str | None:
    """The organisation in whose projects `actor` does whatever their owners do, or None."""
    is_leader = "org_admin" in actor.roles and not actor.is_admin
    return actor.organisation_id if is_leader else None


def _reach(actor: Actor) -> ModelSelect[Any]:
    """A query of the ids of the living projects that somebody who does not administer the box may see."""
    home = leads(actor)
    if home is None:
        return projects_of(actor.user_id)
    return Project.select(Project.id).where((Project.organisation_id == home) & Project.deleted_at.is_null())


def _raised(actor: Actor, thing: Thing) -> Thing:
    """The thing as the administrator of its organisation sees it: like an owner of the project."""
    home = leads(actor)
    if home is None or thing.project_id is None or thing.role == "owner":
        return thing
    inside = (Project.id == thing.project_id) & (Project.organisation_id == home)
    return replace(thing, role="owner") if Project.select(Project.id).where(inside).exists() else thing


def _required(
    mam: Mam, actor: Actor, action: str, table: type[Table], thing_id: str, *, trashed: bool = False
) -> Any:
    row = _row(actor, table, thing_id, trashed=trashed)
    row.in_share = actor.guest is not None and share_scope.holds(mam, actor.guest, row)
    kind = table.__name__.lower()
    require(mam, actor, action, Thing(kind, row.id, row.in_project, row.actor_role, row.in_share))
    return row


def _row(actor: Actor, table: type[Table], thing_id: str, *, trashed: bool = False) -> Any:
    """The row, with its project as `in_project` and the actor's role there as `actor_role`.

    `NotFoundError` where it is absent or in the trash. A text that is no id cannot name a row: the database
    is not asked.
    """
    if not is_id(thing_id):
        raise NotFoundError
    sql = _sql(database.obj, table, trashed)  # type: ignore[attr-defined]
    rows = list(table.raw(sql, actor.user_id or "", thing_id))
    if not rows:
        raise NotFoundError
    return rows[0]


@functools.lru_cache(maxsize=16)
def _sql(_bound: Database, table: type[Table], trashed: bool) -> str:
    """The query of `_row` as text: nearly every request asks one; building it takes six times the answer."""
    owners = {Project: (Project,), Asset: (Asset, Project)}.get(table, (table, Asset, Project))
    role = Member.select(Member.role).where((Member.project == Project.id) & (Member.user == ""))
    query = table.select(table, Project.id.alias("in_project"), role.alias("actor_role"))
    for owner in owners[1:]:
        query = query.join(owner)
    query = query.where(table.id == "")  # type: ignore[attr-defined]
    if not trashed:
        for owner in owners[-2:]:
            query = query.where(owner.deleted_at.is_null())
    return str(query.sql()[0])


def _reading(thing: Thing) -> str:
    """The action that stands for seeing a thing at all."""
    return "project.read" if thing.kind in ("project", "folder", "member") else "asset.read"
