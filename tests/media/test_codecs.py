"""Codec strings from init segments that ffmpeg wrote here, and from damaged ones."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from media_helpers import Clip

from mam.media.codecs import codec_of

FRAGMENTED = ("-movflags", "+frag_keyframe+empty_moov+default_base_moof", "-f", "mp4")
SILENT = ("-an", "-pix_fmt", "yuv420p", *FRAGMENTED)


@pytest.mark.parametrize(
    ("profile", "level", "string"),
    [("high", "4.0", "avc1.640028"), ("main", "3.1", "avc1.4d401f"), ("baseline", "3.0", "avc1.42c01e")],
)
def test_h264_by_profile_and_level(profile: str, level: str, string: str, clip: Clip) -> None:
    made = clip(f"{profile}.mp4", "-c:v", "libx264", "-profile:v", profile, "-level", level, *SILENT)
    assert codec_of(made.read_bytes()) == string


def test_aac_low_complexity(clip: Clip) -> None:
    assert codec_of(clip("aac.mp4", "-vn", "-c:a", "aac", *FRAGMENTED).read_bytes()) == "mp4a.40.2"


def test_picture_comes_before_sound(mp4: Path) -> None:
    assert codec_of(mp4.read_bytes()).startswith("avc1.")


def test_other_codecs_are_refused(clip: Clip) -> None:
    made = clip("mpeg4.mp4", "-c:v", "mpeg4", *SILENT)
    with pytest.raises(ValueError, match="no AAC"):
        codec_of(made.read_bytes())


def test_damaged_segment_ends_in_one_kind_of_error(clip: Clip) -> None:
    """Our own files, but a full disk may have cut one: a ValueError, never another."""
    for name, options in (
        ("cut-v", ("-c:v", "libx264", *SILENT)),
        ("cut-a", ("-vn", "-c:a", "aac", *FRAGMENTED)),
    ):
        whole = clip(f"{name}.mp4", *options).read_bytes()[:1500]
        good = codec_of(whole)
        for length in range(0, 1000, 7):
            with contextlib.suppress(ValueError):
                assert codec_of(whole[:length]) == good
        for position in range(1000):
            damaged = bytearray(whole)
            damaged[position] ^= 0xFF
            with contextlib.suppress(ValueError):
                codec_of(bytes(damaged))
