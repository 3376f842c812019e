"""One frame of a preview as a JPEG: of the segment that holds it, decoded by a contained ffmpeg.

Frame n of every rung stands at n / rate and each segment begins with a key frame, so a frame is found by
counting: the segment by their lengths, the frame by its number in it. Writes one file.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from mam.errors import SourceError
from mam.media.ffmpeg import Tools, run_ffmpeg
from mam.media.limits import Limits
from mam.media.playlists import Segment
from mam.media.walls import Sandbox

NAME = "frame.jpg"
LIMITS = Limits(memory=4 << 30, cpu_seconds=60, wall_seconds=30.0, output_bytes=32 << 20)
_QUALITY = 2  # of mjpeg's scale 1-31; it is compressed once more


def place(segments: Sequence[Segment], rate: Fraction, frame: int) -> tuple[Segment, int] | None:
    """The segment that holds a frame, and its number in it; None beyond the last."""
    for segment in segments:
        count = round(segment.duration * rate)
        if frame < count:
            return segment, frame
        frame -= count
    return None


def take(tools: Tools, sandbox: Sandbox, film: Path, number: int, out: Path) -> None:
    """Write frame `number` (from 0) of `film`, an init segment with one segment behind it, as `NAME`.

    In full range as JPEG wants it, at the rung's own size. Raises `SourceError` where it is not there.
    """
    arguments = [
        *("-map", "0:v:0", "-vf", f"select=eq(n\\,{number}),scale=out_range=full,format=yuvj420p"),
        *("-fps_mode", "passthrough", "-frames:v", "1", "-map_metadata", "-1", "-c:v", "mjpeg"),
        *("-q:v", str(_QUALITY), "-f", "image2", "-update", "1", NAME),
    ]
    run_ffmpeg(tools, sandbox, film, arguments, out=out, limits=LIMITS, before_input=["-threads", "2"])
    made = out / NAME
    if not made.is_file() or made.is_symlink() or not made.stat().st_size:
        raise SourceError("This frame could not be decoded.", code="source_corrupt")
