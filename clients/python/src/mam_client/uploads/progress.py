"""How far a transfer is: bytes, files and the rate of the last seconds, told to whoever asked."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

WINDOW = 10.0
"""Seconds over which the rate is taken."""


@dataclass(frozen=True)
class Progress:
    """`done` and `total` in bytes; `rate` in bytes a second; `path` is what was last sent of."""

    done: int
    total: int
    files_done: int
    files_total: int
    rate: float
    path: str

    @property
    def seconds_left(self) -> float | None:
        """At this rate; None while nothing moves."""
        return (self.total - self.done) / self.rate if self.rate else None


class Meter:
    """Counts for all files of a transfer, from any thread; tells one at a time."""

    def __init__(self, total: int, files: int, tell: Callable[[Progress], None] | None) -> None:
        """`total` in bytes."""
        self._total, self._files, self._tell = total, files, tell
        self._done = self._files_done = 0
        self._moved: deque[tuple[float, int]] = deque([(time.monotonic(), 0)])
        self._sent = 0
        self._lock = threading.RLock()

    def sent(self, path: str, size: int) -> None:
        """So many bytes went over the line."""
        with self._lock:
            self._sent += size
            self._moved.append((time.monotonic(), self._sent))
            while self._moved[0][0] < self._moved[-1][0] - WINDOW and len(self._moved) > 2:  # noqa: PLR2004 - two make a rate
                self._moved.popleft()
            self.there(path, size)

    def there(self, path: str, size: int) -> None:
        """So many bytes were on the box already."""
        with self._lock:
            self._done += size
            self._say(path)

    def finished(self, path: str) -> None:
        """One more file is done, one way or the other."""
        with self._lock:
            self._files_done += 1
            self._say(path)

    def _say(self, path: str) -> None:
        if self._tell is not None:
            (begin, before), (end, after) = self._moved[0], self._moved[-1]
            rate = (after - before) / (end - begin) if end > begin else 0.0
            self._tell(Progress(self._done, self._total, self._files_done, self._files, rate, path))
