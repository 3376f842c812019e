"""Jobs of plugins: queued after a step, run inside the fence, retried, contained; what they may write."""

from __future__ import annotations

import threading
import types
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from upload_steps import sending

from mam import hookimpl, plugins
from mam.containment import MOST_FAILURES
from mam.core import Mam
from mam.errors import CancelledWorkError, PluginError, SourceError
from mam.models import Asset, AuditEntry, Job, PluginWords, Sidecar, Version, database
from mam.plugins import State, open_hooks
from mam.services import afterwards, jobs, leases, plugin_kinds, plugin_work, preview_state, search
from mam.types import SYSTEM, JobKind, MediaInfo, Work

FILM, PICTURE = MediaInfo("video", "mov", "video/quicktime"), MediaInfo("image", "png", "image/png")
VTT = b"WEBVTT\n\n00:00.000 --> 00:01.000\nAn albatross\n"

Plugged = Callable[..., Mam]


@pytest.fixture
def plugged(box: Mam, monkeypatch: pytest.MonkeyPatch) -> Plugged:
    """The box with a plugin `ears` that declares these kinds of jobs."""

    def build(*rows: Any, answer: Any = None) -> Mam:
        module = types.ModuleType("ears")
        module.mam_job_kinds = hookimpl(lambda config: answer or list(rows))  # type: ignore[attr-defined]
        monkeypatch.setattr(plugins, "discover", lambda: {"ears": lambda: module})
        hooks = open_hooks(replace(box.config, plugins=("ears",)))
        hooks.declare_all()
        return replace(box, hooks=hooks)

    return build


def promoted(mam: Mam) -> Version:
    upload = sending(mam).presign()
    upload.send_all()
    return Version.get_by_id(upload.promote()["version_id"])


def queued(kind: str) -> list[Job]:
    return list(Job.select().where(Job.kind == kind).order_by(Job.id))


def ready(mam: Mam, version: Version, media: MediaInfo = FILM) -> None:
    with database.atomic():
        afterwards.queue(mam, version, "g", media)


def now_due(job: Job) -> Job:
    """The job as if its pause before the next attempt were over."""
    Job.update(run_after=job.created_at).where(Job.id == job.id).execute()
    return Job.get_by_id(job.id)


def nothing(_config: Any, _work: Work) -> None:
    """Done at once."""


def test_jobs_follow_the_master_and_the_previews_that_are_wanted(plugged: Plugged) -> None:
    # Given kinds that follow the master, the preview of films, and nothing
    mam = plugged(
        JobKind("index", nothing, after="master", queue="quick", priority=7),
        JobKind("speech", nothing, after="preview", media=("video", "audio")),
        JobKind("report", nothing),
    )
    # When a master comes, its preview is made, and that of a picture
    version = promoted(mam)
    ready(mam, version)
    ready(mam, version, PICTURE)
    # Then each is queued where it should be
    (index,), (speech,) = queued("ears.index"), queued("ears.speech")
    assert (index.queue, index.priority, index.version_id) == ("quick", 7, version.id)
    assert (speech.queue, speech.project_id) == ("later", version.asset.project_id)
    assert queued("ears.report") == []


def test_what_a_job_makes_is_shown_found_and_written_down(plugged: Plugged) -> None:
    # Given a job that reads the master and leaves captions, words, tags, and a job of its own
    seen: dict[str, Any] = {}

    def listen(_config: Any, work: Work) -> None:
        with work.master() as source:
            seen["bytes"], seen["media"] = source.path.stat().st_size, source.media
        (work.folder / "scratch.txt").write_text("x")
        seen["folder"], seen["asset"], seen["payload"] = work.folder, work.asset, work.payload
        work.report(40)
        work.set_captions(VTT, language="en", label="Automatic", words="an albatross over the sea")
        work.add_tags("speech")
        work.enqueue("listen", {"again": 1}, version_id=None)

    mam = plugged(JobKind("listen", listen, after="preview"))
    version = promoted(mam)
    ready(mam, version)
    # When it runs, and runs again
    first = queued("ears.listen")[0]
    assert jobs.run(mam, first.id)
    ready(mam, version)
    assert jobs.run(mam, queued("ears.listen")[-1].id)
    # Then it saw the master, and its scratch folder is gone
    assert (seen["bytes"], seen["media"].kind, seen["payload"]) == (version.size, "video", {})
    assert (seen["asset"].version_id, seen["folder"].exists()) == (version.id, False)
    # And there is one caption file, found words, one tag, all in the plugin's name
    assert [row.language for row in Sidecar.select()] == ["en"]
    (hit,) = search.search(mam, SYSTEM, q="albatross sea")["items"]
    assert hit["asset_id"] == version.asset_id
    assert "<mark>albatross</mark>" in hit["snippets"][0]["html"]
    assert Asset.get_by_id(version.asset_id).tags == ["speech"]
    told = AuditEntry.select(AuditEntry.action, AuditEntry.actor_name).order_by(AuditEntry.seq).tuples()
    assert ("captions.added", "plugin ears") in set(told)
    assert Job.get_by_id(first.id).state == "done"


def test_words_stay_when_the_file_is_described_anew_and_go_with_nothing_to_say(plugged: Plugged) -> None:
    # Given words of a plugin beside those of the file
    mam = plugged(JobKind("listen", lambda _config, work: work.set_words(work.payload["say"])))
    version = promoted(mam)
    plugin_kinds.enqueue(mam, "ears", "listen", {"say": "albatross"}, version_id=version.id)
    jobs.run(mam, queued("ears.listen")[0].id)
    with database.atomic():
        preview_state.described(version, replace(FILM, text="a title card"))
    assert [len(search.search(mam, SYSTEM, q=q)["items"]) for q in ("albatross", "card")] == [1, 1]
    # When it says nothing any more, then only the file's are found
    plugin_kinds.enqueue(mam, "ears", "listen", {"say": " "}, version_id=version.id)
    jobs.run(mam, queued("ears.listen")[1].id)
    assert [len(search.search(mam, SYSTEM, q=q)["items"]) for q in ("albatross", "card")] == [0, 1]
    assert PluginWords.select().count() == 0


def test_a_crash_fails_the_attempt_and_too_many_switch_the_plugin_off(plugged: Plugged) -> None:
    # Given a job that crashes
    def crash(_config: Any, work: Work) -> None:
        raise ZeroDivisionError(work.attempt)

    mam = plugged(JobKind("crash", crash))
    ids = [plugin_kinds.enqueue(mam, "ears", "crash", {}) for _ in range(3)]
    # When it is tried as often as may be
    for _ in range(mam.config.queue.max_attempts):
        now_due(Job.get_by_id(ids[0]))
        jobs.run(mam, ids[0])
    # Then it is dead with a reason that names the plugin
    dead = Job.get_by_id(ids[0])
    assert (dead.state, dead.error_code) == ("dead", "plugin_failed")
    assert "The plugin ears failed (ZeroDivisionError" in dead.error_detail
    # When the others crash too, then the plugin is off, and what waits fails with a code of its own
    for one in [ids[1]] * (MOST_FAILURES - mam.config.queue.max_attempts):
        now_due(Job.get_by_id(one))
        jobs.run(mam, one)
    assert mam.hooks.plugins["ears"].state is State.SWITCHED_OFF
    jobs.run(mam, ids[2])
    assert Job.get_by_id(ids[2]).error_code == plugin_work.OFF


def test_a_bad_source_ends_the_job_and_counts_against_nobody(plugged: Plugged) -> None:
    def refuse(_config: Any, _work: Work) -> None:
        raise SourceError("There is no sound in it.")

    mam = plugged(JobKind("refuse", refuse))
    job_id = plugin_kinds.enqueue(mam, "ears", "refuse", {})
    jobs.run(mam, job_id)
    job = Job.get_by_id(job_id)
    assert (job.state, job.error_detail) == ("done", "There is no sound in it.")
    assert mam.hooks.plugins["ears"].failures == 0


def test_one_that_hangs_is_left_behind_and_writes_nothing_any_more(plugged: Plugged) -> None:
    # Given a job that takes too long and only then wants to write
    go_on, said = threading.Event(), []
    ended = threading.Event()

    def hang(_config: Any, work: Work) -> None:
        go_on.wait(60)
        try:
            work.set_words("too late")
        except CancelledWorkError as error:
            said.append(error.detail)
        ended.set()

    mam = plugged(JobKind("hang", hang, seconds=0.3))
    version = promoted(mam)
    job_id = plugin_kinds.enqueue(mam, "ears", "hang", {}, version_id=version.id)
    # When its time is over
    jobs.run(mam, job_id)
    # Then the attempt failed and counts, and what it does afterwards changes nothing
    assert "did not come back within 0.3 seconds" in Job.get_by_id(job_id).error_detail
    assert mam.hooks.plugins["ears"].failures == 1
    go_on.set()
    assert ended.wait(60)
    assert said == ["This attempt is over."]
    assert PluginWords.select().count() == 0


def test_a_worker_that_stops_gives_the_job_back_from_one_that_pays_no_heed(plugged: Plugged) -> None:
    # Given a job that runs and reports nothing
    running, let_go, draining = threading.Event(), threading.Event(), threading.Event()

    def deaf(_config: Any, _work: Work) -> None:
        running.set()
        let_go.wait(60)

    mam = plugged(JobKind("deaf", deaf))
    job_id = plugin_kinds.enqueue(mam, "ears", "deaf", {})
    thread = threading.Thread(target=jobs.run, args=(mam, job_id), kwargs={"draining": draining})
    thread.start()
    assert running.wait(60)
    # When the worker is told to stop
    draining.set()
    thread.join(60)
    let_go.set()
    # Then the job waits for another, and no attempt or failure is counted
    job = Job.get_by_id(job_id)
    assert (job.state, job.attempts, mam.hooks.plugins["ears"].failures) == ("queued", 0, 0)


def test_a_declaration_that_does_not_hold_stops_the_plugin_alone(plugged: Plugged) -> None:
    for answer, said in (([{"name": "x"}], "dict instead of JobKind"), (3, "TypeError")):
        mam = plugged(answer=answer)
        assert mam.hooks.plugins["ears"].state is State.STOPPED_BY_LOAD_ERROR
        assert said in mam.hooks.plugins["ears"].reason
        assert plugin_kinds.kinds(mam) == {}


@pytest.mark.parametrize(
    "given",
    [{"name": "No Way"}, {"name": "a", "after": "lunch"}, {"name": "a", "queue": "render"},
     {"name": "a", "priority": 101}, {"name": "a", "seconds": 0}],
    ids=["name", "after", "queue", "priority", "seconds"],
)  # fmt: skip
def test_a_kind_that_cannot_be_is_refused_where_it_is_written(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        JobKind(run=nothing, **given)


def test_only_own_kinds_and_small_payloads_are_queued(plugged: Plugged) -> None:
    mam = plugged(JobKind("own", nothing))
    for kind, payload in (
        ("verify", {}),
        ("own", {"x": "x" * plugin_kinds.MOST_PAYLOAD}),
        ("own", {"x": {1}}),
    ):
        with pytest.raises(PluginError):
            plugin_kinds.enqueue(mam, "ears", kind, payload)
    assert Job.select().count() == 0


def test_a_job_that_was_cancelled_keeps_nothing(plugged: Plugged) -> None:
    # Given a job that is cancelled while it works
    def late(_config: Any, work: Work) -> None:
        Job.update(state="cancelled").where(Job.id == job_id).execute()
        work.add_tags("late")

    def connected(config: Any, work: Work) -> None:
        with leases.connected():
            late(config, work)

    mam = plugged(JobKind("late", connected))
    version = promoted(mam)
    job_id = plugin_kinds.enqueue(mam, "ears", "late", {}, version_id=version.id)
    # When it wants to write, then nothing is kept
    jobs.run(mam, job_id)
    assert (Job.get_by_id(job_id).state, Asset.get_by_id(version.asset_id).tags) == ("cancelled", [])
