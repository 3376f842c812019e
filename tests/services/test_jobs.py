"""Jobs and their leases, on both databases: claim, fence, retry, bury, sweep, cancel."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from mam import models
from mam.core import Mam
from mam.errors import (
    CancelledWorkError,
    ConflictError,
    NotFoundError,
    SourceError,
    StorageError,
    ValidationError,
)
from mam.ids import new_id
from mam.models import Job, now
from mam.services import job_admin, jobs, leases
from mam.services.heart import beating
from mam.services.sweep import sweep
from mam.types import SYSTEM


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What the trial kinds did: "noop" succeeds, "bad" has a bad source, "down" a dead store, "bug" a bug."""
    done: list[str] = []

    def raising(error: Exception) -> jobs.Kind:
        def run(_mam: Mam, lease: jobs.Lease) -> None:
            done.append(lease.job_id)
            raise error

        return jobs.Kind(run, gave_up=lambda _mam, job: done.append(f"gave up {job.error_code}"))

    monkeypatch.setitem(jobs.KINDS, "noop", jobs.Kind(lambda _mam, lease: done.append(lease.job_id)))
    monkeypatch.setitem(jobs.KINDS, "bad", raising(SourceError("No media.", code="source_corrupt")))
    monkeypatch.setitem(jobs.KINDS, "down", raising(StorageError("The store is away.")))
    monkeypatch.setitem(jobs.KINDS, "bug", raising(ZeroDivisionError("secret text")))
    return done


def fresh(job: Job) -> Job:
    return Job.get_by_id(job.id)


def make_due(job: Job) -> None:
    Job.update(run_after=now()).where(Job.id == job.id).execute()


def test_a_job_runs_once_however_often_its_message_comes(box: Mam, ran: list[str]) -> None:
    # Given a queued job
    job = jobs.enqueue("noop")
    # When its message comes twice
    jobs.run(box, job.id)
    jobs.run(box, job.id)
    # Then it ran once and is done
    assert ran == [job.id]
    assert (fresh(job).state, fresh(job).attempts, fresh(job).percent) == ("done", 1, 100)


def test_a_message_is_sent_after_the_commit_and_never_without_one(box: Mam) -> None:
    # Given a transaction that enqueues
    with models.database.atomic() as transaction:
        jobs.send_after_commit(box, jobs.enqueue("noop"))
        # Then nothing is in the queue before the commit
        assert box.queue.waiting("quick") == 0
        # When it is rolled back
        transaction.rollback()
    # Then there is neither row nor message
    assert (Job.select().count(), box.queue.waiting("quick")) == (0, 0)
    # When another commits
    with models.database.atomic():
        jobs.send_after_commit(box, jobs.enqueue("noop"))
    # Then there are both
    assert (Job.select().count(), box.queue.waiting("quick")) == (1, 1)


def test_only_one_of_many_claims_succeeds(box: Mam) -> None:
    # Given a queued job
    job = jobs.enqueue("noop")
    taken: list[leases.Lease] = []

    def claim() -> None:
        lease = leases.claim(box, job.id, "w")
        if lease is not None:
            taken.append(lease)

    # When eight threads claim it at once
    threads = [threading.Thread(target=claim) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Then one has it
    assert len(taken) == 1
    assert fresh(job).lease_token == taken[0].token


def test_a_stale_lease_loses_by_its_token(box: Mam) -> None:
    """Promise C4: who slept through a lease can write no result any more."""
    # Given a job whose first worker let its lease run out and a second one that has claimed it
    job = jobs.enqueue("noop")
    stale = leases.claim(box, job.id, "slow")
    assert stale is not None
    Job.update(lease_until=now() - timedelta(seconds=1)).where(Job.id == job.id).execute()
    current = leases.claim(box, job.id, "quick")
    assert current is not None
    assert current.attempt == 2
    # When the first wakes up and tries everything it could write
    assert not leases.heartbeat(box, stale)
    assert not leases.finish(stale)
    assert not leases.give_back(stale)
    assert not leases.queue_again(stale, "x", "x")
    jobs.fail(box, stale, StorageError("late"), retry=False)
    with pytest.raises(CancelledWorkError), leases.fenced(stale):
        Job.update(percent=50).where(Job.id == job.id).execute()
    # Then nothing has changed, and the second finishes
    assert (fresh(job).state, fresh(job).percent, fresh(job).error_code) == ("running", 0, None)
    assert leases.finish(current)
    assert fresh(job).state == "done"


def test_a_bad_source_is_a_verdict_and_not_retried(box: Mam, ran: list[str]) -> None:
    # Given a job over a bad source
    job = jobs.enqueue("bad")
    # When it runs
    jobs.run(box, job.id)
    # Then it is over at once, with the reason, and the kind's service was told
    assert (fresh(job).state, fresh(job).error_code, fresh(job).attempts) == ("done", "source_corrupt", 1)
    assert ran == [job.id, "gave up source_corrupt"]


def test_other_failures_are_retried_with_a_growing_wait_and_then_dead(box: Mam, ran: list[str]) -> None:
    # Given a job that always fails
    job = jobs.enqueue("down")
    waits = []
    # When all its attempts have come
    for _ in range(3):
        before = now()
        jobs.run(box, job.id)
        after, due = now(), fresh(job).run_after
        waits.append(((due - before).total_seconds(), (due - after).total_seconds()))
        make_due(job)
    # Then the waits grew by half to all of double, and it is dead with its reason
    assert (waits[0][0] >= 2, waits[0][1] <= 3) == (True, True)
    assert (waits[1][0] >= 4, waits[1][1] <= 6) == (True, True)
    assert (fresh(job).state, fresh(job).attempts, fresh(job).error_code) == (
        "dead",
        3,
        "storage_unavailable",
    )
    assert ran[-1] == "gave up storage_unavailable"
    # And further messages do nothing
    jobs.run(box, job.id)
    assert fresh(job).attempts == 3


def test_a_bug_is_written_down_without_its_words_and_passes_to_the_log(box: Mam, ran: list[str]) -> None:
    # Given a job with a bug
    job = jobs.enqueue("bug")
    # When it runs, the error comes through for the log
    with pytest.raises(ZeroDivisionError):
        jobs.run(box, job.id)
    # Then the row says what it may and waits for another attempt
    assert ran == [job.id]
    assert (fresh(job).state, fresh(job).error_code) == ("queued", "internal")
    assert "secret" not in fresh(job).error_detail


def test_a_kind_nobody_knows_is_said_so(box: Mam) -> None:
    job = jobs.enqueue("from_the_future")
    jobs.run(box, job.id)
    assert (fresh(job).state, fresh(job).error_code) == ("done", "unknown_kind")


def test_the_sweep_frees_what_a_dead_worker_held_and_buries_it_in_the_end(box: Mam, ran: list[str]) -> None:
    """Promise C3: attempts of killed workers count; after the third the job is dead with its reason."""
    job = jobs.enqueue("bad")
    for attempt in (1, 2, 3):
        # Given a worker that claims the job and is never heard of again
        lease = leases.claim(box, job.id, "gone-worker")
        assert lease is not None
        assert lease.attempt == attempt
        Job.update(lease_until=now() - timedelta(seconds=1)).where(Job.id == job.id).execute()
        # When the sweep comes by
        sweep(box)
        # Then the job waits again, sent anew, and after the third attempt it is dead
        assert fresh(job).state == ("queued" if attempt < 3 else "dead")
    assert fresh(job).error_code == "worker_lost"
    assert "gone-worker" in fresh(job).error_detail
    assert ran == ["gave up worker_lost"]
    assert box.queue.waiting("quick") == 2
    # And it can be run again by hand
    job_admin.retry(box, SYSTEM, job.id)
    assert (fresh(job).state, fresh(job).attempts, fresh(job).error_code) == ("queued", 0, None)


def test_the_sweep_refills_an_emptied_queue_and_does_not_flood_a_full_one(box: Mam) -> None:
    """Promise C5: what is due and has no message gets one."""
    # Given five queued jobs whose messages were lost some time ago, and one that waits for its time
    rows = [jobs.enqueue("noop", queue="render") for _ in range(5)]
    later = jobs.enqueue("noop", queue="render")
    Job.update(sent_at=now() - timedelta(hours=1)).execute()
    Job.update(run_after=now() + timedelta(hours=1)).where(Job.id == later.id).execute()
    # When the sweep comes
    assert sweep(box) == 5
    # Then their messages are there, once: the next sweeps send nothing
    assert box.queue.waiting("render") == 5
    Job.update(sent_at=now() - timedelta(hours=1)).execute()
    assert sweep(box) == 0
    # When the queue is emptied
    box.queue.redis.flushdb()
    # Then the next sweep fills it again
    assert sweep(box) == 5
    assert {row.id for row in rows} == {
        row.id for row in Job.select().where(Job.sent_at > now() - timedelta(minutes=1))
    }


def test_the_heart_keeps_a_lease_and_sees_its_loss(sqlite_box: Mam) -> None:
    # Given a running job whose lease is short
    job = jobs.enqueue("noop")
    lease = leases.claim(sqlite_box, job.id, "w")
    assert lease is not None
    first = fresh(job).lease_until
    with beating(sqlite_box, lease):
        # When the heart has had time for a beat, the lease is longer
        deadline = time.monotonic() + 60
        while fresh(job).lease_until == first:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert fresh(job).lease_until > first
        assert not lease.lost.is_set()
        leases.check(lease)
        # When somebody cancels the job
        job_admin.cancel(sqlite_box, SYSTEM, job.id)
        # Then the worker learns it within a beat
        assert lease.lost.wait(60)
    with pytest.raises(CancelledWorkError):
        leases.check(lease)
    assert fresh(job).state == "cancelled"


def test_a_draining_worker_gives_its_job_back_uncounted(box: Mam, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise C8: stopping a worker costs no attempt."""
    # Given a job that looks at its lease while the worker is told to stop
    draining = threading.Event()

    def run(_mam: Mam, lease: jobs.Lease) -> None:
        draining.set()
        leases.check(lease)

    monkeypatch.setitem(jobs.KINDS, "long", jobs.Kind(run))
    job = jobs.enqueue("long")
    # When it runs
    jobs.run(box, job.id, draining=draining)
    # Then it is queued and sent again, and its attempt is not counted
    assert (fresh(job).state, fresh(job).attempts, fresh(job).lease_token) == ("queued", 0, None)
    assert box.queue.waiting("quick") == 1


def test_a_job_is_listed_retried_and_cancelled_only_where_that_makes_sense(box: Mam, ran: list[str]) -> None:
    # Given jobs in several states
    done = jobs.enqueue("noop")
    jobs.run(box, done.id)
    waiting = jobs.enqueue("noop")
    # When they are listed, newest first, a page at a time
    page = job_admin.list_jobs(box, SYSTEM, limit=1)
    assert [one["id"] for one in page["items"]] == [waiting.id]
    page = job_admin.list_jobs(box, SYSTEM, limit=1, cursor=page["next_cursor"])
    assert [one["id"] for one in page["items"]] == [done.id]
    assert page["next_cursor"] is None
    assert job_admin.list_jobs(box, SYSTEM, state="done")["items"][0]["id"] == done.id
    # Then what makes no sense is refused in words
    with pytest.raises(ConflictError):
        job_admin.retry(box, SYSTEM, done.id)
    with pytest.raises(ConflictError):
        job_admin.cancel(box, SYSTEM, done.id)
    with pytest.raises(NotFoundError):
        job_admin.retry(box, SYSTEM, new_id())
    with pytest.raises(ValidationError):
        job_admin.list_jobs(box, SYSTEM, state="sleeping")
    with pytest.raises(ValidationError):
        job_admin.list_jobs(box, SYSTEM, cursor="'; --")
    # And a cancelled job does not run, but can be run again
    job_admin.cancel(box, SYSTEM, waiting.id)
    jobs.run(box, waiting.id)
    assert ran == [done.id]
    job_admin.retry(box, SYSTEM, waiting.id)
    jobs.run(box, waiting.id)
    assert ran == [done.id, waiting.id]


def test_workers_are_alive_while_they_beat(box: Mam) -> None:
    # Given a worker that beats and one that was last heard of long ago
    jobs.beat(box, "a", {"threads": 2})
    jobs.beat(box, "a", {"threads": 3})
    models.WorkerBeat.create(id="old", seen_at=now() - timedelta(minutes=5))
    # Then only the first is alive, until it leaves
    assert jobs.workers_alive(box) == [{"id": "a", "threads": 3}]
    jobs.leave(box, "a")
    assert jobs.workers_alive(box) == []
