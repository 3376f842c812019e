"""The contained half's readers: what libvips has no decoder for, each behind one small promise.

Imported only by `mam.media.image_worker`, inside the walls; the libraries are imported when a file asks for
them. A reader opens a file by its header, says what it is, and draws a page when it is asked to: as a
picture of libvips, upright, with its colour profile. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

LONGEST_TAG = 500
"""Characters of one tag that are kept."""

MOST_BYTES = 640 * 1024 * 1024
"""Of one decoded picture: with the copy that is made smaller it stays under a gibibyte."""


class ReaderError(Exception):
    """Not what it says it is, damaged, or of a kind that this reader does not know; the next one may."""


class UnknownError(ReaderError):
    """Sound as far as it was read, packed in a way that this reader does not know; the text is for people.

    Where no other reader shows it either, it is kept as a `KeptError` says, and is not called damaged.
    """


class KeptError(Exception):
    """A sound file that cannot be shown, with the reason for people: encrypted, of a camera nobody knows."""


class TooLargeError(Exception):
    """More bytes than may be decoded."""


Drawing = tuple[Any, bool]
"""An image of libvips, upright, and whether it is only a part of a damaged one."""


@dataclass(frozen=True)
class Opened:
    """A file whose header was read: facts as shown, and how to draw a page (from 0) of about `side` pixels.

    `draw` raises `ReaderError`. `rendered` says that pages have no pixels of their own (PDF), so that any
    side may be asked for; `moving` that they are the pictures of an animation.
    """

    format: str
    width: int
    height: int
    draw: Callable[[int, int], Drawing]
    pages: int = 1
    moving: bool = False
    bit_depth: int = 8
    alpha: bool = False
    profile: bool = False
    rendered: bool = False
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def pixels(self) -> int:
        """Of one page."""
        return self.width * self.height

    def facts(self) -> dict[str, Any]:
        """What is told outside the walls."""
        told = ("format", "width", "height", "pages", "bit_depth", "alpha", "profile", "moving", "tags")
        return {name: getattr(self, name) for name in told}


def check_bytes(width: int, height: int, bands: int, each: int) -> None:
    """Raise `TooLargeError` where a decoded picture would be larger than may be; `each` bytes a sample."""
    if width * height * bands * each > MOST_BYTES:
        raise TooLargeError
