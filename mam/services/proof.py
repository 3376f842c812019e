"""Who is at the keyboard still: changes of an account ask again for password or code where the last is old.

A session that was left open, or stolen, can look at much but cannot make itself a key or take the second
factor away. Writes `session.proved_at`, `login_attempt`, `audit_entry`.
"""

from __future__ import annotations

from datetime import timedelta

from mam.core import Mam
from mam.errors import AuthenticatorAwayError, FieldError, ForbiddenError, MamError, ValidationError
from mam.models import Session, database, now
from mam.services import audit, codes, outside, throttle
from mam.types import Actor, Credentials


class ProofNeededError(ForbiddenError):
    """The session is good, but for this its holder has to show the password or a code again."""

    code = "proof_needed"
    title = "Is it still you?"


def require(mam: Mam, actor: Actor) -> None:
    """Pass where the session proved itself within `[auth] proof_seconds`; `ProofNeededError` otherwise.

    The console needs no proof; whatever is no session (an API key, a guest) has none to give.
    """
    if actor.is_system:
        return
    since = now() - timedelta(seconds=mam.config.auth.proof_seconds)
    mine = (Session.id == actor.session_id) & (Session.proved_at > since)
    if not Session.select(Session.id).where(mine).exists():
        raise ProofNeededError("Give your password or a code once more: the last time is a while ago.")


def prove(mam: Mam, actor: Actor, *, password: str | None = None, code: str | None = None) -> None:
    """Show once more who one is, by the password or by a code of the second factor.

    Counted like a login before it is checked. Raises `ValidationError` naming the field that was wrong,
    `RateLimitedError`.
    """
    if actor.session_id is None:
        raise ForbiddenError("Only a login can prove anything.")
    if code is not None:
        _by_code(mam, actor, code)
    else:
        _by_password(mam, actor, password or "")
    with database.atomic():
        Session.update(proved_at=now()).where(Session.id == actor.session_id).execute()
        audit.record(mam, actor, "session.proved", kind="session", subject_id=actor.session_id)


def _by_code(mam: Mam, actor: Actor, code: str) -> None:
    if not codes.check(mam, str(actor.user_id), code, actor.address):
        raise _wrong(mam, actor, "code", "This code is not right, or was used already.")


def _by_password(mam: Mam, actor: Actor, password: str) -> None:
    attempt = throttle.login(actor.email, actor.address)
    try:
        given = Credentials(actor.email, password, None)
        identity = mam.hooks.first(
            "mam_authenticate", away=(AuthenticatorAwayError,), config=mam.config, credentials=given
        )
    except AuthenticatorAwayError:
        raise  # the local password was no answer either: it stays counted
    except MamError:
        throttle.withdraw(attempt)  # the box failed, or was too busy: nobody guessed
        raise
    if identity is None or not outside.is_account_of(identity, actor):
        raise _wrong(mam, actor, "password", "The password is not right.")
    throttle.succeeded(actor.email, actor.address, attempt)


def _wrong(mam: Mam, actor: Actor, field: str, message: str) -> ValidationError:
    audit.record(mam, actor, "session.proof_failed", kind="session", subject_id=actor.session_id)
    return ValidationError(message, (FieldError(field, message),), code="invalid_credentials")
