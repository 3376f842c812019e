"""A whole box on the S3 store: parts sent to the bucket, a locked master, previews through the edge."""

from __future__ import annotations

import asyncio
import hashlib
import io
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from mam_storage_s3 import Settings
from minio import Minio
from minio.error import S3Error
from seaweed import Seaweed

from mam import models
from mam.config import Config, Uploads
from mam.core import Mam, open_mam, prepare_data
from mam.errors import ChecksumMismatchError, StorageError
from mam.models import Asset, Job, Project, Upload, Version, now
from mam.services import accounts, copies, delivery, jobs, masters, proxies, uploads
from mam.types import SYSTEM, Redirect
from mam.web.app import create_app
from mam.web.asgi import PART_ORIGIN, security_policy

PART = 5 << 20
PASSPHRASE = "a long passphrase"  # noqa: S105 - of a test
NAME = 'Tag 1 "Größe".mp4'


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Two seconds of picture and sound, filled up to two parts by a box that players skip."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=2"]
    command += ["-f", "lavfi", "-i", "sine=duration=2", "-c:v", "libx264", "-preset", "ultrafast"]
    subprocess.run([*command, "-pix_fmt", "yuv420p", "-c:a", "aac", path], check=True)
    return path.read_bytes() + (6 << 20).to_bytes(4, "big") + b"free" + bytes((6 << 20) - 8)


@pytest.fixture
def mam(
    make_config: Callable[..., Config], config_of: Callable[..., Config], settings: Settings
) -> Iterator[Mam]:
    """A box whose store is the plugin, its self-check made."""
    listed = config_of(settings)
    config = make_config(
        plugins=listed.plugins, plugin_tables=listed.plugin_tables, uploads=Uploads(part_bytes=PART)
    )
    prepare_data(config)
    box = open_mam(config, migrate=True)
    box.queue.redis.flushdb()
    models.database.connect(reuse_if_open=True)
    yield box
    models.database.close()
    box.queue.redis.close()


@dataclass
class Sent:
    """An upload that was promoted."""

    version: Version
    addresses: list[str]


def send(mam: Mam, data: bytes) -> Sent:
    """Announce, PUT every part as a browser does, promote."""
    asset = Asset.create(project=Project.create(name="Rushes"), title="A film", status="empty")
    digest = hashlib.sha256(data).hexdigest()
    told = uploads.presign(
        mam, SYSTEM, asset_id=asset.id, filename=NAME, size=len(data), content_type="video/mp4", sha256=digest
    )
    named = put_parts(told["parts"], data)
    assert len(uploads.get_upload(mam, SYSTEM, told["upload_id"])["received"]) == len(named)
    done = uploads.promote(mam, SYSTEM, told["upload_id"], named)
    addresses = [part["url"] for part in told["parts"]]
    return Sent(Version.get_by_id(done["version_id"]), addresses)


def test_damaged_parts_are_sent_again(mam: Mam, film: bytes) -> None:
    """Promise A5, A8: other bytes than announced are no master; the same upload then takes the right ones."""
    # Given an upload whose second part was damaged on its way
    asset = Asset.create(project=Project.create(name="Rushes"), title="A film", status="empty")
    digest = hashlib.sha256(film).hexdigest()
    told = uploads.presign(mam, SYSTEM, asset_id=asset.id, filename=NAME, size=len(film), sha256=digest)
    put_parts(told["parts"], film[:-1] + b"x")
    # When it is promoted, then it is refused and nothing is among the masters
    with pytest.raises(ChecksumMismatchError):
        uploads.promote(mam, SYSTEM, told["upload_id"])
    assert list(mam.storage.list("masters")) == []
    # And the right bytes, sent to fresh addresses of the same upload, are promoted
    assert uploads.get_upload(mam, SYSTEM, told["upload_id"])["received"] == []
    put_parts(uploads.part_addresses(mam, SYSTEM, told["upload_id"], [1, 2])["parts"], film)
    done = uploads.promote(mam, SYSTEM, told["upload_id"])
    assert Version.get_by_id(done["version_id"]).sha256 == digest


def put_parts(parts: list[dict[str, Any]], data: bytes) -> list[dict[str, Any]]:
    """PUT each part as a browser does; what the store answered."""
    named = []
    for part in parts:
        start = (part["number"] - 1) * PART
        answer = httpx.put(part["url"], content=data[start : start + part["size"]], timeout=60)
        assert answer.status_code == 200
        named.append({"number": part["number"], "etag": answer.headers["etag"]})
    return named


def run_all(mam: Mam) -> None:
    """Run every queued job, and those they queue, as a worker does."""
    while (job := Job.select().where(Job.state == "queued", Job.run_after <= now()).first()) is not None:
        jobs.run(mam, job.id)


async def get(client: Any, path: str) -> tuple[int, bytes]:
    answer = await client.get(path)
    return answer.status_code, await answer.get_data()


@pytest.mark.slow
async def test_from_the_first_part_to_the_picture(
    mam: Mam, film: bytes, settings: Settings, raw: Minio, seaweed: Seaweed
) -> None:
    """Issue 4, 1: presign, parts to the bucket, promote, examine, render, the edge from its disk cache."""
    # Given a film that is sent in parts, straight to the store
    sent = send(mam, film)
    assert all(
        url.startswith(f"http://{settings.endpoint}/{settings.staging_bucket}/") for url in sent.addresses
    )
    # Then the master is locked in its bucket under its version, and staging is empty
    kept = raw.get_object_retention(settings.masters_bucket, sent.version.id, sent.version.master_version)
    assert kept is not None
    assert (kept.mode, sent.version.locked) == ("COMPLIANCE", True)
    assert list(raw.list_objects(settings.staging_bucket, recursive=True)) == []
    assert Upload.select().where(Upload.state == "promoted").count() == 1
    # When a worker examines and renders it
    run_all(mam)
    # Then it is ready, and what it made lies in the previews bucket
    version = Version.get_by_id(sent.version.id)
    assert version.preview_status == "ready"
    found = [one.object_name or "" for one in raw.list_objects(settings.previews_bucket, recursive=True)]
    assert f"{version.id}/master.m3u8" in found
    assert any(name.endswith(".m4s") for name in found)
    # And the edge serves it
    grant = delivery.sign_preview(mam, SYSTEM, version.id)["url"]
    base = urlsplit(grant).path.rpartition("/")[0]
    client = create_app(mam).test_client()
    status, playlist = await get(client, f"{base}/master.m3u8")
    assert (status, playlist[:7]) == (200, b"#EXTM3U")
    segment = next(name for name in found if name.endswith("00000.m4s")).partition("/")[2]
    status, first = await get(client, f"{base}/{segment}")
    assert (status, len(first) > 1000) == (200, True)
    # And goes on to serve what it has while the store hangs (promise D6)
    files = [path for path in mam.config.edge_cache.rglob("*") if path.is_file()]
    assert files
    again = create_app(mam).test_client()
    assert (await get(again, f"{base}/{segment}"))[0] == 200
    seaweed.pause()
    try:
        assert await get(again, f"{base}/{segment}") == (200, first)
    finally:
        seaweed.resume()


def test_a_delete_marker_loses_nothing(mam: Mam, film: bytes, settings: Settings, raw: Minio) -> None:
    """Promise D3, D4: deleted and overwritten outside the box; verify and download give the first bytes."""
    # Given a master whose key somebody deletes and writes over
    version = send(mam, film).version
    raw.remove_object(settings.masters_bucket, version.master_key)
    raw.fput_object(settings.masters_bucket, version.master_key, __file__)
    # When it is verified and downloaded
    digests = masters.verify(mam, version)
    answer = delivery.download(mam, SYSTEM, version.id).delivery
    # Then its bytes are the ones that came in, under the name they came with
    assert digests.sha256 == hashlib.sha256(film).hexdigest()
    assert isinstance(answer, Redirect)
    got = httpx.get(answer.url, timeout=60)
    assert got.content == film
    assert "filename*=UTF-8''Tag%201%20%22Gr%C3%B6%C3%9Fe%22.mp4" in got.headers["content-disposition"]
    with pytest.raises(S3Error):
        raw.remove_object(settings.masters_bucket, version.master_key, version_id=version.master_version)


def test_a_part_address_is_dead_after_promote(mam: Mam, film: bytes) -> None:
    """Promise A8: what was verified is frozen; the same addresses take nothing any more."""
    sent = send(mam, film)
    assert httpx.put(sent.addresses[1], content=film[PART:], timeout=60).status_code in (403, 404)
    assert masters.verify(mam, sent.version).size == len(film)


def test_a_worker_does_not_use_a_copy_that_differs(
    mam: Mam, film: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise D7: a flipped byte on the way is an error before anybody reads the copy."""
    # Given a master, and a line that flips one byte
    version = send(mam, film).version
    true = mam.storage.open

    def flipped(*args: object, **more: object) -> object:
        with true(*args, **more) as stream:
            data = bytearray(stream.read())
        data[1000] ^= 1
        return io.BytesIO(bytes(data))

    monkeypatch.setattr(mam.storage, "open", flipped)
    # When a worker wants it, then it gets none
    with pytest.raises(StorageError, match="not the master"), masters.local_copy(mam, version):
        pytest.fail("the copy was given out")


def test_pages_may_send_to_the_store(mam: Mam, settings: Settings) -> None:
    """The content security policy names the store's origin, and nothing else beside the portal's own."""
    app = create_app(mam)
    policy = security_policy(app.config[PART_ORIGIN]).decode()
    assert f"connect-src 'self' http://{settings.endpoint};" in policy
    assert "connect-src 'self';" in security_policy().decode()


def test_cleaners_never_eat_masters_or_previews(
    mam: Mam, film: bytes, settings: Settings, raw: Minio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise D10: every sweep with the clock ten years on; master and previews are what they were."""
    # Given a master with something made of it, and an upload that was never finished
    version = send(mam, film).version
    mam.storage.put("previews", f"{version.id}/master.m3u8", io.BytesIO(b"#EXTM3U"), 7)
    asset = Asset.create(project=Project.create(name="Left"), title="Left", status="empty")
    left = uploads.presign(mam, SYSTEM, asset_id=asset.id, filename="x", size=100)
    httpx.put(left["parts"][0]["url"], content=b"x" * 100, timeout=60).raise_for_status()
    # When all sweeps run ten years later
    later = now() + timedelta(days=3653)
    for module in ("upload_sweep", "delivery", "proxies", "masters", "copies"):
        monkeypatch.setattr(f"mam.services.{module}.now", lambda: later, raising=False)
    uploads.sweep(mam)
    delivery.sweep_revocations(mam)
    proxies.sweep(mam)
    copies.fill(mam)
    # Then the unfinished upload is gone, and nothing else
    assert list(raw.list_objects(settings.staging_bucket, recursive=True)) == []
    assert masters.verify(mam, version).sha256 == hashlib.sha256(film).hexdigest()
    assert [one.key for one in mam.storage.list("previews")] == [f"{version.id}/master.m3u8"]
    assert masters.orphans(mam) == []


@pytest.mark.slow
async def test_a_store_that_hangs_costs_nobody_a_job(
    make_config: Callable[..., Config],
    config_of: Callable[..., Config],
    settings: Settings,
    seaweed: Seaweed,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Promise D6: while it hangs: 503 with Retry-After, jobs wait and count no attempt; then all goes on."""
    # Given a box that loses patience soon, with a picture to be examined and one to be verified
    monkeypatch.setattr("mam_storage_s3.connection.READ_SECONDS", 3.0)
    monkeypatch.setattr("mam_storage_s3.connection._TRIES", 0)
    listed = config_of(settings)
    config = make_config(plugins=listed.plugins, plugin_tables=listed.plugin_tables)
    prepare_data(config)
    box = open_mam(config, migrate=True, check=False)
    box.queue.redis.flushdb()
    models.database.connect(reuse_if_open=True)
    version = send(box, b"nothing that could be shown").version
    waiting = Job.get(Job.kind == "examine")
    accounts.add_user(box, email="a@example.org", name="A", password=PASSPHRASE, admin=True)
    client = create_app(box).test_client()
    login = await client.post("/auth/login", json={"email": "a@example.org", "password": PASSPHRASE})
    bearer = {"Authorization": f"Bearer {(await login.get_json())['access_token']}"}
    # When the store hangs
    seaweed.pause()
    try:
        verified = await client.post(f"/api/versions/{version.id}/verify", headers=bearer)
        health_told = await client.get("/api/health")
        for _ in range(4):  # more often than a job may fail
            Job.update(run_after=now()).where(Job.id == waiting.id).execute()
            jobs.run(box, waiting.id)
    finally:
        seaweed.resume()
    # Then callers are told when to come back, and the job waits without a mark
    assert (verified.status_code, int(verified.headers["Retry-After"]) > 0) == (503, True)
    assert health_told.status_code == 503
    job = Job.get_by_id(waiting.id)
    assert (job.state, job.attempts, job.error_code) == ("queued", 0, "storage_unavailable")
    # When it is back, then everything goes on by itself
    await asyncio.sleep(3.5)  # so long a store that was silent is left alone
    Job.update(run_after=now()).where(Job.id == waiting.id).execute()
    jobs.run(box, waiting.id)
    assert Job.get_by_id(waiting.id).state == "done"
    assert (await client.post(f"/api/versions/{version.id}/verify", headers=bearer)).status_code == 202
    assert Job.select().where(Job.state == "dead").count() == 0
    models.database.close()
    box.queue.redis.close()
