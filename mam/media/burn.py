"""A picture with a drawing burnt in, by libvips behind walls. Writes in one folder, the caller's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from mam.errors import SourceError
from mam.media.images import worker_program
from mam.media.limits import MIB, Limits
from mam.media.process import run_contained
from mam.media.stills import MAX_SIDE
from mam.media.walls import Room, Sandbox

LIMITS = Limits(memory=1536 * MIB, cpu_seconds=20, wall_seconds=20.0, output_bytes=32 * MIB)
QUALITY = 88
_LARGEST = 64 * MIB
_OUT = "burnt.jpg"


def size_of(jpeg: Path | BinaryIO, side: int = MAX_SIDE) -> tuple[int, int]:
    """Width and height that a JPEG of ours is shown at, no side above `side`; by its header only.

    Raises `SourceError` where it is none.
    """
    try:
        with Image.open(jpeg, formats=["JPEG"]) as image:
            width, height = image.size
    except (OSError, ValueError) as error:
        raise SourceError("The picture is damaged and cannot be shown.", code="source_corrupt") from error
    scale = min(1.0, side / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def burn(sandbox: Sandbox, folder: Path, picture: str, svg: str, size: tuple[int, int]) -> bytes:
    """The JPEG `picture` of `folder` at `size` in pixels with `svg` over it (none where empty), as JPEG.

    Raises `SourceError`, `SandboxError`.
    """
    drawing = "drawing.svg" if svg else ""
    if svg:
        (folder / drawing).write_text(svg, encoding="utf-8")
    job = {
        "burn": picture, "drawing": drawing, "out": _OUT, "quality": QUALITY,
        "width": size[0], "height": size[1],
    }  # fmt: skip
    program, read_only = worker_program(json.dumps(job))
    outcome = run_contained(sandbox, program, Room(out=folder, read_only=read_only), LIMITS)
    made = folder / _OUT
    plain = made.is_file() and not made.is_symlink() and 0 < made.stat().st_size <= _LARGEST
    if outcome.returncode or not plain or b'"error"' in outcome.stdout:
        raise SourceError("The picture could not be drawn on.", code="source_corrupt")
    return made.read_bytes()
