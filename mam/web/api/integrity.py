"""Integrity of masters: hashes and locks, checks on demand, legal holds, custody certificates."""

from __future__ import annotations

from typing import Any

from quart import Response

from mam.services import custody, integrity
from mam.web.api import inputs
from mam.web.routes import Call

_TYPES = {"json": "application/json", "pdf": "application/pdf"}


async def integrity_key(call: Call[Any]) -> Any:
    """The public key that certificates and anchors are signed with."""
    return await call.plain(integrity.public_key)


async def get_integrity(call: Call[Any], version_id: str) -> Any:
    """Hashes, the lock as the store tells it now, every check of the bytes."""
    return await call.run(integrity.state, version_id)


async def verify_master(call: Call[Any], version_id: str) -> Any:
    """Read the master again and compare: at once, or as a job where it is big."""
    actor = await call.login()
    return await call.receive(integrity.verify, actor, version_id)


async def set_legal_hold(call: Call[inputs.LegalHoldIn], version_id: str) -> Any:
    """Lock the master without an end, or lift that; answers the lock as the store then tells it."""
    body = call.body
    return await call.run(integrity.set_legal_hold, version_id, on=body.on, reason=body.reason)


async def get_certificate(call: Call[Any], version_id: str) -> Response:
    """The custody certificate, signed, as JSON or PDF."""
    form = call.query.format
    make = custody.certificate_pdf if form == "pdf" else custody.certificate
    body = await call.run(make, version_id)
    name = f'attachment; filename="custody-{version_id}.{form}"'
    return Response(
        body, 200, {"Content-Disposition": name, "Cache-Control": "no-store"}, content_type=_TYPES[form]
    )
