"""From a finished upload to every byte of its preview, and to nothing for whoever may not."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import time
from urllib.parse import urljoin

import httpx
import pytest
from stranger import TIME, Stage, raw


@pytest.fixture(scope="module")
def version(stage: Stage, clip: bytes) -> dict:
    """A clip that was uploaded and rendered."""
    made = stage.ana.version(clip)
    state = stage.ana.settled(made["id"])
    assert (state["status"], state["percent"]) == ("ready", 100), state
    return made


@pytest.fixture(scope="module")
def signed(stage: Stage, version: dict) -> dict:
    """Addresses to play it."""
    body = {"version_id": version["id"], "expires_in": 600}
    return stage.ana.post("/api/sign-preview", json=body).json()


@pytest.fixture(scope="module")
def played(stage: Stage, signed: dict) -> dict[str, httpx.Response]:
    """Every address that can be reached from the master playlist, with its answer."""
    found: dict[str, httpx.Response] = {}
    waiting = [signed["url"]]
    while waiting:
        address = waiting.pop()
        found[address] = answer = stage.nobody.get(address)
        assert answer.status_code == 200, address
        for line in answer.text.splitlines() if address.endswith(".m3u8") else ():
            named = re.findall(r'URI="([^"]+)"', line) if line.startswith("#") else [line]
            waiting += [urljoin(address, one) for one in named if one]
    return found


def segment_of(played: dict[str, httpx.Response]) -> tuple[str, bytes, str]:
    """One media segment: its address, its bytes, its tag."""
    address = next(one for one in played if one.endswith(".m4s"))
    return address, played[address].content, played[address].headers["etag"]


def test_state_of_a_preview(stage: Stage, version: dict) -> None:
    state = stage.ana.get("/api/preview/status", params={"version_id": version["id"]}).json()
    assert state.keys() == {"version_id", "status", "playable", "percent", "renditions", "error"}
    assert all(one.keys() == {"name", "height", "status"} for one in state["renditions"])
    asset = stage.ana.get(f"/api/assets/{version['asset_id']}").json()
    media = asset["versions"][0]["media"]
    assert (asset["kind"], asset["status"], asset["current_version_id"]) == ("video", "ready", version["id"])
    assert (media["frame_rate"], media["width"], media["height"]) == ("25/1", 640, 360)
    assert (media["start_timecode"], media["drop_frame"], media["codec"]) == ("01:00:00:00", False, "h264")
    with stage.ana.stream("GET", "/api/preview/events", params={"version_id": version["id"]}) as events:
        assert events.headers["content-type"].startswith("text/event-stream")
        lines = events.iter_lines()
        told = [next(one for one in lines if one.startswith(kind)) for kind in ("event:", "data:")]
    assert told[0] == "event: status"
    assert version["id"] in told[1]
    again = stage.ana.post("/api/preview", json={"version_id": version["id"]})
    assert (again.status_code, again.json().keys()) == (202, {"job_id"})


def test_a_text_is_stored_without_a_preview(stage: Stage) -> None:
    made = stage.ana.version(b"no picture in here", "notes.bin")
    assert stage.ana.settled(made["id"])["status"] == "unsupported"


def test_callbacks_need_their_signature(stage: Stage) -> None:
    for headers in ({}, {"X-Mam-Signature": "v1,abc"}, {"Authorization": f"Bearer {stage.admin.token}"}):
        assert stage.nobody.post("/api/preview/callback", content=b"{}", headers=headers).status_code == 401


def test_addresses_hold_a_minute_to_an_hour(stage: Stage, version: dict) -> None:
    body = {"version_id": version["id"]}
    for seconds in (59, 3601, 0, -1, "60", 60.5, True, None, 10**30):
        answer = stage.ana.post("/api/sign-preview", json={**body, "expires_in": seconds})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "expires_in")
    assert stage.ana.post("/api/sign-preview", json=body).status_code == 422
    for seconds in (60, 3600):
        answer = stage.ana.post("/api/sign-preview", json={**body, "expires_in": seconds})
        assert answer.json().keys() >= {"url", "poster_url", "sprite_url", "captions", "expires_at"}
        assert TIME.fullmatch(answer.json()["expires_at"])
    for address, status in (("127.0.0.1", 200), ("10.1.2.3", 403), ("::1", 403)):
        bound = stage.ana.post("/api/sign-preview", json={**body, "expires_in": 60, "ip": address}).json()
        assert stage.nobody.get(bound["url"]).status_code == status
    for address in ("x", "127.0.0.1/8", 5):
        odd = stage.ana.post("/api/sign-preview", json={**body, "expires_in": 60, "ip": address})
        assert odd.status_code == 422


def test_every_address_of_every_playlist(
    stage: Stage, signed: dict, played: dict[str, httpx.Response]
) -> None:
    """Promise E6: each of them answers, and none without its grant."""
    assert {one.rpartition(".")[2] for one in played} == {"m3u8", "mp4", "m4s"}
    playlists = [one.text for url, one in played.items() if url.endswith("index.m3u8")]
    assert playlists
    assert all("#EXT-X-ENDLIST" in one for one in playlists)
    assert stage.nobody.get(signed["poster_url"]).headers["content-type"] == "image/jpeg"
    for address in [*played, signed["poster_url"]]:
        answer = stage.nobody.get(re.sub(r"/s/[^/]+/", "/s/x/", address))
        assert (answer.status_code, answer.json()["code"]) == (403, "signature_invalid")


def test_ranges_tags_and_methods(stage: Stage, played: dict[str, httpx.Response]) -> None:
    """Promise E8, from outside."""
    address, content, tag = segment_of(played)
    size = len(content)
    for headers, status, expected in (
        ({"Range": "bytes=0-0"}, 206, content[:1]),
        ({"Range": "bytes=-5"}, 206, content[-5:]),
        ({"Range": f"bytes={size - 1}-"}, 206, content[-1:]),
        ({"Range": "bytes=0-3", "If-Range": tag}, 206, content[:4]),
        ({"Range": "bytes=0-3", "If-Range": '"x"'}, 200, content),
        ({"If-None-Match": tag}, 304, b""),
        ({"If-None-Match": '"x"'}, 200, content),
    ):
        answer = stage.nobody.get(address, headers=headers)
        assert (answer.status_code, answer.content) == (status, expected), headers
    past = stage.nobody.get(address, headers={"Range": f"bytes={size}-"})
    assert (past.status_code, past.headers["content-range"]) == (416, f"bytes */{size}")
    head = stage.nobody.head(address)
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(size), b"")
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert stage.nobody.request(method, address).status_code == 405
    assert stage.nobody.options(address).status_code == 204


def test_a_changed_address_gives_nothing(
    stage: Stage, version: dict, played: dict[str, httpx.Response]
) -> None:
    """Promises E2, E3, E5, over a real socket: every character of the grant, and ways around the path."""
    address, content, _ = segment_of(played)
    grant, tail = address.split("/s/")[1].split("/", 1)
    bodies = set()
    for place, char in enumerate(grant):
        changed = f"{grant[:place]}{'A' if char != 'A' else 'B'}{grant[place + 1 :]}"
        answer = stage.nobody.get(f"/s/{changed}/{tail}")
        assert answer.status_code == 403, place
        bodies.add(answer.content)
    assert len(bodies) == 1
    identity = version["id"]
    other = stage.ana.version(b"other", "o.bin")["id"]
    for odd in (
        f"/{tail}", tail.replace("/", "%2f"), f"{tail}?x=1", f"{tail};x", tail.upper(), f"{tail}/",
        tail.replace(identity, other), tail.replace(identity, f"{identity}/../{other}"), f"%2e%2e/{tail}",
        f"{identity}/../../masters/{identity}", f"{tail}%00", f"{tail}/../../../../../../etc/passwd",
    ):  # fmt: skip
        request = f"GET /s/{grant}/{odd} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        status, answer = raw(stage.box.url, request.encode())
        assert status in (403, 404), odd
        assert content[:64] not in answer


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="no ffprobe outside the product here")
def test_players_read_the_address(signed: dict) -> None:
    shown = ["-show_entries", "stream=codec_name", "-of", "csv=p=0", signed["url"]]
    probed = subprocess.run(
        ["ffprobe", "-v", "error", *shown], capture_output=True, text=True, timeout=60, check=True
    )
    assert {"h264", "aac"} <= set(probed.stdout.split())
    decoded = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", signed["url"], "-f", "null", "-"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert decoded.stderr == ""


def test_download_is_the_master(stage: Stage, version: dict, clip: bytes) -> None:
    found = stage.ana.get(f"/api/versions/{version['id']}/download")
    assert found.status_code == 302
    address = found.headers["location"]
    got = stage.nobody.get(address)
    assert hashlib.sha256(got.content).hexdigest() == version["sha256"] == hashlib.sha256(clip).hexdigest()
    assert (
        got.headers["content-disposition"] == "attachment; filename=\"clip.mp4\"; filename*=UTF-8''clip.mp4"
    )
    assert got.headers["x-content-type-options"] == "nosniff"
    part = stage.nobody.get(address, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, clip[10:20])
    assert stage.nobody.get(address[:-2]).status_code == 403


def test_the_trash_takes_addresses_back(stage: Stage) -> None:
    """Promise E12: by itself, within ten seconds (`test_the_stated_time_of_a_revocation_is_ten_seconds`)."""
    made = stage.ana.version(b"to be thrown away", "t.bin")
    address = stage.ana.get(f"/api/versions/{made['id']}/download").headers["location"]
    assert stage.nobody.get(address).status_code == 200
    assert stage.ana.delete(f"/api/assets/{made['asset_id']}").status_code == 204
    deadline = time.monotonic() + 60
    while stage.nobody.get(address).status_code == 200:
        assert time.monotonic() < deadline
        time.sleep(0.5)
