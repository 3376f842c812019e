"""The poster of a film: one telling frame as a JPEG, and its blurred hash for the moment before it loads.

The frame is taken by a contained ffmpeg; only our own small JPEG is ever opened in this process.
Writes one file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import blurhash
from PIL import Image

from mam.errors import SourceError
from mam.media.ffmpeg import Tools, run_ffmpeg
from mam.media.ladder import is_interlaced, needs_tonemap
from mam.media.limits import Limits
from mam.media.recipe_args import picture_filters
from mam.media.walls import Sandbox
from mam.types import MediaInfo, VideoTrack

MAX_SIDE = 1280
LIMITS = Limits(memory=4 << 30, cpu_seconds=60, wall_seconds=30.0, output_bytes=16 << 20)

_INTO = 0.1  # a tenth into the film: past slates and leaders, before anything is given away
_LATEST_SECONDS = 60.0
_QUALITY = 3  # of mjpeg's scale 1-31; about JPEG quality 90
_HD_PIXELS = 1920 * 1080
_HASH_SIDE = 32  # four by three waves need no more
_LARGEST_POSTER = 16 << 20


def make_poster(
    tools: Tools, sandbox: Sandbox, source: Path, media: MediaInfo, out: Path, *, limits: Limits = LIMITS
) -> None:
    """Write the poster of a film to `out`: as shown, at most 1280 pixels, SDR, the most usual of some frames.

    Some seconds from a tenth into the film are looked at, and the film's beginning where nothing can be
    read there. Raises `SourceError` where no picture can be decoded.
    """
    if media.video is None:
        raise SourceError("The file has no picture to make a poster of.", code="source_corrupt")
    failure = SourceError("No picture could be decoded for the poster.", code="source_corrupt")
    with TemporaryDirectory(prefix=".poster-", dir=out.parent) as folder:
        made = Path(folder, "poster.jpg")
        for seek in _seeks(media):
            arguments = _arguments(media, media.video)
            try:
                run_ffmpeg(
                    tools, sandbox, source, arguments, out=made.parent, limits=limits, before_input=seek
                )
            except SourceError as error:
                failure = error
            if made.is_file() and made.stat().st_size:
                made.replace(out)
                return
    raise failure


def blurhash_of(jpeg: Path) -> str:
    """The blurhash of our own poster, four by three components or the other way round.

    Raises ValueError where the file is not the small JPEG that `make_poster` writes.
    """
    if jpeg.stat().st_size > _LARGEST_POSTER:
        raise ValueError(f"{jpeg.name} is too large to be a poster")
    with Image.open(jpeg, formats=["JPEG"]) as image:
        if max(image.size) > MAX_SIDE:
            raise ValueError(f"{jpeg.name} has more pixels than a poster")
        image.draft("RGB", (_HASH_SIDE, _HASH_SIDE))
        small = image.convert("RGB")
    small.thumbnail((_HASH_SIDE, _HASH_SIDE))
    across, down = (4, 3) if small.width >= small.height else (3, 4)
    return str(blurhash.encode(_rows(small), across, down))


def _rows(image: Image.Image) -> list[list[bytes]]:
    """The pixels of an RGB picture, row by row, three bytes each."""
    pixels, count = image.tobytes(), image.width
    row = 3 * count
    return [
        [pixels[at : at + 3] for at in range(start, start + row, 3)] for start in range(0, len(pixels), row)
    ]


def poster_size(video: VideoTrack) -> tuple[int, int]:
    """The poster's size for a picture as shown: never larger, even, no side above 1280."""
    scale = min(1.0, MAX_SIDE / max(video.width, video.height))
    return tuple(max(2, int(side * scale) // 2 * 2) for side in (video.width, video.height))  # type: ignore[return-value]


def _seeks(media: MediaInfo) -> Iterator[list[str]]:
    """Where to look: a tenth into the film, then its beginning."""
    threads = ["-threads", "2"]
    at = min((media.duration or 0.0) * _INTO, _LATEST_SECONDS)
    if at >= 1:
        yield [*threads, "-noaccurate_seek", "-ss", f"{at:.3f}"]
    yield threads


def _arguments(media: MediaInfo, video: VideoTrack) -> list[str]:
    """Four frames a second of some seconds, made small, the most usual of them written."""
    width, height = poster_size(video)
    seconds = 3 if video.coded_width * video.coded_height <= _HD_PIXELS else 1
    filters = ["fps=4:round=up", f"thumbnail={4 * seconds}"]
    filters += ["field=type=top"] if is_interlaced(video) else []  # one field: no combs, and cheap
    filters += picture_filters(media, width, height, tonemap=needs_tonemap(video))
    filters += ["scale=out_range=full", "format=yuvj420p"]
    graph = f"[0:v:{video.index}]{','.join(filters)}[poster]"
    return [
        *("-filter_complex", graph, "-map", "[poster]", "-map_metadata", "-1"),
        *("-frames:v", "1", "-c:v", "mjpeg", "-q:v", str(_QUALITY), "-f", "image2", "-update", "1"),
        "poster.jpg",
    ]
