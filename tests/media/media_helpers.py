"""Types of what the media tests' fixtures answer: a canary that tells, a port that listens, makers."""

from __future__ import annotations

import ctypes
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from mam.media.ffmpeg import Tools
from mam.media.limits import MIB
from mam.media.process import Outcome

Clip = Callable[..., Path]
FakeTools = Callable[[str], Tools]


def stays_below(outcome: Outcome, bytes_: int) -> bool:
    """Whether a run's peak memory kept to a bound; what this test process has itself cannot be told apart."""
    return outcome.peak_rss < max(bytes_, psutil.Process().memory_info().rss + 16 * MIB)


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
