"""Reads the preview that a camera put into its RAW file, where LibRaw does not know the camera or the file.

The largest JPEG that lies in the file, wherever it lies: makers differ in how they point at it, and a broken
pointer is the reason to come here. Writes nothing.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from mam.media.readers import Drawing, Opened, ReaderError
from mam.media.sniff_pictures import orientation

_MARK = b"\xff\xd8\xff"
_MOST_MARKS = 200
"""Beginnings that are looked at: three bytes come by chance, too, and thumbnails have thumbnails."""

_SMALLEST = 160
"""Longer side in pixels of what is worth showing: Exif's own thumbnails have as many."""

_HEAD_BYTES, _JPEG_HEAD = 64 * 1024, 1024 * 1024


def open_picture(pyvips: Any, source: str, _content_type: str) -> Opened:
    """Open by the headers of the JPEGs inside; `ReaderError` where none is large enough."""
    pyvips.operation_block_set("VipsForeignLoadJpeg", False)
    data = _mapped(source)
    found = max(_pictures(pyvips, data), key=lambda one: one[0].width * one[0].height, default=None)
    if found is None or max(found[0].width, found[0].height) < _SMALLEST:
        raise ReaderError("the camera put no preview in")
    image, start = found
    turn = image.get("orientation") if "orientation" in image.get_fields() else 1
    turn = turn if turn != 1 else orientation(bytes(data[:_HEAD_BYTES]))
    size = (image.width, image.height) if turn < 5 else (image.height, image.width)  # noqa: PLR2004 - EXIF

    def draw(_page: int, _side: int) -> Drawing:
        return _upright(pyvips, bytes(data[start:]), turn)

    return Opened("jpeg", *size, draw)


def _mapped(source: str) -> memoryview:
    """The file's bytes, read as they are needed."""
    with Path(source).open("rb") as stream:
        try:
            return memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
        except (ValueError, OSError) as error:
            raise ReaderError(str(error)) from error


def _pictures(pyvips: Any, data: memoryview) -> Iterator[tuple[Any, int]]:
    """Every JPEG with a header that can be read, and where it begins."""
    whole: Any = data.obj
    at = -1
    for _ in range(_MOST_MARKS):
        at = whole.find(_MARK, at + 1)
        if at < 0:
            return
        with suppress(pyvips.Error):
            yield pyvips.Image.new_from_buffer(bytes(data[at : at + _JPEG_HEAD]), ""), at


def _upright(pyvips: Any, data: bytes, turn: int) -> Drawing:
    """The picture, turned; of a damaged one whatever can be decoded, and True."""
    for strict in ("truncated", "none"):
        try:
            image = pyvips.Image.new_from_buffer(data, "", fail_on=strict).copy_memory()
        except pyvips.Error as error:
            fault = error
            continue
        image = image.copy()
        image.set_type(pyvips.GValue.gint_type, "orientation", turn)
        return image.autorot(), strict == "none"
    raise ReaderError(str(fault))
