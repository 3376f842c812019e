"""A share with a watermark: guests get pictures with their name burnt in, and no others, by any address."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from quart import Quart
from share_steps import Guest, guest_of, make_share

from mam.core import Mam
from mam.media import watermark
from mam.models import Job, Share, Watermark, now
from mam.services import jobs, watermarks

WIDE, HIGH = 320, 180


@pytest.fixture(scope="session")
def grey(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Three seconds of plain grey, with sound: whatever is drawn on it shows."""
    made = tmp_path_factory.mktemp("watermark") / "grey.mov"
    picture = ["-f", "lavfi", "-i", f"color=gray:size={WIDE}x{HIGH}:rate=25:duration=3"]
    sound = ["-f", "lavfi", "-i", "sine=frequency=440:duration=3"]
    coding = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    subprocess.run(["ffmpeg", "-v", "error", *picture, *sound, *coding, made], check=True, timeout=60)
    return Path(made).read_bytes()


async def test_what_a_guest_sees_bears_the_name(
    box: Mam, app: Quart, people: dict[str, Any], grey: bytes, tmp_path: Path
) -> None:
    # Given a film whose preview is ready, and a link with a watermark
    ana = people["ana"]
    asset = await _film(box, ana, grey)
    version_id = asset["current_version_id"]
    share = await make_share(ana, asset_ids=[asset["id"]], watermark="Only for {name}")
    assert share["watermark"] == "Only for {name}"
    guest = guest_of(app, share)
    assert await guest.enter("Vera <Client>") == 303
    # When the guest opens it, then the marked preview is being made, and nothing else is handed out
    status = f"/api/preview/status?version_id={version_id}"
    sign = {"version_id": version_id, "expires_in": 3600}
    found = (await guest.call("GET", status))[1]
    assert (found["status"], found["playable"]) == ("queued", False)
    assert (await guest.call("POST", "/api/sign-preview", json=sign))[0] == 404
    assert (await guest.call("GET", f"/img/{version_id}?w=320"))[0] == 404
    # When it is made, then it plays: as many frames as before, with the words in the picture, with its sound
    _run_due(box)
    found = (await guest.call("GET", status))[1]
    assert (found["status"], found["playable"], found["error"]) == ("ready", True, None)
    signed = (await guest.call("POST", "/api/sign-preview", json=sign))[1]
    assert signed["sprite_url"] is None
    marked = await _frames(guest, signed["url"], "marked", tmp_path)
    plain = await _studio_frames(ana, version_id, tmp_path)
    assert len(marked) == len(plain) == 75
    for one, other in zip(marked, plain, strict=True):
        assert np.ptp(other) <= 4  # plain grey
        rows = np.ptp(one, axis=1)
        assert all(rows[int(HIGH * row)] > 40 for row in (0.2, 0.5, 0.8))
        assert rows[int(HIGH * 0.35)] < 20
    assert "audio0/index.m3u8" in await _text(guest, signed["url"])
    # And the still, too
    status_code, image = await guest.call("GET", f"/img/{version_id}?w=320&f=jpeg")
    assert status_code == 200
    (tmp_path / "still.jpg").write_bytes(image)
    still = np.asarray(Image.open(tmp_path / "still.jpg").convert("L"), dtype=int)
    assert np.ptp(still[int(HIGH * 0.5)]) > 40
    # And the address of it opens nothing that is unmarked
    path = signed["url"][signed["url"].index("/s/") :]
    row = Watermark.get()
    assert (await guest.client.get(path.replace(row.id, version_id))).status_code == 403
    # When the words change, then the old picture is not shown any more, and the sweep removes it
    assert (await ana.call("PATCH", f"/api/shares/{share['id']}", json={"watermark": True}))[0] == 200
    assert (await guest.call("GET", status))[1]["status"] == "queued"
    assert watermarks.sweep(box) == 1
    assert [info.key for info in box.storage.list("previews", f"{row.id}/")] == []


async def test_a_watermark_and_downloads_exclude_each_other(
    box: Mam, app: Quart, people: dict[str, Any]
) -> None:
    ana = people["ana"]
    project = (await ana.call("POST", "/api/projects", json={"name": "P"}))[1]["id"]
    both = {"project_id": project, "watermark": True, "allow_download": "preview"}
    status, body = await ana.call("POST", "/api/shares", json=both)
    assert (status, body["errors"][0]["field"]) == (422, "watermark")
    share = await make_share(ana, project_id=project, watermark=True)
    assert share["watermark"] == watermarks.STANDARD
    change = {"allow_download": True}
    status, body = await ana.call("PATCH", f"/api/shares/{share['id']}", json=change)
    assert (status, body["errors"][0]["field"]) == (422, "allow_download")
    assert Share.get_by_id(share["id"]).download == "none"


def test_words_are_one_printable_line_and_fit() -> None:
    values = {"name": "Vera\n{date}\x1b", "date": "2026-11-21", "share": "Teaser"}
    assert watermark.words("{name} · {share}", values) == "Vera {date} · Teaser"
    assert len(watermark.words("x" * 500, {})) == watermark.LONGEST
    assert watermark.letters("short", 1920, 1080) == 1080 // 14
    assert watermark.letters("x" * 100, 640, 360) < 360 // 14
    assert "&lt;b&gt;" in watermark.svg("<b>", 640, 360)


async def _film(box: Mam, ana: Any, data: bytes) -> dict[str, Any]:
    project = (await ana.call("POST", "/api/projects", json={"name": "Rushes"}))[1]["id"]
    asset = (await ana.call("POST", "/api/assets", json={"project_id": project, "title": "Grey"}))[1]
    more = {"data": data, "headers": {"Content-Length": str(len(data))}}
    path = f"/api/assets/{asset['id']}/upload?filename=grey.mov"
    assert (await ana.call("POST", path, **more))[0] == 201
    _run_due(box)
    found = (await ana.call("GET", f"/api/assets/{asset['id']}"))[1]
    assert found["status"] == "ready", found
    return dict(found)


def _run_due(box: Mam) -> None:
    while (job := Job.select().where((Job.state == "queued") & (Job.run_after <= now())).first()) is not None:
        jobs.run(box, job.id)


async def _text(guest: Guest, url: str) -> str:
    answer = await guest.client.get(url[url.index("/s/") :])
    assert answer.status_code == 200
    return str(await answer.get_data(as_text=True))


async def _frames(guest: Guest, url: str, rung: str, folder: Path) -> Any:
    """The grey values of every frame of a rung that an address leads to."""
    path = url[url.index("/s/") :]
    playlist = await _text(guest, url)
    line = next(one for one in playlist.splitlines() if f"/{rung}/" in one and not one.startswith("#"))
    base = f"{path.rpartition('/')[0]}/{line.rpartition('/')[0]}"
    media = await _text(guest, f"{base}/index.m3u8")
    names = ["init.mp4", *(one for one in media.splitlines() if one and not one.startswith("#"))]
    with (folder / f"{rung}.mp4").open("wb") as film:
        for name in names:
            answer = await guest.client.get(f"{base}/{name}")
            assert answer.status_code == 200
            film.write(await answer.get_data(as_text=False))
    return _decoded(folder / f"{rung}.mp4")


async def _studio_frames(ana: Any, version_id: str, folder: Path) -> Any:
    sign = {"version_id": version_id, "expires_in": 600}
    signed = (await ana.call("POST", "/api/sign-preview", json=sign))[1]
    return await _frames(Guest(ana.client, ""), signed["url"], str(HIGH), folder)


def _decoded(film: Path) -> Any:
    command = ["ffmpeg", "-v", "error", "-i", film, "-f", "rawvideo", "-pix_fmt", "gray", "-"]
    raw = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout
    return np.frombuffer(raw, dtype=np.uint8).astype(int).reshape(-1, HIGH, WIDE)
