"""CMAF segments of pieces of a film, brought onto the film's own clock. Pure.

Each piece is made as if the film began with it, so its segments differ from the film's only in two numbers:
when they begin and which they are (ISO/IEC 14496-12). Reads only what our own encoders wrote.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction

_HEADER = 8
_CONTAINERS = frozenset({b"moof", b"traf", b"moov", b"trak", b"mdia", b"minf", b"stbl"})
_STSD_HEADER = 8
_VISUAL_ENTRY = 78
_CONFIGURATIONS = frozenset({b"avcC", b"hvcC", b"av1C"})
_VISUAL_ENTRIES = frozenset({b"avc1", b"avc3", b"hvc1", b"hev1", b"av01"})
_MOST_BOXES = 10_000


def ticks_of_a_frame(init: bytes, rate: Fraction) -> int:
    """How long a frame is in the clock of an init segment; ValueError where that is no whole number."""
    at = _first(init, b"mdhd")
    timescale = int.from_bytes(init[at + 20 : at + 24] if init[at] else init[at + 12 : at + 16], "big")
    ticks = timescale / rate
    if ticks.denominator != 1 or ticks <= 0:
        raise ValueError(f"frames at {rate} a second do not fit a clock of {timescale}")
    return int(ticks)


def configuration(init: bytes) -> bytes:
    """What a decoder is set up with: two renditions of one configuration can follow each other.

    Raises ValueError where there is none that we know.
    """
    entries = init[_first(init, b"stsd") + _STSD_HEADER :]
    for kind, start, end in _boxes(entries, 0, len(entries)):
        if kind in _VISUAL_ENTRIES:
            for inner, first, last in _boxes(entries, start + _VISUAL_ENTRY, end):
                if inner in _CONFIGURATIONS:
                    return kind + entries[first:last]
    raise ValueError("the init segment has no decoder configuration")


def frames_in(segment: bytes) -> int:
    """How many frames a segment holds. Raises ValueError where it is none."""
    counts = [
        int.from_bytes(segment[start + 4 : start + 8], "big")
        for kind, start, _ in _walk(segment, 0, len(segment))
        if kind == b"trun"
    ]
    if not counts:
        raise ValueError("the segment holds no frames")
    return sum(counts)


def moved(segment: bytes, number: int, ticks: int) -> bytes:
    """The segment `ticks` later and as the film's `number`th (from 1). Raises ValueError where it is none."""
    out = bytearray(segment)
    places = {kind: start for kind, start, _ in _walk(segment, 0, len(segment))}
    if not {b"mfhd", b"tfdt", b"mdat"} <= places.keys():
        raise ValueError("the segment has no fragment")
    struct.pack_into(">I", out, places[b"mfhd"] + 4, number)
    _add(out, places[b"tfdt"], 4, ticks)
    if b"sidx" in places:
        _add(out, places[b"sidx"], 12, ticks)
    return bytes(out)


def _add(data: bytearray, box: int, offset: int, ticks: int) -> None:
    """Add to a time of a full box, which is of 64 bits in its version 1 and of 32 in version 0."""
    form = ">Q" if data[box] else ">I"
    (value,) = struct.unpack_from(form, data, box + offset)
    try:
        struct.pack_into(form, data, box + offset, value + ticks)
    except struct.error:
        raise ValueError("the segment's clock has too few bits for this film") from None


def _first(data: bytes, kind: bytes) -> int:
    """Where the body of the first box of a kind begins."""
    for found, start, _ in _walk(data, 0, len(data)):
        if found == kind:
            return start
    raise ValueError(f"there is no {kind.decode()} box")


def _walk(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Every box with where its body begins and ends, those inside others after them."""
    for kind, first, last in _boxes(data, start, end):
        yield kind, first, last
        if kind in _CONTAINERS:
            yield from _walk(data, first, last)


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    for _ in range(_MOST_BOXES):
        if start + _HEADER > end:
            return
        size = int.from_bytes(data[start : start + 4], "big")
        if size < _HEADER or start + size > end:
            raise ValueError("the segment is cut short")
        yield data[start + 4 : start + 8], start + _HEADER, start + size
        start += size
