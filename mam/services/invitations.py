"""Invitations: a link that makes one account, with the roles and projects that an administrator chose.

No mail server is needed: the link is shown once, to be sent by whoever made it. It works once, until its
end, and only while its maker still administers the box or the organisation. Writes `invitation`, `user`,
`user_role`, `member`, `session`, `audit_entry`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from mam import passwords
from mam.core import Mam
from mam.errors import ConflictError, NotFoundError
from mam.models import Invitation, Member, Project, User, database, now
from mam.services import (
    access,
    audit,
    entrance,
    organisations,
    pages,
    people,
    proof,
    sessions,
    throttle,
    tokens,
)
from mam.services import roles as project_roles
from mam.services.shapes import Shape, iso
from mam.types import Actor

DAYS = 7


def create(
    mam: Mam,
    actor: Actor,
    *,
    base_url: str,
    email: str | None = None,
    roles: Iterable[str] = (people.MEMBER,),
    projects: Iterable[Mapping[str, str]] = (),
    days: int = DAYS,
    organisation_id: str | None = None,
) -> Shape:
    """Make a link for somebody; the answer's `url` is the only place where it is told. For administrators.

    `projects` are `{project_id, role}`, all of the organisation that the account is to belong to: the actor's
    own, or for who administers the box the one named, else that of the projects. Raises `ProofNeededError`,
    `ForbiddenError`, `ValidationError`, `NotFoundError` (a project that is not there), `ConflictError`
    (`email_taken`).
    """
    own = access.administered(mam, actor)
    proof.require(mam, actor)
    wanted = people.checked_roles(roles)
    places = {one["project_id"]: one["role"] for one in projects}
    homes = {access.require_project(mam, actor, "member.manage", one).organisation_id for one in places}
    home = organisations.of_invitation(own, organisation_id, homes)
    organisations.check_given(own, home, wanted)
    address = people.checked_email(email) if email else ""
    if address and User.select().where(User.email == address).exists():
        raise ConflictError("There is an account of this email already.", code="email_taken")
    token = tokens.new_secret()
    with database.atomic():
        for role in sorted(set(places.values())):
            project_roles.require_known(role)
        row = Invitation.create(
            token_hash=tokens.hashed(token), email=address, roles=sorted(wanted), places=places,
            created_by=actor.user_id, organisation_id=home, expires_at=now() + timedelta(days=days),
        )  # fmt: skip
        _note(mam, actor, "invitation.created", row)
    return {**_shape(row), "url": f"{base_url}/invite/{token}"}


def list_invitations(mam: Mam, actor: Actor, *, cursor: str | None = None, limit: int = 50) -> Shape:
    """All invitations, newest first; none tells its link. For administrators, of their organisation's."""
    home = access.administered(mam, actor)
    query = Invitation.select()
    if home is not None:
        query = query.where(Invitation.organisation_id == home)
    rows, following = pages.page(
        query, "-id", {"id": Invitation.id}, Invitation.id, cursor=cursor, limit=limit
    )
    return pages.listed(rows, _shape, following)


def revoke(mam: Mam, actor: Actor, invitation_id: str) -> None:
    """End a link; again, or after it was used, changes nothing."""
    home = access.administered(mam, actor)
    row = Invitation.get_or_none(Invitation.id == invitation_id)
    if row is None or home not in (None, row.organisation_id):
        raise NotFoundError
    open_ = (Invitation.id == row.id) & Invitation.revoked_at.is_null() & Invitation.used_at.is_null()
    with database.atomic():
        if Invitation.update(revoked_at=now()).where(open_).execute():
            _note(mam, actor, "invitation.revoked", row)


def look(mam: Mam, token: str) -> Shape:  # noqa: ARG001 - every service takes the box first
    """What a link that holds offers: `{email, invited_by}`; `NotFoundError` for any other."""
    row = _living(token)
    return {"email": row.email, "invited_by": row.created_by.display_name}


def accept(
    mam: Mam,
    *,
    token: str,
    email: str,
    display_name: str,
    password: str,
    address: str = "",
    user_agent: str = "",
) -> tuple[Actor, str]:
    """Make the account and log it in: the actor and the session cookie's value.

    Of two at once exactly one succeeds. Raises `NotFoundError` for a link that does not hold (any more),
    `ValidationError`, `ConflictError` (`email_taken`), `RateLimitedError`.
    """
    row = _living(token)
    email, name = row.email or people.checked_email(email), people.checked_name(display_name)
    people.checked_password(mam, password, about=(email, name))
    throttle.registration(address)
    hashed = passwords.hash_password(password)
    with database.atomic():
        unused = (Invitation.id == row.id) & Invitation.used_at.is_null() & Invitation.revoked_at.is_null()
        if Invitation.update(used_at=now()).where(unused).execute() != 1:
            raise NotFoundError
        user = people.make(
            email=email, display_name=name, password_hash=hashed, status="active", roles=row.roles,
            organisation_id=row.organisation_id,
        )  # fmt: skip
        Invitation.update(used_by_id=user.id).where(Invitation.id == row.id).execute()
        _join(user, row.places)
        _note(mam, entrance.as_actor(user, None, address), "invitation.accepted", row)
        session, cookie = sessions.open_cookie(mam, user, address, user_agent)
    who = (user.id, user.email, user.display_name, tuple(row.roles), session.id, address)
    return Actor(*who, organisation_id=user.organisation_id), cookie


# --- inside --------------------------------------------------------------------------------------


def _living(token: str) -> Invitation:
    """The invitation of a link that holds now, made by somebody who still administers the box."""
    holds = (Invitation.token_hash == tokens.hashed(token)) & (Invitation.expires_at > now())
    query = Invitation.select(Invitation, User).join(User).where(holds)
    row: Invitation | None = query.where(
        Invitation.used_at.is_null() & Invitation.revoked_at.is_null()
    ).first()
    if row is None or row.created_by_id not in people.active_admins(row.organisation_id):
        raise NotFoundError("This invitation does not hold any more; ask for another one.")
    return row


def _join(user: User, places: Mapping[str, str]) -> None:
    there = Project.id.in_(list(places)) & (Project.organisation_id == user.organisation_id)
    known = {*access.ROLES, *project_roles.names()}
    for project in Project.select(Project.id).where(there & Project.deleted_at.is_null()):
        if places[project.id] in known:
            Member.create(project=project.id, user=user.id, role=places[project.id])


def _state(row: Invitation) -> str:
    if row.used_at:
        return "used"
    if row.revoked_at:
        return "revoked"
    return "expired" if row.expires_at <= now() else "open"


def _shape(row: Invitation) -> Shape:
    return {
        "id": row.id,
        "email": row.email or None,
        "roles": row.roles,
        "projects": [{"project_id": one, "role": role} for one, role in row.places.items()],
        "organisation_id": row.organisation_id,
        "state": _state(row),
        "created_by": row.created_by_id,
        "created_at": iso(row.created_at),
        "expires_at": iso(row.expires_at),
        "used_at": iso(row.used_at),
        "used_by": row.used_by_id,
    }


def _note(mam: Mam, actor: Actor, action: str, row: Invitation) -> None:
    data: dict[str, Any] = {"email": row.email, "roles": row.roles, "projects": row.places}
    audit.record(mam, actor, action, kind="invitation", subject_id=row.id, data=data)
