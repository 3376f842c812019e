"""Live events for open pages as server-sent events, with the database as the truth.

Every stream begins with the state as it is. Where Redis does not answer, or a page reads too slowly,
the stream says the state from the database again. Whether the caller still may see it is asked every few
seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
from quart import Response

from mam.core import Mam
from mam.errors import MamError
from mam.types import Actor
from mam.web.hub import Hub, Listener
from mam.web.routes import Call

HEARTBEAT = 15.0
"""Seconds of silence after which a comment is sent, so that proxies and clients know that the line is up."""

RECHECK = 4.0
"""Seconds between two looks whether the session and the right still hold (promised: 5)."""

POLL = 2.0
"""Seconds between two looks into the database while Redis does not answer."""

BESIDE = ("captions", "proxy", "analysis", "comments")
"""What a version's page is told of beside its preview: by the key that its event's data has."""

States = Callable[[Mam, Actor], list[dict[str, Any]]]
"""The states a stream is about, as whoever asks may see them; raises where that has ended."""


def stream(call: Call[Any], hub: Hub, listener: Listener, states: States) -> Response:
    """An endless answer of server-sent events; ends when the page is closed or the right is gone."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    response = Response(
        _messages(call, hub, listener, states), 200, headers, content_type="text/event-stream; charset=utf-8"
    )
    response.timeout = None
    return response


async def _messages(call: Call[Any], hub: Hub, listener: Listener, states: States) -> AsyncIterator[bytes]:
    said: dict[str, dict[str, Any]] = {}
    with hub.listen(listener):
        yield b"retry: 2000\n\n"
        loop = asyncio.get_running_loop()
        checked, spoke = 0.0, loop.time()
        while True:
            due = RECHECK if hub.connected else POLL
            if listener.missed or loop.time() - checked >= due:
                missed, listener.missed = listener.missed, False
                try:
                    found = await call.fresh(states)
                except MamError as error:
                    yield _message("end", {"code": error.error_code})
                    return
                checked = loop.time()
                events = [_status(one, said) for one in found]
                if missed and listener.version_id:  # notes too may have come meanwhile
                    events.append(
                        _message("comments", {"version_id": listener.version_id, "comments": "missed"})
                    )
            else:
                events = await _wait(listener, checked + due - loop.time(), said)
            for event in filter(None, events):
                spoke = loop.time()
                yield event
            if loop.time() - spoke >= HEARTBEAT:
                spoke = loop.time()
                yield b": still here\n\n"


async def _wait(listener: Listener, seconds: float, said: dict[str, dict[str, Any]]) -> list[bytes | None]:
    try:
        async with asyncio.timeout(max(0.0, seconds)):
            event = await listener.waiting.get()
    except TimeoutError:
        return []
    state = event.get("data") or {}
    if isinstance(state, dict) and "version_id" in state and "playable" in state:
        return [_status(state, said)]
    if listener.version_id and isinstance(state, dict):
        found = next((name for name in BESIDE if name in state), None)
        return [_message(found, state)] if found else []
    if listener.project_id:
        return [_message("change", {"name": event.get("name"), "asset_id": event.get("asset_id")})]
    return []


def _status(state: dict[str, Any], said: dict[str, dict[str, Any]]) -> bytes | None:
    """The state as a message, unless it is what was said last."""
    version_id = state["version_id"]
    if said.get(version_id) == state:
        return None
    said[version_id] = state
    return _message("status", state)


def _message(event: str, data: dict[str, Any]) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (event.encode(), orjson.dumps(data))
