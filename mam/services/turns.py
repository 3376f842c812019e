"""Whose turn it is: a message is a token for its queue, and the project that waited longest spends it.

So that one project's thousand jobs do not hold up another's first (promise C9). Among what is due only the
highest priority has a turn at all. Remembers turns in memory, per worker; asks the database, behind a long
queue only for every fifth turn. Writes nothing.
"""

from __future__ import annotations

import itertools
import threading
import time
from dataclasses import dataclass
from typing import Any

from peewee import Expression, Select, fn

from mam.models import Job, database, now

LONG = 500
"""Jobs due from which on one question is asked for several turns: it takes 5 ms among 10 000."""

AHEAD = 5
_AHEAD_SECONDS = 0.5

Heads = dict[str | None, list[str]]
"""The next jobs of each project, oldest first."""


@dataclass
class _Known:
    """What a question among many jobs told, and for how many turns and until when that counts."""

    heads: Heads
    turns: int
    until: float


class Turns:
    """The projects' last turns in one worker; shared by its threads."""

    def __init__(self) -> None:
        """Nobody had a turn yet."""
        self._lock = threading.Lock()
        self._count = itertools.count(1)
        self._last: dict[str | None, int] = {}
        self._known: dict[tuple[str, int | None], _Known] = {}

    def pick(self, job_id: str, least: int | None = None) -> str | None:
        """The job to run for this message: the oldest of the highest priority of who waited longest.

        The message's own where nothing is due; with `least`, only jobs of that rank and above, or None.

        Holds a connection; two threads that ask at once get the jobs of two projects.
        """
        job = Job.select(Job.queue).where(Job.id == job_id).first()
        if job is None:
            return job_id if least is None else None
        lane = (job.queue, least)
        with self._lock:
            known = self._known.get(lane)
            if known is not None and known.turns and known.heads and time.monotonic() < known.until:
                known.turns -= 1
                return self._turn(known.heads)
        heads, is_long = _heads(*lane)
        if not heads:
            return job_id if least is None else None
        with self._lock:
            if is_long:
                self._known[lane] = _Known(heads, AHEAD - 1, time.monotonic() + _AHEAD_SECONDS)
            else:
                self._known.pop(lane, None)
            return self._turn(heads)

    def _turn(self, heads: Heads) -> str:
        """Give the turn to who waited longest, and take the job out of `heads`."""
        project = min(heads, key=lambda one: (self._last.get(one, 0), heads[one][0]))
        self._last = {one: turn for one, turn in self._last.items() if one in heads}
        self._last[project] = next(self._count)
        found = heads[project].pop(0)
        if not heads[project]:
            del heads[project]
        return found


def _heads(queue: str, least: int | None) -> tuple[Heads, bool]:
    """The first job of every project that has some due; several, and True, where many are due."""
    due = (Job.queue == queue) & (Job.state == "queued") & (Job.run_after <= now())
    if least is not None:
        due &= Job.priority >= least
    due &= Job.priority == Job.select(fn.MAX(Job.priority)).where(due)
    heads = Job.select(Job.project_id, fn.MIN(Job.id).alias("head"), fn.COUNT(Job.id).alias("due"))
    rows: list[Any] = list(heads.where(due).group_by(Job.project_id).dicts())
    if sum(row["due"] for row in rows) < LONG:
        return {row["project_id"]: [row["head"]] for row in rows}, False
    return _several(due), True


def _several(due: Expression) -> Heads:
    """The first few jobs of every project."""
    place = fn.ROW_NUMBER().over(partition_by=[Job.project_id], order_by=[Job.id])
    ranked = Job.select(Job.id, Job.project_id, place.alias("place")).where(due)
    columns = [ranked.c.id, ranked.c.project_id]
    query = Select([ranked], columns).where(ranked.c.place <= AHEAD).order_by(ranked.c.id)
    found: Heads = {}
    for row in query.bind(database).dicts():
        found.setdefault(row["project_id"], []).append(row["id"])
    return found
