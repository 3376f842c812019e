"""A contained program that stays: asked through its stdin, answering on its stdout, one wish at a time.

For work so short that starting a program for each piece would cost more than the piece. The walls are those
of every contained run; one that takes too long, or ends, is killed and never asked again. Belongs to the
thread that started it and ends with it (the kernel sees to that). Writes nothing itself.
"""

from __future__ import annotations

import fcntl
import io
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from typing import IO, TYPE_CHECKING, TypeVar

from mam.errors import SandboxError, SourceError
from mam.media.limits import Limits
from mam.media.process import start
from mam.media.walls import Room, Sandbox

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

T = TypeVar("T")
_PIPE = 1 << 20  # bytes; through the usual 64 KiB a picture of 2 MB goes in thirty turns of both programs


class Resident:
    """One running program and the pipes to it. Close it, or end the thread."""

    def __init__(self, sandbox: Sandbox, program: list[str], room: Room, limits: Limits) -> None:
        """Start it behind walls; `limits.wall_seconds` is the time for one wish. Raises `SandboxError`."""
        self.asked = 0
        self._closed = False
        self._limits = limits
        self._walls = ExitStack()
        prepared = self._walls.enter_context(sandbox.prepare(program, room, limits))
        try:
            self._child = start(prepared, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        except SandboxError:
            self._walls.close()
            raise
        self._clock = _Clock()
        asks, answers = (_wide(pipe) for pipe in (self._child.stdin, self._child.stdout))
        os.set_blocking(asks, False)
        self._asks, self._answers = asks, io.BufferedReader(_Answers(answers, self._clock))

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
        self._clock.end = time.monotonic() + self._limits.wall_seconds
        try:
            for part in wish:
                self._send(memoryview(part))
            return read(self._answers)
        except TimeoutError as error:
            self.close()
            raise SourceError("The picture takes too long.", code="source_timeout") from error
        except (OSError, EOFError) as error:
            self.close()
            raise SourceError("The picture could not be read.", code="source_corrupt") from error

    def _send(self, part: memoryview) -> None:
        """All of it, as fast as the program takes it. Raises `TimeoutError`, `OSError`."""
        while part:
            self._clock.wait(self._asks, select.POLLOUT)
            part = part[os.write(self._asks, part) :]

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

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)


class _Clock:
    """When the wish in hand is late, by the monotonic clock; no thread of its own keeps it."""

    end = 0.0

    def wait(self, pipe: int, event: int) -> None:
        """Until the pipe is ready, or broken; `TimeoutError` where it is not in time."""
        poll = select.poll()
        poll.register(pipe, event)
        if not poll.poll(max(0.0, self.end - time.monotonic()) * 1000):
            raise TimeoutError


class _Answers(io.RawIOBase):
    """A program's stdout, read no longer than the clock says; the pipe is not closed with it."""

    def __init__(self, pipe: int, clock: _Clock) -> None:
        super().__init__()
        self._pipe, self._clock = pipe, clock

    def readable(self) -> bool:
        """Reading is all that it is for."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """What has come, at most what fits; 0 at the end. Raises `TimeoutError`."""
        self._clock.wait(self._pipe, select.POLLIN)
        return os.readv(self._pipe, [buffer])


def _wide(pipe: IO[bytes] | None) -> int:
    """The descriptor of a program's pipe, which takes as much at a time as the system allows."""
    assert pipe is not None  # noqa: S101 - both are pipes
    with suppress(OSError):
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE)
    return pipe.fileno()
