"""Roles in a project that administrators make: named sets of the actions there are, in force at once.

A role is held by its key, which never changes; every question of rights reads its actions from the database.
No role that is made says who belongs to a project or ends one. Writes `project_role`, with a replacement
`member` and `invitation`, and audit entries.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from peewee import fn

from mam.builtin.roles import FLOOR, GRANTABLE, PROJECT
from mam.core import Mam
from mam.errors import ConflictError, FieldError, ForbiddenError, NotFoundError, ValidationError
from mam.models import Invitation, Member, ProjectRole, database, now
from mam.services import access, approvals, audit, delivery
from mam.services.endings import end_addresses
from mam.services.shapes import Shape, iso
from mam.types import Actor, Thing

MOST = 50
"""Roles that a box may have beside the built-in ones."""

_LONGEST_KEY = 16
_RESERVED = frozenset({*access.ROLES, "admin", "member", "guest", "system", "none"})
_DOWNLOADS = frozenset({"master.download", "preview.download"})
_ADMIN = "box.admin"


def list_roles(mam: Mam, actor: Actor) -> Shape:  # noqa: ARG001 - every service gets the box and who asks
    """The built-in roles, the mightiest first, then those that were made, by name; each with its actions."""
    built_in = [_built_in(key) for key in access.ROLES]
    made = [shape(row) for row in ProjectRole.select().order_by(ProjectRole.name, ProjectRole.id)]
    return {"items": built_in + made, "next_cursor": None}


def get_role(mam: Mam, actor: Actor, role_id: str) -> Shape:
    """One that was made. For administrators."""
    access.require(mam, actor, _ADMIN)
    return shape(_found(role_id))


def create_role(mam: Mam, actor: Actor, *, name: str, actions: Iterable[str] = ()) -> Shape:
    """Make a role; reading belongs to each. Its key is made from the name.

    Raises `ValidationError` for actions that no role may hold, `ConflictError` (`role_exists`).
    """
    access.require(mam, actor, _ADMIN)
    wanted = _checked(actions)
    with database.atomic():
        rows = list(ProjectRole.select())
        if len(rows) >= MOST:
            raise ConflictError(f"There may be {MOST} roles beside the built-in ones; delete one first.")
        _check_name(name, rows)
        key = _key(name, {row.key for row in rows})
        row = ProjectRole.create(key=key, name=name, actions=wanted)
        _note(mam, actor, "role.created", row, {"actions": wanted})
    return shape(row)


def update_role(mam: Mam, actor: Actor, role_id: str, given: Mapping[str, Any]) -> Shape:
    """Change `name` or `actions`; whoever holds the role may the new ones from the next request on.

    Raises as `create_role`, and `NotFoundError`.
    """
    access.require(mam, actor, _ADMIN)
    with database.atomic():
        row = _held(role_id)
        changes: dict[str, Any] = {}
        if given.get("name", row.name) != row.name:
            _check_name(given["name"], ProjectRole.select().where(ProjectRole.id != row.id))
            changes["name"] = given["name"]
        if "actions" in given and (wanted := _checked(given["actions"])) != row.actions:
            changes["actions"] = wanted
        if changes:
            before = frozenset(row.actions)
            ProjectRole.update(**changes, updated_at=now()).where(ProjectRole.id == row.id).execute()
            _note(mam, actor, "role.updated", row, changes)
            if "actions" in changes:
                _follow(mam, actor, _holders(row.key), before - frozenset(wanted))
    return shape(_found(role_id))


def delete_role(mam: Mam, actor: Actor, role_id: str, replacement: str | None = None) -> None:
    """Delete a role; whoever holds it, and whoever is invited to it, gets `replacement`, the key of another.

    Raises `ConflictError` (`role_held`) where somebody holds it and no replacement is named,
    `ValidationError` for one that is not there, the same, or owner.
    """
    access.require(mam, actor, _ADMIN)
    with database.atomic():
        row = _held(role_id)
        held, invited = _holders(row.key), _invited(row.key)
        if replacement is not None and replacement in (row.key, "owner"):
            raise _invalid("replacement", "Name another role, and not owner.")
        if replacement is not None:
            require_known(replacement, "replacement")
        elif held or invited:
            raise ConflictError(
                f"{len(held)} memberships and {len(invited)} open invitations hold this role; "
                "name a replacement.",
                code="role_held",
            )
        if replacement is not None:
            _replace(row.key, replacement, invited)
        ProjectRole.delete().where(ProjectRole.id == row.id).execute()
        _note(mam, actor, "role.deleted", row, {"replacement": replacement, "held": len(held)})
        if replacement is not None:
            _follow(mam, actor, held, frozenset(row.actions) - actions_of(replacement))


def holders(mam: Mam, actor: Actor) -> dict[str, int]:
    """How many memberships and open invitations hold each role that was made, by key. For administrators."""
    access.require(mam, actor, _ADMIN)
    count = fn.COUNT(Member.user)
    rows: Any = Member.select(Member.role, count).where(Member.role.not_in(access.ROLES))
    found: dict[str, int] = dict(rows.group_by(Member.role).tuples())
    for one in _open_invitations():
        for key in one.places.values():
            found[key] = found.get(key, 0) + 1
    return found


def names(keys: Iterable[str] | None = None) -> dict[str, str]:
    """The names of the roles that were made, or of some of them, by key, sorted by name."""
    query = ProjectRole.select(ProjectRole.key, ProjectRole.name).order_by(ProjectRole.name)
    if keys is not None:
        query = query.where(ProjectRole.key.in_(list(keys)))
    rows: Any = query.tuples()
    return dict(rows)


def actions_of(key: str) -> frozenset[str]:
    """What a role allows in a project, built in or made."""
    return PROJECT[key] if key in PROJECT else access.made_actions(key) & GRANTABLE


def require_known(key: str, field: str = "role") -> None:
    """Pass for a role that there is, and keep one that was made until the transaction ends.

    `ValidationError` for another.
    """
    if key in access.ROLES:
        return
    touch = ProjectRole.update(updated_at=ProjectRole.updated_at).where(ProjectRole.key == key)
    if not touch.execute():
        known = ", ".join([*access.ROLES, *names()])
        raise _invalid(field, f"One of: {known}.")


def require_givable(mam: Mam, actor: Actor, project_id: str, *keys: str) -> None:
    """Pass where `actor` may in the project everything that these roles allow: nobody climbs by giving.

    `ForbiddenError` otherwise.
    """
    thing: Thing = access.actor_thing(actor, "project", project_id, project_id)
    for action in sorted(frozenset[str]().union(*map(actions_of, keys))):
        if not access.allowed(mam, actor, action, thing):
            raise ForbiddenError(f"You may not give or take this role: you do not hold the right {action}.")


def end_downloads(mam: Mam, members: Iterable[tuple[str, str]], old: str, new: str) -> None:
    """Take back the signed addresses of those whose `new` role downloads less than the `old` one.

    In the caller's transaction; `members` are pairs of project and user.
    """
    _end(mam, members, actions_of(old) - actions_of(new))


def shape(row: ProjectRole) -> Shape:
    """A role that was made, as it is answered."""
    return {
        "id": row.id,
        "key": row.key,
        "name": row.name,
        "built_in": False,
        "actions": sorted(GRANTABLE.intersection(row.actions)),
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
    }


# --- inside --------------------------------------------------------------------------------------


def _built_in(key: str) -> Shape:
    return {
        "id": None,
        "key": key,
        "name": key,
        "built_in": True,
        "actions": sorted(PROJECT[key]),
        "created_at": None,
        "updated_at": None,
    }


def _found(role_id: str) -> ProjectRole:
    row: ProjectRole | None = ProjectRole.get_or_none(ProjectRole.id == role_id)
    if row is None:
        raise NotFoundError
    return row


def _held(role_id: str) -> ProjectRole:
    """The role, locked until the transaction ends: nobody is given it meanwhile."""
    ProjectRole.update(updated_at=ProjectRole.updated_at).where(ProjectRole.id == role_id).execute()
    return _found(role_id)


def _checked(actions: Iterable[str]) -> list[str]:
    wanted = frozenset(actions)
    if wrong := sorted(wanted - GRANTABLE):
        raise _invalid("actions", f"No role may be made with: {', '.join(wrong)[:200]}.")
    return sorted(wanted | FLOOR)


def _check_name(name: str, others: Iterable[ProjectRole]) -> None:
    taken = {row.name.casefold() for row in others} | set(_RESERVED)
    if name.casefold() in taken:
        raise ConflictError("There is a role of this name already; choose another.", code="role_exists")


def _key(name: str, taken: set[str]) -> str:
    """Small letters, digits and dashes of the name; numbered where that is taken or nothing is left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain)[:_LONGEST_KEY].strip("-") or "role"
    found, number = stem, 1
    while found in taken | _RESERVED:
        number += 1
        found = f"{stem[: _LONGEST_KEY - 1 - len(str(number))].strip('-')}-{number}"
    return found


def _holders(key: str) -> list[tuple[str, str]]:
    rows: Any = Member.select(Member.project, Member.user).where(Member.role == key)
    return list(rows.order_by(Member.project, Member.user).tuples())


def _open_invitations() -> list[Invitation]:
    unused = Invitation.used_at.is_null() & Invitation.revoked_at.is_null() & (Invitation.expires_at > now())
    return list(Invitation.select().where(unused))


def _invited(key: str) -> list[Invitation]:
    return [one for one in _open_invitations() if key in one.places.values()]


def _replace(key: str, replacement: str, invited: Iterable[Invitation]) -> None:
    Member.update(role=replacement).where(Member.role == key).execute()
    for one in invited:
        places = {place: replacement if role == key else role for place, role in one.places.items()}
        Invitation.update(places=places).where(Invitation.id == one.id).execute()


def _follow(mam: Mam, actor: Actor, members: list[tuple[str, str]], lost: frozenset[str]) -> None:
    """Reviews that wait for the members are judged anew; signed addresses end where downloading did."""
    for project_id, user_id in members:
        approvals.access_changed(mam, actor, user_id, project_id)
    _end(mam, members, lost)


def _end(mam: Mam, members: Iterable[tuple[str, str]], lost: frozenset[str]) -> None:
    if lost & _DOWNLOADS:
        end_addresses(mam, *(delivery.member_tag(project, user) for project, user in members))


def _note(mam: Mam, actor: Actor, action: str, row: ProjectRole, more: Mapping[str, Any]) -> None:
    data = {"key": row.key, "name": row.name, **more}
    audit.record(mam, actor, action, kind="role", subject_id=row.id, data=data)


def _invalid(field: str, message: str) -> ValidationError:
    return ValidationError(f"{field}: {message}", (FieldError(field, message),))
