"""Pictures whose first bytes are a pattern rather than a signature, and camera RAW that is a TIFF. Pure.

Sources: Netpbm's formats, BMP (BITMAPFILEHEADER), PCX, SGI image file format, TGA 2.0, TIFF 6.0, DNG 1.6.
"""

from __future__ import annotations

import re
import zlib
from pathlib import PurePosixPath
from typing import Literal

_PATTERNS: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"P[1-6]\s+(?:#[^\n]*\n\s*)*[0-9]{1,9}\s+[0-9]{1,9}\s"), "image/x-portable-anymap"),
    (re.compile(rb"P[Ff]\s[0-9]{1,9}\s+[0-9]{1,9}\s"), "image/x-portable-anymap"),
    (re.compile(rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0", re.DOTALL), "image/bmp"),
    (re.compile(rb"\x0a[\x00\x02-\x05]\x01[\x01\x02\x04\x08]", re.DOTALL), "image/x-pcx"),
    (re.compile(rb"\0\0\x01\0[\x01-\xff]\0", re.DOTALL), "image/x-icon"),
    (re.compile(rb"\0\0\x02\0\x01\0"), "image/x-icon"),
    (re.compile(rb"\x01\xda[\x00\x01][\x01\x02]\x00[\x01-\x03]", re.DOTALL), "image/x-sgi"),
)
PATTERNED = frozenset(content_type for _, content_type in _PATTERNS)
"""The types of those pictures."""

# A header of TGA, which has no signature: palette or none, kind of picture, the palette, place, depth.
_TGA = re.compile(
    rb".(?:\x00[\x02\x03\x0a\x0b].{5}|\x01[\x01\x09].{4}[\x0f\x10\x18\x20]).{8}[\x08\x0f\x10\x18\x20]",
    re.DOTALL,
)
_TGA_NAMES = frozenset((".tga", ".targa", ".icb", ".vda", ".vst"))

_SUBFILE, _COMPRESSION, _PHOTOMETRIC, _MAKE, _ORIENTATION, _SUB_IFDS = 254, 259, 262, 271, 274, 330
_RAW_TAGS = frozenset((50706, 33421))  # DNGVersion, CFARepeatPatternDim
_RAW_COMPRESSIONS = frozenset((32767, 34713, 65000, 65535))  # Sony, Nikon, Kodak, Pentax
_MOSAIC = 32803
_OLD_JPEG = 6
_YCBCR, _JPEGS = 6, frozenset((_OLD_JPEG, 7))
_SHORT = 3
_GZIP = 31  # zlib's word for a gzip header and the largest window
_UNPACKED_BYTES = 4096
_ENTRY = 12  # bytes of a directory's entry: tag, type, count, value
_MOST_ENTRIES = 256


def picture_type(head: bytes, filename: str) -> str | None:
    """The content type of a picture by the pattern it begins with; TGA and packed SVG also by their names."""
    for pattern, content_type in _PATTERNS:
        if pattern.match(head):
            return content_type
    suffix = PurePosixPath(filename).suffix.lower()
    if suffix == ".svgz" and _is_packed_svg(head):
        return "image/svg+xml"
    return "image/x-tga" if suffix in _TGA_NAMES and _TGA.match(head) else None


def _is_packed_svg(head: bytes) -> bool:
    """Whether a gzip's first bytes are an SVG's."""
    try:
        unpacked = zlib.decompressobj(_GZIP).decompress(head, _UNPACKED_BYTES)
    except zlib.error:
        return False
    return re.search(rb"<(?:[a-z]+:)?svg[\s>]", unpacked) is not None


def is_raw(head: bytes) -> bool:
    """Whether a TIFF is a camera's negative, by its first directory."""
    if head[8:10] == b"CR":
        return True  # Canon's CR2 says so beside the header
    tags = _first_directory(head)
    by_camera = {_MAKE, _SUB_IFDS} <= tags.keys() and tags.get(_SUBFILE) == 1
    packed = tags.get(_COMPRESSION) in _RAW_COMPRESSIONS or tags.get(_PHOTOMETRIC) == _MOSAIC
    return bool(tags.keys() & _RAW_TAGS) or by_camera or packed


def orientation(head: bytes) -> int:
    """How a TIFF's first directory says to hold it, as EXIF counts (1 to 8); 1 for anything else."""
    turn = _first_directory(head).get(_ORIENTATION, 1) if head[:2] in {b"II", b"MM"} else 1
    return turn if 1 <= turn <= 8 else 1  # noqa: PLR2004 - EXIF


def is_bare_ycbcr(head: bytes) -> bool:
    """Whether a TIFF holds luma and chroma that no JPEG packs: libvips shows those as red, green and blue."""
    tags = _first_directory(head)
    return tags.get(_PHOTOMETRIC) == _YCBCR and tags.get(_COMPRESSION) not in _JPEGS


def is_old_jpeg(head: bytes) -> bool:
    """Whether a TIFF is packed by its first kind of JPEG (TIFF 6.0, 22): of tiles libvips makes black."""
    return _first_directory(head).get(_COMPRESSION) == _OLD_JPEG


def _first_directory(head: bytes) -> dict[int, int]:
    """The tags of a TIFF's first directory and their first values, as far as the head reaches."""
    order: Literal["little", "big"] = "little" if head[:2] == b"II" else "big"

    def number(at: int, size: int) -> int:
        return int.from_bytes(head[at : at + size], order)

    start = number(4, 4)
    found = {}
    for entry in range(min(number(start, 2), _MOST_ENTRIES)):
        at = start + 2 + _ENTRY * entry
        short = number(at + 2, 2) == _SHORT
        found[number(at, 2)] = number(at + 8, 2 if short else 4)
    return found
