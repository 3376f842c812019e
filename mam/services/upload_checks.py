"""What an announced file has to be: not empty, not too large, its hash and type readable. Pure checks.

Knows how large the parts of an upload are. Writes nothing.
"""

from __future__ import annotations

import re

from mam.core import Mam
from mam.errors import EmptyFileError, FieldError, TooLargeError, ValidationError

MAX_PARTS = 10_000
MIN_PART_BYTES = 5 << 20
"""Limits of S3 multipart uploads (all parts but the last); kept for every store, so that any can follow."""

_SHA256 = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,100}/[A-Za-z0-9!#$&^_.+-]{1,100}", re.ASCII)
_MIB = 1 << 20


def check_size(mam: Mam, size: int) -> None:
    """Refuse an empty file and one over the configured limit."""
    if size < 1:
        raise EmptyFileError("A file of zero bytes cannot be a master.")
    if size > mam.config.uploads.max_bytes:
        raise TooLargeError(f"The file has {size} bytes; at most {mam.config.uploads.max_bytes} are taken.")


def part_size_for(size: int, configured: int) -> int:
    """Bytes of a part: as configured, and more where that would take over 10 000 parts; whole MiB then."""
    needed = -(-size // MAX_PARTS)
    return max(MIN_PART_BYTES, configured, -(-needed // _MIB) * _MIB)


def check_sha256(text: str | None) -> str | None:
    """A SHA-256 in lower-case hex; `ValidationError` for anything else."""
    if text is None:
        return None
    if not _SHA256.fullmatch(text):
        raise ValidationError(
            "The SHA-256 cannot be read.", (FieldError("sha256", "64 hexadecimal digits."),)
        )
    return text.lower()


def check_content_type(text: str | None) -> str:
    """The media type without parameters, or empty; only a hint: what the file is, its bytes tell."""
    kind = (text or "").partition(";")[0].strip()
    if kind and not _MEDIA_TYPE.fullmatch(kind):
        raise ValidationError(
            "The content type cannot be read.",
            (FieldError("content_type", "type/subtype, as in video/mp4."),),
        )
    return kind.lower()
