"""One person's data: taken away as a zip, or erased; for administrators, never by an API key."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from quart import Response

from mam.core import Mam
from mam.services import privacy as service
from mam.types import Actor
from mam.web.routes import Call


async def erase_user(call: Call[Any], user_id: str) -> Any:
    """Erase one person: name, address and logins go, notes and the audit log stay; or only say so."""
    if call.body.dry_run:
        return await call.run(service.plan, user_id)
    return await call.run(service.erase, user_id, email=call.body.email)


async def export_user(call: Call[Any], user_id: str) -> Response:
    """Everything about one person as a zip of JSON: account, logins, notes, files, the log."""
    pieces = service.export(call.mam, await call.login(), user_id)
    first = await call.run(_next, pieces)
    headers = {"Content-Disposition": 'attachment; filename="person.zip"', "Cache-Control": "no-store"}
    return Response(_rest(call, first, pieces), 200, headers, content_type="application/zip")


def _next(_mam: Mam, _actor: Actor, pieces: Iterator[bytes]) -> bytes | None:
    return next(pieces, None)


async def _rest(call: Call[Any], first: bytes | None, pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Piece by piece; whoever loses the login on the way gets no further."""
    piece = first
    while piece is not None:
        yield piece
        piece = await call.fresh(_next, pieces)
