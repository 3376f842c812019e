"""Proxies to edit with: a light file on the source's own frame grid, with its timecode and all its sound.

What an editor relinks by is kept: rate, number of frames, start timecode (drop-frame as the source counts),
reel and track names. One contained ffmpeg writes one file into a scratch folder; nothing else is touched.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path, PurePosixPath

from mam.config import Media, Proxies
from mam.errors import SourceError, StorageError, ValidationError
from mam.media import ladder, timecode
from mam.media.ffmpeg import OnProgress, find_tools, run_ffmpeg
from mam.media.recipe_args import deinterlacer, picture_filters, threads
from mam.media.render import encode_limits
from mam.media.sandbox import open_sandbox
from mam.types import AudioTrack, MediaInfo, Source, VideoTrack

FILE = "proxy.mov"
CONTENT_TYPE = "video/quicktime"
MOST_TRACKS = 64
"""Sound tracks that a proxy carries at most."""

_REEL_TAGS = ("reel_name", "com.apple.proapps.reel", "material_package_name", "reel")
_REEL_CHARACTERS = 32  # what an EDL's reel can hold at most
_TITLE_CHARACTERS = 200
_MOST_BOXES, _BOX_HEAD, _SMALLEST_BOX = 64, 16, 8


@dataclass(frozen=True)
class Recipe:
    """A kind of proxy: its word in the API, its name for people, its encoder's pixel format."""

    name: str
    label: str
    pixel_format: str

    def encoder(self, settings: Proxies, pixels: int) -> list[str]:
        """The video encoder's arguments: ProRes has key frames only, H.264 short closed GOPs."""
        if self.name == "prores":
            return [
                "-c:v",
                "prores_ks",
                "-profile:v",
                "0",
                "-vendor",
                "apl0",
                "-threads",
                str(threads(pixels)),
            ]
        rate = ["-crf", str(settings.h264_crf), "-g", str(settings.h264_gop), "-bf", "0"]
        return ["-c:v", "libx264", "-preset", "veryfast", *rate, "-threads", str(threads(pixels))]


RECIPES: dict[str, Recipe] = {
    "h264": Recipe("h264", "H.264", "yuv420p"),
    "prores": Recipe("prores", "ProRes 422 Proxy", "yuv422p10le"),
}
"""Every recipe by its word."""


def file_name(filename: str, recipe: str) -> str:
    """What the proxy of a master is called: `clip.mxf` gives `clip_prores_proxy.mov`."""
    return f"{PurePosixPath(filename).stem or 'clip'}_{recipe}_proxy.mov"


def make(
    settings: Media,
    proxies: Proxies,
    source: Source,
    recipe: Recipe,
    out: Path,
    *,
    on_progress: OnProgress | None = None,
) -> Path:
    """Make the proxy of a source in the folder `out`; answers its path.

    `on_progress` is called twice a second; what it raises ends the work. Raises `SourceError`
    (`source_too_large` over `proxies.max_bytes`, `proxy_impossible` without a picture), `StorageError` where
    it was not written whole.
    """
    media = source.media
    if media is None or media.video is None:
        raise SourceError(
            "A proxy to edit with is made of a film; this has no picture.", code="proxy_impossible"
        )
    tools = find_tools(settings.ffmpeg)
    limits = replace(encode_limits(settings, media.video), output_bytes=proxies.max_bytes)
    run_ffmpeg(
        tools, open_sandbox(settings.sandbox, tools), source.path,
        arguments(media, recipe, proxies, source.filename), out=out, limits=limits,
        before_input=before_input(media.video), on_progress=on_progress, max_pixels=settings.max_pixels,
    )  # fmt: skip
    made = out / FILE
    _check_whole(made, proxies.max_bytes)
    return made


def _check_whole(made: Path, max_bytes: int) -> None:
    """The encoder ends well also where its file did not fit, so the file has to say that it is whole."""
    if made.is_symlink() or not made.is_file() or not made.stat().st_size:
        raise SourceError("No picture could be decoded.", code="source_corrupt")
    if made.stat().st_size >= max_bytes:
        raise SourceError("The proxy grows beyond the allowed output.", code="source_too_large")
    if not _is_whole(made):
        raise StorageError("The proxy could not be written whole; it is made again later.")


def _is_whole(made: Path) -> bool:
    """Whether the boxes of a QuickTime file follow each other to its end, its index (`moov`) among them."""
    names: set[bytes] = set()
    size, at = made.stat().st_size, 0
    with made.open("rb") as stream:
        while at < size and len(names) < _MOST_BOXES:
            stream.seek(at)
            head = stream.read(_BOX_HEAD)
            length = int.from_bytes(head[:4], "big")
            length = int.from_bytes(head[8:16], "big") if length == 1 else length
            if length < _SMALLEST_BOX:
                return False
            names.add(head[4:8])
            at += length
    return at == size and b"moov" in names


def before_input(video: VideoTrack) -> list[str]:
    """Second 0 is the first picture, as in the ladder."""
    shift = ["-itsoffset", f"{-video.start:.6f}"] if video.start else []
    return ["-threads", str(threads()), *shift]


def arguments(media: MediaInfo, recipe: Recipe, settings: Proxies, filename: str) -> list[str]:
    """The arguments after the input. Raises ValueError for a source without a picture."""
    video = media.video
    if video is None:
        raise ValueError("the source has no picture")
    width, height = size(video, settings.height)
    rate = ladder.constant_rate(video)
    tracks = media.audio[:MOST_TRACKS]
    graph = ";".join([_picture(media, recipe, width, height, rate), *(_sound(track) for track in tracks)])
    chosen = ["-filter_complex", graph, "-map", "[v]", *recipe.encoder(settings, width * height)]
    chosen += ["-fps_mode", "passthrough", "-map_metadata", "-1", "-map_chapters", "-1"]
    for number, track in enumerate(tracks):
        chosen += ["-map", f"[a{track.index}]", f"-c:a:{number}", "pcm_s16le", *_named(number, track)]
    chosen += ["-metadata:s:v:0", f"reel_name={reel_of(media, filename)}"]
    chosen += ["-metadata", f"title={_plain(PurePosixPath(filename).stem)[:_TITLE_CHARACTERS]}"]
    label = start_label(media, rate)
    chosen += ["-timecode", label] if label else []
    return [*chosen, "-f", "mov", FILE]


def size(video: VideoTrack, height: int) -> tuple[int, int]:
    """Width and height: square pixels, the short side at most `height`, never enlarged, even."""
    scale = min(Fraction(1), Fraction(height, min(video.width, video.height)))
    width, tall = (max(2, int(side * scale) // 2 * 2) for side in (video.width, video.height))
    return width, tall


def start_label(media: MediaInfo, rate: Fraction) -> str:
    """The source's start timecode where it exists at `rate`; empty where it has none."""
    label = media.start_timecode
    if label is None:
        return ""
    try:
        timecode.parse(label, rate)
    except ValidationError:
        return ""
    return label


def reel_of(media: MediaInfo, filename: str) -> str:
    """The reel that the source says, else its file's name without the ending; plain letters."""
    said = next((media.tags[name] for name in _REEL_TAGS if media.tags.get(name)), "")
    plain = re.sub(r"[^A-Za-z0-9 ._-]", "_", said or PurePosixPath(filename).stem).strip()
    return plain[:_REEL_CHARACTERS] or "clip"


def _picture(media: MediaInfo, recipe: Recipe, width: int, height: int, rate: Fraction) -> str:
    """The ladder's grid and look, so that frame n is frame n in all of them."""
    video = media.video
    assert video is not None  # noqa: S101 - arguments() looked
    filters = [deinterlacer(video)] if ladder.is_interlaced(video) else []
    filters.append(f"fps=fps={rate}:start_time=0:round=near")
    filters += picture_filters(media, width, height, tonemap=ladder.needs_tonemap(video))
    filters.append(f"format={recipe.pixel_format}")
    return f"[0:v:{video.index}]{','.join(_deep(filters, recipe))}[v]"


def _deep(filters: Sequence[str], recipe: Recipe) -> list[str]:
    """Without the ladder's own step down to 8 bit where the proxy keeps more."""
    own = "format=yuv420p"
    return [one for one in filters if one != own or recipe.pixel_format == "yuv420p"]


def _sound(track: AudioTrack) -> str:
    """A track as it is, in step with the pictures: silence before it starts and in gaps."""
    return f"[0:a:{track.index}]aresample=async=1:first_pts=0[a{track.index}]"


def _named(number: int, track: AudioTrack) -> list[str]:
    """Name and language of a sound track, in the order of the source."""
    named = []
    title = _plain(track.title)
    if title:
        named += [
            f"-metadata:s:a:{number}",
            f"title={title}",
            f"-metadata:s:a:{number}",
            f"handler_name={title}",
        ]
    if re.fullmatch(r"[a-z]{3}", track.language):
        named += [f"-metadata:s:a:{number}", f"language={track.language}"]
    return named


def _plain(text: str) -> str:
    """A user's words as one printable line; they are an argument of their own and never an option."""
    return "".join(char if char.isprintable() else " " for char in text)[:_TITLE_CHARACTERS].strip()
