"""The theme's files: under the hash of all of them kept for ever, under any other asked for again."""

from __future__ import annotations

from hmac import compare_digest
from typing import Any

from quart import Response

from mam.errors import NotFoundError
from mam.web.portal.page import theme
from mam.web.routes import Call
from mam.web.theme import StaticFile

WORKER_FILE = "js/uploads/hash-worker.js"
_WORKER_POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'"
"""A worker is bound by its own script's policy: this one compiles WebAssembly, and nothing else may."""

FOREVER = "public, max-age=31536000, immutable"


async def show(call: Call[Any], digest: str, name: str) -> Response:
    """One file, compressed where the browser takes that."""
    current = theme()
    file = current.files.get(name)
    if file is None:
        raise NotFoundError
    cache = FOREVER if compare_digest(digest.encode(), current.digest.encode()) else "no-cache"
    headers = {"Cache-Control": cache, "ETag": f'"{file.etag}"', "Vary": "Accept-Encoding"}
    if name == WORKER_FILE:
        headers["Content-Security-Policy"] = _WORKER_POLICY
    if call.request.if_none_match.contains(file.etag):
        return Response(b"", 304, headers)
    return _body(file, headers, call.request.headers.get("Accept-Encoding", ""))


def _body(file: StaticFile, headers: dict[str, str], taken: str) -> Response:
    """The smallest form that the browser takes; one that must not be used (q=0) is as if not named."""
    names = {
        name.strip()
        for name, _, quality in (one.partition(";") for one in taken.split(","))
        if _wanted(quality)
    }
    for name, packed in (("br", file.brotli), ("gzip", file.packed)):
        if name in names and packed is not None:
            headers = {**headers, "Content-Encoding": name}
            return Response(packed, 200, headers, content_type=file.content_type)
    return Response(file.content, 200, headers, content_type=file.content_type)


def _wanted(quality: str) -> bool:
    return quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
