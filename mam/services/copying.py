"""A proven copy on a disk: hashed while it is written, read back from the disk, only then given its name.

What lies at the target already is compared and left alone. Writes below the target folder only.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from mam.errors import ChecksumMismatchError, ConflictError, StorageError, ValidationError
from mam.ids import new_id
from mam.media.checksums import PIECE, Hasher, hash_stream

Count = Callable[[int], None]
"""Called with how many bytes were copied since the last call."""


def copy_proven(  # noqa: PLR0917 - what, whereto, and what it has to be
    source: Callable[[], BinaryIO], target: Path, path: str, sha256: str, size: int, count: Count
) -> None:
    """Copy what `source` opens to `path` below `target`; then the disk holds the bytes of that SHA-256.

    Raises `ConflictError` where another file has the name, `ValidationError` where a link leads out of the
    target, `ChecksumMismatchError` where source or copy is not what it should be, `StorageError` where the
    target cannot be written.
    """
    try:
        place = _inside(target, path)
        if not place.exists():
            _copy(source, place, sha256, count)
            return
        if not holds(place, sha256):
            raise ConflictError(f"{place.name!a} is there already and is another file.")
        count(size)
    except OSError as error:
        raise StorageError(f"{path!a} cannot be copied: {error.strerror}.") from error


def _inside(target: Path, path: str) -> Path:
    """The file of that relative path below `target`, its folders made."""
    place = target / path
    place.parent.mkdir(parents=True, exist_ok=True)
    if not place.parent.resolve().is_relative_to(target.resolve()):
        raise ValidationError(f"{path!a} leads out of the folder by a link; nothing was written there.")
    return place


def _copy(source: Callable[[], BinaryIO], place: Path, sha256: str, count: Count) -> None:
    new = place.with_name(f".{new_id()}.new")
    try:
        hasher = Hasher()
        with source() as stream, new.open("wb") as file:
            while piece := stream.read(PIECE):
                hasher.update(piece)
                file.write(piece)
                count(len(piece))
            file.flush()
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)  # read back from the disk
        if not hmac.compare_digest(hasher.digests().sha256, sha256):
            raise ChecksumMismatchError(f"{place.name!a}: the source gave other bytes than it should hold.")
        if not holds(new, sha256):
            raise ChecksumMismatchError(f"The copy of {place.name!a} reads back as other bytes.")
        new.replace(place)
    finally:
        with suppress(FileNotFoundError):
            new.unlink()


def holds(place: Path, sha256: str) -> bool:
    """Whether the file holds the bytes of that SHA-256."""
    with place.open("rb", buffering=0) as file:
        return hmac.compare_digest(hash_stream(file).sha256, sha256)
