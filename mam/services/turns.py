"""Whose turn it is: a message is a token for its queue, and the project that waited longest spends it.

So that one project's thousand jobs do not hold up another's first (promise C9). Among what is due only the
highest priority has a turn at all. Remembers turns in memory, per worker; asks the database. Writes nothing.
"""

from __future__ import annotations

import itertools
import threading
from typing import Any

from peewee import fn

from mam.models import Job, now


class Turns:
    """The projects' last turns in one worker; shared by its threads."""

    def __init__(self) -> None:
        """Nobody had a turn yet."""
        self._lock = threading.Lock()
        self._count = itertools.count(1)
        self._last: dict[str | None, int] = {}

    def pick(self, job_id: str, least: int | None = None) -> str | None:
        """The job to run for this message: the oldest of the highest priority of who waited longest.

        The message's own where nothing is due; with `least`, only jobs of that rank and above, or None.

        Holds a connection; two threads that ask at once get the jobs of two projects.
        """
        job = Job.select(Job.queue).where(Job.id == job_id).first()
        if job is None:
            return job_id if least is None else None
        due = (Job.queue == job.queue) & (Job.state == "queued") & (Job.run_after <= now())
        if least is not None:
            due &= Job.priority >= least
        highest = Job.select(fn.MAX(Job.priority)).where(due)
        due &= Job.priority == highest
        heads = Job.select(Job.project_id, fn.MIN(Job.id).alias("head")).where(due).group_by(Job.project_id)
        rows: Any = heads.dicts()
        first: dict[str | None, str] = {row["project_id"]: row["head"] for row in rows}
        if not first:
            return job_id if least is None else None
        with self._lock:
            project = min(first, key=lambda one: (self._last.get(one, 0), first[one]))
            self._last = {one: turn for one, turn in self._last.items() if one in first}
            self._last[project] = next(self._count)
        return first[project]
