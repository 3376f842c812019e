"""Hypercorn's HTTP/1.1 with refusals of our shape: what is no HTTP gets a problem document and an id, too.

Also keeps to HTTP/1.1: an upgrade to HTTP/2, or to a WebSocket where there is none, would carry requests past
a proxy in front that knows nothing of it. The one WebSocket that there is takes no compression: a megabyte of
it may be a gigabyte of zeros. Writes nothing; knows nothing of the app.
"""

from __future__ import annotations

import json
from http import HTTPStatus

import h11
import hypercorn.protocol
import hypercorn.protocol.h11
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.protocol.events import StreamClosed
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.protocol.ws_stream import WSStream

from mam.ids import new_id

SOCKET = b"/api/events/socket"
"""Where an upgrade to a WebSocket is answered; everywhere else it is left unanswered."""


class Wire(H11Protocol):
    """One connection."""

    async def _send_error_response(self, status_code: int) -> None:
        """A request that h11 could not read: malformed, a head too large, two lengths."""
        body, headers = refusal(status_code)
        own = self.config.response_headers("h11")
        await self._send_h11_event(h11.Response(status_code=status_code, headers=[*headers, *own]))
        await self._send_h11_event(h11.Data(data=body))
        await self._send_h11_event(h11.EndOfMessage())

    async def _check_protocol(self, event: h11.Request) -> None:
        """Nothing but HTTP/1.1: an `Upgrade` is left unanswered, as RFC 9110, 7.8 allows."""

    async def _create_stream(self, request: h11.Request) -> None:
        """Hand the request on, as a plain one where it asked for a protocol that is not spoken there."""
        left_out = b"upgrade"
        if request.target.partition(b"?")[0] == SOCKET:
            left_out = b"sec-websocket-extensions"
            self.connection_state["mam.cut"] = self._cut
        if any(name == left_out for name, _ in request.headers):
            kept = [(name, value) for name, value in request.headers if name != left_out]
            request = h11.Request(
                method=request.method, target=request.target, headers=kept, http_version=request.http_version
            )
        await super()._create_stream(request)

    def _cut(self) -> None:
        """End the connection without sending what waits: nobody reads it."""
        server = getattr(self.send, "__self__", None)  # hypercorn's, whose method it is
        if isinstance(server, TCPServer):
            server.writer.transport.abort()


class Socket(WSStream):
    """A WebSocket that ends after a message that is too long; hypercorn's goes on collecting it."""

    async def _handle_events(self) -> None:
        await super()._handle_events()
        if self.buffer.length > self.buffer.max_length:
            self.buffer.clear()
            await self.send(StreamClosed(stream_id=self.stream_id))


def refusal(status: int) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """The body and headers of an answer to what could not be read as a request."""
    ident = new_id()
    phrase = HTTPStatus(status).phrase
    problem = {
        "type": "about:blank",
        "title": phrase,
        "status": status,
        "detail": "This is no HTTP request that can be read here.",
        "code": "bad_request" if status == HTTPStatus.BAD_REQUEST else phrase.lower().replace(" ", "_"),
        "request_id": ident,
    }
    body = json.dumps(problem).encode()
    return body, [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-request-id", ident.encode()),
        (b"connection", b"close"),
    ]


def install() -> None:
    """Let hypercorn make our connections in this process; it has no setting for it."""
    hypercorn.protocol.H11Protocol = Wire  # type: ignore[misc]
    hypercorn.protocol.h11.WSStream = Socket  # type: ignore[misc]
