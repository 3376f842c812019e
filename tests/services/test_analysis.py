"""Automatic QC from a master to what everybody is told: real ffmpeg in real walls, jobs run by the test."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import subprocess
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import xxhash

from mam.config import Qc
from mam.core import Mam
from mam.errors import CancelledWorkError, ConflictError, ForbiddenError, NotFoundError
from mam.ids import new_id
from mam.models import Analysis, Asset, Job, Member, Project, Rendition, User, Version, now
from mam.queue import EVENTS
from mam.services import analysis, delivery, jobs, leases, previews
from mam.types import SYSTEM, Actor

Stored = Callable[[Mam, Path], Version]


@pytest.fixture(scope="session")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds at 25 frames a second, black from frame 20 to 39, a tone that is too loud."""
    path = tmp_path_factory.mktemp("analysis") / "faulty.mov"
    picture = "testsrc2=s=320x180:r=25:d=3,drawbox=t=fill:c=black:enable='between(n,20,39)'"
    command = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", picture, "-f", "lavfi"]
    command += ["-i", "aevalsrc=0.2*sin(2000*PI*t)|0.2*sin(2000*PI*t):s=48000:d=3", "-c:v", "libx264"]
    command += [
        "-preset",
        "ultrafast",
        "-pix_fmt",
        "yuv420p",
        "-c:a",
        "pcm_s16le",
        "-timecode",
        "01:00:00:00",
    ]
    subprocess.run([*command, str(path)], check=True)
    return path


@pytest.fixture
def stored() -> Stored:
    """Make a version whose master is that file, as after a promote."""

    def store(mam: Mam, file: Path) -> Version:
        data, version_id = file.read_bytes(), new_id()
        asset = Asset.create(project=Project.create(name="Rushes"), title="A film", status="processing")
        mam.storage.put("masters", version_id, io.BytesIO(data), len(data))
        Asset.update(current_version_id=version_id).where(Asset.id == asset.id).execute()
        return Version.create(
            id=version_id,
            asset=asset,
            number=1,
            filename=file.name,
            size=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            xxh128=xxhash.xxh3_128_hexdigest(data),
            master_key=version_id,
        )

    return store


def run_all(mam: Mam, *, but: str = "") -> None:
    """Run every queued job and those they queue, but for a kind."""
    while True:
        due = Job.select().where(Job.state == "queued", Job.run_after <= now(), Job.kind != but)
        job = due.order_by(Job.id).first()
        if job is None:
            return
        jobs.run(mam, job.id)


def make(mam: Mam, version: Version, *, but: str = "") -> Version:
    previews.request(mam, SYSTEM, version.id)
    run_all(mam, but=but)
    return Version.get_by_id(version.id)


def analyse_job(version: Version) -> Job:
    found = Job.select().where(Job.version_id == version.id, Job.kind == "analyse").order_by(Job.id.desc())
    return found.get()


def keys(mam: Mam, version: Version) -> list[str]:
    return [info.key for info in mam.storage.list("previews", f"{version.id}/") if "waveform" in info.key]


def test_findings_follow_the_preview(box: Mam, faulty: Path, stored: Stored) -> None:
    # Given a film with faults, whose preview is just ready
    version = make(box, stored(box, faulty), but="analyse")
    assert version.preview_status == "ready"
    assert analysis.get(box, SYSTEM, version.id)["status"] == "queued"
    with box.queue.redis.pubsub() as listener:
        listener.subscribe(EVENTS)
        listener.get_message(timeout=60)
        # When the job that follows is run
        run_all(box)
        assert box.queue.publish({"name": "over"})
        heard = []
        while (event := json.loads(listener.get_message(timeout=60)["data"])) != {"name": "over"}:
            heard.append(event)
    # Then what was found is there, on the preview's frames and the source's labels
    found = analysis.get(box, SYSTEM, version.id)
    assert (found["status"], found["error"], found["waveform"]) == ("ready", None, True)
    black = next(one for one in found["markers"] if one["kind"] == "black")
    assert (black["frame_in"], black["frame_out"]) == (20, 39)
    assert (black["timecode_in"], black["timecode_out"]) == ("01:00:00:20", "01:00:01:14")
    assert {one["kind"] for one in found["markers"]} == {"black", "loudness"}
    assert found["loudness"][0]["integrated"] == pytest.approx(-14, abs=0.1)
    assert found["interlace"]["container"] == "progressive"
    # And the version says how loud it is, its listeners were told
    media = Version.get_by_id(version.id).media
    assert media["loudness"]["integrated"] == found["loudness"][0]["integrated"]
    assert media["frame_rate"] == "25/1"
    told = [event for event in heard if event["name"] == analysis.EVENT]
    assert [event["data"] for event in told] == [{"version_id": version.id, "analysis": "ready"}]
    assert list(box.config.work.iterdir()) == []


def test_waveform_is_delivered_with_the_preview(sqlite_box: Mam, faulty: Path, stored: Stored) -> None:
    # Given an analysed film
    version = make(sqlite_box, stored(sqlite_box, faulty))
    # When addresses are signed
    signed = delivery.sign_preview(sqlite_box, SYSTEM, version.id)
    # Then one is of the waveform, in the generation that is shown
    assert signed["waveform_url"].endswith(f"/{version.preview_generation}/waveform.json")
    (key,) = keys(sqlite_box, version)
    with sqlite_box.storage.open("previews", key) as stream:
        track = json.loads(stream.read())["tracks"][0]
    peaks = base64.b64decode(track["peaks"])
    assert (track["index"], track["span_seconds"], track["seconds"], track["spans"]) == (0, 0.02, 3.0, 150)
    assert len(peaks) == 2 * track["spans"]
    assert {(low - 256, high) for low, high in zip(peaks[::2], peaks[1::2], strict=True)} == {(-26, 26)}


def test_a_failed_analysis_costs_nobody_the_preview(box: Mam, faulty: Path, stored: Stored) -> None:
    # Given a ready preview whose master was replaced by noise behind the box's back
    version = make(box, stored(box, faulty), but="analyse")
    job = analyse_job(version)
    box.storage.delete("masters", version.master_key)
    noise = bytes(range(256)) * (version.size // 256) + b"x" * (version.size % 256)
    box.storage.put("masters", version.master_key, io.BytesIO(noise), len(noise))
    Version.update(sha256=hashlib.sha256(noise).hexdigest()).where(Version.id == version.id).execute()
    # When it is analysed
    jobs.run(box, job.id)
    # Then the reason is told, and the preview stands
    found = analysis.get(box, SYSTEM, version.id)
    assert (found["status"], found["error"]["code"]) == ("failed", "source_corrupt")
    assert found["error"]["detail"]
    version = Version.get_by_id(version.id)
    assert (version.preview_status, version.preview_error_code) == ("ready", None)
    assert keys(box, version) == []


def test_it_can_be_done_again(box: Mam, faulty: Path, stored: Stored) -> None:
    # Given an analysed film, and other thresholds since
    version = make(box, stored(box, faulty))
    again = replace(box, config=replace(box.config, qc=Qc(black=False)))
    # When somebody asks twice
    job_id = analysis.request(again, SYSTEM, version.id)["job_id"]
    assert analysis.request(again, SYSTEM, version.id)["job_id"] == job_id
    assert analysis.get(again, SYSTEM, version.id)["status"] == "queued"
    run_all(again)
    # Then there was one job, and the new findings are in the place of the old
    assert Job.select().where(Job.kind == "analyse").count() == 2
    found = analysis.get(again, SYSTEM, version.id)
    assert (found["status"], [one["kind"] for one in found["markers"]]) == ("ready", ["loudness"])
    assert Rendition.select().where(Rendition.kind == "waveform").count() == 1


def test_what_cannot_be_analysed_is_refused(sqlite_box: Mam, tmp_path: Path, stored: Stored) -> None:
    note = tmp_path / "note.txt"
    note.write_text("Scene 12")
    version = make(sqlite_box, stored(sqlite_box, note))
    assert analysis.get(sqlite_box, SYSTEM, version.id)["status"] == "none"
    with pytest.raises(ConflictError):
        analysis.request(sqlite_box, SYSTEM, version.id)


def test_rights(sqlite_box: Mam, faulty: Path, stored: Stored) -> None:
    """Promise G2: a stranger sees nothing; a viewer sees, and may not ask again."""
    version = stored(sqlite_box, faulty)
    viewer, stranger = (User.create(email=f"{name}@example.org", display_name=name) for name in "vs")
    Member.create(project=version.asset.project_id, user=viewer, role="viewer")
    assert analysis.get(sqlite_box, Actor(viewer.id), version.id)["status"] == "none"
    with pytest.raises(ForbiddenError):
        analysis.request(sqlite_box, Actor(viewer.id), version.id)
    with pytest.raises(NotFoundError):
        analysis.get(sqlite_box, Actor(stranger.id), version.id)


def test_a_cancelled_analysis_stops_and_leaves_nothing(sqlite_box: Mam, faulty: Path, stored: Stored) -> None:
    # Given an analysis under way whose lease is gone
    version = make(sqlite_box, stored(sqlite_box, faulty), but="analyse")
    lease = leases.claim(sqlite_box, analyse_job(version).id, "trial", draining=threading.Event())
    assert lease is not None
    lease.lost.set()
    # When it goes on, then it ends at once
    with pytest.raises(CancelledWorkError):
        analysis.analyse(sqlite_box, lease)
    assert Analysis.select().count() == 0
    assert list(sqlite_box.config.work.iterdir()) == []


def test_findings_of_an_old_preview_are_not_kept(sqlite_box: Mam, faulty: Path, stored: Stored) -> None:
    """Another generation is shown while the pass runs: its waveform goes, its own job follows."""
    # Given an analysis that is just being kept
    version = make(sqlite_box, stored(sqlite_box, faulty), but="analyse")
    lease = leases.claim(sqlite_box, analyse_job(version).id, "trial")
    assert lease is not None
    shown: list[Any] = []
    keep = analysis._keep  # noqa: SLF001 - the moment between the file and the row

    def exchanged(*arguments: Any) -> bool:
        Version.update(preview_generation=new_id()).where(Version.id == version.id).execute()
        shown.append(keys(sqlite_box, version))
        return keep(*arguments)

    # When the preview is exchanged at that moment
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(analysis, "_keep", exchanged)
        analysis.analyse(sqlite_box, lease)
    # Then nothing was kept, and no file is left
    assert len(shown[0]) == 1
    assert keys(sqlite_box, version) == []
    assert Analysis.select().count() == 0


def test_sound_alone_has_findings_in_seconds(sqlite_box: Mam, tmp_path: Path, stored: Stored) -> None:
    path = tmp_path / "stem.wav"
    tone = "if(between(t,1,1.9999),0,0.0708*sin(2000*PI*t))"
    sound = f"aevalsrc='{tone}|{tone}':s=48000:d=3"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", sound, str(path)], check=True)
    version = make(sqlite_box, stored(sqlite_box, path))
    found = analysis.get(sqlite_box, SYSTEM, version.id)
    (silence,) = [one for one in found["markers"] if one["kind"] == "silence"]
    assert (silence["frame_in"], silence["timecode_in"], silence["track"]) == (None, None, 0)
    assert (silence["seconds_in"], silence["seconds_out"]) == (
        pytest.approx(1, abs=0.001),
        pytest.approx(2, abs=0.001),
    )
    assert found["waveform"]
    assert found["interlace"] is None
