"""Accounts: registering, the list of users and its changes, and the first administrator.

Every change that takes something away from a user ends its sessions or its access tokens in the same
transaction. Writes `user`, `user_role`, `setting`, `session`, `audit_entry`; passwords only as hashes.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable

from mam import passwords
from mam.core import Mam
from mam.errors import ConflictError, FieldError, ForbiddenError, NotFoundError, ValidationError
from mam.ids import is_id
from mam.models import FIRST, Setting, User, database
from mam.services import (
    access,
    approvals,
    audit,
    organisations,
    outside,
    people,
    proof,
    sessions,
    throttle,
    tokens,
)
from mam.services.shapes import Shape, user_shape
from mam.types import SYSTEM, Actor

_SETUP = "setup_token"
_TAG = re.compile(r"|[A-Za-z]{2,3}(-[A-Za-z0-9]{2,6}){0,2}")
_PAGE = 200


def register(mam: Mam, *, email: str, display_name: str, password: str, address: str = "") -> Shape:
    """Make an account for somebody who asks: `{user}`, pending unless registration is open.

    Raises `ForbiddenError` (`registration_closed`), `ValidationError`, `ConflictError` (`email_taken`),
    `RateLimitedError`.
    """
    rule = mam.config.auth.registration
    if rule == "closed":
        raise ForbiddenError("New accounts are made by an administrator here.", code="registration_closed")
    email, name = people.checked_email(email), people.checked_name(display_name)
    people.checked_password(mam, password, about=(email, name))
    throttle.registration(address)
    hashed = passwords.hash_password(password)
    status = "active" if rule == "open" else "pending"
    with database.atomic():
        user = people.make(
            email=email, display_name=name, password_hash=hashed, status=status, roles=[people.MEMBER]
        )
        actor = Actor(user.id, user.email, user.display_name, address=address)
        audit.record(mam, actor, "user.registered", kind="user", subject_id=user.id)
    return {"user": user_shape(user, [people.MEMBER])}


def me(mam: Mam, actor: Actor) -> Shape:  # noqa: ARG001 - every service takes the box first
    """The actor as a user; `NotFoundError` for the box itself, which is none."""
    return _shape(_user(actor.user_id))


def choose_language(mam: Mam, actor: Actor, tag: str) -> Shape:
    """Keep the language that the actor reads the pages in, its BCP 47 tag; empty follows the browser.

    Raises `ValidationError` for what is no tag, `NotFoundError` for the box itself.
    """
    if not _TAG.fullmatch(tag):
        error = FieldError("language", "A tag of letters, digits and hyphens, at most 16, as in de or pt-BR.")
        raise ValidationError("This is no language.", (error,))
    with database.atomic():
        user = _user(actor.user_id)
        if user.language != tag:
            User.update(language=tag).where(User.id == user.id).execute()
            _note(mam, actor, "user.language_chosen", user, {"language": tag})
    return _shape(user)


def list_users(
    mam: Mam, actor: Actor, *, organisation_id: str | None = None, cursor: str | None = None, limit: int = 50
) -> Shape:
    """Everybody, in the order they came: `{items, next_cursor}`. For administrators.

    Who administers an organisation sees its people alone; `organisation_id` narrows the whole box to one.
    """
    home = access.administered(mam, actor)
    query = User.select().order_by(User.id)  # ids are UUIDv7: they sort by time
    for one in filter(None, (home, organisation_id)):
        query = query.where(User.organisation_id == one)
    if cursor is not None:
        if not is_id(cursor):
            error = FieldError("cursor", "A next_cursor of this list.")
            raise ValidationError("The cursor does not hold.", (error,))
        query = query.where(User.id > cursor)
    limit = max(1, min(limit, _PAGE))
    users = list(query.limit(limit + 1))
    roles = people.roles_of(user.id for user in users)
    following = users[limit - 1].id if len(users) > limit else None
    items = [_managed_shape(user, roles[user.id]) for user in users[:limit]]
    return {"items": items, "next_cursor": following}


def get_user(mam: Mam, actor: Actor, user_id: str) -> Shape:
    """One person as in the list. For administrators; raises `NotFoundError`, `ForbiddenError`."""
    user = _managed(mam, actor, user_id)
    return _managed_shape(user, people.roles_of([user.id])[user.id])


def update_user(
    mam: Mam,
    actor: Actor,
    user_id: str,
    *,
    status: str | None = None,
    roles: Iterable[str] | None = None,
    display_name: str | None = None,
    organisation_id: str | None = None,
) -> Shape:
    """Change somebody's status, roles, name or organisation, effective with their next request.

    For administrators. Disabling ends every session. Raises `ConflictError` (`last_admin`) where nobody could
    administer the box afterwards, and where somebody who belongs to projects is to move (`in_projects`);
    `ValidationError`, `NotFoundError`, `ForbiddenError`.
    """
    _managed(mam, actor, user_id)
    values: dict[str, object] = {}
    if status is not None:
        values["status"] = _checked_status(status)
    if display_name is not None:
        values["display_name"] = people.checked_name(display_name)
    wanted = None if roles is None else people.checked_roles(roles)
    if organisation_id is not None:
        access.require(mam, actor, "box.admin")
        values["organisation_id"] = organisations.checked(organisation_id)
    with database.atomic():
        people.lock_admins()
        user = _managed(mam, actor, user_id)
        wanted = organisations.check_change(mam, actor, user, wanted, str(values.get("organisation_id", "")))
        _apply(mam, user, values, wanted)
        if status is not None:
            outside.decided_here(user_id)
        approvals.access_changed(mam, actor, user_id)
        _note(
            mam,
            actor,
            "user.updated",
            user,
            {**values, **({"roles": sorted(wanted)} if wanted is not None else {})},
        )
        return _managed_shape(_user(user_id), people.roles_of([user_id])[user_id])


def add_user(mam: Mam, *, email: str, name: str, password: str, admin: bool = False) -> Shape:
    """An active user, made on the console. Raises `ValidationError`, `ConflictError` (`email_taken`)."""
    return _add(mam, SYSTEM, email, name, password, admin=admin)


def invite_user(
    mam: Mam, actor: Actor, *, email: str, display_name: str, password: str, admin: bool = False
) -> Shape:
    """An active user, made by an administrator. Raises `ForbiddenError` besides what `add_user` raises."""
    home = access.administered(mam, actor)
    if admin:
        access.require(mam, actor, "box.admin")
    return _add(mam, actor, email, display_name, password, admin=admin, home=home or FIRST)


def _add(
    mam: Mam, actor: Actor, email: str, name: str, password: str, *, admin: bool, home: str = FIRST
) -> Shape:
    email, name = people.checked_email(email), people.checked_name(name)
    hashed = passwords.hash_password(people.checked_password(mam, password, about=(email, name)))
    roles = [people.ADMIN, people.MEMBER] if admin else [people.MEMBER]
    with database.atomic():
        user = people.make(
            email=email, display_name=name, password_hash=hashed, status="active", roles=roles,
            organisation_id=home,
        )  # fmt: skip
        _note(mam, actor, "user.added", user, {"roles": roles})
    return user_shape(user, roles)


def find_user(mam: Mam, email: str, organisation_id: str | None = None) -> str:  # noqa: ARG001 - as all
    """The id of the user of that address, of one organisation where it is given; else `NotFoundError`."""
    query = User.select(User.id).where(User.email == email.strip().lower())
    if organisation_id is not None:
        query = query.where(User.organisation_id == organisation_id)
    user = query.first()
    if user is None:
        raise NotFoundError(f"There is no user {email}; `mam user list` shows everybody.")
    return str(user.id)


def set_password(mam: Mam, user_id: str, password: str) -> None:
    """Give a user a new password, on the console; every session of theirs ends."""
    hashed = passwords.hash_password(people.checked_password(mam, password))
    with database.atomic():
        user = _user(user_id)
        people.change(user, password_hash=hashed)
        sessions.revoke_user(mam, user.id, "password changed")
        _note(mam, SYSTEM, "user.password_changed", user, {})


def change_own_password(mam: Mam, actor: Actor, password: str) -> None:
    """Another password for whoever asks and has just proved it; every other login of theirs ends, keys stay.

    Raises `ProofNeededError`, `ValidationError`.
    """
    proof.require(mam, actor)
    about = (actor.email, actor.display_name)
    hashed = passwords.hash_password(people.checked_password(mam, password, about=about))
    with database.atomic():
        user = _user(actor.user_id)
        people.change(user, password_hash=hashed)
        sessions.revoke_others(mam, user.id, actor.session_id, "password changed")
        _note(mam, actor, "user.password_changed", user, {})


def setup_needed(mam: Mam) -> bool:  # noqa: ARG001 - every service takes the box first
    """Whether nobody administers the box yet."""
    return not people.active_admins()


def setup_token(mam: Mam) -> str | None:
    """A new one-time secret for the set-up link, or None once there is an administrator.

    Only its hash is kept; each call ends the link before.
    """
    with database.atomic():
        people.lock_admins()
        Setting.delete().where(Setting.key == _SETUP).execute()
        if not setup_needed(mam):
            return None
        token = tokens.new_secret()
        Setting.create(key=_SETUP, value=tokens.hashed(token), secret=True)
        return token


def complete_setup(
    mam: Mam,
    *,
    token: str,
    email: str,
    display_name: str,
    password: str,
    address: str = "",
    user_agent: str = "",
) -> tuple[Actor, str]:
    """Make the first administrator and log them in: the actor and the session cookie's value.

    Of two at once exactly one succeeds (promise F12). An account that somebody registered under this email
    before is taken over: the link was printed to whoever owns the box. Raises `ForbiddenError` (`setup_done`,
    `setup_invalid`), `ValidationError`.
    """
    _check_setup(mam, token)
    email, name = people.checked_email(email), people.checked_name(display_name)
    hashed = passwords.hash_password(people.checked_password(mam, password, about=(email, name)))
    with database.atomic():
        people.lock_admins()
        _check_setup(mam, token)
        Setting.delete().where(Setting.key == _SETUP).execute()
        user = _first_admin(mam, email, name, hashed)
        _note(mam, SYSTEM, "setup.completed", user, {})
        session, cookie = sessions.open_cookie(mam, user, address, user_agent)
    roles = (people.ADMIN, people.MEMBER)
    who = (user.id, user.email, user.display_name, roles, session.id, address)
    return Actor(*who, organisation_id=user.organisation_id), cookie


# --- inside --------------------------------------------------------------------------------------


def _check_setup(mam: Mam, token: str) -> None:
    if not setup_needed(mam):
        raise ForbiddenError("This box has its administrator already; log in.", code="setup_done")
    stored = Setting.get_or_none(Setting.key == _SETUP)
    expected = str(stored.value) if stored is not None else ""
    if not hmac.compare_digest(expected.encode(), tokens.hashed(token).encode()):
        raise ForbiddenError(
            "This set-up link is not the newest; take the one printed at the last start.",
            code="setup_invalid",
        )


def _first_admin(mam: Mam, email: str, name: str, hashed: str) -> User:
    roles = [people.ADMIN, people.MEMBER]
    user: User | None = User.get_or_none(User.email == email)
    if user is None:
        return people.make(email=email, display_name=name, password_hash=hashed, status="active", roles=roles)
    people.change(user, display_name=name, password_hash=hashed, status="active")
    people.set_roles(user, roles)
    sessions.revoke_user(mam, user.id, "taken over at set-up")
    return _user(user.id)


def _apply(mam: Mam, user: User, values: dict[str, object], roles: set[str] | None) -> None:
    """Write the changes in the caller's transaction; nothing may leave the box without an administrator."""
    before = people.active_admins()
    if roles is not None:
        user.organisation_id = str(values.get("organisation_id", user.organisation_id))
        people.set_roles(user, roles)
    if values.keys() & {"status", "organisation_id"} or roles is not None:
        people.change(user, **values)
    elif values:
        User.update(**values).where(User.id == user.id).execute()
    if values.get("status", "active") != "active":
        sessions.revoke_user(mam, user.id, "account disabled")
    if before and not people.active_admins():
        raise ConflictError(
            "This is the last administrator; make somebody else one first.", code="last_admin"
        )


def _checked_status(status: str) -> str:
    if status not in people.STATUSES:
        message = f"One of {', '.join(people.STATUSES)}."
        raise ValidationError(f"status: {message}", (FieldError("status", message),))
    return status


def _managed(mam: Mam, actor: Actor, user_id: str) -> User:
    """Somebody whom `actor` administers; `NotFoundError` for people of other organisations."""
    home = access.administered(mam, actor)
    user = _user(user_id)
    if home not in (None, user.organisation_id):
        raise NotFoundError
    return user


def _user(user_id: str | None) -> User:
    user = User.get_or_none(User.id == user_id) if user_id and is_id(user_id) else None
    if user is None:
        raise NotFoundError
    return user


def _shape(user: User) -> Shape:
    return user_shape(user, people.roles_of([user.id])[user.id])


def _managed_shape(user: User, roles: Iterable[str]) -> Shape:
    """A person as administrators see them."""
    return {**user_shape(user, roles), "organisation_id": user.organisation_id}


def _note(mam: Mam, actor: Actor, action: str, user: User, data: dict[str, object]) -> None:
    audit.record(mam, actor, action, kind="user", subject_id=user.id, data={"email": user.email, **data})
