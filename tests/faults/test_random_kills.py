"""kill -9 at random moments while files come in and are processed; afterwards every hash is compared.

Five kills here; `MAM_KILLS=50` is what is asked for, and takes some fifteen minutes for each database.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults_bench import Bench, agree
from kill_box import Ingesting, Stubborn, Taken, Victim, padded, still_there

from mam import models
from mam.builtin.storage_files import release
from mam.config import load
from mam.core import Mam, open_mam
from mam.ids import is_id
from mam.models import Analysis, Asset, AuditEntry, Fingerprint, Job, Upload, Version
from mam.services import proxies, scratch, uploads

KILLS = int(os.environ.get("MAM_KILLS", "5"))
SEED = int(os.environ.get("MAM_SEED", "0")) or time.time_ns() % 10**9

pytestmark = [pytest.mark.long, pytest.mark.timeout(600 + 120 * KILLS)]

CONFIG = """
[queue]
lease_seconds = 4
sweep_seconds = 1
[workers]
processes = 2
threads = 2
[masters]
retention_days = 1
[plugins]
enabled = ["transcode_cpu"]
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def victim(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Victim]:
    """A box that runs, on either database."""
    made = Victim(tmp_path / "data")
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    made.prepare(f'{CONFIG}\n[database]\nurl = "{url}"\n')
    made.start()
    yield made
    made.end()
    release(made.data)
    shutil.rmtree(made.data / "store", ignore_errors=True)


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """A film of one second, and one that is rendered in pieces."""
    made = []
    for seconds, size in ((1, "320x180"), (64, "160x90")):
        path = tmp_path_factory.mktemp("films") / "film.mp4"
        picture = ["-f", "lavfi", "-i", f"testsrc2=size={size}:rate=25:duration={seconds}"]
        sound = ["-f", "lavfi", "-i", f"sine=duration={seconds}"]
        encode = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
        subprocess.run(["ffmpeg", "-v", "error", "-y", *picture, *sound, *encode, str(path)], check=True)
        made.append(path.read_bytes())
    return made[0], made[1]


def test_nothing_is_lost_doubled_or_left_over(victim: Victim, films: tuple[bytes, bytes]) -> None:
    """Promises A1, C1, C5, C10 and D5 at random moments: 0 lost, 0 doubled, 0 orphans after the sweep."""
    # Given people who send films, other files, and files that are there already
    print(f"seed {SEED}, {KILLS} kills")  # noqa: T201 - `pytest -s` shows it, a failure shows it always
    chance = random.Random(SEED)  # noqa: S311 - no secret
    seen: list[bytes] = []

    def make(number: int) -> tuple[str, bytes, str]:
        if number % 40 == 1:
            return f"{number:05d}.mp4", padded(films[1]), "allow"
        if number % 5 == 4:
            return f"{number:05d}.bin", seen[number % len(seen)], "link"
        if number % 2:
            return f"{number:05d}.mp4", padded(films[0]), "allow"
        seen.append(os.urandom(100_000 + 20_000 * (number % 50)) + b"." * (number == 0) * 17_000_000)
        return f"{number:05d}.bin", seen[-1], "allow"

    # When processes are killed at random moments meanwhile
    with Ingesting(victim, make, threads=3) as ingesting:
        for number in range(KILLS):
            time.sleep(chance.uniform(0.2, 4))
            if number % 8 == 3:
                victim.kill_all()
            else:
                victim.kill_one(chance)
        time.sleep(2)
    assert ingesting.errors == []
    settle(victim)
    victim.end()
    print(f"{len(ingesting.taken)} files, killed {dict(Counter(victim.killed))}")  # noqa: T201
    # Then all that was acknowledged is there, once, and nothing else
    assert still_there(victim.data) == []
    mam = open_mam(load(victim.data / "config.toml", victim.data), check=False)
    with models.database.connection_context():
        sweep(mam)
        everything_is_there_once(mam, ingesting.taken)
        nothing_is_left_over(mam)
        previews_are_whole(mam)
    for words in (("verify", "--all"), ("audit", "verify")):
        command = [sys.executable, "-m", "mam.cli", "--data", str(victim.data), *words]
        said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        assert said.returncode == 0, said.stdout + said.stderr
        assert "STRAY" not in said.stdout
    mam.queue.redis.close()


def settle(victim: Victim) -> None:
    """Wait until no job is left; one that was killed three times is run again, as an admin would."""
    person = Stubborn(victim)
    deadline = time.monotonic() + 420 + 5 * KILLS
    while True:
        left = []
        for state in ("queued", "running", "dead"):
            left += person.ask("GET", "/api/admin/jobs", params={"state": state})["items"]
        for job in (one for one in left if one["state"] == "dead"):
            assert job["error"]["code"] in ("worker_lost", "program_killed"), job
            person.ask("POST", f"/api/admin/jobs/{job['id']}/retry")
        if not left:
            return
        assert time.monotonic() < deadline, left
        time.sleep(1)


def sweep(mam: Mam) -> None:
    """What the janitor does, with nothing spared for its youth."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mam.services.upload_sweep.ORPHAN_SECONDS", 0)
        patch.setattr("mam.services.upload_state.STALE_SECONDS", 0.0)
        uploads.sweep(mam)
        uploads.sweep(mam)
    proxies.sweep(mam)
    scratch.sweep_scratch(mam)


def everything_is_there_once(mam: Mam, taken: list[Taken]) -> None:
    """Rows and bytes of what was acknowledged, and no others."""
    versions = {row.id: row for row in Version.select()}
    assert {one.version_id for one in taken} == set(versions)
    assert len(taken) == len(versions) == Asset.select().count()
    for one in taken:
        row = versions[one.version_id]
        assert (row.asset_id, row.filename, row.sha256, row.number) == (
            one.asset_id,
            one.name,
            one.sha256,
            1,
        )
        with mam.storage.open("masters", row.master_key) as stream:
            assert hashlib.file_digest(stream, "sha256").hexdigest() == one.sha256  # type: ignore[arg-type]
    promoted = AuditEntry.select().where(AuditEntry.action == "upload.promoted").count()
    assert promoted == len(versions)
    assert {row.state for row in Upload.select()} == {"promoted"}


def nothing_is_left_over(mam: Mam) -> None:
    """The store has the masters, the anchors and the previews of versions; the scratch has nothing."""
    masters = {info.key for info in mam.storage.list("masters") if not info.key.startswith("_audit/")}
    assert masters == {row.master_key for row in Version.select()}
    assert list(mam.storage.list("staging")) == []
    store = mam.config.store
    files = {path.relative_to(store).parts[0] for path in store.rglob("*") if path.is_file()}
    assert files <= {"masters", "previews"}
    assert [entry.name for entry in mam.config.work.iterdir() if is_id(entry.name)] == []
    known = {row.id for row in Version.select()}
    assert {info.key.partition("/")[0] for info in mam.storage.list("previews")} <= known


def previews_are_whole(mam: Mam) -> None:
    """Each film has one preview, one analysis, one fingerprint; each kind of job ran once for it."""
    bench = Bench(mam.config, mam, mam.config.data)
    for row in Version.select():
        film = row.filename.endswith(".mp4")
        assert row.preview_status == ("ready" if film else "unsupported"), (row.id, row.preview_error_detail)
        agree(bench, row.id)
    films = {row.id for row in Version.select() if row.filename.endswith(".mp4")}
    assert {row.version_id for row in Fingerprint.select()} == films
    assert {row.version_id for row in Analysis.select().where(Analysis.status == "ready")} == films
    once = Counter((job.version_id, job.kind) for job in Job.select() if job.kind != "verify")
    assert {what: times for what, times in once.items() if times > 1} == {}
    assert {job.state for job in Job.select()} <= {"done"}
