"""A box whose parts are real processes that a test may kill: its own Valkey, its own workers."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
import xxhash

from mam import models
from mam.config import Config, load
from mam.core import Mam, open_mam, prepare_data
from mam.ids import is_id, new_id
from mam.models import Asset, Job, Project, Rendition, Version
from mam.services import jobs
from mam.valkey import valkey_command

TRIAL_WORKER = Path(__file__).with_name("trial_worker.py")


@dataclass
class Bench:
    """The box and the processes around it. Leases last four seconds, the sweep comes twice a second."""

    config: Config
    mam: Mam
    folder: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start_valkey(self) -> subprocess.Popen[bytes]:
        """The private Valkey, answering."""
        process = self._start(valkey_command(self.config))
        wait_for(self.mam.queue.ping, 60)
        return process

    def start_worker(self, **environment: str) -> subprocess.Popen[bytes]:
        """A worker process; not waited for."""
        return self._start([sys.executable, str(TRIAL_WORKER), str(self.config.path)], **environment)

    def _start(self, command: list[str], **environment: str) -> subprocess.Popen[bytes]:
        log = (self.folder / "processes.log").open("ab")
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **environment})
        log.close()
        self.processes.append(process)
        return process

    def version_of(self, file: Path) -> Version:
        """A version whose master is a copy of the file, as after a promote."""
        project = Project.create(name="Rushes")
        asset = Asset.create(project=project, title=file.name, status="processing")
        version_id, size = new_id(), file.stat().st_size
        digest = self._store(version_id, file)
        version = Version.create(
            id=version_id,
            asset=asset,
            number=1,
            filename=file.name,
            size=size,
            master_key=version_id,
            **digest,
        )
        Asset.update(current_version_id=version_id).where(Asset.id == asset.id).execute()
        return version

    def _store(self, key: str, file: Path) -> dict[str, str]:
        data = file.read_bytes()
        with file.open("rb") as stream:
            self.mam.storage.put("masters", key, stream, len(data))
        return {"sha256": hashlib.sha256(data).hexdigest(), "xxh128": xxhash.xxh3_128_hexdigest(data)}

    def preview(self, version: Version) -> Job:
        """Queue the preview as promote does."""
        with models.database.atomic():
            job = jobs.enqueue("examine", version_id=version.id, project_id=version.asset.project_id)
            jobs.send_after_commit(self.mam, job)
        return job

    def log(self) -> str:
        """What the processes said."""
        return (self.folder / "processes.log").read_text(encoding="utf-8", errors="replace")

    def stop(self) -> None:
        """End whatever still runs, stopped processes too."""
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
                process.wait(60)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A box on SQLite with its own Valkey running and no worker yet."""
    yield from _bench(tmp_path, "")


@pytest.fixture(params=["sqlite", "postgresql"])
def any_bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """The same once on each database."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    yield from _bench(tmp_path, url)


def _bench(tmp_path: Path, database_url: str) -> Iterator[Bench]:
    path = tmp_path / "config.toml"
    path.write_text(
        f'data = "{tmp_path / "data"}"\n'
        "[queue]\nlease_seconds = 4\nsweep_seconds = 0.5\n"
        "[workers]\nthreads = 2\n"
        "[plugins]\nenabled = ['transcode_cpu']\n"
        f'[database]\nurl = "{database_url}"\n',
        encoding="utf-8",
    )
    config = load(path)
    prepare_data(config)
    mam = open_mam(config, migrate=True, check=False)
    made = Bench(config, mam, tmp_path)
    with models.database.connection_context():
        try:
            made.start_valkey()
            yield made
        finally:
            made.stop()
            mam.queue.redis.close()


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film that takes some seconds to encode: 24 s of moving 720p with sound."""
    return _film(tmp_path_factory.mktemp("clips") / "clip.mp4", seconds=24, size="1280x720")


@pytest.fixture(scope="session")
def small_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of one second."""
    return _film(tmp_path_factory.mktemp("clips") / "small.mp4", seconds=1, size="320x180")


def _film(path: Path, *, seconds: int, size: str) -> Path:
    picture = ["-f", "lavfi", "-i", f"testsrc2=size={size}:rate=25:duration={seconds}"]
    sound = ["-f", "lavfi", "-i", f"sine=duration={seconds}"]
    encode = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    subprocess.run(["ffmpeg", "-v", "error", "-y", *picture, *sound, *encode, str(path)], check=True)
    return path


def stop_between_writes(bench: Bench, pids: list[int]) -> None:
    """SIGSTOP processes, but not in the middle of a write: SQLite's lock would stop everybody else too."""
    for _ in range(50):
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):  # a poster is made in a moment
                os.kill(pid, signal.SIGSTOP)
        probe = sqlite3.connect(bench.config.data / "mam.db", timeout=0.5, isolation_level=None)
        try:
            probe.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            wake(pids)
            time.sleep(0.01)
        else:
            return
        finally:
            probe.close()
    raise AssertionError("the worker writes without a pause")


def wake(pids: list[int]) -> None:
    """SIGCONT processes, the last stopped first; one that ended before it was stopped needs none."""
    for pid in reversed(pids):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def wait_for(condition: Callable[[], object], seconds: float) -> float:
    """Wait until the condition holds; answers how long it took in seconds."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"what the test waited for did not come within {seconds} s")
        time.sleep(0.02)
    return time.monotonic() - began


def encoders(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """Everything below a worker: prlimit, bwrap, ffmpeg."""
    try:
        return psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def encodes(process: psutil.Process) -> bool:
    """Whether this is the ffmpeg that makes segments, and not one that looks at something for a moment."""
    try:
        return process.name().startswith("ffmpeg") and "-hls_segment_type" in process.cmdline()
    except psutil.NoSuchProcess:
        return False


def runs(process: psutil.Process) -> bool:
    """Whether a process does anything any more."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def agree(bench: Bench, version_id: str) -> None:
    """Promise C10: the row, the renditions and the stored objects tell the same, with nothing left over."""
    version = Version.get_by_id(version_id)
    keys = [
        info.key.removeprefix(f"{version_id}/") for info in bench.mam.storage.list("previews", version_id)
    ]
    generations = {key.split("/")[0] for key in keys if is_id(key.split("/")[0])}
    shown = {version.preview_generation} - {None}
    assert generations == shown
    rows = list(Rendition.select().where(Rendition.version == version_id))
    assert {row.generation for row in rows} <= shown
    assert ("master.m3u8" in keys) == version.preview_playable
    for row in rows:
        if row.kind == "poster":
            assert f"{row.generation}/poster.jpg" in keys
            continue
        stored = [
            key for key in keys if key.startswith(f"{row.generation}/{row.name}/") and key.endswith(".m4s")
        ]
        assert (row.status, len(stored)) == ("ready", row.segments)
    wait_for(lambda: not any(is_id(entry.name) for entry in bench.config.work.iterdir()), 60)
