"""A real edge behind a real Hypercorn on a free port, and a client that sends exactly what it is told."""

from __future__ import annotations

import asyncio
import http.client
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import hypercorn.asyncio
from edge_stores import DistantStore, LocalStore
from hypercorn.config import Config as HypercornConfig
from quart import Quart

from mam.edge.app import Edge
from mam.keyring import KeyRing
from mam.signing import make_grant

VERSION = "01999999-0000-7000-8000-00000000000a"
OTHER = "01999999-0000-7000-8000-00000000000b"


FILES = {
    "master.m3u8": b"#EXTM3U\n",
    "g1/1080/index.m3u8": b"#EXTM3U\n#EXT-X-ENDLIST\n",
    "g1/1080/init.mp4": b"init",
    "g1/1080/00000.m4s": bytes(range(256)) * 40,
    "g1/1080/00001.m4s": bytes(range(256)) * 4000,
    "g1/poster.jpg": b"\xff\xd8poster",
    "g1/captions.vtt": b"WEBVTT\n",
    "g1/key.bin": b"0123456789abcdef",
    "g1/old.ts": b"Gts",
}
MASTER = bytes(range(251)) * 5000


@dataclass
class Reply:
    """An answer as it came over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Served:
    """A running edge: its port, store and keys."""

    edge: Edge
    ring: KeyRing
    store: LocalStore | DistantStore
    port: int = 0
    stop: Callable[[], None] = field(default=lambda: None)

    def grant(self, version: str = VERSION, seconds: int = 600, **more: object) -> str:
        return make_grant(self.ring, version_id=version, expires_in=seconds, **more)

    def path(self, name: str = "g1/1080/00000.m4s", **more: object) -> str:
        return f"/s/{self.grant(**more)}/{VERSION}/{name}"

    def fetch(self, path: str, method: str = "GET", headers: dict[str, str] | None = None) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        reply = Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        connection.close()
        return reply

    def send(self, request: bytes) -> bytes:
        """Raw bytes in, raw bytes out, until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as wire:
            wire.sendall(request)
            answer = b""
            while chunk := wire.recv(65536):
                answer += chunk
        return answer


def serve_app(app: Quart) -> tuple[int, Callable[[], None]]:
    """Run an app on a free port in a thread; answers the port and how to stop it."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    settings = HypercornConfig()
    settings.bind = [f"fd://{listener.detach()}"]
    settings.errorlog = None
    settings.graceful_timeout = 0.2
    settings.keep_alive_max_requests = 1_000_000
    loop = asyncio.new_event_loop()
    stopping = asyncio.Event()
    done = hypercorn.asyncio.serve(app, settings, shutdown_trigger=stopping.wait)
    thread = threading.Thread(target=lambda: loop.run_until_complete(done), daemon=True)
    thread.start()
    _wait_for(port)

    def stop() -> None:
        loop.call_soon_threadsafe(stopping.set)
        thread.join(60)

    return port, stop


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            connection.request("GET", "/s/")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise TimeoutError("the edge did not start")
