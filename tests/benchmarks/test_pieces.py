"""A long film by one worker and by two, each alone on a core with one thread: how much faster, what price.

Prints wall times, CPU seconds of workers with their encoders, and the ratios. On a machine that others use
too the wall says little; the CPU seconds say what the pieces cost, and bound what idle cores would give.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

sys.path.append(str(Path(__file__).parents[1] / "faults"))  # the box of real processes lies there

from faults_bench import Bench, wait_for

from mam import models
from mam.config import load
from mam.core import open_mam, prepare_data
from mam.models import Job, Version
from mam.services import jobs
from mam.testing_transcoders import make_film

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]

SECONDS = 240
WANTED = 0.85  # of the number of workers, on idle cores


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four minutes of moving shapes and grain in 720p, H.264 and AAC."""
    folder = tmp_path_factory.mktemp("pieces")
    part = make_film(
        folder / "part.mp4",
        *("-f", "lavfi", "-i", "testsrc2=s=1280x720:r=25:d=10,noise=alls=6:allf=t"),
        *("-f", "lavfi", "-i", "sine=d=10:r=48000", "-c:v", "libx264", "-preset", "ultrafast"),
        *("-crf", "21", "-g", "50", "-pix_fmt", "yuv420p", "-c:a", "aac", "-ac", "2"),
    )
    return make_film(
        folder / "film.mp4", "-stream_loop", str(SECONDS // 10 - 1), "-i", str(part), "-c", "copy"
    )


@pytest.fixture
def open_box(tmp_path: Path) -> Iterator[Callable[[str], Bench]]:
    """Open boxes whose workers have one thread."""
    made: list[Bench] = []

    def build(name: str, threads: int = 1) -> Bench:
        folder = tmp_path / name
        folder.mkdir()
        path = folder / "config.toml"
        path.write_text(
            f'data = "{folder / "data"}"\n[workers]\nthreads = {threads}\n'
            "[plugins]\nenabled = ['transcode_cpu']\n",
            encoding="utf-8",
        )
        config = load(path)
        prepare_data(config)
        bench = Bench(config, open_mam(config, migrate=True, check=False), folder)
        made.append(bench)
        models.database.connect(reuse_if_open=True)
        bench.start_valkey()
        return bench

    yield build
    for bench in made:
        bench.stop()
        bench.mam.queue.redis.close()
    models.database.close()


def run(bench: Bench, film: Path, cores: list[set[int]]) -> tuple[float, list[float], int]:
    """Wall seconds from the render's start to ready, CPU seconds of each worker, and how many pieces."""
    workers = [bench.start_worker() for _ in cores]
    for worker, core in zip(workers, cores, strict=True):
        os.sched_setaffinity(worker.pid, core)
    wait_for(lambda: jobs.render_slots(bench.mam) >= len(cores), 60)
    version = bench.version_of(film)
    before = [spent(worker) for worker in workers]
    bench.preview(version)
    wait_for(lambda: Job.select().where(Job.kind == "render", Job.state == "running").exists(), 60)
    began, pieces = time.monotonic(), 0
    while Version.get_by_id(version.id).preview_status not in ("ready", "failed"):
        pieces = max(pieces, Job.select().where(Job.kind == "render_piece").count())
        time.sleep(0.05)
    wall = time.monotonic() - began
    assert Version.get_by_id(version.id).preview_status == "ready"
    used = [spent(worker) - earlier for worker, earlier in zip(workers, before, strict=True)]
    bench.stop()
    return wall, used, pieces + 1


def spent(worker: subprocess.Popen[bytes]) -> float:
    times = psutil.Process(worker.pid).cpu_times()
    return times.user + times.system + times.children_user + times.children_system


def test_two_workers_are_nearly_twice_as_fast_and_one_is_no_slower(
    film: Path,
    open_box: Callable[..., Bench],
    capsys: pytest.CaptureFixture[str],
    figure: Callable[..., None],
) -> None:
    # Given two cores, and a note whether others use this machine
    cores = sorted(os.sched_getaffinity(0))[:2]
    busy = os.getloadavg()[0] > 1
    # When one worker makes the film, which does it in one piece, and when two do
    alone, (cpu_alone,), whole = run(open_box("one"), film, [{cores[0]}])
    both, cpu_both, pieces = run(open_box("two"), film, [{core} for core in cores])
    # And when one worker process of two threads on both cores shares with itself
    shared, (cpu_shared,), parts = run(open_box("shared", 2), film, [set(cores)])
    # Then
    faster, price = alone / both, sum(cpu_both) / cpu_alone
    bound = cpu_alone / max(cpu_both)
    note = "others used this machine" if busy else ""
    figure("film by two workers: faster than one, by the clock", faster, "x", at_least=2 * WANTED, note=note)
    figure("film by two workers: faster than one, bound by CPU", bound, "x")
    figure("film in pieces / in one piece, CPU", price, "x", at_most=1.10, note=note)
    with capsys.disabled():
        print(f"\n{SECONDS} s of 720p, load {os.getloadavg()[0]:.1f}:")  # noqa: T201
        print(f"  one worker on one core     {alone:6.1f} s wall, {cpu_alone:6.1f} s CPU, {whole} piece")  # noqa: T201
        print(f"  two workers on two cores   {both:6.1f} s wall, {sum(cpu_both):6.1f} s CPU, {pieces} pieces")  # noqa: T201
        print(f"  one process, two threads   {shared:6.1f} s wall, {cpu_shared:6.1f} s CPU, {parts} pieces")  # noqa: T201
        print(f"  faster by the clock {faster:.2f}, bound by CPU {bound:.2f} (wanted {2 * WANTED:.2f})")  # noqa: T201
        print(f"  CPU of the pieces / CPU in one piece = {price:.3f}")  # noqa: T201
    assert (whole, pieces > 1) == (1, True)
    assert price <= 1.10 or busy
    assert faster >= 2 * WANTED or busy
