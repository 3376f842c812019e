"""From a film to captions and search with the real model: real ffmpeg, real walls, jobs run by the test."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import xxhash
from mam_transcribe_whisper import asking
from speech_films import run_ffmpeg

from mam.core import Mam
from mam.ids import new_id
from mam.media import vtt
from mam.models import Asset, Job, Project, Sidecar, Version, now
from mam.services import jobs, panels, plugin_visits, plugin_work, previews, search, sidecars
from mam.testing_plugins import PluginContract
from mam.types import SYSTEM

KIND = "transcribe_whisper.speech"
PAGE, LISTEN = "/versions/<version_id>", "/versions/<version_id>/listen"
MADE_BY_ANA = b"WEBVTT\n\n00:01.000 --> 00:02.000\nTyped by a person\n"


class TestThePlugin(PluginContract):
    """What the box asks of any plugin."""

    name = "transcribe_whisper"


def stored(mam: Mam, file: Path) -> Version:
    """A version whose master is that file, its preview ready and the speech job queued."""
    data, version_id = file.read_bytes(), new_id()
    asset = Asset.create(project=Project.create(name="Rushes"), title="A film", status="processing")
    mam.storage.put("masters", version_id, io.BytesIO(data), len(data))
    Asset.update(current_version_id=version_id).where(Asset.id == asset.id).execute()
    version = Version.create(
        id=version_id,
        asset=asset,
        number=1,
        filename=file.name,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        xxh128=xxhash.xxh3_128_hexdigest(data),
        master_key=version_id,
    )
    assert jobs.KINDS[jobs.PLUGINS].run is plugin_work.run
    previews.request(mam, SYSTEM, version.id)
    while (job := due(but=KIND)) is not None:
        jobs.run(mam, job.id)
    return version


def due(*, but: str = "") -> Job | None:
    """The next job that may run."""
    waiting = Job.select().where(Job.state == "queued", Job.run_after <= now(), Job.kind != but)
    found: Job | None = waiting.order_by(Job.id).first()
    return found


def speech_job(version: Version) -> Job:
    found: Job = Job.select().where(Job.version_id == version.id, Job.kind == KIND).get()
    return found


def listened(mam: Mam, version: Version) -> tuple[str, str | None]:
    """How the speech job ended once it was run."""
    jobs.run(mam, speech_job(version).id)
    job = speech_job(version)
    return job.state, job.error_detail


def test_what_is_said_becomes_captions_and_is_found(speech_box: Mam, film: Path) -> None:
    # Given a film in which something is said at 3 s, with English captions that a person added
    version = stored(speech_box, film)
    mine = sidecars.add(speech_box, SYSTEM, version.id, MADE_BY_ANA, language="en", filename="ana.en.vtt")
    waiting = speech_job(version)
    assert (waiting.queue, waiting.priority < 0) == ("later", True)
    # When the job that follows the preview is run
    assert listened(speech_box, version) == ("done", None)
    # Then there is a second caption file beside the person's, which says what made it, at the right time
    (made,) = Sidecar.select().where(Sidecar.version == version.id, Sidecar.id != mine["id"])
    assert (made.language, made.label, made.cues > 0) == ("en", "English (automatic)", True)
    with speech_box.storage.open("previews", f"{version.id}/{sidecars.file_of(made)}") as stream:
        said = vtt.read(stream.read().decode())
    assert "The harvest begins on Monday" in " ".join(cue.text for cue in said).replace("\n", " ")
    assert 2.5 <= said[0].start <= 3.6
    assert 5.5 <= said[-1].end <= 8.0
    # And its words are found
    (hit,) = search.search(speech_box, SYSTEM, q="harvest monday")["items"]
    assert hit["asset_id"] == version.asset_id


def test_a_film_in_which_nothing_is_said_gets_no_captions(speech_box: Mam, tmp_path: Path) -> None:
    # Given a silent film
    silence = tmp_path / "silence.wav"
    run_ffmpeg("-f", "lavfi", "-i", "anullsrc=r=48000:cl=stereo:d=4", str(silence))
    version = stored(speech_box, silence)
    # When it is listened to, then the job is done, and there is nothing
    assert listened(speech_box, version) == ("done", None)
    assert Sidecar.select().count() == 0


def test_people_ask_again(speech_box: Mam, tmp_path: Path) -> None:
    # Given a sound whose job is over
    silence = tmp_path / "silence.wav"
    run_ffmpeg("-f", "lavfi", "-i", "anullsrc=r=48000:cl=stereo:d=1", str(silence))
    version = stored(speech_box, silence)
    Job.delete().where(Job.kind == KIND).execute()
    # When somebody asks by the API, on the page, which its asset leads to, and by the command
    call, page = (asked(version, path, api=api) for path, api in ((LISTEN, True), (PAGE, False)))
    made = plugin_visits.answer(speech_box, SYSTEM, call, lambda given: given)
    sent = plugin_visits.answer(speech_box, SYSTEM, page, lambda given: given)
    (panel,) = panels.of_asset(
        speech_box,
        SYSTEM,
        {"id": version.asset_id, "project_id": version.asset.project_id, "title": "A", "tags": []},
        {"id": version.id, "number": 1, "filename": "silence.wav", "size": 1, "sha256": ""},
    )
    enqueue = plugin_visits.enqueuer(speech_box, "transcribe_whisper")
    assert asking.tell(speech_box.config, [version.id], enqueue) == 0
    # Then it is listened to once for each, though nothing was known of the master
    waiting = list(Job.select().where(Job.kind == KIND).order_by(Job.id))
    assert [one.version_id for one in waiting] == [version.id] * 3
    assert (made["job_id"], sent.url) == (waiting[0].id, f"/assets/{version.asset_id}")
    assert panel["link"] == f"/plugins/transcribe_whisper/versions/{version.id}"
    assert listened(speech_box, version) == ("done", None)


def asked(version: Version, path: str, *, api: bool) -> plugin_visits.Asked:
    """A request to one of our routes."""
    route = next(one for one in asking.routes() if (one.method, one.path, one.api) == ("POST", path, api))
    return plugin_visits.Asked("transcribe_whisper", route, {"version_id": version.id}, {}, {})
