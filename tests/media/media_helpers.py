"""Types of what the media tests' fixtures answer: a canary that tells, a port that listens, makers."""

from __future__ import annotations

import ctypes
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mam.media.ffmpeg import Tools
from mam.media.limits import MIB
from mam.media.process import Outcome

Clip = Callable[..., Path]
FakeTools = Callable[[str], Tools]


def stays_below(outcome: Outcome, bytes_: int) -> bool:
    """Whether a run's peak memory kept to a bound; what this test process once had cannot be told apart.

    Linux passes the starter's own high-water mark on to what it starts (`exec_mmap`), not its present size.
    """
    return outcome.peak_rss < max(bytes_, _own_peak() + 16 * MIB)


def _own_peak() -> int:
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


class Canary:
    """A file that tells whether anybody opened it (inotify, which sees through mounts)."""

    OPENED = 0x20

    def __init__(self, path: Path, content: bytes) -> None:
        """Write the file and watch it from then on."""
        self.path = path
        path.write_bytes(content)
        libc = ctypes.CDLL(None, use_errno=True)
        self._inotify = libc.inotify_init1(os.O_NONBLOCK)
        if libc.inotify_add_watch(self._inotify, os.fsencode(path), self.OPENED) < 0:
            raise OSError(ctypes.get_errno(), "inotify_add_watch")

    def sang(self) -> bool:
        """Whether it was opened since the last question."""
        try:
            return bool(os.read(self._inotify, 4096))
        except BlockingIOError:
            return False

    def close(self) -> None:
        os.close(self._inotify)


@dataclass(frozen=True)
class Listener:
    """A port on loopback that nobody may knock at."""

    port: int
    server: socket.socket

    def heard(self) -> bool:
        """Whether somebody connected since the last question."""
        try:
            self.server.accept()[0].close()
        except BlockingIOError:
            return False
        return True
