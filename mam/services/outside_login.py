"""Logging in elsewhere: a browser is sent away, comes back once, soon and itself, and has a session then.

What comes back counts only with the state that we gave and the cookie of the browser we gave it to; the
state is taken once. Where to go on to is kept here, never in an address that leaves. Writes `login_trip`,
`session`, `audit_entry`.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from mam.core import Mam
from mam.errors import ForbiddenError, GrantError, NotFoundError, UnauthorizedError, ValidationError
from mam.models import LoginTrip, User, database, now
from mam.services import audit, entrance, outside, sessions, tokens
from mam.services.sealed import seal, unseal
from mam.types import Actor, Identity, LoginReturn, LoginStart, LoginVisit, LoginWay

LIFE = timedelta(minutes=10)
"""How long the login elsewhere may take."""

MOST = 10_000
"""Browsers on their way at once; more than that and the oldest have to begin again."""

_MEMORY = "login-trip"
_REFUSED = "The login elsewhere does not hold; begin again."


@dataclass(frozen=True)
class Trip:
    """A browser that came back as it should: where it goes on to, and the plugin's memory of its start."""

    way: str
    following: str
    memory: str = field(repr=False)


def ways(mam: Mam) -> list[LoginWay]:
    """The logins elsewhere that there are, in the configured order; of one name the first counts."""
    found = mam.hooks.all("mam_login_way", config=mam.config)
    return list({one.name: one for one in reversed(found)}.values())[::-1]


def takes_names(mam: Mam) -> bool:
    """Whether a plugin is asked who somebody is: directories know people by names that are no email."""
    found = mam.hooks.plugins.values()
    others = (one for one in found if not one.builtin and one.state == "enabled")
    return any("mam_authenticate" in one.hooks for one in others)


def begin(mam: Mam, way: str, *, base_url: str, following: str) -> tuple[str, str]:
    """Where to send the browser, and the value of the cookie that it has to bring back.

    Raises `NotFoundError` for a way that is not there, `AuthenticatorAwayError`.
    """
    if all(one.name != way for one in ways(mam)):
        raise NotFoundError
    state, browser = tokens.new_secret(), tokens.new_secret()
    visit = LoginVisit(way, state, return_address(base_url, way))
    start: LoginStart | None = mam.hooks.first("mam_login_start", config=mam.config, visit=visit)
    if start is None:
        raise NotFoundError
    hashed = tokens.hashed(state)
    memory = seal(mam.auth_keys, _MEMORY, hashed, start.memory.encode())
    with database.atomic():
        _make_room()
        LoginTrip.create(
            state_hash=hashed, browser_hash=tokens.hashed(browser), way=way,
            memory=memory, following=following, expires_at=now() + LIFE,
        )  # fmt: skip
    return start.address, browser


def come_back(mam: Mam, way: str, *, state: str, browser: str) -> Trip:
    """The trip of this state, taken once; `UnauthorizedError` where it is not this browser's, or too old."""
    hashed = tokens.hashed(state)
    row = LoginTrip.get_or_none(LoginTrip.state_hash == hashed)
    if row is None or not hmac.compare_digest(row.browser_hash.encode(), tokens.hashed(browser).encode()):
        raise _refused()
    taken = (LoginTrip.state_hash == hashed) & (LoginTrip.way == way) & (LoginTrip.expires_at > now())
    if LoginTrip.delete().where(taken).execute() != 1:
        raise _refused()
    try:
        return Trip(way, row.following, unseal(mam.auth_keys, _MEMORY, hashed, row.memory).decode())
    except GrantError:
        raise _refused() from None


def finish(
    mam: Mam, trip: Trip, query: Mapping[str, str], *, base_url: str, address: str = "", user_agent: str = ""
) -> str:
    """Log in whoever came back: the value of the session cookie.

    Raises `UnauthorizedError` (`login_elsewhere_invalid`; `no_account` where there is none, a disabled one
    or somebody else's), `ForbiddenError` (`account_pending`), `CodeNeededError`, `AuthenticatorAwayError`.
    What exactly was wrong stands in the audit log alone.
    """
    answer = LoginReturn(trip.way, dict(query), trip.memory, return_address(base_url, trip.way))
    try:
        identity: Identity | None = mam.hooks.first("mam_login_finish", config=mam.config, answer=answer)
        user = outside.user_of(mam, identity) if identity is not None else None
    except (UnauthorizedError, ForbiddenError, ValidationError) as error:
        _note_failure(mam, trip, address, error.detail)
        raise _no_account() if isinstance(error, ForbiddenError) else _refused() from None
    if identity is None:
        raise _refused()
    if user is None or user.status == "disabled":
        _note_failure(mam, trip, address, f"No open account for {identity.subject} of {identity.issuer}.")
        raise _no_account()
    return _let_in(mam, user, address, user_agent)


def return_address(base_url: str, way: str) -> str:
    """Where a browser comes back to; exactly what has to be registered with the login service."""
    return f"{base_url}/login/back/{way}"


# --- inside --------------------------------------------------------------------------------------


def _let_in(mam: Mam, user: User, address: str, user_agent: str) -> str:
    entrance.require_active(mam, user, None, address)
    with database.atomic():
        _session, cookie = sessions.open_cookie(mam, user, address, user_agent)
    return cookie


def _note_failure(mam: Mam, trip: Trip, address: str, reason: str) -> None:
    data = {"by": trip.way, "reason": reason[:300]}
    audit.record(mam, Actor(None, address=address), "login.failed", kind="user", data=data)


def _make_room() -> None:
    LoginTrip.delete().where(LoginTrip.expires_at < now()).execute()
    over = LoginTrip.select().count() - MOST + 1
    if over > 0:
        oldest = LoginTrip.select(LoginTrip.state_hash).order_by(LoginTrip.expires_at).limit(over)
        LoginTrip.delete().where(LoginTrip.state_hash.in_([one.state_hash for one in oldest])).execute()


def _no_account() -> UnauthorizedError:
    return UnauthorizedError(
        "You are known elsewhere, but no account here is yours; ask an administrator.", code="no_account"
    )


def _refused() -> UnauthorizedError:
    return UnauthorizedError(_REFUSED, code="login_elsewhere_invalid")
