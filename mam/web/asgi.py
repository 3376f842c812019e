"""Quart's HTTP connection with what it lacks: back-pressure, security headers, request id, access log.

Quart reads a body as fast as it comes, into memory (800 MB took 617 MB). Here the next piece is taken from
the server only while less than `HIGH_WATER` bytes wait, so that hypercorn stops reading and TCP holds the
sender. What is still on its way when the answer is given is read and thrown away: unread, it would hold
the connection for ever, or the sender would see a reset in place of the answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import re
import time
from typing import Any, cast

import structlog
from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope
from quart import Request
from quart.asgi import ASGIHTTPConnection
from quart.typing import ResponseTypes
from quart.utils import encode_headers
from quart.wrappers.request import Body
from quart.wrappers.response import DataBody
from structlog.contextvars import bind_contextvars, clear_contextvars

from mam import metrics
from mam.errors import UploadIncompleteError
from mam.ids import new_id
from mam.tracing import TRACER
from mam.web import limits

HIGH_WATER = 512 << 10
"""Bytes of a streamed body that may wait in memory."""

LINGER_SECONDS = 10.0
"""How long the rest of a body is awaited after its answer, before the connection is cut."""

UPLOAD_PATHS = re.compile(r"/upload-parts/[^/]+|/api/assets/[^/]+/upload")
"""Where a body may be of any length: it is streamed to the store."""

PART_ORIGIN = "MAM_PART_ORIGIN"
"""Setting of the app: where pages may send parts beside this server."""

STREAMS = re.compile(r"(/r/[^/]+)?/api/preview/events|/api/events(/stream|/socket)?")
"""Whose answers end when the reader goes away."""

_SECRET_PATHS = re.compile(r"^/(s|d|upload-parts|setup|r)/.*")
_SANE_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
# media-src data: is for the empty text track that hls.js begins captions with; no script can come of it
_CSP = (
    "default-src 'self'; media-src 'self' blob: data:; "
    "img-src 'self' data: blob:; worker-src 'self' blob:; manifest-src 'self'; "
    "connect-src 'self'{origins}; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
_SECURITY = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
_log = structlog.get_logger("mam.access")


@functools.lru_cache(maxsize=8)
def security_policy(part_origin: str = "") -> bytes:
    """What a page may load and where it may send; `part_origin` is a distant store that takes parts."""
    return _CSP.format(origins=f" {part_origin}" if part_origin else "").encode()


class FlowBody(Body):
    """A body that knows when it has enough for now, and that can fail when the sender goes away."""

    def __init__(self, expected: int | None, limit: int | None) -> None:
        """A body without a limit is streamed and holds at most about `HIGH_WATER` bytes."""
        super().__init__(expected, limit)
        self.ended = asyncio.Event()
        self._unwanted = False
        self._room = asyncio.Event()
        self._room.set()

    async def room(self) -> None:
        """Wait until the next piece may be taken."""
        await self._room.wait()

    def append(self, data: bytes) -> None:
        """Keep a piece, unless nobody wants it any more; close the tap when enough waits."""
        if self._unwanted:
            return
        super().append(data)
        if self._max_content_length is None and len(self._data) >= HIGH_WATER:
            self._room.clear()

    async def __anext__(self) -> bytes:
        """The bytes that wait, and room for more."""
        if not self._complete.is_set():
            await self._has_data.wait()
        if self._must_raise is not None:
            raise self._must_raise
        if not self._data:
            raise StopAsyncIteration
        data = bytes(self._data)
        self._data.clear()
        self._has_data.clear()
        self._room.set()
        return data

    def discard(self) -> None:
        """The answer is known: throw away what waits and what still comes."""
        self._unwanted = True
        self._data.clear()
        self._room.set()

    def abort(self) -> None:
        """The sender is gone: whoever reads gets `UploadIncompleteError`."""
        if not self._complete.is_set():
            self._must_raise = UploadIncompleteError(
                "The connection ended before the whole body had arrived."
            )
            self._has_data.set()
            self._complete.set()


class MamRequest(Request):
    """A request whose body flows."""

    body_class = FlowBody  # type: ignore[assignment]


class Connection(ASGIHTTPConnection):
    """One request on its way through Quart."""

    async def __call__(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Name the request, answer it, log it."""
        self.request_id = _request_id(self.scope)
        self.status = 0
        started = time.perf_counter()
        clear_contextvars()
        bind_contextvars(request_id=self.request_id)
        try:
            if TRACER.is_on:
                await self._traced(receive, send)
            else:
                await self._answer(receive, send)
        finally:
            _log_access(self.scope, self.status, started)
            _count(self.scope, self.status, time.perf_counter() - started)

    async def _answer(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if _is_short(self.scope):
            await self._answer_short(send)
        else:
            await super().__call__(receive, send)

    async def _traced(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """The same within a span, named by the route's template."""
        method = self.scope["method"]
        with TRACER.span(method, self.scope["headers"], request_id=self.request_id) as told:
            await self._answer(receive, send)
            route = cast("dict[str, Any]", self.scope).get("mam.route", "")
            told |= {"name": f"{method} {route}".strip(), "http.route": route}
            told |= {"http.request.method": method, "http.response.status_code": self.status}

    async def _answer_short(self, send: ASGISendCallable) -> None:
        """Without a body to feed and without a stream to break off, no second task has to listen."""
        request = self._create_request_from_scope(send)
        self.body.set_complete()
        self.body.ended.set()
        await self.handle_request(request, send)

    def _create_request_from_scope(self, send: ASGISendCallable) -> Request:
        request = super()._create_request_from_scope(send)
        if UPLOAD_PATHS.fullmatch(self.scope["path"]):
            request.body = FlowBody(request.content_length, None)
        self.body = cast("FlowBody", request.body)
        return request

    async def handle_messages(self, request: Request, receive: ASGIReceiveCallable) -> None:
        """Feed the body while there is room for it; end when the client is gone."""
        body = cast("FlowBody", request.body)
        while True:
            await body.room()
            message = await receive()
            if message["type"] == "http.request":
                body.append(message.get("body", b""))
                if not message.get("more_body", False):
                    body.set_complete()
                    body.ended.set()
            elif message["type"] == "http.disconnect":
                body.abort()
                body.ended.set()
                return

    async def _send_response(self, send: ASGISendCallable, response: ResponseTypes) -> None:
        self.status = response.status_code
        own = {name.lower() for name in response.headers.keys()}  # noqa: SIM118 - keys may repeat
        extra = [(name, value) for name, value in _SECURITY if name.decode() not in own]
        extra.append((b"x-request-id", self.request_id.encode()))
        told = limits.fields(cast("dict[str, Any]", self.scope).get("mam.quotas", ()))
        extra += [(name.lower().encode(), value.encode()) for name, value in told.items()]
        if "content-security-policy" not in own:
            extra.append((b"content-security-policy", security_policy(self.app.config.get(PART_ORIGIN, ""))))

        async def with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *extra]}
                self.body.discard()
            elif not message.get("more_body", False) and not self.body.ended.is_set():
                await self._linger()
            await send(message)

        body = getattr(response, "response", None)
        if not isinstance(body, DataBody):
            await super()._send_response(with_headers, response)
            return
        head = {
            "type": "http.response.start",
            "status": response.status_code,
            "headers": encode_headers(response.headers),
        }
        await with_headers(head)
        await with_headers({"type": "http.response.body", "body": body.data, "more_body": False})

    async def _linger(self) -> None:
        """The answer is out but for its end: let the sender finish, so that it comes to read it."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                await self.body.ended.wait()


def _is_short(scope: HTTPScope) -> bool:
    """A GET without a body whose answer is no endless stream."""
    if scope["method"] not in ("GET", "HEAD") or STREAMS.fullmatch(scope["path"]):
        return False
    return all(name not in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"])


def _request_id(scope: HTTPScope) -> str:
    """The caller's own id where it is a sane one, so that a trace can span programs; else a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _SANE_ID.fullmatch(value):
            return value.decode()
    return new_id()


def _count(scope: HTTPScope, status: int, seconds: float) -> None:
    """By the route's template; an address that fits none is one like all others of that kind."""
    route = cast("dict[str, Any]", scope).get("mam.route", "")
    metrics.request(route, scope["method"], status, seconds, stream=bool(STREAMS.fullmatch(scope["path"])))


def _log_access(scope: HTTPScope, status: int, started: float) -> None:
    _log.info(
        "request",
        method=scope["method"],
        path=_SECRET_PATHS.sub(r"/\1/…", scope["path"]),
        status=status,
        ms=round((time.perf_counter() - started) * 1000, 1),
        address=scope.get("mam.address") or (scope.get("client") or ("",))[0],
        actor=scope.get("mam.actor"),
    )
