"""Anchors of the audit log: its length and last hash, signed, as small locked objects beside the masters.

Whoever cuts the log's tail, empties or rewrites it in the database cannot change these. Writes objects
`_audit/<length>` into the masters area, under the store's own lock, and notes the last in `audit_head`.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from hmac import compare_digest
from typing import Any

import structlog

from mam.core import Mam
from mam.errors import LockedError, NotFoundError, StorageError
from mam.ids import new_id
from mam.models import AuditEntry, AuditHead, now
from mam.services import seal
from mam.services.audit_chain import framed, head_bytes
from mam.services.leases import connected
from mam.types import LockingStorage, ObjectInfo

PREFIX = "_audit/"
"""Keys of anchors begin so; no version is named like that."""

PROMOTE_WAIT = timedelta(seconds=10)
"""A promoted master is in an anchor after this time at the latest, whatever `[audit]` says."""

_LABEL = b"mam audit anchor 1"
_LONGEST = 4096  # bytes of an anchor that are read
_log = structlog.get_logger("mam.audit")


@dataclass(frozen=True)
class Anchor:
    """`seq` entries end in `hash`: what the box signed at `at` (ISO 8601). `object`: its key in the store."""

    seq: int
    hash: str
    at: str
    public_key: str
    signature: str
    object: str = ""

    def holds(self) -> bool:
        """Whether it was signed by the key that it names."""
        return seal.holds(self.public_key, self.signature, _signed(self.seq, self.hash, self.at))


def keep(mam: Mam) -> Anchor | None:
    """Write an anchor where one is due; for the worker's round. Raises `StorageError`.

    One is due `[audit] anchor_entries` entries or `anchor_seconds` after the last, and 10 s after it where a
    master was promoted; none where nothing was recorded since.
    """
    with connected():
        head = AuditHead.get_or_none(AuditHead.id == 1)
        due = head is not None and _is_due(mam, head)
    return write(mam) if due else None


def write(mam: Mam) -> Anchor | None:
    """Anchor the chain as it ends now; None where nothing was recorded yet. Raises `StorageError`."""
    with connected():
        head = AuditHead.get_or_none(AuditHead.id == 1)
    if head is None or not head.seq:
        return None
    key, at = seal.open_seal(mam.config.secrets), now().isoformat(timespec="seconds")
    if not head.signature:
        _sign(head, key)
    signature = key.sign(_signed(head.seq, head.hash, at))
    anchor = Anchor(head.seq, head.hash, at, key.public_key, signature, key_of(head.seq))
    try:
        _store(mam, anchor)
    except LockedError:
        anchor = _other(mam, anchor)
    with connected():
        newer = (AuditHead.id == 1) & (AuditHead.anchored_seq < anchor.seq)
        AuditHead.update(anchored_seq=anchor.seq, anchored_at=now()).where(newer).execute()
    return anchor


def recent(mam: Mam) -> Anchor | None:
    """An anchor at most 10 s old, written where there is none. Raises `StorageError`."""
    with connected():
        head = AuditHead.get_or_none(AuditHead.id == 1)
    if head is not None and head.anchored_seq and now() - head.anchored_at < PROMOTE_WAIT:
        found = read(mam, key_of(head.anchored_seq))
        if found is not None:
            return found
    return write(mam)


def anchors(mam: Mam) -> Iterator[Anchor | str]:
    """Every anchor in the store, the shortest chain first; the key alone of one that cannot be read as such.

    A store with versions lists what was written first, also where something was put over it or a delete
    marker hides it. Raises `StorageError`.
    """
    for info in mam.storage.list("masters", PREFIX):
        yield _opened(mam, info) or info.key


def read(mam: Mam, key: str) -> Anchor | None:
    """The anchor under this key; None where there is none, or no anchor at all. Raises `StorageError`."""
    found = (info for info in mam.storage.list("masters", key) if info.key == key)
    return next((_opened(mam, info) for info in found), None)


def _opened(mam: Mam, info: ObjectInfo) -> Anchor | None:
    try:
        with mam.storage.open("masters", info.key, version=info.version) as stream:
            anchor = parsed(json.loads(stream.read(_LONGEST)), info.key)
    except (NotFoundError, ValueError):
        return None
    return anchor if anchor is not None and key_of(anchor.seq) == info.key else None


def parsed(value: Any, key: str = "") -> Anchor | None:
    """An anchor out of its JSON, or None for anything else."""
    names = {"seq": int, "hash": str, "at": str, "public_key": str, "signature": str}
    if not isinstance(value, dict) or not all(isinstance(value.get(name), names[name]) for name in names):
        return None
    return Anchor(**{name: value[name] for name in names}, object=key or str(value.get("object", "")))


def _is_due(mam: Mam, head: AuditHead) -> bool:
    fresh = head.seq - head.anchored_seq
    if fresh <= 0:
        return False
    age = now() - head.anchored_at
    settings = mam.config.audit
    if fresh >= settings.anchor_entries or age >= timedelta(seconds=settings.anchor_seconds):
        return True
    promoted = (AuditEntry.seq > head.anchored_seq) & (AuditEntry.action == "upload.promoted")
    return age >= PROMOTE_WAIT and AuditEntry.select().where(promoted).exists()


def _sign(head: AuditHead, key: seal.Seal) -> None:
    """Sign the end of a log that a migration has chained and nobody has written to since."""
    same = (AuditHead.id == 1) & (AuditHead.seq == head.seq) & (AuditHead.signature == "")
    signature = key.sign(head_bytes(head.seq, head.hash))
    with connected():
        AuditHead.update(signature=signature, key_id=key.key_id).where(same).execute()


def _store(mam: Mam, anchor: Anchor) -> None:
    """Write it once, locked; `LockedError` where another process anchored the same length before."""
    body = json.dumps(asdict(anchor), indent=1).encode()
    if not isinstance(mam.storage, LockingStorage):
        mam.storage.put("masters", anchor.object, io.BytesIO(body), len(body))
        return
    staged = f"audit/{new_id()}"
    days = mam.config.audit.anchor_days
    mam.storage.put("staging", staged, io.BytesIO(body), len(body))
    try:
        until = now() + timedelta(days=days) if days else None
        mam.storage.promote(staged, anchor.object, retain_until=until)
    finally:
        mam.storage.delete("staging", staged)


def _other(mam: Mam, mine: Anchor) -> Anchor:
    """The anchor that lies there already; one that tells of another chain is an alarm, kept for `verify`."""
    there = read(mam, mine.object)
    if there is not None and compare_digest(there.hash, mine.hash):
        return there
    _log.error("the audit log is not the one that was anchored: run mam audit verify", object=mine.object)
    raise StorageError(f"The anchor {mine.object} tells of another audit log; run `mam audit verify`.")


def key_of(seq: int) -> str:
    """The key of the anchor of a log of that length."""
    return f"{PREFIX}{seq:012d}"


def _signed(seq: int, digest: str, at: str) -> bytes:
    return framed([_LABEL, str(seq).encode(), digest.encode(), at.encode()])
