"""NVENC's arguments, without a card."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from mam_transcode_nvenc.arguments import cannot, encode_with

from mam.config import Media
from mam.media.ladder import plan
from mam.media.recipe_args import command
from mam.types import AudioTrack, MediaInfo, Recipe, Rung, VideoTrack

FILM = MediaInfo(
    kind="video",
    format="mov",
    content_type="video/quicktime",
    duration=10.0,
    video=VideoTrack("prores", 1920, 1080, 1920, 1080, Fraction(24000, 1001), "yuv422p10le"),
    audio=(AudioTrack(0, "pcm_s24le", 2, 48000, "stereo"),),
)
RECIPE = plan(FILM, Media())


def value_after(arguments: list[str], option: str) -> str:
    return arguments[arguments.index(option) + 1]


def test_options_are_those_of_the_rung() -> None:
    options = encode_with("p4")(RECIPE.rungs[0], RECIPE)
    assert value_after(options, "-c:v") == "h264_nvenc"
    assert value_after(options, "-preset") == "p4"
    assert value_after(options, "-cq") == "23"
    assert value_after(options, "-maxrate") == "8000000"


def test_gops_are_closed_and_of_the_recipes_length_without_b_frames() -> None:
    options = encode_with("p4")(RECIPE.rungs[0], RECIPE)
    assert value_after(options, "-g") == "48"
    assert value_after(options, "-force_key_frames") == "expr:eq(mod(n,48),0)"
    assert value_after(options, "-forced-idr") == "1"
    assert value_after(options, "-no-scenecut") == "1"
    assert value_after(options, "-bf") == "0"


def test_whole_command_encodes_every_rung_on_the_card_from_one_decode() -> None:
    arguments = command(RECIPE, FILM, encode_with("p4")).arguments
    assert arguments.count("h264_nvenc") == len(RECIPE.rungs) == 4
    assert arguments.count("-filter_complex") == 1
    assert value_after(list(arguments), "-filter_complex").count("[0:v:") == 1


@pytest.mark.parametrize(("width", "height"), [(144, 90), (320, 48), (8192, 320)])
def test_sizes_that_nvenc_does_not_take_are_declined(width: int, height: int) -> None:
    rung = Rung("x", width, height, 23, 1_000_000)
    assert f"{width} x {height}" in cannot(replace(RECIPE, rungs=(rung,)))


def test_usual_ladder_is_taken_and_sound_alone_is_not() -> None:
    assert cannot(RECIPE) == ""
    assert cannot(Recipe(rungs=(), frame_rate=Fraction(0), gop=0, audio=(0,)))
