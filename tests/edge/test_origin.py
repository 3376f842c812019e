"""`mam edge` on a machine of its own, with the box's address and its keys: two programs, nothing shared."""

from __future__ import annotations

import asyncio
import http.client
import io
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from edge_server import MASTER, VERSION

from mam import revocations
from mam.builtin.storage_files import mam_storage
from mam.config import Config
from mam.edge.origin import Origin
from mam.errors import ConfigError, NotFoundError, StorageError
from mam.keyring import KeyRing
from mam.signing import DownloadGrant, make_download, make_grant
from mam.testing import free_port

VIEWERS = 500
SEGMENT = bytes(range(256)) * 1000
PLAYLIST = b"#EXTM3U\n#EXT-X-ENDLIST\n"


@dataclass
class Node:
    """A running `mam edge`."""

    config: Config
    port: int
    process: subprocess.Popen[bytes]

    def get(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()

    def figure(self, name: str) -> float:
        """The sum of a counter over its labels that begin so."""
        lines = self.get("/metrics")[1].decode().splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))

    def cached(self) -> int:
        return sum(1 for path in self.config.edge_cache.glob("??/*") if path.is_file())

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


@dataclass
class Pair:
    """A box, an edge that knows only its address and its keys, and the ring to sign with."""

    box: Node
    edge: Node
    ring: KeyRing

    def path(self, name: str, **more: object) -> str:
        grant = make_grant(self.ring, version_id=VERSION, expires_in=600, **more)
        return f"/s/{grant}/{VERSION}/{name}"


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.05)


def started(data: Path, settings: str) -> Node:
    """The command of the product, once it answers."""
    port = free_port()
    data.mkdir(exist_ok=True)
    (data / "config.toml").write_text(settings)
    log = (data / "log").open("ab")
    process = subprocess.Popen(
        [sys.executable, "-m", "mam.cli", "edge", "--data", str(data), "--port", str(port)],
        stdout=log, stderr=log,
    )  # fmt: skip
    node = Node(Config(data=data), port, process)

    def answers() -> bool:
        assert process.poll() is None, (data / "log").read_text()
        try:
            return node.get("/health")[0] in {200, 503}
        except OSError:
            return False

    until(answers)
    return node


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    config = Config(data=tmp_path / "box")
    store = mam_storage(config=config)
    for number in range(6):
        store.put("previews", f"{VERSION}/g1/720/{number:05d}.m4s", io.BytesIO(SEGMENT), len(SEGMENT))
    store.put("previews", f"{VERSION}/master.m3u8", io.BytesIO(PLAYLIST), len(PLAYLIST))
    store.put("masters", "m/film.mov", io.BytesIO(MASTER), len(MASTER))
    ring = KeyRing.open(config.secrets / "delivery-keys.json")
    box = started(config.data, "")
    (tmp_path / "edge" / "secrets").mkdir(parents=True, mode=0o700)
    shutil.copy2(ring.path, tmp_path / "edge" / "secrets")
    edge = started(tmp_path / "edge", f'[delivery]\norigin = "http://127.0.0.1:{box.port}"\n')
    yield Pair(box, edge, ring)
    edge.stop()
    box.stop()
    subprocess.run(["chattr", "-R", "-i", str(config.data)], check=False, capture_output=True)


async def burst(port: int, paths: list[str]) -> list[bytes]:
    """Everybody connects first, then all ask in one moment."""

    async def viewer(path: str) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        connected.append(path)
        if len(connected) == len(paths):
            everybody.set()
        await gate.wait()
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read(-1)
        writer.close()
        return answer

    gate, everybody, connected = asyncio.Event(), asyncio.Event(), list[str]()
    viewers = [asyncio.ensure_future(viewer(path)) for path in paths]
    async with asyncio.timeout(300):
        await everybody.wait()
        gate.set()
        return await asyncio.gather(*viewers)


async def test_five_hundred_viewers_of_a_cold_cache_ask_the_box_once(pair: Pair) -> None:
    # Given 500 viewers, each with a grant of their own, before an edge that has nothing
    paths = [pair.path("g1/720/00000.m4s", tags=(f"user:u{n}",)) for n in range(VIEWERS)]
    # When all ask for one segment at the same moment
    answers = await burst(pair.edge.port, paths)
    # Then all have it, and the box was asked once
    assert {answer.partition(b"\r\n\r\n")[2] for answer in answers} == {SEGMENT}
    lines = (pair.box.config.data / "log").read_text().splitlines()
    assert sum("g1/720/00000.m4s" in line for line in lines) == 1
    # And the figures say so: hits and misses, bytes out and bytes from the box
    assert pair.edge.figure('mam_edge_requests_total{kind="preview",status="200"}') == VIEWERS
    assert pair.edge.figure("mam_edge_sent_bytes_total") >= VIEWERS * len(SEGMENT)
    assert pair.edge.figure("mam_edge_store_bytes_total") == len(SEGMENT)
    assert pair.edge.figure('mam_cache_requests_total{cache="edge"') == VIEWERS


def test_it_pulls_through_serves_on_without_the_box_and_purges_what_is_revoked(pair: Pair) -> None:
    # Given a viewer who plays, from the playlist on; a download; and what is absent or refused
    names = ["master.m3u8", *(f"g1/720/{number:05d}.m4s" for number in range(3))]
    for name in names:
        assert pair.edge.get(pair.path(name))[0] == 200
    assert pair.edge.get(pair.path("g1/720/00099.m4s"))[0] == 404
    assert pair.edge.get(pair.path(names[1])[:-1])[0] == 404
    assert pair.edge.get(pair.path(names[1]).replace("/s/A", "/s/B"))[0] == 403
    now = int(time.time())
    grant = DownloadGrant("m/film.mov", None, "film.mov", "video/quicktime", now + 300, now * 1000)
    assert pair.edge.get(f"/d/{make_download(pair.ring, grant)}") == (200, MASTER)
    # When a version is revoked in the box, then the edge refuses it, and its bytes leave the disk
    other = VERSION[:-1] + "f"
    store = mam_storage(config=pair.box.config)
    store.put("previews", f"{other}/g1/poster.jpg", io.BytesIO(b"poster"), 6)
    theirs = f"/s/{make_grant(pair.ring, version_id=other, expires_in=600)}/{other}/g1/poster.jpg"
    assert pair.edge.get(theirs) == (200, b"poster")
    cached = pair.edge.cached()
    revocations.write(store, f"version:{other}", time.time())
    until(lambda: pair.edge.get(theirs)[0] == 403 and pair.edge.cached() == cached - 1)
    # When the box is away, then what was played is served on, and what was not is not there
    pair.box.stop()
    assert [pair.edge.get(pair.path(name))[0] for name in names] == [200] * 4
    assert pair.edge.get(pair.path("g1/720/00005.m4s"))[0] == 503
    assert json.loads(pair.edge.get("/health")[1])["status"] == "ok"
    assert not list(pair.edge.config.data.glob("*.db*"))


def test_the_origin_is_read_by_ranges_and_changed_by_nobody(pair: Pair) -> None:
    store = Origin(f"http://127.0.0.1:{pair.box.port}/", pair.ring)
    found = store.stat("masters", "m/film.mov")
    assert found is not None
    assert found.size == len(MASTER)
    for start, length in ((0, None), (10, 100), (len(MASTER) - 5, None)):
        with store.open("masters", "m/film.mov", start=start, length=length) as stream:
            assert stream.read() == MASTER[start : None if length is None else start + length]
    assert store.stat("previews", f"{VERSION}/none.mp4") is None
    with pytest.raises(NotFoundError):
        store.open("masters", "m/none.mov").__enter__()
    for change in (
        lambda: store.put("previews", "k", io.BytesIO(), 0),
        lambda: store.delete("previews", "k"),
    ):
        with pytest.raises(StorageError, match="changes nothing"):
            change()
    with pytest.raises(StorageError, match="cannot list"):
        list(store.list("previews", f"{VERSION}/"))


def test_an_origin_of_other_keys_or_none_at_all_is_a_sentence(pair: Pair, tmp_path: Path) -> None:
    strange = Origin(f"http://127.0.0.1:{pair.box.port}", KeyRing.open(tmp_path / "strange.json"))
    with pytest.raises(StorageError, match=r"copy its secrets/delivery-keys\.json"):
        list(strange.list("previews", revocations.PREFIX))
    away = Origin(f"http://127.0.0.1:{free_port()}", pair.ring)
    with pytest.raises(StorageError, match="does not answer"):
        away.stat("masters", "m")
    with pytest.raises(ConfigError, match="origin_ca_file"):
        Origin("https://box.example", pair.ring, str(tmp_path / "none.pem"))
