"""API keys: what programs log in with, in the name of whoever made them and with less of their rights.

A key is told once and kept hashed. It names actions out of those of `mam_allow` and may be bound to one
project; it never gives more than its owner may at that moment, and never changes an account. Writes
`api_key`, `audit_entry`.
"""

from __future__ import annotations

import functools
import hmac
import re
import secrets
import string
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from peewee import JOIN, Database

from mam.builtin.roles import ACTIONS
from mam.core import Mam
from mam.errors import ConflictError, FieldError, NotFoundError, UnauthorizedError, ValidationError
from mam.models import ApiKey, User, UserRole, database, now
from mam.services import access, audit, pages, proof, tokens
from mam.services.endings import end_keys
from mam.services.shapes import Shape, iso
from mam.types import Actor, KeyLimits

BEGIN = "mam_"
"""What every key begins with: scanners for leaked secrets know it by that, and no access token has it."""

ALL = "*"
"""The scope of whatever the owner may."""

SCOPES: frozenset[str] = ACTIONS | {ALL}
MOST = 50
"""Living keys of one user."""

DAYS = 90
"""How long a key holds where nobody says."""

_LETTERS = string.ascii_letters + string.digits
_PREFIX = 10
_KEY = re.compile(rf"{BEGIN}([A-Za-z0-9]{{{_PREFIX}}})_([A-Za-z0-9_-]{{43}})", re.ASCII)
_TOUCH = timedelta(minutes=1)  # how exactly `last_used_at` is kept; not worth a write a request


def create(
    mam: Mam,
    actor: Actor,
    *,
    name: str,
    scopes: Iterable[str],
    project_id: str | None = None,
    expires_at: datetime | None = None,
) -> Shape:
    """Make a key of the actor's own; the answer's `key` is the only place where it is ever told.

    Raises `ProofNeededError`, `ValidationError` (unknown scopes, an end that is past or beyond
    `[auth] key_days`), `NotFoundError` (a project that may not be seen), `ConflictError` (`too_many_keys`).
    """
    proof.require(mam, actor)
    wanted, end = _checked_scopes(scopes), _checked_end(mam, expires_at)
    if project_id is not None:
        access.require_project(mam, actor, "project.read", project_id)
    prefix = "".join(secrets.choice(_LETTERS) for _ in range(_PREFIX))
    key = f"{BEGIN}{prefix}_{tokens.new_secret()}"
    with database.atomic():
        _lock(actor)
        if ApiKey.select().where(_mine(actor) & _living()).count() >= MOST:
            raise ConflictError(f"You have {MOST} keys; revoke one first.", code="too_many_keys")
        row = ApiKey.create(
            user=actor.user_id, name=name, prefix=prefix, secret_hash=tokens.hashed(key),
            scopes=sorted(wanted), project=project_id, expires_at=end,
        )  # fmt: skip
        _note(mam, actor, "key.created", row)
    return {**_shape(row), "key": key}


def list_keys(mam: Mam, actor: Actor, *, cursor: str | None = None, limit: int = 50) -> Shape:  # noqa: ARG001 - every service takes the box first
    """The actor's own keys, newest first, those that have ended among them."""
    query = ApiKey.select().where(_mine(actor))
    rows, following = pages.page(query, "-id", {"id": ApiKey.id}, ApiKey.id, cursor=cursor, limit=limit)
    return pages.listed(rows, _shape, following)


def get_key(mam: Mam, actor: Actor, key_id: str) -> Shape:  # noqa: ARG001 - every service takes the box first
    """One of the actor's own keys, living or ended; `NotFoundError` for anybody else's."""
    return _shape(_own(actor, key_id))


def revoke(mam: Mam, actor: Actor, key_id: str) -> None:
    """End a key at once, and every address that was signed for it; again changes nothing.

    Raises `NotFoundError` for anybody else's.
    """
    row = _own(actor, key_id)
    with database.atomic():
        if end_keys(mam, ApiKey.id == row.id):
            _note(mam, actor, "key.revoked", row)


def is_key(token: str) -> bool:
    """Whether this is meant as a key, not as an access token."""
    return token.startswith(BEGIN)


def actor_from_key(mam: Mam, key: str, address: str = "") -> Actor:  # noqa: ARG001 - like its siblings
    """The owner of a key that holds now, with what the key leaves; `UnauthorizedError` for any other."""
    rows = _found(key)
    stored = rows[0][4] if rows else ""
    if not hmac.compare_digest(stored.encode(), tokens.hashed(key).encode()):
        raise UnauthorizedError("This API key does not hold or has ended.", code="token_invalid")
    key_id, user_id, email, display_name, _stored, scopes, project_id, used, _role, home = rows[0]
    _touch(key_id, used, address)
    limits = KeyLimits(key_id, frozenset(ApiKey.scopes.python_value(scopes)), project_id)
    roles = tuple(sorted(row[8] for row in rows if row[8]))
    return Actor(user_id, email, display_name, roles, None, address, key=limits, organisation_id=home)


# --- inside --------------------------------------------------------------------------------------


def _found(key: str) -> list[tuple[Any, ...]]:
    """Key, owner and the owner's roles by the key's public beginning, a row a role."""
    match = _KEY.fullmatch(key)
    if match is None:
        return []
    sql = _found_sql(database.obj)  # type: ignore[attr-defined]
    values = (match[1], ApiKey.expires_at.db_value(now()), "active")
    return list(database.execute_sql(sql, values).fetchall())


@functools.lru_cache(maxsize=4)
def _found_sql(_bound: Database) -> str:
    """The query of `_found` as text: programs call often; building it takes longer than its answer."""
    query = (
        ApiKey.select(
            ApiKey.id,
            User.id,
            User.email,
            User.display_name,
            ApiKey.secret_hash,
            ApiKey.scopes,
            ApiKey.project,
            ApiKey.last_used_at,
            UserRole.role,
            User.organisation_id,
        )
        .join(User)
        .join(UserRole, JOIN.LEFT_OUTER, on=(UserRole.user == User.id))
        .where((ApiKey.prefix == "") & ApiKey.revoked_at.is_null())
        .where((ApiKey.expires_at > now()) & (User.status == "active"))
    )
    return str(query.sql()[0])


def _touch(key_id: str, used: int | None, address: str) -> None:
    moment = now()
    if used is None or moment - ApiKey.last_used_at.python_value(used) > _TOUCH:
        seen = {"last_used_at": moment, "last_address": audit.plain(address)[:64]}
        ApiKey.update(**seen).where(ApiKey.id == key_id).execute()


def _checked_scopes(scopes: Iterable[str]) -> set[str]:
    wanted = set(scopes)
    if not wanted or wanted - SCOPES:
        raise _invalid("scopes", f"One or more of: {', '.join(sorted(SCOPES))}.")
    return wanted


def _checked_end(mam: Mam, wanted: datetime | None) -> datetime:
    moment, most = now(), mam.config.auth.key_days
    if wanted is None:
        return moment + timedelta(days=min(DAYS, most))
    if wanted.tzinfo is None or not moment < wanted <= moment + timedelta(days=most, minutes=5):
        raise _invalid("expires_at", f"A moment in UTC, at most {most} days from now.")
    return wanted


def _lock(actor: Actor) -> None:
    """Hold back other keys of this user until the transaction ends, so that they are counted."""
    User.update(status=User.status).where(User.id == actor.user_id).execute()


def _own(actor: Actor, key_id: str) -> ApiKey:
    row: ApiKey | None = ApiKey.get_or_none(_mine(actor) & (ApiKey.id == key_id))
    if row is None:
        raise NotFoundError
    return row


def _mine(actor: Actor) -> Any:
    return ApiKey.user == actor.user_id


def _living() -> Any:
    return ApiKey.revoked_at.is_null() & (ApiKey.expires_at > now())


def _shape(row: ApiKey) -> Shape:
    ended = "revoked" if row.revoked_at else "expired" if row.expires_at <= now() else "active"
    return {
        "id": row.id,
        "name": row.name,
        "prefix": BEGIN + row.prefix,
        "scopes": row.scopes,
        "project_id": row.project_id,
        "state": ended,
        "created_at": iso(row.created_at),
        "expires_at": iso(row.expires_at),
        "last_used_at": iso(row.last_used_at),
        "last_address": row.last_address,
        "revoked_at": iso(row.revoked_at),
    }


def _note(mam: Mam, actor: Actor, action: str, row: ApiKey) -> None:
    data = {
        "name": row.name,
        "prefix": BEGIN + row.prefix,
        "scopes": row.scopes,
        "expires_at": iso(row.expires_at),
    }
    audit.record(mam, actor, action, kind="key", subject_id=row.id, project_id=row.project_id, data=data)


def _invalid(field: str, message: str) -> ValidationError:
    return ValidationError(f"{field}: {message}", (FieldError(field, message),))
