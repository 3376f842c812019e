"""How fast the queue is: no-op jobs that wait, drained by a worker over a real Valkey, on both databases.

Asked for: 10 000 jobs at 100 a second and more, on two cores with PostgreSQL that do nothing else.
`MAM_BENCH_JOBS=2000 make bench` measures with fewer.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from mam.core import Mam
from mam.ids import new_id
from mam.models import Job, Project, database, now

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(900)]

JOBS = int(os.environ.get("MAM_BENCH_JOBS", "10000"))
PROJECTS = 20
WANTED_PER_SECOND = 100

WORKER = """
import sys
from dataclasses import replace
from pathlib import Path
from mam.config import Config, Database, Log, QueueConfig, Secret
from mam.logs import setup_logging
from mam.services import jobs
from mam.worker import main

data, database, queue = sys.argv[1:]
jobs.KINDS["nothing"] = jobs.Kind(lambda _mam, _lease: None)
setup_logging(Log(level="warning"), service="worker")
main(Config(Path(data), database=Database(url=Secret(database)), queue=QueueConfig(url=Secret(queue))))
"""


def fill() -> None:
    """Rows alone, as after a FLUSHALL: the workers' sweep sends them."""
    projects = [Project.create(name=str(number)).id for number in range(PROJECTS)]
    rows = [
        {"id": new_id(), "kind": "nothing", "queue": "quick", "project_id": projects[number % PROJECTS],
         "payload": {}, "sent_at": None, "run_after": now(), "created_at": now()}
        for number in range(JOBS)
    ]  # fmt: skip
    with database.atomic():
        for at in range(0, JOBS, 500):
            Job.insert_many(rows[at : at + 500]).execute()


def done() -> int:
    """How many are."""
    return int(Job.select().where(Job.state == "done").count())


def test_draining_jobs_that_do_nothing(
    box: Mam, capsys: pytest.CaptureFixture[str], figure: Callable[..., None]
) -> None:
    # Given a queue of jobs, and the worker of a usual box: one process, two threads
    fill()
    arguments = [box.config.data, box.config.database_url, box.config.queue_url]
    with subprocess.Popen([sys.executable, "-c", WORKER, *map(str, arguments)]) as worker:
        try:
            # When it works them off
            while done() == 0:
                time.sleep(0.05)
                assert worker.poll() is None
            began, first = time.monotonic(), done()
            while done() < JOBS:
                time.sleep(0.2)
                assert worker.poll() is None
            rate = (JOBS - first) / (time.monotonic() - began)
        finally:
            worker.terminate()
            worker.wait(30)
    # Then each ran once, as fast as is asked for
    assert Job.select().where(Job.attempts == 1, Job.state == "done").count() == JOBS
    name = box.config.database_url.partition(":")[0]
    figure(f"queue, {name}: {JOBS} empty jobs", rate, "jobs/s", at_least=WANTED_PER_SECOND)
    with capsys.disabled():
        print(  # noqa: T201 - a benchmark prints
            f"\n{JOBS} jobs on {name}: {rate:.0f}/s (asked {WANTED_PER_SECOND}), "
            f"load {os.getloadavg()[0]:.1f}"
        )
    assert rate >= WANTED_PER_SECOND
