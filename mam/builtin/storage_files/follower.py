"""Hashes uploads while they arrive: one thread reads whole parts back, in order, from the first on.

It remembers which sending of each part it read. A part that is sent again has another one, so a hash that
is not of the stored bytes is noticed and thrown away. One process follows an upload; when it is through it
writes `digests.json` into the upload's folder, for whichever process promotes. Knows nothing after a restart:
then the whole file is hashed when it is promoted.
"""

from __future__ import annotations

import hashlib
import json
import queue
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from mam.builtin.storage_files.disk import CHUNK
from mam.builtin.storage_files.journal import Journal, State
from mam.media.checksums import Hasher

MOST = 64
"""Uploads that a process follows at a time, each with an open journal; further ones are hashed at the end."""

_LOOK_SECONDS = 0.25  # parts may come in at another process, which says nothing to this one
_SILENT_SECONDS = 3600.0
_WAIT_SECONDS = 2.0
_DIGESTS = "digests.json"


@dataclass
class Trail:
    """How far one upload is hashed: `read` holds the sending of each part, in order."""

    folder: Path
    frozen: Path
    part_size: int
    count: int
    journal: Journal
    touched: float = field(default_factory=time.monotonic)
    hasher: Hasher = field(default_factory=Hasher)
    read: list[str] = field(default_factory=list)

    def step(self) -> bool:
        """Hash one further part if it is whole; whether it was. Writes the digests after the last one.

        Raises `OSError` where the upload is gone or cannot be read.
        """
        state, number = self.journal.read(), len(self.read) + 1
        if number not in state.done:
            return False
        sending = state.claims[number]
        self._hash((number - 1) * self.part_size, state.done[number][0].size)
        self.read.append(sending)
        if number == self.count:
            self._write()
        return True

    def _hash(self, offset: int, size: int) -> None:
        data = self.folder / "data"
        memory = memoryview(bytearray(CHUNK))
        with (data if data.exists() else self.frozen).open("rb", buffering=0) as file:
            file.seek(offset)
            while size:
                count = file.readinto(memory[: min(size, CHUNK)])
                if not count:
                    raise OSError("a whole part ended early")
                self.hasher.update(memory[:count])
                size -= count

    def _write(self) -> None:
        found = self.hasher.digests()
        known = {"of": _fingerprint(self.read)}
        known |= {"sha256": found.sha256, "xxh128": found.xxh128, "c4": found.c4}
        new = self.folder / f"{_DIGESTS}.new"
        new.write_text(json.dumps(known), encoding="ascii")
        new.replace(self.folder / _DIGESTS)


class Follower:
    """The trails of this process and the one thread that walks them."""

    def __init__(self) -> None:
        """Start no thread yet."""
        self._trails: dict[str, Trail] = {}
        self._lock = threading.Lock()
        self._woken: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def part_came(self, folder: Path, frozen: Path, part_size: int, count: int) -> None:
        """A part of the upload in `folder` is whole. Raises `OSError` where the upload is gone."""
        with self._lock:
            trail = self._trails.get(folder.name)
            if trail is not None:
                trail.touched = time.monotonic()
            elif len(self._trails) < MOST:
                self._begin(folder, frozen, part_size, count)
        self._woken.put(folder.name)

    def _begin(self, folder: Path, frozen: Path, part_size: int, count: int) -> None:
        journal = Journal(folder / "journal")
        if not journal.follow():  # another process does
            journal.close()
            return
        self._trails[folder.name] = Trail(folder, frozen, part_size, count, journal)
        if self._thread is None:
            self._thread = threading.Thread(target=self._walk, name="upload-hash", daemon=True)
            self._thread.start()

    def following(self) -> tuple[str, ...]:
        """The uploads this process follows now."""
        with self._lock:
            return tuple(self._trails)

    def _walk(self) -> None:
        """One part of each upload in turn, for ever; wait where there is nothing to do."""
        while True:
            busy = [self._step(ref) for ref in self.following()]
            if any(busy):
                continue
            try:
                self._woken.get(timeout=_LOOK_SECONDS if busy else None)
            except queue.Empty:
                continue

    def _step(self, ref: str) -> bool:
        trail = self._trails[ref]
        try:
            if trail.step():
                return True
            over = len(trail.read) == trail.count or time.monotonic() - trail.touched > _SILENT_SECONDS
        except OSError:  # aborted, or not readable: whoever promotes finds out
            over = True
        over = over or not trail.folder.exists()
        if over:
            with self._lock:
                del self._trails[ref]
            trail.journal.close()
        return False


def known_digests(folder: Path, count: int) -> tuple[str, str, str] | None:
    """SHA-256, xxh128 and C4 of a frozen upload, where it was followed to its end and is what was hashed.

    Waits a little for a follower that is almost through.
    """
    journal = Journal(folder / "journal")
    try:
        deadline = time.monotonic() + _WAIT_SECONDS
        while not journal.follow() and time.monotonic() < deadline:
            found = _checked(folder, journal.read(), count)
            if found is not None:
                return found
            time.sleep(0.01)
        return _checked(folder, journal.read(), count)
    finally:
        journal.close()


def _checked(folder: Path, state: State, count: int) -> tuple[str, str, str] | None:
    try:
        known = json.loads((folder / _DIGESTS).read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return None
    if "c4" not in known or sorted(state.done) != list(range(1, count + 1)):
        return None
    if known["of"] != _fingerprint([state.claims[number] for number in range(1, count + 1)]):
        return None
    return known["sha256"], known["xxh128"], known["c4"]


def _fingerprint(sendings: list[str]) -> str:
    """Tells these sendings from any others."""
    return hashlib.sha256(" ".join(sendings).encode("ascii")).hexdigest()
