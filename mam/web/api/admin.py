"""Administration: people, jobs, storage."""

from __future__ import annotations

from typing import Any

from mam.services import accounts, box, job_admin, locks, watching
from mam.web.api import inputs
from mam.web.routes import Call


async def list_users(call: Call[Any]) -> Any:
    """Everybody with an account."""
    return await call.run(accounts.list_users, **call.query.model_dump())


async def get_user(call: Call[Any], user_id: str) -> Any:
    """Somebody with an account."""
    return await call.run(accounts.get_user, user_id)


async def update_user(call: Call[inputs.UserPatch], user_id: str) -> Any:
    """Activate or disable somebody, change their roles or name; it holds from their next request on."""
    return await call.run(accounts.update_user, user_id, **call.given)


async def list_jobs(call: Call[Any]) -> Any:
    """The jobs, newest first."""
    return await call.run(job_admin.list_jobs, **call.query.model_dump())


async def retry_job(call: Call[Any], job_id: str) -> Any:
    """Run a dead or cancelled job again."""
    return await call.run(job_admin.retry, job_id)


async def cancel_job(call: Call[Any], job_id: str) -> Any:
    """Stop a queued or running job."""
    return await call.run(job_admin.cancel, job_id)


async def prioritise_job(call: Call[inputs.PriorityIn], job_id: str) -> Any:
    """Move a queued or running job before or behind others; what runs is not interrupted."""
    return await call.run(job_admin.prioritise, job_id, call.body.priority)


async def cancel_version_jobs(call: Call[Any], version_id: str) -> Any:
    """Stop everything that is done with a version."""
    return await call.run(job_admin.cancel_version, version_id)


async def storage(call: Call[Any]) -> Any:
    """What eats space, and whether masters are locked."""
    return await call.run(box.storage)


async def prove_storage(call: Call[Any]) -> Any:
    """Have every store try to break its own lock now; what held."""
    return await call.run(locks.prove)


async def list_watches(call: Call[Any]) -> Any:
    """The watch folders, what is in them by state, and what could not be taken in."""
    return await call.run(watching.status)


async def retry_watched(call: Call[Any], file_id: str) -> Any:
    """Try a file of a watch folder again."""
    return await call.run(watching.retry, file_id)
