"""What stands beside the ladder, from a master to bytes over HTTP: the DASH manifest, proxies."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import xxhash
from edge_server import serve_app
from quart import Quart

from mam.core import Mam
from mam.edge.app import create_blueprint, open_edge
from mam.ids import new_id
from mam.models import Asset, Job, Project, Version, now
from mam.services import delivery, jobs, previews, proxies, sidecars
from mam.types import SYSTEM

MPD = "{urn:mpeg:dash:schema:mpd:2011}"
SRT = b"1\n00:00:00,200 --> 00:00:01,000\nHello\n"
SOURCES = {
    # name: (rate, timecode, frames, more of ffmpeg's arguments)
    "23.976": ("24000/1001", "01:00:10:00", 60, []),
    "29.97 DF": ("30000/1001", "00:00:59;20", 75, []),
    "25 interlaced": ("25", "10:00:00:00", 50, ["-flags", "+ildct+ilme", "-x264-params", "tff=1"]),
}


@pytest.fixture
def base(sqlite_box: Mam) -> Iterator[str]:
    """A real edge over the box's store."""
    app = Quart("test")
    app.register_blueprint(
        create_blueprint(open_edge(sqlite_box.config, sqlite_box.storage, sqlite_box.keys))
    )
    port, stop = serve_app(app)
    yield f"http://127.0.0.1:{port}"
    stop()


@pytest.fixture
def stored(tmp_path: Path) -> Callable[..., Version]:
    """Make a version whose master is a film that ffmpeg makes with these arguments."""

    def store(mam: Mam, arguments: list[str], name: str = "A001_C003.mov") -> Version:
        path = tmp_path / name
        subprocess.run(["ffmpeg", "-v", "error", "-y", *arguments, path], check=True, timeout=120)
        data, version_id = path.read_bytes(), new_id()
        asset = Asset.create(project=Project.create(name="Rushes"), title="A film", status="processing")
        mam.storage.put("masters", version_id, io.BytesIO(data), len(data))
        Asset.update(current_version_id=version_id).where(Asset.id == asset.id).execute()
        version = Version.create(
            id=version_id, asset=asset, number=1, filename=name, size=len(data), master_key=version_id,
            sha256=hashlib.sha256(data).hexdigest(), xxh128=xxhash.xxh3_128_hexdigest(data),
        )  # fmt: skip
        return Version.get_by_id(version.id)

    return store


def run_due(mam: Mam, *kinds: str) -> None:
    ours = (Job.state == "queued") & Job.kind.in_(kinds)
    while (job := Job.select().where(ours, Job.run_after <= now()).first()) is not None:
        jobs.run(mam, job.id)


def film(rate: str, timecode: str, frames: int, more: list[str], tracks: int = 2) -> list[str]:
    """A film of so many frames with sound tracks that have names."""
    seconds = float(frames / Fraction(rate))
    line = ["-f", "lavfi", "-i", f"testsrc2=size=640x360:rate={rate}"]
    for number in range(tracks):
        line += ["-f", "lavfi", "-i", f"sine=frequency={300 + 100 * number}:duration={seconds:.3f}"]
    line += ["-map", "0:v", *(one for number in range(tracks) for one in ("-map", f"{number + 1}:a"))]
    for number in range(tracks):
        line += [
            f"-metadata:s:a:{number}",
            f"handler_name=Stem {number + 1}",
            f"-metadata:s:a:{number}",
            "language=ger",
        ]
    line += ["-frames:v", str(frames), "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
    return [*line, *more, "-c:a", "pcm_s16le", *(["-timecode", timecode] if timecode else [])]


def probed(address: str | Path, *more: str) -> dict[str, Any]:
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_streams", "-show_format", *more, str(address)]
    return dict(json.loads(subprocess.run(command, check=True, capture_output=True, timeout=120).stdout))


def fetch(url: str, **headers: str) -> tuple[int, Any, bytes]:
    asked = urllib.request.Request(url, headers=headers)  # noqa: S310 - our own server
    with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310
        return answer.status, answer.headers, answer.read()


def test_the_dash_manifest_plays_every_frame(sqlite_box: Mam, base: str, stored: Any) -> None:
    # Given a film with two sound tracks and a caption file
    version = stored(sqlite_box, film("24000/1001", "", 120, []))
    assert delivery.sign_preview(sqlite_box, SYSTEM, version.id)["dash_url"] is None
    previews.request(sqlite_box, SYSTEM, version.id)
    run_due(sqlite_box, "examine", "render")
    sidecars.add(sqlite_box, SYSTEM, version.id, SRT, language="de", label='Für "alle" & jeden')
    # When a player asks the edge
    url = delivery.sign_preview(sqlite_box, SYSTEM, version.id, base_url=base)["dash_url"]
    status, headers, body = fetch(url)
    assert (status, headers["Content-Type"]) == (200, "application/dash+xml")
    # Then it says what there is: rungs, both sound tracks by name, the captions
    period = ET.fromstring(body)[0]  # noqa: S314 - our own text
    sets = {
        kind: period.findall(f"{MPD}AdaptationSet[@contentType='{kind}']")
        for kind in ("video", "audio", "text")
    }
    rung = sets["video"][0][0].attrib
    assert (rung["width"], rung["height"], rung["frameRate"]) == ("640", "360", "24000/1001")
    assert rung["codecs"].startswith("avc1.")
    assert [one.findtext(f"{MPD}Label") for one in sets["audio"]] == [
        "Stem 1 · German · mono",
        "Stem 2 · German · mono",
    ]
    assert {one.get("lang") for one in sets["audio"] + sets["text"]} == {"de"}
    assert sets["text"][0].findtext(f"{MPD}Label") == "Für  alle  & jeden"
    text = sets["text"][0].findtext(f"{MPD}Representation/{MPD}BaseURL")
    assert fetch(f"{url.rpartition('/')[0]}/{text}")[2].startswith(b"WEBVTT")
    # And its clock is that of the segments, to the tick
    for one in sets["video"] + sets["audio"]:
        template = one.find(f"{MPD}Representation/{MPD}SegmentTemplate")
        assert template is not None
        check_clock(url.rpartition("/")[0], template.attrib, template[0])
    # And another player finds every frame
    found = probed(url, "-count_frames", "-select_streams", "v")["streams"]
    assert {one["nb_read_frames"] for one in found} == {"120"}


def check_clock(folder: str, template: dict[str, str], timeline: Any) -> None:
    """The sum of the segments' lengths so far is the decode time in each segment."""
    at, number, offset = 0, int(template["startNumber"]), int(template.get("presentationTimeOffset", "0"))
    for run in timeline:
        at = int(run.get("t", at))
        for _ in range(int(run.get("r", "0")) + 1):
            segment = fetch(f"{folder}/{template['media'].replace('$Number%05d$', f'{number:05}')}")[2]
            place = segment.index(b"tfdt") + 4
            wide = segment[place] == 1
            time = int.from_bytes(segment[place + 4 : place + (12 if wide else 8)], "big")
            assert time == at
            at, number = at + int(run.get("d")), number + 1
    assert offset == int(timeline[0].get("t"))


@pytest.mark.parametrize("name", list(SOURCES))
@pytest.mark.parametrize("recipe", ["h264", "prores"])
def test_a_proxy_has_the_sources_frames_timecode_and_tracks(  # noqa: PLR0917 - fixtures
    sqlite_box: Mam, base: str, stored: Any, tmp_path: Path, name: str, recipe: str
) -> None:
    # Given a film as a camera writes it
    rate, timecode, frames, more = SOURCES[name]
    version = stored(sqlite_box, film(rate, timecode, frames, more, tracks=3))
    proxy = made(sqlite_box, version, recipe)
    # When it is downloaded
    found = proxies.download(sqlite_box, SYSTEM, version.id, proxy["id"], base)
    status, headers, body = fetch(found.url)
    # Then it is called after its master and is as long as it was said
    assert (status, len(body)) == (200, proxy["size"])
    assert f'filename="A001_C003_{recipe}_proxy.mov"' in headers["Content-Disposition"]
    (tmp_path / "proxy.mov").write_bytes(body)
    # And an editor can put the master in its place
    streams = probed(tmp_path / "proxy.mov", "-count_frames")["streams"]
    video = next(one for one in streams if one["codec_type"] == "video")
    assert (video["r_frame_rate"], video["nb_read_frames"]) == (
        str(Fraction(rate)) if "/" in rate else f"{rate}/1",
        str(frames),
    )
    assert video["codec_name"] == ("h264" if recipe == "h264" else "prores")
    assert (video["width"], video["height"]) == (640, 360)
    assert float(video["duration"]) == pytest.approx(float(frames / Fraction(rate)), abs=0.001)
    clock = next(one for one in streams if one.get("codec_tag_string") == "tmcd")
    assert clock["tags"]["timecode"] == timecode
    assert clock["tags"].get("reel_name") == "A001_C003"
    sound = [one for one in streams if one["codec_type"] == "audio"]
    assert [(one["codec_name"], one["channels"], one["tags"]["language"]) for one in sound] == [
        ("pcm_s16le", 1, "ger")
    ] * 3
    assert [one["tags"]["handler_name"] for one in sound] == ["Stem 1", "Stem 2", "Stem 3"]


def test_a_proxy_of_a_film_of_variable_rate_has_the_grid_of_its_preview(
    sqlite_box: Mam, base: str, stored: Any, tmp_path: Path
) -> None:
    # Given a film whose second half has half as many pictures
    line = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=30:duration=4"]
    line += [
        "-vf",
        "select='lt(n,60)+not(mod(n,2))'",
        "-fps_mode",
        "vfr",
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
    ]
    version = stored(sqlite_box, [*line, "-pix_fmt", "yuv420p"], "phone.mp4")
    proxy = made(sqlite_box, version, "h264")
    # When both are counted
    found = proxies.download(sqlite_box, SYSTEM, version.id, proxy["id"], base)
    (tmp_path / "proxy.mov").write_bytes(fetch(found.url)[2])
    ours = probed(tmp_path / "proxy.mov", "-count_frames")["streams"][0]
    url = delivery.sign_preview(sqlite_box, SYSTEM, version.id, base_url=base)["dash_url"]
    shown = probed(url, "-count_frames", "-select_streams", "v")["streams"][0]
    # Then frame n is frame n in both
    assert ours["nb_read_frames"] == shown["nb_read_frames"]
    assert ours["avg_frame_rate"] == ours["r_frame_rate"]


def test_a_part_of_a_proxy_can_be_had_and_its_address_ends(sqlite_box: Mam, base: str, stored: Any) -> None:
    # Given a proxy and its address
    version = stored(sqlite_box, film("25", "", 25, [], tracks=1))
    proxy = made(sqlite_box, version, "h264")
    url = proxies.download(sqlite_box, SYSTEM, version.id, proxy["id"], base).url
    whole = fetch(url)[2]
    # When a part is asked for, as a broken download does
    status, headers, body = fetch(url, Range="bytes=1000-1999")
    # Then it comes
    assert (status, body) == (206, whole[1000:2000])
    assert headers["Content-Range"] == f"bytes 1000-1999/{len(whole)}"
    # And no preview's address leads to it
    grant = delivery.sign_preview(sqlite_box, SYSTEM, version.id, base_url=base)["url"].rpartition("/")[0]
    with pytest.raises(urllib.error.HTTPError, match=r"40[34]"):
        fetch(f"{grant}/_proxies/{version.id}/{proxy['id']}.mov")
    # And once it is removed there is nothing
    proxies.remove(sqlite_box, SYSTEM, version.id, proxy["id"])
    with pytest.raises(urllib.error.HTTPError, match="404"):
        fetch(url)
    assert list(sqlite_box.storage.list("previews", "_proxies/")) == []


def made(mam: Mam, version: Version, recipe: str) -> dict[str, Any]:
    """The proxy of a version whose preview is ready."""
    previews.request(mam, SYSTEM, version.id)
    run_due(mam, "examine", "render")
    assert proxies.request(mam, SYSTEM, version.id, recipe)["status"] == "queued"
    run_due(mam, "proxy")
    (proxy,) = proxies.list_for(mam, SYSTEM, version.id)["items"]
    assert (proxy["status"], proxy["error"]) == ("ready", None)
    return dict(proxy)
