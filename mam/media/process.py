"""Runs one contained program to its end: reads what it says, keeps its time, kills it with its children.

Nothing the program does can hold the worker: output is capped, silence is interrupted for the caller's
tick, the limits on time and on memory held end in SIGKILL for the whole group. Writes nothing itself.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from mam.errors import ProgramKilledError, SandboxError, SourceError
from mam.media.landlock import REFUSED
from mam.media.limits import Limits
from mam.media.walls import Prepared, Room, Sandbox

STDERR_BYTES = 64 * 1024
_TICK_SECONDS = 0.5
_LOOK_SECONDS = 0.1  # between two looks at the memory of a program that may map more than it may touch
_READ_BYTES = 64 * 1024
_LAST_WORDS_SECONDS = 5.0
_SHELL_SIGNAL_BASE = 128
_SIGNALS = frozenset(int(one) for one in signal.Signals if one < signal.SIGRTMIN)
"""Those that end programs: ffmpeg 7 itself ends with numbers that 128 and a real-time signal would make."""

OnOutput = Callable[[bytes], None]
OnTick = Callable[[], None]


@dataclass(frozen=True)
class Outcome:
    """How a run ended. `signal` is the number that killed it, or None; sizes in bytes, times in seconds.

    `cpu_seconds` and `peak_rss` are of the program with all its children, walls included; Linux counts the
    memory of whoever starts a program into its peak, so `peak_rss` is never below this process's own.
    """

    returncode: int
    signal: int | None
    stdout: bytes
    stderr: str
    cpu_seconds: float
    peak_rss: int
    wall_seconds: float

    def out_of_time(self, limits: Limits) -> bool:
        """Whether the kernel ended it over its processor time.

        The limit is checked in ticks, which on a busy machine run ahead of the time that is accounted for.
        """
        killed_late = self.signal == signal.SIGKILL and self.cpu_seconds >= limits.cpu_seconds / 2
        return self.signal == signal.SIGXCPU or killed_late


@dataclass
class _Run:
    """A started child and what was read of it so far."""

    child: subprocess.Popen[bytes]
    limits: Limits
    on_output: OnOutput | None
    started: float = field(default_factory=time.monotonic)
    stdout: bytearray = field(default_factory=bytearray)
    stderr: bytearray = field(default_factory=bytearray)
    said: int = 0
    look_at: float = 0.0

    def take(self, stream: str, data: bytes) -> None:
        """Keep what was said: stdout for the caller or whole up to its limit, stderr as a tail."""
        if stream == "stderr":
            self.stderr += data
            del self.stderr[:-STDERR_BYTES]
            return
        self.said += len(data)
        if self.said > self.limits.stdout_bytes:
            raise SourceError("The file makes the reader say too much.", code="source_too_large")
        if self.on_output is None:
            self.stdout += data
        else:
            self.on_output(data)

    def check_clock(self) -> None:
        """Raise `SourceError` (`source_timeout`) when the wall clock limit is over."""
        if time.monotonic() - self.started > self.limits.wall_seconds:
            raise SourceError(
                f"Reading the file took longer than {self.limits.wall_seconds:.0f} seconds and was stopped.",
                code="source_timeout",
            )

    @property
    def watched(self) -> bool:
        """Whether its address space does not bound its memory enough."""
        return self.limits.memory is None or self.limits.memory > self.limits.resident

    def check_memory(self) -> None:
        """Raise `SourceError` (`source_too_large`) when the program holds too much."""
        if not self.watched or time.monotonic() < self.look_at:
            return
        self.look_at = time.monotonic() + _LOOK_SECONDS
        if resident_bytes(self.child.pid) > self.limits.resident:
            raise SourceError("The file needs more memory than is allowed.", code="source_too_large")


def resident_bytes(pid: int) -> int:
    """The memory that a process and its children hold now, in bytes; 0 for one that is gone."""
    total = 0
    with suppress(OSError, ValueError):
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
        total = pages * os.sysconf("SC_PAGE_SIZE")
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        total += sum(resident_bytes(int(child)) for child in children)
    return total


def run_contained(
    sandbox: Sandbox,
    program: list[str],
    room: Room,
    limits: Limits,
    *,
    on_output: OnOutput | None = None,
    on_tick: OnTick | None = None,
) -> Outcome:
    """Run `program` (absolute path first) in `room` and wait for its end.

    `on_output` gets stdout as it comes, `on_tick` is called about twice a second, also while the
    program is silent; whatever either raises ends the program and passes through. Raises `SourceError`
    (`source_timeout`, `source_too_large`) when a limit is over and `SandboxError` when the walls could
    not be put up, `ProgramKilledError` when somebody else ended the program; how it ended by itself is
    for the caller to judge.
    """
    with sandbox.prepare(program, room, limits) as prepared:
        child = start(prepared)
        run = _Run(child, limits, on_output)
        try:
            _follow(run, on_tick)
            return _outcome(run, *_reap(child))
        finally:
            _end(child)


def start(
    prepared: Prepared, *, stdin: int = subprocess.DEVNULL, stderr: int = subprocess.PIPE
) -> subprocess.Popen[bytes]:
    """Start the command in a session of its own, with nothing of ours but the named descriptors.

    Every contained program is started here. Raises `SandboxError` where it cannot be.
    """
    try:
        return subprocess.Popen(  # noqa: S603 - argv is made by mam.media.walls, no shell
            prepared.argv,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=dict(prepared.environment),
            cwd=prepared.folder,
            pass_fds=prepared.keep_open,
            start_new_session=True,
        )
    except OSError as error:
        raise SandboxError(f"A contained program could not be started: {error}.") from error


def _follow(run: _Run, on_tick: OnTick | None) -> None:
    """Read both pipes to their ends, ticking and keeping the clock in between."""
    with selectors.DefaultSelector() as selector:
        for name, pipe in (("stdout", run.child.stdout), ("stderr", run.child.stderr)):
            if pipe is not None:
                selector.register(pipe, selectors.EVENT_READ, name)
        next_tick = run.started
        while selector.get_map():
            for key, _ in selector.select(_LOOK_SECONDS if run.watched else _TICK_SECONDS):
                data = os.read(key.fd, _READ_BYTES)
                if data:
                    run.take(key.data, data)
                else:
                    selector.unregister(key.fileobj)
            next_tick = _tick(run, on_tick, next_tick)
    while os.waitid(os.P_PID, run.child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        time.sleep(0.005)  # it closed its pipes and lives on
        next_tick = _tick(run, on_tick, next_tick)


def _tick(run: _Run, on_tick: OnTick | None, due: float) -> float:
    """Keep the clock; call the caller when the tick is due. Returns when the next one is."""
    run.check_clock()
    run.check_memory()
    now = time.monotonic()
    if now < due:
        return due
    if on_tick is not None:
        on_tick()
    return now + _TICK_SECONDS


def _reap(child: subprocess.Popen[bytes]) -> tuple[int, float, int]:
    """Wait for the child; its exit status, and CPU seconds and peak RSS of it with its children."""
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return child.returncode, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def _end(child: subprocess.Popen[bytes]) -> None:
    """Make sure that nothing of the child is left: kill the group, wait until its pipes are closed.

    The contained program sits in a session of its own behind bwrap and dies with it; the ends of the
    pipes, which it holds, tell when that has happened.
    """
    if child.returncode is None:
        os.killpg(child.pid, signal.SIGKILL)
        _drain(child)
        child.wait()
    for pipe in (child.stdout, child.stderr):
        if pipe is not None:
            pipe.close()


def _drain(child: subprocess.Popen[bytes]) -> None:
    """Throw away what is still in the pipes until the last holder is gone, at most some seconds."""
    over = time.monotonic() + _LAST_WORDS_SECONDS
    with selectors.DefaultSelector() as selector:
        for pipe in (child.stdout, child.stderr):
            if pipe is not None:
                selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map() and time.monotonic() < over:
            for key, _ in selector.select(_TICK_SECONDS):
                if not os.read(key.fd, _READ_BYTES):
                    selector.unregister(key.fileobj)


def _outcome(run: _Run, returncode: int, cpu_seconds: float, peak_rss: int) -> Outcome:
    """Put together how the run ended; `SandboxError` where it never began."""
    stderr = run.stderr.decode("utf-8", "replace")
    if stderr.startswith(("bwrap: ", "prlimit: ")) or (
        returncode == REFUSED and stderr.startswith("landlock: ")
    ):
        raise SandboxError(f"The sandbox could not be set up: {stderr.splitlines()[0]}.")
    killed_by = -returncode if returncode < 0 else returncode - _SHELL_SIGNAL_BASE
    found = Outcome(
        returncode=returncode,
        signal=killed_by if killed_by in _SIGNALS else None,
        stdout=bytes(run.stdout),
        stderr=stderr,
        cpu_seconds=cpu_seconds,
        peak_rss=peak_rss,
        wall_seconds=time.monotonic() - run.started,
    )
    if found.signal in _FROM_OUTSIDE and not found.out_of_time(run.limits):
        name = signal.Signals(found.signal).name
        raise ProgramKilledError(f"The program was killed from outside ({name}), perhaps for want of memory.")
    return found


_FROM_OUTSIDE = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP)
"""Signals that no fault of a decoder sends: the kernel short of memory does, or an operator."""
