"""One sender of one part: takes the body chunk by chunk to its place in the upload's file.

Before each chunk it makes sure that the part is still its own and the upload open, under the part's lock, so
that two senders never interleave and nothing is written after the freeze (promises A3, A8).
"""

from __future__ import annotations

import contextlib
import functools
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import xxhash

from mam.builtin.storage_files.disk import CHUNK, start_writing_out, translated, write_all
from mam.builtin.storage_files.journal import Journal
from mam.errors import ConflictError, GoneError, TooLargeError, UploadIncompleteError
from mam.types import PartInfo

_WRITE_OUT = 8 * CHUNK


class PartWriter:
    """Writes `size` bytes at `offset` of `data`; counts the part only when all of them are there."""

    def __init__(self, data: Path, journal: Journal, number: int, size: int, offset: int) -> None:
        """Open nothing yet: a body that never brings a byte must not void an earlier sending."""
        self._data, self._journal = data, journal
        self._number, self._size, self._offset = number, size, offset
        self._attempt = secrets.token_hex(8)
        self._digest = xxhash.xxh3_128()
        self._written = self._waiting = 0
        self._descriptor = -1

    def run(self, body: Iterator[bytes]) -> PartInfo:
        """Write the whole body, then record it. Errors of `body` pass through; nothing is counted then."""
        with translated("The part cannot be written"):
            self._journal.wait_turn(self._number)
        try:
            for block in blocks(body):
                self._write(block)
            if self._written < self._size:
                raise UploadIncompleteError(
                    f"Part {self._number} ended after {self._written} of {self._size} bytes; send it again."
                )
            return self._finish()
        finally:
            if self._descriptor >= 0:
                os.close(self._descriptor)

    def _write(self, block: memoryview) -> None:
        if self._written + len(block) > self._size:
            raise TooLargeError(f"Part {self._number} has only {self._size} bytes; it was not counted.")
        with translated("The part cannot be written"), self._journal.part_lock(self._number):
            if self._descriptor < 0:
                self._begin()
            self._check_still_ours()
            self._written += write_all(self._descriptor, block, self._offset + self._written)
        self._digest.update(block)
        if self._written - self._waiting >= _WRITE_OUT:
            self._write_out()

    def _begin(self) -> None:
        """Claim the part. The journal is read from here on: an earlier freeze took the file away."""
        self._journal.skip()
        with contextlib.suppress(FileNotFoundError):
            self._descriptor = os.open(self._data, os.O_WRONLY | os.O_CLOEXEC)
        if self._descriptor < 0:
            raise GoneError("This upload was completed or aborted; nothing was written.")
        self._journal.claim(self._number, self._attempt)

    def _check_still_ours(self) -> None:
        state = self._journal.read()
        if state.closed:
            raise GoneError("This upload was completed or aborted meanwhile; the part was not counted.")
        if state.claims.get(self._number) != self._attempt:
            raise ConflictError("This part is being sent again over another connection, which goes on.")

    def _write_out(self) -> None:
        start_writing_out(self._descriptor, self._offset + self._waiting, self._written - self._waiting)
        self._waiting = self._written

    def _finish(self) -> PartInfo:
        part = PartInfo(self._number, self._size, self._digest.hexdigest())
        self._write_out()
        with translated("The part cannot be recorded"), self._journal.part_lock(self._number):
            self._check_still_ours()
            self._journal.finish(part, self._attempt, boot_id())
        return part


def blocks(body: Iterator[bytes]) -> Iterator[memoryview]:
    """The body's pieces as they come, large ones in blocks; nothing is copied or held."""
    for piece in body:
        view = memoryview(piece)
        for start in range(0, len(view), CHUNK):
            yield view[start : start + CHUNK]


@functools.cache
def boot_id() -> str:
    """What tells this start of the machine from others."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")[:8]
    except OSError:
        return "unknown"
