"""Hostile files and crashing decoders against a real worker: each costs one failed preview and no more."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import psutil
import pytest
from faults_bench import Bench, encoders, wait_for

from mam.config import Config, load
from mam.models import Job, Version

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

SETTLED = ("ready", "failed", "unsupported")
CRASHES = {
    "SIGSEGV": 'exec perl -e \'unpack("p", pack("L!", 1))\'',
    "SIGABRT": "exec perl -MPOSIX=abort -e abort",
    "a gigabyte on stderr": "head -c 1000000000 /dev/zero >&2; exit 1",
    "ignores SIGTERM": "trap '' TERM INT; while :; do :; done",
}


def row(version: Version) -> Version:
    return Version.get_by_id(version.id)


def _name(process: psutil.Process) -> str:
    """What a process is called; nothing where it ended just now."""
    try:
        return process.name()
    except psutil.NoSuchProcess:
        return ""


def configured(bench: Bench, media: str) -> Config:
    """The bench's configuration with these lines in [media]."""
    path = Path(bench.config.path or "")
    path.write_text(f"{path.read_text(encoding='utf-8')}[media]\n{media}\n", encoding="utf-8")
    return load(path)


def fake_ffmpeg(folder: Path, script: str) -> Path:
    """An ffmpeg that is the system's, but for the encode of a preview: that does what the script says."""
    folder.mkdir()
    body = f'case "$*" in *hls_segment_type*) {script};; esac\nexec /usr/bin/ffmpeg "$@"'
    for name, text in (("ffmpeg", body), ("ffprobe", 'exec /usr/bin/ffprobe "$@"')):
        (folder / name).write_text(f"#!/usr/bin/bash\n{text}\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    return folder / "ffmpeg"


@pytest.mark.parametrize("how", CRASHES)
def test_a_decoder_that_breaks_down_is_one_failed_preview(
    bench: Bench, small_clip: Path, tmp_path: Path, how: str
) -> None:
    """Promise B10: state failed with a reason, the worker lives on under its pid, its log is capped."""
    # Given a worker whose ffmpeg breaks down over every encode, with an hour cut to seconds
    tool = fake_ffmpeg(tmp_path / "tools", CRASHES[how])
    configured(bench, f'ffmpeg = "{tool}"\nencode_hours = 0.002')
    worker = bench.start_worker()
    version = bench.version_of(small_clip)
    # When a film goes in
    bench.preview(version)
    wait_for(lambda: row(version).preview_status in SETTLED, 180)
    # Then it failed once, with a reason, and the same worker goes on
    assert row(version).preview_status == "failed"
    assert row(version).preview_error_code in {"source_corrupt", "source_timeout", "source_too_large"}
    assert worker.poll() is None
    assert max(job.attempts for job in Job.select()) == 1
    assert len(bench.log()) < 1 << 20
    wait_for(lambda: not [one for one in encoders(worker) if _name(one) == "perl"], 60)


def test_the_next_job_starts_at_once(bench: Bench, small_clip: Path, tmp_path: Path) -> None:
    """Promise B6: files made to take for ever are ended, and the film behind them is not kept waiting."""
    # Given lists that name themselves or thousands of others, and a drawing of 10^9 squares
    many = "".join(f"#EXTINF:1,\nmissing_{number}.ts\n" for number in range(20_000))
    traps = {
        "self.mp4": "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nself.mp4\n",
        "many.ts": f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n{many}#EXT-X-ENDLIST\n",
        "concat.mkv": "ffconcat version 1.0\nfile original.mp4\n",
    }
    bench.start_worker()
    versions = []
    for name, content in traps.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
        versions.append(bench.version_of(tmp_path / name))
    film = bench.version_of(small_clip)
    # When they go in before a film
    for version in (*versions, film):
        bench.preview(version)
    wait_for(lambda: row(film).preview_status in SETTLED, 180)
    # Then each was refused, and the film began soon after the last of them ended
    wait_for(lambda: all(row(version).preview_status == "failed" for version in versions), 60)
    assert {row(version).preview_error_code for version in versions} == {"source_rejected"}
    assert row(film).preview_status == "ready"
    ended = max(Job.get(Job.version_id == version.id).finished_at for version in versions)
    began = Job.get(Job.version_id == film.id, Job.kind == "examine").started_at
    assert (began - ended).total_seconds() < 30  # each of them may go on for far longer


def test_a_short_film_that_claims_a_day_makes_no_day(bench: Bench, tmp_path: Path) -> None:
    """Promise B7: output is bounded by what a file holds, not by what its header says; scratch is freed."""
    # Given one second of film whose every clock says 23 hours
    film = tmp_path / "claims.mkv"
    source = ["-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=1", "-f", "lavfi", "-i", "sine=d=1"]
    command = [
        "ffmpeg",
        "-v",
        "error",
        *source,
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-c:a",
        "aac",
        film,
    ]
    subprocess.run(command, check=True)
    film.write_bytes(film.read_bytes().replace(b"00:00:01.", b"23:00:00."))
    version = bench.version_of(film)
    # When it goes in
    bench.start_worker()
    bench.preview(version)
    wait_for(lambda: row(version).preview_status in SETTLED, 180)
    # Then its preview is a second long, said to be cut off, and nothing is left of the work
    stored = list(bench.mam.storage.list("previews", f"{version.id}/"))
    assert row(version).preview_status == "ready"
    assert len([one for one in stored if one.key.endswith(".m4s")]) < 10
    assert row(version).media["duration"] < 2
    wait_for(lambda: not list(bench.config.work.iterdir()), 60)


def test_damage_of_every_sort_stops_no_worker(bench: Bench, small_clip: Path, tmp_path: Path) -> None:
    """Promise B11: mutations of a film and of garbage settle, each in one attempt, under one worker."""
    dice = random.Random(11)  # noqa: S311 - repeatable on purpose
    worker = bench.start_worker()
    good = small_clip.read_bytes()
    versions = []
    for number in range(12):
        damaged = bytearray(good if number % 3 else good[: dice.randrange(1, len(good))])
        for _ in range(dice.choice((1, 20, 400))):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        (tmp_path / f"{number}.mp4").write_bytes(damaged)
        versions.append(bench.version_of(tmp_path / f"{number}.mp4"))
    for version in versions:
        bench.preview(version)
    wait_for(lambda: all(row(version).preview_status in SETTLED for version in versions), 200)
    wait_for(lambda: not Job.select().where(Job.state.in_(("queued", "running"))).exists(), 60)
    assert worker.poll() is None
    assert not Job.select().where((Job.state == "dead") | (Job.attempts > 1)).exists()
