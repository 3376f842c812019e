"""The audit log: who did what to what, from where; written in the caller's own transaction.

Strings are stored with control characters escaped, so that a line can be printed anywhere; values whose
key names a secret are never stored. Writes only `audit_entry`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

import structlog

from mam.core import Mam
from mam.errors import FieldError, ValidationError
from mam.models import AuditEntry, database, now
from mam.services import access, audit_chain
from mam.services.shapes import audit_shape
from mam.types import Actor

_SECRET_WORDS = ("password", "token", "secret", "otp", "cookie", "authorization", "grant")
_UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LONGEST = 2000  # characters of one value; an entry is a line, not a document
_PAGE = 200


def record(
    mam: Mam,
    actor: Actor,
    action: str,
    *,
    kind: str = "",
    subject_id: str | None = None,
    project_id: str | None = None,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Note that `actor` did `action` (dotted, "asset.deleted") to a thing of `kind`.

    Belongs into the transaction of what it records: both are kept or neither. It is linked into the chain
    just before that transaction commits; without one it is a transaction of its own.
    """
    row = {
        "at": _microseconds(),
        "action": action,
        "actor_id": actor.user_id,
        "actor_name": plain(actor.email or actor.display_name)[:254],
        "subject_kind": kind,
        "subject_id": subject_id,
        "project_id": project_id,
        "address": plain(actor.address)[:64],
        "request_id": plain(str(structlog.contextvars.get_contextvars().get("request_id", "")))[:64],
        "data": _clean(data or {}),
        "bytes": None,
    }
    with nullcontext() if database.in_transaction() else database.atomic():
        audit_chain.add(mam, row)


def plain(text: str) -> str:
    r"""`text` with control characters, lone surrogates and direction marks as `\x1b`, `\u202e`."""
    if text.isprintable():
        return text
    return "".join(_escaped(one) for one in text)


def list_entries(
    mam: Mam,
    actor: Actor,
    filters: Mapping[str, str] | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> dict[str, Any]:
    """The log, newest first, for administrators: `{items, next_cursor}`.

    `filters` may name `action`, `actor_id`, `subject_id`, `project_id`; an action that ends in a dot
    stands for all that begin with it. Raises `ForbiddenError`, `ValidationError`.
    """
    access.require(mam, actor, "box.admin")
    query = AuditEntry.select().order_by(AuditEntry.seq.desc())
    for name, value in (filters or {}).items():
        query = query.where(_matching(name, value))
    if cursor is not None:
        query = query.where(AuditEntry.seq < _position(cursor))
    limit = max(1, min(limit, _PAGE))
    rows = list(query.limit(limit + 1))
    following = str(rows[limit - 1].seq) if len(rows) > limit else None
    return {"items": [audit_shape(row) for row in rows[:limit]], "next_cursor": following}


def _microseconds() -> int:
    at: int = AuditEntry.at.db_value(now())
    return at


def _matching(name: str, value: str) -> Any:
    columns = {
        "action": AuditEntry.action,
        "actor_id": AuditEntry.actor_id,
        "subject_id": AuditEntry.subject_id,
        "project_id": AuditEntry.project_id,
    }
    if name not in columns:
        known = ", ".join(columns)
        raise ValidationError("The filter is unknown.", (FieldError(name, f"One of {known}."),))
    if name == "action" and value.endswith("."):
        return AuditEntry.action.startswith(value)
    return columns[name] == value


def _position(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):  # noqa: PLR2004 - a 32-bit serial
        raise ValidationError(
            "The cursor does not hold.", (FieldError("cursor", "A next_cursor of this list."),)
        )
    return int(cursor)


def _clean(value: Any) -> Any:
    """`value` as JSON with printable strings and without secrets."""
    if isinstance(value, Mapping):
        return {plain(str(key)): "…" if _is_secret(str(key)) else _clean(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_clean(one) for one in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return plain(str(value))[:_LONGEST]


def _is_secret(key: str) -> bool:
    return any(word in key.lower() for word in _SECRET_WORDS)


def _escaped(one: str) -> str:
    if unicodedata.category(one) in _UNPRINTABLE or one in _BIDI:
        return one.encode("unicode_escape").decode("ascii")
    return one
