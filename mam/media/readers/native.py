"""Reads what libvips decodes itself, with shrink-on-load; damage shows as much as there is.

Writes nothing.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mam.media.readers import LONGEST_TAG, Drawing, Opened, ReaderError, UnknownError
from mam.media.sniff_pictures import is_bare_ycbcr, is_old_jpeg

LOADERS = {
    "image/jpeg": "VipsForeignLoadJpeg",
    "image/png": "VipsForeignLoadPng",
    "image/gif": "VipsForeignLoadNsgif",
    "image/webp": "VipsForeignLoadWebp",
    "image/tiff": "VipsForeignLoadTiff",
    "image/x-raw": "VipsForeignLoadTiff",
    "image/avif": "VipsForeignLoadHeif",
    "image/avif-sequence": "VipsForeignLoadHeif",
    "image/svg+xml": "VipsForeignLoadSvg",
}
"""libvips' reader of each type: the only one that is let in."""

_TAGS = {
    "exif-ifd0-Make": "make",
    "exif-ifd0-Model": "model",
    "exif-ifd0-Artist": "artist",
    "exif-ifd0-Copyright": "copyright",
    "exif-ifd0-ImageDescription": "description",
    "exif-ifd2-DateTimeOriginal": "date_time_original",
    "exif-ifd2-LensModel": "lens_model",
}
_UNKNOWN = {
    "is not configured": "This file's pictures are packed in a way that is not read here.",
    "Unsupported JPEG": "This kind of JPEG (of 12 bits, or without loss) is not read here.",
}
"""What libvips says of sound files that its libraries were built without a decoder for."""

_HEAD_BYTES = 64 * 1024
_MOST_LEVELS = 24  # of a pyramid: the next one would have no pixel
_TURNED = 5  # EXIF orientations 5-8 swap width and height
_KNOWN = frozenset(("lab", "labs", "labq"))  # libvips knows what these numbers mean, whatever they are
_DEPTHS = {"uchar": 8, "ushort": 16}


def open_picture(pyvips: Any, source: str, content_type: str) -> Opened:
    """Open by the header; numbers that are no plain 8 or 16 bits are for a reader that knows them."""
    if content_type == "image/tiff" and (is_bare_ycbcr(head := _head(source)) or is_old_jpeg(head)):
        raise ReaderError("luma and chroma, or JPEG as of 1992")
    drawing = content_type == "image/svg+xml"
    try:
        # libvips looks for <svg in the first thousand bytes, and some draw after more words than that
        load = pyvips.Image.svgload if drawing else pyvips.Image.new_from_file
        image = load(source, access="sequential")
    except pyvips.Error as error:
        raise _fault(error) from error
    if image.format not in _DEPTHS and image.interpretation not in _KNOWN:
        raise ReaderError(f"samples of the kind {image.format}")
    fields = set(image.get_fields())
    turn = image.get("orientation") if "orientation" in fields else 1
    size = (image.width, image.height)
    width, height = size[::-1] if turn >= _TURNED else size

    def draw(page: int, side: int) -> Drawing:
        if drawing:
            return _sketched(pyvips, source, min(1.0, side / max(width, height)))
        # a TIFF's ends are no ends to libvips, but errors; of the others it knows which they are
        strict = "error" if "tiff" in image.get("vips-loader") else "truncated"
        return _drawn(pyvips, f"{source}[page={page}]" if page else source, side, strict)

    return Opened(
        image.get("vips-loader").removesuffix("load"),
        width,
        height,
        draw,
        pages=_pages(pyvips, source, image),
        moving="delay" in fields,
        bit_depth=_DEPTHS.get(image.format, 16),
        alpha=bool(image.hasalpha()),
        profile="icc-profile-data" in fields,
        tags={ours: _text(image.get(name)) for name, ours in _TAGS.items() if name in fields},
    )


def _pages(pyvips: Any, source: str, image: Any) -> int:
    """How many pictures a file holds; those of a pyramid, each half the size of the one before, are one."""
    pages = int(image.get_n_pages())
    if pages == 1 or image.get("vips-loader") != "tiffload":
        return pages
    before = image
    for page in range(1, min(pages, _MOST_LEVELS)):
        try:
            level = pyvips.Image.new_from_file(source, access="sequential", page=page)
        except pyvips.Error:
            return pages
        if not _is_half(level.width, before.width) or not _is_half(level.height, before.height):
            return pages
        before = level
    return 1


def _is_half(small: int, large: int) -> bool:
    return small in {max(1, large // 2), (large + 1) // 2}


def _head(source: str) -> bytes:
    with Path(source).open("rb") as stream:
        return stream.read(_HEAD_BYTES)


def _drawn(pyvips: Any, source: str, side: int, strict: str) -> Drawing:
    """A page upright and small; of a damaged one whatever can be decoded, and True."""
    how = {"height": side, "size": "down", "output_profile": "srgb"}
    try:
        return pyvips.Image.thumbnail(source, side, fail_on=strict, **how).copy_memory(), False
    except pyvips.Error as error:
        fault = _fault(error)
    if isinstance(fault, UnknownError):  # without complaints it would be all black
        raise fault
    try:
        return pyvips.Image.thumbnail(source, side, fail_on="none", **how).copy_memory(), True
    except pyvips.Error as error:
        raise ReaderError(str(error)) from error


def _sketched(pyvips: Any, source: str, scale: float) -> Drawing:
    """A drawing, at that part of its own size."""
    try:
        return pyvips.Image.svgload(source, scale=scale).copy_memory(), False
    except pyvips.Error as error:
        raise ReaderError(str(error)) from error


def _fault(error: Exception) -> ReaderError:
    """What is wrong: damage, or only that nobody here knows it."""
    known = next((words for sign, words in _UNKNOWN.items() if sign in str(error)), "")
    return UnknownError(known) if known else ReaderError(str(error))


def _text(value: Any) -> str:
    """The text of an EXIF field, which libvips writes as "VALUE (VALUE, ASCII, 6 components, 6 bytes)"."""
    twice = re.sub(r", [A-Za-z ]+, \d+ components, \d+ bytes\)$", "", str(value))
    once = twice[: (len(twice) - 2) // 2]
    return (once if twice == f"{once} ({once}" else twice).strip()[:LONGEST_TAG]
