"""Pictures: size, facts and upright, stripped JPEGs of them, by libvips behind walls.

This process never decodes a picture: `image_worker` does, contained, with one reader let in. Types in
neither `SHOWN` nor `SIZED` are not read at all; their masters are kept. Promises A14, B1-B6, B12.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, field, replace
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

SHOWN = frozenset(
    ("image/jpeg", "image/png", "image/gif", "image/webp", "image/tiff", "image/avif", "image/svg+xml")
)
# libvips reads the size of these, but has no decoder for the picture itself (HEVC).
SIZED = frozenset(("image/heic", "image/heif"))
POSTER = "poster.jpg"
POSTER_SIDE = 1280
MAX_PAGES = 100
# So many times the pixels of the largest picture that is read may the pages of one have together.
_PAGES_TIMES = 3
_PAGES_SECONDS = 120


@dataclass(frozen=True)
class ImageInfo:
    """A picture as it is shown: sizes in pixels after EXIF orientation.

    `partial` tells of damage, `drawn` how many pages were drawn.
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
    tags: dict[str, str] = field(default_factory=dict)


def image_info(
    sandbox: Sandbox, source: Path, *, limits: Limits = LIMITS, max_pixels: int = MAX_PIXELS
) -> ImageInfo:
    """Facts of a picture from its header.

    Raises `SourceError`: not a picture that libvips reads here (`source_rejected`), damaged
    (`source_corrupt`), over `max_pixels` (`source_too_large`), over a limit.
    """
    content_type = _readable(source, SHOWN | SIZED)
    return _work(sandbox, source, None, limits, _job(sandbox, source, content_type, max_pixels))


def make_poster(
    sandbox: Sandbox,
    source: Path,
    out: Path,
    width: int = 1280,
    *,
    limits: Limits = LIMITS,
    max_pixels: int = MAX_PIXELS,
) -> ImageInfo:
    """Write the picture as JPEG to the file `out`, upright, sRGB, without metadata, at most `width` a side.

    The answer's sizes are the source's. Raises what `image_info` raises, and leaves no `out` then.
    """
    job = _job(sandbox, source, _readable(source, SHOWN), max_pixels)
    with TemporaryDirectory(prefix=".poster-", dir=out.parent) as folder:
        info = _work(sandbox, source, Path(folder), limits, {**job, "poster": POSTER, "width": width})
        made = Path(folder, POSTER)
        if not _is_plain(made):
            raise SourceError("The picture could not be drawn.", code="source_corrupt")
        made.replace(out)
    return info


def make_pictures(
    sandbox: Sandbox, source: Path, folder: Path, *, limits: Limits = LIMITS, max_pixels: int = MAX_PIXELS
) -> ImageInfo:
    """Write `poster.jpg` and, of each page, `picture-1.jpg`... of at most 3840 a side into `folder`.

    The answer's `drawn` is at most `MAX_PAGES`; drawing ends before the first page that cannot be read.
    Raises what `image_info` raises.
    """
    job = _job(sandbox, source, _readable(source, SHOWN), max_pixels)
    job |= {"poster": POSTER, "width": POSTER_SIDE, "pictures": PICTURES, "side": MAX_SIDE}
    job |= {"max_pages": MAX_PAGES, "page_pixels": _PAGES_TIMES * max_pixels}
    longer = replace(limits, cpu_seconds=_PAGES_SECONDS, wall_seconds=1.5 * _PAGES_SECONDS)
    info = _work(sandbox, source, folder, longer, job)
    pages = range(1, min(info.drawn, MAX_PAGES) + 1)
    if not pages or not all(_is_plain(folder / name) for name in (POSTER, *map(PICTURES.format, pages))):
        raise SourceError("The picture could not be drawn.", code="source_corrupt")
    return replace(info, drawn=len(pages))


def _is_plain(made: Path) -> bool:
    """Whether a contained program left a file there, and not a link to one."""
    return made.is_file() and not made.is_symlink()


def _readable(source: Path, types: frozenset[str]) -> str:
    """The content type that the bytes say; `SourceError` where it is none of `types`."""
    content_type = sniff(source).content_type
    if content_type not in types:
        raise SourceError(f"Pictures of the type {content_type} are not read here.")
    return content_type


def _job(sandbox: Sandbox, source: Path, content_type: str, max_pixels: int) -> dict[str, Any]:
    """What the worker is told; nothing in it comes from a user."""
    return {
        "source": sandbox.source_path(source),
        "content_type": content_type,
        "max_pixels": max_pixels,
        "poster": "",
        "pictures": "",
    }


def _work(sandbox: Sandbox, source: Path, out: Path | None, limits: Limits, job: dict[str, Any]) -> ImageInfo:
    """Run the worker over one picture and read its answer."""
    program, read_only = worker_program(json.dumps(job))
    room = Room(source=source, out=out, read_only=read_only)
    answer = _answer(run_contained(sandbox, program, room, limits), limits)
    error = answer.get("error")
    if error == "too_large":
        raise SourceError(
            f"The picture has {answer['width']} x {answer['height']} pixels, too many to be read.",
            code="source_too_large",
        )
    if error:
        raise SourceError("The picture is damaged or not what it says it is.", code="source_corrupt")
    return ImageInfo(content_type=job["content_type"], **answer)


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
    return [str(python), "-I", "-S", str(worker), str(packages), job], (*folders, worker)


@lru_cache
def _interpreter() -> tuple[Path, tuple[Path, ...], Path]:
    """Python without our virtual environment, the folders it needs, and where pyvips lies."""
    spec = find_spec("pyvips")
    if spec is None or spec.origin is None:
        raise ConfigError("The package pyvips is not installed; pictures cannot be read without it.")
    packages = Path(spec.origin).parent.parent
    python = Path(os.path.realpath(sys.executable))
    return python, (Path(sys.base_prefix).resolve(), packages), packages
