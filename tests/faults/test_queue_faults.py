"""What must hold when processes die: real workers, a real Valkey, real encodes, real signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from faults_bench import Bench, agree, encoders, encodes, runs, stop_between_writes, wait_for, wake

from mam.models import Job, Project, Version
from mam.services import job_admin, jobs
from mam.types import SYSTEM

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def row(version: Version) -> Version:
    return Version.get_by_id(version.id)


def render_job(version: Version) -> Job:
    return Job.get(Job.version_id == version.id, Job.kind == "render")


def settle() -> None:
    """Wait until no job is left to do."""
    wait_for(lambda: not Job.select().where(Job.state.in_(("queued", "running"))).exists(), 240)


def test_a_killed_worker_costs_an_attempt_and_nothing_else(any_bench: Bench, clip: Path) -> None:
    """Promises C1 and C2: kill -9 in the middle of an encode ends in one ready preview, by itself."""
    bench = any_bench
    # Given a worker that encodes, with a preview that plays already
    version = bench.version_of(clip)
    worker = bench.start_worker()
    bench.preview(version)
    wait_for(lambda: row(version).preview_playable, 180)
    children = encoders(worker)
    assert any(encodes(child) for child in children)
    first = row(version)
    # When it is killed
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait(60)
    # Then its encoder is gone, by itself
    wait_for(lambda: not any(runs(child) for child in children), 30)
    # And when a worker starts again
    bench.start_worker()
    seen = [first.preview_percent]
    wait_for(lambda: seen.append(row(version).preview_percent) or row(version).preview_status == "ready", 180)
    # Then the second attempt makes the preview, of one generation, and nothing is left over
    job = render_job(version)
    assert (job.state, job.attempts) == ("done", 2)
    assert Version.select().count() == 1
    assert row(version).preview_generation != first.preview_generation
    wait_for(lambda: not list(bench.config.work.iterdir()), 60)
    settle()
    agree(bench, version.id)
    assert seen == sorted(seen), "progress went backwards"


def test_a_killed_encoder_is_no_verdict_over_its_file(bench: Bench, clip: Path) -> None:
    """Promise C1: kill -9 of ffmpeg alone, as the kernel does when memory is short, costs an attempt."""
    # Given a worker that encodes
    version = bench.version_of(clip)
    worker = bench.start_worker()
    bench.preview(version)
    wait_for(lambda: row(version).preview_playable, 180)
    # When its encoder is killed, and the worker is not
    encoder = next(child for child in encoders(worker) if encodes(child))
    encoder.kill()
    # Then the job waits with that reason, and its next attempt makes the preview
    wait_for(lambda: render_job(version).error_code == "program_killed", 60)
    wait_for(lambda: row(version).preview_status == "ready", 180)
    assert render_job(version).attempts == 2
    assert worker.poll() is None
    settle()
    agree(bench, version.id)


def test_a_job_that_kills_its_worker_stops_after_three(any_bench: Bench, small_clip: Path) -> None:
    """Promise C3: poison is dead after three attempts, with its reason, and can be run again."""
    bench = any_bench
    # Given a job whose every start ends the worker's process
    version = bench.version_of(small_clip)
    job = bench.preview(version)
    for attempt in (1, 2, 3):
        worker = bench.start_worker(MAM_FAILPOINT="job.claimed")
        worker.wait(90)
        assert Job.get_by_id(job.id).attempts == attempt
    # When a worker comes that is not hit
    bench.start_worker()
    wait_for(lambda: Job.get_by_id(job.id).state == "dead", 60)
    # Then the job is not tried a fourth time; it and the preview say why
    dead = job_admin.list_jobs(bench.mam, SYSTEM, state="dead")["items"]
    assert [(one["id"], one["attempts"], one["error"]["code"]) for one in dead] == [
        (job.id, 3, "worker_lost")
    ]
    assert (row(version).preview_status, row(version).preview_error_code) == ("failed", "worker_lost")
    settle()
    agree(bench, version.id)
    # And when somebody runs it again, it works
    job_admin.retry(bench.mam, SYSTEM, job.id)
    wait_for(lambda: row(version).preview_status == "ready", 90)
    assert row(version).preview_error_code is None
    settle()
    agree(bench, version.id)


def test_the_same_message_many_times_makes_one_preview(any_bench: Bench, small_clip: Path) -> None:
    """Promise C4, duplicates: two workers, ten messages each for two jobs, one result each."""
    bench = any_bench
    # Given two workers
    version = bench.version_of(small_clip)
    workers = [bench.start_worker(), bench.start_worker()]
    # When every message comes ten times
    job = bench.preview(version)
    for _ in range(10):
        bench.mam.queue.send(job.id, "quick")
    wait_for(lambda: Job.select().where(Job.kind == "render").exists(), 180)
    for _ in range(10):
        bench.mam.queue.send(render_job(version).id, "render")
    wait_for(lambda: row(version).preview_status == "ready", 90)
    wait_for(lambda: bench.mam.queue.waiting("quick") + bench.mam.queue.waiting("render") == 0, 60)
    # Then each job ran once
    settle()
    ran = {one.kind: (one.state, one.attempts) for one in Job.select()}
    assert {"examine", "render", "sprites", "analyse", "fingerprint"} <= ran.keys()
    assert set(ran.values()) == {("done", 1)}
    assert Job.select().count() == len(ran)
    settle()
    agree(bench, version.id)
    assert all(worker.poll() is None for worker in workers)


@pytest.mark.parametrize("wakes", ["while the other works", "when the other is done"])
def test_a_worker_that_slept_through_its_lease_loses(bench: Bench, clip: Path, wakes: str) -> None:
    """Promise C4, fencing: a worker stopped in the middle and woken late changes nothing any more."""
    # Given a worker that is stopped in the middle of an encode for longer than its lease
    version = bench.version_of(clip)
    sleeper = bench.start_worker()
    bench.preview(version)
    wait_for(lambda: row(version).preview_playable, 180)
    stopped = [sleeper.pid, *(child.pid for child in encoders(sleeper))]
    stop_between_writes(bench, stopped)
    stale = row(version).preview_generation
    # When another worker takes over and the first one wakes
    bench.start_worker()
    wait_for(lambda: row(version).preview_generation != stale, 90)
    if wakes == "when the other is done":
        wait_for(lambda: row(version).preview_status == "ready", 120)
    wake(stopped)
    wait_for(lambda: row(version).preview_status == "ready", 120)
    # Then the preview is the second one's, and nothing of the first is left
    assert (render_job(version).state, render_job(version).attempts) == ("done", 2)
    wait_for(lambda: "job stopped" in bench.log(), 60)
    wait_for(lambda: not list(bench.config.work.iterdir()), 60)
    settle()
    agree(bench, version.id)
    assert sleeper.poll() is None


def test_without_redis_work_waits_and_nothing_breaks(bench: Bench, tmp_path: Path) -> None:
    """Promise C6, the jobs' part: enqueuing works while the queue is down, the work starts after."""
    # Given a worker, and a queue that is down
    worker = bench.start_worker()
    wait_for(lambda: "worker started" in bench.log(), 180)
    bench.processes[0].kill()
    bench.processes[0].wait(60)
    # When jobs are made meanwhile, then they are there while it is down still
    for _ in range(5):
        job = jobs.enqueue("sleep", payload={"seconds": 0, "file": str(tmp_path / "trace")})
        jobs.send_after_commit(bench.mam, job)
    assert (Job.select().where(Job.state == "queued").count(), bench.mam.queue.ping()) == (5, False)
    time.sleep(2)
    # And they are done once it is back
    bench.start_valkey()
    wait_for(lambda: Job.select().where(Job.state == "done").count() == 5, 90)
    assert worker.poll() is None


def test_redis_killed_and_emptied_loses_no_job(any_bench: Bench, tmp_path: Path) -> None:
    """Promise C5: kill -9 the queue with 50 jobs waiting and 2 running, then empty it: all 52 finish."""
    bench = any_bench
    # Given two running jobs and fifty that wait
    valkey = bench.processes[0]
    bench.start_worker()
    trace, go_on = tmp_path / "trace", tmp_path / "go-on"
    payload = {"file": str(trace)}
    for more in 2 * [{"seconds": 300, "until": str(go_on)}] + 50 * [{"seconds": 0.05}]:
        jobs.send_after_commit(bench.mam, jobs.enqueue("sleep", payload={**payload, **more}))
    wait_for(lambda: Job.select().where(Job.state == "running").count() == 2, 180)
    # When the queue is killed, comes back, and is emptied
    os.kill(valkey.pid, signal.SIGKILL)
    valkey.wait(60)
    time.sleep(1)
    bench.start_valkey()
    bench.mam.queue.redis.flushall()
    go_on.touch()
    # Then all jobs finish, each once, and nobody had to do anything
    wait_for(lambda: Job.select().where(Job.state == "done").count() == 52, 120)
    lines = trace.read_text(encoding="utf-8").split()
    assert (len(lines), len(set(lines))) == (52, 52)


ENQUEUE = """
    import sys
    from pathlib import Path
    from mam import models
    from mam.config import load
    from mam.core import open_mam
    from mam.services import jobs

    mam = open_mam(load(Path(sys.argv[1])), check=False)
    with models.database.connection_context(), models.database.atomic():
        models.Project.create(name="reason")
        job = jobs.enqueue("sleep", payload={"seconds": 0, "file": sys.argv[2]})
        jobs.send_after_commit(mam, job)
"""


@pytest.mark.parametrize(("failpoint", "rows"), [("job.enqueued", 0), ("job.committed", 1)])
def test_a_job_exists_exactly_when_its_reason_does(
    any_bench: Bench, tmp_path: Path, failpoint: str, rows: int
) -> None:
    """Promise C7: death before the commit leaves neither, death between commit and sending leaves both."""
    bench = any_bench
    # Given a worker, and a process that dies at that point of its transaction
    bench.start_worker()
    trace = tmp_path / "trace"
    died = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(ENQUEUE), str(bench.config.path), str(trace)],
        env={**os.environ, "MAM_FAILPOINT": failpoint},
        check=False,
    )
    assert died.returncode == 77
    # Then there is a job exactly where there is its reason, although nothing was ever sent
    assert (Job.select().count(), Project.select().count()) == (rows, rows)
    # And the job that exists is done
    wait_for(lambda: Job.select().where(Job.state == "done").count() == rows, 60)


def test_a_worker_told_to_stop_leaves_nothing_running(any_bench: Bench, tmp_path: Path) -> None:
    """Promise C8: SIGTERM during ten long jobs: within the supervisor's patience all are queued again."""
    bench = any_bench
    # Given a worker with long jobs
    worker = bench.start_worker()
    for _ in range(10):
        job = jobs.enqueue("sleep", payload={"seconds": 60, "file": str(tmp_path / "trace")})
        jobs.send_after_commit(bench.mam, job)
    wait_for(lambda: Job.select().where(Job.state == "running").count() == 2, 20)
    # When it is told to stop
    began = time.monotonic()
    worker.terminate()
    assert worker.wait(12) == 0
    # Then it took no longer than it may, and every job waits, with no attempt counted
    assert time.monotonic() - began < 12
    assert {(one.state, one.attempts) for one in Job.select()} == {("queued", 0)}
    # And another worker goes on
    bench.start_worker()
    wait_for(lambda: Job.select().where(Job.state == "running").count() == 2, 20)
