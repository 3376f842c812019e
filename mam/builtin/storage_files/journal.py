"""The record of one upload: which part is being written by whom, which are whole, whether it is closed.

An append-only text of checksummed lines; a line that is torn or not its checksum's counts for nothing. The
file also carries the locks. A part counts only with a `done` line later than its last `claim`.
"""

from __future__ import annotations

import contextlib
import os
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mam.builtin.storage_files.disk import lock_range, unlock_range
from mam.types import PartInfo

MAX_PARTS = 10_000
_BUSY = 1_000_000  # the "somebody is sending this part" locks lie beyond the write locks of all parts
_FOLLOWED = 2_000_000
_PATIENCE_SECONDS = 5.0
_LOOK_AGAIN_SECONDS = 0.02


@dataclass
class State:
    """What the lines say, up to `position` in the file. `closed` is empty, "frozen" or "aborted"."""

    position: int = 0
    closed: str = ""
    claims: dict[int, str] = field(default_factory=dict)
    done: dict[int, tuple[PartInfo, str]] = field(default_factory=dict)

    def parts(self) -> list[PartInfo]:
        """The whole parts, by number."""
        return [self.done[number][0] for number in sorted(self.done)]


class Journal:
    """One open journal. Its locks belong to this opening of the file and end with `close`."""

    def __init__(self, path: Path) -> None:
        """Open an existing journal; `FileNotFoundError` where the upload is unknown."""
        self._descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        self.state = State()

    @classmethod
    def create(cls, path: Path) -> None:
        """Make an empty journal."""
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))

    def close(self) -> None:
        """Close the file and with it let go of every lock."""
        os.close(self._descriptor)

    def skip(self) -> None:
        """Begin to read at the end: for a writer, whom only what comes later concerns."""
        self.state.position = os.fstat(self._descriptor).st_size

    def read(self) -> State:
        """Read what was added since the last look."""
        while data := os.pread(self._descriptor, 1 << 20, self.state.position):
            end = data.rfind(b"\n") + 1
            if not end:
                break
            for line in data[:end].split(b"\n"):
                _apply(self.state, line)
            self.state.position += end
        return self.state

    def write(self, text: str) -> None:
        """Add one line. The leading newline parts it from a line that a full disk cut short."""
        line = f"\n{text} {zlib.crc32(text.encode()):08x}\n".encode()
        written = os.write(self._descriptor, line)
        if written < len(line):
            os.write(self._descriptor, line[written:])  # raises the reason, or completes the line

    def claim(self, number: int, attempt: str) -> None:
        """From now on `attempt` writes this part, and it is not whole."""
        self.write(f"claim {number} {attempt}")

    def finish(self, part: PartInfo, attempt: str, boot: str) -> None:
        """The part is whole."""
        self.write(f"done {part.number} {attempt} {part.size} {part.etag} {boot}")

    @contextlib.contextmanager
    def part_lock(self, number: int) -> Iterator[None]:
        """One write into this part at a time, and none while the upload is closed or opened."""
        lock_range(self._descriptor, number, 1)
        try:
            yield
        finally:
            unlock_range(self._descriptor, number, 1)

    @contextlib.contextmanager
    def whole_lock(self) -> Iterator[None]:
        """No write into any part."""
        lock_range(self._descriptor, 0, _BUSY)
        try:
            yield
        finally:
            unlock_range(self._descriptor, 0, _BUSY)

    def follow(self) -> bool:
        """Be the one that hashes this upload on the way; False where another opening of the journal is."""
        return lock_range(self._descriptor, _FOLLOWED, 1, wait=False)

    def wait_turn(self, number: int) -> None:
        """Wait for whoever sends the same part, but not for ever: a stalled sender then loses its claim."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not lock_range(self._descriptor, _BUSY + number, 1, wait=False):
            if time.monotonic() > deadline:
                return
            time.sleep(_LOOK_AGAIN_SECONDS)


def _apply(state: State, line: bytes) -> None:
    """Change the state by one line; ignore what is no whole line of ours."""
    text, _, checksum = line.decode("ascii", "replace").rpartition(" ")
    if checksum != f"{zlib.crc32(text.encode()):08x}":
        return
    word, *rest = text.split(" ")
    if word in ("frozen", "aborted", "open"):
        state.closed = "" if word == "open" else word
    elif word == "claim":
        number = int(rest[0])
        state.claims[number] = rest[1]
        state.done.pop(number, None)
    elif word == "void":
        state.done.pop(int(rest[0]), None)
    elif word == "done" and state.claims.get(int(rest[0])) == rest[1]:
        number = int(rest[0])
        state.done[number] = (PartInfo(number, int(rest[2]), rest[3]), rest[4])
