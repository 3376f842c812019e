"""The fence round calls into plugins: time limits for what a request waits for, and the tally of failures.

A call with a limit runs in a daemon thread; one that hangs is left behind there and the caller goes on.
Counts in memory only; `mam.services.plugin_states` writes down what was switched off.
"""

from __future__ import annotations

import contextvars
import os
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

SECONDS = {
    "mam_allow": 5.0,
    "mam_authenticate": 20.0,
    "mam_login_way": 5.0,
    "mam_login_start": 20.0,
    "mam_login_finish": 30.0,
    "mam_logout_address": 5.0,
    "mam_standing": 30.0,
    "mam_deliver": 5.0,
    "mam_accelerate": 5.0,
    "mam_asset_panel": 2.0,
    "mam_job_kinds": 5.0,
    "mam_routes": 5.0,
    "mam_menu": 5.0,
    "mam_tables": 5.0,
    "mam_commands": 5.0,
    "mam_event": 5.0,
    "mam_error": 5.0,
}
"""How long a call may take that somebody waits for; the promises in `mam.hookspecs` are stricter."""

MOST_FAILURES = 5
"""This many failures within `WINDOW_SECONDS` switch a plugin off; a call that hangs counts as two."""

WINDOW_SECONDS = 600.0
_MOST_HANGING = 8  # threads left behind for one plugin; beyond, its calls fail at once
_HANG_WEIGHT = 2
_LOOK_SECONDS = 0.25
_GRACE_SECONDS = 3.0  # how long work that nobody wants any more may still end by itself


class HungError(Exception):
    """A call that did not come back in time; the plugin's fault, never shown to a stranger."""


class Fence:
    """What stands round one plugin: its threads, and when it failed lately."""

    def __init__(self) -> None:
        """Nothing has failed."""
        self._idle: deque[_Lane] = deque()
        self._failed: deque[float] = deque()
        self._left: list[_Call] = []
        self._lock = threading.Lock()
        self._process = os.getpid()

    def call(self, hook: str, work: Callable[[], Any]) -> Any:
        """What `work` answers or raises; `HungError` where the hook has a limit and it is over."""
        seconds = SECONDS.get(hook)
        return work() if seconds is None else self._limited(work, seconds)

    def work(self, work: Callable[[], Any], seconds: float, is_over: Callable[[], bool]) -> Any:
        """The same for long work: `HungError` too where it does not end soon after `is_over` says so."""
        return self._limited(work, seconds, is_over)

    def failed(self, *, hung: bool) -> bool:
        """Count a failure; whether it is now too many."""
        at = time.monotonic()
        with self._lock:
            self._failed.extend([at] * (_HANG_WEIGHT if hung else 1))
            while self._failed[0] < at - WINDOW_SECONDS:
                self._failed.popleft()
            return len(self._failed) >= MOST_FAILURES

    def forgive(self) -> None:
        """Begin counting anew: somebody switched it on again."""
        with self._lock:
            self._failed.clear()

    def _limited(
        self, work: Callable[[], Any], seconds: float, is_over: Callable[[], bool] | None = None
    ) -> Any:
        if self._hanging() >= _MOST_HANGING:
            raise HungError(f"did not come back from {_MOST_HANGING} earlier calls")
        if self._process != os.getpid():  # forked: the threads stayed in the parent
            self._idle, self._left, self._process = deque(), [], os.getpid()
        try:
            lane = self._idle.pop()
        except IndexError:
            lane = _Lane()
        call = _Call(work)
        lane.calls.put(call)
        if not _came(call.done, seconds, is_over):
            lane.calls.put(None)  # the thread ends when its call does
            with self._lock:
                self._left.append(call)
            raise HungError(f"did not come back within {seconds:g} seconds")
        self._idle.append(lane)
        return call.result()

    def _hanging(self) -> int:
        with self._lock:
            self._left = [one for one in self._left if not one.done.is_set()]
            return len(self._left)


def _came(done: threading.Event, seconds: float, is_over: Callable[[], bool] | None) -> bool:
    """Whether it was done in time; the time is cut once the work is over for whoever wanted it."""
    if is_over is None:
        return done.wait(seconds)
    ends = time.monotonic() + seconds
    while not done.wait(min(_LOOK_SECONDS, max(0.0, ends - time.monotonic()))):
        if time.monotonic() >= ends:
            return False
        if is_over():
            ends = min(ends, time.monotonic() + _GRACE_SECONDS)
            is_over = _never
    return True


def _never() -> bool:
    """Asked in place of `is_over` once that said yes: the grace is given once."""
    return False


class _Call:
    """One call in another thread, with the caller's context (request id, actor) for its log lines."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self.done = threading.Event()
        self._work, self._context = work, contextvars.copy_context()
        self._answer: Any = None
        self._error: BaseException | None = None

    def run(self) -> None:
        try:
            self._answer = self._context.run(self._work)
        except BaseException as error:  # noqa: BLE001 - raised again where it was asked
            self._error = error
        self.done.set()

    def result(self) -> Any:
        if self._error is not None:
            raise self._error
        return self._answer


class _Lane:
    """A thread that runs one call after another; daemon, so that a hanging one never holds up the end."""

    def __init__(self) -> None:
        self.calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        threading.Thread(target=self._run, name="plugin", daemon=True).start()

    def _run(self) -> None:
        while (call := self.calls.get()) is not None:
            call.run()
