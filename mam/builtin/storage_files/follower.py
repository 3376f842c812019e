"""Hashes uploads while they arrive: one thread reads whole parts back, in order, from the first on.

It remembers which sending of each part it read. A part that is sent again has another one, so a hash that
is not of the stored bytes is noticed and thrown away. Writes nothing; what it knows is lost with the process,
and whoever promotes hashes the whole file then.
"""

from __future__ import annotations

import contextlib
import hashlib
import queue
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

import xxhash

from mam.builtin.storage_files.disk import CHUNK
from mam.builtin.storage_files.journal import Journal

MOST = 64
"""Uploads that are followed at a time, each with an open journal; the longest silent one gives way."""


@dataclass
class Trail:
    """How far one upload is hashed: `read` holds the sending of each part, in order."""

    journal: Journal
    part_size: int
    sha256: hashlib._Hash = field(default_factory=hashlib.sha256)
    xxh128: xxhash.xxh3_128 = field(default_factory=xxhash.xxh3_128)
    read: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def advance(self, data: Path, *, parts: int) -> bool:
        """Hash up to so many further whole parts; whether more are there. Raises `OSError`."""
        state = self.journal.read()
        with data.open("rb", buffering=0) as file:
            memory = memoryview(bytearray(CHUNK))
            while parts and (number := len(self.read) + 1) in state.done:
                sending = state.claims[number]
                file.seek((number - 1) * self.part_size)
                self._hash(file.readinto, memory, state.done[number][0].size)
                self.read.append(sending)
                parts -= 1
        return len(self.read) + 1 in state.done

    def _hash(self, readinto: object, memory: memoryview, size: int) -> None:
        while size:
            count = readinto(memory[: min(size, CHUNK)])  # type: ignore[operator]
            if not count:
                raise OSError("a whole part ended early")
            self.sha256.update(memory[:count])
            self.xxh128.update(memory[:count])
            size -= count

    def holds(self) -> bool:
        """Whether what was hashed is what lies there: every part, each in its last sending."""
        state = self.journal.read()
        return len(self.read) == len(state.done) and all(
            state.claims[number] == sending and number in state.done
            for number, sending in enumerate(self.read, start=1)
        )


class Follower:
    """The trails of this process and the one thread that walks them."""

    def __init__(self) -> None:
        """Start no thread yet."""
        self._trails: OrderedDict[str, Trail] = OrderedDict()
        self._lock = threading.Lock()
        self._waiting: queue.SimpleQueue[tuple[str, Path]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def part_came(self, folder: Path, part_size: int) -> None:
        """A part of the upload in `folder` is whole."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._walk, name="upload-hash", daemon=True)
                self._thread.start()
            if folder.name not in self._trails:
                self._trails[folder.name] = Trail(Journal(folder / "journal"), part_size)
            self._trails.move_to_end(folder.name)
            left = self._trails.popitem(last=False)[1] if len(self._trails) > MOST else None
        if left is not None:
            _end(left)
        self._waiting.put((folder.name, folder / "data"))

    def finish(self, ref: str, frozen: Path, count: int) -> tuple[str, str] | None:
        """SHA-256 and xxh128 of the frozen file, where all of it was followed; hashes the rest."""
        trail = self._take(ref)
        if trail is None:
            return None
        try:
            with trail.lock, contextlib.suppress(OSError):
                trail.advance(frozen, parts=count)
                if len(trail.read) == count and trail.holds():
                    return trail.sha256.hexdigest(), trail.xxh128.hexdigest()
            return None
        finally:
            _end(trail)

    def forget(self, ref: str) -> None:
        """The upload is gone."""
        trail = self._take(ref)
        if trail is not None:
            _end(trail)

    def _take(self, ref: str) -> Trail | None:
        with self._lock:
            return self._trails.pop(ref, None)

    def _walk(self) -> None:
        while True:
            ref, data = self._waiting.get()
            with self._lock:
                trail = self._trails.get(ref)
            if trail is not None and self._step(ref, trail, data):
                self._waiting.put((ref, data))

    def _step(self, ref: str, trail: Trail, data: Path) -> bool:
        """One part of one upload, so that all get a turn; whether it has more. A failure ends the trail."""
        with trail.lock:
            if not self._is_known(ref, trail):
                return False
            try:
                return trail.advance(data, parts=1)
            except FileNotFoundError:  # frozen: whoever promotes hashes the rest
                return False
            except OSError:
                self._take(ref)
                return False

    def _is_known(self, ref: str, trail: Trail) -> bool:
        """Whether the trail was not ended meanwhile."""
        with self._lock:
            return self._trails.get(ref) is trail


def _end(trail: Trail) -> None:
    """Close the journal once nobody reads it."""
    with trail.lock:
        trail.journal.close()
