"""A viewer's name burnt into the picture: a film's rung as a rung of its own, a picture as another one.

What is burnt into is our own preview, never a master: frame n stays frame n. One contained program writes
into the caller's folder; the words are a file there, never an argument and never markup.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape

from mam.config import Media
from mam.media.ffmpeg import OnProgress, find_tools, run_ffmpeg
from mam.media.recipe_args import hls_output, threads
from mam.media.render import encode_limits
from mam.media.sandbox import open_sandbox
from mam.types import Recipe, Rung

RUNG = "marked"
"""The folder of the one rung of a marked film."""

SIDE = 720
"""The short side of the rung that is marked, at most."""

LONGEST = 160
"""Characters that are burnt in."""

_CRF, _MAX_BITRATE = 24, 4_000_000
_TEXT = "mark.txt"
_PLACE = re.compile(r"\{([a-z]+)\}")  # filled in one go: what a guest is called is never a place itself
_ROWS = (0.2, 0.5, 0.8)  # of the height: cutting one of them off leaves the others
_SMALLEST = 12  # pixels
_WIDE = 0.56  # of a letter's height: how wide letters are on average


def words(template: str, values: Mapping[str, str]) -> str:
    """`template` with `{name}`, `{date}` and `{share}` filled in, in one printable line."""
    text = _PLACE.sub(lambda found: values.get(found[1], found[0]), template)
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:LONGEST]


def letters(text: str, width: int, height: int) -> int:
    """How high letters are in pixels so that the line fits the picture."""
    return max(_SMALLEST, min(height // 14, int(0.9 * width / (_WIDE * max(1, len(text))))))


def svg(text: str, width: int, height: int) -> str:
    """The words as an SVG picture over one of that size."""
    size = letters(text, width, height)
    style = f'font-family="sans-serif" font-size="{size}" text-anchor="middle" fill="#ffffff"'
    edge = 'fill-opacity="0.4" stroke="#000000" stroke-opacity="0.4" stroke-width="1"'
    rows = "".join(
        f'<text x="{width / 2:.1f}" y="{height * row + size / 3:.1f}" {style} {edge}>{escape(text)}</text>'
        for row in _ROWS
    )
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">{rows}</svg>'


def rung_of(width: int, height: int) -> Rung:
    """The marked rung of a film that is shown at this size."""
    return Rung(RUNG, width, height, _CRF, _MAX_BITRATE)


def burn_film(
    settings: Media, film: Path, text: str, recipe: Recipe, out: Path, *, on_progress: OnProgress
) -> None:
    """Encode a film of ours once more with the words in it, as HLS in the folder `out`, piece by piece.

    `recipe` has one rung, of the film's own size, rate and segments. Raises `SourceError`, `SandboxError`,
    and what `on_progress` raises.
    """
    tools = find_tools(settings.ffmpeg)
    (out / _TEXT).write_text(text, encoding="utf-8")
    (out / RUNG).mkdir()
    run_ffmpeg(
        tools, open_sandbox(settings.sandbox, tools), film, arguments(text, recipe), out=out,
        limits=encode_limits(settings, None), on_progress=on_progress,
    )  # fmt: skip


def arguments(text: str, recipe: Recipe) -> list[str]:
    """The arguments after the input."""
    rung, gop = recipe.rungs[0], str(recipe.gop)
    size = letters(text, rung.width, rung.height)
    look = f"textfile={_TEXT}:expansion=none:font=Sans:fontsize={size}:fontcolor=white@0.4"
    edge = "borderw=1:bordercolor=black@0.4:x=(w-tw)/2"
    marks = ",".join(f"drawtext={look}:{edge}:y=h*{row}-th/2" for row in _ROWS)
    coding = ["-c:v", "libx264", "-preset", "veryfast", "-crf", str(rung.crf), "-bf", "0"]
    rate = ["-maxrate", str(rung.max_bitrate), "-bufsize", str(rung.max_bitrate)]
    closed = ["-g", gop, "-keyint_min", gop, "-sc_threshold", "0", "-flags", "+cgop"]
    count = ["-threads", str(threads(rung.width * rung.height))]
    shown = ["-map", "0:v:0", "-vf", marks, *coding, *rate, *closed, *count, "-pix_fmt", "yuv420p"]
    return [*shown, "-fps_mode", "passthrough", *hls_output(RUNG, recipe)]
