"""The door: credentials to a user, with every authenticator plugin asked and every attempt counted.

Wrong password, unknown and disabled all end in one sentence after one time (promise F8). Writes
`login_attempt`, `audit_entry`, and by `outside` the account where an authenticator brings somebody new.
"""

from __future__ import annotations

import time

from mam.core import Mam
from mam.errors import (
    AuthenticatorAwayError,
    ForbiddenError,
    GrantError,
    MamError,
    UnauthorizedError,
    ValidationError,
)
from mam.models import User
from mam.services import audit, codes, outside, people, throttle
from mam.signing import check_expiry, parse_int, sign, verify
from mam.types import Actor, Credentials

TICKET_SECONDS = 300
"""How long after the password the code may come."""

_TICKET = "second-step"


class CodeNeededError(UnauthorizedError):
    """The password was right; a code of the second factor is missing. `ticket` stands for the password."""

    code = "otp_required"
    title = "A code is needed"

    def __init__(self, ticket: str) -> None:
        """Keep the ticket, for a form that must not carry the password."""
        super().__init__("Send the code of your second factor, too.")
        self.ticket = ticket


def authenticated(mam: Mam, email: str, password: str, otp: str | None, address: str) -> User:
    """The active user of these credentials.

    The attempt is counted before it is checked and forgiven when it was right. Raises `UnauthorizedError`
    (`invalid_credentials`), and after the right password `ForbiddenError` (`account_pending`),
    `CodeNeededError` and `UnauthorizedError` (`otp_invalid`) where the user has a second factor;
    `RateLimitedError`; `AuthenticatorAwayError` where a directory is away and nobody else knows them.
    """
    typed = audit.plain(email.strip().lower())[: people.MAX_EMAIL]
    attempt = throttle.login(typed, address)
    try:
        identity = mam.hooks.first(
            "mam_authenticate",
            away=(AuthenticatorAwayError,),
            config=mam.config,
            credentials=Credentials(typed, password, otp),
        )
    except AuthenticatorAwayError:
        raise  # every other authenticator said no: this may have been a guess, and stays counted
    except MamError:
        throttle.withdraw(attempt)  # the box failed, or was too busy: nobody guessed
        raise
    user = outside.user_of(mam, identity) if identity is not None else None
    if user is None or user.status == "disabled":
        _note_failure(mam, typed, address)
        raise UnauthorizedError("The email or the password is not right.", code="invalid_credentials")
    throttle.succeeded(typed, address, attempt)
    require_active(mam, user, otp, address)
    return user


def require_active(mam: Mam, user: User, otp: str | None, address: str) -> None:
    """Pass somebody who has shown who they are, if their account is open and the second factor fits.

    Raises `ForbiddenError` (`account_pending`), `CodeNeededError`, `UnauthorizedError` (`otp_invalid`).
    """
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
    if codes.confirmed(user.id) is not None:
        _check_code(mam, user, otp, address)


def by_code(mam: Mam, ticket: str, code: str, address: str) -> User:
    """The user of a ticket that a right password made minutes ago, if the code is right, too.

    Raises `UnauthorizedError` (`otp_invalid`; `token_invalid` for a ticket that does not hold any more),
    `RateLimitedError`.
    """
    try:
        user_id, version, until = verify(mam.auth_keys, _TICKET, ticket)
        check_expiry(until, now=time.time())
        user: User | None = User.get_or_none((User.id == user_id) & (User.version == parse_int(version)))
    except (GrantError, ValueError):
        user = None
    if user is None or user.status != "active":
        raise UnauthorizedError("That took too long; log in again.", code="token_invalid")
    _check_code(mam, user, code, address)
    return user


def _check_code(mam: Mam, user: User, code: str | None, address: str) -> None:
    if not code:
        until = int(time.time()) + TICKET_SECONDS
        raise CodeNeededError(sign(mam.auth_keys, _TICKET, [user.id, user.version, until]))
    if codes.check(mam, user.id, code, address):
        return
    actor = as_actor(user, None, address)
    audit.record(mam, actor, "login.code_failed", kind="user", subject_id=user.id)
    raise UnauthorizedError("This code is not right, or was used already.", code="otp_invalid")


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
