"""Captions of a film: its embedded text tracks as WebVTT, taken out by a contained ffmpeg and made safe.

What ffmpeg writes is the user's own text and is read as such: bounded, and rebuilt by `mam.media.vtt`.
Writes one `captions-<n>.vtt` a track that says something; pictures' second 0 is the clock, as in the ladder.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from mam.errors import SourceError
from mam.media import vtt
from mam.media.ffmpeg import OnProgress, Tools, run_ffmpeg
from mam.media.limits import Limits
from mam.media.walls import Sandbox
from mam.types import CaptionTrack, MediaInfo

LARGEST = 8 << 20
"""Bytes of one track as ffmpeg writes it; a subtitled film of three hours has some 150 KB."""

LIMITS = Limits(cpu_seconds=600, wall_seconds=3600.0, output_bytes=LARGEST)
"""A whole file of camera data is read for a few lines of text, so the clock is generous."""


def file_name(index: int) -> str:
    """The file of the subtitle track of that index."""
    return f"captions-{index}.vtt"


def extract(
    tools: Tools,
    sandbox: Sandbox,
    source: Path,
    media: MediaInfo,
    out: Path,
    *,
    limits: Limits = LIMITS,
    on_progress: OnProgress | None = None,
) -> tuple[CaptionTrack, ...]:
    """Write the captions of every track that can be read into the folder `out`; answers those tracks.

    A track that breaks ffmpeg does not cost the others. `on_progress` is called twice a second; what it
    raises ends the work. Raises `SourceError` where the time is over.
    """
    made: list[CaptionTrack] = []
    for group in _groups(media.captions):
        with TemporaryDirectory(prefix=".captions-", dir=out) as folder:
            try:
                run_ffmpeg(
                    tools, sandbox, source, _arguments(group), out=Path(folder), limits=limits,
                    before_input=_clock(media), on_progress=on_progress,
                )  # fmt: skip
            except SourceError as error:
                if error.error_code == "source_timeout":
                    raise
                if len(group) > 1:
                    continue  # then each by itself
            made += [track for track in group if _keep(Path(folder), out, track.index)]
        if len(group) == len(media.captions):
            break
    return tuple(made)


def _groups(tracks: Sequence[CaptionTrack]) -> list[Sequence[CaptionTrack]]:
    """All at once, for a film is read only once then; where that fails one by one."""
    return [tracks, *([track] for track in tracks if len(tracks) > 1)] if tracks else []


def _clock(media: MediaInfo) -> list[str]:
    start = media.video.start if media.video else 0.0
    return ["-itsoffset", f"{-start:.6f}"] if start else []


def _arguments(tracks: Sequence[CaptionTrack]) -> list[str]:
    arguments: list[str] = []
    for track in tracks:
        arguments += ["-map", f"0:s:{track.index}", "-map_metadata", "-1", "-c:s", "webvtt"]
        arguments += ["-avoid_negative_ts", "disabled", "-f", "webvtt", file_name(track.index)]
    return arguments


def _keep(folder: Path, out: Path, index: int) -> bool:
    """Rebuild what ffmpeg wrote, as far as it came; False where that says nothing."""
    written = folder / file_name(index)
    if written.is_symlink() or not written.is_file():
        return False
    with written.open("rb") as stream:
        cues = vtt.read(stream.read(LARGEST).decode("utf-8", "replace"))
    if cues:
        (out / written.name).write_text(vtt.write(cues), encoding="utf-8")
    return bool(cues)
