"""Previews and delivery: make one, ask how far it is, get signed addresses to play or download."""

from __future__ import annotations

from typing import Any

from quart import Response

from mam.edge.answers import attachment, safe_type
from mam.services import delivery, previews
from mam.types import Accel
from mam.web.api import inputs
from mam.web.routes import Call


async def request_preview(call: Call[inputs.PreviewIn]) -> Any:
    """Make a version's preview; where that is being done already, the same job is answered."""
    return await call.run(previews.request, call.body.version_id, call.body.force)


async def preview_status(call: Call[Any]) -> Any:
    """How far a version's preview is."""
    return await call.run(previews.status, call.query.version_id)


async def callback(call: Call[Any]) -> Any:
    """News from an encoder outside the box, signed in `X-Mam-Signature`."""
    body = await call.raw_body()
    signature = call.request.headers.get("X-Mam-Signature", "")
    return await call.plain(previews.callback, body, signature)


async def sign_preview(call: Call[inputs.SignIn]) -> Any:
    """Signed addresses for a player, good for a minute to an hour."""
    body = call.body
    return await call.run(
        delivery.sign_preview, body.version_id, body.expires_in, ip=body.ip or "", base_url=call.base_url
    )


async def download(call: Call[Any], version_id: str) -> Response:
    """Redirect to a signed address of the master; of a damaged one only where `damaged` says so."""
    found = await call.run(delivery.download, version_id, call.base_url, damaged=call.query.damaged)
    return handed_out(found)


def handed_out(found: delivery.Download) -> Response:
    """The way to a file: its signed address, or the web server in front sends it."""
    if isinstance(found.delivery, Accel):
        return _accelerated(found)
    return Response(b"", 302, {"Location": found.url, "Cache-Control": "no-store"})


def _accelerated(found: delivery.Download) -> Response:
    """The web server in front sends the bytes from its internal location."""
    headers = {
        "X-Accel-Redirect": found.delivery.path,  # type: ignore[union-attr]
        "Content-Disposition": attachment(found.file.filename).decode(),
        "Cache-Control": "no-store",
    }
    return Response(b"", 200, headers, content_type=safe_type(found.file.content_type).decode())
