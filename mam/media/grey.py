"""Small grey pictures of what was published, for fingerprints: a film's every so often, or one of a picture.

Rungs and posters were made by contained programs that had read an upload, so they are not believed: they
are decoded behind the same walls, and only bytes of a known number come out. Writes one file into a scratch
folder.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mam.errors import SourceError
from mam.media import grey_worker, images
from mam.media.ffmpeg import OnProgress, Tools, run_ffmpeg
from mam.media.fingerprint import SIDE, Frames
from mam.media.limits import MIB, Limits
from mam.media.playlists import Segment
from mam.media.process import run_contained
from mam.media.walls import Room, Sandbox

MOST = 1800
"""Pictures of a film at most: 28 MiB."""

FILM_LIMITS = Limits(cpu_seconds=300, wall_seconds=300.0, output_bytes=MOST * SIDE * SIDE)
PICTURE_LIMITS = Limits(memory=1536 * MIB, cpu_seconds=20, wall_seconds=30.0, stdout_bytes=MIB)

_STEPS = ((60.0, 0.25), (300.0, 0.5), (1800.0, 1.0))
"""Films up to so many seconds have a picture every so many; of longer ones key frames are enough."""

_NAME = "frames.gray"


@dataclass(frozen=True)
class Plan:
    """A picture every `step` of `seconds`, out of the segments of those numbers."""

    seconds: float
    step: float
    count: int
    segments: tuple[int, ...]
    key_frames: bool


def plan(segments: Sequence[Segment]) -> Plan:
    """What is looked at of a film of these segments. Raises ValueError where there is nothing."""
    seconds = sum(segment.duration for segment in segments)
    if seconds <= 0:
        raise ValueError("there is nothing to look at")
    step = next((step for longest, step in _STEPS if seconds <= longest), None)
    if step is not None:
        return Plan(seconds, step, _count(seconds, step), tuple(range(len(segments))), key_frames=False)
    every = math.ceil(len(segments) / MOST)
    step = every * max(segment.duration for segment in segments)
    return Plan(seconds, step, _count(seconds, step), tuple(range(0, len(segments), every)), key_frames=True)


def film_frames(
    tools: Tools,
    sandbox: Sandbox,
    film: Path,
    wanted: Plan,
    out: Path,
    *,
    on_progress: OnProgress | None = None,
) -> Frames:
    """The pictures of a film; `film` is a rung's init segment followed by the plan's segments.

    `on_progress` is called twice a second; what it raises ends the work. Raises `SourceError`.
    """
    filters = (
        f"fps=fps=1/{wanted.step:.6f}:start_time=0:round=up,scale={SIDE}:{SIDE}:flags=area:out_range=full"
    )
    arguments = ["-vf", f"{filters},format=gray", "-an", "-fps_mode", "passthrough"]
    arguments += ["-frames:v", str(wanted.count), "-f", "rawvideo", _NAME]
    skip = ["-skip_frame", "nokey"] if wanted.key_frames else []
    run_ffmpeg(
        tools, sandbox, film, arguments, out=out, limits=FILM_LIMITS, before_input=["-threads", "1", *skip],
        on_progress=on_progress,
    )  # fmt: skip
    made = out / _NAME
    if not made.is_file() or made.is_symlink() or made.stat().st_size > FILM_LIMITS.output_bytes:
        raise SourceError("The film could not be looked at.", code="source_corrupt")
    pixels = np.fromfile(made, dtype=np.uint8)
    whole = len(pixels) // (SIDE * SIDE)
    return pixels[: whole * SIDE * SIDE].reshape(whole, SIDE, SIDE)


def picture_frame(sandbox: Sandbox, jpeg: Path) -> Frames:
    """One of our JPEGs, such as a poster. Raises `SourceError`."""
    (python, *flags, _worker, packages, _job), read_only = images.worker_program("")
    worker = Path(grey_worker.__file__)
    program = [python, *flags, str(worker), packages, sandbox.source_path(jpeg), str(SIDE)]
    room = Room(source=jpeg, read_only=(*read_only, worker))
    outcome = run_contained(sandbox, program, room, PICTURE_LIMITS)
    if outcome.returncode != 0 or len(outcome.stdout) != SIDE * SIDE:
        raise SourceError("The picture could not be looked at.", code="source_corrupt")
    return np.frombuffer(outcome.stdout, dtype=np.uint8).reshape(SIDE, SIDE)


def _count(seconds: float, step: float) -> int:
    return max(1, min(MOST, math.ceil(seconds / step)))
