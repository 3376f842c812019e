"""What the calls about proof answer: audit log, integrity of masters, hash lists, watch folders."""

from __future__ import annotations

from typing import Any, Literal

from mam.web.api.answers import Answer, Trouble
from mam.web.api.answers_box import Finding


class WatchedFile(Answer):
    """A file of a watch folder."""

    id: str
    path: str
    size: int
    state: str
    asset_id: str | None
    tries: int
    try_after: str | None
    error: Trouble | None


class WatchFolder(Answer):
    """A watch folder: counts by state, and the files that could not be taken in, at most 100."""

    path: str
    project: str
    mode: str
    copies: list[str]
    present: bool
    counts: dict[str, int]
    troubled: list[WatchedFile]


class Manifest(Answer):
    """A generation of media hash lists; one that came with material has no number."""

    id: str
    project_id: str
    number: int | None
    name: str
    c4: str
    files: int
    author: str
    comment: str
    created_at: str


class ManifestComparison(Answer):
    """What of a client's list is here: counts, and the first 1000 paths of each kind."""

    counts: dict[str, int]
    verified: list[str]
    missing: list[str]
    altered: list[str]
    unknown: list[str]
    extra: list[str]


class AuditEntry(Answer):
    """One line of the audit log."""

    seq: int
    at: str
    action: str
    actor_id: str | None
    actor_name: str
    subject_kind: str
    subject_id: str | None
    project_id: str | None
    address: str
    request_id: str
    data: Any
    prev: str
    hash: str


class ChainPlace(Answer):
    """An entry of the audit log by number and hash."""

    seq: int
    hash: str


class AuditFault(Answer):
    """What of the audit log does not hold, and at which entry it begins."""

    seq: int
    message: str


class AuditState(Answer):
    """Whether the audit log holds, checked just now against its signed end and its anchors."""

    holds: bool
    entries: int
    first_bad: int | None
    message: str
    faults: list[AuditFault]
    head: ChainPlace | None
    anchors: int
    anchored_seq: int
    anchored_at: str | None
    key_id: str
    checked_at: str


class IntegrityKey(Answer):
    """The public key that certificates and anchors are signed with; base64 of 32 bytes."""

    key_id: str
    algorithm: str
    public_key: str


class LockNow(Answer):
    """The lock as the store told it just now, or as it was noted (`read_back` false)."""

    locked: bool
    retain_until: str | None
    legal_hold: bool
    read_back: bool
    checked_at: str
    error: str


class ByteCheck(Answer):
    """One comparison of the master's bytes with what came in."""

    seq: int
    at: str
    sound: bool
    by: str
    detail: str


class CopyState(Answer):
    """A master's copy in a second store; `configured` is false for a store that is no longer named."""

    store: str
    state: Literal["waiting", "good", "damaged"]
    verified_at: str | None
    checked_at: str | None
    error: str
    configured: bool


class Integrity(Answer):
    """What a master's word is worth."""

    version_id: str
    size: int
    sha256: str
    xxh128: str
    c4: str | None
    lock: LockNow
    lock_proof: Finding | None
    verified_at: str | None
    damage: str | None
    copies: list[CopyState]
    checks: list[ByteCheck]
    verifying: bool
    may_verify: bool
    may_hold: bool
    may_certify: bool


class Verified(Answer):
    """A check that was made or queued."""

    status: Literal["sound", "damaged", "queued"]
    job_id: str | None
    detail: str
