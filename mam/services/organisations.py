"""Organisations: who owns projects and people, how much they may hold, what their links look like.

A person and a project belong to one each. Who administers the box makes and ends organisations; the
administrators of one change its name and looks. Writes `organisation`, audit entries.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from peewee import IntegrityError, fn

from mam.core import Mam
from mam.errors import ConflictError, FieldError, ForbiddenError, NotFoundError, ValidationError
from mam.models import FIRST, Asset, Invitation, Member, Organisation, Project, User, database
from mam.services import access, audit, pages, people, quota
from mam.services.shapes import Shape, iso
from mam.types import Actor

MOST = 1000
"""Organisations of one box."""

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_LOOKS = ("name", "studio", "accent")


def list_organisations(mam: Mam, actor: Actor, *, cursor: str | None = None, limit: int = 50) -> Shape:
    """Those that `actor` administers, the oldest first, each with what it holds."""
    home = access.administered(mam, actor)
    query = Organisation.select()
    if home is not None:
        query = query.where(Organisation.id == home)
    keys: dict[str, Any] = {"id": Organisation.id}
    rows, following = pages.page(query, "id", keys, Organisation.id, cursor=cursor, limit=limit)
    return pages.listed(rows, _shape, following)


def get_organisation(mam: Mam, actor: Actor, organisation_id: str) -> Shape:
    """One with what it holds. Raises `NotFoundError`, `ForbiddenError`."""
    return _shape(_administered(mam, actor, organisation_id))


def create_organisation(
    mam: Mam, actor: Actor, *, name: str, slug: str, quota_bytes: int | None = None
) -> Shape:
    """A new one; its masters' keys begin with `org/slug/`, for ever. For administrators of the box.

    Raises `ConflictError` (`slug_taken`), `ValidationError`, `ForbiddenError`.
    """
    access.require(mam, actor, "box.admin")
    if not _SLUG.fullmatch(slug):
        raise _invalid("slug", "1 to 40 small letters, digits and hyphens, no hyphen at either end.")
    if Organisation.select().count() >= MOST:
        raise ConflictError(f"A box has {MOST} organisations at most.", code="too_many_organisations")
    with database.atomic():
        row = _insert(name, slug, quota_bytes)
        data = {"name": name, "slug": slug, "quota_bytes": quota_bytes}
        _note(mam, actor, "created", row.id, data)
    return _shape(row)


def update_organisation(mam: Mam, actor: Actor, organisation_id: str, given: Mapping[str, Any]) -> Shape:
    """Change name, studio and accent, and for administrators of the box the quota (None: no limit)."""
    row = _administered(mam, actor, organisation_id)
    if "quota_bytes" in given:
        access.require(mam, actor, "box.admin")
    changes = {key: given[key] for key in (*_LOOKS, "quota_bytes") if key in given}
    if "accent" in changes:
        changes["accent"] = (changes["accent"] or "").lower()
    changes = {key: value for key, value in changes.items() if getattr(row, key) != value}
    if changes:
        with database.atomic():
            Organisation.update(**changes).where(Organisation.id == row.id).execute()
            _note(mam, actor, "updated", row.id, changes)
    return _shape(Organisation.get_by_id(row.id))


def delete_organisation(mam: Mam, actor: Actor, organisation_id: str) -> None:
    """End one that has neither people nor projects. For administrators of the box.

    Raises `ConflictError` (`organisation_in_use`; `first_organisation`), `NotFoundError`, `ForbiddenError`.
    """
    access.require(mam, actor, "box.admin")
    row = _administered(mam, actor, organisation_id)
    if row.id == FIRST:
        raise ConflictError("The first organisation stays: it is the box's own.", code="first_organisation")
    with database.atomic():
        _hold(row.id)
        Invitation.delete().where(Invitation.organisation_id == row.id).execute()  # waits for who accepts one
        if any(table.select().where(table.organisation_id == row.id).exists() for table in (User, Project)):
            raise ConflictError(
                "It still has people or projects, those in the trash included; move or end them first.",
                code="organisation_in_use",
            )
        Organisation.delete().where(Organisation.id == row.id).execute()
        _note(mam, actor, "deleted", row.id, {"name": row.name, "slug": row.slug})


def checked(organisation_id: str) -> str:
    """The id of an organisation that is there; `ValidationError` for any other."""
    if not Organisation.select().where(Organisation.id == organisation_id).exists():
        raise _invalid("organisation_id", "An organisation of this box.")
    return organisation_id


def check_change(
    mam: Mam, actor: Actor, user: User, wanted: set[str] | None, moving_to: str
) -> set[str] | None:
    """The roles to give `user` (None: as they are), who is moved to that organisation (empty: stays).

    In the transaction of the change: nobody joins the organisation's projects, or ends it, meanwhile. Who
    moves does not administer the new organisation by what they were in the old one. Raises
    `ForbiddenError`, `ValidationError`, `ConflictError`.
    """
    have = people.roles_of([user.id])[user.id]
    home = moving_to or user.organisation_id
    if access.administered(mam, actor) is not None and people.ADMIN in have:
        raise ForbiddenError("Somebody who administers the box is changed by their like alone.")
    check_given(access.administered(mam, actor), home, have if wanted is None else wanted, have)
    if home == user.organisation_id:
        return wanted
    _hold(home)
    User.update(status=User.status).where(User.id == user.id).execute()
    if Member.select().where(Member.user == user.id).exists():
        raise ConflictError("They belong to projects; take them out of those first.", code="in_projects")
    return have - {people.ORG_ADMIN} if wanted is None else wanted


def check_given(own: str | None, home: str, wanted: Iterable[str], have: Iterable[str] = ()) -> None:
    """Pass where people of `home` may hold these roles, given by who administers `own` (None: the box)."""
    roles = set(wanted)
    if people.ADMIN in roles and home != FIRST:
        raise _invalid("roles", "Only people of the first organisation administer the box.")
    if own is not None and roles - set(have) - {people.MEMBER, people.ORG_ADMIN}:
        raise _invalid("roles", f"Roles out of: {people.MEMBER}, {people.ORG_ADMIN}.")


def of_invitation(own: str | None, named: str | None, projects: set[str]) -> str:
    """The organisation of an invited account: the inviter's own, the one named, that of its projects."""
    home = own or named or (min(projects) if projects else FIRST)
    if named not in (None, home) or projects - {home}:
        raise _invalid("projects", "Projects of the organisation that the account is to belong to.")
    return checked(home)


def storage_prefix(asset_id: str) -> str:
    """What keys of this asset's masters begin with: nothing in the first organisation, else `org/slug/`."""
    query: Any = Organisation.select(Organisation.storage_prefix)
    query = query.join(Project, on=(Project.organisation_id == Organisation.id))
    found: str = query.join(Asset).where(Asset.id == asset_id).scalar()
    return found


def looks(project_id: str) -> dict[str, str]:
    """Studio and accent of share links that say nothing of their own, and whose project says nothing."""
    same = Project.organisation_id == Organisation.id
    row = Organisation.select().join(Project, on=same).where(Project.id == project_id).get()
    return {"studio": row.studio, "accent": row.accent}


# --- inside --------------------------------------------------------------------------------------


def _insert(name: str, slug: str, quota_bytes: int | None) -> Organisation:
    try:
        with database.atomic():
            row: Organisation = Organisation.create(
                name=name, slug=slug, quota_bytes=quota_bytes, storage_prefix=f"org/{slug}/"
            )
    except IntegrityError:
        raise ConflictError("There is an organisation of this slug already.", code="slug_taken") from None
    return row


def _administered(mam: Mam, actor: Actor, organisation_id: str) -> Organisation:
    home = access.administered(mam, actor)
    row: Organisation | None = Organisation.get_or_none(Organisation.id == organisation_id)
    if row is None or home not in (None, row.id):
        raise NotFoundError
    return row


def _hold(organisation_id: str) -> None:
    """Have others who fill or end it wait until this transaction is over."""
    Organisation.update(name=Organisation.name).where(Organisation.id == organisation_id).execute()


def _shape(row: Organisation) -> Shape:
    return {
        "id": row.id,
        "name": row.name,
        "slug": row.slug,
        "is_first": row.id == FIRST,
        "quota_bytes": row.quota_bytes,
        "used_bytes": quota.organisation_bytes(row.id),
        "storage_prefix": row.storage_prefix,
        "studio": row.studio,
        "accent": row.accent or None,
        "people": _count(User, row.id),
        "projects": _count(Project, row.id),
        "created_at": iso(row.created_at),
    }


def _count(table: Any, organisation_id: str) -> int:
    query = table.select(fn.COUNT(table.id)).where(table.organisation_id == organisation_id)
    return int(query.scalar())


def _note(mam: Mam, actor: Actor, what: str, organisation_id: str, data: Mapping[str, Any]) -> None:
    action = f"organisation.{what}"
    audit.record(mam, actor, action, kind="organisation", subject_id=organisation_id, data=data)


def _invalid(field: str, message: str) -> ValidationError:
    return ValidationError(f"{field}: {message}", (FieldError(field, message),))
