"""The audit log as one chain: each entry carries the hash of the one before and its own, over all its fields.

Entries are appended just before the commit of what they record, under a lock on the head row that every
transaction takes last: one chain whoever writes, no gap, and either both are kept or neither. The head is
signed by the box's key. Writes `audit_entry` and `audit_head`, within the caller's transaction.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any

from peewee import Database

from mam.core import Mam
from mam.models import AuditEntry, AuditHead, database
from mam.services import seal

GENESIS = hashlib.sha256(b"mam audit chain 1").hexdigest()
"""What the first entry names as the hash before it."""

FIELDS = (
    "seq",
    "at",
    "action",
    "actor_id",
    "actor_name",
    "subject_kind",
    "subject_id",
    "project_id",
    "address",
    "request_id",
    "data",
    "bytes",
)
"""Every field of an entry, in the order in which they are hashed."""

_ENTRY = b"mam audit entry 1"
_HEAD = b"mam audit head 1"


@dataclass(frozen=True)
class Head:
    """The end of the chain as it is stored; `seq` 0 where nothing was recorded yet."""

    seq: int
    hash: str
    key_id: str = ""
    signature: str = ""


def digest(prev: str, row: Mapping[str, Any]) -> str:
    """SHA-256 in hex of an entry: `prev` and every field, each preceded by its length in 8 bytes.

    `at` is in microseconds since 1970, `data` a JSON value; None differs from an empty text.
    """
    parts = [_ENTRY, bytes.fromhex(prev)]
    parts += [_encoded(name, row[name]) for name in FIELDS]
    return hashlib.sha256(framed(parts)).hexdigest()


def same_hash(one: Any, other: Any) -> bool:
    """Whether two hashes are the same; what a tampered log holds in their place is none, and no error."""
    return compare_digest(str(one).encode("utf-8", "replace"), str(other).encode("utf-8", "replace"))


def framed(parts: Sequence[bytes]) -> bytes:
    """The parts so that no other parts give the same bytes (promise E11)."""
    return b"".join(len(part).to_bytes(8, "big") + part for part in parts)


def head_bytes(seq: int, digest_: str, label: bytes = _HEAD) -> bytes:
    """What is signed of the chain's end."""
    return framed([label, str(seq).encode(), digest_.encode()])


def canonical(value: Any) -> str:
    """JSON text that is the same for equal values: sorted keys, no spaces."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def head() -> Head | None:
    """The stored head, or None where somebody removed it."""
    row = AuditHead.get_or_none(AuditHead.id == 1)
    return None if row is None else Head(row.seq, row.hash or GENESIS, row.key_id, row.signature)


def add(mam: Mam, row: dict[str, Any]) -> None:
    """Append `row` (all `FIELDS` but `seq`) when the present transaction commits."""
    database.before_commit(append, (mam, row))  # type: ignore[attr-defined]


def append(items: list[tuple[Mam, dict[str, Any]]]) -> None:
    """Number, link and store the rows of one transaction, and move the head; last before its commit."""
    bound = database.obj  # type: ignore[attr-defined]
    end = locked_head(bound)
    seq, last = end.seq, end.hash
    for _mam, row in items:
        seq, prev = seq + 1, last
        last = digest(prev, {**row, "seq": seq})
        values = {**row, "seq": seq, "prev": prev, "hash": last}
        columns = AuditEntry._meta.sorted_fields  # noqa: SLF001 - the public list of peewee
        bound.execute_sql(
            _statements(bound)["insert"], [field.db_value(values[field.name]) for field in columns]
        )
    key = seal.open_seal(items[0][0].config.secrets)
    signature = key.sign(head_bytes(seq, last))
    bound.execute_sql(_statements(bound)["move"], (seq, last, key.key_id, signature))


def locked_head(bound: Database) -> Head:
    """The head, held until the commit; made anew behind the last entry where somebody removed it."""
    found = bound.execute_sql(_statements(bound)["head"]).fetchone()
    if found is None:
        last = AuditEntry.select().order_by(AuditEntry.seq.desc()).first()
        at = (last.seq, last.hash) if last else (0, GENESIS)
        bound.execute_sql(_statements(bound)["make"], at)
        found = bound.execute_sql(_statements(bound)["head"]).fetchone()
    return Head(found[0], found[1] or GENESIS)


@functools.lru_cache(maxsize=4)
def _statements(bound: Database) -> dict[str, str]:
    """The four statements as text: they run in every transaction that changes something."""
    mark = bound.param
    columns = [field.column_name for field in AuditEntry._meta.sorted_fields]  # noqa: SLF001
    names, marks = ", ".join(f'"{name}"' for name in columns), ", ".join([mark] * len(columns))
    wait = " FOR UPDATE" if bound.for_update else ""  # SQLite: the transaction itself is the lock
    return {
        "head": f"SELECT seq, hash FROM audit_head WHERE id = 1{wait}",  # noqa: S608 - all constants
        "insert": f"INSERT INTO audit_entry ({names}) VALUES ({marks})",  # noqa: S608
        "move": f"UPDATE audit_head SET seq = {mark}, hash = {mark}, key_id = {mark}, signature = {mark} WHERE id = 1",  # noqa: S608, E501
        "make": f"INSERT INTO audit_head (id, seq, hash, key_id, signature, anchored_seq, anchored_at) VALUES (1, {mark}, {mark}, '', '', 0, 0) ON CONFLICT DO NOTHING",  # noqa: S608, E501
    }


def _encoded(name: str, value: Any) -> bytes:
    if value is None:
        return b""
    return b"=" + (canonical(value) if name == "data" else str(value)).encode()
