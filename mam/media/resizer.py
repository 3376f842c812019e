"""Resizes our own published pictures: contained libvips that stay, a few at once behind a bounded queue.

The pictures were written by a contained program that had read an upload, so they are not believed: they are
decoded behind the same walls, with limits on memory and time. Starts programs at the first wish, not before.
Writes nothing.
"""

from __future__ import annotations

import json
import struct
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import IO

from mam.errors import RateLimitedError, SourceError
from mam.media.images import worker_program
from mam.media.limits import MIB, Limits
from mam.media.resident import Resident
from mam.media.stills import MAX_SIDE, Wanted
from mam.media.walls import Room, Sandbox

LIMITS = Limits(memory=1536 * MIB, cpu_seconds=3600, wall_seconds=20.0)
"""Of one program; the wall clock is that of one picture. 3840 pixels of AVIF take some seconds."""

PICTURES_EACH = 500
"""A program makes so many pictures and then gives way to a fresh one: what leaks, leaks no further."""

WAITING = 64
"""Pictures that may wait; whoever comes then is asked to come back."""

_ASK, _MADE = struct.Struct(">II"), struct.Struct(">BI")  # as in `image_worker`
_LARGEST = 64 * MIB


@dataclass
class Resizer:
    """The programs of one process: at most `processes`, each in a thread of its own."""

    open_walls: Callable[[], Sandbox]
    processes: int
    limits: Limits = LIMITS
    asked: int = 0
    _pending: int = 0
    _own: threading.local = field(default_factory=threading.local)
    _all: list[Resident] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Make the threads' pool; threads start when they are first needed."""
        self._pool = ThreadPoolExecutor(max(1, self.processes), thread_name_prefix="images")

    def submit(self, data: bytes, wanted: Wanted) -> Future[bytes]:
        """The picture `data` as wanted, some time later.

        Raises `RateLimitedError` where too many wait already. The future raises `SourceError` for a picture
        that cannot be read in time, `SandboxError` and `ConfigError` where no walls hold.
        """
        with self._lock:
            if self._pending >= WAITING:
                raise RateLimitedError("Too many pictures are being made; try again shortly.", retry_after=2)
            self._pending += 1
            self.asked += 1
        future = self._pool.submit(self._make, data, wanted)
        future.add_done_callback(self._done)
        return future

    def close(self) -> None:
        """End the threads and their programs; what waits is not made."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            running = list(self._all)
        for resident in running:
            resident.close()

    def _done(self, _future: Future[bytes]) -> None:
        with self._lock:
            self._pending -= 1

    def _make(self, data: bytes, wanted: Wanted) -> bytes:
        wish = {
            "width": wanted.width,
            "height": wanted.height,
            "fit": wanted.fit,
            "quality": wanted.quality,
            "format": wanted.format,
            "max_pixels": MAX_SIDE * MAX_SIDE,
        }
        text = json.dumps(wish).encode()
        return self._resident().ask((_ASK.pack(len(text), len(data)), text, data), _read)

    def _resident(self) -> Resident:
        """The program of this thread; a fresh one where the last died or has done its share."""
        mine: Resident | None = getattr(self._own, "resident", None)
        if mine is not None and mine.alive and mine.asked < PICTURES_EACH:
            return mine
        if mine is not None:
            mine.close()
        program, read_only = worker_program("resize")
        fresh = Resident(self.open_walls(), program, Room(read_only=read_only), self.limits)
        with self._lock:
            self._all = [one for one in self._all if one.alive] + [fresh]
        self._own.resident = fresh
        return fresh


def _read(answers: IO[bytes]) -> bytes:
    """One answer; `SourceError` for a picture that could not be read, `EOFError` where it breaks off."""
    status, size = _MADE.unpack(_exactly(answers, _MADE.size))
    if status or size > _LARGEST:
        raise SourceError("The picture is damaged and cannot be resized.", code="source_corrupt")
    return _exactly(answers, size)


def _exactly(answers: IO[bytes], size: int) -> bytes:
    data = answers.read(size)
    if len(data) < size:
        raise EOFError
    return data
