"""The frame under a note with its drawing burnt in."""

from __future__ import annotations

from quart import Response

from mam.edge.ranges import not_modified
from mam.services.note_stills import note_still
from mam.web.api.inputs_drawing import StillQuery
from mam.web.routes import Call


async def still(call: Call[StillQuery], comment_id: str) -> Response:
    """The frame or page that a note stands on with its drawing burnt in, as JPEG; 404 on the whole."""
    actor = await call.login()
    made = await call.receive(note_still, actor, comment_id, call.query.width)
    headers = {
        "ETag": made.etag,
        "Cache-Control": "private, no-cache",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    if not_modified(made.etag, call.request.headers.get("If-None-Match")):
        return Response(b"", 304, headers)
    return Response(made.data, 200, headers, content_type="image/jpeg")
