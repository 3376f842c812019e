"""Jobs: rows that say what is to be done. Enqueue, send, run; `job_admin` lists and changes them.

The row is the truth; a message carries only its id and may be lost or come twice (`mam.services.sweep` sends
it again). Writes `job` and `worker_beat` rows and messages; the work itself is done by the registered kinds.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Any

import structlog

from mam import metrics
from mam.core import Mam
from mam.errors import (
    CancelledWorkError,
    MamError,
    QueueUnavailableError,
    SourceError,
    StorageUnreachableError,
)
from mam.failpoints import reach
from mam.ids import new_id
from mam.models import Job, WorkerBeat, database, now
from mam.services import leases, outbox, priority, troubles
from mam.services.heart import beating
from mam.services.leases import Lease
from mam.services.turns import Turns
from mam.tracing import TRACER
from mam.types import Trouble

__all__ = [
    "KINDS",
    "Kind",
    "Lease",
    "beat",
    "enqueue",
    "fail",
    "render_slots",
    "run",
    "run_next",
    "send",
    "send_after_commit",
    "workers_alive",
]

log = structlog.get_logger("mam.jobs")

STORE_SECONDS = 5.0
"""The wait before a job asks a store again that did not answer."""

_BEATS_KEPT = timedelta(days=1)
_ALIVE = timedelta(seconds=30)
_TRIES = 3  # how often a message looks for a job that nobody else has taken


def _nothing(_mam: Mam, _job: Job) -> None:
    """The default of a kind that has nobody to tell."""


@dataclass(frozen=True)
class Kind:
    """A kind of job: what does it, and who is told when it ends badly or is run again by hand.

    `run` gets a lease and no connection. `gave_up` and `revived` are called in the transaction of the change;
    `gave_up` finds the reason in the job's error columns.
    """

    run: Callable[[Mam, Lease], None]
    gave_up: Callable[[Mam, Job], None] = _nothing
    revived: Callable[[Mam, Job], None] = _nothing


KINDS: dict[str, Kind] = {}
"""Every kind of job by name; a service registers its own when it is imported."""

PLUGINS = "plugin"
"""What stands in `KINDS` for all kinds of plugins, which are named `<plugin>.<kind>`."""


def known(kind: str) -> Kind | None:
    """What does jobs of that kind; None where this version knows none."""
    return KINDS.get(PLUGINS if "." in kind else kind)


# --- making and sending --------------------------------------------------------------------------


def enqueue(
    kind: str,
    *,
    version_id: str | None = None,
    project_id: str | None = None,
    queue: str = "quick",
    payload: dict[str, Any] | None = None,
    priority: int = 0,
    parent_id: str | None = None,
    job_id: str | None = None,
) -> Job:
    """Write the job's row; inside the caller's transaction, so that it exists exactly when the reason does.

    Follow with `send_after_commit`; a message that is never sent is sent by the sweep (promise C7). Of what
    is due the higher `priority` goes first, then the older id; `parent_id` is the film of a piece.
    """
    job: Job = Job.create(
        id=job_id or new_id(),
        kind=kind,
        priority=priority,
        parent_id=parent_id,
        queue=queue,
        version_id=version_id,
        project_id=project_id,
        payload=payload or {},
        sent_at=now(),
    )
    reach("job.enqueued")
    return job


def send_after_commit(mam: Mam, job: Job) -> None:
    """Send the job's id once the transaction is committed (at once where there is none)."""
    job_id, queue, rank = job.id, job.queue, job.priority
    database.after_commit(lambda: send(mam, job_id, queue, rank))


def send(mam: Mam, job_id: str, queue: str, rank: int = 0) -> bool:
    """Put the message into the queue; False where it does not answer, which leaves it to the sweep.

    A render of a high rank is also told to the lane that is kept for short films.
    """
    reach("job.committed")
    try:
        mam.queue.send(job_id, queue, short=queue == "render" and priority.is_express(rank))
    except QueueUnavailableError as error:
        log.warning("job not sent; the sweep sends it", job=job_id, reason=error.detail)
        return False
    return True


# --- running -------------------------------------------------------------------------------------


def run_next(
    mam: Mam, job_id: str, turns: Turns, *, worker: str, draining: threading.Event, lane: str = ""
) -> None:
    """Spend a message on the job whose turn it is; where others were quicker, on the message's own.

    A message of the lane of short films is spent on one of those, or on nothing.
    """
    least = priority.SHORT if lane else None
    for _ in range(_TRIES):
        with leases.connected():
            picked = turns.pick(job_id, least)
        if picked is None:
            return
        if run(mam, picked, worker=worker, draining=draining):
            return
        if picked == job_id:
            break
    if not lane:
        run(mam, job_id, worker=worker, draining=draining)


def run(mam: Mam, job_id: str, *, worker: str = "", draining: threading.Event | None = None) -> bool:
    """Do the job if it is due and free; otherwise answer False, so that a message may come twice.

    Every ending is written to the row. An error that is none of ours passes through afterwards, for the log.
    """
    lease = leases.claim(mam, job_id, worker, draining=draining)
    if lease is None:
        return False
    reach("job.claimed")
    log.info("job starts", job=lease.job_id, kind=lease.kind, attempt=lease.attempt)
    told = TRACER.span(f"job {lease.kind}", attempt=lease.attempt, queue_job=lease.job_id)
    with _Attempt(mam, lease), told, beating(mam, lease):
        kind = known(lease.kind)
        if kind is None:
            raise SourceError(f"This version knows no job of the kind {lease.kind!r}.", code="unknown_kind")
        kind.run(mam, lease)
    return True


class _Attempt:
    """Turns every way an attempt can end into the job's next state."""

    def __init__(self, mam: Mam, lease: Lease) -> None:
        self._mam = mam
        self._lease = lease

    def __enter__(self) -> None:
        """Look at the clock."""
        self._began = time.monotonic()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """Write the ending; only errors that are ours end here."""
        lease = self._lease
        self._count(error)
        if error is None:
            leases.finish(lease)
        elif isinstance(error, CancelledWorkError):
            self._stopped(error)
        elif isinstance(error, StorageUnreachableError) and self._wait_for_the_store(error):
            pass
        elif isinstance(error, MamError):
            log.warning(
                "job failed", job=lease.job_id, kind=lease.kind, code=error.error_code, reason=error.detail
            )
            fail(self._mam, lease, error, retry=not isinstance(error, SourceError))
        elif isinstance(error, SystemExit):  # a plugin's or a library's; the worker's own end comes by signal
            fail(self._mam, lease, RuntimeError(f"It left by SystemExit({error.code})."), retry=True)
        elif isinstance(error, Exception):
            fail(self._mam, lease, error, retry=True)
            troubles.tell(self._mam, Trouble(error, "worker", route="job", about=lease.kind))
        return isinstance(error, MamError | SystemExit)

    def _count(self, error: BaseException | None) -> None:
        """A job that stopped because its worker did, or because it was taken back, did not fail."""
        of_plugin = PLUGINS if "." in self._lease.kind else metrics.OTHER
        kind = self._lease.kind if self._lease.kind in KINDS else of_plugin
        stopped = isinstance(error, CancelledWorkError)
        outcome = "done" if error is None else "stopped" if stopped else "failed"
        metrics.count("mam_jobs_ended", 1, kind, outcome)
        metrics.observe("mam_job_seconds", time.monotonic() - self._began, kind)

    def _wait_for_the_store(self, error: MamError) -> bool:
        """Try again in a moment without counting this attempt: the job is not to blame (promise D6)."""
        lease = self._lease
        log.warning("job waits for the store", job=lease.job_id, kind=lease.kind, reason=error.detail)
        return leases.give_back(lease, seconds=STORE_SECONDS, why=words(error))

    def _stopped(self, error: CancelledWorkError) -> None:
        """A drained worker gives the job back; whoever lost a lease has nothing to say any more."""
        lease = self._lease
        log.info("job stopped", job=lease.job_id, kind=lease.kind, reason=error.detail)
        if lease.draining.is_set() and leases.give_back(lease):
            with leases.connected():
                job = Job.get_by_id(lease.job_id)
            send(self._mam, job.id, job.queue, job.priority)


def fail(mam: Mam, lease: Lease, error: Exception, *, retry: bool) -> None:
    """Write how the attempt failed: another one later, or the end with its reason.

    Without `retry` the job is done, with a verdict over its source; after the last attempt it is dead.
    Under a lost lease nothing is written.
    """
    code, detail = words(error)
    with leases.connected(), database.atomic():
        if retry and lease.attempt < mam.config.queue.max_attempts:
            leases.queue_again(lease, code, detail)
        elif leases.bury(leases.holding(lease), code, detail, state="dead" if retry else "done"):
            tell_gave_up(mam, lease.job_id)


def words(error: Exception) -> tuple[str, str]:
    """Code and sentence of a failure; an error that is none of ours tells its type, the log has the rest."""
    if isinstance(error, MamError):
        return error.error_code, error.detail
    return "internal", f"The worker failed over this job ({type(error).__name__}); see its log."


def tell_gave_up(mam: Mam, job_id: str) -> None:
    """Let the kind's service follow the job's bad end, in the same transaction."""
    job = Job.get_by_id(job_id)
    kind = known(job.kind)
    if kind is not None:
        kind.gave_up(mam, job)
    if job.state == "dead":
        outbox.job_died(job)


# --- workers -------------------------------------------------------------------------------------


def beat(mam: Mam, worker_id: str, info: dict[str, Any]) -> None:  # noqa: ARG001 - every service gets the box
    """Say that a worker process is alive, and what it is; beats of workers long gone are removed."""
    moment = now()
    with leases.connected(), database.atomic():
        if not WorkerBeat.update(seen_at=moment, info=info).where(WorkerBeat.id == worker_id).execute():
            WorkerBeat.create(id=worker_id, seen_at=moment, info=info)
        WorkerBeat.delete().where(WorkerBeat.seen_at < moment - _BEATS_KEPT).execute()


def leave(mam: Mam, worker_id: str) -> None:  # noqa: ARG001 - every service gets the box
    """Take a worker that ends in order off the list."""
    with leases.connected():
        WorkerBeat.delete().where(WorkerBeat.id == worker_id).execute()


def workers_alive(mam: Mam) -> list[dict[str, Any]]:  # noqa: ARG001 - every service gets the box
    """The workers heard of in the last 30 seconds: `{id, **info}`."""
    recent = WorkerBeat.select().where(WorkerBeat.seen_at > now() - _ALIVE).order_by(WorkerBeat.id)
    return [{"id": row.id, **row.info} for row in recent]


def render_slots(mam: Mam) -> int:
    """How many renders all workers that are alive can do at once."""
    counts = [one.get("threads", 0) for one in workers_alive(mam) if "render" in one.get("queues", ())]
    return sum(count for count in counts if isinstance(count, int))
