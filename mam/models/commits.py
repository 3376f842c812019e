"""What a transaction does last: work collected while it runs and done once, just before its COMMIT.

Used where a lock must be held as briefly as possible and after every other: the head of the audit chain. A
savepoint that is rolled back takes what was collected inside it along.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from peewee import DatabaseProxy, _savepoint

if TYPE_CHECKING:
    from peewee import Database as _Base
else:
    _Base = object

LastWork = Callable[[list[Any]], None]


class LastWorkMixin(_Base):
    """For a peewee database: `before_commit`."""

    def before_commit(self, work: LastWork, item: Any) -> None:
        """Call `work([item, ...])` with all items given for it, right before the transaction commits.

        What it raises fails the commit: the transaction is rolled back. Must be called inside a transaction;
        `work` runs inside it too and must not begin another.
        """
        waiting_work(self).append((work, item))

    def begin(self, *args: Any, **kwargs: Any) -> None:
        """Begin with nothing collected."""
        waiting_work(self).clear()
        super().begin(*args, **kwargs)

    def commit(self) -> None:
        """Do what was collected, then commit."""
        waiting = waiting_work(self)
        while waiting:
            work = waiting[0][0]
            items = [item for one, item in waiting if one is work]
            waiting[:] = [pair for pair in waiting if pair[0] is not work]
            work(items)
        super().commit()

    def rollback(self) -> None:
        """Forget what was collected, then roll back."""
        waiting_work(self).clear()
        super().rollback()


class Proxy(DatabaseProxy):
    """The proxy of the tables: its savepoints know what was collected before them."""

    __slots__ = ("_Model", "_callbacks", "obj")

    def savepoint(self) -> _savepoint:
        """A savepoint whose rollback forgets what was collected in it."""
        return _Savepoint(self)


class _Savepoint(_savepoint):
    def __enter__(self) -> Any:
        self._before = len(waiting_work(self.db))
        return super().__enter__()

    def rollback(self, begin: bool = True) -> None:
        del waiting_work(self.db)[self._before :]
        super().rollback(begin)


def waiting_work(database: Any) -> list[tuple[LastWork, Any]]:
    """What this thread's transaction has collected so far."""
    state = database._state  # noqa: SLF001 - peewee keeps what belongs to a thread's connection there
    if not hasattr(state, "last_work"):
        state.last_work = []
    found: list[tuple[LastWork, Any]] = state.last_work
    return found
