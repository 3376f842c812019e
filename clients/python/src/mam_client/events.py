"""The events of the box as they happen, without a gap: the line is opened again after the last one heard."""

from __future__ import annotations

import codecs
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx

from mam_client import errors
from mam_client.core import Core
from mam_client.runtime import Request

SILENCE = 60.0
"""Seconds without a byte after which the line is held for dead; the box speaks every 15."""


@dataclass(frozen=True)
class Event:
    """One event; keep `id` to go on after it another day."""

    id: str
    type: str
    data: dict[str, Any]


@dataclass
class Parser:
    """Server-sent events out of bytes, however they are cut."""

    text: str = ""
    _decode: Any = field(default_factory=lambda: codecs.getincrementaldecoder("utf-8")("replace"))

    def feed(self, piece: bytes) -> Iterator[tuple[str, str, str]]:
        """Id, type and data of each message that is whole now."""
        self.text += self._decode.decode(piece)
        *messages, self.text = self.text.replace("\r\n", "\n").split("\n\n")
        for message in messages:
            fields: dict[str, list[str]] = {}
            for line in message.split("\n"):
                name, _, value = line.partition(":")
                fields.setdefault(name, []).append(value.removeprefix(" "))
            if "data" in fields:
                yield (
                    fields.get("id", [""])[-1],
                    fields.get("event", ["message"])[-1],
                    "\n".join(fields["data"]),
                )


async def listen(
    core: Core, since: str | None = None, types: Sequence[str] = (), project_id: str | None = None
) -> AsyncIterator[Event]:
    """Events after the id `since`, then those that come; goes on until its reader stops.

    `GoneError` where `since` is older than what the box keeps, `UnauthorizedError` and other `ApiError`s
    for what waiting does not mend, `ConnectionFailedError` once all tries in a row were in vain.
    """
    wanted = {"types": ",".join(types), "project_id": project_id or ""}
    query = urlencode({name: value for name, value in wanted.items() if value})
    url = f"{core.url}/api/events/stream" + (f"?{query}" if query else "")
    tries = 0
    while True:
        headers = {"Accept": "text/event-stream", **({"Last-Event-ID": since} if since else {})}
        request = await core.sign(Request("GET", url, headers, None, SILENCE))
        try:
            async for event in _line(core, request):
                tries, since = 0, event.id or since
                if event.type not in ("ready", "end"):
                    yield event
        except (httpx.TransportError, errors.RateLimitedError, errors.UnavailableError) as trouble:
            if tries >= core.settings.retries:
                raise errors.ConnectionFailedError(f"The line of events is down: {trouble!r}") from trouble
        await core.runtime.sleep(core.settings.wait(tries))
        tries += 1


async def _line(core: Core, request: Request) -> AsyncIterator[Event]:
    parser = Parser()
    async with core.runtime.stream(request) as (answer, pieces):
        if answer.is_error:
            content = b"".join([piece async for piece in pieces])
            raise errors.from_answer(answer.status_code, answer.headers, content)
        async for piece in pieces:
            for event_id, kind, data in parser.feed(piece):
                yield Event(event_id, kind, json.loads(data))
