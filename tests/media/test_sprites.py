"""Scrub sprites: how many, where, and that each shows the film at its moment."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from media_helpers import Clip
from PIL import Image

from mam.errors import SourceError
from mam.media import playlists, sprites
from mam.media.ffmpeg import Tools
from mam.media.playlists import Segment
from mam.media.sandbox import Sandbox

BOX = re.compile(r"(\S+) --> (\S+)\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)")
GREY = "color=black:s=160x90:r=5:d=30,format=gray,geq=lum='8*floor(T)',format=yuv420p"
"""Each second is lighter by eight."""


def segments(seconds: float, length: float = 2.0) -> list[Segment]:
    whole, rest = divmod(seconds, length)
    lengths = [length] * int(whole) + ([rest] if rest else [])
    return [Segment(f"{number:05}.m4s", one) for number, one in enumerate(lengths)]


@pytest.mark.parametrize(
    ("seconds", "step", "count", "sheets", "key_frames"),
    [
        (0.04, 1, 1, 1, True),
        (5, 1, 5, 1, False),
        (5.5, 1, 6, 1, False),
        (100, 1, 100, 1, False),
        (101, 2, 51, 1, True),
        (300, 2, 150, 2, True),
        (400, 2, 200, 2, True),
        (7200, 36, 200, 2, True),
    ],
)
def test_a_picture_a_second_and_never_more_than_200(
    seconds: float, step: float, count: int, sheets: int, key_frames: bool
) -> None:
    plan = sprites.plan(segments(seconds), 640, 360)
    assert (plan.step, plan.count, len(plan.sheets)) == (pytest.approx(step), count, sheets)
    assert plan.key_frames == key_frames
    assert (plan.width, plan.height) == (160, 90)
    # the last one ends with the film
    assert plan.step * (plan.count - 1) < seconds


def test_a_long_film_is_read_in_a_few_places() -> None:
    plan = sprites.plan(segments(7200), 640, 360)
    assert plan.segments[:3] == (0, 18, 36)
    assert len(plan.segments) == 200


def test_pictures_keep_their_shape_and_are_never_enlarged() -> None:
    for size, small in (((1080, 1920), (90, 160)), ((64, 48), (64, 48)), ((4096, 128), (160, 4))):
        plan = sprites.plan(segments(4), *size)
        assert (plan.width, plan.height) == small


def test_nothing_has_no_sprites() -> None:
    with pytest.raises(ValueError, match="nothing"):
        sprites.plan([], 640, 360)


def rung(tools: Tools, film: Path, folder: Path) -> list[Segment]:
    """A film as one rung: fragments of two seconds beside an init segment."""
    hls = ["-f", "hls", "-hls_segment_type", "fmp4", "-hls_time", "2", "-hls_list_size", "0"]
    hls += ["-hls_playlist_type", "vod", "-hls_segment_filename", str(folder / "%05d.m4s")]
    command = [tools.ffmpeg, "-v", "error", "-nostdin", "-i", film, "-c", "copy", *hls, folder / "index.m3u8"]
    subprocess.run(command, check=True, timeout=60)
    return list(playlists.parse_media((folder / "index.m3u8").read_text()).segments)


@pytest.mark.parametrize("most", [200, 10], ids=["every second", "key frames of some segments"])
def test_each_picture_shows_its_moment(  # noqa: PLR0917 - all but one are fixtures
    most: int, tools: Tools, sandbox: Sandbox, clip: Clip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The place that the text names holds the film as it is at that time."""
    # Given a film that grows lighter every second, as a rung
    monkeypatch.setattr(sprites, "_MOST", most)
    gop = ("-g", "10", "-keyint_min", "10", "-sc_threshold", "0", "-flags", "+cgop")
    film = clip("grey.mp4", "-an", "-c:v", "libx264", "-preset", "ultrafast", *gop, video=GREY)
    listed = rung(tools, film, tmp_path)
    plan = sprites.plan(listed, 160, 90)
    assert plan.key_frames == (most == 10)
    assert len(plan.segments) == (10 if most == 10 else len(listed))
    # When its sprites are drawn of the segments that are needed
    joined, out = tmp_path / "joined.mp4", tmp_path / "out"
    out.mkdir()
    names = ["init.mp4", *(listed[number].name for number in plan.segments)]
    joined.write_bytes(b"".join((tmp_path / name).read_bytes() for name in names))
    sprites.draw(tools, sandbox, joined, plan, out)
    # Then every cue leads to its picture
    boxes = BOX.findall(sprites.write_vtt(plan))
    assert len(boxes) == plan.count == (30 if most == 200 else 10)
    assert [path.name for path in out.iterdir()] == ["sprites-0.jpg"]
    with Image.open(out / "sprites-0.jpg", formats=["JPEG"]) as sheet:
        assert sheet.size == (1600, 90 * -(-plan.count // 10))
        for number, (_, _, name, *box) in enumerate(boxes):
            left, top, width, height = map(int, box)
            seen = sheet.convert("L").getpixel((left + width // 2, top + height // 2))
            second = int(number * plan.step)
            second -= second % 2 if plan.key_frames else 0
            assert name == "sprites-0.jpg"
            assert seen == pytest.approx(8 * second, abs=3)
    assert (boxes[0][0], boxes[-1][1]) == ("00:00:00.000", "00:00:30.000")


def test_what_cannot_be_decoded_has_no_sprites(tools: Tools, sandbox: Sandbox, tmp_path: Path) -> None:
    film, out = tmp_path / "film.mp4", tmp_path / "out"
    film.write_bytes(bytes(10_000))
    out.mkdir()
    with pytest.raises(SourceError):
        sprites.draw(tools, sandbox, film, sprites.plan(segments(4), 160, 90), out)
