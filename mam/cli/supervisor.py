"""Child processes of `mam up`: started in order, restarted with a growing pause, stopped together.

Each child hangs on a leash (`mam.leash`), so that a killed supervisor leaves nothing behind.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

log = structlog.get_logger("mam.supervisor")

GRACE_SECONDS = 12.0
"""How long children may take to end what they do before they are killed."""

_PAUSES = (0.5, 1, 2, 5, 10)
_STEADY_SECONDS = 20  # a child that held this long starts its pauses anew


@dataclass
class Child:
    """One process: what to run, and how its life went so far."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    failures: int = 0
    resume_at: float = 0.0

    @property
    def is_running(self) -> bool:
        """Whether the process is alive."""
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Keeps its children running until it is told to stop."""

    def __init__(self) -> None:
        """Begin with no children; SIGTERM and SIGINT ask for the end."""
        self.children: list[Child] = []
        self.stopping = False
        signal.signal(signal.SIGTERM, self._ask_to_stop)
        signal.signal(signal.SIGINT, self._ask_to_stop)

    def _ask_to_stop(self, _signal: int, _frame: object) -> None:
        self.stopping = True

    def start(self, name: str, command: Sequence[str]) -> Child:
        """Start one more child; those started first are stopped last."""
        child = Child(name, command)
        self.children.append(child)
        _spawn(child)
        return child

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> bool:
        """Wait for a condition while watching the children; False after `seconds` or when asked to stop."""
        deadline = time.monotonic() + seconds
        while not self.stopping and time.monotonic() < deadline:
            if ready():
                return True
            self._revive()
            time.sleep(0.1)
        return False

    def watch(self) -> None:
        """Restart what falls, until asked to stop."""
        while not self.stopping:
            self._revive()
            time.sleep(0.5)

    def stop(self) -> None:
        """End every child, the last started first; what does not listen is killed after a grace time."""
        for child in reversed(self.children):
            _end(child)

    def _revive(self) -> None:
        now = time.monotonic()
        for child in self.children:
            if child.is_running or now < child.resume_at:
                continue
            if child.resume_at == 0.0:
                _plan_restart(child, now)
            else:
                _spawn(child)


def _plan_restart(child: Child, now: float) -> None:
    if now - child.started_at > _STEADY_SECONDS:
        child.failures = 0
    pause = _PAUSES[min(child.failures, len(_PAUSES) - 1)]
    child.failures += 1
    child.resume_at = now + pause
    status = child.process.returncode if child.process else None
    log.warning("a process ended; it will be started again", name=child.name, status=status, seconds=pause)


def _spawn(child: Child) -> None:
    environment = os.environ | {"MAM_LEASH": str(os.getpid())}
    command = [sys.executable, "-m", "mam.leash", *child.command]
    # a session of its own: Ctrl-C reaches the supervisor alone, which then ends the children in order
    child.process = subprocess.Popen(command, env=environment, start_new_session=True)  # noqa: S603 - our own list
    child.started_at, child.resume_at = time.monotonic(), 0.0


def _end(child: Child) -> None:
    if child.process is None or child.process.poll() is not None:
        return
    child.process.terminate()
    try:
        child.process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        log.warning("a process did not end in time and is killed", name=child.name)
        child.process.kill()
        child.process.wait()
