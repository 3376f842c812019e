"""The theme's files: under the hash of all of them kept for ever, under any other asked for again."""

from __future__ import annotations

from hmac import compare_digest
from typing import Any

from quart import Response

from mam.errors import NotFoundError
from mam.web.portal.page import theme
from mam.web.routes import Call
from mam.web.theme import StaticFile

FOREVER = "public, max-age=31536000, immutable"


async def show(call: Call[Any], digest: str, name: str) -> Response:
    """One file, compressed where the browser takes that."""
    current = theme()
    file = current.files.get(name)
    if file is None:
        raise NotFoundError
    cache = FOREVER if compare_digest(digest.encode(), current.digest.encode()) else "no-cache"
    headers = {"Cache-Control": cache, "ETag": f'"{file.etag}"', "Vary": "Accept-Encoding"}
    if call.request.if_none_match.contains(file.etag):
        return Response(b"", 304, headers)
    return _body(file, headers, packed="gzip" in call.request.headers.get("Accept-Encoding", ""))


def _body(file: StaticFile, headers: dict[str, str], *, packed: bool) -> Response:
    if packed and file.packed is not None:
        headers = {**headers, "Content-Encoding": "gzip"}
        return Response(file.packed, 200, headers, content_type=file.content_type)
    return Response(file.content, 200, headers, content_type=file.content_type)
