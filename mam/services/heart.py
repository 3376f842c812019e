"""Keeps a lease alive while its job runs: one thread a job, renewing four times in a lease.

Writes `lease_until` through `mam.services.leases.heartbeat`. Never raises into the job: it sets `lease.lost`,
which the job looks at when it reports.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from mam.core import Mam
from mam.models import Unavailable
from mam.services.leases import Lease, heartbeat

log = structlog.get_logger("mam.heart")

RENEWALS = 15 / 4
"""Renewals in one lease: every 4 s of 15, so that three may fail before the lease runs out."""


@contextmanager
def beating(mam: Mam, lease: Lease) -> Iterator[None]:
    """Renew the lease until the block ends."""
    over = threading.Event()
    thread = threading.Thread(
        target=_beat, args=(mam, lease, over), name=f"heart-{lease.job_id}", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _beat(mam: Mam, lease: Lease, over: threading.Event) -> None:
    """Renew; where the database is away, hold on only until the lease must have run out."""
    length = mam.config.queue.lease_seconds
    ends = time.monotonic() + length
    while not over.wait(length / RENEWALS):
        asked = time.monotonic()
        try:
            held = heartbeat(mam, lease)
        except Unavailable as error:
            log.warning("lease not renewed", job=lease.job_id, reason=str(error))
            held = asked < ends
        else:
            ends = asked + length
        if not held:
            lease.lost.set()
            return
