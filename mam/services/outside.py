"""People who log in elsewhere: which account is theirs, which roles their groups give them, who is locked.

An account is found by (issuer, subject); an email links only where the authenticator vouches for it, and
never to an administrator's account. Writes `outside_login`, `user`, `user_role`, `audit_entry`.
"""

from __future__ import annotations

from collections.abc import Iterable

import structlog
from peewee import IntegrityError

from mam.core import Mam
from mam.errors import ConflictError
from mam.models import OutsideLogin, Role, Session, User, database, now
from mam.services import approvals, audit, people
from mam.services.endings import end_addresses
from mam.services.sealed import seal
from mam.types import SYSTEM, Actor, Identity

log = structlog.get_logger("mam.outside")

PURPOSE = "outside-login"
"""What the memory of an authenticator is sealed for."""


def user_of(mam: Mam, identity: Identity) -> User | None:
    """The account of an identity, made where registration or the authenticator admits somebody new.

    None where there is none, or where the email is somebody else's. An account that the box locked because
    its issuer no longer knew it is open again; one that an administrator disabled stays so.
    """
    if not identity.issuer:
        return _by_email(identity) or _new(mam, identity, _status(mam, identity))
    with database.atomic():
        row = _row(identity) or _linked(mam, identity) or _admitted(mam, identity)
        if row is None:
            return None
        _welcome(mam, row, identity)
        return User.get_by_id(row.user_id)


def is_account_of(identity: Identity, actor: Actor) -> bool:
    """Whether an identity is the actor's own, for showing once more who one is."""
    row = _row(identity) if identity.issuer else None
    if row is not None:
        return bool(row.user_id == actor.user_id)
    return not identity.issuer and identity.email.strip().lower() == actor.email


def apply_roles(mam: Mam, user: User, roles: Iterable[str], ruled: Iterable[str]) -> None:
    """Give and take the roles that groups rule, in the caller's transaction; the last admin stays one."""
    known = {row.name for row in Role.select(Role.name)}
    unknown = (set(roles) | set(ruled)) - known
    if unknown:
        log.warning("groups are mapped to roles that are not there", roles=sorted(unknown))
    people.lock_admins()
    have = people.roles_of([user.id])[user.id]
    want = (have - set(ruled)) | (set(roles) & known)
    if people.ADMIN in have - want and people.active_admins() <= {user.id}:
        want.add(people.ADMIN)
    if want == have:
        return
    people.set_roles(user, want)
    people.change(user)
    approvals.access_changed(mam, SYSTEM, user.id)
    data = {"email": user.email, "roles": sorted(want), "by": "groups"}
    audit.record(mam, SYSTEM, "user.updated", kind="user", subject_id=user.id, data=data)


def lock(mam: Mam, row: OutsideLogin) -> bool:
    """Lock the account of somebody whom their issuer no longer knows; their sessions end at once.

    API keys sleep with the account. The last administrator is logged out only. Whether it was locked.
    """
    with database.atomic():
        people.lock_admins()
        user = User.get_by_id(row.user_id)
        alone = people.active_admins() == {user.id}
        if user.status == "active" and not alone:
            OutsideLogin.update(locked_at=now()).where(OutsideLogin.id == row.id).execute()
            people.change(user, status="disabled")
            approvals.access_changed(mam, SYSTEM, user.id)
        alive = (Session.user == user.id) & Session.revoked_at.is_null()
        Session.update(revoked_at=now(), revoked_reason="gone elsewhere").where(alive).execute()
        end_addresses(mam, f"user:{user.id}")
        data = {"email": user.email, "by": row.authenticator, "last_admin": alone}
        audit.record(mam, SYSTEM, "user.gone_elsewhere", kind="user", subject_id=user.id, data=data)
    return not alone


def decided_here(user_id: str) -> None:
    """An administrator set the status of an account: from now on no issuer's yes opens it again."""
    locked = (OutsideLogin.user == user_id) & OutsideLogin.locked_at.is_null(is_null=False)
    OutsideLogin.update(locked_at=None).where(locked).execute()


def keep(mam: Mam, row: OutsideLogin, kept: str) -> None:
    """Note that the row was checked now, and what the authenticator wants to know next time, sealed."""
    values: dict[str, object] = {"checked_at": now()}
    if kept:
        values["kept"] = seal(mam.auth_keys, PURPOSE, row.id, kept.encode())
    OutsideLogin.update(values).where(OutsideLogin.id == row.id).execute()


# --- inside --------------------------------------------------------------------------------------


def _row(identity: Identity) -> OutsideLogin | None:
    who = (OutsideLogin.issuer == identity.issuer) & (OutsideLogin.subject == identity.subject)
    found: OutsideLogin | None = OutsideLogin.get_or_none(who)
    return found


def _by_email(identity: Identity) -> User | None:
    found: User | None = User.get_or_none(User.email == people.checked_email(identity.email))
    return found


def _linked(mam: Mam, identity: Identity) -> OutsideLogin | None:
    """The account of this email, from now on theirs, where the authenticator vouches for the address."""
    user = _by_email(identity)
    if user is None or not identity.may_link or user.status != "active":
        return None
    if people.ADMIN in people.roles_of([user.id])[user.id]:
        return None
    return _connect(mam, user, identity)


def _admitted(mam: Mam, identity: Identity) -> OutsideLogin | None:
    """A new account, where the email is free and new people are let in."""
    status = _status(mam, identity)
    if status is None or _by_email(identity) is not None:
        return None
    user = _new(mam, identity, status)
    return _connect(mam, user, identity) if user is not None else None


def _connect(mam: Mam, user: User, identity: Identity) -> OutsideLogin | None:
    """None where the account belongs to another person of this issuer already."""
    try:
        with database.atomic():
            row: OutsideLogin = OutsideLogin.create(
                user=user.id, authenticator=identity.authenticator[:64],
                issuer=identity.issuer, subject=identity.subject,
            )  # fmt: skip
    except IntegrityError:
        return None
    data = {"email": user.email, "by": identity.authenticator, "issuer": identity.issuer}
    audit.record(mam, _as_actor(user), "user.connected", kind="user", subject_id=user.id, data=data)
    return row


def _welcome(mam: Mam, row: OutsideLogin, identity: Identity) -> None:
    """They were let in elsewhere: remember it, lift the box's own lock, follow their groups."""
    keep(mam, row, identity.kept)
    user = User.get_by_id(row.user_id)
    if user.status == "disabled" and row.locked_at is not None:
        OutsideLogin.update(locked_at=None).where(OutsideLogin.id == row.id).execute()
        people.change(user, status="active")
        data = {"email": user.email, "by": identity.authenticator}
        audit.record(mam, SYSTEM, "user.back_elsewhere", kind="user", subject_id=user.id, data=data)
        user = User.get_by_id(row.user_id)
    if user.status != "disabled":
        apply_roles(mam, user, identity.roles, identity.ruled)


def _status(mam: Mam, identity: Identity) -> str | None:
    """What a new account begins as, or None where none is made."""
    rule = mam.config.auth.registration if identity.new_account == "registration" else identity.new_account
    return {"open": "active", "active": "active", "pending": "pending"}.get(rule)


def _new(mam: Mam, identity: Identity, status: str | None) -> User | None:
    if status is None:
        return None
    email = people.checked_email(identity.email)
    name = audit.plain(identity.display_name).strip()[: people.MAX_NAME] or email
    try:
        with database.atomic():
            user = people.make(
                email=email, display_name=name, password_hash=None, status=status, roles=[people.MEMBER]
            )
            data = {"by": identity.authenticator}
            audit.record(mam, _as_actor(user), "user.registered", kind="user", subject_id=user.id, data=data)
    except ConflictError:  # somebody was quicker, in this moment
        return _by_email(identity) if not identity.issuer else None
    return user


def _as_actor(user: User) -> Actor:
    return Actor(user.id, user.email, user.display_name)
