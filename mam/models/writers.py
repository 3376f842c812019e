"""Whose turn it is to write into SQLite: transactions of all threads and processes of a machine in one line.

SQLite itself lets those who wait look again after pauses of up to 0.1 s, so whoever comes just then is served
first. Measured with three processes of three threads in 15 s: one process wrote six times, the two others
4 300 times, and waits ended at the limit of 10 s. In line, the longest of 120 threads waited 0.5 s, at the
same rate.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
import weakref
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peewee import OperationalError

if TYPE_CHECKING:
    from peewee import Database as _Base
else:
    _Base = object


class Line:
    """A lock that is given in the order in which it was asked for."""

    def __init__(self) -> None:
        """Nobody has it, nobody waits."""
        self._mutex = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._taken = False

    @property
    def length(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def acquire(self, seconds: float) -> bool:
        """Wait for one's turn for so many seconds; False where it did not come."""
        with self._mutex:
            if not self._taken:
                self._taken = True
                return True
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        if mine.acquire(timeout=max(seconds, 0)):
            return True
        with self._mutex:
            if mine not in self._waiting:
                return True  # it came just now
            self._waiting.remove(mine)
            return False

    def release(self) -> None:
        """Give it to whoever has waited longest."""
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False


class WritersMixin(_Base):
    """For a peewee database in a file: a transaction waits for its turn, then for who writes without one.

    Within a process the line is ours; between processes it is the kernel's, by a lock of the folder that the
    file lies in (locking the file itself would meddle with SQLite's locks, and one more file might not be
    writable for everybody). Only the first in line of a process waits there, so that a process that was
    stopped in the middle of a transaction does not hold up all threads of the others.
    """

    turn_seconds = 10.0
    """How long a transaction waits for its turn: as long as SQLite's own `busy_timeout`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """As the database is made, with nobody in line."""
        self._mine = threading.local()
        self._queue: Queue | None = None
        super().__init__(*args, **kwargs)

    def begin(self, *args: Any, **kwargs: Any) -> None:
        """Begin once it is this thread's turn; `OperationalError` where it does not come."""
        queue = self.queue_here()
        queue.take(self.turn_seconds)
        try:
            super().begin(*args, **kwargs)
        except BaseException:
            queue.give()
            raise
        self._mine.turn = queue

    def commit(self) -> None:
        """Commit; whoever waits is next. Where it fails, the rollback that follows gives the turn on."""
        super().commit()
        self._give()

    def rollback(self) -> None:
        """Roll back; whoever waits is next."""
        try:
            super().rollback()
        finally:
            self._give()

    def queue_here(self) -> Queue:
        """The line of this process: what a fork took over from its parent is its parent's."""
        queue = self._queue
        if queue is None or queue.process != os.getpid():
            queue = self._queue = Queue(Path(self.database).parent)
        return queue

    def _give(self) -> None:
        turn: Queue | None = getattr(self._mine, "turn", None)
        self._mine.turn = None
        if turn is not None:
            turn.give()


class Queue:
    """The line of a process's threads, and the process's place among the others."""

    def __init__(self, folder: Path) -> None:
        """For the database in that folder."""
        self.process = os.getpid()
        self._line = Line()
        self._door = Door(folder)

    def take(self, seconds: float) -> None:
        """Wait for one's turn; `OperationalError` after so many seconds among the threads of this process.

        The other processes' turn is a courtesy: after `COURTESY_SECONDS` SQLite alone says who writes.
        """
        if not self._line.acquire(seconds):
            raise OperationalError("The database is busy: others have written for too long.")
        self._door.enter(min(seconds, COURTESY_SECONDS))

    def give(self) -> None:
        """Give the turn on."""
        self._door.leave()
        self._line.release()


COURTESY_SECONDS = 2.0
"""How long a process waits for others: four times the longest wait in line that was measured.

Whoever has the turn for longer stands still, as a process that was stopped between its turn and its
transaction, and no lock of SQLite's is behind that: without an end, nobody would write until it goes on.
"""


class Door:
    """The kernel's lock between processes, entered by one thread of ours at a time, for a while at most.

    The kernel's own line has an order but no time limit, so a thread of its own stands in it. Where a file
    system has no such locks, processes wait for each other as SQLite lets them.
    """

    def __init__(self, folder: Path) -> None:
        """Of that folder; locks nothing yet."""
        self._folder = -1
        self._changed = threading.Condition()
        self._standing = False  # our thread stands in the kernel's line
        self._wanted = False  # somebody waits for it
        self._late = False  # somebody waited in vain, and nobody waits again until it came
        self._inside = False  # the lock is ours
        with contextlib.suppress(OSError):
            self._folder = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            weakref.finalize(self, os.close, self._folder)

    def enter(self, seconds: float) -> None:
        """Come in once it is our turn, or after so many seconds in any case; at once after such a wait."""
        with self._changed:
            if not self._standing and self._lock(fcntl.LOCK_EX | fcntl.LOCK_NB):
                self._inside = True
                return
            if not self._standing:
                self._standing = True
                threading.Thread(target=self._stand, name="mam-writers", daemon=True).start()
            self._wanted = not self._late
            self._late = self._late or not self._changed.wait_for(lambda: self._inside, seconds)
            self._wanted = False

    def leave(self) -> None:
        """Let the next one in."""
        with self._changed:
            if self._inside:
                self._inside = False
                self._lock(fcntl.LOCK_UN)

    def _stand(self) -> None:
        """Wait in the kernel's line; who wanted it may have gone on meanwhile, then the next has it."""
        self._lock(fcntl.LOCK_EX)
        with self._changed:
            self._standing = self._late = False
            self._inside = self._wanted
            if not self._wanted:
                self._lock(fcntl.LOCK_UN)
            self._changed.notify()

    def _lock(self, how: int) -> bool:
        try:
            fcntl.flock(self._folder, how)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True
