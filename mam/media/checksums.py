"""Hashes of a stream in one pass: SHA-256 for database and people, xxh128 and C4 for media hash lists.

Reads; keeps nothing. C4 is SHA-512 in base 58 (SMPTE ST 2114). Hashes let other threads run while they work
on a large piece, so the costly SHA-512 runs beside the other two.
"""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import BinaryIO

import xxhash

PIECE = 2 << 20
"""Bytes that are read at a time, always into the same memory: fresh memory for each piece halved the speed.

A thread that reads ahead gained 5 % here, which is not worth having.
"""

_BESIDE = 256 << 10
"""From this many bytes on, handing SHA-512 to another thread costs less than it saves (measured: 40 us)."""

_C4_DIGITS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_C4_LENGTH = 90  # "c4" and 88 digits


@dataclass(frozen=True)
class Digests:
    """Size in bytes, SHA-256 and xxh128 in lower-case hex, and the C4 id."""

    size: int
    sha256: str
    xxh128: str
    c4: str


class Hasher:
    """Takes bytes in order, answers their digests."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.size = 0
        self._sha256 = hashlib.sha256()
        self._xxh128 = xxhash.xxh3_128()
        self._sha512 = hashlib.sha512()

    def update(self, piece: bytes | memoryview) -> None:
        """Take the next bytes; they may be changed as soon as this returns."""
        self.size += len(piece)
        if len(piece) < _BESIDE:
            self._sha512.update(piece)
            self._others(piece)
            return
        beside = _pool().submit(self._sha512.update, piece)
        self._others(piece)
        beside.result()

    def _others(self, piece: bytes | memoryview) -> None:
        self._sha256.update(piece)
        self._xxh128.update(piece)

    def digests(self) -> Digests:
        """The digests of everything so far."""
        c4 = c4_of(self._sha512.digest())
        return Digests(self.size, self._sha256.hexdigest(), self._xxh128.hexdigest(), c4)


def c4_of(digest: bytes) -> str:
    """The C4 id of a SHA-512 digest."""
    number, digits = int.from_bytes(digest, "big"), ""
    while number:
        number, rest = divmod(number, len(_C4_DIGITS))
        digits = _C4_DIGITS[rest] + digits
    return "c4" + digits.rjust(_C4_LENGTH - 2, _C4_DIGITS[0])


def c4_bytes(c4: str) -> bytes:
    """The SHA-512 digest that a C4 id spells; `ValueError` for what is none."""
    if len(c4) != _C4_LENGTH or not c4.startswith("c4"):
        raise ValueError("a C4 id is c4 and 88 digits")
    number = 0
    for digit in c4[2:]:
        number = number * len(_C4_DIGITS) + _C4_DIGITS.index(digit)
    try:
        return number.to_bytes(64, "big")
    except OverflowError:
        raise ValueError("a C4 id is a number of 64 bytes") from None


def hash_stream(stream: BinaryIO) -> Digests:
    """The digests of a stream, from where it stands to its end. Errors of the stream pass through."""
    hasher = Hasher()
    into = getattr(stream, "readinto", None)
    if into is None:
        while piece := stream.read(PIECE):
            hasher.update(piece)
        return hasher.digests()
    memory = memoryview(bytearray(PIECE))
    while count := into(memory):
        hasher.update(memory[:count])
    return hasher.digests()


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    """Threads for SHA-512; made when first wanted, and anew in a process that was forked."""
    return ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="sha512")


os.register_at_fork(after_in_child=_pool.cache_clear)
