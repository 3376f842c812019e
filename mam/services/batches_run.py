"""The job that does a batch: item by item, each with its answer in one transaction, in slices of a second.

Killed at any moment, it goes on with the first item that has no answer: none is lost, none done twice. After
each slice the job goes back into its queue, behind first pictures. An item that fails, or even kills its
worker, ends nobody's batch. Writes `batch`, `batch_item`, and what the operations write.
"""

from __future__ import annotations

import time
from typing import Any

import structlog

from mam.core import Mam
from mam.errors import MamError
from mam.models import ApiKey, Batch, BatchItem, Job, User, database, now
from mam.services import audit, jobs, leases, people
from mam.services.batches_do import OPERATIONS
from mam.services.leases import Lease
from mam.types import SYSTEM, Actor, KeyLimits

QUEUE = "quick"

RANK = -20
"""Below first pictures (0) and pieces of films (-10), above what nobody waits for (-100)."""

SLICE_SECONDS = 1.0
"""After so long the job steps back, so that whatever ranks higher has the thread."""

_AT_ONCE = 100  # items read ahead
_ALIVE = ("queued", "running")


def run(mam: Mam, lease: Lease) -> None:
    """Do the items that have no answer yet, for a slice of time; the last slice ends the batch."""
    over = time.monotonic() + SLICE_SECONDS
    with leases.connected():
        batch = Batch.get_or_none(Batch.job_id == lease.job_id)
        if batch is None:
            return  # forgotten with whoever asked for it
        actor = asker(batch)
        with structlog.contextvars.bound_contextvars(request_id=batch.request_id):
            if actor is None:
                _give_up(mam, lease, batch)
            elif _work(mam, lease, batch, actor, over):
                _finish(mam, lease, batch, actor)
            else:
                _step_back(mam, lease, batch)


def asker(batch: Batch) -> Actor | None:
    """Whoever asked, with the rights of this moment; None where the account or the API key has ended."""
    user = User.get_or_none((User.id == batch.user_id) & (User.status == "active"))
    if user is None:
        return None
    limits = None
    if batch.key_id is not None:
        living = ApiKey.revoked_at.is_null() & (ApiKey.expires_at > now())
        key = ApiKey.get_or_none((ApiKey.id == batch.key_id) & (ApiKey.user == user.id) & living)
        if key is None:
            return None
        limits = KeyLimits(key.id, frozenset(key.scopes), key.project_id)
    roles = tuple(sorted(people.roles_of([user.id])[user.id]))
    who = (user.id, user.email, user.display_name, roles, None, batch.address)
    return Actor(*who, key=limits, organisation_id=user.organisation_id)


def _work(mam: Mam, lease: Lease, batch: Batch, actor: Actor, over: float) -> bool:
    """Do items until the time is over; True where none is left.

    A second attempt begins with the item that the first ended at, and steps back behind it: attempts count
    against an item, not against the batch. The last attempt passes it over.
    """
    is_first, is_last = lease.attempt == 1, 1 < mam.config.queue.max_attempts <= lease.attempt
    while waiting := _waiting(batch):
        for item in waiting:
            leases.check(lease)
            _settle(mam, lease, batch, actor, item, skip=is_last)
            if not is_first or time.monotonic() >= over:
                return False
    return True


def _waiting(batch: Batch) -> list[BatchItem]:
    rows = BatchItem.select().where((BatchItem.batch == batch.id) & (BatchItem.state == "waiting"))
    return list(rows.order_by(BatchItem.place).limit(_AT_ONCE))


def _settle(mam: Mam, lease: Lease, batch: Batch, actor: Actor, item: BatchItem, *, skip: bool) -> None:
    """Do an item and keep its answer, both or neither; under a lost lease nothing."""
    with leases.fenced(lease):
        told = _POISON if skip else _outcome(mam, batch, actor, item)
        BatchItem.update(**told).where(BatchItem.id == item.id).execute()
        counter = Batch.done if told["state"] == "done" else Batch.failed
        begun = {Batch.state: "running", Batch.started_at: batch.started_at or now()}
        Batch.update({**begun, counter: counter + 1}).where(Batch.id == batch.id).execute()
        if lease.attempt > 1:
            Job.update(attempts=1).where(leases.holding(lease)).execute()


_POISON = {
    "state": "failed",
    "error_code": "internal",
    "error_detail": "The worker failed over this item several times; see its log.",
}


def _outcome(mam: Mam, batch: Batch, actor: Actor, item: BatchItem) -> dict[str, Any]:
    """The columns of an item's answer; an error of it takes back what it wrote, and nothing else."""
    try:
        with database.atomic():
            done = OPERATIONS[batch.operation].do(mam, actor, {**batch.options, **item.given})
    except MamError as error:
        return {"state": "failed", "error_code": error.error_code, "error_detail": error.detail[:1000]}
    return {
        "state": "done",
        "changed": done.changed,
        "result_id": done.result_id,
        "project_id": done.project_id,
        "back": done.back,
    }


def _step_back(mam: Mam, lease: Lease, batch: Batch) -> None:
    """Let others have the thread; what was done counts as a new beginning, not as an attempt."""
    batch = Batch.get_by_id(batch.id)
    percent = 100 * (batch.done + batch.failed) / batch.total
    with database.atomic():
        Job.update(attempts=1, percent=percent).where(leases.holding(lease)).execute()
        held = leases.give_back(lease)
    if held:
        jobs.send(mam, lease.job_id, QUEUE, RANK)


def _finish(mam: Mam, lease: Lease, batch: Batch, actor: Actor) -> None:
    with leases.fenced(lease):
        Batch.update(state="done", finished_at=now()).where(Batch.id == batch.id).execute()
        leases.finish(lease)
        _tell(mam, actor, batch.id)


def _give_up(mam: Mam, lease: Lease, batch: Batch) -> None:
    """Whoever asked may do nothing any more, so the rest is not done in their name."""
    why = "Whoever asked for this batch cannot log in any more, or their API key has ended."
    with leases.fenced(lease):
        _cancel_rest(mam, batch, "account_ended", why)
        leases.finish(lease)


def _cancel_rest(mam: Mam, batch: Batch, code: str | None, detail: str | None) -> None:
    why = {"error_code": code, "error_detail": detail}
    rest = (BatchItem.batch == batch.id) & (BatchItem.state == "waiting")
    BatchItem.update(state="cancelled", **why).where(rest).execute()
    alive = (Batch.id == batch.id) & Batch.state.in_(_ALIVE)
    if Batch.update(state="cancelled", finished_at=now(), **why).where(alive).execute():
        _tell(mam, asker(batch) or SYSTEM, batch.id)


def _tell(mam: Mam, actor: Actor, batch_id: str) -> None:
    """That a batch is over, once in each project that it changed something in; else to administrators."""
    batch = Batch.get_by_id(batch_id)
    done = (BatchItem.batch == batch_id) & (BatchItem.state == "done")
    query: Any = BatchItem.select(BatchItem.project_id).where(done).distinct().tuples()
    data = {
        "operation": batch.operation,
        "state": batch.state,
        "total": batch.total,
        "done": batch.done,
        "failed": batch.failed,
    }
    for project_id in sorted(found for (found,) in query) or [None]:
        audit.record(
            mam, actor, "batch.finished", kind="batch", subject_id=batch_id, project_id=project_id, data=data
        )


def gave_up(mam: Mam, job: Job) -> None:
    """The job was stopped or given up: the rest of its batch is not done."""
    batch = Batch.get_or_none(Batch.job_id == job.id)
    if batch is not None:
        _cancel_rest(mam, batch, job.error_code, job.error_detail)


def revived(_mam: Mam, job: Job) -> None:
    """The job is done after all: what was left undone waits again."""
    batch = Batch.get_or_none((Batch.job_id == job.id) & (Batch.state == "cancelled"))
    if batch is not None:
        clean = {"error_code": None, "error_detail": None}
        left = (BatchItem.batch == batch.id) & (BatchItem.state == "cancelled")
        BatchItem.update(state="waiting", **clean).where(left).execute()
        Batch.update(state="queued", finished_at=None, **clean).where(Batch.id == batch.id).execute()


jobs.KINDS["batch"] = jobs.Kind(run, gave_up, revived)
