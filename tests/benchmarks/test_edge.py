"""How fast `mam edge` sends: big files and small segments, beside the barest server Python can make."""

from __future__ import annotations

import http.client
import io
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from load import asker, load  # found by the path above

from mam.builtin.storage_files import mam_storage
from mam.config import Config
from mam.signing import KeyRing, make_grant

pytestmark = pytest.mark.benchmark

VERSION = "01999999-0000-7000-8000-00000000000a"
BIG, SMALL = 512 << 20, 60_000  # a long file; a 2 s segment of the smallest rung
SECONDS = 5

# A server that checks nothing and sends one fixed answer or one file by sendfile: the floor to compare with.
BARE = """
import asyncio, sys
folder, port = sys.argv[1], int(sys.argv[2])
small = open(folder + "/small", "rb").read()
async def serve(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\\r\\n\\r\\n")
            if b" /big " in head:
                with open(folder + "/big", "rb") as file:
                    writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n" % file.seek(0, 2))
                    await writer.drain()
                    await asyncio.get_running_loop().sendfile(writer.transport, file, 0)
            else:
                writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(small) + small)
                await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()
async def main():
    await (await asyncio.start_server(serve, "127.0.0.1", port)).serve_forever()
asyncio.run(main())
"""


@contextmanager
def running(command: list[str]) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([*command, str(port)], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    try:
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)  # others may use this machine


def megabytes_per_second(port: int, path: str) -> float:
    best = 0.0
    for _ in range(3):
        connection = http.client.HTTPConnection("127.0.0.1", port)
        started = time.perf_counter()
        connection.request("GET", path)
        answer, got, buffer = connection.getresponse(), 0, bytearray(1 << 20)
        assert answer.status == 200
        while count := answer.readinto(buffer):
            got += count
        assert got == BIG
        best = max(best, got / 1e6 / (time.perf_counter() - started))
    return best


def requests_per_second(port: int, path: str) -> float:
    return load(port, [path], seconds=SECONDS).rate


def tell(what: str, ours: float, bare: float, bare_name: str) -> None:
    sys.stdout.write(f"\n{what}: edge {ours:.0f}, bare {bare_name} {bare:.0f}, ratio {ours / bare:.2f}")


def test_edge_beside_a_bare_server(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], figure: Callable[..., None]
) -> None:
    """Issue 2, 9: at least 400 MB/s of big files through the grant check, on loopback."""
    config = Config(data=tmp_path / "data")
    storage = mam_storage(config=config)
    for name, size in (("big", BIG), ("small", SMALL)):
        storage.put("previews", f"{VERSION}/g1/{name}", io.BytesIO(bytes(size)), size)
        (tmp_path / name).write_bytes(bytes(size))
    grant = make_grant(
        KeyRing.open(config.secrets / "delivery-keys.json"), version_id=VERSION, expires_in=3600
    )
    base = f"/s/{grant}/{VERSION}/g1"
    (tmp_path / "bare.py").write_text(BARE)
    with running([sys.executable, str(tmp_path / "bare.py"), str(tmp_path)]) as port:
        bare = megabytes_per_second(port, "/big"), requests_per_second(port, "/small")
    with running([sys.executable, "-m", "mam.cli", "--data", str(config.data), "edge", "--port"]) as port:
        ours = megabytes_per_second(port, f"{base}/big"), requests_per_second(port, f"{base}/small")
    figure("edge, a big file", ours[0], "MB/s", at_least=400)
    figure("edge, a big file / a bare sendfile", ours[0] / bare[0], "x")
    figure("edge, 60 KB segments", ours[1], "a second", note=f"asked by {asker()}")
    figure("edge, 60 KB segments / a bare asyncio server", ours[1] / bare[1], "x")
    with capsys.disabled():
        tell("big file, MB/s", ours[0], bare[0], "sendfile")
        tell("60 KB segments /s", ours[1], bare[1], "asyncio")
    assert ours[0] >= 400
