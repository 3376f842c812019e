"""Where a long film is cut so that several workers encode it at once: at borders of whole segments. Pure.

Decides whether it is worth it and possible at all; a film that cannot be cut exactly is made in one piece.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace

from mam.media.ladder import MAX_SEGMENTS
from mam.types import MediaInfo, Recipe

SHORT_SECONDS = 60.0
"""A film up to here is one piece: it is done before others have found its parts."""

_SHORTEST, _LONGEST = 30.0, 60.0
_UNSURE_SECONDS = 1.0
"""The last border lies so long before the told end: containers round up, and a seam is proven by frames."""

_ROUNDS = 6
"""Pieces for each worker: so many that all end together, so few that their starts cost nothing."""

# Containers with an index of key frames and one clock: what is sought in them is found exactly.
_INDEXED = frozenset({"mov", "matroska", "mxf"})
_HASH = re.compile(r"^\d.*,\s*([0-9a-f]{32})\s*$", re.MULTILINE)


def cut(recipe: Recipe, media: MediaInfo, slots: int, *, near: bool = True) -> tuple[Recipe, ...]:
    """The pictures of a recipe in pieces, first to last, for `slots` workers; empty where one does it all.

    `near` False means that every piece costs a copy of the whole master: then each worker gets one.
    """
    seconds = _seconds(media)
    if slots < 2 or not recipe.rungs or seconds <= SHORT_SECONDS or not _exact(media):  # noqa: PLR2004
        return ()
    seconds = min(seconds, float(MAX_SEGMENTS * recipe.segment_seconds))
    segments = math.floor((seconds - _UNSURE_SECONDS) * recipe.frame_rate / recipe.gop)
    count = min(segments, slots * _rounds(seconds, slots) if near else slots)
    borders = [index * segments // count * recipe.gop for index in range(count)]
    ends = [*borders[1:], 0]
    silent = replace(recipe, audio=())
    return tuple(
        replace(silent, start_frame=start, frames=end - start if end else 0)
        for start, end in zip(borders, ends, strict=True)
    )


def hashes(proof: str) -> tuple[str, ...]:
    """The pictures that a proof of ffmpeg's framemd5 names, in their order."""
    return tuple(_HASH.findall(proof))


def first_segment(piece: Recipe) -> int:
    """The number of a piece's first segment in the whole film."""
    return piece.start_frame // piece.gop


def segment_name(number: int) -> str:
    """The file name of the film's segment of that number, from 0."""
    return f"{number:05d}.m4s"


def _rounds(seconds: float, slots: int) -> int:
    length = min(_LONGEST, max(_SHORTEST, seconds / (slots * _ROUNDS)))
    return max(1, math.ceil(seconds / length / slots))


def _seconds(media: MediaInfo) -> float:
    """How long the picture surely is; 0 where nobody knows."""
    if media.video is None:
        return 0.0
    known = [length for length in (media.video.duration, media.duration) if length]
    return min(known, default=0.0)


def _exact(media: MediaInfo) -> bool:
    return media.format.partition(",")[0] in _INDEXED
