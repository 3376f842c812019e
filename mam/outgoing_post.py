"""One POST over HTTP/1.1 to an address that was checked: no redirect, no proxy, little of the answer.

The connection goes to the given address whatever the name says by now; over https the certificate has to be
the name's. Memory is bounded whatever the receiver sends; time is the caller's to bound. Writes nothing.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

import h11

from mam.outgoing import Place

ANSWER_BYTES = 1024
"""What is read of an answer's body; the rest is never taken."""

_HEAD_BYTES = 32 << 10
_PIECE = 16 << 10


@dataclass(frozen=True)
class Answer:
    """What a receiver said: the status, its `retry-after`, the first bytes of the body."""

    status: int
    retry_after: str
    body: bytes


class AnswerError(OSError):
    """What came was no answer."""


async def post(
    place: Place,
    address: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    tls: ssl.SSLContext,
    connect: float,
) -> Answer:
    """Send the body to `address` under the place's name; connecting may take `connect` seconds.

    Raises `OSError` (also `ssl.SSLError`, `TimeoutError`) for whatever hinders; never retries.
    """
    secure = place.scheme == "https"
    async with asyncio.timeout(connect):
        reader, writer = await asyncio.open_connection(
            address, place.port, limit=_PIECE,
            ssl=tls if secure else None, server_hostname=place.host if secure else None,
        )  # fmt: skip
    try:
        return await _talk(reader, writer, place, headers, body)
    finally:
        writer.transport.abort()  # nobody waits for a farewell


async def _talk(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    place: Place,
    headers: Mapping[str, str],
    body: bytes,
) -> Answer:
    line = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD_BYTES)
    every = {"host": place.authority, **headers, "content-length": str(len(body)), "connection": "close"}
    request = h11.Request(method="POST", target=place.path, headers=list(every.items()))
    try:
        for event in (request, h11.Data(data=body), h11.EndOfMessage()):
            writer.write(line.send(event) or b"")
        await writer.drain()
        return await _answer(line, reader)
    except h11.RemoteProtocolError as error:
        raise AnswerError(f"What came was no answer: {error}.") from None


async def _answer(line: h11.Connection, reader: asyncio.StreamReader) -> Answer:
    """The head, and the body as far as it is wanted."""
    head: h11.Response | None = None
    found = b""
    while len(found) < ANSWER_BYTES:
        event = line.next_event()
        if event is h11.NEED_DATA:
            piece = await reader.read(_PIECE)
            if not piece and head is None:
                raise AnswerError("The connection ended before an answer came.")
            line.receive_data(piece)
        elif isinstance(event, h11.Response):
            head = event
        elif isinstance(event, h11.Data):
            found += bytes(event.data)
        elif isinstance(event, (h11.EndOfMessage, h11.ConnectionClosed)) or event is h11.PAUSED:
            break
    if head is None:
        raise AnswerError("What came was no answer.")
    wait = next((value.decode("latin-1") for name, value in head.headers if name == b"retry-after"), "")
    return Answer(head.status_code, wait, found[:ANSWER_BYTES])
