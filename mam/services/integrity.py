"""What a master's word is worth: its hashes, its lock as the store tells it now, when it was last proven.

Runs the check of one version on demand (big masters as a job of kind `verify`) and sets legal holds. Writes
`version`, `job` and the audit log; never a byte of a master.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import structlog

from mam.core import Mam
from mam.errors import (
    ChecksumMismatchError,
    ConflictError,
    FieldError,
    NotFoundError,
    StorageError,
    ValidationError,
)
from mam.models import Asset, AuditEntry, Job, Version, database, now
from mam.services import (
    access,
    audit,
    copies,
    duplicates,
    healing,
    jobs,
    leases,
    masters,
    preview_state,
    seal,
)
from mam.services.leases import Lease, connected
from mam.services.shapes import Shape, iso
from mam.types import Actor, LockingStorage, MasterInfo

AT_ONCE_BYTES = 64 << 20
"""A master up to this size is verified while the caller waits, a larger one as a job."""

CHECKS = ("upload.promoted", "master.verified", "master.damaged", "master.healed")
"""Actions of the audit log that tell of a check of the bytes; a promote compares them too."""

_MOST_CHECKS = 200
_LONGEST_REASON = 500
_log = structlog.get_logger("mam.integrity")


def public_key(mam: Mam) -> Shape:
    """The key that signs certificates and anchors: `{key_id, algorithm, public_key}` (base64 of 32 bytes)."""
    key = seal.open_seal(mam.config.secrets)
    return {"key_id": key.key_id, "algorithm": seal.ALGORITHM, "public_key": key.public_key}


def state(mam: Mam, actor: Actor, version_id: str) -> Shape:
    """Hashes, lock (read back from the store now), the last proof of the store's lock, every check.

    Raises `NotFoundError`, `ForbiddenError`; a store that does not answer is said in `lock.error`.
    """
    version, asset = access.require_version(mam, actor, "asset.read", version_id)
    allowed = access.actor_thing(actor, "asset", asset.id, asset.project_id)
    proof = masters.lock_finding(mam)
    return {
        "version_id": version.id,
        "size": version.size,
        "sha256": version.sha256,
        "xxh128": version.xxh128,
        "c4": version.c4,
        "lock": lock_now(mam, version),
        "lock_proof": dataclasses.asdict(proof) if proof else None,
        "verified_at": iso(version.verified_at),
        "damage": version.damage,
        "copies": copies.states(mam, version),
        "checks": checks(version),
        "verifying": _waiting(version.id) is not None,
        "may_verify": access.allowed(mam, actor, "master.verify", allowed),
        "may_hold": access.allowed(mam, actor, "master.hold", allowed),
        "may_certify": access.allowed(mam, actor, "master.download", allowed),
    }


def lock_now(mam: Mam, version: Version) -> Shape:
    """What the store says of the lock at this moment: `{locked, retain_until, legal_hold, ...}`.

    `read_back` is False where the store knows no locks or did not answer (`error`); the rest is then what
    was noted when it was last known.
    """
    told, error = None, ""
    if isinstance(mam.storage, LockingStorage):
        try:
            told = mam.storage.lock_state(version.master_key, version=version.master_version)
            error = "" if told else "The master is not in the store."
        except StorageError as failure:
            error = failure.detail
    known = told or _noted(version)
    return {
        "locked": known.locked,
        "retain_until": iso(known.retain_until),
        "legal_hold": known.legal_hold,
        "read_back": told is not None,
        "checked_at": iso(now()),
        "error": error,
    }


def checks(version: Version) -> list[Shape]:
    """Every check of the bytes that the audit log tells of, newest first: `{seq, at, sound, by, detail}`."""
    mine = (AuditEntry.subject_id == version.id) | (
        AuditEntry.subject_id == (version.upload_id or version.id)
    )
    query = AuditEntry.select().where(mine & AuditEntry.action.in_(CHECKS))
    rows = query.order_by(AuditEntry.seq.desc()).limit(_MOST_CHECKS)
    return [
        {
            "seq": row.seq,
            "at": iso(row.at),
            "sound": row.action != "master.damaged",
            "by": row.actor_name,
            "detail": _told(row),
        }
        for row in rows
    ]


def verify(mam: Mam, actor: Actor, version_id: str) -> Shape:
    """Read the master again and compare: `{status: "sound" | "damaged" | "queued", job_id, detail}`.

    A big one is queued; where a check waits or runs already, that job is answered. Raises `NotFoundError`,
    `ForbiddenError`, `StorageError`. Opens its connection itself: bytes are read without one.
    """
    with connected():
        version, asset = access.require_version(mam, actor, "master.verify", version_id)
        if version.size > AT_ONCE_BYTES:
            return _queued(mam, actor, version, asset)
    return {"job_id": None, **_verified(mam, version, actor)}


def run_verify(mam: Mam, lease: Lease) -> None:
    """The job: the same for a big master, in the name of whoever asked."""
    with leases.fenced(lease):
        version = preview_state.load(lease.version_id)
    asked = lease.payload
    actor = Actor(asked.get("user_id"), asked.get("email", ""), address=asked.get("address", ""))
    _verified(mam, version, actor)
    with leases.fenced(lease):
        leases.finish(lease)


def set_legal_hold(mam: Mam, actor: Actor, version_id: str, *, on: bool, reason: str) -> Shape:
    """Lock a master without an end, or lift that; the store is asked afterwards what holds.

    `reason` goes into the audit log. Raises `ValidationError` without one, `ConflictError` where the store
    knows no holds, `StorageError` where it did not take it, `NotFoundError`, `ForbiddenError`.
    """
    version, asset = access.require_version(mam, actor, "master.hold", version_id)
    why = audit.plain(reason.strip())
    if not 0 < len(why) <= _LONGEST_REASON:
        message = f"1 to {_LONGEST_REASON} characters: who asked for it, and why."
        raise ValidationError("A legal hold needs a reason.", (FieldError("reason", message),))
    if not isinstance(mam.storage, LockingStorage):
        raise ConflictError("This store knows no legal holds; use one with object lock.")
    kept = not on and duplicates.held_by_others(version)  # of the same master: it stays under their hold
    if not kept:
        mam.storage.set_legal_hold(version.master_key, version=version.master_version, on=on)
    told = mam.storage.lock_state(version.master_key, version=version.master_version)
    if told is None or told.legal_hold is not (on or kept):
        raise StorageError("The store answered, but the hold is not what was asked for; nothing was noted.")
    with database.atomic():
        Version.update(legal_hold=on).where(Version.id == version.id).execute()
        duplicates.share_lock(told)
        data = {"reason": why, "filename": version.filename, "locked": told.locked}
        action = "master.hold_set" if on else "master.hold_lifted"
        _record(mam, actor, action, version, asset.project_id, data)
    copies.follow_lock(mam, version)
    return lock_now(mam, Version.get_by_id(version.id))


def _noted(version: Version) -> MasterInfo:
    return MasterInfo(
        version.master_key, version.size, version.master_version, bool(version.locked),
        version.retain_until, bool(version.legal_hold),
    )  # fmt: skip


def _told(row: AuditEntry) -> str:
    if row.action == "master.damaged":
        return str(row.data.get("reason", ""))
    if row.action == "master.healed":
        return f'Healed from the copy "{row.data.get("from", "")}".'
    return (
        "Compared when it was promoted."
        if row.action == "upload.promoted"
        else "Every byte read and compared."
    )


def _verified(mam: Mam, version: Version, actor: Actor) -> Shape:
    try:
        healed_from = healing.verify(mam, version, actor=actor)
    except (ChecksumMismatchError, NotFoundError) as error:
        _log.error("a master is damaged", version=version.id, reason=error.detail)
        return {"status": "damaged", "detail": error.detail}
    if healed_from:
        detail = f'The master was damaged; it was healed from the copy "{healed_from}" and is sound again.'
        return {"status": "sound", "detail": detail}
    return {"status": "sound", "detail": "Every byte was read again and is what came in."}


def _queued(mam: Mam, actor: Actor, version: Version, asset: Asset) -> Shape:
    with database.atomic():
        Version.update(number=Version.number).where(Version.id == version.id).execute()  # one at a time
        job = _waiting(version.id)
        if job is None:
            payload = {"user_id": actor.user_id, "email": actor.email, "address": actor.address}
            job = jobs.enqueue(
                "verify", version_id=version.id, project_id=asset.project_id, queue="later", payload=payload
            )
            _record(mam, actor, "master.verify_asked", version, asset.project_id, {})
            jobs.send_after_commit(mam, job)
    return {"status": "queued", "job_id": job.id, "detail": "The master is read again as a job."}


def _waiting(version_id: str) -> Job | None:
    ours = (Job.version_id == version_id) & (Job.kind == "verify") & Job.state.in_(("queued", "running"))
    found: Job | None = Job.select().where(ours).first()
    return found


def _record(  # noqa: PLR0917 - like the call it stands for
    mam: Mam, actor: Actor, action: str, version: Version, project_id: str, data: dict[str, Any]
) -> None:
    audit.record(mam, actor, action, kind="version", subject_id=version.id, project_id=project_id, data=data)


jobs.KINDS["verify"] = jobs.Kind(run=run_verify)
