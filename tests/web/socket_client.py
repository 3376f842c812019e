"""A WebSocket client for tests: wsproto over a plain connection, which reads only when it is told to."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import orjson
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Ping,
    RejectConnection,
    RejectData,
    Request,
    TextMessage,
)

SECONDS = 60


@dataclass
class Socket:
    """One line; `said` are the messages so far, `pings` those of the server."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    line: WSConnection
    waiting: list[Event] = field(default_factory=list)
    pings: int = 0
    text: str = ""

    async def event(self) -> Event | None:
        """The next event; None where the connection ended without one."""
        while not self.waiting:
            data = await asyncio.wait_for(self.reader.read(1 << 16), SECONDS)
            if not data:
                return None
            self.line.receive_data(data)
            self.waiting = list(self.line.events())
        return self.waiting.pop(0)

    async def told(self) -> dict[str, Any] | int | None:
        """The next message; the code of the end, or None where the connection was cut."""
        while (found := await self.event()) is not None:
            if isinstance(found, Ping):
                self.pings += 1
                await self.send(found.response())
            elif isinstance(found, TextMessage):
                self.text += found.data
                if found.message_finished:
                    text, self.text = self.text, ""
                    return dict(orjson.loads(text))
            elif isinstance(found, CloseConnection):
                return int(found.code)
        return None

    async def send(self, *events: Event) -> None:
        for one in events:
            self.writer.write(self.line.send(one))
        await self.writer.drain()

    async def say(self, data: str | bytes) -> None:
        await self.send(TextMessage(data=data) if isinstance(data, str) else BytesMessage(data=data))

    def close(self) -> None:
        self.writer.transport.abort()


async def connect(address: str, target: str, **headers: str) -> tuple[Socket, int, dict[str, Any]]:
    """A line to `target` below `address`; its status (101: it is open), and the problem of a refusal."""
    host, _, port = address.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=1 << 16)
    found = Socket(reader, writer, WSConnection(ConnectionType.CLIENT))
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    await found.send(Request(host=f"{host}:{port}", target=target, extra_headers=named))
    answer, body = await found.event(), b""
    if isinstance(answer, AcceptConnection):
        return found, 101, {}
    assert isinstance(answer, RejectConnection)
    while isinstance(piece := await found.event(), RejectData):
        body += piece.data
        if piece.body_finished:
            break
    found.close()
    return found, answer.status_code, orjson.loads(body) if body else {}
