"""One request to the edge, and how an answer leaves: heads, chunks, problems, a line in the access log.

Writes to the client and to the access log, with the grant's key id in the grant's place; knows no store.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from mam import metrics
from mam.edge import answers
from mam.edge.answers import Headers, Problem
from mam.edge.ranges import Span
from mam.edge.sources import Source

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_log = structlog.get_logger("mam.edge.access")


@dataclass
class Request:
    """What the edge looks at in one request, and what the access log will say of it."""

    scope: Scope
    receive: Receive
    send: Send
    ident: bytes
    started: float
    client: str = ""
    headers: dict[bytes, bytes] = field(default_factory=dict)
    note: dict[str, object] = field(default_factory=dict)
    status: int = 0
    sent: int = 0
    _watch: asyncio.Task[None] | None = None

    def watch(self) -> asyncio.Task[None]:
        """A task that ends when the client has left; whatever it sends meanwhile is thrown away."""
        if self._watch is None:
            self._watch = asyncio.ensure_future(_gone(self.receive))
        return self._watch

    def unwatch(self) -> None:
        """End the watch."""
        if self._watch is not None:
            self._watch.cancel()

    def header(self, name: bytes) -> str | None:
        """A request header as text."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")


@dataclass
class Answer:
    """An open object and how it leaves; `left` is the rest of its grant's life, None for a download."""

    source: Source
    content_type: bytes
    cache_control: bytes
    extra: Headers = field(default_factory=list)
    left: float | None = None


class Refusal(Exception):  # noqa: N818 - not an error: an answer on its way out
    """Carries a ready problem document to the one place that sends it."""

    def __init__(self, problem: Problem) -> None:
        """Keep the answer."""
        super().__init__(problem.status)
        self.problem = problem


def head_of(answer: Answer) -> Headers:
    """What is said of an object in every answer about it."""
    return [(b"etag", answer.source.etag.encode()), (b"accept-ranges", b"bytes"), *answer.extra]


async def send_bytes_head(request: Request, answer: Answer, span: Span, *, last: bool) -> None:
    """The head of an answer with bytes: a whole object, or a span of it."""
    size = answer.source.size
    headers = [
        *head_of(answer),
        (b"cache-control", answer.cache_control),
        (b"content-type", answer.content_type),
        (b"content-length", str(span.length).encode()),
    ]
    if span.partial:
        headers.append((b"content-range", span.content_range(size).encode()))
        headers.append((b"access-control-expose-headers", b"Content-Range"))
    await send_head(request, 206 if span.partial else 200, headers, last=last)


async def send_head(request: Request, status: int, headers: Headers, *, last: bool) -> None:
    """The head of any answer; `last` says that no body follows."""
    request.status = status
    all_headers = [*answers.base(request.ident), *headers]
    await request.send({"type": "http.response.start", "status": status, "headers": all_headers})
    if last:
        await request.send({"type": "http.response.body", "body": b"", "more_body": False})


async def send_chunk(request: Request, data: bytes, *, last: bool) -> None:
    """Bytes of the body, counted."""
    await request.send({"type": "http.response.body", "body": data, "more_body": not last})
    request.sent += len(data)


async def send_problem(request: Request, problem: Problem) -> None:
    """A ready problem document; its head alone where only that was asked for."""
    is_head = request.scope["method"] == "HEAD"
    await send_head(request, problem.status, answers.problem_headers(problem), last=is_head)
    if not is_head:
        await send_chunk(request, problem.body, last=True)


async def _gone(receive: Receive) -> None:
    """Return when the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


def count(request: Request) -> None:
    """A refusal is counted by what was asked for, too."""
    asked = b"/img" in request.scope["raw_path"]
    kind = "download" if request.scope["raw_path"].startswith(b"/d/") else "image" if asked else "preview"
    metrics.count("mam_edge_requests", 1, kind, str(request.status))
    metrics.count("mam_edge_sent_bytes", request.sent, kind)


def log_access(request: Request) -> None:
    """One line, without the grant."""
    _log.info(
        "delivery",
        request_id=request.ident.decode(),
        method=request.scope["method"],
        status=request.status,
        bytes=request.sent,
        ms=round((time.perf_counter() - request.started) * 1000, 1),
        client=request.client,
        **request.note,
    )
