"""How fast a large file comes in through the parts, beside a plain copy with SHA-256; the server's memory.

`MAM_BENCH_UPLOAD_MIB=3072 make bench` measures with 3 GiB; the default is 1 GiB.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

sys.path.append(str(Path(__file__).parents[1] / "faults"))

from upload_web import WebProcess, web_process

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(600)]

MIB = int(os.environ.get("MAM_BENCH_UPLOAD_MIB", "1024"))
LIMIT_MIB = 250
RATIO = 0.6


@contextmanager
def peak_memory(process: int) -> Iterator[list[int]]:
    """The largest resident set of a process in bytes while the block runs."""
    watched, peak, over = psutil.Process(process), [0], threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            peak[0] = max(peak[0], watched.memory_info().rss)

    thread = threading.Thread(target=watch)
    thread.start()
    yield peak
    over.set()
    thread.join()


def plain_copy(source: Path, target: Path) -> float:
    """Seconds to read, hash, write and sync a file in blocks of a mebibyte, as a careful script does."""
    began, digest, block = time.perf_counter(), hashlib.sha256(), memoryview(bytearray(1 << 20))
    with source.open("rb", buffering=0) as read, target.open("wb", buffering=0) as write:
        while count := read.readinto(block):
            digest.update(block[:count])
            write.write(block[:count])
        os.fsync(write.fileno())
    target.unlink()
    return time.perf_counter() - began


def upload(web: WebProcess, source: Path, asset_id: str) -> tuple[float, float]:
    """Seconds of sending the parts one after the other over one connection, and of promoting."""
    began = time.perf_counter()
    size = source.stat().st_size
    answer = web.post("/api/presign", asset_id=asset_id, filename="bench.mov", size=size)
    connection = http.client.HTTPConnection("127.0.0.1", web.port)
    with source.open("rb", buffering=0) as file:
        for part in answer["parts"]:
            body = file.read(part["size"])
            connection.request("PUT", httpx.URL(part["url"]).raw_path.decode(), body=body)
            reply = connection.getresponse()
            reply.read()
            assert reply.status == 200
    connection.close()
    sent = time.perf_counter()
    web.post("/api/promote", upload_id=answer["upload_id"])
    return sent - began, time.perf_counter() - sent


def test_an_upload_beside_a_plain_copy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], figure: Callable[..., None]
) -> None:
    """Memory below 250 MB; at least 60 % of the speed of a plain copy with SHA-256."""
    source = tmp_path / "source"
    with source.open("wb") as file:
        for _ in range(MIB // 64):
            file.write(os.urandom(64 << 20))
        os.fsync(file.fileno())
    with web_process(tmp_path / "data") as web:
        copies = [plain_copy(source, tmp_path / "copy")]
        asset_id = web.asset()
        assert web.process is not None
        with peak_memory(web.process.pid) as peak:
            sent, promoted = upload(web, source, asset_id)
        copies.append(plain_copy(source, tmp_path / "copy"))
    ratio = max(copies) / (sent + promoted)
    source.unlink()
    figure(f"upload of {MIB} MiB: speed / a plain copy with SHA-256", ratio, "x", at_least=RATIO)
    figure(f"upload of {MIB} MiB: the server's memory", peak[0] >> 20, "MiB", at_most=LIMIT_MIB)
    with capsys.disabled():
        sys.stdout.write(
            f"\nupload of {MIB} MiB: parts {sent:.1f} s, promote {promoted:.1f} s; plain copy with SHA-256 "
            f"{copies[0]:.1f} and {copies[1]:.1f} s; ratio {ratio:.2f} (at least {RATIO}); "
            f"server's memory {peak[0] >> 20} MiB (below {LIMIT_MIB})\n"
        )
    assert peak[0] < LIMIT_MIB << 20
    assert ratio >= RATIO
