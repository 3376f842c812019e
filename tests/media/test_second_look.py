"""What only a second look tells: lost tracks, fields that nobody flagged, times that are half told."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import pytest
from media_helpers import Clip

from mam.errors import SourceError
from mam.media import frame_rates, second_look
from mam.media.ffmpeg import Tools, find_tools
from mam.media.limits import Limits
from mam.media.probe import probe
from mam.media.recipe_args import deinterlacer
from mam.media.sandbox import open_sandbox
from mam.types import MediaInfo, VideoTrack

X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
LONG = "testsrc2=s=160x90:r=25:d=8"


def facts(path: Path) -> MediaInfo:
    tools: Tools = find_tools()
    return probe(tools, open_sandbox("auto", tools), path, Limits(wall_seconds=60))


def test_a_film_whose_sound_was_cut_away_is_as_long_as_its_picture(clip: Clip, tmp_path: Path) -> None:
    """Promise B13: reading ends where a packet is due that lies behind the end; the picture goes on."""
    # Given one fragment whose pictures come first in the file, cut in them, before the first sound
    options = (
        *X264,
        "-g",
        "999",
        "-sc_threshold",
        "0",
        "-c:a",
        "aac",
        "-movflags",
        "frag_keyframe+empty_moov",
    )
    film = clip("one-fragment.mp4", *options, video=LONG)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(film.read_bytes()[: film.stat().st_size * 7 // 10])
    # Then it has no sound, and lasts as long as the pictures that a decoder finds
    told = facts(cut)
    command = [
        "ffprobe",
        "-v",
        "error",
        "-select_streams",
        "v",
        "-show_entries",
        "packet=pts",
        "-of",
        "csv=p=0",
    ]
    pictures = subprocess.run([*command, cut], capture_output=True, check=True, text=True).stdout.split()
    assert (told.audio, told.note[:9]) == ((), "Not every")
    assert 75 < len(pictures) < 200
    assert told.duration == pytest.approx(len(pictures) / 25, abs=0.3)


def test_fields_that_only_the_container_knows_are_noticed(clip: Clip) -> None:
    """Item 1: frames that say nothing of fields are taken apart as the container says."""
    fields = ("-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-vf", "setfield=bff", "-field_order", "bb")
    untold = facts(clip("untold.mov", *fields)).video
    flagged = facts(clip("flagged.mov", *X264, "-flags", "+ildct+ilme", "-x264opts", "tff=1")).video
    assert untold is not None
    assert flagged is not None
    assert (untold.field_order, untold.fields_untold) == ("bb", True)
    assert deinterlacer(untold).endswith(":parity=bff")
    assert not flagged.fields_untold
    assert "parity" not in deinterlacer(flagged)


@pytest.mark.parametrize(("order", "parity"), [("tt", "tff"), ("bb", "bff"), ("tb", "bff"), ("bt", "tff")])
def test_the_field_that_is_shown_first_counts(order: str, parity: str) -> None:
    video = VideoTrack(
        "mjpeg", 64, 64, 64, 64, Fraction(25), "yuvj420p", field_order=order, fields_untold=True
    )
    assert deinterlacer(video).endswith(f":parity={parity}")


def test_times_that_are_told_for_some_packets_only_make_no_variable_rate() -> None:
    """AVI tells when packets are decoded; of some it is known when they are shown, of a cut one nothing."""
    packets = [
        {"stream_index": 0, "dts_time": f"{number * 0.04:.6f}"}
        | ({} if number % 3 == 1 else {"pts_time": f"{number * 0.04:.6f}"})
        for number in range(40)
    ]
    packets.append({"stream_index": 0, "pts_time": "N/A", "dts_time": "N/A"})
    found = frame_rates.measured(
        {"r_frame_rate": "25/1", "avg_frame_rate": "25/1"}, frame_rates.times_of(packets, 0)
    )
    assert (found.rate, found.variable) == (25, False)


def test_a_clock_that_leaps_by_hours_is_refused(clip: Clip) -> None:
    """Promise B7: hundreds of real packets, then 22 hours of nothing: those frames are not made."""
    late = "setts=ts='if(gte(N\\,190)\\,TS*10500\\,TS)'"
    film = clip("leap.mkv", *X264, "-c:a", "aac", "-bsf:v", late, video=LONG)
    with pytest.raises(SourceError, match="leaps by 22 hours"):
        facts(film)


def test_pictures_that_last_for_months_are_refused(clip: Clip, tmp_path: Path) -> None:
    """Promise B7: a GIF whose pictures each stand for eleven minutes, looked at as long as it lasts."""
    gif = bytearray(clip("months.gif", "-an", "-f", "gif", video="testsrc2=s=64x64:r=25:d=20").read_bytes())
    at = gif.find(b"\x21\xf9\x04")  # each Graphic Control Extension holds the delay in hundredths
    while at >= 0:
        gif[at + 4 : at + 6] = b"\xff\xff"
        at = gif.find(b"\x21\xf9\x04", at + 8)
    (tmp_path / "months.gif").write_bytes(gif)
    with pytest.raises(SourceError, match="lasts 91 hours") as refused:
        facts(tmp_path / "months.gif")
    assert refused.value.error_code == "source_too_large"


def test_fields_are_untold_where_no_frame_is_flagged() -> None:
    assert second_look.fields_untold([{"interlaced_frame": 0}, {"interlaced_frame": 0}])
    assert not second_look.fields_untold([{"interlaced_frame": 0}, {"interlaced_frame": 1}])
    assert not second_look.fields_untold([])
