"""The options of x264, x265 and SVT-AV1 for one rung. Pure: tested without encoding anything.

All make closed GOPs of exactly `recipe.gop` frames whose frames lie where they are shown: no B-frames, which
would shift the time of every frame; AV1 hides what it reorders.
"""

from __future__ import annotations

from mam.media.playlists import VBV_SECONDS
from mam.media.recipe_args import Encode, threads
from mam.types import Recipe, Rung

ENCODERS = {"h264": "libx264", "hevc": "libx265", "av1": "libsvtav1"}
"""The encoder of each codec of the ladder."""

_SVT_PRESETS = {"ultrafast": "12", "superfast": "11", "veryfast": "10", "faster": "9", "fast": "9"}
_SVT_USUAL = "9"  # for what x264 calls medium or slower; below, a ladder from 2160 holds over 2 GiB
# Shorter memories than usual: five rungs from 2160 hold 1.4 GB instead of 2.5, for 3 to 10 % more bytes.
_SVT_MEMORY = "hierarchical-levels=3:lookahead=0"
_KILO = 1000


def encode_with(preset: str) -> Encode:
    """The `Encode` of recipe_args at one of x264's presets ("veryfast"); a rung's own goes before it."""

    def encode(rung: Rung, recipe: Recipe) -> list[str]:
        return _MAKERS[recipe.codec](rung, recipe, preset)

    return encode


def x264(rung: Rung, recipe: Recipe, preset: str) -> list[str]:
    """H.264 in its high profile."""
    gop = str(recipe.gop)
    return [
        *("-c:v", "libx264", "-preset", rung.preset or preset, "-profile:v", "high", *_rate(rung)),
        *("-maxrate", str(rung.max_bitrate), "-bufsize", str(rung.max_bitrate * VBV_SECONDS)),
        *("-bf", "0", "-g", gop, "-keyint_min", gop, "-sc_threshold", "0", "-flags", "+cgop"),
        *("-threads", str(threads(rung.width * rung.height))),
    ]


def x265(rung: Rung, recipe: Recipe, preset: str) -> list[str]:
    """HEVC in its main profile, called `hvc1` as Apple's players ask for."""
    parameters = {
        "keyint": recipe.gop,
        "min-keyint": recipe.gop,
        "scenecut": 0,
        "open-gop": 0,
        "bframes": 0,
        "vbv-maxrate": rung.max_bitrate // _KILO,
        "vbv-bufsize": rung.max_bitrate * VBV_SECONDS // _KILO,
        "pools": threads(rung.width * rung.height),
        "info": 0,
        "log-level": "error",
    }
    said = ":".join(f"{name}={value}" for name, value in parameters.items())
    return [
        *("-c:v", "libx265", "-preset", rung.preset or preset, "-profile:v", "main", *_rate(rung)),
        *("-x265-params", said, "-tag:v", "hvc1"),
    ]


def svt_av1(rung: Rung, recipe: Recipe, preset: str) -> list[str]:
    """AV1 in its main profile; x264's words for how thorough are translated."""
    count = threads(rung.width * rung.height)
    bounds = f":mbr={rung.max_bitrate // _KILO}" if not rung.bitrate else ""
    return [
        *("-c:v", "libsvtav1", "-preset", rung.preset or _SVT_PRESETS.get(preset, _SVT_USUAL), *_rate(rung)),
        *("-g", str(recipe.gop), "-svtav1-params", f"scd=0:irefresh-type=2:{_SVT_MEMORY}:lp={count}{bounds}"),
    ]


def _rate(rung: Rung) -> list[str]:
    return ["-b:v", str(rung.bitrate)] if rung.bitrate else ["-crf", str(rung.crf)]


_MAKERS = {"h264": x264, "hevc": x265, "av1": svt_av1}
