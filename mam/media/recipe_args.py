"""A recipe as ffmpeg's arguments: one decode, cascaded scaling, one HLS output per rendition. Pure.

Shared by the transcoders; each brings only its encoder's own options (`Encode`). Nothing of the user's is
in the arguments but numbers that were measured. Tested without a GPU and without running anything.

Time: second 0 is the source's first picture, so that `round(time * rate)` is the frame's number. Sound that
came before is cut, sound that comes later is preceded by silence. A piece of a film is found on the same
grid: the source is read from a key frame before it, laid on the whole film's frames, cut by their numbers.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from mam.media.ladder import MAX_SEGMENTS
from mam.media.playlists import INIT_NAME, PLAYLIST_NAME
from mam.types import SEAM_FRAMES, AudioTrack, MediaInfo, Recipe, Rung, VideoTrack

Encode = Callable[[Rung, Recipe], list[str]]
"""The options of one rung's video encoder, from `-c:v` on; no mapping, no muxer."""

AUDIO_RATE = 48_000
MAX_THREADS = 8
"""Threads per decoder and per encoder: more only costs memory, each holds some frames."""

_AAC_DELAY = 1024  # samples that ffmpeg's AAC encoder puts in front (its initial_padding)
_MANY_PIXELS = 1280 * 720  # above, all threads have work; below, half of them would wait
_SHORTEST_SOUND = 0.05  # seconds; less than the encoder's delay would leave a rendition without a segment
_SD_HEIGHT, _SD_WIDTH = 576, 1024  # up to here an untagged picture is BT.601, above BT.709 (as mpv, VLC do)
_PRIMARIES = frozenset({"bt709", "bt2020", "smpte431", "smpte432"})
_MATRICES = frozenset({"bt709", "bt2020nc", "bt2020c", "gbr"})
_PADDED_HOURS = 24
_LEAD_SECONDS = 1
"""How far before a piece its reading begins, at a key frame: what an open GOP or two fields need is there."""

SEAM_FIRST, SEAM_NEXT = "first.md5", "next.md5"
"""The proofs of a cut: hashes of a piece's own first frames, and of those after its end."""


@dataclass(frozen=True)
class Command:
    """Arguments before the input's `-i` and after it, for `mam.media.ffmpeg.run_ffmpeg`."""

    before_input: tuple[str, ...]
    arguments: tuple[str, ...]


def audio_name(index: int) -> str:
    """The folder of the audio rendition made of the source's audio track `index`."""
    return f"audio{index}"


def names(recipe: Recipe) -> tuple[str, ...]:
    """The folders of all renditions of a recipe: rungs, then audio tracks."""
    return (*(rung.name for rung in recipe.rungs), *map(audio_name, recipe.audio))


def threads(pixels: int = 1 << 30) -> int:
    """How many threads a decoder or encoder of pictures of that size gets on this machine."""
    most = max(2, min(len(os.sched_getaffinity(0)), MAX_THREADS))
    return most if pixels > _MANY_PIXELS else max(2, most // 2)


def command(recipe: Recipe, media: MediaInfo, encode: Encode) -> Command:
    """The whole command line for a recipe. Raises ValueError where the recipe asks for nothing."""
    if not recipe.rungs and not recipe.audio:
        raise ValueError("the recipe asks for no rendition")
    count = str(threads())
    before = ["-threads", count, *_from(recipe, media)]
    graph = ";".join([*_video_chains(recipe, media), *_audio_chains(recipe, media)])
    arguments = ["-filter_complex_threads", count, "-filter_complex", graph]
    for rung in recipe.rungs:
        arguments += ["-map", f"[v{rung.name}]", *encode(rung, recipe), "-fps_mode", "passthrough"]
        arguments += hls_output(rung.name, recipe)
    for index in recipe.audio:
        arguments += ["-map", f"[a{index}]", "-c:a", "aac", "-b:a", str(recipe.audio_bitrate)]
        arguments += hls_output(audio_name(index), recipe)
    for name in seams(recipe):
        arguments += ["-map", f"[{name}]", "-fps_mode", "passthrough", "-f", "framemd5", name]
    return Command(tuple(before), tuple(arguments))


def seams(recipe: Recipe) -> tuple[str, ...]:
    """The proofs that a piece carries: one for each end that lies inside the film."""
    first = (SEAM_FIRST,) if recipe.start_frame else ()
    return (*first, SEAM_NEXT) if recipe.frames else first


def _from(recipe: Recipe, media: MediaInfo) -> list[str]:
    """Where reading begins, and what makes the first picture's time 0, wherever that is."""
    late = Fraction(media.video.start).limit_denominator(1_000_000) if recipe.gop and media.video else 0
    if not recipe.start_frame:
        return ["-itsoffset", f"{-float(late):.6f}"] if late else []
    milliseconds = max(0, (recipe.start_frame / recipe.frame_rate + late - _LEAD_SECONDS) * 1000 // 1)
    skip = Fraction(milliseconds, 1000)
    # ffmpeg takes what it skips off every time; the offset puts that back
    return ["-ss", f"{float(skip):.3f}", "-noaccurate_seek", "-itsoffset", f"{float(skip - late):.6f}"]


def picture_filters(media: MediaInfo, width: int, height: int, *, tonemap: bool) -> list[str]:
    """The filters that bring a decoded picture to width x height, square pixels, SDR BT.709, 8 bit 4:2:0.

    ffmpeg has turned it upright before (autorotate); alpha is dropped.
    """
    video = media.video
    if video is None:
        raise ValueError("the source has no picture")
    change = _tonemapped(video, width, height) if tonemap else [_scaled(video, width, height)]
    return [*change, "format=yuv420p", "setsar=1", _BT709]


def deinterlacer(video: VideoTrack) -> str:
    """The filter that makes one whole picture of each two fields.

    It goes by what frames say of their fields; where they say nothing, by the container.
    """
    top = video.field_order.endswith("t")  # ffmpeg's second letter is the field that is shown first
    untold = f":parity={'tff' if top else 'bff'}" if video.fields_untold else ""
    return f"bwdif=mode=send_frame:deint=all{untold}"


_BT709 = "setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv"


def _scaled(video: VideoTrack, width: int, height: int) -> str:
    small = video.coded_height <= _SD_HEIGHT and video.coded_width <= _SD_WIDTH
    matrix = "auto" if video.color_space else ("bt601" if small else "bt709")
    return f"scale={width}:{height}:in_color_matrix={matrix}:out_color_matrix=bt709:out_range=tv"


def _tonemapped(video: VideoTrack, width: int, height: int) -> list[str]:
    """HDR to SDR: linear light at 100 nits, BT.709 primaries, Hable's curve, back to video levels.

    Words that the filter may not know count as BT.2100's own.
    """
    transfer = "arib-std-b67" if video.color_transfer == "arib-std-b67" else "smpte2084"
    primaries = video.color_primaries if video.color_primaries in _PRIMARIES else "bt2020"
    matrix = video.color_space if video.color_space in _MATRICES else "bt2020nc"
    return [
        f"zscale=w={width}:h={height}:tin={transfer}:pin={primaries}:min={matrix}:t=linear:npl=100",
        "format=gbrpf32le",
        "zscale=p=bt709",
        "tonemap=tonemap=hable:desat=0",
        "zscale=t=bt709:m=bt709:r=limited",
    ]


def _video_chains(recipe: Recipe, media: MediaInfo) -> Iterator[str]:
    """Decode, mend, then each rung scaled from the one above it."""
    if not recipe.rungs or media.video is None:
        return
    top, *lower = recipe.rungs
    filters = [deinterlacer(media.video)] if recipe.deinterlace else []
    filters.append(f"fps=fps={recipe.frame_rate}:start_time=0:round=near")
    filters += _held_to_the_end(recipe, media)
    grid = f"[0:v:{media.video.index}]{','.join(filters)}"
    changes = picture_filters(media, top.width, top.height, tonemap=recipe.tonemap)
    if recipe.is_piece:
        yield from _cut(recipe, grid)
    chain = ",".join(["[piece]null" if recipe.is_piece else grid, *changes])
    above = top
    for rung in lower:
        yield f"{chain},split=2[v{above.name}][from{above.name}]"
        chain = f"[from{above.name}]scale={rung.width}:{rung.height},setsar=1"
        above = rung
    yield f"{chain}[v{above.name}]"


def _cut(recipe: Recipe, grid: str) -> Iterator[str]:
    """The frames of a piece from the whole film's, and those that prove where it was cut."""
    end = recipe.start_frame + recipe.frames
    places = {SEAM_FIRST: recipe.start_frame, SEAM_NEXT: end}
    names = seams(recipe)
    yield f"{grid},split={1 + len(names)}[film]{''.join(f'[at {name}]' for name in names)}"
    yield f"[film]{_numbered(recipe.start_frame, end if recipe.frames else None)}[piece]"
    for name in names:
        yield f"[at {name}]{_numbered(places[name], places[name] + SEAM_FRAMES)}[{name}]"


def _numbered(first: int, end: int | None) -> str:
    """Only the frames `first` to `end` (not itself), from time 0 on."""
    return f"trim=start_frame={first}{f':end_frame={end}' if end else ''},setpts=PTS-STARTPTS"


def _held_to_the_end(recipe: Recipe, media: MediaInfo) -> list[str]:
    """The last picture stands where the sound goes on for more than a segment: players stall otherwise."""
    video = media.video
    if not recipe.audio or video is None or video.duration is None or media.duration is None:
        return []
    missing = media.duration - video.start - video.duration
    if not recipe.segment_seconds < missing < _PADDED_HOURS * 3600:
        return []
    return [f"tpad=stop_mode=clone:stop_duration={missing:.6f}"]


def _audio_chains(recipe: Recipe, media: MediaInfo) -> Iterator[str]:
    tracks = {track.index: track for track in media.audio}
    for index in recipe.audio:
        filters = [*_stereo(tracks.get(index)), *_aligned(recipe, media)]
        yield f"[0:a:{index}]{','.join(filters)}[a{index}]"


def _stereo(track: AudioTrack | None) -> list[str]:
    """Two channels of any number: known layouts are mixed down, of others the first two are taken."""
    if track is not None and track.channels == 1:
        return ["pan=stereo|c0=c0|c1=c0"]
    if track is not None and track.channels > len("LR") and not track.layout:
        return ["pan=stereo|c0=c0|c1=c1"]
    return ["aformat=channel_layouts=stereo"]


def _aligned(recipe: Recipe, media: MediaInfo) -> list[str]:
    """Sound on the pictures' clock: silence before it starts, in gaps, and up to the last picture.

    The encoder starts 1024 samples early. Those are taken off the sound itself, so that the first packet
    lies at 0 and every player is in step, also one that ignores edit lists.
    """
    length = (media.video.duration if media.video else None) or media.duration
    padded = length if recipe.gop and length and length < _PADDED_HOURS * 3600 else 0.0
    return [
        f"aresample={AUDIO_RATE}:async=1:first_pts=0",
        f"apad=whole_dur={max(padded, _SHORTEST_SOUND):.6f}",
        f"atrim=start_sample={_AAC_DELAY}",
    ]


def hls_output(name: str, recipe: Recipe) -> list[str]:
    """One CMAF rendition in a folder of its own; segments and playlist appear whole (temporary file)."""
    return [
        *("-map_metadata", "-1", "-map_chapters", "-1"),
        *("-t", str(math.ceil(MAX_SEGMENTS * recipe.segment_seconds))),
        *("-f", "hls", "-hls_segment_type", "fmp4", "-hls_time", _floor_microseconds(recipe.segment_seconds)),
        *("-hls_list_size", "0", "-hls_playlist_type", "event"),
        *("-hls_flags", "temp_file+independent_segments"),
        *("-hls_fmp4_init_filename", INIT_NAME),
        *("-hls_segment_filename", f"{name}/%05d.m4s", f"{name}/{PLAYLIST_NAME}"),
    ]


def _floor_microseconds(seconds: Fraction) -> str:
    """The muxer counts in microseconds; a segment rounded up would swallow the next key frame."""
    micro = seconds * 1_000_000 // 1
    return f"{micro // 1_000_000}.{micro % 1_000_000:06d}"
