"""Long films in pieces when workers die: real workers, real encodes, real signals."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from faults_bench import Bench, agree, wait_for

from mam.errors import ConflictError, NotFoundError
from mam.ids import is_id
from mam.models import Job, Version
from mam.services import job_admin, jobs
from mam.types import SYSTEM

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SECONDS = 66


@pytest.fixture(scope="session")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film long enough for pieces, and slow enough to be caught at it."""
    path = tmp_path_factory.mktemp("pieces") / "long.mp4"
    picture = ["-f", "lavfi", "-i", f"testsrc2=size=640x360:rate=25:duration={SECONDS},noise=alls=20:allf=t"]
    sound = ["-f", "lavfi", "-i", f"sine=duration={SECONDS}"]
    encode = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    subprocess.run(["ffmpeg", "-v", "error", "-y", *picture, *sound, *encode, str(path)], check=True)
    return path


def state(version: Version) -> str:
    return Version.get_by_id(version.id).preview_status


def render(version: Version) -> Job:
    return Job.get(Job.kind == "render", Job.version_id == version.id)


def running() -> list[Job]:
    return list(Job.select().where(Job.kind == "render_piece", Job.state == "running"))


def settle(bench: Bench) -> None:
    """Wait until no job is left to do; one that is given time is done at once."""
    alive = Job.select().where(Job.state.in_(("queued", "running")))
    soon = Job.update(run_after=Job.created_at).where(Job.state == "queued")
    wait_for(lambda: (soon.execute(), alive.exists()) == (0, False), 240)
    wait_for(lambda: not [one for one in bench.config.work.iterdir() if is_id(one.name)], 60)


def is_whole(bench: Bench, version: Version) -> bool:
    """Whether every rung has all of the film, without a hole."""
    row = Version.get_by_id(version.id)
    base = f"{version.id}/{row.preview_generation}/360"
    names = [info.key.rpartition("/")[2] for info in bench.mam.storage.list("previews", f"{base}/")]
    return [name for name in names if name.endswith(".m4s")] == [f"{n:05d}.m4s" for n in range(SECONDS // 2)]


def begin(bench: Bench, film: Path, workers: int = 2) -> tuple[Version, list[subprocess.Popen[bytes]]]:
    """Workers at work on pieces of one film."""
    started = [bench.start_worker() for _ in range(workers)]
    wait_for(lambda: jobs.render_slots(bench.mam) >= 2 * workers, 60)
    version = bench.version_of(film)
    bench.preview(version)
    wait_for(lambda: len(running()) >= workers, 120)
    return version, started


def test_a_worker_killed_at_a_piece_costs_that_piece_only(bench: Bench, long_clip: Path) -> None:
    """Promises C1, C2, C4 for pieces: kill -9 of either worker ends in one whole film, nothing left over."""
    # Given two workers at work on one film
    version, workers = begin(bench, long_clip)
    film = Job.get(Job.kind == "render")
    maker = next(worker for worker in workers if f"-{worker.pid}-" in film.worker)
    other = next(worker for worker in workers if worker is not maker)
    # When one that only makes pieces is killed
    other.send_signal(signal.SIGKILL)
    other.wait(60)
    # Then the others make them, without the film being begun again
    wait_for(lambda: state(version) == "ready", 240)
    assert Job.get_by_id(film.id).attempts == 1
    settle(bench)
    agree(bench, version.id)
    assert is_whole(bench, version)
    assert not Job.select().where(Job.kind == "render_piece").exists()


def test_a_film_whose_worker_is_killed_goes_on_from_its_pieces(bench: Bench, long_clip: Path) -> None:
    """Promises C1 and C2: the worker that puts together dies; what others made is used by the next."""
    # Given two workers, and a piece that is done
    version, workers = begin(bench, long_clip)
    film = Job.get(Job.kind == "render")
    done = Job.select().where(Job.kind == "render_piece", Job.state == "done")
    wait_for(done.exists, 120)
    first = done.first()
    # When the one that puts the film together is killed
    maker = next(worker for worker in workers if f"-{worker.pid}-" in film.worker)
    os.kill(maker.pid, signal.SIGKILL)
    maker.wait(60)
    # Then the other goes on, with the piece as it was made then
    wait_for(lambda: Job.get_by_id(film.id).attempts == 2, 90)
    assert Job.get_by_id(first.id).attempts == first.attempts
    wait_for(lambda: state(version) == "ready", 240)
    settle(bench)
    agree(bench, version.id)
    assert is_whole(bench, version)


def cancelled(bench: Bench) -> bool:
    """Cancel a piece that runs; False where it was done just then, or none ran at this moment."""
    for job in running():
        with suppress(ConflictError, NotFoundError):
            job_admin.cancel(bench.mam, SYSTEM, job.id)
            return True
    return False


def test_cancelling_the_film_stops_all_its_pieces(bench: Bench, long_clip: Path) -> None:
    # Given a film in pieces
    version, _ = begin(bench, long_clip, workers=1)
    # When an administrator stops one of its pieces, which is to stop the film
    wait_for(lambda: cancelled(bench), 60)
    # Then nothing of it is made any more, and nothing is stored
    assert state(version) == "failed"
    states = {job.state for job in Job.select().where(Job.kind.in_(("render", "render_piece")))}
    assert states <= {"cancelled", "done"}
    settle(bench)
    wait_for(lambda: not list(bench.mam.storage.list("previews", version.id)), 60)
    # And when it is run again, it is made
    job_admin.retry(bench.mam, SYSTEM, Job.get(Job.kind == "render").id)
    wait_for(lambda: state(version) == "ready", 240)
    settle(bench)
    agree(bench, version.id)
    assert is_whole(bench, version)


def test_a_worker_told_to_stop_gives_its_piece_back(bench: Bench, long_clip: Path) -> None:
    """Promise C8: SIGTERM while pieces are made: all are queued again, no attempt counted."""
    # Given one worker with a film in pieces
    version, (worker,) = begin(bench, long_clip, workers=1)
    # When it is told to stop
    worker.terminate()
    assert worker.wait(60) == 0
    # Then what it did waits for another
    left = Job.select().where(Job.kind.in_(("render", "render_piece")), Job.state != "done")
    assert {(job.state, job.attempts) for job in left} == {("queued", 0)}
    # And another finishes it
    bench.start_worker()
    wait_for(lambda: state(version) == "ready", 240)
    settle(bench)
    agree(bench, version.id)
    assert is_whole(bench, version)


def test_a_short_film_starts_while_long_ones_have_every_worker(
    bench: Bench, long_clip: Path, small_clip: Path
) -> None:
    # Given a worker whose slots are all taken by a long film
    version, _ = begin(bench, long_clip, workers=1)
    # When a short film comes
    short = bench.version_of(small_clip)
    bench.preview(short)
    # Then it is ready before the long one
    wait_for(lambda: state(short) == "ready", 120)
    assert state(version) == "processing" or render(version).finished_at > render(short).finished_at
