"""The worker's own parts, in this process, on a real Valkey: actor, queues apart, rounds, drain, refusal."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mam import models, worker
from mam.config import Config, Workers
from mam.core import Mam
from mam.errors import SandboxError, StorageError
from mam.models import Job, WorkerBeat, WorkerNode, now
from mam.services import jobs, leases

Drain = Callable[[], None]
Started = Callable[[Mam], Drain]


@pytest.fixture
def started() -> Iterator[Started]:
    """Start the worker's threads, one a queue; answers what drains them at once."""
    running: list[Drain] = []

    def start(mam: Mam) -> Drain:
        mam = replace(mam, config=replace(mam.config, workers=Workers(threads=1)))
        draining = threading.Event()
        worker.declare_actor(mam, "trial", draining)
        workers = [worker.start_worker(mam, queue) for queue in ("quick", "render")]

        def drain() -> None:
            if workers:
                worker.drain(workers, draining, patience=0.01)
            workers.clear()

        running.append(drain)
        return drain

    yield start
    for drain in running:
        drain()


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "what the test waited for did not come"
        time.sleep(0.02)


def state(job: Job) -> str:
    return str(Job.get_by_id(job.id).state)


def test_without_walls_no_worker_starts(
    make_config: Callable[..., Config], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that could read uploads unprotected refuses; nothing was opened before."""

    # Given a machine where no sandbox holds
    def none_holds(*_: object) -> None:
        raise SandboxError("No sandbox works here.")

    monkeypatch.setattr(worker, "open_sandbox", none_holds)
    config = make_config()
    # When a worker is started, then it says so and has not touched the data folder
    with pytest.raises(SandboxError):
        worker.main(config)
    assert not config.data.exists()


def test_the_end_is_heard_whichever_thread_the_signal_meets() -> None:
    """Of 300 busy workers one went on: its main thread waited for a lock while another took the signal."""
    # Given a process whose main thread is not the one that the kernel gives SIGTERM to
    program = """
import signal, threading, time
from mam.worker import listen_for_the_end
word = listen_for_the_end()
threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
print("ready", flush=True)
word.recv(1)
"""
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    # When it is told to stop, then it hears
    process.terminate()
    assert process.wait(60) == 0
    process.stdout.close()


def test_every_round_opens_the_connections_that_it_needs(box: Mam) -> None:
    # Given a worker's thread, which has no connection
    rounds = worker.rounds_of(box, "trial", {"queues": []})
    models.database.close()
    # When each round's work is done once, then none misses one
    for one in rounds:
        one.work()
    assert {"sweep", "janitor", "standing", "plugins"} <= {one.name for one in rounds}
    models.database.connect(reuse_if_open=True)


def test_a_long_render_does_not_hold_up_a_quick_job(
    box: Mam, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a worker with one thread a queue, and a render that takes until it is told to stop
    def long(_mam: Mam, lease: jobs.Lease) -> None:
        while True:
            leases.check(lease)
            time.sleep(0.02)

    monkeypatch.setitem(jobs.KINDS, "long", jobs.Kind(long))
    monkeypatch.setitem(jobs.KINDS, "noop", jobs.Kind(lambda _mam, _lease: None))
    drain = started(box)
    render = jobs.enqueue("long", queue="render")
    jobs.send_after_commit(box, render)
    wait_for(lambda: state(render) == "running")
    # When a quick job comes
    quick = jobs.enqueue("noop")
    jobs.send_after_commit(box, quick)
    wait_for(lambda: state(quick) == "done")
    # Then it is done while the other, which ends by being told alone, goes on
    assert state(render) == "running"
    # And when the worker drains, the render is given back uncounted
    drain()
    assert (state(render), Job.get_by_id(render.id).attempts) == ("queued", 0)


def test_one_project_does_not_hold_up_another(
    box: Mam, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise C9: 500 jobs of A, then one of B: B's starts before A's twentieth."""
    # Given 500 jobs of one project, sent
    order: list[str] = []
    monkeypatch.setitem(
        jobs.KINDS, "noop", jobs.Kind(lambda _mam, lease: order.append(lease.project_id or ""))
    )
    for _ in range(500):
        box.queue.send(jobs.enqueue("noop", project_id="A").id, "quick")
    # When one of another comes last and the worker starts
    last = jobs.enqueue("noop", project_id="B")
    box.queue.send(last.id, "quick")
    started(box)
    wait_for(lambda: state(last) == "done")
    # Then it was among the first, and nothing is lost for the others
    assert order.index("B") < 20
    wait_for(lambda: len(order) >= 60)
    assert order.count("B") == 1


def test_a_locked_database_holds_a_job_up_and_loses_nothing(
    sqlite_box: Mam, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a running job whose heart beats about once a second
    done: list[int] = []

    def work(_mam: Mam, lease: jobs.Lease) -> None:
        while not done:
            leases.check(lease)
            time.sleep(0.02)

    monkeypatch.setitem(jobs.KINDS, "work", jobs.Kind(work))
    started(sqlite_box)
    job = jobs.enqueue("work")
    jobs.send_after_commit(sqlite_box, job)
    wait_for(lambda: state(job) == "running")
    # When somebody else holds the database's lock for two seconds
    other = sqlite3.connect(Path(sqlite_box.config.data) / "mam.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    time.sleep(2)
    other.execute("ROLLBACK")
    other.close()
    done.append(1)
    # Then the job ends well at its first attempt
    wait_for(lambda: state(job) == "done")
    assert Job.get_by_id(job.id).attempts == 1


def test_a_round_that_fails_comes_again() -> None:
    # Given work that fails at first
    turns: list[int] = []
    stop = threading.Event()

    def work() -> None:
        turns.append(1)
        if len(turns) == 1:
            raise StorageError("away")
        stop.set()

    # When it goes its rounds, then the failure does not end them
    worker._Round("trial", 0.01, work).run(stop)  # noqa: SLF001 - the unit under test
    assert len(turns) == 2


def test_the_sweep_round_beats_and_frees(sqlite_box: Mam) -> None:
    # Given a job whose worker is gone
    job = jobs.enqueue("noop")
    leases.claim(sqlite_box, job.id, "gone")
    Job.update(lease_until=now()).where(Job.id == job.id).execute()
    # When the round comes
    worker._sweep(sqlite_box, "w1", {"threads": 1})  # noqa: SLF001 - the unit under test
    # Then the worker was seen and the job waits
    node = WorkerNode.get()
    assert WorkerBeat.get_by_id("w1").info == {"threads": 1, "node": node.id, "drained": False}
    assert node.host == node.key
    assert state(job) == "queued"
