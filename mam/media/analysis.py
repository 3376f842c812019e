"""One pass over a master for automatic QC: decoded once behind the walls, seen and heard by one ffmpeg.

Black, still, fields and changes of the picture; loudness, silence, clipping and waveform of every track. What
ffmpeg says comes through pipes; no samples lie on a disk. Writes nothing that lasts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mam.config import Media, Qc
from mam.errors import SourceError
from mam.media.ffmpeg import find_tools, run_ffmpeg
from mam.media.ladder import MAX_AUDIO_TRACKS
from mam.media.loudness import SoundMeter
from mam.media.pictures import PictureReader, Pictures, filters
from mam.media.recipe_args import threads
from mam.media.render import encode_limits, percent_of
from mam.media.sandbox import open_sandbox
from mam.media.taps import Taps
from mam.types import AudioTrack, MediaInfo, Source, VideoTrack

_MOST_CHANNELS = 8  # ffmpeg has a layout for every number up to here
_LAYOUT = re.compile(r"[0-9a-zA-Z.()+]{1,64}")

OnPercent = Callable[[float], None]


@dataclass(frozen=True)
class Measured:
    """What the pass found: the pictures, where there are any, and each sound track. CPU seconds it took."""

    pictures: Pictures | None
    sounds: tuple[SoundMeter, ...]
    cpu_seconds: float


def measure(media: Media, qc: Qc, source: Source, folder: Path, *, on_percent: OnPercent) -> Measured:
    """Decode the master once and look at everything.

    `folder` is an empty one for the pipes. `on_percent` is called twice a second with 0 to 99.9; what it
    raises ends the work. Raises `SourceError`, `SandboxError`, `StorageError`.
    """
    info = source.media
    if info is None or (info.video is None and not info.audio):
        raise SourceError("There is neither picture nor sound to look at.", code="nothing_to_analyse")
    reader = PictureReader()
    meters = tuple(_meter(track, qc) for track in info.audio[:MAX_AUDIO_TRACKS] if track.sample_rate > 0)
    tools = find_tools(media.ffmpeg)
    with Taps(folder, _listeners(info, reader, meters)) as taps:

        def tick(block: dict[str, str]) -> None:
            taps.check()
            on_percent(percent_of(block, info.duration))

        result = run_ffmpeg(
            tools, open_sandbox(media.sandbox, tools), source.path, arguments(info, qc, meters), out=folder,
            limits=encode_limits(media, info.video), on_progress=tick, before_input=before_input(info),
            max_pixels=media.max_pixels,
        )  # fmt: skip
    for meter in meters:
        meter.finish()
    return Measured(reader.pictures() if info.video else None, meters, result.cpu_seconds)


def before_input(info: MediaInfo) -> list[str]:
    """As the ladder reads it: second 0 is the first picture. Turning it upright would change no verdict."""
    before = ["-threads", str(threads()), "-noautorotate"]
    if info.video and info.video.start:
        before += ["-itsoffset", f"{-info.video.start:.6f}"]
    return before


def arguments(info: MediaInfo, qc: Qc, meters: tuple[SoundMeter, ...]) -> list[str]:
    """One graph for everything; the picture ends in nothing, each sound in its pipe."""
    chains = [_picture(info.video, qc)] if info.video else []
    chains += [_sound(meter) for meter in meters]
    line = ["-filter_complex_threads", str(threads()), "-filter_complex", ";".join(chains)]
    if info.video:
        line += ["-map", "[seen]", "-fps_mode", "passthrough", "-f", "null", "-"]
    for meter in meters:
        line += ["-map", f"[heard{meter.index}]", "-c:a", "pcm_f32le"]
        line += ["-map_metadata", "-1", "-f", "f32le", _samples(meter)]
    return line


def _picture(video: VideoTrack, qc: Qc) -> str:
    orders, seen = filters(qc)
    return f"[0:v:{video.index}]{orders}:file=orders,{seen},metadata=print:file=pictures[seen]"


def _sound(meter: SoundMeter) -> str:
    """Gaps are filled with silence, so that a sample's number is its time; nothing else is changed.

    More than eight channels are no programme: their loudness is not measured.
    """
    clean = f"[0:a:{meter.index}]ametadata=mode=delete,aresample=async=1:first_pts=0"
    form = f"{clean},aformat=sample_fmts=flt:sample_rates={meter.rate}{_layout(meter)}"
    if meter.channels > _MOST_CHANNELS:
        return f"{form}[heard{meter.index}]"
    split = f"asplit=2[heard{meter.index}][loud{meter.index}]"
    loud = f"ebur128=peak=true:metadata=1:framelog=verbose,ametadata=print:file={_loudness(meter)},anullsink"
    return f"{form},{split};[loud{meter.index}]{loud}"


def _layout(meter: SoundMeter) -> str:
    """The layout throughout, for loudness weighs channels by their place and a piece may have another."""
    if _LAYOUT.fullmatch(meter.layout):
        return f":channel_layouts={meter.layout}"
    return f":channel_layouts={meter.channels}{'c' if meter.channels <= _MOST_CHANNELS else 'C'}"


def _meter(track: AudioTrack, qc: Qc) -> SoundMeter:
    return SoundMeter(track.index, track.channels, track.sample_rate, qc, track.layout)


def _samples(meter: SoundMeter) -> str:
    return f"samples{meter.index}"


def _loudness(meter: SoundMeter) -> str:
    return f"loudness{meter.index}"


def _listeners(
    info: MediaInfo, reader: PictureReader, meters: tuple[SoundMeter, ...]
) -> dict[str, Callable[[bytes], None]]:
    found: dict[str, Callable[[bytes], None]] = {}
    if info.video:
        found = {"orders": reader.feed_orders, "pictures": reader.feed}
    for meter in meters:
        found[_samples(meter)] = partial(SoundMeter.feed, meter)
        found[_loudness(meter)] = meter.loudness.feed
    return found
