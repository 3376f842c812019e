"""A real worker with trial jobs beside the real ones: `trial_worker.py CONFIG`.

Kinds: "sleep" works for `payload.seconds`, or until the file `payload.until` is there, looking at its lease,
then writes a line into `payload.file`.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from mam.config import load
from mam.core import Mam
from mam.logs import setup_logging
from mam.services import jobs, leases
from mam.worker import main


def sleep(_mam: Mam, lease: jobs.Lease) -> None:
    """Work for a while, and leave a trace."""
    over = time.monotonic() + lease.payload["seconds"]
    until = lease.payload.get("until")
    while time.monotonic() < over and not (until and Path(until).exists()):
        leases.check(lease)
        time.sleep(0.02)
    with Path(lease.payload["file"]).open("a", encoding="utf-8") as file:
        file.write(f"{lease.job_id}\n")


jobs.KINDS["sleep"] = jobs.Kind(sleep)

if __name__ == "__main__":
    config = load(Path(sys.argv[1]))
    setup_logging(config.log, service="worker")
    main(config)
