"""Pictures on demand for whoever is logged in; `/s/.../img` does the same for signed addresses."""

from __future__ import annotations

from typing import Any

from quart import Response, current_app

from mam.edge.ranges import not_modified
from mam.errors import NotFoundError
from mam.media.stills import CONTENT_TYPES, wanted
from mam.services import access
from mam.web.routes import Call

_SECONDS = 86_400  # so long may a browser show what its reader has lost the right to see


async def image(call: Call[Any], version_id: str) -> Response:
    """A picture, a page of one or a film's still: upright, in sRGB, in the size and format asked for."""
    await call.run(access.require_version, "preview.read", version_id)
    return await drawn(call, version_id)


async def drawn(call: Call[Any], folder: str) -> Response:
    """The picture of a folder of the previews area, once it is known that the caller may see it."""
    asked = wanted(**call.query.model_dump(), accept=call.request.headers.get("Accept", ""))
    pictures = current_app.extensions["mam.edge"].pictures
    source = await pictures.find(folder, asked)
    if source is None:
        raise NotFoundError("This version has no such picture.")
    data = await pictures.read(source)
    headers = {
        "ETag": source.etag,
        "Cache-Control": f"private, max-age={_SECONDS}, immutable",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    if asked.negotiated:
        headers["Vary"] = "Accept"
    if not_modified(source.etag, call.request.headers.get("If-None-Match")):
        return Response(b"", 304, headers)
    return Response(data, 200, headers, content_type=CONTENT_TYPES[asked.format])
