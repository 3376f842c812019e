"""Who may work on a job: claim, renew, finish, give back, all by conditional updates of the job's row.

A claim makes a new token; every write of a result names it in its WHERE (`holding`), so a worker that slept
through its lease changes nothing any more (promise C4). Writes `job` rows only; never sends a message.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import peewee

from mam.core import Mam
from mam.errors import CancelledWorkError
from mam.ids import new_id
from mam.models import Job, connected, database, now

BACKOFF_SECONDS = 2.0
"""The wait before the second attempt; doubles with each further one, plus up to half by chance."""

_BACKOFF_LIMIT = 300.0
_LONGEST_DETAIL = 1000


@dataclass(frozen=True)
class Lease:
    """The right to work on one job until the lease ends; `attempt` counts from 1.

    `lost` is set by the heart when the job belongs to somebody else, was cancelled, or the worker drains.
    """

    job_id: str
    token: str
    kind: str
    attempt: int
    version_id: str | None = None
    project_id: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    lost: threading.Event = field(default_factory=threading.Event, compare=False, repr=False)
    draining: threading.Event = field(default_factory=threading.Event, compare=False, repr=False)


def claim(mam: Mam, job_id: str, worker: str, *, draining: threading.Event | None = None) -> Lease | None:
    """Take the job if it is due, or whoever had it let the lease run out; None where it cannot be had.

    `draining` is the worker's own word that it is about to stop.
    """
    token, moment, limit = new_id(), now(), mam.config.queue.max_attempts
    with connected(), database.atomic():
        taken = (
            Job.update(
                state="running",
                lease_token=token,
                lease_until=moment + timedelta(seconds=mam.config.queue.lease_seconds),
                attempts=Job.attempts + 1,
                max_attempts=limit,
                worker=worker[:200],
                started_at=moment,
                finished_at=None,
            )
            .where(Job.id == job_id, _free(moment), Job.attempts < limit)
            .execute()
        )
        job = Job.get_by_id(job_id) if taken else None
    if job is None:
        return None
    return of(job, draining=draining)


def of(job: Job, *, draining: threading.Event | None = None) -> Lease:
    """The lease that a running job's row says."""
    return Lease(
        job.id,
        job.lease_token or "",
        job.kind,
        job.attempts,
        job.version_id,
        job.project_id,
        job.payload,
        draining=draining or threading.Event(),
    )


def _free(moment: datetime) -> peewee.Expression:
    """Due, or running without a live lease."""
    due = (Job.state == "queued") & (Job.run_after <= moment)
    return due | ((Job.state == "running") & (Job.lease_until < moment))


def holding(lease: Lease) -> peewee.Expression:
    """The condition of every write under a lease."""
    return (Job.id == lease.job_id) & (Job.lease_token == lease.token) & (Job.state == "running")


def heartbeat(mam: Mam, lease: Lease) -> bool:
    """Renew the lease; False where it is no longer ours."""
    until = now() + timedelta(seconds=mam.config.queue.lease_seconds)
    with connected():
        return bool(Job.update(lease_until=until).where(holding(lease)).execute())


def check(lease: Lease) -> None:
    """Raise `CancelledWorkError` once the heart found the lease gone, or the worker is asked to stop."""
    if lease.draining.is_set():
        raise CancelledWorkError("The worker is stopping; the job starts again elsewhere.", code="draining")
    if lease.lost.is_set():
        raise CancelledWorkError("The job was cancelled or belongs to another worker now.")


@contextmanager
def fenced(lease: Lease) -> Iterator[None]:
    """A transaction for results: rolled back with `CancelledWorkError` where the lease is not ours.

    The job's row is written first, which holds it against a new claim until the commit.
    """
    with connected(), database.atomic():
        if not Job.update(lease_token=lease.token).where(holding(lease)).execute():
            lease.lost.set()
            raise CancelledWorkError("The job was cancelled or belongs to another worker now.")
        yield


def finish(lease: Lease) -> bool:
    """Mark the job done; inside the transaction of its last result, or alone. False where it was lost."""
    values = {"state": "done", "percent": 100, "finished_at": now(), "lease_until": None}
    with connected():
        return bool(Job.update(error_code=None, error_detail=None, **values).where(holding(lease)).execute())


def give_back(lease: Lease, *, seconds: float = 0, why: tuple[str, str] | None = None) -> bool:
    """Queue the job again, after some seconds, without counting this attempt (promise C8).

    `why` is code and sentence to show meanwhile. False where it was lost.
    """
    values: dict[str, Any] = {"state": "queued", "lease_token": None, "lease_until": None, "sent_at": None}
    if why is not None:
        values |= {"error_code": why[0], "error_detail": why[1][:_LONGEST_DETAIL]}
    with connected():
        moment = now() + timedelta(seconds=seconds)
        query = Job.update(run_after=moment, attempts=Job.attempts - 1, **values).where(holding(lease))
        return bool(query.execute())


def queue_again(lease: Lease, code: str, detail: str) -> bool:
    """Queue the job for a later attempt, with the reason shown meanwhile; False where it was lost."""
    values = {"state": "queued", "lease_token": None, "lease_until": None, "sent_at": None}
    moment = now() + timedelta(seconds=backoff(lease.attempt))
    return bool(
        Job.update(run_after=moment, error_code=code, error_detail=detail[:_LONGEST_DETAIL], **values)
        .where(holding(lease))
        .execute()
    )


def bury(where: peewee.Expression, code: str, detail: str, *, state: str = "dead") -> bool:
    """End the job for good, with the reason; False where the condition did not hold any more."""
    values = {"state": state, "finished_at": now(), "lease_until": None}
    detail = detail[:_LONGEST_DETAIL]
    return bool(Job.update(error_code=code, error_detail=detail, **values).where(where).execute())


def backoff(attempt: int) -> float:
    """Seconds to wait after the attempt of that number failed: exponential, with jitter."""
    base = min(_BACKOFF_LIMIT, BACKOFF_SECONDS * 2 ** (attempt - 1))
    return base * (1 + random.random() / 2)  # noqa: S311 - spreads load, keeps no secret
