"""The door: credentials to a user, with every authenticator plugin asked and every attempt counted.

Wrong password, unknown and disabled all end in one sentence after one time (promise F8). Writes
`login_attempt`, `audit_entry`, and `user` where an authenticator brings somebody new.
"""

from __future__ import annotations

from mam.core import Mam
from mam.errors import ForbiddenError, MamError, UnauthorizedError, ValidationError
from mam.models import User, database
from mam.services import audit, people, throttle
from mam.types import Actor, Credentials, Identity


def authenticated(mam: Mam, email: str, password: str, otp: str | None, address: str) -> User:
    """The active user of these credentials.

    The attempt is counted before it is checked and forgiven when it was right. Raises `UnauthorizedError`
    (`invalid_credentials`), `ForbiddenError` (`account_pending`, only after the right password),
    `RateLimitedError`.
    """
    typed = audit.plain(email.strip().lower())[: people.MAX_EMAIL]
    attempt = throttle.login(typed, address)
    try:
        identity = mam.hooks.first(
            "mam_authenticate", config=mam.config, credentials=Credentials(typed, password, otp)
        )
    except MamError:
        throttle.withdraw(attempt)  # the box failed, or was too busy: nobody guessed
        raise
    user = _user_of(mam, identity) if identity is not None else None
    if user is None or user.status == "disabled":
        _note_failure(mam, typed, address)
        raise UnauthorizedError("The email or the password is not right.", code="invalid_credentials")
    throttle.succeeded(typed, address, attempt)
    if user.status != "active":
        audit.record(
            mam,
            as_actor(user, None, address),
            "login.refused",
            kind="user",
            subject_id=user.id,
            data={"status": user.status},
        )
        raise ForbiddenError("This account waits for an administrator.", code="account_pending")
    return user


def _user_of(mam: Mam, identity: Identity) -> User | None:
    """The row of an identity, made where an authenticator brings somebody new and registration admits it."""
    email = people.checked_email(identity.email)
    user: User | None = User.get_or_none(User.email == email)
    rule = mam.config.auth.registration
    if user is not None or rule == "closed":
        return user
    status = "active" if rule == "open" else "pending"
    name = audit.plain(identity.display_name).strip()[: people.MAX_NAME] or email
    with database.atomic():
        user = people.make(
            email=email, display_name=name, password_hash=None, status=status, roles=[people.MEMBER]
        )
        audit.record(
            mam,
            as_actor(user),
            "user.registered",
            kind="user",
            subject_id=user.id,
            data={"by": identity.authenticator},
        )
    return user


def _note_failure(mam: Mam, typed: str, address: str) -> None:
    """Audit a wrong login; what is no email may be a password in the wrong field and is not kept."""
    try:
        email = people.checked_email(typed)
    except ValidationError:
        email = ""
    audit.record(mam, Actor(None, address=address), "login.failed", kind="user", data={"email": email})


def as_actor(user: User, session_id: str | None = None, address: str = "") -> Actor:
    """A user as the actor of an audit entry; without roles, so that it may do nothing else."""
    return Actor(user.id, user.email, user.display_name, (), session_id, address)
