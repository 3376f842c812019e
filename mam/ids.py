"""UUIDv7 ids (RFC 9562): sortable by time, 62 random bits, made without asking anybody."""

from __future__ import annotations

import os
import time
import uuid

_MILLISECOND = 1_000_000  # nanoseconds


def new_id() -> str:
    """Return a new UUIDv7 as a string; what a process makes later sorts later.

    The twelve bits after the milliseconds are their fraction (RFC 9562, 6.2, method 3): 0.25 µs, less than
    making an id takes. So rows written in one millisecond are listed in the order in which they were written.
    """
    milliseconds, rest = divmod(time.time_ns(), _MILLISECOND)
    noise = int.from_bytes(os.urandom(8), "big")
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80
    value |= 0x7 << 76 | (rest * 4096 // _MILLISECOND) << 64
    value |= 0b10 << 62 | (noise & 0x3FFF_FFFF_FFFF_FFFF)
    return str(uuid.UUID(int=value))


def is_id(text: str) -> bool:
    """Whether `text` is a UUID in its canonical form; anything else cannot name a row."""
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
