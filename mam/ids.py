"""UUIDv7 ids (RFC 9562): sortable by time, 74 random bits, made without asking anybody."""

from __future__ import annotations

import os
import time
import uuid


def new_id() -> str:
    """Return a new UUIDv7 as a string; ids of one process made in later milliseconds sort later."""
    milliseconds = time.time_ns() // 1_000_000
    noise = int.from_bytes(os.urandom(10), "big")
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80
    value |= 0x7 << 76 | (noise >> 68 & 0xFFF) << 64
    value |= 0b10 << 62 | (noise & 0x3FFF_FFFF_FFFF_FFFF)
    return str(uuid.UUID(int=value))


def is_id(text: str) -> bool:
    """Whether `text` is a UUID in its canonical form; anything else cannot name a row."""
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
