"""A served box with the previews of two versions and a master, behind nginx."""

from __future__ import annotations

import asyncio
import io
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import hypercorn.asyncio
from front_server import Front, Reply, ask
from hypercorn.config import Config as HypercornConfig
from quart import Quart

from mam.core import Mam
from mam.edge import front as edges_front
from mam.signing import DownloadGrant, make_download, make_grant
from mam.types import Accel
from mam.web.app import create_app

VERSION = "01999999-0000-7000-8000-00000000000a"
OTHER = "01999999-0000-7000-8000-00000000000b"
SEGMENT = bytes(range(256)) * 2000
FILES = {
    "master.m3u8": b"#EXTM3U\n",
    "g1/1080/index.m3u8": b"#EXTM3U\n#EXT-X-ENDLIST\n",
    "g1/1080/00000.m4s": SEGMENT,
    "g1/1080/00001.m4s": b"small",
    "g1/captions.vtt": b"WEBVTT\n",
    "g1/poster.jpg": b"\xff\xd8poster",
    "g1/key.bin": b"0123456789abcdef",
}
MASTER = bytes(range(251)) * 5000
MASTER_KEY = "p/a film & more 100% ü?#.mov"


@dataclass
class Boxed:
    """The box at `port`, nginx at `nginx.port`."""

    mam: Mam
    port: int
    nginx: Front
    handed: list[str] = field(default_factory=list)
    """The files that the box was asked for by nginx, each time it was asked."""

    def path(self, name: str = "g1/1080/00000.m4s", version: str = VERSION, **more: object) -> str:
        """A signed address of a preview's file."""
        grant = make_grant(self.mam.keys, version_id=version, **({"expires_in": 600} | more))
        return f"/s/{grant}/{version}/{name}"

    def master(
        self, key: str = MASTER_KEY, filename: str = 'Füße & "x".mov', tags: tuple[str, ...] = ()
    ) -> str:
        """A signed address of a master."""
        now = time.time()
        grant = DownloadGrant(
            key, None, filename, "video/quicktime", int(now) + 300, int(now * 1000), tags=tags, area="masters"
        )
        return f"/d/{make_download(self.mam.keys, grant)}"

    def through(self, path: str, method: str = "GET", **headers: str) -> Reply:
        """Asked of nginx."""
        return ask(self.nginx.port, path, method, **headers)

    def direct(self, path: str, method: str = "GET", **headers: str) -> Reply:
        """Asked of the box, past nginx."""
        return ask(self.port, path, method, **headers)

    def file(self, name: str = "g1/1080/00000.m4s", version: str = VERSION) -> Path:
        """A preview's file on the disk."""
        return self.mam.config.store / "previews" / version / name


def fill(mam: Mam) -> None:
    """Two versions' previews and a master."""
    for version in (VERSION, OTHER):
        for name, data in FILES.items():
            mam.storage.put("previews", f"{version}/{name}", io.BytesIO(data), len(data))
    mam.storage.put("masters", MASTER_KEY, io.BytesIO(MASTER), len(MASTER))


def boxed(mam: Mam, folder: Path, workers: int = 1, nginx: type[Front] = Front) -> Iterator[Boxed]:
    """Fill it, serve it, put nginx in front; for fixtures: `yield from`."""
    fill(mam)
    app = create_app(mam)
    handed = _listened(app)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    settings = HypercornConfig()
    settings.bind, settings.errorlog = [f"fd://{listener.detach()}"], None
    settings.graceful_timeout, settings.keep_alive_max_requests = 0.2, 1_000_000
    loop, stopping = asyncio.new_event_loop(), asyncio.Event()
    serving = hypercorn.asyncio.serve(app, settings, shutdown_trigger=stopping.wait)
    thread = threading.Thread(target=lambda: loop.run_until_complete(serving), daemon=True)
    thread.start()
    try:
        front = nginx(folder, mam.config, port, workers)
        try:
            yield Boxed(mam, port, front, handed)
        finally:
            front.stop()
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join(60)


def _listened(app: Quart) -> list[str]:
    """Write down the files that the delivery hands over."""
    edge, handed = app.extensions["mam.edge"], []
    front = edge.front

    class Listening(edges_front.Front):
        def ask(self, path: Path, headers: Mapping[bytes, bytes]) -> Accel | None:
            found = front.ask(path, headers)
            handed.extend([str(path)] * (found is not None))
            return found

    edge.front = Listening(front.config, front.hooks)
    return handed
