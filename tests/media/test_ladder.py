"""Which renditions a source gets: arithmetic, no ffmpeg."""

from __future__ import annotations

from fractions import Fraction

import pytest

from mam.config import Media
from mam.media.ladder import MAX_LONG_SIDE, plan
from mam.types import AudioTrack, MediaInfo, Recipe, VideoTrack

NTSC = Fraction(30000, 1001)


def picture(width: int, height: int, rate: Fraction = Fraction(25), **more: object) -> MediaInfo:
    video = VideoTrack("h264", width, height, width, height, rate, "yuv420p", **more)  # type: ignore[arg-type]
    return MediaInfo("video", "mov", "video/mp4", duration=10.0, video=video)


def sizes(recipe: Recipe) -> list[tuple[str, int, int]]:
    return [(rung.name, rung.width, rung.height) for rung in recipe.rungs]


def test_full_hd_gets_the_whole_ladder() -> None:
    assert sizes(plan(picture(1920, 1080), Media())) == [
        ("1080", 1920, 1080),
        ("720", 1280, 720),
        ("480", 854, 480),
        ("360", 640, 360),
    ]


def test_portrait_is_laddered_by_its_short_side() -> None:
    assert sizes(plan(picture(1080, 1920), Media()))[:2] == [("1080", 1080, 1920), ("720", 720, 1280)]


@pytest.mark.parametrize(
    ("width", "height", "names"),
    [
        (3840, 2160, ["1080", "720", "480", "360"]),
        (1280, 720, ["720", "480", "360"]),
        (1600, 900, ["900", "720", "480", "360"]),
        (720, 540, ["540", "480", "360"]),
        (1024, 500, ["500", "360"]),  # 480 is so near that it would be the same twice
        (320, 180, ["180"]),
        (16, 16, ["16"]),
    ],
)
def test_source_between_rungs_keeps_its_own_size_on_top(width: int, height: int, names: list[str]) -> None:
    assert [name for name, _, _ in sizes(plan(picture(width, height), Media()))] == names


@pytest.mark.parametrize("width", [1, 2, 15, 479, 853, 1080, 1919, 5000, 16000])
@pytest.mark.parametrize("height", [1, 17, 360, 479, 1081, 2160])
def test_nothing_is_upscaled_and_all_sizes_are_even_and_names_differ(width: int, height: int) -> None:
    rungs = plan(picture(width, height), Media()).rungs
    assert rungs
    assert len({rung.name for rung in rungs}) == len(rungs)
    for rung in rungs:
        assert rung.width % 2 == rung.height % 2 == 0
        assert 2 <= rung.width <= max(2, width)
        assert 2 <= rung.height <= max(2, height)
        assert max(rung.width, rung.height) <= MAX_LONG_SIDE


def test_shape_is_kept() -> None:
    for _, width, height in sizes(plan(picture(2048, 858), Media())):
        assert width / height == pytest.approx(2048 / 858, rel=0.005)


@pytest.mark.parametrize(
    ("rate", "gop"),
    [
        (Fraction(24000, 1001), 48),
        (Fraction(25), 50),
        (NTSC, 60),
        (Fraction(60000, 1001), 120),
        (Fraction(1), 2),
        (Fraction(1, 10), 1),
    ],
)
def test_segment_is_whole_frames_nearest_to_two_seconds(rate: Fraction, gop: int) -> None:
    recipe = plan(picture(1920, 1080, rate), Media())
    assert (recipe.frame_rate, recipe.gop, recipe.segment_seconds) == (rate, gop, gop / rate)


@pytest.mark.parametrize(
    ("average", "constant"),
    [
        (Fraction(2987, 100), NTSC),
        (Fraction(243, 10), Fraction(25)),
        (Fraction(24), Fraction(24000, 1001)),
        (Fraction(1000), Fraction(60)),
    ],
)
def test_variable_rate_becomes_the_standard_rate_at_or_above(average: Fraction, constant: Fraction) -> None:
    assert plan(picture(1920, 1080, average, variable_rate=True), Media()).frame_rate == constant


def test_variable_film_that_only_tells_its_clock_is_counted() -> None:
    """Phones write 90000 ticks a second; the frames by the seconds are what was filmed."""
    phone = picture(1920, 1080, Fraction(90000), variable_rate=True, frames=299, duration=10.0)
    assert plan(phone, Media()).frame_rate == NTSC
    unknown = picture(1920, 1080, Fraction(90000), variable_rate=True)
    assert plan(unknown, Media()).frame_rate == 60


@pytest.mark.parametrize(
    ("rate", "kept"),
    [(Fraction(120), Fraction(120)), (Fraction(240), Fraction(120)), (Fraction(1000), Fraction(1000, 9))],
)
def test_high_rates_are_kept_or_divided_whole(rate: Fraction, kept: Fraction) -> None:
    assert plan(picture(1920, 1080, rate), Media()).frame_rate == kept


def test_absurd_rates_become_usable_ones() -> None:
    assert plan(picture(640, 360, Fraction(0)), Media()).frame_rate == 25
    odd = plan(picture(640, 360, Fraction(123456789, 4115227)), Media()).frame_rate
    assert float(odd) == pytest.approx(30, abs=0.001)
    assert odd.denominator <= 1001


def test_more_pixels_and_frames_get_more_bits() -> None:
    rates = [rung.max_bitrate for rung in plan(picture(1920, 1080), Media()).rungs]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] == 8_000_000
    assert plan(picture(1920, 1080, Fraction(60)), Media()).rungs[0].max_bitrate > rates[0]


def test_interlace_and_hdr_are_to_be_mended() -> None:
    plain = plan(picture(1920, 1080), Media())
    assert (plain.deinterlace, plain.tonemap) == (False, False)
    assert plan(picture(1920, 1080, field_order="tt"), Media()).deinterlace
    assert plan(picture(1920, 1080, color_transfer="smpte2084"), Media()).tonemap
    assert plan(picture(1920, 1080, hdr="hlg"), Media()).tonemap


def test_sound_alone_has_no_rungs() -> None:
    tracks = (AudioTrack(0, "flac", 2, 48000), AudioTrack(2, "flac", 6, 48000))
    recipe = plan(MediaInfo("audio", "flac", "audio/flac", duration=3.0, audio=tracks), Media())
    assert (recipe.rungs, recipe.audio, recipe.segment_seconds) == ((), (0, 2), 2)


def test_rungs_and_segments_follow_the_configuration() -> None:
    recipe = plan(picture(1920, 1080), Media(rungs=(240, 540), segment_seconds=4.0))
    assert [rung.name for rung in recipe.rungs] == ["540", "240"]
    assert recipe.gop == 100
    assert [rung.name for rung in plan(picture(640, 360), Media(rungs=())).rungs] == ["360"]
