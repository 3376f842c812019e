"""Checks the audit log: in the database against its head and its anchors, or an exported one by itself.

Reads only. Every fault names the first entry that does not hold; `mam audit verify` and the admin page show
what is found.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from mam.core import Mam
from mam.models import AuditEntry, AuditHead, Setting, database
from mam.services import access, audit_anchor, audit_chain, seal
from mam.services.audit_anchor import Anchor
from mam.services.audit_chain import FIELDS, GENESIS, Head, canonical, digest, head_bytes, same_hash
from mam.services.shapes import iso
from mam.types import Actor

_PAGE = 1000
_MOST_FAULTS = 20
_LAST = "audit:verified"
_REMEMBERED = ("holds", "entries", "message", "checked_at")
_COLUMNS = (*FIELDS, "prev", "hash")


@dataclass(frozen=True)
class Fault:
    """What does not hold, and at which entry it begins."""

    seq: int
    message: str


@dataclass
class Found:
    """What a check found. `faults` are sorted by entry; none means that all of it holds."""

    entries: int = 0
    head: Head | None = None
    anchors: int = 0
    last_anchor: Anchor | None = None
    key_id: str = ""
    faults: list[Fault] = field(default_factory=list)

    @property
    def first_bad(self) -> int | None:
        """The first entry that does not hold."""
        return min((fault.seq for fault in self.faults), default=None)

    def say(self) -> str:
        """One sentence for people."""
        if self.faults:
            first = min(self.faults, key=lambda fault: fault.seq)
            return f"The audit log is BROKEN, first at entry {first.seq}: {first.message}"
        anchored = self.last_anchor.seq if self.last_anchor else 0
        return (
            f"The audit log holds: {self.entries} entries in one chain, "
            f"signed by key {self.key_id or 'none'}; anchors that hold: "
            f"{self.anchors}, the last at entry {anchored}."
        )


class Walk:
    """Follows a chain entry by entry; `faults` grows. Anchors are compared as their entry comes by."""

    def __init__(self, anchored: Iterable[Anchor] = ()) -> None:
        """Begin before the first entry."""
        self.seq, self.hash = 0, GENESIS
        self.faults: list[Fault] = []
        self._anchored: dict[int, list[Anchor]] = {}
        for anchor in anchored:
            self._anchored.setdefault(anchor.seq, []).append(anchor)
        self._sound_anchor = 0

    def step(self, row: Mapping[str, Any]) -> None:
        """Look at the next entry."""
        seq, expected = row["seq"], self.seq + 1
        if seq > expected:
            self.fault(expected, f"entries {expected} to {seq - 1} are missing.")
        elif seq < expected:
            self.fault(seq, f"entry {seq} comes after entry {self.seq}.")
        own = _is_digest(row["prev"]) and same_hash(digest(row["prev"], row), row["hash"])
        if not own:
            self.fault(seq, f"entry {seq} is not what was recorded: its hash differs.")
        elif not same_hash(row["prev"], self.hash) and seq == expected:
            # The entry is whole and names another predecessor: that one was replaced, hash and all.
            self.fault(max(1, seq - 1), f"entry {max(1, seq - 1)} is not the one that entry {seq} follows.")
        self.seq, self.hash = seq, row["hash"]
        self._compare_anchors(row)

    def fault(self, seq: int, message: str) -> None:
        """Note a fault; after twenty the log is not worth listing."""
        if len(self.faults) < _MOST_FAULTS:
            self.faults.append(Fault(seq, message))

    def _compare_anchors(self, row: Mapping[str, Any]) -> None:
        for anchor in self._anchored.get(row["seq"], ()):
            if same_hash(anchor.hash, row["hash"]):
                self._sound_anchor = anchor.seq
            else:
                first = self._sound_anchor + 1
                told = f"the anchor of {anchor.at} says otherwise."
                self.fault(first, f"entries {first} to {anchor.seq} were rewritten: {told}")


def check(mam: Mam, export: Any = None) -> Found:
    """Walk the log in the database, compare it with its signed head and every anchor in the store.

    `export` is a text stream that takes the log as JSON lines. Needs a connection; raises `StorageError`.
    """
    key = seal.open_seal(mam.config.secrets)
    listed = list(audit_anchor.anchors(mam))  # before the head: what is anchored now must be in the log
    sound = [one for one in listed if isinstance(one, Anchor) and _is_ours(one, key)]
    head = audit_chain.head()
    walk, found = Walk(sound), Found(head=head, key_id=key.key_id)
    for row in stored(head.seq if head else None):
        walk.step(row)
        found.entries += 1
        if export is not None:
            export.write(line(row) + "\n")
    for one in listed:
        if one not in sound:
            name = one.object if isinstance(one, Anchor) else one
            walk.fault(walk.seq or 1, f"the anchor {name} was not written by this box, or was changed.")
    _compare_head(walk, head, key, anchored=bool(sound))
    _compare_end(walk, sound, beyond=_beyond(head))
    if export is not None:
        _export_end(export, head, key, sound)
    found.anchors, found.last_anchor = len(sound), max(sound, key=lambda one: one.seq, default=None)
    found.faults = sorted(walk.faults, key=lambda fault: fault.seq)
    return found


def state(mam: Mam, actor: Actor) -> dict[str, Any]:
    """Verify now, for administrators: `{holds, entries, first_bad, message, faults, anchors, ...}`.

    Raises `ForbiddenError`, `StorageError`.
    """
    access.require(mam, actor, "box.admin")
    found = check(mam)
    told = _told(found)
    with database.atomic():
        Setting.delete().where(Setting.key == _LAST).execute()
        Setting.create(key=_LAST, value={name: told[name] for name in _REMEMBERED})
    return told


def last(mam: Mam, actor: Actor) -> dict[str, Any]:
    """What the last such check found, and where the chain ends: cheap, for the page; `holds` None before one.

    `{holds, entries, message, checked_at, head_seq, anchored_seq}`.
    """
    access.require(mam, actor, "box.admin")
    row = Setting.get_or_none(Setting.key == _LAST)
    nothing = {"holds": None, "entries": 0, "message": "", "checked_at": None}
    head = AuditHead.get_or_none(AuditHead.id == 1)
    ends = {"head_seq": head.seq if head else 0, "anchored_seq": head.anchored_seq if head else 0}
    return {**nothing, **(row.value if row is not None else {}), **ends}


def _told(found: Found) -> dict[str, Any]:
    last = found.last_anchor
    return {
        "holds": not found.faults,
        "entries": found.entries,
        "first_bad": found.first_bad,
        "message": found.say(),
        "faults": [{"seq": fault.seq, "message": fault.message} for fault in found.faults],
        "head": {"seq": found.head.seq, "hash": found.head.hash} if found.head else None,
        "anchors": found.anchors,
        "anchored_seq": last.seq if last else 0,
        "anchored_at": iso(datetime.fromisoformat(last.at)) if last else None,
        "key_id": found.key_id,
        "checked_at": iso(datetime.now(UTC)),
    }


def stored(last: int | None) -> Iterator[dict[str, Any]]:
    """The entries up to `last` in order, in pages; `at` in microseconds, as it is hashed."""
    columns = [getattr(AuditEntry, name) for name in _COLUMNS]
    at = -1
    while True:
        query = AuditEntry.select(*columns).where(AuditEntry.seq > at)
        if last is not None:
            query = query.where(AuditEntry.seq <= last)
        rows = list(query.order_by(AuditEntry.seq).limit(_PAGE))
        yield from map(values_of, rows)
        if len(rows) < _PAGE:
            return
        at = rows[-1].seq


def values_of(row: AuditEntry) -> dict[str, Any]:
    """Every hashed field of an entry, `prev` and `hash`; `at` in microseconds."""
    return {**{name: getattr(row, name) for name in _COLUMNS}, "at": AuditEntry.at.db_value(row.at)}


def line(row: Mapping[str, Any]) -> str:
    """One entry of an export: every hashed field, `at` in microseconds since 1970, `prev`, `hash`."""
    return canonical({name: row[name] for name in _COLUMNS})


def check_export(lines: Iterable[str], public_key: str = "") -> Found:
    """The same for an exported log, without the box: links, hashes, signed head, signed anchors.

    `public_key` (base64) is the one to trust; without it the one that the export names. Raises `ValueError`
    for what is no export.
    """
    found = Found()
    entries: list[dict[str, Any]] = []
    others: list[dict[str, Any]] = []
    for text in lines:
        value = json.loads(text) if text.strip() else {}
        if not isinstance(value, dict):
            raise ValueError("a line is no JSON object")  # noqa: TRY004 - what the file says, not our types
        (others if "head" in value or "anchor" in value else entries).append(value)
    heads = [one["head"] for one in others if isinstance(one.get("head"), dict)]
    anchored = [audit_anchor.parsed(one["anchor"]) for one in others if "anchor" in one]
    trusted = public_key or next((str(one.get("public_key", "")) for one in heads), "")
    sound = [one for one in anchored if one and one.holds() and one.public_key == trusted]
    walk = Walk(sound)
    for row in entries:
        if row and not set(_COLUMNS) <= row.keys():
            raise ValueError("a line lacks fields of an entry")
        if row:
            walk.step(row)
            found.entries += 1
    if len(sound) < len(anchored):
        walk.fault(walk.seq or 1, "an anchor in this file was changed, or is another box's.")
    if not heads:
        walk.fault(walk.seq + 1, "the end of the file is missing: no signed head.")
    else:
        _compare_exported_head(walk, heads[-1], trusted, found)
    _compare_end(walk, sound, beyond=None)
    found.anchors, found.last_anchor = len(sound), max(sound, key=lambda one: one.seq, default=None)
    found.faults = sorted(walk.faults, key=lambda fault: fault.seq)
    return found


def _compare_exported_head(walk: Walk, given: Mapping[str, Any], trusted: str, found: Found) -> None:
    head = Head(
        int(given.get("seq", 0)), str(given.get("hash", "")), signature=str(given.get("signature", ""))
    )
    found.head = head
    if not seal.holds(trusted, head.signature, head_bytes(head.seq, head.hash)):
        walk.fault(walk.seq or 1, "the end of the log is not signed by the key to be trusted.")
    else:
        found.key_id = seal.key_id_of(trusted)
    _compare_length(walk, head)


def _compare_head(walk: Walk, head: Head | None, key: seal.Seal, *, anchored: bool) -> None:
    if head is None:
        walk.fault(walk.seq + 1, "the head of the chain was removed.")
        return
    if head.signature and not key.holds(head.signature, head_bytes(head.seq, head.hash)):
        walk.fault(head.seq or 1, "the head of the chain is not signed by this box.")
    elif not head.signature and anchored:  # only a log that was just migrated is unsigned
        walk.fault(head.seq, "the signature of the chain's head was removed.")
    _compare_length(walk, head)


def _compare_length(walk: Walk, head: Head) -> None:
    if head.seq > walk.seq:
        walk.fault(walk.seq + 1, f"entries {walk.seq + 1} to {head.seq} were removed.")
    elif head.seq < walk.seq:
        walk.fault(head.seq + 1, f"the signed end is entry {head.seq}; what follows was added.")
    elif not same_hash(head.hash, walk.hash):
        walk.fault(walk.seq or 1, f"entry {walk.seq} is not the signed end of the chain.")


def _compare_end(walk: Walk, anchored: list[Anchor], *, beyond: int | None) -> None:
    longest = max((one.seq for one in anchored), default=0)
    if longest > walk.seq:
        walk.fault(walk.seq + 1, f"entries {walk.seq + 1} to {longest} were removed: an anchor names them.")
    if beyond is not None:
        walk.fault(beyond, f"entry {beyond} lies behind the end of the chain: it was added.")


def _beyond(head: Head | None) -> int | None:
    """An entry behind the head, if there is one that no writer can have put there since."""
    if head is None:
        return None
    stray = AuditEntry.select(AuditEntry.seq).where((AuditEntry.seq > head.seq) | (AuditEntry.seq < 1))
    newest = stray.order_by(AuditEntry.seq.desc()).first()
    current = audit_chain.head()  # read after: writers that are honest have moved it
    if newest is None or (current is not None and 1 <= newest.seq <= current.seq):
        return None
    return int(current.seq if current else head.seq) + 1


def _export_end(export: Any, head: Head | None, key: seal.Seal, anchored: list[Anchor]) -> None:
    for one in anchored:
        export.write(canonical({"anchor": vars(one)}) + "\n")
    if head is not None:
        signed = key.sign(head_bytes(head.seq, head.hash))
        shown = {"seq": head.seq, "hash": head.hash, "public_key": key.public_key, "signature": signed}
        export.write(canonical({"head": shown}) + "\n")


def _is_ours(anchor: Anchor, key: seal.Seal) -> bool:
    return anchor.public_key == key.public_key and anchor.holds()


def _is_digest(text: Any) -> bool:
    return isinstance(text, str) and len(text) == 64 and all(one in "0123456789abcdef" for one in text)  # noqa: PLR2004
