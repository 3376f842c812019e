"""Jobs: rows that say what is to be done. Enqueue, run, sweep, list, retry, cancel.

The row is the truth; a message carries only its id and may be lost or come twice. Writes `job` and
`worker_beat` rows and messages; the work itself is in the handlers (`mam.services.previews`).
"""

from __future__ import annotations

from typing import Any

from mam.core import Mam
from mam.errors import QueueUnavailableError
from mam.models import Job, database, now
from mam.services.leases import Lease

__all__ = ["Lease", "enqueue", "send_after_commit"]


def enqueue(
    kind: str,
    *,
    version_id: str | None = None,
    project_id: str | None = None,
    queue: str = "quick",
    payload: dict[str, Any] | None = None,
) -> Job:
    """Write the job's row; inside the caller's transaction, so that it exists exactly when the reason does.

    Follow with `send_after_commit`; a message that is never sent is sent by the sweep (promise C7).
    """
    return Job.create(
        kind=kind,
        queue=queue,
        version_id=version_id,
        project_id=project_id,
        payload=payload or {},
        sent_at=now(),
    )


def send_after_commit(mam: Mam, job: Job) -> None:
    """Send the job's id once the transaction is committed (at once where there is none)."""
    job_id, queue = job.id, job.queue
    database.after_commit(lambda: _send(mam, job_id, queue))


def _send(mam: Mam, job_id: str, queue: str) -> bool:
    """Put the message into the queue; False where it does not answer, which leaves it to the sweep."""
    try:
        mam.queue.send(job_id, queue)
    except QueueUnavailableError:
        return False
    return True
