"""A contained program that stays: asked through its stdin, answering on its stdout, one wish at a time.

For work so short that starting a program for each piece would cost more than the piece. The walls are those
of every contained run; one that takes too long, or ends, is killed and never asked again. Belongs to the
thread that started it and ends with it (the kernel sees to that). Writes nothing itself.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from typing import IO, TypeVar

from mam.errors import SandboxError, SourceError
from mam.media.limits import Limits
from mam.media.process import start
from mam.media.walls import Room, Sandbox

T = TypeVar("T")
_PIPE = 1 << 20  # bytes; through the usual 64 KiB a picture of 2 MB goes in thirty turns of both programs


class Resident:
    """One running program and the pipes to it. Close it, or end the thread."""

    def __init__(self, sandbox: Sandbox, program: list[str], room: Room, limits: Limits) -> None:
        """Start it behind walls; `limits.wall_seconds` is the time for one wish. Raises `SandboxError`."""
        self.asked = 0
        self._closed = False
        self._limits = limits
        self._late = False
        self._walls = ExitStack()
        prepared = self._walls.enter_context(sandbox.prepare(program, room, limits))
        try:
            self._child = start(prepared, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        except SandboxError:
            self._walls.close()
            raise
        for pipe in (self._child.stdin, self._child.stdout):
            with suppress(OSError):  # the system may allow no more
                fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE)  # type: ignore[arg-type]

    @property
    def alive(self) -> bool:
        """Whether it may be asked once more."""
        return not self._closed and self._child.poll() is None

    def ask(self, wish: Iterable[bytes], read: Callable[[IO[bytes]], T]) -> T:
        """Send the parts of a wish; `read` takes the answer off its stdout, `EOFError` where it breaks off.

        Raises `SourceError` (`source_timeout`, `source_corrupt`) when the time is over or the program ends;
        it is dead then.
        """
        self.asked += 1
        clock = threading.Timer(self._limits.wall_seconds, self._too_late)
        clock.start()
        try:
            assert self._child.stdin is not None  # noqa: S101 - both are pipes
            assert self._child.stdout is not None  # noqa: S101
            self._child.stdin.writelines(wish)
            self._child.stdin.flush()
            return read(self._child.stdout)
        except (OSError, EOFError) as error:
            self.close()
            if self._late:
                raise SourceError("The picture takes too long.", code="source_timeout") from error
            raise SourceError("The picture could not be read.", code="source_corrupt") from error
        finally:
            clock.cancel()

    def close(self) -> None:
        """End it with all its children."""
        if self._closed:
            return
        self._closed = True
        self._kill()
        self._child.wait()
        for pipe in (self._child.stdin, self._child.stdout):
            with suppress(OSError):
                pipe.close()  # type: ignore[union-attr]
        self._walls.close()

    def _too_late(self) -> None:
        self._late = True
        self._kill()

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)
