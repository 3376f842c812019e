"""Tells plugins of errors that nobody expected: beside the work, in one thread a process, at most so many.

An error tracker that is slow or broken holds up neither a request nor a job, and never hears of its own
errors. Counts each; writes nothing.
"""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass, field

import structlog

from mam import metrics
from mam.core import Mam
from mam.errors import MamError
from mam.types import Trouble

MOST = 100
"""Errors that wait for a tracker; those beyond are in the log only."""

_log = structlog.get_logger("mam.troubles")


@dataclass
class _Line:
    """What waits, and the thread that tells it; a process that was forked begins its own."""

    waiting: queue.Queue[tuple[Mam, Trouble]] = field(default_factory=lambda: queue.Queue(MOST))
    thread: threading.Thread | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self) -> None:
        """Start the thread where none runs here."""
        with self.lock:
            if self.thread is None or not self.thread.is_alive():
                self.thread = threading.Thread(target=self._run, name="troubles", daemon=True)
                self.thread.start()

    def _run(self) -> None:
        while True:
            mam, trouble = self.waiting.get()
            try:
                mam.hooks.all("mam_error", trouble=trouble)
            except MamError as error:
                _log.warning("an error was not told", reason=error.detail)


_line = _Line()


def tell(mam: Mam, trouble: Trouble) -> bool:
    """Count the error and hand it to whoever answers `mam_error`, soon; False where too many wait."""
    metrics.count("mam_errors", 1, trouble.service)
    if not any("mam_error" in one.hooks for one in mam.hooks.plugins.values() if not one.builtin):
        return True
    try:
        _line.waiting.put_nowait((mam, trouble))
    except queue.Full:
        _log.warning("an error was not told; too many wait", route=trouble.route)
        return False
    _line.begin()
    return True
