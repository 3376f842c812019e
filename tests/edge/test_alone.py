"""`mam edge` by itself: configuration, keys and storage; no database, no queue, no portal."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from edge_server import VERSION

from mam.builtin.storage_files import mam_storage
from mam.config import Config
from mam.edge import answers
from mam.errors import ConfigError
from mam.signing import KeyRing, make_grant
from mam.testing import free_port

SEGMENT = "g1/720/00000.m4s"


@dataclass
class Alone:
    """A running `mam edge`."""

    port: int
    config: Config
    process: subprocess.Popen[bytes]

    def is_up(self) -> bool:
        """Whether it answers that it is well."""
        try:
            return self.get("/health")[0] == 200
        except OSError:
            return False

    def get(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Alone]:
    """The command of the product, on a data folder that has a store and nothing else."""
    config = Config(data=tmp_path / "data")
    storage = mam_storage(config=config)
    storage.put("previews", f"{VERSION}/{SEGMENT}", io.BytesIO(b"bytes"), 5)
    port = free_port()
    command = [sys.executable, "-m", "mam.cli", "--data", str(config.data), "edge", "--port", str(port)]
    process = subprocess.Popen(command, stderr=(tmp_path / "log").open("wb"))
    edge = Alone(port, config, process)
    deadline = time.monotonic() + 60
    try:
        while not edge.is_up():
            assert time.monotonic() < deadline, (tmp_path / "log").read_text()
            time.sleep(0.05)
        yield edge
    finally:
        process.send_signal(signal.SIGTERM)
        ended = process.wait(60)
    assert ended == 0


def test_it_serves_from_the_store_of_the_box_with_the_keys_of_the_box(alone: Alone) -> None:
    # Given a grant signed by the box (the same ring file)
    ring = KeyRing.open(alone.config.secrets / "delivery-keys.json")
    grant = make_grant(ring, version_id=VERSION, expires_in=600)
    # Then the edge serves it, and nothing else
    assert alone.get(f"/s/{grant}/{VERSION}/{SEGMENT}") == (200, b"bytes")
    assert alone.get(f"/s/{grant}/{VERSION}/g1/none.m4s")[0] == 404
    assert alone.get(f"/s/{grant[:-1]}/{VERSION}/{SEGMENT}")[0] == 403
    status, body = alone.get("/health")
    assert (status, json.loads(body)["status"]) == (200, "ok")
    for other in ("/", "/api/health", "/login", "/previews"):
        assert alone.get(other) == (404, answers.ABSENT.body)
    # And no database was made
    assert not list(alone.config.data.glob("*.db*"))
    log = (alone.config.data.parent / "log").read_text()
    assert grant not in log
    assert grant[-43:-1] not in log


def test_many_slow_clients_cost_little_memory(alone: Alone) -> None:
    # Given a file of 200 MiB and 40 clients that ask for it and hardly read
    size = 200 << 20
    storage = mam_storage(config=alone.config)
    storage.put("previews", f"{VERSION}/g1/big.mp4", io.BytesIO(bytes(size)), size)
    ring = KeyRing.open(alone.config.secrets / "delivery-keys.json")
    grant = make_grant(ring, version_id=VERSION, expires_in=600)
    request = f"GET /s/{grant}/{VERSION}/g1/big.mp4 HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    memory = psutil.Process(alone.process.pid).memory_info
    before, most = memory().rss, 0
    with contextlib.ExitStack() as stack:
        for _ in range(40):
            wire = stack.enter_context(socket.create_connection(("127.0.0.1", alone.port), timeout=60))
            wire.sendall(request)
            assert wire.recv(65536).startswith(b"HTTP/1.1 200")
        # When they all wait for a while, then a few chunks each are held, not the file
        for _ in range(10):
            time.sleep(0.1)
            most = max(most, memory().rss - before)
    assert most < 80 << 20
    # And the next client is served at once
    assert alone.get(f"/s/{grant}/{VERSION}/{SEGMENT}") == (200, b"bytes")


def test_it_loads_no_database_and_no_queue(tmp_path: Path) -> None:
    """Issue 2, 9: "`mam edge` runs alone": building the app imports no peewee, dramatiq or redis."""
    code = """
import sys
from pathlib import Path
from mam.config import Config
from mam.edge import answers
from mam.edge import server
app = server.create_app(Config(data=Path(sys.argv[1])))
print([name for name in ("peewee", "playhouse", "dramatiq", "redis", "psycopg") if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "data")], capture_output=True, check=True
    )
    assert done.stdout.decode().strip().splitlines()[-1] == "[]"


def test_no_storage_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mam.edge import app

    class Nobody:
        def first(self, *_: object, **__: object) -> None:
            """Nobody answers."""

    monkeypatch.setattr(app, "open_hooks", lambda *_, **__: Nobody())
    with pytest.raises(ConfigError, match="No storage plugin answered"):
        app.create_app(Config(data=tmp_path / "data"))


def test_bad_proxies_are_a_sentence(tmp_path: Path) -> None:
    from mam.config import Server
    from mam.edge.app import create_app

    with pytest.raises(ConfigError, match="trusted_proxies"):
        create_app(Config(data=tmp_path / "data", server=Server(trusted_proxies=("proxy.local",))))
