"""The events as a WebSocket: the same ones, rights and places as the server-sent ones, one JSON text each.

The handshake goes through the app like any GET, so limits, login and refusals are those of every route; only
what it lets in becomes a line. A page's cookie counts for our own origin alone. Clients have nothing to say:
what they send is counted and thrown away. Writes nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from dataclasses import dataclass
from typing import Any, cast

import orjson
from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope, WebsocketScope
from quart import Quart, Response, current_app
from structlog.contextvars import get_contextvars

from mam import models
from mam.core import Mam
from mam.errors import MamError, RateLimitedError
from mam.services import event_feed
from mam.services.event_feed import Wish
from mam.types import Actor
from mam.web import errors, identity
from mam.web.api.event_feed import LOOK, PATIENCE, Bell, place
from mam.web.asgi import Connection
from mam.web.identity import CsrfError
from mam.web.routes import Call

PATH = "/api/events/socket"

MOST = 64
"""Lines of one user at one web process."""

MOST_BYTES = 4096
"""The longest message of a client; a longer one ends the line with 1009 (`server.hypercorn_config`)."""

MOST_SAID = 120
"""Messages of a client in a minute; more end the line with 1008."""

PING_SECONDS = 20.0
"""Between two pings, so that proxies and clients know that the line is up."""

_SLOT = "mam.socket"
_SOCKETS = "mam.sockets"
_MINUTE = 60.0
_AWAY = 1013  # try again later
_TOO_MUCH = 1008


@dataclass(frozen=True)
class Close:
    """How a line ends: 1008 too much was said, 1013 try again, 4401 … 4410 as the HTTP status says."""

    code: int
    reason: str


@dataclass
class Line:
    """One open line: who listens, to what, and after which event it goes on."""

    call: Call[Any]
    wanted: Wish
    seq: int
    last: str | None

    async def run(self, receive: ASGIReceiveCallable, send: ASGISendCallable, request_id: str) -> None:
        """Accept, and speak until one side ends it."""
        await receive()  # the handshake
        named = [(b"x-request-id", request_id.encode())]
        await cast("Any", send)({"type": "websocket.accept", "headers": named})
        tasks = [asyncio.ensure_future(one) for one in (self._hear(receive), self._speak(send))]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in tasks:
                one.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        ending = done.pop().result()
        if ending is not None:
            message = {"type": "websocket.close", "code": ending.code, "reason": ending.reason}
            await self._in_time(send, message)

    async def _hear(self, receive: ASGIReceiveCallable) -> Close | None:
        """Throw away what the client says; None once it is gone."""
        loop = asyncio.get_running_loop()
        said, since = 0, loop.time()
        while (await receive())["type"] != "websocket.disconnect":
            if loop.time() - since > _MINUTE:
                said, since = 0, loop.time()
            said += 1
            if said > MOST_SAID:
                return Close(_TOO_MUCH, "too_many_messages")
        return None

    async def _speak(self, send: ASGISendCallable) -> Close | None:
        """Tell event after event; None where the client took too long to read."""
        bell = Bell()
        with self.call.site.hub.listen(bell):
            ready = orjson.dumps({"type": "ready", "since": self.last}).decode()
            taken = await self._in_time(send, {"type": "websocket.send", "text": ready})
            while taken:
                bell.rung.clear()
                try:
                    step = await self.call.fresh(event_feed.after, self.wanted, self.seq)
                except (MamError, *models.Unavailable) as error:
                    return _close_for(error)
                self.seq = step.seq
                for _, _, body in step.events:
                    taken = taken and await self._in_time(send, {"type": "websocket.send", "text": body})
                if not step.more:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(LOOK):
                            await bell.rung.wait()
        return None

    async def _in_time(self, send: ASGISendCallable, message: dict[str, Any]) -> bool:
        """Send a message, or cut a line that stays full: what was not taken is in the database."""
        try:
            async with asyncio.timeout(PATIENCE):
                await cast("Any", send)(message)
        except TimeoutError:
            cut = cast("dict[str, Any]", self.call.request.scope).get("state", {}).get("mam.cut")
            if cut is not None:
                cut()
            return False
        return True


async def event_socket(call: Call[Any]) -> Response:
    """The same events over a WebSocket, which this document cannot describe: plain GETs are answered 426.

    Each event is a JSON text `{id, type, timestamp, data}`, after one `{"type": "ready"}`. `after` or `since`
    goes on after an event without loss. Closes with 4401 when the login ends, with 4404 when the project may
    not be seen any more; a reader that takes nothing for 30 seconds is cut.
    """
    slot = cast("dict[str, Any]", call.request.scope).get(_SLOT)
    if slot is None:
        await call.login()
        return _upgrade_required()
    _check_page(call)
    query = call.query

    def begin(mam: Mam, actor: Actor) -> tuple[Wish, int, str | None]:
        return place(mam, actor, query, query.after or query.since)

    found = await call.run(begin)
    if current_app.extensions[_SOCKETS][_owner(call)] >= MOST:
        raise RateLimitedError(f"You have {MOST} of these lines open; close one first.", 5)
    slot.append(Line(call, *found))
    return Response(b"", 101)


def _check_page(call: Call[Any]) -> None:
    """A cookie is sent by whatever page opens the line: only ours may, and browsers say which it is."""
    if call.credentials is not None and call.credentials.cookie:
        if "Origin" not in call.request.headers:
            raise CsrfError("A page's line has to say its origin.")
        identity.check_origin(call.request, call.base_url)


def _owner(call: Call[Any]) -> str:
    return str(call.actor.user_id) if call.actor else ""


def _upgrade_required() -> Response:
    problem = {
        "type": "about:blank",
        "title": "Upgrade Required",
        "status": 426,
        "detail": "This is a WebSocket; /api/events/stream tells the same as server-sent events.",
        "code": "upgrade_required",
        "request_id": get_contextvars().get("request_id", ""),
    }
    headers = {"Upgrade": "websocket", "Cache-Control": "no-store"}
    return Response(orjson.dumps(problem), 426, headers, content_type="application/problem+json")


def _close_for(error: BaseException) -> Close:
    problem, _ = errors.describe(error)
    status = problem["status"]
    return Close(_AWAY if status >= 500 else 4000 + status, problem["code"])  # noqa: PLR2004 - HTTP's own ranges


class SocketConnection(Connection):
    """One WebSocket on its way through Quart: its handshake is answered like the GET that it is."""

    def __init__(self, app: Quart, scope: WebsocketScope) -> None:
        """Look at the handshake as HTTP; whoever answers it finds in the scope that it may become a line."""
        self._lines: list[Line] = []
        scheme = {"ws": "http", "wss": "https"}.get(scope["scheme"], scope["scheme"])
        seen = {**scope, "type": "http", "method": "GET", "scheme": scheme, _SLOT: self._lines}
        super().__init__(app, cast("HTTPScope", seen))

    async def _answer(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        request = self._create_request_from_scope(send)
        self.body.set_complete()
        self.body.ended.set()
        response = await self.app.handle_request(request)
        if not self._lines:
            await self._refuse(send, response)
            return
        self.status, (line,) = 101, self._lines
        open_lines: Counter[str] = self.app.extensions[_SOCKETS]
        owner = _owner(line.call)
        open_lines[owner] += 1
        try:
            await line.run(receive, send, self.request_id)
        finally:
            open_lines[owner] -= 1
            open_lines += Counter()  # forgets whoever has none

    async def _refuse(self, send: ASGISendCallable, response: Any) -> None:
        """The answer that the GET got, in place of the line."""

        async def instead(message: Any) -> None:
            await cast("Any", send)({**message, "type": f"websocket.{message['type']}"})

        await self._send_response(cast("ASGISendCallable", instead), response)


def install(app: Quart) -> None:
    """Let the app answer WebSockets."""
    app.extensions[_SOCKETS] = Counter()
    app.asgi_websocket_class = cast("Any", SocketConnection)
