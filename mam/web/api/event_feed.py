"""Events for integrators: the types, reading back, and a stream that goes on where one left off."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import orjson
from quart import Response

from mam.core import Mam
from mam.errors import GoneError, MamError
from mam.ids import is_id
from mam.services import event_feed, webhooks
from mam.services.event_feed import Wish
from mam.types import Actor
from mam.web.hub import Hub, Listener
from mam.web.routes import Call

HEARTBEAT = 15.0
"""Seconds of silence after which a comment is sent, so that proxies and clients know that the line is up."""

LOOK = 1.0
"""The longest pause between two looks for events; whether the right still holds is asked with each."""

PATIENCE = 30.0
"""Seconds a client may leave its line full before it is cut; it goes on with `Last-Event-ID`."""


@dataclass(eq=False)
class Bell(Listener):
    """Rings at whatever happens; what it was is read from the database."""

    rung: asyncio.Event = field(default_factory=asyncio.Event)

    def offer(self, event: dict[str, Any]) -> None:  # noqa: ARG002 - the hub's way to tell
        """Ring."""
        self.rung.set()


async def event_types(call: Call[Any]) -> Any:
    """The types of events that webhooks and streams tell."""
    return await call.run(webhooks.types)


async def event_history(call: Call[Any]) -> Any:
    """Events that you may hear, oldest first."""
    query = call.query

    def read(mam: Mam, actor: Actor) -> dict[str, Any]:
        wanted = event_feed.wish(mam, actor, query.project_id, query.types)
        return event_feed.history(mam, actor, wanted, cursor=query.cursor, limit=query.limit)

    return await call.run(read)


async def event_stream(call: Call[Any]) -> Response:
    """Server-sent events, each with its id; `Last-Event-ID` or `since` goes on after one, without loss.

    A WebSocket at `/api/events/socket` tells the same; this document cannot describe one.
    """
    query = call.query
    since = call.request.headers.get("Last-Event-ID") or query.since

    def begin(mam: Mam, actor: Actor) -> tuple[Wish, int, str | None]:
        return place(mam, actor, query, since)

    wanted, seq, last = await call.run(begin)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    body = _patient(_messages(call, call.site.hub, wanted, seq, last))
    response = Response(body, 200, headers, content_type="text/event-stream; charset=utf-8")
    response.timeout = None
    return response


def place(mam: Mam, actor: Actor, query: Any, since: str | None) -> tuple[Wish, int, str | None]:
    """What a listener asks for, and the number and id of the event after which it begins."""
    if since is not None and not is_id(since):
        raise GoneError("That is no id of an event.")
    return event_feed.wish(mam, actor, query.project_id, query.types), *event_feed.place_of(since)


async def _patient(messages: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The messages, as long as each is taken in time: a line that stays full is cut."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None  # noqa: S101 - a generator of an answer runs in one
    async for message in messages:
        fuse = loop.call_later(PATIENCE, task.cancel)
        try:
            yield message
        finally:
            fuse.cancel()


async def _messages(
    call: Call[Any], hub: Hub, wanted: Wish, seq: int, last: str | None
) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    bell = Bell()
    with hub.listen(bell):
        spoke = loop.time()
        yield b"retry: 2000\n" + _message("ready", orjson.dumps({"since": last}), last)
        while True:
            bell.rung.clear()
            try:
                step = await call.fresh(event_feed.after, wanted, seq)
            except MamError as error:
                yield _message("end", orjson.dumps({"code": error.error_code}))
                return
            seq = step.seq
            for event_id, name, body in step.events:
                spoke = loop.time()
                yield _message(name, body.encode(), event_id)
            if not step.more:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK):
                        await bell.rung.wait()
            if loop.time() - spoke >= HEARTBEAT:
                spoke = loop.time()
                yield b": still here\n\n"


def _message(event: str, data: bytes, event_id: str | None = None) -> bytes:
    head = f"id: {event_id}\n" if event_id else ""
    return f"{head}event: {event}\ndata: ".encode() + data + b"\n\n"
