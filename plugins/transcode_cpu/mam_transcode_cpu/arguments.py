"""x264's options for one rung. Pure, so that they are tested without encoding anything."""

from __future__ import annotations

from mam.media.playlists import VBV_SECONDS
from mam.media.recipe_args import Encode, threads
from mam.types import Recipe, Rung

ENCODER = "libx264"


def encode_with(preset: str) -> Encode:
    """The `Encode` of recipe_args at one of x264's presets ("veryfast")."""

    def encode(rung: Rung, recipe: Recipe) -> list[str]:
        return x264(rung, recipe, preset)

    return encode


def x264(rung: Rung, recipe: Recipe, preset: str) -> list[str]:
    """Closed GOPs of exactly `recipe.gop` frames, no B-frames (they would shift the time of every frame)."""
    gop = str(recipe.gop)
    return [
        *("-c:v", ENCODER, "-preset", preset, "-profile:v", "high", "-crf", str(rung.crf)),
        *("-maxrate", str(rung.max_bitrate), "-bufsize", str(rung.max_bitrate * VBV_SECONDS)),
        *("-bf", "0", "-g", gop, "-keyint_min", gop, "-sc_threshold", "0", "-flags", "+cgop"),
        *("-threads", str(threads(rung.width * rung.height))),
    ]
