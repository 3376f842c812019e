"""Batches: one operation on up to a thousand things, done by one job, with an answer for each of them.

Asking is checked and kept here, with its job in the same transaction; `batches_run` does it. Writes `batch`,
`batch_item` and `job` rows and the audit log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import structlog

from mam.core import Mam
from mam.errors import ConflictError, ForbiddenError, NotFoundError
from mam.models import Batch, BatchItem, Job, User, database, now
from mam.services import access, audit, batches_do, batches_run, jobs, leases, pages
from mam.services.shapes import Shape, error_shape, iso
from mam.types import Actor

MOST_OPEN = 20
"""Batches of one user that are not over."""

KEPT = timedelta(days=30)
"""How long a batch that is over can be looked at."""

_AT_ONCE = 500  # rows of one statement
_SWEPT = 10  # batches forgotten in one round
_ALIVE = ("queued", "running")


def create(
    mam: Mam, actor: Actor, *, operation: str, items: Sequence[Mapping[str, Any]], options: Mapping[str, Any]
) -> Shape:
    """Have `operation` done to every item; `options` hold for each of them that does not say otherwise.

    Whether it may be done is asked for each item when its turn comes. Raises `ValidationError`, and
    `ConflictError` (`too_many_batches`) where `MOST_OPEN` of this user are not over.
    """
    batches_do.check(operation, items, options)
    return _shape(_begin(mam, actor, operation, items, options))


def undo(mam: Mam, actor: Actor, batch_id: str) -> Shape:
    """Take back what a batch changed, by a batch of the inverse operation, the last item first.

    Raises `ConflictError`: `not_over` while it runs, `already_undone`, `nothing_to_undo` where it changed
    nothing or makes what cannot be taken back; else as `create`.
    """
    batch = _required(mam, actor, batch_id)
    if batch.state in _ALIVE:
        raise ConflictError("This batch is not over: stop it first, or wait.", code="not_over")
    operation = batches_do.INVERSE.get(batch.operation)
    items = _changed(batch.id) if operation else []
    if operation is None or not items:
        raise ConflictError("This batch changed nothing that can be taken back.", code="nothing_to_undo")
    with database.atomic():
        made = _begin(mam, actor, operation, items, {}, undoes=batch.id)
        free = (Batch.id == batch.id) & Batch.undone_by.is_null()
        if not Batch.update(undone_by=made.id).where(free).execute():
            raise ConflictError("This batch was taken back already.", code="already_undone")
    return _shape(made)


def get(mam: Mam, actor: Actor, batch_id: str) -> Shape:
    """How far a batch is; `NotFoundError` for anybody's but the actor's own, unless they administrate."""
    return _shape(_required(mam, actor, batch_id))


def list_batches(
    mam: Mam,  # noqa: ARG001 - every service takes the box first
    actor: Actor,
    *,
    state: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Shape:
    """The actor's own batches, the newest first."""
    query = Batch.select().where(_own(actor))
    query = query if state is None else query.where(Batch.state == state)
    rows, following = pages.page(query, "-id", {"id": Batch.id}, Batch.id, cursor=cursor, limit=limit)
    return pages.listed(rows, _shape, following)


def items(
    mam: Mam,
    actor: Actor,
    batch_id: str,
    *,
    state: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Shape:
    """What came of each item, in the order in which they were sent."""
    _required(mam, actor, batch_id)
    query = BatchItem.select().where(BatchItem.batch == batch_id)
    query = query if state is None else query.where(BatchItem.state == state)
    place = BatchItem.place
    rows, following = pages.page(query, "place", {"place": place}, place, cursor=cursor, limit=limit)
    return pages.listed(rows, _item_shape, following)


def cancel(mam: Mam, actor: Actor, batch_id: str) -> Shape:
    """Leave the rest undone; what is done stays. Again changes nothing; `ConflictError` where all is done."""
    with database.atomic():
        batch = _required(mam, actor, batch_id)
        alive = (Job.id == batch.job_id) & Job.state.in_(_ALIVE)
        why = "Whoever asked for this batch stopped it."
        if leases.bury(alive, "cancelled", why, state="cancelled"):
            jobs.tell_gave_up(mam, batch.job_id)
            audit.record(mam, actor, "batch.cancelled", kind="batch", subject_id=batch.id)
        batch = Batch.get_by_id(batch.id)
        if batch.state == "done":
            raise ConflictError("This batch is done already.", code="already_done")
    return _shape(batch)


def sweep(mam: Mam) -> int:  # noqa: ARG001 - every service gets the box
    """Forget a few of the batches that were over `KEPT` ago; answers how many."""
    old = Batch.select(Batch.id).where(Batch.finished_at < now() - KEPT).order_by(Batch.finished_at)
    ids = [row.id for row in old.limit(_SWEPT)]
    for batch_id in ids:
        Batch.delete().where(Batch.id == batch_id).execute()  # its items go with it
    return len(ids)


# --- inside --------------------------------------------------------------------------------------


def _begin(
    mam: Mam,
    actor: Actor,
    operation: str,
    items: Sequence[Mapping[str, Any]],
    options: Mapping[str, Any],
    **noted: str,
) -> Batch:
    """A batch with its items and its job; `noted` goes into the audit entry besides."""
    if actor.user_id is None:
        raise ForbiddenError("Batches are for people with an account.")
    with database.atomic():
        _make_room(actor)
        job = jobs.enqueue("batch", queue=batches_run.QUEUE, priority=batches_run.RANK)
        batch = Batch.create(
            user=actor.user_id, key_id=actor.key.id if actor.key else None, operation=operation,
            options=dict(options), total=len(items), job_id=job.id, address=audit.plain(actor.address)[:64],
            request_id=str(structlog.contextvars.get_contextvars().get("request_id", ""))[:64],
        )  # fmt: skip
        _keep_items(batch.id, items)
        data = {"operation": operation, "items": len(items), **noted}
        audit.record(mam, actor, "batch.created", kind="batch", subject_id=batch.id, data=data)
        jobs.send_after_commit(mam, job)
    return batch


def _changed(batch_id: str) -> list[Shape]:
    """The items of the batch that takes this one back, the last first."""
    done = (BatchItem.batch == batch_id) & (BatchItem.state == "done") & BatchItem.changed
    rows = BatchItem.select(BatchItem.result_id, BatchItem.back).where(done & BatchItem.back.is_null(False))
    rows = rows.order_by(BatchItem.place.desc())
    return [{"asset_id": row.result_id, **row.back} for row in rows]


def _make_room(actor: Actor) -> None:
    """Hold back other batches of this user until the transaction ends, and count those not over."""
    User.update(status=User.status).where(User.id == actor.user_id).execute()
    alive = (Batch.user == actor.user_id) & Batch.state.in_(_ALIVE)
    if Batch.select().where(alive).count() >= MOST_OPEN:
        raise ConflictError(
            f"{MOST_OPEN} of your batches are not over; wait for one or stop one.", code="too_many_batches"
        )


def _keep_items(batch_id: str, given: Sequence[Mapping[str, Any]]) -> None:
    rows = [
        {"batch": batch_id, "place": place, "target": batches_do.target_of(item), "given": dict(item)}
        for place, item in enumerate(given)
    ]
    for start in range(0, len(rows), _AT_ONCE):
        BatchItem.insert_many(rows[start : start + _AT_ONCE]).execute()


def _own(actor: Actor) -> Any:
    """The batches that somebody asked for; an API key sees those that it asked for itself."""
    mine = Batch.user == actor.user_id
    return mine if actor.key is None else mine & (Batch.key_id == actor.key.id)


def _required(mam: Mam, actor: Actor, batch_id: str) -> Batch:
    query = Batch.select().where(Batch.id == batch_id)
    if not access.allowed(mam, actor, "box.admin"):
        query = query.where(_own(actor))
    batch: Batch | None = query.first()
    if batch is None:
        raise NotFoundError
    return batch


def _shape(batch: Batch) -> Shape:
    own = f"/api/batches/{batch.id}"
    answered = batch.done + batch.failed
    return {
        "id": batch.id,
        "operation": batch.operation,
        "options": batch.options,
        "state": batch.state,
        "counts": {"total": batch.total, "done": batch.done, "failed": batch.failed},
        "progress": round(100 * answered / batch.total, 1),
        "error": error_shape(batch.error_code, batch.error_detail),
        "created_by": batch.user_id,
        "created_at": iso(batch.created_at),
        "started_at": iso(batch.started_at),
        "finished_at": iso(batch.finished_at),
        "undone_by": batch.undone_by,
        "links": {
            "self": own,
            "items": f"{own}/items",
            "cancel": f"{own}/cancel",
            "undo": f"{own}/undo",
        },
    }


def _item_shape(item: BatchItem) -> Shape:
    return {
        "index": item.place,
        "target": item.target,
        "state": item.state,
        "changed": item.changed,
        "error": error_shape(item.error_code, item.error_detail),
        "result_id": item.result_id,
    }
