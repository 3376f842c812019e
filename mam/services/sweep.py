"""The sweep: frees jobs whose worker is gone, sends again what no worker will hear of otherwise.

Runs every few seconds in every worker; each step is a conditional update, so several sweeps at once do no
harm. Together with the rows this is the outbox: Redis may be emptied and fills again (promise C5).
"""

from __future__ import annotations

import itertools
from datetime import timedelta

import structlog
from peewee import Expression

from mam.core import Mam
from mam.errors import QueueUnavailableError
from mam.models import Job, database, now
from mam.queue import QUEUES
from mam.services import jobs, leases

log = structlog.get_logger("mam.sweep")

RESEND_SWEEPS = 4
"""A queued job is sent again when its message is this many sweeps old and the queue is too short for it."""

_AT_ONCE = 500
_MOST = 10_000  # sent in one sweep; 10 000 take some three seconds


def sweep(mam: Mam) -> int:
    """Free what is stuck, send what is due; answers how many messages were sent."""
    with leases.connected():
        free_expired(mam)
        return sum(send_due(mam, queue) for queue in QUEUES)


def free_expired(mam: Mam) -> None:
    """Queue jobs again whose lease ran out; after the last attempt they are dead (promise C3)."""
    moment = now()
    stuck = Job.select().where(Job.state == "running", Job.lease_until < moment).limit(_AT_ONCE)
    for job in list(stuck):
        still = (Job.id == job.id) & (Job.lease_token == job.lease_token) & (Job.lease_until < moment)
        still &= Job.state == "running"
        detail = f"The worker ({job.worker or 'unnamed'}) ended or stood still in attempt {job.attempts}."
        log.warning("job freed", job=job.id, kind=job.kind, attempt=job.attempts, worker=job.worker)
        with database.atomic():
            if job.attempts < mam.config.queue.max_attempts:
                clean = {"state": "queued", "lease_token": None, "lease_until": None, "sent_at": None}
                Job.update(run_after=moment, error_code="worker_lost", error_detail=detail, **clean).where(
                    still
                ).execute()
            elif leases.bury(still, "worker_lost", detail):
                jobs.tell_gave_up(mam, job.id)


def send_due(mam: Mam, queue: str) -> int:
    """Send the due jobs of one queue that were never sent, and all old ones where messages are missing."""
    moment = now()
    due = (Job.queue == queue) & (Job.state == "queued") & (Job.run_after <= moment)
    old = moment - timedelta(seconds=RESEND_SWEEPS * mam.config.queue.sweep_seconds)
    unsent = Job.sent_at.is_null()
    try:
        if mam.queue.waiting(queue) < Job.select().where(due).count():
            unsent = unsent | (Job.sent_at < old)
        return _send_all(mam, due & unsent, queue)
    except QueueUnavailableError as error:
        log.warning("nothing sent", queue=queue, reason=error.detail)
        return 0


def _send_all(mam: Mam, where: Expression, queue: str) -> int:
    """Send, then note it: a crash in between sends twice, which does no harm. Answers how many were sent."""
    sent = 0
    while sent < _MOST and (batch := _first(where)):
        told = [job.id for job in itertools.takewhile(lambda job: _send(mam, job, queue), batch)]
        Job.update(sent_at=now()).where(Job.id.in_(told), Job.state == "queued").execute()
        sent += len(told)
        if len(told) < _AT_ONCE:
            break
    return sent


def _send(mam: Mam, job: Job, queue: str) -> bool:
    return jobs.send(mam, job.id, queue, job.priority)


def _first(where: Expression) -> list[Job]:
    """Those that go first: by rank, then by age."""
    wanted = Job.select(Job.id, Job.priority).where(where)
    return list(wanted.order_by(Job.priority.desc(), Job.id).limit(_AT_ONCE))
