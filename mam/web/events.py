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
from mam.services import presence
from mam.types import Actor
from mam.web.hub import Hub, Listener
from mam.web.routes import Call

HEARTBEAT = 15.0
"""Seconds of silence after which a comment is sent, so that proxies and clients know that the line is up."""

RECHECK = 4.0
"""Seconds between two looks whether the session and the right still hold (promised: 5)."""

POLL = 2.0
"""Seconds between two looks into the database while Redis does not answer."""

BESIDE = ("captions", "proxy", "analysis", "comments", "review", "versions")
"""What a version's page is told of beside its preview: by the key that its event's data has."""

_PRESENCE = "presence"
_TYPE = "text/event-stream; charset=utf-8"

States = Callable[[Mam, Actor], list[dict[str, Any]]]
"""The states a stream is about, as whoever asks may see them; raises where that has ended."""


def stream(
    call: Call[Any], hub: Hub, listener: Listener, states: States, seat: presence.Seat | None = None
) -> Response:
    """An endless answer of server-sent events; ends when the page is closed or the right is gone.

    With a `seat` others on the version's page are told that its reader is there, for as long as it runs.
    """
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    response = Response(_seated(call, hub, listener, states, seat), 200, headers, content_type=_TYPE)
    response.timeout = None
    return response


async def _seated(
    call: Call[Any], hub: Hub, listener: Listener, states: States, seat: presence.Seat | None
) -> AsyncIterator[bytes]:
    """The messages; whoever had a seat gives it up when they end, however they end."""
    try:
        async for message in _messages(call, hub, listener, states, seat):
            yield message
    finally:
        if seat is not None:
            hub.later(call.site.bridge.call(presence.leave, call.mam, seat))


async def _messages(
    call: Call[Any], hub: Hub, listener: Listener, states: States, seat: presence.Seat | None
) -> AsyncIterator[bytes]:
    said: dict[str, Any] = {}

    def look(mam: Mam, actor: Actor) -> tuple[list[dict[str, Any]], list[dict[str, Any]] | None]:
        return states(mam, actor), presence.stay(mam, actor, seat) if seat else None

    with hub.listen(listener):
        yield b"retry: 2000\n\n"
        loop = asyncio.get_running_loop()
        checked, spoke = 0.0, loop.time()
        while True:
            due = RECHECK if hub.connected else POLL
            if listener.missed or loop.time() - checked >= due:
                missed, listener.missed = listener.missed, False
                try:
                    found, people = await call.fresh(look)
                except MamError as error:
                    yield _message("end", {"code": error.error_code})
                    return
                checked = loop.time()
                events = [*(_status(one, said) for one in found), _people(people, said)]
                if missed:
                    events += _missed(listener)
            else:
                events = await _wait(listener, checked + due - loop.time(), said)
            for event in filter(None, events):
                spoke = loop.time()
                yield event
            if loop.time() - spoke >= HEARTBEAT:
                spoke = loop.time()
                yield b": still here\n\n"


def _missed(listener: Listener) -> list[bytes]:
    """What may have come meanwhile beside the states: notes, and what the reader is told of."""
    found = [_message("notifications", {})] if listener.user_id else []
    if listener.version_id:
        found.append(_message("comments", {"version_id": listener.version_id, "comments": "missed"}))
    return found


async def _wait(listener: Listener, seconds: float, said: dict[str, Any]) -> list[bytes | None]:
    try:
        async with asyncio.timeout(max(0.0, seconds)):
            event = await listener.waiting.get()
    except TimeoutError:
        return []
    return _told(event, listener, said)


def _told(event: dict[str, Any], listener: Listener, said: dict[str, Any]) -> list[bytes | None]:
    """What a page is told of an event that is its own."""
    if "user_id" in event:
        return [_message("notifications", {})]
    state = event.get("data") or {}
    if not isinstance(state, dict):
        return []
    if "version_id" in state and "playable" in state:
        return [_status(state, said)]
    if listener.version_id:
        if _PRESENCE in state:
            return [_people(state[_PRESENCE], said)]
        found = next((name for name in BESIDE if name in state), None)
        return [_message(found, state)] if found else []
    return [_message("change", {"name": event.get("name"), "asset_id": event.get("asset_id")})]


def _people(people: list[dict[str, Any]] | None, said: dict[str, Any]) -> bytes | None:
    """Who is on the page, unless that is what was said last; None where nobody asked."""
    if people is None or said.get(_PRESENCE) == people:
        return None
    said[_PRESENCE] = people
    return _message(_PRESENCE, {"people": people})


def _status(state: dict[str, Any], said: dict[str, Any]) -> bytes | None:
    """The state as a message, unless it is what was said last."""
    version_id = state["version_id"]
    if said.get(version_id) == state:
        return None
    said[version_id] = state
    return _message("status", state)


def _message(event: str, data: dict[str, Any]) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (event.encode(), orjson.dumps(data))
