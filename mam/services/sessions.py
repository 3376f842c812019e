"""Logins: who comes in, with which tokens, for how long, and how a login ends at once everywhere.

A session is the family of its refresh tokens, or one portal cookie; it ends `refresh_days` after the
login at the latest. Every request asks the session's row, so that a logout, a disabled user or a changed
password bites with the next request (promise F6). Writes `session`, `refresh_token`, `audit_entry`.
"""

from __future__ import annotations

import functools
import hmac
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from peewee import JOIN, CharField, Database

from mam.core import Mam
from mam.errors import ForbiddenError, GrantError
from mam.models import ApiKey, RefreshToken, Session, User, UserRole, database, now
from mam.services import audit, entrance, people, tokens
from mam.services.endings import end_addresses, end_keys
from mam.services.shapes import Shape, user_shape
from mam.signing import sign, verify
from mam.types import Actor

_CSRF = "csrf"
_TOUCH = timedelta(minutes=5)  # how exactly `last_used_at` of a cookie is kept; not worth a write a request


def login(
    mam: Mam, *, email: str, password: str, otp: str | None = None, address: str = "", user_agent: str = ""
) -> Shape:
    """Tokens for the right credentials: `{access_token, refresh_token, token_type, expires_in, user}`.

    Raises `UnauthorizedError` (`invalid_credentials`, whoever it is), `ForbiddenError` (`account_pending`,
    only after the right password), `RateLimitedError`.
    """
    return tokens_for(mam, entrance.authenticated(mam, email, password, otp, address), address, user_agent)


def tokens_for(mam: Mam, user: User, address: str, user_agent: str) -> Shape:
    """A new session of somebody who has shown who they are, in the shape of `login`."""
    with database.atomic():
        session = _open(mam, user, address, user_agent)
        refresh_token = _mint(session)
    return _answer(mam, user, session.id, refresh_token)


def login_cookie(
    mam: Mam, *, email: str, password: str, otp: str | None = None, address: str = "", user_agent: str = ""
) -> tuple[Shape, str]:
    """The same for the portal: the user and the value of the session cookie."""
    user = entrance.authenticated(mam, email, password, otp, address)
    with database.atomic():
        _session, cookie = open_cookie(mam, user, address, user_agent)
    return _shape(user), cookie


def login_with_code(
    mam: Mam, *, ticket: str, code: str, address: str = "", user_agent: str = ""
) -> tuple[Shape, str]:
    """The second step of the portal's login: the ticket of the first (`CodeNeededError`) and a code."""
    user = entrance.by_code(mam, ticket, code, address)
    with database.atomic():
        _session, cookie = open_cookie(mam, user, address, user_agent)
    return _shape(user), cookie


def open_cookie(mam: Mam, user: User, address: str, user_agent: str) -> tuple[Session, str]:
    """A session for a cookie, in the caller's transaction; the value is stored hashed only."""
    cookie = tokens.new_secret()
    return _open(mam, user, address, user_agent, cookie_hash=tokens.hashed(cookie)), cookie


def refresh(mam: Mam, refresh_token: str, address: str = "") -> Shape:
    """Spend a refresh token for a new pair.

    Within the grace time the spent one is exchanged once more (parallel tabs, a lost reply, promise F2).
    After it, its return means that two hold it: the whole session ends (F1). Raises `UnauthorizedError`.
    """
    with database.atomic():
        answer = _rotated(mam, tokens.hashed(refresh_token), address)
    if answer is None:
        raise tokens.refused()
    return answer


def logout(mam: Mam, actor: Actor, refresh_token: str | None = None) -> None:
    """End the actor's session, and the one of `refresh_token` where it is its own, at once.

    Without an actor the refresh token alone will do; an unknown one is no error.
    """
    ending = {actor.session_id} if actor.session_id else set()
    if refresh_token:
        query = Session.select(Session.id, Session.user).join(RefreshToken)
        row = query.where(RefreshToken.token_hash == tokens.hashed(refresh_token)).first()
        if row is not None and actor.user_id in (None, row.user_id):
            ending.add(row.id)
    if not ending:
        return
    with database.atomic():
        revoke(mam, ending, "logout")
        for session_id in sorted(ending):
            audit.record(mam, actor, "session.ended", kind="session", subject_id=session_id)


def actor_from_token(mam: Mam, access_token: str, address: str = "") -> Actor:
    """Whoever holds this access token now; `UnauthorizedError` for anything that does not hold."""
    claims = tokens.read_access(mam.auth_keys, access_token)
    rows = _live(Session.id, claims.session_id)
    if not rows or (rows[0][1], rows[0][4]) != (claims.user_id, claims.version):
        raise tokens.refused()
    return _actor(rows, address)


def actor_from_cookie(mam: Mam, value: str, address: str = "") -> Actor | None:  # noqa: ARG001 - like its twin
    """Whoever holds this session cookie now, or None."""
    rows = _live(Session.cookie_hash, tokens.hashed(value))
    if not rows:
        return None
    moment = now()
    if moment - Session.last_used_at.python_value(rows[0][5]) > _TOUCH:
        Session.update(last_used_at=moment).where(Session.id == rows[0][0]).execute()
    return _actor(rows, address)


def csrf_token(mam: Mam, value: str) -> str:
    """The token that a form or script of this cookie's pages must send along."""
    return sign(mam.auth_keys, _CSRF, [tokens.hashed(value)])


def check_csrf(mam: Mam, value: str, token: str) -> None:
    """Pass where `token` was made for the cookie `value`; else `ForbiddenError` (`csrf_failed`)."""
    try:
        (bound,) = verify(mam.auth_keys, _CSRF, token)
    except (GrantError, ValueError):
        bound = ""
    if not hmac.compare_digest(bound.encode(), tokens.hashed(value).encode()):
        raise ForbiddenError("This form has expired; load the page again.", code="csrf_failed")


def revoke(mam: Mam, session_ids: Iterable[str], reason: str) -> None:
    """End these sessions: their tokens and cookies now, their delivery grants after the commit."""
    ids = list(session_ids)
    alive = Session.id.in_(ids) & Session.revoked_at.is_null()
    Session.update(revoked_at=now(), revoked_reason=reason).where(alive).execute()
    end_addresses(mam, *(f"session:{one}" for one in ids))


def revoke_user(mam: Mam, user_id: str, reason: str) -> None:
    """End every session and API key of a user and every grant handed to them."""
    alive = (Session.user == user_id) & Session.revoked_at.is_null()
    Session.update(revoked_at=now(), revoked_reason=reason).where(alive).execute()
    end_keys(mam, ApiKey.user == user_id)
    end_addresses(mam, f"user:{user_id}")


def revoke_others(mam: Mam, user_id: str, session_id: str | None, reason: str) -> None:
    """End every session of a user but one."""
    others = (Session.user == user_id) & (Session.id != (session_id or "")) & Session.revoked_at.is_null()
    revoke(mam, [row.id for row in Session.select(Session.id).where(others)], reason)


# --- tokens --------------------------------------------------------------------------------------


def _open(mam: Mam, user: User, address: str, user_agent: str, *, cookie_hash: str | None = None) -> Session:
    session = Session.create(
        user=user.id,
        cookie_hash=cookie_hash,
        address=audit.plain(address)[:64],
        user_agent=audit.plain(user_agent)[:300],
        expires_at=now() + timedelta(days=mam.config.auth.refresh_days),
        proved_at=now(),
        unfamiliar=_is_unfamiliar(user, address, user_agent),
    )
    actor = entrance.as_actor(user, session.id, address)
    audit.record(mam, actor, "login.succeeded", kind="session", subject_id=session.id)
    if session.unfamiliar:  # the user's open pages look, and say so
        message = {"name": "notifications", "user_id": user.id, "project_id": None, "version_id": None}
        database.after_commit(functools.partial(mam.queue.publish, message))
    return session


def _is_unfamiliar(user: User, address: str, user_agent: str) -> bool:
    """Whether the user came from elsewhere, or with another program, each time before; not the first time."""
    before = Session.user == user.id
    place, program = audit.plain(address)[:64], audit.plain(user_agent)[:300]
    same = before & (Session.address == place) & (Session.user_agent == program)
    return Session.select().where(before).exists() and not Session.select().where(same).exists()


def _rotated(mam: Mam, token_hash: str, address: str) -> Shape | None:
    """The next pair, or None where the token does not hold; all in the caller's one transaction (F3)."""
    query = RefreshToken.select(RefreshToken, Session, User).join(Session).join(User)
    token = query.where(RefreshToken.token_hash == token_hash).first()
    if token is None or not _is_live(token.session) or token.expires_at <= now():
        return None
    session, user = token.session, token.session.user
    successor = tokens.new_secret()
    if not _spend(token, successor) and _is_stale(mam, token):
        revoke(mam, [session.id], "refresh token used again")
        actor = entrance.as_actor(user, session.id, address)
        audit.record(mam, actor, "refresh.reused", kind="session", subject_id=session.id)
        return None
    _mint(session, successor)
    Session.update(last_used_at=now()).where(Session.id == session.id).execute()
    return _answer(mam, user, session.id, successor)


def _spend(token: RefreshToken, successor: str) -> bool:
    """Whether this call was the first to spend the token: one conditional UPDATE decides."""
    change = RefreshToken.update(spent_at=now(), successor_hash=tokens.hashed(successor))
    first = (RefreshToken.id == token.id) & RefreshToken.spent_at.is_null()
    return bool(change.where(first).execute() == 1)


def _is_stale(mam: Mam, token: RefreshToken) -> bool:
    spent_at = RefreshToken.get_by_id(token.id).spent_at
    return bool(now() - spent_at > timedelta(seconds=mam.config.auth.refresh_grace_seconds))


def _mint(session: Session, secret: str | None = None) -> str:
    secret = secret or tokens.new_secret()
    RefreshToken.create(session=session.id, token_hash=tokens.hashed(secret), expires_at=session.expires_at)
    return secret


def _answer(mam: Mam, user: User, session_id: str, refresh_token: str) -> Shape:
    seconds = mam.config.auth.access_seconds
    claims = tokens.Claims(user.id, session_id, user.version)
    return {
        "access_token": tokens.make_access(mam.auth_keys, claims, seconds),
        "refresh_token": refresh_token,
        "token_type": "Bearer",
        "expires_in": seconds,
        "user": _shape(user),
    }


# --- inside --------------------------------------------------------------------------------------


def _live(column: CharField, value: str) -> list[tuple[Any, ...]]:
    """Session, user and roles in one query, a row a role; nothing where the login has ended."""
    values = (value, Session.expires_at.db_value(now()), "active")
    sql = _live_sql(database.obj, column)  # type: ignore[attr-defined]
    return list(database.execute_sql(sql, values).fetchall())


@functools.lru_cache(maxsize=4)
def _live_sql(_bound: Database, column: CharField) -> str:
    """The query of `_live` as text: every request asks it; building it takes 0.2 ms, the answer 0.01 ms."""
    query = (
        Session.select(
            Session.id,
            User.id,
            User.email,
            User.display_name,
            User.version,
            Session.last_used_at,
            UserRole.role,
            User.language,
            User.organisation_id,
        )
        .join(User)
        .join(UserRole, JOIN.LEFT_OUTER, on=(UserRole.user == User.id))
        .where((column == "") & Session.revoked_at.is_null())
        .where((Session.expires_at > now()) & (User.status == "active"))
    )
    return str(query.sql()[0])


def _actor(rows: list[tuple[Any, ...]], address: str) -> Actor:
    session_id, user_id, email, display_name = rows[0][:4]
    roles = tuple(sorted(row[6] for row in rows if row[6]))
    language, organisation_id = rows[0][7:9]
    return Actor(
        user_id, email, display_name, roles, session_id, address,
        language=language, organisation_id=organisation_id,
    )  # fmt: skip


def _is_live(session: Session) -> bool:
    return session.revoked_at is None and session.expires_at > now() and session.user.status == "active"


def _shape(user: User) -> Shape:
    return user_shape(user, people.roles_of([user.id])[user.id])
