"""Proxies to edit with, as a service: asked for once, fenced, told when they fail, gone with their row."""

from __future__ import annotations

import hashlib
import io
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import xxhash

from mam.config import Proxies
from mam.core import Mam
from mam.errors import ConfigError, ConflictError, NotFoundError, ValidationError
from mam.ids import new_id
from mam.models import Asset, AuditEntry, Job, Project, Proxy, Version, now
from mam.services import job_admin, jobs, proxies
from mam.services import proxies as service
from mam.types import SYSTEM, Actor

STRANGER = Actor(user_id=new_id(), roles=("member",))


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A second of picture with a timecode."""
    made = tmp_path_factory.mktemp("proxies") / "film.mov"
    source = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=1", "-timecode", "01:00:00:00"]
    encode = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-metadata", "title=<b>"]
    subprocess.run(["ffmpeg", "-v", "error", *source, *encode, made], check=True, timeout=60)
    return Path(made).read_bytes()


@pytest.fixture
def stored(film: bytes) -> Callable[..., Version]:
    """Make a version that was examined."""

    def store(mam: Mam, data: bytes = film, media: Any = None) -> Version:
        version_id = new_id()
        asset = Asset.create(project=Project.create(name="Rushes"), title="A film", status="ready")
        mam.storage.put("masters", version_id, io.BytesIO(data), len(data))
        return Version.create(
            id=version_id, asset=asset, number=1, filename="Take 1 é.mov", size=len(data),
            master_key=version_id, sha256=hashlib.sha256(data).hexdigest(), preview_status="ready",
            xxh128=xxhash.xxh3_128_hexdigest(data), media=media or {"video": {"codec": "h264"}},
        )  # fmt: skip

    return store


def files(mam: Mam) -> list[str]:
    return [info.key for info in mam.storage.list("previews", "_proxies/")]


def run_due(mam: Mam) -> None:
    due = (Job.state == "queued") & (Job.kind == "proxy")
    while (job := Job.select().where(due, Job.run_after <= now()).first()) is not None:
        jobs.run(mam, job.id)


def test_a_proxy_is_made_once_and_removed(box: Mam, stored: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a film, and whoever listens
    version, heard = stored(box), []
    monkeypatch.setattr(box.queue, "publish", lambda event: heard.append(event) or True)
    # When it is asked for twice
    first = proxies.request(box, SYSTEM, version.id, "h264")
    assert proxies.request(box, SYSTEM, version.id, "h264") == first
    assert (first["status"], first["url"], first["filename"]) == ("queued", None, "Take 1 é_h264_proxy.mov")
    assert (Job.get().queue, Job.select().count()) == ("render", 1)
    with pytest.raises(NotFoundError):
        proxies.download(box, SYSTEM, version.id, first["id"])
    # And made
    run_due(box)
    (ready,) = proxies.list_for(box, SYSTEM, version.id)["items"]
    assert (ready["id"], ready["status"], ready["percent"]) == (first["id"], "ready", 100)
    assert ready["url"] == f"/api/versions/{version.id}/proxies/{first['id']}/download"
    assert files(box) == [f"_proxies/{version.id}/{first['id']}.mov"]
    assert box.storage.stat("previews", files(box)[0]).size == ready["size"]
    assert list(box.config.work.iterdir()) == []
    # Then every step was told, and a download is noted
    told = [one["data"]["proxy"]["status"] for one in heard if one["name"] == "version.proxy"]
    assert (told[0], told[-1]) == ("queued", "ready")
    assert "processing" in told
    assert "/d/" in proxies.download(box, SYSTEM, version.id, first["id"]).url
    # And it can be removed, with its file, and made again
    proxies.remove(box, SYSTEM, version.id, first["id"])
    assert (files(box), proxies.list_for(box, SYSTEM, version.id)["items"]) == ([], [])
    assert proxies.request(box, SYSTEM, version.id, "h264")["id"] != first["id"]
    actions = [row.action for row in AuditEntry.select().where(AuditEntry.action.startswith("proxy."))]
    assert actions == ["proxy.requested", "proxy.downloaded", "proxy.removed", "proxy.requested"]


def test_who_may_and_what_is_refused(sqlite_box: Mam, stored: Any) -> None:
    version = stored(sqlite_box)
    with pytest.raises(NotFoundError):
        proxies.request(sqlite_box, STRANGER, version.id, "h264")
    with pytest.raises(ValidationError):
        proxies.request(sqlite_box, SYSTEM, version.id, "dnxhd")
    with pytest.raises(ConflictError, match="no picture"):
        proxies.request(sqlite_box, SYSTEM, stored(sqlite_box, media={"video": None}).id, "h264")
    unknown = stored(sqlite_box)
    Version.update(media=None).where(Version.id == unknown.id).execute()
    with pytest.raises(ConflictError, match="looked at"):
        proxies.request(sqlite_box, SYSTEM, unknown.id, "h264")
    with pytest.raises(NotFoundError):
        proxies.remove(sqlite_box, SYSTEM, version.id, new_id())
    assert not Job.select().exists()


def test_a_proxy_that_fails_says_why_and_may_be_asked_for_again(
    sqlite_box: Mam, stored: Any, film: bytes
) -> None:
    # Given a damaged film
    version = stored(sqlite_box, film[:200] + bytes(len(film) - 200))
    proxy = proxies.request(sqlite_box, SYSTEM, version.id, "prores")
    # When it is made
    run_due(sqlite_box)
    # Then the reason is there, and nothing else
    (failed,) = proxies.list_for(sqlite_box, SYSTEM, version.id)["items"]
    assert failed["status"] == "failed"
    assert failed["error"]["detail"]
    assert files(sqlite_box) == []
    assert Version.get_by_id(version.id).preview_status == "ready"
    # And another try has another job
    again = proxies.request(sqlite_box, SYSTEM, version.id, "prores")
    assert (again["id"], again["status"], again["error"]) == (proxy["id"], "queued", None)
    assert Job.select().where(Job.state == "queued").count() == 1


def test_a_proxy_is_bounded(sqlite_box: Mam, stored: Any) -> None:
    # Given a box that allows little
    small = replace(sqlite_box, config=replace(sqlite_box.config, proxies=Proxies(max_bytes=20_000)))
    version = stored(small)
    proxies.request(small, SYSTEM, version.id, "prores")
    # When a larger one is made
    run_due(small)
    # Then it ends in a clear refusal
    (failed,) = proxies.list_for(small, SYSTEM, version.id)["items"]
    assert (failed["status"], failed["error"]["code"]) == ("failed", "source_too_large")
    with pytest.raises(ConfigError, match="proxies"):
        Proxies(height=0)


def test_what_is_removed_while_it_is_made_leaves_nothing(
    sqlite_box: Mam, stored: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise C4: also the moment between the file and the row."""
    # Given somebody who removes a proxy right after its file was stored
    version = stored(sqlite_box)
    proxy = proxies.request(sqlite_box, SYSTEM, version.id, "h264")
    honest = service._store  # noqa: SLF001 - the moment after it is what is tried

    def removed(*arguments: Any) -> int:
        size = honest(*arguments)
        proxies.remove(sqlite_box, SYSTEM, version.id, proxy["id"])
        sqlite_box.storage.put("previews", f"_proxies/{version.id}/{proxy['id']}.mov", io.BytesIO(b"x"), 1)
        return size

    monkeypatch.setattr(service, "_store", removed)
    # When the job ends
    run_due(sqlite_box)
    # Then neither row nor file is there, and the job is cancelled
    assert (files(sqlite_box), Proxy.select().count()) == ([], 0)
    assert Job.get().state == "cancelled"


def test_files_of_versions_that_are_gone_are_swept_once_an_hour(sqlite_box: Mam, stored: Any) -> None:
    # Given a proxy, and one whose version is gone
    version, gone = stored(sqlite_box), stored(sqlite_box)
    for one in (version, gone):
        proxies.request(sqlite_box, SYSTEM, one.id, "h264")
    run_due(sqlite_box)
    Version.delete().where(Version.id == gone.id).execute()
    assert len(files(sqlite_box)) == 2
    # When the worker cleans up, twice
    assert (proxies.sweep(sqlite_box), proxies.sweep(sqlite_box)) == (1, 0)
    # Then one is left
    (kept,) = files(sqlite_box)
    assert version.id in kept


def test_a_dead_job_that_is_run_again_is_told(sqlite_box: Mam, stored: Any) -> None:
    version = stored(sqlite_box)
    proxies.request(sqlite_box, SYSTEM, version.id, "h264")
    job = Job.get()
    job_admin.cancel(sqlite_box, SYSTEM, job.id)
    assert Proxy.get().status == "failed"
    job_admin.retry(sqlite_box, SYSTEM, job.id)
    assert (Proxy.get().status, Proxy.get().error_code) == ("queued", None)
    run_due(sqlite_box)
    assert Proxy.get().status == "ready"
