"""Uploads and promotion under faults: killed at every step, killed in a part, 200 at once."""

from __future__ import annotations

import asyncio
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
from upload_web import PART, WebProcess, files_below, web_process

from mam import failpoints
from mam.core import Mam
from mam.models import Asset, Job, Project, Upload, Version
from mam.services import uploads
from mam.types import SYSTEM

PROMOTE_ONCE = Path(__file__).with_name("promote_once.py")
BEFORE_MOVE = ("promote.claimed", "promote.frozen", "promote.hashed")
MOVED = ("store.linked", "promote.moved", "promote.before_commit")
COMMITTED = ("promote.committed", "promote.untidy")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dead process's claim is taken over at once, not after eight seconds."""
    monkeypatch.setattr("mam.services.upload_state.STALE_SECONDS", 0.0)


def complete_upload(mam: Mam, data: bytes) -> str:
    asset = Asset.create(project=Project.create(name="Rushes"), title="Clip")
    sha256 = hashlib.sha256(data).hexdigest()
    answer = uploads.presign(
        mam, SYSTEM, asset_id=asset.id, filename="clip.mov", size=len(data), sha256=sha256
    )
    for part in answer["parts"]:
        piece = data[(part["number"] - 1) * PART : part["number"] * PART]
        uploads.write_part(mam, part["url"].rpartition("/")[2], iter([piece]), len(piece))
    return str(answer["upload_id"])


def die_at(mam: Mam, failpoint: str, upload_id: str) -> None:
    """Promote in another process that ends at the failpoint, without any clean-up."""
    config = mam.config
    arguments = [str(config.data), config.database_url, config.queue_url, upload_id]
    done = subprocess.run(
        [sys.executable, str(PROMOTE_ONCE), *arguments],
        env={**os.environ, "MAM_FAILPOINT": failpoint},
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert done.returncode == failpoints.EXIT_STATUS, done.stderr


def check_all_or_nothing(mam: Mam, failpoint: str, upload_id: str, data: bytes) -> None:
    """What the crash left: a version exactly after the commit, its job with it, and the bytes somewhere."""
    upload = Upload.get_by_id(upload_id)
    committed = failpoint in COMMITTED
    assert (upload.state == "promoted") == committed
    assert Version.select().count() == Job.select().count() == int(committed)
    places = {
        name.partition("/")[0] for name in files_below(mam.config.store) if not name.endswith("lock.json")
    }
    assert places & {"uploads", "staging", "masters"}
    if failpoint in BEFORE_MOVE:
        assert "masters" not in places
    for area, key in (("masters", upload.version_id), ("staging", upload.staging_key)):
        if mam.storage.stat(area, key) is not None:
            with mam.storage.open(area, key) as stream:
                assert stream.read() == data


def check_promoted_once(mam: Mam, upload_id: str, data: bytes) -> None:
    """One version with the right bytes, one job, nothing left in staging."""
    upload = Upload.get_by_id(upload_id)
    version = Version.get()
    assert (upload.state, version.id, version.number) == ("promoted", upload.version_id, 1)
    assert version.sha256 == hashlib.sha256(data).hexdigest()
    assert version.locked
    assert Asset.get().status == "processing"
    assert [job.version_id for job in Job.select()] == [version.id]
    with mam.storage.open("masters", version.master_key) as stream:
        assert stream.read() == data
    key = f"masters/{version.id}"
    assert files_below(mam.config.store) == {key, f"{key}.lock.json"}


@pytest.mark.slow
@pytest.mark.parametrize("failpoint", [*BEFORE_MOVE, *MOVED, *COMMITTED])
def test_killed_at_any_step_a_retry_promotes_once(box: Mam, failpoint: str) -> None:
    """Promises C7, D5: kill -9 before and after each step; promoted once or not at all, staging kept."""
    # Given a complete upload whose promotion is killed
    data = os.urandom(100_000)
    upload_id = complete_upload(box, data)
    die_at(box, failpoint, upload_id)
    check_all_or_nothing(box, failpoint, upload_id, data)
    # When the client asks again, and the sweep passes
    answer = uploads.promote(box, SYSTEM, upload_id)
    uploads.sweep(box)
    # Then it is promoted once
    check_promoted_once(box, upload_id, data)
    assert answer["version_id"] == Version.get().id


@pytest.mark.slow
@pytest.mark.parametrize("failpoint", ["promote.hashed", "store.linked", "promote.untidy"])
def test_killed_and_never_asked_again_the_sweep_finishes(box: Mam, failpoint: str) -> None:
    """Promise D5: no client needed; masters are never eaten."""
    data = os.urandom(100_000)
    upload_id = complete_upload(box, data)
    die_at(box, failpoint, upload_id)
    uploads.sweep(box)
    check_promoted_once(box, upload_id, data)
    assert set(uploads.sweep(box).values()) == {0}


# --- over HTTP -----------------------------------------------------------------------------------


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebProcess]:
    with web_process(tmp_path / "data") as process:
        yield process


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_killed_in_the_middle_of_a_part_the_upload_resumes(web: WebProcess) -> None:
    """Promise A1: 200 MB, SIGKILL at 37 %, restart, resume; equal hash, one version, nothing left over."""
    # Given 200 MB of which 37 % are sent: four parts whole and half of the fifth
    data = os.urandom(200_000_000)
    asset_id = web.asset()
    upload = web.post("/api/presign", asset_id=asset_id, filename="clip.mov", size=len(data))
    pieces = {part["number"]: data[(part["number"] - 1) * PART :][:PART] for part in upload["parts"]}
    for part in upload["parts"][:4]:
        web.put(part["url"], pieces[part["number"]])
    half = web.put_half(upload["parts"][4]["url"], pieces[5])
    time.sleep(0.3)
    # When the server is killed and started again
    web.kill()
    half.close()
    web.start()
    # Then it knows what came whole, and the rest is enough
    state = web.client.get(f"/api/uploads/{upload['upload_id']}").raise_for_status().json()
    assert [part["number"] for part in state["received"]] == [1, 2, 3, 4]
    missing = sorted(set(pieces) - {part["number"] for part in state["received"]})
    fresh = web.post(f"/api/uploads/{upload['upload_id']}/parts", numbers=missing)
    for part in fresh["parts"]:
        web.put(part["url"], pieces[part["number"]])
    answer = web.post("/api/promote", upload_id=upload["upload_id"])
    asset = web.client.get(f"/api/assets/{asset_id}").raise_for_status().json()
    assert [version["id"] for version in asset["versions"]] == [answer["version_id"]]
    assert asset["versions"][0]["sha256"] == hashlib.sha256(data).hexdigest()
    key = f"masters/{answer['version_id']}"
    assert files_below(web.data / "store") == {key, f"{key}.lock.json"}


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_two_hundred_uploads_at_once(web: WebProcess) -> None:
    """200 uploads at once without an error; each arrives as it was sent."""
    # Given 200 assets and files of their own
    project = web.post("/api/projects", name="Many")["id"]
    files = {n: os.urandom(50_000 + n) for n in range(200)}

    async def upload(client: httpx.AsyncClient, number: int) -> str:
        async def post(path: str, **body: Any) -> Any:
            return (await client.post(path, json=body)).raise_for_status().json()

        data = files[number]
        asset = await post("/api/assets", project_id=project, title=str(number))
        sent = await post("/api/presign", asset_id=asset["id"], filename=f"{number}.bin", size=len(data))
        (await client.put(sent["parts"][0]["url"], content=data)).raise_for_status()
        version_id = (await post("/api/promote", upload_id=sent["upload_id"]))["version_id"]
        shape = (await client.get(f"/api/assets/{asset['id']}")).raise_for_status().json()
        assert shape["versions"][0]["sha256"] == hashlib.sha256(data).hexdigest()
        return str(version_id)

    async def all_at_once() -> list[str]:
        limits = httpx.Limits(max_connections=200)
        base, headers = web.client.base_url, web.client.headers
        async with httpx.AsyncClient(base_url=base, headers=headers, limits=limits, timeout=120) as client:
            return await asyncio.gather(*(upload(client, n) for n in files))

    # When they are all sent at the same time
    versions = asyncio.run(all_at_once())
    # Then each is a version of its own
    assert len(set(versions)) == 200
    kept = files_below(web.data / "store")
    assert len(kept) == 400
    assert all(name.startswith("masters/") for name in kept)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a small disk")
    yield folder
    # lazily: whoever was killed may hold a file for a moment longer
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_full_disk_is_survived(small_disk: Path, tmp_path: Path) -> None:
    """Promise A15: 100 MB into 64 MB; 507, nothing half counted, and it heals without a restart."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "config.toml").write_text(f'[storage]\npath = "{small_disk / "store"}"\n')
    with web_process(data) as web:
        # Given an upload larger than the disk
        asset_id, body = web.asset(), os.urandom(100_000_000)
        upload = web.post("/api/presign", asset_id=asset_id, filename="clip.mov", size=len(body))
        # When its parts are sent, then those that fit are taken, the others are refused by name
        answers = [
            web.try_put(part["url"], body[(part["number"] - 1) * PART :][:PART]) for part in upload["parts"]
        ]
        assert [one.status_code for one in answers] == [200, 200, 200, 507, 507, 507]
        assert answers[-1].json()["code"] == "storage_full"
        state = web.client.get(f"/api/uploads/{upload['upload_id']}").raise_for_status().json()
        assert [part["number"] for part in state["received"]] == [1, 2, 3]
        whole = web.client.post(f"/api/assets/{asset_id}/upload", content=body)
        assert (whole.status_code, whole.json()["code"]) == (507, "storage_full")
        # and when it is given up there is room again
        assert web.client.delete(f"/api/uploads/{upload['upload_id']}").status_code == 204
        assert files_below(small_disk) == set()
        assert web.client.post(f"/api/assets/{asset_id}/upload", content=body[:1000]).status_code == 201


def status(web: WebProcess, asset_id: str) -> str:
    return str(web.client.get(f"/api/assets/{asset_id}").json()["status"])


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_body_in_one_piece_that_breaks_leaves_nothing(web: WebProcess) -> None:
    """Promise A4: chunked without length 411, too short gone without a trace, the asset as before."""
    asset_id = web.asset()
    path = f"/api/assets/{asset_id}/upload"
    chunked = web.client.post(path, content=iter([b"x" * 1000]))
    assert (chunked.status_code, chunked.json()["code"]) == (411, "length_required")
    web.post_half(path, b"x" * 1_000_000)
    deadline = time.monotonic() + 60
    while files_below(web.data / "store") or status(web, asset_id) != "awaiting_upload":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    whole = web.client.post(path, content=b"x" * 1000, headers={"X-Filename": "a.bin"})
    assert whole.status_code == 201
