"""Scrub sprites: small pictures of a film on a few sheets, and a WebVTT file that says which is shown when.

Made of the preview's own smallest rung, of a few of its segments, key frames only where those are enough: a
film of two hours costs some seconds. Writes `sprites-0.jpg`, ...; pictures lie row by row, from the left.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from mam.errors import SourceError
from mam.media.ffmpeg import OnProgress, Tools, run_ffmpeg
from mam.media.limits import Limits
from mam.media.playlists import Segment
from mam.media.vtt import stamp
from mam.media.walls import Sandbox

VTT_NAME = "sprites.vtt"
LONGEST_SIDE = 160
"""Pixels of one small picture."""

LIMITS = Limits(cpu_seconds=300, wall_seconds=300.0, output_bytes=16 << 20)

_ACROSS, _DOWN = 10, 10
_MOST = 2 * _ACROSS * _DOWN
_SHORTEST_STEP = 1.0
_DECODED_WHOLE = 100.0  # seconds; one of 360 lines takes 16 ms of processor time, a key frame alone 3 ms
_END = 0.04  # seconds; a picture that would begin this near the end is none
_QUALITY = 6  # of mjpeg's scale 1-31


@dataclass(frozen=True)
class Plan:
    """What is drawn: `count` pictures of `width` x `height`, one every `step` of `seconds`."""

    seconds: float
    step: float
    count: int
    width: int
    height: int
    across: int
    down: int
    segments: tuple[int, ...]
    key_frames: bool

    @property
    def sheets(self) -> tuple[str, ...]:
        """The files that the pictures lie on."""
        return tuple(f"sprites-{number}.jpg" for number in range(-(-self.count // (self.across * self.down))))


def plan(segments: Sequence[Segment], width: int, height: int) -> Plan:
    """One picture a second of a short film, a segment of a longer one, 200 at most of any.

    `width` and `height` are those of the rung in pixels. Where pictures are as far apart as segments, one key
    frame of each needed segment is enough. Raises ValueError where there is no segment.
    """
    seconds = sum(segment.duration for segment in segments)
    if seconds <= 0:
        raise ValueError("there is nothing to draw sprites of")
    segment = max(one.duration for one in segments)
    step = max(_SHORTEST_STEP if seconds <= _DECODED_WHOLE else segment, seconds / _MOST)
    count = max(1, min(_MOST, math.ceil((seconds - _END) / step)))
    across = min(_ACROSS, count)
    scale = min(1.0, LONGEST_SIDE / max(width, height))
    return Plan(
        seconds=seconds,
        step=step,
        count=count,
        width=max(2, round(width * scale / 2) * 2),
        height=max(2, round(height * scale / 2) * 2),
        across=across,
        down=min(_DOWN, -(-count // across)),
        segments=_needed(segments, [number * step for number in range(count)]),
        key_frames=step >= segment,
    )


def draw(
    tools: Tools,
    sandbox: Sandbox,
    film: Path,
    wanted: Plan,
    out: Path,
    *,
    on_progress: OnProgress | None = None,
) -> None:
    """Write the sheets into `out`. `film` is the rung's init segment followed by the plan's segments.

    `on_progress` is called twice a second; what it raises ends the work. Raises `SourceError`.
    """
    skip = ["-skip_frame", "nokey"] if wanted.key_frames else []
    arguments = ["-vf", _filters(wanted), "-an", "-map_metadata", "-1", "-fps_mode", "passthrough"]
    arguments += ["-frames:v", str(len(wanted.sheets)), "-c:v", "mjpeg", "-q:v", str(_QUALITY)]
    arguments += ["-f", "image2", "-start_number", "0", "sprites-%d.jpg"]
    run_ffmpeg(
        tools, sandbox, film, arguments, out=out, limits=LIMITS, before_input=["-threads", "1", *skip],
        on_progress=on_progress,
    )  # fmt: skip
    if not all(_is_drawn(out / name) for name in wanted.sheets):
        raise SourceError("No scrub pictures could be drawn.", code="source_corrupt")


def _is_drawn(sheet: Path) -> bool:
    return sheet.is_file() and not sheet.is_symlink() and sheet.stat().st_size > 0


def write_vtt(drawn: Plan) -> str:
    """The file that names, for every moment, the picture's sheet and its place there."""
    blocks = ["WEBVTT"]
    for number in range(drawn.count):
        start = number * drawn.step
        end = drawn.seconds if number == drawn.count - 1 else start + drawn.step
        sheet, place = divmod(number, drawn.across * drawn.down)
        row, column = divmod(place, drawn.across)
        box = f"{column * drawn.width},{row * drawn.height},{drawn.width},{drawn.height}"
        blocks.append(f"{stamp(start)} --> {stamp(end)}\n{drawn.sheets[sheet]}#xywh={box}")
    return "\n\n".join(blocks) + "\n"


def _needed(segments: Sequence[Segment], moments: Sequence[float]) -> tuple[int, ...]:
    """The segments in which those moments lie."""
    ends = list(accumulate(segment.duration for segment in segments))
    needed, at = [], 0
    for moment in moments:
        while at < len(ends) - 1 and ends[at] <= moment:
            at += 1
        needed.append(at)
    return tuple(dict.fromkeys(needed))


def _filters(wanted: Plan) -> str:
    """The frame on screen at every step, small, on sheets; the last one again where one is missing.

    The last picture is held, for `fps` drops a frame that ends before its step.
    """
    return ",".join(
        [
            f"tpad=stop_mode=clone:stop_duration={2 * wanted.step:.6f}",
            f"fps=fps=1/{wanted.step:.6f}:start_time=0:round=up",
            f"tpad=stop_mode=clone:stop={wanted.count}",
            f"trim=end_frame={wanted.count}",
            f"scale={wanted.width}:{wanted.height}:out_range=full,format=yuvj420p,setsar=1",
            f"tile={wanted.across}x{wanted.down}",
        ]
    )
