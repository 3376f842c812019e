"""A proxy before the real S3 server that lies: short bodies, flipped bytes, wrong ETags, 500s, faked locks.

Every other request passes unchanged, with the caller's own Host, so that signatures hold. One lie at a time.
"""

from __future__ import annotations

import http.client
import http.server
import re
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_HOP = ("connection", "transfer-encoding", "content-length", "keep-alive")


@dataclass
class Answer:
    """What the store answered, for a lie to change."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    announced: int | None = None


Lie = Callable[["Request", Answer], Answer]


@dataclass(frozen=True)
class Request:
    """What was asked: method, path and query as sent."""

    method: str
    path: str
    query: dict[str, str]


@dataclass
class Proxy:
    """The running proxy: `lie` is told the next `times` matching answers; `told` counts."""

    endpoint: str = ""
    lie: Lie | None = None
    times: int = 0
    matches: Callable[[Request], bool] = field(default=lambda _request: True)
    instead: Callable[[Request], Answer | None] = field(default=lambda _request: None)
    told: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def tell(self, lie: Lie, times: int, matches: Callable[[Request], bool]) -> None:
        """Lie in the next so many answers that match."""
        with self.lock:
            self.lie, self.times, self.matches, self.told = lie, times, matches, 0

    def changed(self, request: Request, answer: Answer) -> Answer:
        """The answer as the client gets it."""
        with self.lock:
            if self.lie is None or not self.times or not self.matches(request):
                return answer
            self.times -= 1
            self.told += 1
            return self.lie(request, answer)


@contextmanager
def lying(upstream: str) -> Iterator[Proxy]:
    """A proxy on a free port of the loopback before `upstream` (host:port)."""
    proxy = Proxy()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass(self) -> None:
            parts = urllib.parse.urlsplit(self.path)
            query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
            request = Request(self.command, urllib.parse.unquote(parts.path), query)
            body = _body(self)
            answer = proxy.instead(request) or _ask(upstream, self.command, self.path, body, self.headers)
            self._answer(proxy.changed(request, answer))

        def _answer(self, answer: Answer) -> None:
            self.send_response(answer.status)
            for name, value in answer.headers:
                if name.lower() not in _HOP:
                    self.send_header(name, value)
            length = len(answer.body) if answer.announced is None else answer.announced
            self.send_header("Content-Length", str(length))
            self.end_headers()
            if self.command == "HEAD":
                return  # its length is of what a GET would bring; the line stays open, as a store's does
            self.wfile.write(answer.body)
            if length != len(answer.body):
                self.close_connection = True

        def __getattr__(self, name: str) -> Callable[[], None]:
            """Every method is passed on."""
            if name.startswith("do_"):
                return self._pass
            raise AttributeError(name)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    class Server(http.server.ThreadingHTTPServer):
        """As many may knock at once as the store itself lets in."""

        request_queue_size = 128
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    proxy.endpoint = f"127.0.0.1:{server.server_port}"
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _body(handler: http.server.BaseHTTPRequestHandler) -> bytes:
    return handler.rfile.read(int(handler.headers.get("Content-Length") or 0))


def _ask(upstream: str, method: str, path: str, body: bytes, headers: object) -> Answer:
    """The true answer. The Host stays the one that was signed."""
    connection = http.client.HTTPConnection(upstream, timeout=60)
    sent = {name: value for name, value in headers.items() if name.lower() not in _HOP}  # type: ignore[attr-defined]
    if body or method in ("PUT", "POST"):
        sent["Content-Length"] = str(len(body))
    connection.request(method, path, body=body or None, headers=sent)
    got = connection.getresponse()
    told = got.getheader("Content-Length")
    data = got.read()
    announced = int(told) if method == "HEAD" and told else None
    answer = Answer(got.status, got.getheaders(), data, announced)
    connection.close()
    return answer


def short(_request: Request, answer: Answer) -> Answer:
    """All but the last byte, with the whole length announced."""
    return Answer(answer.status, answer.headers, answer.body[:-1], len(answer.body))


def cut(_request: Request, answer: Answer) -> Answer:
    """All but the last byte, and the lesser length announced: nothing on the line tells of it."""
    return Answer(answer.status, answer.headers, answer.body[:-1])


def flipped(_request: Request, answer: Answer) -> Answer:
    """One bit in the middle."""
    data = bytearray(answer.body)
    data[len(data) // 2] ^= 1
    return Answer(answer.status, answer.headers, bytes(data))


def failing(_request: Request, _answer: Answer) -> Answer:
    """A 500 without a word."""
    return Answer(500, [], b"")


def wrong_etag(_request: Request, answer: Answer) -> Answer:
    """The ETag of something else, in header and body."""
    other = "0" * 32
    headers = [(name, f'"{other}"' if name.lower() == "etag" else value) for name, value in answer.headers]
    body = re.sub(rb"(<ETag>)[^<]*(</ETag>)", rb"\g<1>" + other.encode() + rb"\g<2>", answer.body)
    return Answer(answer.status, headers, body)


def stale(data: bytes) -> Lie:
    """The bytes of another, older object under the version that was asked for."""
    return lambda _request, answer: Answer(answer.status, answer.headers, data)
