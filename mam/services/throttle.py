"""How often somebody may guess: counters in the database, so that a restart forgives nothing (promise F7).

Three counters an attempt: this user from this address, this address, this user from anywhere. The first
two block for long; the third only for seconds and never an address the user has logged in from, so that
nobody can lock an owner out. Writes only `login_attempt`, in a transaction of its own.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from mam.errors import RateLimitedError
from mam.models import LoginAttempt, Session, User, database, now

FORGET = timedelta(hours=1)
"""A counter at rest for this long begins again."""

_TOO_MANY = "Too many attempts; wait before the next one."


@dataclass(frozen=True)
class Limit:
    """`free` attempts, then a wait that doubles with each, from one second up to `longest` seconds."""

    free: int
    longest: int

    def wait(self, attempts: int) -> timedelta:
        """How long to wait after that many attempts."""
        over = attempts - self.free
        return timedelta(seconds=min(2 ** min(over, 20), self.longest)) if over >= 0 else timedelta(0)


# NIST SP 800-63B allows at most 100 wrong passwords in a row for an account; ours are reached in days.
PAIR = Limit(free=10, longest=900)
ADDRESS = Limit(free=50, longest=300)
USER = Limit(free=50, longest=5)
REGISTER = Limit(free=50, longest=900)
CODES = Limit(free=10, longest=300)
"""Codes of one user from places they never logged in from: 300 guesses a day at three in a million each."""


@dataclass(frozen=True)
class Attempt:
    """One attempt that was let through and counted; its counters by key."""

    keys: dict[str, Limit]


def login(email: str, address: str) -> Attempt:
    """Count a login before it is checked, so that guesses in parallel are counted, too.

    Raises `RateLimitedError` (nothing counted then). Say `succeeded` or `withdraw` afterwards where it
    was no wrong guess.
    """
    user, place = _digest(email), _place(address)
    keys = {f"pair:{user}:{place}": PAIR, f"address:{place}": ADDRESS}
    if not _has_logged_in_from(email, address):
        keys[f"user:{user}"] = USER
    return _count(keys)


def share(share_id: str, address: str) -> Attempt:
    """Count a password given for a share link; `RateLimitedError` where too many were wrong.

    From anywhere together a link's password is only slowed for seconds, so that nobody can lock a client out.
    """
    place = _place(address)
    keys = {f"share:{share_id}:{place}": PAIR, f"address:{place}": ADDRESS, f"share:{share_id}": USER}
    return _count(keys)


def code(user_id: str, address: str, *, everywhere: bool = True) -> Attempt:
    """Count a code of a second factor before it is checked; `RateLimitedError` where too many were wrong.

    Where the user has logged in from this address only what was tried from here counts. `everywhere` is
    False for recovery codes: nobody guesses one, so an owner's never waits for what strangers tried.
    """
    place = _place(address)
    keys = {f"code:{user_id}:{place}": PAIR, f"address:{place}": ADDRESS}
    known = Session.select(Session.id).where((Session.user == user_id) & (Session.address == address))
    if everywhere and not (address and known.exists()):
        keys[f"code:{user_id}"] = CODES
    return _count(keys)


def code_fits(user_id: str, address: str, attempt: Attempt) -> None:
    """The code was right: the user's counters of codes begin again, the address gets its one back."""
    withdraw(attempt)
    keys = [f"code:{user_id}:{_place(address)}", f"code:{user_id}"]
    LoginAttempt.delete().where(LoginAttempt.key.in_(keys)).execute()


def registration(address: str) -> Attempt:
    """Count an account made from this address; `RateLimitedError` where it makes too many."""
    return _count({f"register:{_place(address)}": REGISTER})


def worker(address: str) -> Attempt:
    """Count a token by which a machine wants to join; `RateLimitedError` where too many were wrong."""
    place = _place(address)
    return _count({f"worker:{place}": PAIR, f"address:{place}": ADDRESS})


def succeeded(email: str, address: str, attempt: Attempt) -> None:
    """The password was right: the user's counters begin again, the address gets its one back."""
    withdraw(attempt)
    user, place = _digest(email), _place(address)
    keys = [f"pair:{user}:{place}", f"user:{user}"]
    LoginAttempt.delete().where(LoginAttempt.key.in_(keys)).execute()
    _forget_old()


def withdraw(attempt: Attempt) -> None:
    """The attempt was no guess after all: its counts are taken back. A wait that has begun goes on."""
    rows = LoginAttempt.key.in_(list(attempt.keys)) & (LoginAttempt.failures > 0)
    LoginAttempt.update(failures=LoginAttempt.failures - 1).where(rows).execute()


def _count(keys: dict[str, Limit]) -> Attempt:
    moment = now()
    _refuse_blocked(LoginAttempt.select().where(LoginAttempt.key.in_(list(keys))), moment)
    with database.atomic():
        for key in sorted(keys):  # one order for all, so that two never wait for each other
            row = _counted(key)
            _refuse_blocked([row], moment)
            _set_wait(row, keys[key], moment)
    return Attempt(keys)


def _counted(key: str) -> LoginAttempt:
    """The counter one higher; its row stays ours until the transaction ends."""
    insert = LoginAttempt.insert(key=key, failures=1)
    more = {LoginAttempt.failures: LoginAttempt.failures + 1}
    insert.on_conflict(conflict_target=[LoginAttempt.key], update=more).execute()
    return LoginAttempt.get_by_id(key)


def _set_wait(row: LoginAttempt, limit: Limit, moment: datetime) -> None:
    fresh = moment - max(row.first_at, row.blocked_until or row.first_at) > FORGET
    failures, first_at = (1, moment) if fresh else (row.failures, row.first_at)
    wait = limit.wait(failures)
    blocked_until = moment + wait if wait else None
    change = LoginAttempt.update(failures=failures, first_at=first_at, blocked_until=blocked_until)
    change.where(LoginAttempt.key == row.key).execute()


def _refuse_blocked(rows: Iterable[LoginAttempt], moment: datetime) -> None:
    ends = [row.blocked_until for row in rows if row.blocked_until and row.blocked_until > moment]
    if ends:
        raise RateLimitedError(_TOO_MANY, max(1, math.ceil((max(ends) - moment).total_seconds())))


def _has_logged_in_from(email: str, address: str) -> bool:
    query = Session.select(Session.id).join(User).where((User.email == email) & (Session.address == address))
    return bool(address) and query.exists()


def _forget_old() -> None:
    old = now() - FORGET
    at_rest = LoginAttempt.blocked_until.is_null() | (LoginAttempt.blocked_until < old)
    LoginAttempt.delete().where((LoginAttempt.first_at < old) & at_rest).execute()


def _digest(email: str) -> str:
    return hashlib.sha256(email.encode()).hexdigest()[:32]


def _place(address: str) -> str:
    """An address as it is counted: an IPv6 one by its /64, which one customer has to itself."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    mapped = getattr(found, "ipv4_mapped", None) or found
    if mapped.version == 6:  # noqa: PLR2004 - the protocol's name
        return str(ipaddress.ip_network((mapped, 64), strict=False))
    return str(mapped)
