"""Custody certificates: what is known of one master, signed by the box, as JSON or as a page to print.

Hashes, lock, everybody who touched the master, every check, and where the audit log stood. Checked without
the box by `mam.services.custody_check`. Writes an audit entry.
"""

from __future__ import annotations

import json
from typing import Any

from mam import __version__
from mam.core import Mam
from mam.errors import StorageError
from mam.models import Asset, AuditEntry, Project, User, Version, database, now
from mam.services import (
    access,
    audit,
    audit_anchor,
    audit_chain,
    audit_check,
    branding,
    custody_pdf,
    integrity,
    seal,
)
from mam.services.audit_chain import canonical
from mam.services.shapes import Shape, iso
from mam.types import Actor

FORMAT = "mam-custody-1"
"""What a certificate calls itself."""

LABEL = b"mam custody certificate 1\n"
"""What is signed begins so: this signature is good for nothing else (promise F5)."""

_MOST_ENTRIES = 2000


def certificate(mam: Mam, actor: Actor, version_id: str) -> bytes:
    """The signed certificate as JSON text; noted in the audit log.

    The log's end is anchored first where it is not, so that the certificate names an anchor that holds it.
    Raises `NotFoundError`, `ForbiddenError`, `StorageError`.
    """
    version, asset = access.require_version(mam, actor, "master.download", version_id)
    with database.atomic():
        data = {"filename": version.filename, "number": version.number}
        audit.record(
            mam, actor, "certificate.issued", kind="version", subject_id=version.id,
            project_id=asset.project_id, data=data,
        )  # fmt: skip
    said = _said(mam, actor, version, asset)
    key = seal.open_seal(mam.config.secrets)
    signature = {
        "algorithm": seal.ALGORITHM,
        "key_id": key.key_id,
        "public_key": key.public_key,
        "value": key.sign(signed_bytes(said)),
    }
    document = {"certificate": said, "signature": signature}
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def certificate_pdf(mam: Mam, actor: Actor, version_id: str) -> bytes:
    """The same as a PDF that people read; it carries the signed JSON inside, for the offline check."""
    document = certificate(mam, actor, version_id)
    project_id = json.loads(document)["certificate"]["version"]["project"]["id"]
    return custody_pdf.drawn(document, branding.look_of(project_id))


def signed_bytes(said: Any) -> bytes:
    """What of a certificate is signed."""
    return LABEL + canonical(said).encode()


def _said(mam: Mam, actor: Actor, version: Version, asset: Asset) -> Shape:
    entries = _entries(version)
    head = audit_chain.head() or audit_chain.Head(0, audit_chain.GENESIS)
    anchor, trouble = _anchor(mam)
    return {
        "format": FORMAT,
        "issued_at": iso(now()),
        "issued_by": {"id": actor.user_id, "name": actor.email or actor.display_name},
        "software": f"mam {__version__}",
        "version": _version(version, asset),
        "hashes": {"sha256": version.sha256, "xxh128": version.xxh128, "c4": version.c4},
        "lock": integrity.lock_now(mam, version),
        "last_proven": iso(version.verified_at),
        "checks": integrity.checks(version),
        "custody": entries,
        "audit": {
            "first_seq": entries[0]["seq"] if entries else None,
            "last_seq": entries[-1]["seq"] if entries else None,
            "head": {"seq": head.seq, "hash": head.hash},
            "anchor": anchor,
            "anchor_trouble": trouble,
        },
    }


def _version(version: Version, asset: Asset) -> Shape:
    project = Project.get_by_id(asset.project_id)
    maker = User.get_or_none(User.id == version.created_by_id) if version.created_by_id else None
    return {
        "id": version.id,
        "number": version.number,
        "filename": version.filename,
        "size": version.size,
        "content_type": version.content_type,
        "master_key": version.master_key,
        "master_version": version.master_version,
        "created_at": iso(version.created_at),
        "uploaded_by": {"id": version.created_by_id, "name": maker.email if maker else ""},
        "asset": {"id": asset.id, "title": asset.title},
        "project": {"id": project.id, "name": project.name},
    }


def _entries(version: Version) -> list[Shape]:
    """What the log says of the version, its upload and its asset, whole, so that each can be re-hashed."""
    subjects = {version.id, version.asset_id, version.upload_id or version.id}
    query = AuditEntry.select().where(AuditEntry.subject_id.in_(sorted(subjects)))
    rows = list(query.order_by(AuditEntry.seq.desc()).limit(_MOST_ENTRIES))
    return [json.loads(audit_check.line(audit_check.values_of(row))) for row in reversed(rows)]


def _anchor(mam: Mam) -> tuple[Shape | None, str]:
    """A new anchor of the log; where the store does not take it, why."""
    try:
        anchor = audit_anchor.recent(mam)
    except StorageError as error:
        return None, error.detail
    return (vars(anchor) if anchor else None), ""
