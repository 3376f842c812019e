"""Many at once, and a web process that is killed in the middle: nothing is lost, nothing is left behind."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import psutil
import pytest
from stranger import Caller, Stage

MIB = 1 << 20


async def asked(stage: Stage, path: str, token: str) -> int:
    """The status of one GET on a connection of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", stage.box.port)
    head = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    writer.write(head.encode())
    answer = await reader.read()
    writer.close()
    return int(answer.split()[1])


async def test_a_thousand_questions_at_once(stage: Stage) -> None:
    path = f"/api/assets/{stage.ana.asset()}"
    found = await asyncio.gather(*(asked(stage, path, stage.ana.token) for _ in range(1000)))
    assert Counter(found) == {200: 1000}


def test_two_hundred_uploads_at_once(stage: Stage) -> None:
    """Promise A10, in small: 200 files of 1 MiB by 200 connections, none lost, none changed."""
    project = stage.ana.project("Many")
    data = [os.urandom(MIB) for _ in range(200)]
    assets = [stage.ana.asset(project) for _ in data]

    def send(place: int) -> int:
        with Caller(stage.box.url, stage.ana.token) as caller:
            upload = caller.presign(data[place], asset_id=assets[place])
            sent = caller.put(upload["parts"][0]["url"], content=data[place])
            promoted = caller.post("/api/promote", json={"upload_id": upload["upload_id"]})
            return 0 if (sent.status_code, promoted.status_code) == (200, 202) else promoted.status_code

    started = time.monotonic()
    with ThreadPoolExecutor(200) as pool:
        assert Counter(pool.map(send, range(200))) == {0: 200}
    print(f"200 uploads of 1 MiB: {time.monotonic() - started:.1f} s")  # noqa: T201 - `pytest -s` shows it
    for place, asset in enumerate(assets):
        (version,) = stage.ana.get(f"/api/assets/{asset}").json()["versions"]
        assert version["sha256"] == hashlib.sha256(data[place]).hexdigest()


def test_the_web_process_is_killed_in_a_part(stage: Stage) -> None:
    """Promise A1: SIGKILL in a random part of 200 MiB; after the restart the rest, one equal version."""
    # Given an upload of 200 MiB
    ana, data = stage.ana, os.urandom(200 * MIB)
    upload = ana.presign(data, sha256=hashlib.sha256(data).hexdigest())
    size, parts = upload["part_size"], upload["parts"]
    fatal, acknowledged = random.randrange(1, len(parts)), {}  # noqa: S311 - any part will do
    web = stage.box.role("web")  # one process or several

    def torn(piece: bytes) -> Iterator[bytes]:
        yield piece[: len(piece) // 2]
        for process in web:
            process.kill()
        psutil.wait_procs(web, timeout=60)
        yield piece[len(piece) // 2 :]

    def piece_of(number: int) -> bytes:
        return data[(number - 1) * size : number * size]

    # When the web process is killed while a part arrives
    for part in parts[:fatal]:
        etag = stage.nobody.put(part["url"], content=piece_of(part["number"])).headers["etag"]
        acknowledged[part["number"]] = etag.strip('"')
    piece = piece_of(fatal + 1)
    headers = {"Content-Length": str(len(piece))}
    with Caller(stage.box.url) as line, pytest.raises(httpx.TransportError):
        line.put(parts[fatal]["url"], content=torn(piece), headers=headers)
    wait_for(stage)
    # Then what was acknowledged is there
    received = ana.get(f"/api/uploads/{upload['upload_id']}").json()["received"]
    assert {one["number"]: one["etag"] for one in received} == acknowledged
    # And the rest makes one version with equal bytes
    missing = [part["number"] for part in parts if part["number"] not in acknowledged]
    fresh = ana.post(f"/api/uploads/{upload['upload_id']}/parts", json={"numbers": missing}).json()["parts"]
    for part in fresh:
        assert stage.nobody.put(part["url"], content=piece_of(part["number"])).status_code == 200
    promoted = ana.post("/api/promote", json={"upload_id": upload["upload_id"]})
    (version,) = ana.get(f"/api/assets/{promoted.json()['asset_id']}").json()["versions"]
    assert version["sha256"] == hashlib.sha256(data).hexdigest()
    # And nothing of it is left in staging
    assert not [one for one in stage.box.data.glob("store/staging/**/*") if upload["upload_id"] in one.name]
    large = [one for one in stage.box.data.glob("store/uploads/*/data") if one.stat().st_size == len(data)]
    assert large == []


def wait_for(stage: Stage) -> None:
    """Until the supervisor has started another web process."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{stage.box.url}/api/health", timeout=60).status_code == 200:
                return
        time.sleep(0.2)
    raise AssertionError("nobody started the web process again")
