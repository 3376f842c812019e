"""Previews from a master to what is shown: real ffmpeg behind real walls, jobs run by the test itself."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import xxhash

from mam import hookimpl
from mam.core import Mam
from mam.errors import SourceError, StorageError
from mam.ids import is_id, new_id
from mam.media import playlists
from mam.models import Asset, Job, Project, Rendition, Version, now
from mam.plugins import Plugin, State
from mam.queue import EVENTS
from mam.services import analysis, job_admin, jobs, previews, publishing
from mam.services.publishing import Publisher
from mam.types import SYSTEM, Progress, Source

LAVFI = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi"]


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five seconds of moving picture with sound."""
    return make_film(tmp_path_factory.mktemp("preview") / "film.mp4", seconds=5, size="640x360")


@pytest.fixture(scope="session")
def long_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film that takes long enough to be seen while it is encoded."""
    return make_film(tmp_path_factory.mktemp("preview") / "long.mp4", seconds=12, size="1280x720")


def make_film(path: Path, *, seconds: int, size: str) -> Path:
    picture = ["-i", f"testsrc2=size={size}:rate=25:duration={seconds}"]
    sound = ["-f", "lavfi", "-i", f"sine=duration={seconds}"]
    encode = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    subprocess.run([*LAVFI, *picture, *sound, *encode, path], check=True)
    return path


@pytest.fixture(scope="session")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("preview") / "picture.png"
    subprocess.run([*LAVFI, "-i", "testsrc2=size=64x48:duration=1", "-frames:v", "1", path], check=True)
    return path


@pytest.fixture
def stored() -> Callable[[Mam, Path], Version]:
    """Make a version whose master is that file, as after a promote."""

    def store(mam: Mam, file: Path, name: str = "") -> Version:
        data, version_id = file.read_bytes(), new_id()
        asset = Asset.create(project=Project.create(name="Rushes"), title="A film", status="processing")
        mam.storage.put("masters", version_id, io.BytesIO(data), len(data))
        Asset.update(current_version_id=version_id).where(Asset.id == asset.id).execute()
        return Version.create(
            id=version_id,
            asset=asset,
            number=1,
            filename=name or file.name,
            size=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            xxh128=xxhash.xxh3_128_hexdigest(data),
            master_key=version_id,
        )

    return store


@pytest.fixture
def plugin() -> Iterator[Callable[[Mam, Any], None]]:
    """Put a transcoder of the test's own in front of the others."""
    added: list[tuple[Mam, object]] = []

    def add(mam: Mam, transcode: Any) -> None:
        module = SimpleNamespace(mam_transcode=hookimpl(transcode))
        mam.hooks.plugins["trial"] = Plugin("trial", State.ENABLED, module=module)
        mam.hooks.manager.register(module, name="trial")
        added.append((mam, module))

    yield add
    for mam, module in added:
        mam.hooks.manager.unregister(module)
        del mam.hooks.plugins["trial"]


def run_all(mam: Mam) -> None:
    """Run every queued job, and those they queue."""
    while (job := Job.select().where(Job.state == "queued", Job.run_after <= now()).first()) is not None:
        jobs.run(mam, job.id)


def make(mam: Mam, version: Version, *, force: bool = False) -> Version:
    previews.request(mam, SYSTEM, version.id, force)
    run_all(mam)
    return fresh(version)


def fresh(version: Version) -> Version:
    return Version.get_by_id(version.id)


def asset_of(version: Version) -> Asset:
    return Asset.get_by_id(version.asset_id)


def keys(mam: Mam, version: Version) -> list[str]:
    return [
        info.key.removeprefix(f"{version.id}/") for info in mam.storage.list("previews", f"{version.id}/")
    ]


def generations(mam: Mam, version: Version) -> set[str]:
    return {key.split("/")[0] for key in keys(mam, version) if is_id(key.split("/")[0])}


def read(mam: Mam, version: Version, name: str) -> str:
    with mam.storage.open("previews", f"{version.id}/{name}") as stream:
        return stream.read().decode()


def test_a_film_becomes_a_whole_ladder(box: Mam, film: Path, stored: Any) -> None:
    # Given a film
    version = stored(box, film)
    # When its preview is made
    version = make(box, version)
    # Then everybody says it is ready
    assert (version.preview_status, version.preview_playable, version.preview_percent) == ("ready", True, 100)
    assert (asset_of(version).status, asset_of(version).kind) == ("ready", "video")
    assert version.media["duration"] == pytest.approx(5, abs=0.1)
    status = previews.status(box, SYSTEM, version.id)
    assert [(one["name"], one["status"]) for one in status["renditions"]] == [
        ("360", "ready"),
        ("audio0", "ready"),
    ]
    # And the master playlist leads to closed playlists with all of the film
    master = read(box, version, "master.m3u8")
    for line in (line for line in master.splitlines() if line and not line.startswith("#")):
        listing = playlists.parse_media(read(box, version, line))
        assert listing.ended
        assert sum(one.duration for one in listing.segments) == pytest.approx(5, abs=0.2)
        assert "EXT-X-PLAYLIST-TYPE:VOD" in read(box, version, line)
    assert 'CODECS="avc1.' in master
    assert "FRAME-RATE=25.000" in master
    # And there is a poster, one generation, and no scratch
    poster = Rendition.get(Rendition.version == version.id, Rendition.kind == "poster")
    assert f"{poster.generation}/poster.jpg" in keys(box, version)
    assert version.blurhash
    assert generations(box, version) == {version.preview_generation}
    assert list(box.config.work.iterdir()) == []


def test_it_plays_before_it_is_ready_and_progress_only_grows(
    sqlite_box: Mam, long_film: Path, stored: Any
) -> None:
    """Promise C10: what listeners hear goes one way, and each message is what the database says."""
    # Given a listener
    version = stored(sqlite_box, long_film)
    with sqlite_box.queue.redis.pubsub() as listener:
        listener.subscribe(EVENTS)
        listener.get_message(timeout=60)
        # When the preview is made
        make(sqlite_box, version)
        assert sqlite_box.queue.publish({"name": "over"})
        heard = []
        while (event := json.loads(listener.get_message(timeout=60)["data"])) != {"name": "over"}:
            heard.append(event)
    # Then the events come in their order, all of this version and its project
    names = [event["name"] for event in heard]
    order = ["version.queued", "version.processing", "version.described", "version.playable", "version.ready"]
    assert [name for name in names if name in order] == order
    assert {event["version_id"] for event in heard} == {version.id}
    assert {event["project_id"] for event in heard} == {asset_of(version).project_id}
    # And it was playable before it was ready, its percentage never fell
    told = [event["data"] for event in heard if event["name"] != analysis.EVENT]  # which tells of itself
    percents = [data["percent"] for data in told]
    assert percents == sorted(percents)
    playable = next(event["data"] for event in heard if event["name"] == "version.playable")
    assert (playable["status"], playable["playable"]) == ("processing", True)
    assert playable["renditions"][0]["status"] == "processing"
    assert told[-1] == previews.status(sqlite_box, SYSTEM, version.id)


def test_a_picture_is_its_poster_and_a_large_one(box: Mam, picture: Path, stored: Any) -> None:
    version = make(box, stored(box, picture))
    assert (version.preview_status, version.preview_playable) == ("ready", False)
    assert (asset_of(version).kind, version.media["width"]) == ("image", 64)
    own = [f"{version.preview_generation}/{name}" for name in ("picture-1.jpg", "picture.json", "poster.jpg")]
    assert keys(box, version) == [*own, "picture.json"]
    assert version.blurhash


def test_what_cannot_be_shown_is_kept_without_a_preview(box: Mam, tmp_path: Path, stored: Any) -> None:
    # Given a sound file of a kind that nobody shows
    note = tmp_path / "note.txt"
    note.write_text("Scene 12, take 3")
    # When its preview is made, then it is unsupported, and that is no failure
    version = make(box, stored(box, note))
    assert (version.preview_status, version.preview_error_code) == ("unsupported", None)
    assert asset_of(version).status == "ready"
    assert keys(box, version) == []


def test_a_damaged_film_fails_with_a_reason_and_leaves_nothing(
    box: Mam, film: Path, tmp_path: Path, stored: Any
) -> None:
    # Given the first half of a film
    half = tmp_path / "half.mp4"
    half.write_bytes(film.read_bytes()[:2000])
    # When its preview is made
    version = make(box, stored(box, half))
    # Then the reason is said, once, and nothing is stored
    assert (version.preview_status, version.preview_error_code) == ("failed", "source_corrupt")
    assert asset_of(version).status == "failed"
    assert [(job.state, job.attempts) for job in Job.select().where(Job.kind == "examine")] == [("done", 1)]
    assert keys(box, version) == []


def test_asking_again_makes_nothing_twice(box: Mam, picture: Path, stored: Any) -> None:
    # Given a version whose preview was asked for
    version = stored(box, picture)
    first = previews.request(box, SYSTEM, version.id)
    # When it is asked for again, before and after it is ready
    assert previews.request(box, SYSTEM, version.id) == first
    assert previews.request(box, SYSTEM, version.id, force=True) == first
    run_all(box)
    assert previews.request(box, SYSTEM, version.id) == first
    # Then only force makes another one
    assert previews.request(box, SYSTEM, version.id, force=True) != first
    assert fresh(version).preview_status == "queued"
    run_all(box)
    assert generations(box, version) == {fresh(version).preview_generation}


def test_a_failed_second_render_keeps_the_first_one_playable(
    box: Mam, film: Path, stored: Any, plugin: Any
) -> None:
    # Given a ready preview, and a transcoder that now finds fault with the film half way
    version = make(box, stored(box, film))
    before = keys(box, version)

    def broken(config: Any, source: Source, recipe: Any, target: Any, report: Any) -> None:
        from mam_transcode_cpu import mam_transcode

        mam_transcode(config=config, source=source, recipe=recipe, target=target, report=report)
        report(Progress(50))
        raise SourceError("The second half is damaged.", code="source_corrupt")

    plugin(box, broken)
    # When it is rendered anew
    after = make(box, version, force=True)
    # Then what was shown is shown still, with the reason beside it, and nothing else is stored
    assert (after.preview_status, after.preview_playable) == ("ready", True)
    assert after.preview_generation == version.preview_generation
    assert after.preview_error_code == "source_corrupt"
    assert keys(box, version) == before
    assert version.preview_generation in read(box, version, "master.m3u8")
    assert asset_of(version).status == "ready"


def test_a_second_render_exchanges_the_whole_generation(sqlite_box: Mam, film: Path, stored: Any) -> None:
    version = make(sqlite_box, stored(sqlite_box, film))
    after = make(sqlite_box, version, force=True)
    assert after.preview_generation != version.preview_generation
    assert generations(sqlite_box, version) == {after.preview_generation}
    assert {row.generation for row in Rendition.select()} == {after.preview_generation}


def test_a_transcoder_that_declines_in_the_middle_is_followed_by_the_next(
    sqlite_box: Mam, film: Path, stored: Any, plugin: Any
) -> None:
    # Given a transcoder that gives up after the film was shown
    first_shown: list[str | None] = []

    def gives_up(config: Any, source: Source, recipe: Any, target: Any, report: Any) -> None:
        from mam_transcode_cpu import mam_transcode

        mam_transcode(config=config, source=source, recipe=recipe, target=target, report=report)
        report(Progress(100))
        first_shown.append(Version.select().first().preview_generation)

    plugin(sqlite_box, gives_up)
    # When the preview is made
    version = make(sqlite_box, stored(sqlite_box, film))
    # Then the next one finished it, in a generation of its own: no cached segment ever changes
    assert version.preview_status == "ready"
    assert first_shown[0] not in (None, version.preview_generation)
    assert generations(sqlite_box, version) == {version.preview_generation}


def test_nobody_to_transcode_is_tried_again_and_then_said(sqlite_box: Mam, film: Path, stored: Any) -> None:
    # Given a box without any transcoder
    for name in [name for name in sqlite_box.hooks.plugins if name.startswith("transcode_")]:
        if sqlite_box.hooks.manager.has_plugin(name):
            sqlite_box.hooks.manager.unregister(name=name)
    version = make(sqlite_box, stored(sqlite_box, film))
    # When the attempts are over
    for _ in range(2):
        Job.update(run_after=now()).execute()
        run_all(sqlite_box)
    # Then the preview says why
    assert (fresh(version).preview_status, fresh(version).preview_error_code) == ("failed", "no_transcoder")


def test_cancelling_while_it_plays_takes_everything_away(
    sqlite_box: Mam, film: Path, stored: Any, plugin: Any
) -> None:
    # Given a film that plays while it is encoded, and somebody who stops the job then
    def cancelled(config: Any, source: Source, recipe: Any, target: Any, report: Any) -> None:
        from mam_transcode_cpu import mam_transcode

        mam_transcode(config=config, source=source, recipe=recipe, target=target, report=report)
        report(Progress(60))
        assert Version.select().first().preview_playable
        time.sleep(1)
        report(Progress(61))
        job_admin.cancel(sqlite_box, SYSTEM, Job.get(Job.kind == "render").id)
        time.sleep(1.1)
        report(Progress(62))

    plugin(sqlite_box, cancelled)
    version = make(sqlite_box, stored(sqlite_box, film))
    # Then nothing is shown and nothing is stored
    assert Job.get(Job.kind == "render").state == "cancelled"
    assert (version.preview_status, version.preview_playable) == ("failed", False)
    assert version.preview_error_code == "cancelled"
    assert keys(sqlite_box, version) == []


def test_a_pointer_set_by_a_worker_that_had_lost_is_mended(
    sqlite_box: Mam, film: Path, stored: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise C4: even between storing the pointer and committing, the stale worker does no harm."""
    # Given a preview, and a worker that loses its lease at the very moment when it points to its own
    version = make(sqlite_box, stored(sqlite_box, film))
    shown = read(sqlite_box, version, "master.m3u8")
    honest = Publisher.point

    def robbed(self: Publisher, *captions: Any) -> None:
        honest(self, *captions)
        Job.update(lease_token=new_id()).where(Job.state == "running").execute()

    monkeypatch.setattr(Publisher, "point", robbed)
    # When it is rendered anew
    after = make(sqlite_box, version, force=True)
    # Then the pointer leads to what the database says, and the stale files are gone
    assert after.preview_generation == version.preview_generation
    assert read(sqlite_box, version, "master.m3u8") == shown
    assert generations(sqlite_box, version) == {version.preview_generation}


def test_a_store_that_is_away_costs_an_attempt_not_the_preview(
    sqlite_box: Mam, film: Path, stored: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a store that fails in the middle of the first attempt
    version = stored(sqlite_box, film)
    honest, failed = publishing.put_file, []

    def away(storage: Any, key: str, folder: Path, *names: str) -> int:
        if names[-1] == "00001.m4s" and not failed:
            failed.append(key)
            raise StorageError("The store is away.")
        return honest(storage, key, folder, *names)

    monkeypatch.setattr(publishing, "put_file", away)
    monkeypatch.setattr("mam.services.leases.BACKOFF_SECONDS", 3600)  # however slow the rest may be
    make(sqlite_box, version)
    # When the second attempt comes
    assert Job.get(Job.kind == "render").state == "queued"
    Job.update(run_after=now()).execute()
    run_all(sqlite_box)
    # Then it is ready, of one generation
    assert fresh(version).preview_status == "ready"
    assert generations(sqlite_box, version) == {fresh(version).preview_generation}


def test_tidying_waits_while_a_preview_is_made(sqlite_box: Mam, picture: Path, stored: Any) -> None:
    # Given a ready picture, files of a dead attempt, and a job at work that has stored something
    version = make(sqlite_box, stored(sqlite_box, picture))
    dead, working = new_id(), new_id()
    for generation in (dead, working):
        publishing.put_text(sqlite_box.storage, f"{version.id}/{generation}/360/index.m3u8", "#EXTM3U")
    busy = jobs.enqueue("render", version_id=version.id)
    Job.update(state="running", lease_token=working).where(Job.id == busy.id).execute()
    tidy = jobs.enqueue("tidy", version_id=version.id)
    # When the files are to be tidied, then that waits, uncounted
    jobs.run(sqlite_box, tidy.id)
    assert generations(sqlite_box, version) == {dead, working, version.preview_generation}
    assert (Job.get_by_id(tidy.id).state, Job.get_by_id(tidy.id).attempts) == ("queued", 0)
    # And when nobody is at work, only what is shown stays
    Job.update(state="dead").where(Job.id == busy.id).execute()
    Job.update(run_after=now()).where(Job.id == tidy.id).execute()
    run_all(sqlite_box)
    assert generations(sqlite_box, version) == {version.preview_generation}
