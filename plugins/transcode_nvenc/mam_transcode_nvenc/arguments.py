"""NVENC's options for one rung, and what NVENC cannot do. Pure: tested without a GPU."""

from __future__ import annotations

from mam.media.playlists import VBV_SECONDS
from mam.media.recipe_args import Encode
from mam.types import Recipe, Rung

ENCODER = "h264_nvenc"

# Smallest and largest H.264 picture of NVENC (NVIDIA's Video Codec SDK, "NVENC application note").
_MIN_WIDTH, _MIN_HEIGHT, _MAX_SIDE = 145, 49, 4096


def encode_with(preset: str) -> Encode:
    """The `Encode` of recipe_args at one of NVENC's presets ("p1" fast to "p7" thorough)."""

    def encode(rung: Rung, recipe: Recipe) -> list[str]:
        return nvenc(rung, recipe, preset)

    return encode


def nvenc(rung: Rung, recipe: Recipe, preset: str) -> list[str]:
    """The same GOPs, rate bound and profile as x264 makes; constant quality on NVENC's like scale."""
    gop = str(recipe.gop)
    quality = ["-b:v", str(rung.bitrate)] if rung.bitrate else ["-cq", str(rung.crf), "-b:v", "0"]
    return [
        *("-c:v", ENCODER, "-preset", preset, "-tune", "hq", "-profile:v", "high"),
        *("-rc", "vbr", *quality),
        *("-maxrate", str(rung.max_bitrate), "-bufsize", str(rung.max_bitrate * VBV_SECONDS)),
        *("-bf", "0", "-g", gop, "-no-scenecut", "1", "-forced-idr", "1"),
        *("-force_key_frames", f"expr:eq(mod(n,{gop}),0)", "-flags", "+cgop"),
    ]


def cannot(recipe: Recipe) -> str:
    """Why NVENC cannot make this recipe, in a sentence; empty where it can."""
    if not recipe.rungs:
        return "There is no picture to encode."
    if recipe.codec != "h264":
        return f"This plugin makes H.264, not {recipe.codec}."
    for rung in recipe.rungs:
        if rung.width < _MIN_WIDTH or rung.height < _MIN_HEIGHT or max(rung.width, rung.height) > _MAX_SIDE:
            return f"A picture of {rung.width} x {rung.height} is outside what NVENC takes."
    return ""
