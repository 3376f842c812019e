"""Jobs as an administrator sees and changes them: list, run again, stop, move to the front or to the end.

A piece of a film is no job to be changed alone: what is asked of it is done to its film. Writes job rows and
audit entries; tells the kinds' services what became of their jobs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mam.core import Mam
from mam.errors import ConflictError, MamError, NotFoundError, ValidationError
from mam.ids import is_id
from mam.models import Asset, Job, Version, database, now
from mam.services import access, analysis, audit, jobs, leases, plugin_work, previews, priority, proxies
from mam.services.jobs import Kind
from mam.services.shapes import Shape, job_shape
from mam.types import Actor

STATES = ("queued", "running", "done", "dead", "cancelled")
_ALIVE = ("queued", "running")

TOLD = (previews.examine, proxies.make, analysis.analyse, plugin_work.run)
"""Imported for their registration: the services that are told what becomes of their jobs."""


def list_jobs(
    mam: Mam,
    actor: Actor,
    *,
    state: str | None = None,
    kind: str | None = None,
    version_id: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> dict[str, Any]:
    """The jobs, newest first; `cursor` is the last id of the page before."""
    access.require(mam, actor, "box.admin")
    if state is not None and state not in STATES:
        raise ValidationError(f"A job's state is one of {', '.join(STATES)}.")
    if cursor is not None and not is_id(cursor):
        raise ValidationError("The cursor is not one of this list.")
    query = Job.select().order_by(Job.id.desc()).limit(limit + 1)
    for column, wanted in ((Job.state, state), (Job.kind, kind), (Job.version_id, version_id)):
        query = query if wanted is None else query.where(column == wanted)
    query = query if cursor is None else query.where(Job.id < cursor)
    rows = list(query)
    last = rows[limit - 1].id if len(rows) > limit else None
    return {"items": _shapes(rows[:limit]), "next_cursor": last}


def kinds(mam: Mam, actor: Actor) -> list[str]:
    """The kinds of the jobs that there are, by name."""
    access.require(mam, actor, "box.admin")
    return [row.kind for row in Job.select(Job.kind).distinct().order_by(Job.kind)]


def retry(mam: Mam, actor: Actor, job_id: str) -> dict[str, Any]:
    """Run a dead or cancelled job again, with all its attempts before it."""
    access.require(mam, actor, "box.admin")
    with database.atomic():
        job_id = _film_of(job_id)
        fresh = {"state": "queued", "attempts": 0, "percent": 0, "run_after": now(), "sent_at": now()}
        clean = {"lease_token": None, "finished_at": None, "error_code": None, "error_detail": None}
        ended = (Job.id == job_id) & Job.state.in_(("dead", "cancelled"))
        if not Job.update(**fresh, **clean).where(ended).execute():
            raise _refusal(job_id, "Only a dead or cancelled job can be run again")
        job = Job.get_by_id(job_id)
        (jobs.known(job.kind) or Kind(run=lambda _mam, _lease: None)).revived(mam, job)
        _note(mam, actor, "job.retry", job)
        jobs.send_after_commit(mam, job)
    return _shapes([job])[0]


def cancel(mam: Mam, actor: Actor, job_id: str) -> dict[str, Any]:
    """Stop a queued or running job; a running one is stopped within the time of a heartbeat."""
    access.require(mam, actor, "box.admin")
    with database.atomic():
        job = _stop(mam, actor, _film_of(job_id))
    return _shapes([job])[0]


def cancel_version(mam: Mam, actor: Actor, version_id: str) -> dict[str, Any]:
    """Stop everything that is done or about to be done with a version: `{items}`, the stopped jobs."""
    access.require(mam, actor, "box.admin")
    with database.atomic():
        alive = Job.select(Job.id).where(
            Job.version_id == version_id, Job.state.in_(_ALIVE), Job.parent_id.is_null(), Job.kind != "tidy"
        )
        stopped = [_stop(mam, actor, row.id) for row in list(alive.order_by(Job.id))]
    return {"items": _shapes(stopped), "next_cursor": None}


def prioritise(mam: Mam, actor: Actor, job_id: str, rank: int) -> dict[str, Any]:
    """Give a queued or running job another rank, and a film's pieces one below it; the higher goes first.

    A job that runs is not interrupted for it.
    """
    access.require(mam, actor, "box.admin")
    if not -priority.LIMIT <= rank <= priority.LIMIT:
        raise ValidationError(f"A job's priority is from {-priority.LIMIT} to {priority.LIMIT}.")
    with database.atomic():
        job_id = _film_of(job_id)
        alive = (Job.id == job_id) & Job.state.in_(_ALIVE)
        if not Job.update(priority=rank).where(alive).execute():
            raise _refusal(job_id, "Only a queued or running job can be moved")
        pieces = (Job.parent_id == job_id) & Job.state.in_(_ALIVE)
        Job.update(priority=rank + priority.PIECE).where(pieces).execute()
        job = Job.get_by_id(job_id)
        _note(mam, actor, "job.priority", job, priority=rank)
        if job.state == "queued":
            jobs.send_after_commit(mam, job)  # it may be one for the lane of short ones now
    return _shapes([job])[0]


def _stop(mam: Mam, actor: Actor, job_id: str) -> Job:
    alive = (Job.id == job_id) & Job.state.in_(_ALIVE)
    if not leases.bury(alive, "cancelled", "An administrator stopped this job.", state="cancelled"):
        raise _refusal(job_id, "Only a queued or running job can be stopped")
    jobs.tell_gave_up(mam, job_id)
    job: Job = Job.get_by_id(job_id)
    _note(mam, actor, "job.cancel", job)
    return job


def _film_of(job_id: str) -> str:
    """The job itself, or the film that it is a piece of."""
    return Job.select(Job.parent_id).where(Job.id == job_id).scalar() or job_id


def _note(mam: Mam, actor: Actor, action: str, job: Job, **data: Any) -> None:
    audit.record(mam, actor, action, kind="job", subject_id=job.id, project_id=job.project_id, data=data)


def _refusal(job_id: str, sentence: str) -> MamError:
    job = Job.get_or_none(Job.id == job_id)
    return ConflictError(f"{sentence}; this one is {job.state}.") if job else NotFoundError()


def _shapes(rows: Iterable[Job]) -> list[Shape]:
    """Jobs with the assets that they are about."""
    listed = list(rows)
    wanted = {job.version_id for job in listed if job.version_id}
    found = Version.select(Version, Asset).join(Asset).where(Version.id.in_(wanted)) if wanted else ()
    versions = {version.id: version for version in found}
    return [job_shape(job, versions.get(job.version_id or "")) for job in listed]
