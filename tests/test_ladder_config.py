"""`[ladder]`: what is read, what is refused with key and way out, what follows for a film."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from mam.config import Config, Media, load
from mam.errors import ConfigError
from mam.ladder_config import QUALITY, Ladder, LadderRung
from mam.media.ladder import plan
from mam.types import MediaInfo, VideoTrack

HD = MediaInfo(
    "video", "mov", "video/mp4", video=VideoTrack("h264", 1920, 1080, 1920, 1080, Fraction(25), "yuv420p")
)


def read(tmp_path: Path, text: str) -> Config:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, tmp_path)


def test_a_whole_ladder_is_read(tmp_path: Path) -> None:
    # Given every key
    config = read(
        tmp_path,
        '[ladder]\ncodec = "av1"\nrate_control = "bitrate"\nsegment_seconds = 4\naudio_bitrate = 96_000\n'
        "rungs = [{ height = 1080, bitrate = 3_000_000, max_bitrate = 5_000_000 },"
        '{ height = 360, preset = "4" }]',
    )
    # When a film is planned with it
    recipe = plan(HD, config.media, config.ladder)
    # Then all of it is in the recipe
    assert (recipe.codec, recipe.gop, recipe.segment_seconds, recipe.audio_bitrate) == ("av1", 100, 4, 96_000)
    large, small = recipe.rungs
    assert (large.height, large.bitrate, large.max_bitrate, large.preset) == (1080, 3_000_000, 5_000_000, "")
    assert (small.height, small.preset) == (360, "4")
    assert 0 < small.bitrate < small.max_bitrate < 1_000_000


def test_the_keys_of_the_first_release_still_hold(tmp_path: Path) -> None:
    config = read(tmp_path, "[media]\nrungs = [480, 1080]\nsegment_seconds = 3")
    recipe = plan(HD, config.media, config.ladder)
    assert ([rung.height for rung in recipe.rungs], recipe.gop) == ([1080, 480], 75)
    assert {rung.crf for rung in recipe.rungs} == {23}


@pytest.mark.parametrize("codec", ["h264", "hevc", "av1"])
def test_quality_and_bounds_follow_the_codec(codec: str) -> None:
    recipe = plan(HD, Media(), Ladder(codec=codec))
    usual = plan(HD, Media())
    assert {rung.crf for rung in recipe.rungs} == {QUALITY[codec]}
    assert all(
        mine.max_bitrate <= theirs.max_bitrate for mine, theirs in zip(recipe.rungs, usual.rungs, strict=True)
    )
    assert {rung.bitrate for rung in recipe.rungs} == {0}


def test_a_rung_of_the_sources_own_size_is_as_the_next_larger_one() -> None:
    video = replace(HD.video, width=1600, height=900)  # type: ignore[type-var]
    ladder = Ladder(rungs=(LadderRung(1080, crf=20, max_bitrate=9_000_000), LadderRung(720, crf=24)))
    top, low = plan(replace(HD, video=video), Media(), ladder).rungs
    assert (top.height, top.crf, low.height, low.crf) == (900, 20, 720, 24)
    assert top.max_bitrate < 9_000_000


@pytest.mark.parametrize(
    ("text", "key", "way_out"),
    [
        ('codec = "vp9"', "ladder.codec", '"h264", "hevc", "av1"'),
        ('codec = "h265"', "ladder.codec", "did you mean h264?"),
        ('rate_control = "vbr"', "ladder.rate_control", '"quality", "bitrate"'),
        ("segment_seconds = 0.5", "ladder.segment_seconds", "1 to 10 seconds"),
        ("segment_seconds = 11", "ladder.segment_seconds", "1 to 10 seconds"),
        ("audio_bitrate = 128", "ladder.audio_bitrate", "32000 to 512000"),
        ("crf = 60", "ladder.crf", "1 to 51"),
        ('preset = "quick"', "ladder.preset", "veryfast"),
        ('codec = "av1"\npreset = "fast"', "ladder.preset", "0, 1, 2"),
        ("rungs = [{ height = 480 }, { height = 720 }]", "ladder.rungs", "the largest first"),
        ("rungs = [{ height = 720 }, { height = 720 }]", "ladder.rungs", "take one out"),
        ("rungs = [{ height = 721 }]", "ladder.rungs", "write 722"),
        ("rungs = [{ height = 9000 }]", "ladder.rungs", "2 to 4320"),
        ("rungs = [{ heigth = 720 }]", "ladder.rungs[0].heigth", "did you mean height?"),
        ("rungs = [{ crf = 20 }]", "ladder.rungs[0].height", "required"),
        ("rungs = [{ height = 720, max_bitrate = 3000 }]", "ladder.rungs[0].max_bitrate", "3000_000"),
        ("rungs = [{ height = 720, bitrate = 3_000_000 }]", "ladder.rungs[0].bitrate", '"bitrate"'),
    ],
)
def test_what_cannot_be_is_refused_at_start(tmp_path: Path, text: str, key: str, way_out: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, f"[ladder]\n{text}")
    assert f": {key}" in caught.value.detail
    assert way_out in caught.value.detail


@pytest.mark.parametrize(
    ("text", "key"), [("rungs = []", "media.rungs"), ("segment_seconds = 60", "media.segment_seconds")]
)
def test_the_older_keys_are_checked_as_well(tmp_path: Path, text: str, key: str) -> None:
    with pytest.raises(ConfigError, match=key):
        read(tmp_path, f"[media]\n{text}")
