"""Posters of real clips: size, upright, not the black leader; and the blurhash."""

from __future__ import annotations

from pathlib import Path

import pytest
from media_helpers import Clip
from PIL import Image

from mam.errors import SourceError
from mam.media.ffmpeg import Tools
from mam.media.limits import Limits
from mam.media.poster import blurhash_of, make_poster
from mam.media.probe import probe
from mam.media.sandbox import Sandbox
from mam.types import MediaInfo

X264 = ("-an", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")


def poster_of(tools: Tools, sandbox: Sandbox, film: Path, out: Path) -> Image.Image:
    make_poster(tools, sandbox, film, probe(tools, sandbox, film, Limits()), out)
    return Image.open(out, formats=["JPEG"])


@pytest.mark.parametrize(
    "case",
    [
        ("testsrc2=s=1920x1080:r=25:d=0.2", (1280, 720)),
        ("testsrc2=s=1080x1920:r=25:d=0.2", (720, 1280)),
        ("testsrc2=s=320x180:r=25:d=0.04", (320, 180)),
        ("testsrc2=s=720x576:r=25:d=0.2,setsar=64/45", (1024, 576)),
    ],
)
def test_poster_is_as_shown_and_never_larger(
    case: tuple[str, tuple[int, int]], tools: Tools, sandbox: Sandbox, clip: Clip, tmp_path: Path
) -> None:
    video, size = case
    film = clip(f"poster-{size[0]}.mp4", *X264, video=video)
    assert poster_of(tools, sandbox, film, tmp_path / "poster.jpg").size == size
    assert [path.name for path in tmp_path.iterdir()] == ["poster.jpg"]


def test_black_leader_is_passed_over(tools: Tools, sandbox: Sandbox, clip: Clip, tmp_path: Path) -> None:
    # Given three seconds of black before fifty of red
    film = clip(
        "leader.mp4", *X264, video="color=red:s=64x64:r=5:d=53,drawbox=t=fill:c=black:enable='lt(t,3)'"
    )
    # When
    poster = poster_of(tools, sandbox, film, tmp_path / "poster.jpg")
    # Then
    red, green, blue = poster.getpixel((32, 32))
    assert red > 150
    assert max(green, blue) < 80


def test_film_without_a_picture_has_no_poster(
    tools: Tools, sandbox: Sandbox, clip: Clip, tmp_path: Path
) -> None:
    film = clip("sound.m4a", "-vn", "-c:a", "aac")
    with pytest.raises(SourceError):
        make_poster(tools, sandbox, film, MediaInfo("audio", "mov", "audio/mp4"), tmp_path / "poster.jpg")
    assert list(tmp_path.iterdir()) == []


def test_film_that_cannot_be_decoded_has_no_poster(
    tools: Tools, sandbox: Sandbox, mp4: Path, tmp_path: Path
) -> None:
    # Given the description of a good film, and a file of zeros
    media = probe(tools, sandbox, mp4, Limits())
    broken = tmp_path / "broken"
    broken.write_bytes(bytes(10_000))
    # Then
    with pytest.raises(SourceError):
        make_poster(tools, sandbox, broken, media, tmp_path / "poster.jpg")
    assert [path.name for path in tmp_path.iterdir()] == ["broken"]


def test_blurhash_tells_colours_apart_and_has_more_parts_along_the_longer_side(tmp_path: Path) -> None:
    hashes = {}
    for name, colour, size in (
        ("wide", "red", (640, 360)),
        ("tall", "red", (360, 640)),
        ("blue", "blue", (64, 36)),
    ):
        Image.new("RGB", size, colour).save(tmp_path / f"{name}.jpg", quality=90)
        hashes[name] = blurhash_of(tmp_path / f"{name}.jpg")
    # the first character codes the numbers of parts: (across - 1) + (down - 1) * 9 in base 83
    assert hashes["wide"][0] == "L"
    assert hashes["tall"][0] == "T"
    assert hashes["wide"] != hashes["blue"]
    assert all(len(one) == 28 for one in hashes.values())


def test_only_our_own_small_jpeg_is_opened(tmp_path: Path) -> None:
    Image.new("RGB", (2000, 100)).save(tmp_path / "large.jpg")
    with pytest.raises(ValueError, match="more pixels"):
        blurhash_of(tmp_path / "large.jpg")
    Image.new("RGB", (20, 10)).save(tmp_path / "other.png")
    with pytest.raises(OSError, match="cannot identify"):
        blurhash_of(tmp_path / "other.png")
