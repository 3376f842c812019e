"""Uploads as browsers and scripts send them: forms, raw bodies, parts; memory flat before a slow disk."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from library import actor_of
from web_people import make_people

from mam.core import Mam
from mam.errors import UploadIncompleteError, ValidationError
from mam.services import assets, projects
from mam.testing import free_port
from mam.web import multipart
from mam.web.app import create_app

MIB = 1 << 20


@pytest.fixture
def sender(sqlite_box: Mam) -> dict[str, str]:
    """An asset that waits, and the header of somebody who may send to it."""
    ana = make_people(sqlite_box, create_app(sqlite_box))["ana"]
    actor = actor_of(sqlite_box, ana.token)
    project = projects.create_project(sqlite_box, actor, name="P")
    asset = assets.create_asset(sqlite_box, actor, project_id=project["id"], title="T")
    return {"asset": asset["id"], "Authorization": f"Bearer {ana.token}"}


def auth(sender: dict[str, str]) -> dict[str, str]:
    return {"Authorization": sender["Authorization"]}


def test_a_form_brings_its_file(live: str, sender: dict[str, str]) -> None:
    """The field `file`, with others before it, arrives byte for byte under its own name."""
    data = os.urandom(3 * MIB + 17) + b"\r\n--"
    url = f"{live}/api/assets/{sender['asset']}/upload"
    file = ("täke 1.mov", data, "video/quicktime")
    answer = httpx.post(url, headers=auth(sender), data={"note": "x"}, files={"file": file}, timeout=60)
    assert answer.status_code == 201, answer.text
    version = answer.json()
    assert version["sha256"] == hashlib.sha256(data).hexdigest()
    assert (version["filename"], version["size"]) == ("täke 1.mov", len(data))


def test_a_raw_body_is_the_file(live: str, sender: dict[str, str]) -> None:
    data = os.urandom(MIB)
    url = f"{live}/api/assets/{sender['asset']}/upload?filename=a.mov"
    headers = {**auth(sender), "Content-Type": "video/quicktime"}
    answer = httpx.post(url, headers=headers, content=data, timeout=60)
    assert answer.status_code == 201, answer.text
    assert answer.json()["sha256"] == hashlib.sha256(data).hexdigest()


def test_parts_go_to_their_addresses_without_a_login(live: str, sender: dict[str, str]) -> None:
    data = os.urandom(MIB)
    body = {"asset_id": sender["asset"], "filename": "a.mov", "size": len(data)}
    presigned = httpx.post(f"{live}/api/presign", headers=auth(sender), json=body, timeout=60).json()
    (part,) = presigned["parts"]
    assert part["url"].startswith(live + "/upload-parts/")
    put = httpx.put(part["url"], content=data, timeout=60)
    assert put.status_code == 200
    assert put.headers["ETag"].strip('"') == put.json()["etag"]
    tampered = part["url"][:-1] + ("A" if part["url"][-1] != "A" else "B")
    assert httpx.put(tampered, content=data, timeout=60).json()["code"] == "signature_invalid"
    promoted = httpx.post(
        f"{live}/api/promote",
        headers=auth(sender),
        json={"upload_id": presigned["upload_id"]},
        timeout=60,
    )
    assert (promoted.status_code, promoted.json()["asset_id"]) == (202, sender["asset"])


def test_what_is_refused(live: str, sender: dict[str, str]) -> None:
    url = f"{live}/api/assets/{sender['asset']}/upload?filename=a.mov"

    def pieces() -> Iterator[bytes]:
        yield b"x" * 1000

    def code(**more: Any) -> tuple[int, str]:
        headers = {**auth(sender), **more.pop("headers", {})}
        answer = httpx.post(url, headers=headers, timeout=60, **more)
        return answer.status_code, answer.json()["code"]

    assert code(content=pieces()) == (411, "length_required")
    assert code(content=b"") == (422, "empty_file")
    assert code(files={"other": b"x"}) == (422, "bad_form")
    assert code(files=[("file", b"x"), ("file2", b"y" * MIB)]) == (422, "bad_form")
    assert code(content=b"x", headers={"Content-Type": "multipart/form-data"}) == (422, "bad_form")
    boundary = {"Content-Type": "multipart/form-data; boundary=b"}
    for body in (
        b"--b\r\n",
        b"--b--\r\n",
        b"x" * 5 * MIB,
        b'--b\r\nContent-Disposition: form-data; name="file"',
    ):
        assert code(content=body, headers=boundary)[0] == 422
    assert httpx.get(f"{live}/api/health", timeout=60).status_code == 200


@pytest.mark.parametrize("chunk", [1, 2, 7, 200, 10**6])
@pytest.mark.parametrize("size", [0, 1, 2, 500])
def test_forms_in_pieces_of_any_size(chunk: int, size: int) -> None:
    data = os.urandom(size)
    form = (
        b'--b\r\nContent-Disposition: form-data; name="n"\r\n\r\nv\r\n--b\r\nContent-Disposition: form-data; '
        b'name="file"; filename="f"\r\nContent-Type: a/b\r\n\r\n' + data + b"\r\n--b--\r\n"
    )
    pieces = iter([form[at : at + chunk] for at in range(0, len(form), chunk)])
    found = multipart.open_form("multipart/form-data; boundary=b", len(form), pieces)
    assert (found.filename, found.content_type, found.size) == ("f", "a/b", size)
    assert b"".join(found.chunks) == data


@pytest.mark.parametrize("chunk", [1, 5, 1000])
def test_a_field_after_the_file_is_not_taken_for_it(chunk: int) -> None:
    form = (
        b'--b-b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nabc\r\n--b-b\r\n'
        b'Content-Disposition: form-data; name="x"\r\n\r\ny\r\n--b-b--\r\n'
    )
    pieces = iter([form[at : at + chunk] for at in range(0, len(form), chunk)])
    with pytest.raises(ValidationError):
        b"".join(multipart.open_form("multipart/form-data; boundary=b-b", len(form), pieces).chunks)


def test_a_form_that_breaks_off() -> None:
    form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n' + b"x" * 100
    found = multipart.open_form("multipart/form-data; boundary=b", 10**6, iter([form]))
    with pytest.raises((UploadIncompleteError, ValidationError)):
        b"".join(found.chunks)


SLOW_DISK = """
import sys, time
from dataclasses import replace
from pathlib import Path
from mam.config import load
from mam.services import receiving
from mam.web.server import serve
quick = receiving.BodyStream.read
def read(self, size):
    time.sleep(0.0015)
    return quick(self, size)
receiving.BodyStream.read = read
config = load(None, Path(sys.argv[1]))
serve(replace(config, server=replace(config.server, port=int(sys.argv[2]), processes=1)))
"""


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_memory_stays_flat_before_a_slow_disk(sqlite_box: Mam, sender: dict[str, str]) -> None:
    """400 MB in one body to a disk slower than the sender: below 250 MB, and only what is on its way."""
    port = free_port()
    command = [sys.executable, "-c", SLOW_DISK, str(sqlite_box.config.data), str(port)]
    with subprocess.Popen(command) as process:
        try:
            base = f"http://127.0.0.1:{port}"
            wait_for(base)
            before = peak(process.pid)
            url = f"{base}/api/assets/{sender['asset']}/upload?filename=a.mov"
            size = 400 * MIB
            headers = {**auth(sender), "Content-Length": str(size)}
            answer = httpx.post(url, headers=headers, content=zeros(size), timeout=250)
            assert answer.status_code == 201, answer.text
            assert peak(process.pid) < 250 * MIB
            assert peak(process.pid) - before < 40 * MIB
        finally:
            process.terminate()
            process.wait(60)


def zeros(size: int) -> Iterator[bytes]:
    piece = bytes(MIB)
    for _ in range(size // MIB):
        yield piece


def peak(pid: int) -> int:
    """The most memory the process ever had, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    line = next(one for one in status.splitlines() if one.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def wait_for(base: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{base}/api/health", timeout=5).status_code:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise TimeoutError(base)
