"""Pictures and pages: size, facts and upright, stripped JPEGs of them, by decoders behind walls.

This process never decodes a picture: `image_worker` does, contained, with one reader let in. Types that are
not `SHOWN` are not read at all; their masters are kept. Promises A14, B1-B6, B12.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mam.errors import ConfigError, SourceError
from mam.media import image_worker
from mam.media.ffmpeg import MAX_PIXELS
from mam.media.limits import MIB, Limits
from mam.media.process import Outcome, run_contained
from mam.media.sniff import sniff
from mam.media.stills import MAX_SIDE, PICTURES
from mam.media.walls import Room, Sandbox

# Measured: 140 megapixels of JPEG stay under 512 MiB resident; a hostile SVG asked for 12 GiB.
LIMITS = Limits(memory=1536 * MIB, cpu_seconds=40, wall_seconds=60, output_bytes=32 * MIB, stdout_bytes=MIB)

_NAMES = """
avif avif-sequence bmp fits gif heic heic-sequence heif icns j2c jp2 jpeg jxl png svg+xml tiff webp
vnd.adobe.photoshop vnd.ms-dds vnd.radiance x-canon-cr3 x-cineon x-dpx x-exr x-icon x-pcx
x-portable-anymap x-qoi x-raw x-sgi x-softimage x-sun-raster x-tga
"""
SHOWN = frozenset(f"image/{name}" for name in _NAMES.split())
PAGED = frozenset(("application/pdf",))
"""Documents whose pages are drawn as pictures are."""

POSTER = "poster.jpg"
POSTER_SIDE = 1280
MAX_PAGES = 100
# So many times the pixels of the largest picture that is read may the pages of one have together.
_PAGES_TIMES = 3
_PAGES_SECONDS = 120
# A drawing of a few lines may ask for 10^9 shapes; an honest one takes a second or two.
_DRAWING_SECONDS = 18


@dataclass(frozen=True)
class ImageInfo:
    """A picture as it is shown: sizes in pixels after EXIF orientation.

    `partial` tells of damage, `drawn` up to which page pictures were drawn, `moving` that the pages are those
    of an animation. `kept` is the reason why a sound file cannot be shown; nothing else is known of it then.
    """

    content_type: str
    format: str
    width: int
    height: int
    pages: int = 1
    bit_depth: int = 8
    alpha: bool = False
    profile: bool = False
    partial: bool = False
    drawn: int = 0
    moving: bool = False
    kept: str = ""
    tags: dict[str, str] = field(default_factory=dict)


def image_info(
    sandbox: Sandbox,
    source: Path,
    *,
    limits: Limits = LIMITS,
    max_pixels: int = MAX_PIXELS,
    content_type: str = "",
) -> ImageInfo:
    """Facts of a picture or a document of pages from its header.

    `content_type` is what `sniff` said of it, where that was asked already. Raises `SourceError`: not what is
    read here (`source_rejected`), damaged (`source_corrupt`), over `max_pixels` (`source_too_large`), over a
    limit.
    """
    return _work(sandbox, source, None, limits, _job(sandbox, source, max_pixels, content_type))


def make_poster(
    sandbox: Sandbox,
    source: Path,
    out: Path,
    width: int = 1280,
    *,
    limits: Limits = LIMITS,
    max_pixels: int = MAX_PIXELS,
) -> ImageInfo:
    """Write the first page as JPEG to the file `out`, at most `width` a side.

    Upright, in sRGB, without metadata. The answer's sizes are the source's. Raises what `image_info`
    raises, and leaves no `out` then.
    """
    job = _job(sandbox, source, max_pixels)
    with TemporaryDirectory(prefix=".poster-", dir=out.parent) as folder:
        info = _shown(_work(sandbox, source, Path(folder), limits, {**job, "poster": POSTER, "width": width}))
        made = Path(folder, POSTER)
        if not _is_plain(made):
            raise SourceError("The picture could not be drawn.", code="source_corrupt")
        made.replace(out)
    return info


@dataclass(frozen=True)
class Pages:
    """Which pages are drawn: from `first` to `last` at most, until `seconds` are over; sides in pixels."""

    first: int = 1
    last: int = MAX_PAGES
    side: int = MAX_SIDE
    seconds: float = 40.0


def make_pictures(
    sandbox: Sandbox,
    source: Path,
    folder: Path,
    *,
    limits: Limits = LIMITS,
    max_pixels: int = MAX_PIXELS,
    content_type: str = "",
    pages: Pages | None = None,
) -> ImageInfo:
    """Write `poster.jpg` and, of each page, `picture-1.jpg`... into `folder`; the poster with page 1 only.

    The answer's `drawn` is the last page drawn; drawing ends before the first one that cannot be read, and
    when the time is over. Raises what `image_info` raises.
    """
    pages = pages or Pages()
    job = _job(sandbox, source, max_pixels, content_type) | {
        "poster": POSTER,
        "width": POSTER_SIDE,
        "pictures": PICTURES,
        "page_pixels": _PAGES_TIMES * max_pixels,
        **asdict(pages),
    }
    drawing = job["content_type"] == "image/svg+xml"
    seconds = _DRAWING_SECONDS if drawing else _PAGES_SECONDS
    longer = replace(limits, cpu_seconds=seconds, wall_seconds=1.5 * seconds)
    info = _shown(_work(sandbox, source, folder, longer, job))
    names = [PICTURES.format(page) for page in range(pages.first, min(info.drawn, pages.last) + 1)]
    names += [POSTER] if pages.first == 1 else []
    if not names or not all(_is_plain(folder / name) for name in names):
        raise SourceError("The picture could not be drawn.", code="source_corrupt")
    return info


def _shown(info: ImageInfo) -> ImageInfo:
    """The facts of what was drawn; what can only be kept is no picture."""
    if info.kept:
        raise SourceError(info.kept)
    return info


def _is_plain(made: Path) -> bool:
    """Whether a contained program left a file there, and not a link to one."""
    return made.is_file() and not made.is_symlink()


def _readable(source: Path, content_type: str) -> str:
    """The content type that the bytes say; `SourceError` where it is none that is read here."""
    content_type = content_type or sniff(source).content_type
    if content_type not in SHOWN | PAGED:
        raise SourceError(f"Pictures of the type {content_type} are not read here.")
    return content_type


def _job(sandbox: Sandbox, source: Path, max_pixels: int, content_type: str = "") -> dict[str, Any]:
    """What the worker is told; nothing in it comes from a user."""
    return {
        "source": sandbox.source_path(source),
        "content_type": _readable(source, content_type),
        "max_pixels": max_pixels,
        "poster": "",
        "pictures": "",
        "seconds": 0.0,
        "first": 1,
        "page_pixels": 0,
    }


def _work(sandbox: Sandbox, source: Path, out: Path | None, limits: Limits, job: dict[str, Any]) -> ImageInfo:
    """Run the worker over one picture and read its answer."""
    answer = work(sandbox, source, out, limits, job)
    error = answer.get("error")
    if error == "kept":
        return ImageInfo(job["content_type"], "", 0, 0, kept=str(answer["reason"]))
    if error == "too_large":
        raise SourceError(
            f"The picture is too large to be read ({answer['reason'] or 'too many bytes'}).",
            code="source_too_large",
        )
    if error:
        raise SourceError("The picture is damaged or not what it says it is.", code="source_corrupt")
    return ImageInfo(content_type=job["content_type"], **answer)


def work(
    sandbox: Sandbox, source: Path, out: Path | None, limits: Limits, job: dict[str, Any]
) -> dict[str, Any]:
    """One run of the contained half over a file: its answer as it gave it. Raises `SourceError`."""
    program, read_only = worker_program(json.dumps(job))
    room = Room(source=source, out=out, read_only=read_only)
    return _answer(run_contained(sandbox, program, room, limits), limits)


def _answer(outcome: Outcome, limits: Limits) -> dict[str, Any]:
    """The worker's JSON. libvips may fail in a tile and end well: its words count too."""
    if outcome.out_of_time(limits):
        raise SourceError("The picture takes too much processor time.", code="source_timeout")
    starved = ("out of memory", "unable to malloc", "MemoryError", "Cannot allocate memory")
    if any(words in outcome.stderr for words in starved):
        raise SourceError("The picture needs more memory than is allowed.", code="source_too_large")
    if outcome.returncode != 0 or "error in tile" in outcome.stderr:
        raise SourceError("The picture could not be decoded.", code="source_corrupt")
    try:
        answer = json.loads(outcome.stdout)
    except ValueError as error:
        raise SourceError("The picture could not be described.", code="source_corrupt") from error
    return answer if isinstance(answer, dict) else {"error": "unreadable"}


def worker_program(job: str) -> tuple[list[str], tuple[Path, ...]]:
    """The command line of the contained half with a job, and what it reads beyond the system's folders."""
    python, folders, packages = _interpreter()
    worker = Path(image_worker.__file__)
    return [str(python), "-I", "-S", str(worker), str(packages), job], (*folders, worker.parent)


@lru_cache
def _interpreter() -> tuple[Path, tuple[Path, ...], Path]:
    """Python without our virtual environment, the folders it needs, and where the libraries lie."""
    spec = find_spec("pyvips")
    if spec is None or spec.origin is None:
        raise ConfigError("The package pyvips is not installed; pictures cannot be read without it.")
    packages = Path(spec.origin).parent.parent
    python, home = python_home()
    return python, (home, packages), packages


def python_home() -> tuple[Path, Path]:
    """Python without our virtual environment, and the folder that it needs."""
    return Path(os.path.realpath(sys.executable)), Path(sys.base_prefix).resolve()
