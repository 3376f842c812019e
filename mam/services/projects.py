"""Projects and who belongs to them. Writes `project` and `member`, and the audit log.

Whoever makes a project owns it; a project always keeps an owner. Deleting is moving to the trash: nothing
below it changes, it is only no longer seen.
"""

from __future__ import annotations

from peewee import JOIN

from mam.core import Mam
from mam.errors import ConflictError, NotFoundError
from mam.ids import is_id
from mam.models import Member, Project, User, database, now
from mam.services import access, approvals, audit, delivery, events, pages, roles
from mam.services.asset_counts import asset_counts
from mam.services.endings import end_addresses
from mam.services.folders import create_folder, delete_folder, list_folders, update_folder
from mam.services.shapes import Shape, member_shape, project_shape
from mam.types import Actor

__all__ = [
    "create_folder",
    "create_project",
    "delete_folder",
    "delete_project",
    "get_project",
    "list_folders",
    "list_projects",
    "remove_member",
    "set_member",
    "update_folder",
    "update_project",
]

SORTS = {"created_at": Project.created_at, "updated_at": Project.updated_at, "name": Project.name}


def list_projects(
    mam: Mam, actor: Actor, *, sort: str = "-created_at", cursor: str | None = None, limit: int = 50
) -> Shape:
    """The projects that `actor` sees, each with the actor's role and how many assets it has."""
    own = (Member.project == Project.id) & (Member.user == actor.user_id)
    query = Project.select(Project, Member.role.alias("actor_role")).join(Member, JOIN.LEFT_OUTER, on=own)
    query = query.where(Project.deleted_at.is_null()).objects()
    visible = access.visible_projects(mam, actor, "project.read")
    if visible is not None:
        query = query.where(Project.id.in_(visible))
    rows, following = pages.page(query, sort, SORTS, Project.id, cursor=cursor, limit=limit)
    counts = asset_counts([row.id for row in rows])
    return pages.listed(
        rows, lambda row: project_shape(row, role=row.actor_role, assets=counts.get(row.id, 0)), following
    )


def create_project(mam: Mam, actor: Actor, *, name: str, description: str = "") -> Shape:
    """Make a project; its maker is its owner."""
    access.require(mam, actor, "project.create")
    with database.atomic():
        project = Project.create(
            name=name, description=description, created_by=actor.user_id,
            organisation_id=access.organisation_of(actor),
        )  # fmt: skip
        if actor.user_id is not None:
            Member.create(project=project.id, user=actor.user_id, role="owner")
        audit.record(
            mam, actor, "project.created", kind="project", subject_id=project.id, project_id=project.id,
            data={"name": name},
        )  # fmt: skip
        events.publish(mam, "project.created", project_id=project.id)
    return _shape(project, actor)


def get_project(mam: Mam, actor: Actor, project_id: str) -> Shape:
    """A project with its members."""
    return _shape(access.require_project(mam, actor, "project.read", project_id), actor)


def update_project(
    mam: Mam, actor: Actor, project_id: str, *, name: str | None = None, description: str | None = None
) -> Shape:
    """Change what is given."""
    project = access.require_project(mam, actor, "project.update", project_id)
    given = {"name": name, "description": description}
    changes = {key: value for key, value in given.items() if value is not None}
    with database.atomic():
        Project.update(updated_at=now(), **changes).where(Project.id == project_id).execute()
        audit.record(
            mam, actor, "project.updated", kind="project", subject_id=project_id, project_id=project_id,
            data=changes,
        )  # fmt: skip
        events.publish(mam, "project.updated", project_id=project_id)
    return _shape(Project.get_by_id(project.id), actor)


def delete_project(mam: Mam, actor: Actor, project_id: str) -> None:
    """Move a project to the trash; masters in it stay as locked as they were."""
    access.require_project(mam, actor, "project.delete", project_id)
    with database.atomic():
        Project.update(deleted_at=now()).where(Project.id == project_id).execute()
        audit.record(
            mam, actor, "project.trashed", kind="project", subject_id=project_id, project_id=project_id
        )
        events.publish(mam, "project.trashed", project_id=project_id)
        end_addresses(mam, f"project:{project_id}")


def restore_project(mam: Mam, actor: Actor, project_id: str) -> Shape:
    """Take a project out of the trash, as it was."""
    access.require_project(mam, actor, "project.delete", project_id, trashed=True)
    with database.atomic():
        Project.update(deleted_at=None, updated_at=now()).where(Project.id == project_id).execute()
        audit.record(
            mam, actor, "project.restored", kind="project", subject_id=project_id, project_id=project_id
        )
        events.publish(mam, "project.restored", project_id=project_id)
    return get_project(mam, actor, project_id)


def set_member(mam: Mam, actor: Actor, project_id: str, user_id: str, role: str) -> Shape:
    """Give somebody a role in the project, or another one; `NotFoundError` for people of elsewhere.

    `ForbiddenError` where the new role or the one held allows what `actor` may not do there.
    """
    project = access.require_project(mam, actor, "member.manage", project_id)
    if not is_id(user_id):
        raise NotFoundError
    with database.atomic():
        roles.require_known(role)
        _hold_members(project_id)
        user = _of_same_organisation(user_id, project)
        before = _role_of(project_id, user_id)
        roles.require_givable(mam, actor, project_id, role, *([before] if before else []))
        if role != "owner":
            _keep_an_owner(project_id, user_id)
        Member.insert(project=project_id, user=user_id, role=role).on_conflict(
            conflict_target=[Member.project, Member.user], update={Member.role: role}
        ).execute()
        audit.record(
            mam, actor, "member.set", kind="user", subject_id=user_id, project_id=project_id,
            data={"role": role},
        )  # fmt: skip
        approvals.access_changed(mam, actor, user_id, project_id)
        if before:
            roles.end_downloads(mam, [(project_id, user_id)], before, role)
    return member_shape(user, role)


def remove_member(mam: Mam, actor: Actor, project_id: str, user_id: str) -> None:
    """Take somebody out of the project; signed addresses they hold end within seconds."""
    access.require_project(mam, actor, "member.manage", project_id)
    with database.atomic():
        _hold_members(project_id)
        before = _role_of(project_id, user_id)
        roles.require_givable(mam, actor, project_id, *([before] if before else []))
        _keep_an_owner(project_id, user_id)
        member = (Member.project == project_id) & (Member.user == user_id)
        if not Member.delete().where(member).execute():
            raise NotFoundError
        audit.record(mam, actor, "member.removed", kind="user", subject_id=user_id, project_id=project_id)
        approvals.access_changed(mam, actor, user_id, project_id)
        end_addresses(mam, delivery.member_tag(project_id, user_id))


def _of_same_organisation(user_id: str, project: Project) -> User:
    """The user, held until the transaction ends: nobody moves them meanwhile to another organisation."""
    same = (User.id == user_id) & (User.organisation_id == project.organisation_id)
    if User.update(status=User.status).where(same).execute() != 1:
        raise NotFoundError
    return User.get_by_id(user_id)


def _hold_members(project_id: str) -> None:
    """Hold back every other change of the members until this transaction ends: a lock on both databases."""
    Project.update(updated_at=now()).where(Project.id == project_id).execute()


def _role_of(project_id: str, user_id: str) -> str | None:
    found = Member.select(Member.role).where((Member.project == project_id) & (Member.user == user_id))
    role: str | None = found.scalar()
    return role


def _keep_an_owner(project_id: str, leaving: str) -> None:
    owners = (Member.project == project_id) & (Member.role == "owner")
    found = {row.user_id for row in Member.select(Member.user).where(owners)}
    if found == {leaving}:
        raise ConflictError("A project keeps at least one owner; name another one first.", code="last_owner")


def _shape(project: Project, actor: Actor) -> Shape:
    members = _members(project.id)
    role = next((one["role"] for one in members if one["user_id"] == actor.user_id), None)
    assets = asset_counts([project.id]).get(project.id, 0)
    return {**project_shape(project, role=role, assets=assets), "members": members}


def _members(project_id: str) -> list[Shape]:
    query = Member.select(Member, User).join(User).where(Member.project == project_id)
    return [member_shape(row.user, row.role) for row in query.order_by(User.display_name, User.id)]
