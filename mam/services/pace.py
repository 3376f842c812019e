"""Reading masters with measure: a stream that hashes what passes, at no more than so many bytes a second.

Also where a long read looks whether it may go on. Reads; keeps nothing.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import BinaryIO

from mam.media.checksums import PIECE, Digests, Hasher
from mam.models import Version

_LONGEST_PIECE = 256 << 10
"""Bytes read at once under a limit, so that a small budget is spent evenly."""


def _go_on(_count: int) -> None:
    """The default: nobody counts."""


class Pace:
    """How fast to read. `passed` is called with the bytes of every piece and may raise to stop.

    One pace may serve several reads after each other; `rate` 0 is no limit.
    """

    def __init__(self, rate: int = 0, passed: Callable[[int], None] = _go_on) -> None:
        """Begin with an empty account."""
        self.rate = rate
        self._passed = passed
        self._free_at = time.monotonic()

    @property
    def piece(self) -> int:
        """Bytes to read at once."""
        return min(PIECE, _LONGEST_PIECE, max(1, self.rate)) if self.rate else PIECE

    def spend(self, count: int) -> None:
        """Account for bytes that were read; sleeps as long as they were too many."""
        self._passed(count)
        if not self.rate:
            return
        moment = time.monotonic()
        self._free_at = max(self._free_at, moment - 1) + count / self.rate  # a pause saves a second's worth
        if self._free_at > moment:
            time.sleep(self._free_at - moment)


class Hashing:
    """A stream that hashes what is read from it."""

    def __init__(self, stream: BinaryIO, pace: Pace) -> None:
        """Read from the stream's present position."""
        self._stream, self._pace, self._hasher = stream, pace, Hasher()

    def read(self, size: int = -1) -> bytes:
        """The next bytes; at most a piece of the pace where `size` is larger or not given."""
        piece = self._stream.read(self._pace.piece if size < 0 else min(size, self._pace.piece))
        self._hasher.update(piece)
        self._pace.spend(len(piece))
        return piece

    def digests(self) -> Digests:
        """The digests of what passed so far."""
        return self._hasher.digests()


def digests_of(opened: AbstractContextManager[BinaryIO], pace: Pace) -> Digests:
    """The digests of a stream to its end."""
    with opened as stream:
        hashing = Hashing(stream, pace)
        while hashing.read():
            pass
        return hashing.digests()


def matches(version: Version, digests: Digests) -> bool:
    """Whether these are the bytes that came in."""
    return digests.size == version.size and hmac.compare_digest(digests.sha256, version.sha256)
