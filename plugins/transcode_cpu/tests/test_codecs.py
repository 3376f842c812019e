"""HEVC and AV1 as the ladder's codec: whole segments, right names, every frame in its place."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from mam_transcode_cpu import mam_check
from mam_transcode_cpu.arguments import encode_with

from mam.config import Config, Media
from mam.ladder_config import Ladder
from mam.media.codecs import codec_of
from mam.media.ffmpeg import find_tools
from mam.media.recipe_args import names
from mam.testing_transcoders import Rendered, make_film
from mam.types import Recipe, Rung

RUNG = Rung("360", 640, 360, 30, 1_000_000)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return make_film(
        tmp_path / "film.mp4",
        *("-f", "lavfi", "-i", "testsrc2=s=320x180:r=30000/1001:d=4", "-f", "lavfi", "-i", "sine=d=4"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"),
    )


@pytest.mark.parametrize(
    ("codec", "names_of"),
    [("hevc", ("libx265", "hvc1", "hvc1.1.6.L")), ("av1", ("libsvtav1", "av01", "av01.0.0"))],
)
def test_a_ladder_in_another_codec_is_as_exact(
    codec: str, names_of: tuple[str, str, str], film: Path, render: Callable[..., Rendered]
) -> None:
    encoder, tag, string = names_of
    # When a film is made in that codec
    made = render(film, codec)
    # Then it is, by name and tag
    assert made.result is not None
    assert made.result.encoder == encoder
    assert codec_of((made.folder / "180" / "init.mp4").read_bytes()).startswith(string)
    stream = made.stream("180")
    assert (stream["codec_name"], stream["codec_tag_string"]) == (codec, tag)
    assert (stream["color_space"], stream["pix_fmt"]) == ("bt709", "yuv420p")
    # And frame n lies at n / rate, with a key frame at the start of each segment and nowhere else
    frames = made.frames("180")
    assert [frame.time for frame in frames] == [Fraction(n * 1001, 30000) for n in range(len(frames))]
    keys = [n for n, frame in enumerate(frames) if frame.key]
    assert keys == list(range(0, len(frames), made.recipe.gop))
    assert all(made.playlist(name).ended for name in names(made.recipe))


@pytest.mark.parametrize("codec", ["h264", "hevc", "av1"])
def test_a_bit_rate_goes_before_quality_and_a_rungs_preset_before_the_plugins(codec: str) -> None:
    recipe = Recipe((RUNG,), Fraction(25), 50, codec=codec)  # type: ignore[arg-type]
    encode = encode_with("veryfast")
    assert "-crf" in encode(RUNG, recipe)
    said = Rung("360", 640, 360, 30, 1_000_000, bitrate=600_000, preset="7")
    arguments = encode(said, recipe)
    assert "-crf" not in arguments
    assert arguments[arguments.index("-b:v") + 1] == "600000"
    assert arguments[arguments.index("-preset") + 1] == "7"


def test_a_missing_encoder_is_said_at_start(tmp_path: Path) -> None:
    # Given an ffmpeg that names no encoder
    tools = find_tools()
    for name, real in (("ffmpeg", tools.ffmpeg), ("ffprobe", tools.ffprobe)):
        tool = tmp_path / name
        tool.write_text(f'#!/bin/sh\n[ "$1" = -encoders ] || exec {real} "$@"\n', encoding="utf-8")
        tool.chmod(0o755)
    config = Config(data=tmp_path, media=Media(ffmpeg=str(tmp_path / "ffmpeg")), ladder=Ladder(codec="av1"))
    # When the plugin looks at itself, then it is stopped, with the key and the way out
    (finding,) = mam_check(config)
    assert finding.blocks
    assert 'ladder.codec = "av1"' in finding.message
    assert "libsvtav1" in finding.fix
