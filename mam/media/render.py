"""Runs a recipe: one contained ffmpeg into the target folder, its progress reported, its output checked.

The common part of the transcoders; each brings its encoder's options, devices and limits. Writes only
into `Target.folder`. Errors pass through: `FfmpegError` and other `SourceError`, `StorageFullError`,
`SandboxError`, and whatever `report` raises.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mam.config import Media
from mam.errors import SourceError
from mam.media import playlists
from mam.media.ffmpeg import FfmpegResult, find_tools, run_ffmpeg
from mam.media.limits import Limits
from mam.media.recipe_args import Encode, command, names, threads
from mam.media.sandbox import open_sandbox
from mam.types import MediaInfo, Progress, Recipe, Report, Source, Target, VideoTrack

STALL_SECONDS = 600.0
"""How long an encode may make nothing: a source whose next picture lies far away is read on meanwhile."""

_DAY = 86_400.0
_LARGEST_FILE = 2 << 30
_MAPPED_PER_THREAD = 256 << 20
_BYTES_PER_PIXEL = 4  # 4:2:2 at 10 bits
_FRAMES_HELD = 16  # reference frames of H.264 and HEVC
_MOST_MEMORY_TIMES = 4
_PROGRESS_BYTES = 64 << 10  # a second: some hundred bytes for each rendition, twice
_OPEN_FILES = 256  # every rendition holds a segment, an init segment and a playlist


def render(
    settings: Media,
    source: Source,
    recipe: Recipe,
    target: Target,
    *,
    report: Report,
    encode: Encode,
    devices: tuple[Path, ...] = (),
    bound_memory: bool = True,
    stall_seconds: float = STALL_SECONDS,
) -> FfmpegResult:
    """Make every rendition of `recipe` in `target`; returns when they are whole and ended.

    `bound_memory` False lifts the address space limit: a GPU driver maps far more than it uses.
    Raises `SourceError` (`source_corrupt`) where no picture, or nothing at all, could be decoded,
    `StalledError` where nothing moved for `stall_seconds`.
    """
    media = source.media
    if media is None:
        raise ValueError("a source is described before it is rendered")
    for name in names(recipe):
        (target.folder / name).mkdir(parents=True, exist_ok=True)
    tools = find_tools(settings.ffmpeg)
    line = command(recipe, media, encode)
    result = run_ffmpeg(
        tools,
        open_sandbox(settings.sandbox, tools),
        source.path,
        line.arguments,
        out=target.folder,
        limits=encode_limits(settings, media.video, bound_memory=bound_memory),
        on_progress=_Watch(_length(recipe, media), report, stall_seconds).tick,
        before_input=line.before_input,
        devices=devices,
        max_pixels=settings.max_pixels,
    )
    _check_whole(recipe, target.folder)
    return result


def _length(recipe: Recipe, media: MediaInfo) -> float | None:
    """How many seconds will be made; None where the source does not tell."""
    if recipe.frames:
        return float(recipe.frames / recipe.frame_rate)
    if media.duration is None or not recipe.start_frame:
        return media.duration
    return media.duration - float(recipe.start_frame / recipe.frame_rate)


def encode_limits(settings: Media, video: VideoTrack | None, *, bound_memory: bool = True) -> Limits:
    """What one encode may use; its CPU time is bounded through its time on the clock."""
    seconds = settings.encode_hours * 3600
    return Limits(
        memory=_address_space(settings, video) if bound_memory else None,
        cpu_seconds=int(seconds * (os.cpu_count() or 1)) + 1,
        wall_seconds=seconds,
        output_bytes=min(_LARGEST_FILE, settings.max_output_bytes),
        stdout_bytes=int(seconds * _PROGRESS_BYTES) + _PROGRESS_BYTES,
        open_files=_OPEN_FILES,
    )


def _address_space(settings: Media, video: VideoTrack | None) -> int:
    """`[media] memory` is for two threads on HD; more threads and larger pictures map more, up to a bound.

    Measured on the whole ladder: 1.25 GB mapped for 4K HDR with 2 threads, over 2 GB with 8 (of which
    0.7 GB were touched).
    """
    frame = video.coded_width * video.coded_height * _BYTES_PER_PIXEL if video else 0
    wanted = settings.memory + (threads() - 2) * _MAPPED_PER_THREAD + _FRAMES_HELD * frame
    return min(wanted, _MOST_MEMORY_TIMES * settings.memory)


def percent_of(block: Mapping[str, str], duration: float | None) -> float:
    """How much of `duration` ffmpeg's progress block says is done, 0 to 99.9; 0 while it cannot say."""
    reached = _number(block.get("out_time_us", "")) / 1_000_000
    if not duration or duration <= 0:
        return 0.0
    return min(99.9, max(0.0, 100 * reached / duration))


class StalledError(SourceError):
    """The encoder made nothing for too long, as happens when a driver is lost under it."""


@dataclass
class _Watch:
    """Turns ffmpeg's progress into `Progress` that never goes back; notices when nothing moves."""

    duration: float | None
    report: Report
    stall_seconds: float
    percent: float = 0.0
    reached: str = ""
    moved_at: float = field(default_factory=time.monotonic)

    def tick(self, block: dict[str, str]) -> None:
        """Called about twice a second, also while ffmpeg is silent."""
        self.percent = max(self.percent, percent_of(block, self.duration))
        self.report(Progress(self.percent, _number(block.get("speed", "").rstrip("x"))))
        reached = block.get("frame", "") + "/" + block.get("out_time_us", "")
        if reached != self.reached:
            self.reached, self.moved_at = reached, time.monotonic()
        elif time.monotonic() - self.moved_at > self.stall_seconds:
            message = f"Nothing was encoded for {self.stall_seconds:.0f} seconds."
            raise StalledError(message, code="source_timeout")


def _number(text: str) -> float:
    """A number of ffmpeg's, 0 for its "N/A"."""
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return value if 0 <= value < _DAY * 1e9 else 0.0


def _check_whole(recipe: Recipe, folder: Path) -> None:
    """Raise where there is no picture, or nothing at all; a sound track that came to nothing is left out."""
    made = [name for name in names(recipe) if _is_whole(folder / name)]
    missing = [rung.name for rung in recipe.rungs if rung.name not in made]
    if missing or not made:
        what = "picture" if missing else "sound"
        raise SourceError(f"No {what} could be decoded.", code="source_corrupt")


def _is_whole(folder: Path) -> bool:
    """Whether a rendition has segments and an end."""
    listing = folder / playlists.PLAYLIST_NAME
    if not listing.is_file():
        return False
    listed = playlists.parse_media(listing.read_text(encoding="ascii"))
    return bool(listed.segments) and listed.ended
