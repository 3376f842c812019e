"""Who goes first: the ranks of jobs. Short films and first pictures before the long tails of others. Pure.

Of what is due the highest rank goes first, and within a rank the project that waited longest (`turns`).
"""

from __future__ import annotations

from mam.media.pieces import SHORT_SECONDS
from mam.types import MediaInfo

FRONT, SHORT, NORMAL, PIECE, LATER = 100, 10, 0, -10, -100
LIMIT = 1000
"""The highest rank that somebody can give, and the lowest below zero."""


def of_film(media: MediaInfo) -> int:
    """The rank of a film's or a sound's render."""
    return SHORT if media.duration is not None and media.duration <= SHORT_SECONDS else NORMAL


def is_express(rank: int) -> bool:
    """Whether a render of that rank may also use the lane that is kept for short ones."""
    return rank >= SHORT
