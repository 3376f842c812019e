"""Sound of a master to samples for the model: 16 kHz mono, 16 bit, decoded by the contained ffmpeg.

Writes one file into the scratch folder it is given. A sample's number is its time from the first picture on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from mam.config import Media
from mam.errors import SourceError
from mam.media import languages
from mam.media.ffmpeg import find_tools, run_ffmpeg
from mam.media.limits import MIB, Limits
from mam.media.sandbox import open_sandbox
from mam.types import AudioTrack, MediaInfo, Source

RATE = 16_000
BYTES = 2
"""Of one sample."""

_MOST_TRACKS = 16
_START_SECONDS = 600
_NAME = "sound.raw"


def spoken(info: MediaInfo) -> list[tuple[str, list[AudioTrack]]]:
    """The sound tracks that belong together: those of a language, and those that tell none ("")."""
    groups: dict[str, list[AudioTrack]] = {}
    for track in info.audio[:_MOST_TRACKS]:
        if track.channels > 0:
            groups.setdefault(languages.normal(track.language), []).append(track)
    return list(groups.items())


def decode(
    media: Media,
    source: Source,
    tracks: Sequence[AudioTrack],
    out: Path,
    *,
    hours: float,
    on_tick: Callable[[], None],
) -> Path:
    """Write the first `hours` of these tracks, mixed, into the folder `out`; answers the file.

    Gaps are silence, what comes before the first picture is left out. `on_tick` is called twice a second;
    what it raises ends the work. Raises `SourceError`.
    """
    seconds = hours * 3600
    limits = Limits(
        cpu_seconds=_START_SECONDS + int(seconds),
        wall_seconds=_START_SECONDS + seconds,
        output_bytes=int(seconds * RATE * BYTES) + MIB,
    )
    arguments = ["-filter_complex", _mixed(tracks), "-map", "[heard]", "-t", f"{seconds:.3f}"]
    arguments += ["-c:a", "pcm_s16le", "-f", "s16le", _NAME]
    tools = find_tools(media.ffmpeg)
    run_ffmpeg(
        tools, open_sandbox(media.sandbox, tools), source.path, arguments, out=out, limits=limits,
        before_input=_clock(source.media), on_progress=lambda _block: on_tick(),
    )  # fmt: skip
    made = out / _NAME
    if made.is_symlink() or not made.is_file():
        raise SourceError("The sound could not be decoded.", code="source_corrupt")
    return made


def _clock(info: MediaInfo | None) -> list[str]:
    """Second 0 is the first picture, as in the ladder and its captions."""
    start = info.video.start if info and info.video else 0.0
    return ["-vn", "-sn", "-dn", *(["-itsoffset", f"{-start:.6f}"] if start else [])]


def _mixed(tracks: Sequence[AudioTrack]) -> str:
    """One graph: each track whole from second 0 on and mono, all of them together.

    Two people's microphones often are two tracks, so no track is left out.
    """
    chains = [
        f"[0:a:{track.index}]aresample={RATE}:async=1:first_pts=0,pan=mono|c0={_all(track)}[t{number}]"
        for number, track in enumerate(tracks)
    ]
    names = "".join(f"[t{number}]" for number in range(len(tracks)))
    return ";".join([*chains, f"{names}amix=inputs={len(tracks)}:duration=longest[heard]"])


def _all(track: AudioTrack) -> str:
    """Every channel in the mix, the same share each, as ffmpeg's filter pan writes it."""
    share = f"{1 / track.channels:.4f}"
    return "+".join(f"{share}*c{channel}" for channel in range(track.channels))
