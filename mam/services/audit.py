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
from mam.models import AuditEntry, database, now
from mam.services import audit_chain, outbox
from mam.types import Actor

_SECRET_WORDS = ("password", "token", "secret", "otp", "cookie", "authorization", "grant")
_UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LONGEST = 2000  # characters of one value; an entry is a line, not a document


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
    just before that transaction commits; without one it is a transaction of its own. Where integrators hear
    of `action`, an event is written with it.
    """
    row = {
        "at": _microseconds(),
        "action": action,
        "actor_id": actor.user_id,
        "actor_name": plain(_name(actor))[:254],
        "subject_kind": kind,
        "subject_id": subject_id,
        "project_id": project_id,
        "address": plain(actor.address)[:64],
        "request_id": plain(str(structlog.contextvars.get_contextvars().get("request_id", "")))[:64],
        "data": _clean({**(data or {}), **({"by_key": actor.key.id} if actor.key is not None else {})}),
        "bytes": None,
    }
    with nullcontext() if database.in_transaction() else database.atomic():
        audit_chain.add(mam, row)
        outbox.from_audit(actor, action, outbox.Subject(kind, subject_id, project_id), row["data"])


def _name(actor: Actor) -> str:
    """An account by its email; a guest, who has none, by the name given and the share."""
    if actor.guest is not None:
        return f"{actor.display_name} (guest of {actor.guest.share_id})"
    return actor.email or actor.display_name


def plain(text: str) -> str:
    r"""`text` with control characters, lone surrogates and direction marks as `\x1b`, `\u202e`."""
    if text.isprintable():
        return text
    return "".join(_escaped(one) for one in text)


def refused(mam: Mam, actor: Actor, *, method: str, route: str, code: str, subject_id: str | None) -> None:
    """Note that somebody was told no: 403, or a lock that refused a change; `route` without its ids."""
    action = "delete.refused" if method == "DELETE" else "access.refused"
    data = {"method": method, "route": route, "code": code}
    record(mam, actor, action, subject_id=subject_id, data=data)


def _microseconds() -> int:
    at: int = AuditEntry.at.db_value(now())
    return at


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
