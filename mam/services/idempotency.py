"""Creating calls that may be repeated: same key, body and caller get the same answer for a day.

The answer is kept in the transaction that creates the thing, so a crash leaves both or neither, and of two
repeats at once the second waits and then gets the first one's answer. Writes `idempotency_key`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from hmac import compare_digest
from typing import Any

from peewee import IntegrityError

from mam.errors import FieldError, ValidationError
from mam.models import IdempotencyKey, database, now
from mam.types import Actor

KEPT = timedelta(hours=24)
_KEY = re.compile(r"[\x21-\x7e]{1,200}")


class IdempotencyConflictError(ValidationError):
    """A key that was used for another body."""

    code = "idempotency_conflict"
    title = "The key was used for something else"


@dataclass(frozen=True)
class Repeatable:
    """A creating call: the client's key, where it was sent, a hash of its body."""

    key: str
    path: str
    body_hash: str


def once(actor: Actor, call: Repeatable, create: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What `create` answers, or what it answered when this call came before.

    Raises `IdempotencyConflictError` for the same key with another body, `ValidationError` for an odd key,
    and whatever `create` raises: a failed call leaves no trace and may be tried again.
    """
    if not _KEY.fullmatch(call.key):
        message = "1 to 200 printable ASCII characters."
        raise ValidationError(f"Idempotency-Key: {message}", (FieldError("Idempotency-Key", message),))
    name = hashlib.sha256(f"{_caller(actor)}\n{call.path}\n{call.key}".encode()).hexdigest()
    kept = _kept(name, call)
    if kept is not None:
        return kept
    try:
        with database.atomic():
            row = _reserve(name, call)
            answer = create()
            row.answer = json.dumps(answer)
            row.save()
    except _TakenError:
        return _kept(name, call) or {}
    return answer


def _caller(actor: Actor) -> str:
    """Whose key it is: two guests of one link have each their own."""
    return f"guest {actor.guest.id}" if actor.guest is not None else str(actor.user_id)


class _TakenError(Exception):
    """The same key was being used at this very moment."""


def _reserve(name: str, call: Repeatable) -> IdempotencyKey:
    """Take the key; a twin at work holds us here until it ends (PostgreSQL) or held us before (SQLite)."""
    IdempotencyKey.delete().where(IdempotencyKey.created_at < now() - KEPT).execute()
    try:
        with database.atomic():
            return IdempotencyKey.create(id=name, body_hash=call.body_hash, status=0, answer="")
    except IntegrityError:
        raise _TakenError from None


def _kept(name: str, call: Repeatable) -> dict[str, Any] | None:
    recent = IdempotencyKey.created_at >= now() - KEPT
    row = IdempotencyKey.get_or_none((IdempotencyKey.id == name) & recent)
    if row is None:
        return None
    if not compare_digest(row.body_hash, call.body_hash):
        raise IdempotencyConflictError("This Idempotency-Key was used before, with another body.")
    answer: dict[str, Any] = json.loads(row.answer)
    return answer
