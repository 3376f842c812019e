"""Batches: every operation as its single call, each item by itself, slices, the end of who asked, the end."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest
from comment_stage import Stage, make_stage

from mam.core import Mam
from mam.errors import ConflictError, NotFoundError, ValidationError
from mam.ids import new_id
from mam.models import (
    ApiKey,
    Asset,
    AuditEntry,
    Batch,
    BatchItem,
    CustomField,
    Event,
    Folder,
    Job,
    Project,
    User,
    now,
)
from mam.services import assets, batches, batches_run, job_admin, jobs
from mam.types import SYSTEM, Actor, KeyLimits


@pytest.fixture
def stage(box: Mam) -> Stage:
    """A project with one asset and somebody in each role."""
    return active_stage(box)


@pytest.fixture
def small(sqlite_box: Mam) -> Stage:
    """The same on one database."""
    return active_stage(sqlite_box)


def active_stage(mam: Mam) -> Stage:
    made = make_stage(mam)
    User.update(status="active").execute()
    return made


def add(stage: Stage, count: int) -> list[str]:
    return [Asset.create(project=stage.project_id, title=f"A{number}").id for number in range(count)]


def ask(
    stage: Stage, operation: str, items: list[dict[str, Any]], who: Actor | None = None, **options: Any
) -> str:
    actor = who or stage.people["editor"]
    made = batches.create(stage.mam, actor, operation=operation, items=items, options=options)
    assert (made["state"], made["counts"]["done"]) == ("queued", 0)
    return str(made["id"])


def job_of(batch_id: str) -> Job:
    return Job.get_by_id(Batch.get_by_id(batch_id).job_id)


def work(stage: Stage, batch_id: str) -> dict[str, Any]:
    """Run the batch's job until nothing of it is queued, as a worker would; how it is then."""
    while job_of(batch_id).state == "queued":
        jobs.run(stage.mam, job_of(batch_id).id)
    return batches.get(stage.mam, SYSTEM, batch_id)


def results(stage: Stage, batch_id: str) -> list[tuple[Any, ...]]:
    found = batches.items(stage.mam, SYSTEM, batch_id, limit=200)["items"]
    assert [one["index"] for one in found] == list(range(len(found)))
    return [(one["state"], one["changed"], one["error"] and one["error"]["code"]) for one in found]


def test_every_operation_does_what_its_single_call_does(stage: Stage) -> None:
    # Given assets of a project
    folder = Folder.create(project=stage.project_id, name="Day 1").id
    ids = add(stage, 3)
    named = [{"asset_id": one} for one in ids]
    row = lambda: Asset.get_by_id(ids[0])  # noqa: E731
    for operation, options, fits in (
        ("tag", {"tags": ["day"]}, lambda: row().tags == ["day"]),
        ("untag", {"tags": ["day"]}, lambda: row().tags == []),
        ("move", {"folder_id": folder}, lambda: row().folder_id == folder),
        ("move", {"folder_id": None}, lambda: row().folder_id is None),
        ("set_field", {"field": "scene", "value": "7"}, lambda: row().metadata == {"scene": "7"}),
        ("trash", {}, lambda: row().deleted_at is not None),
        ("restore", {}, lambda: row().deleted_at is None),
    ):
        # When a batch does it, then every item is done, and doing it again changes nothing
        ended = work(stage, ask(stage, operation, named, **options))
        assert (ended["state"], ended["counts"], ended["progress"]) == (
            "done", {"total": 3, "done": 3, "failed": 0}, 100.0,
        )  # fmt: skip
        assert fits(), operation
        if operation != "trash":
            again = ask(stage, operation, named, **options)
            work(stage, again)
            assert {one[1] for one in results(stage, again)} == {False}, operation
    # And assets are made, each with what holds for all and what is its own
    made = ask(
        stage,
        "create",
        [{"title": "B1", "tags": ["own"]}, {"title": "B2"}],
        project_id=stage.project_id,
        tags=["all"],
    )
    work(stage, made)
    found = batches.items(stage.mam, SYSTEM, made)["items"]
    assert [Asset.get_by_id(one["result_id"]).tags for one in found] == [["own"], ["all"]]
    # And the log names who asked, for each item
    entries = AuditEntry.select().where(
        AuditEntry.action == "asset.created", AuditEntry.subject_id == found[0]["result_id"]
    )
    assert [one.actor_id for one in entries] == [stage.people["editor"].user_id]


def test_previews_are_made_again_behind_everybody_elses(
    small: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given an asset with a file, and one without
    bare = add(small, 1)[0]
    named = [{"version_id": small.version_id}, {"asset_id": bare}]
    # When their previews are asked for again
    batch_id = ask(small, "transcode", named)
    work(small, batch_id)
    # Then the first has a job that waits for whatever is new, and the second is told why not
    assert results(small, batch_id) == [("done", True, None), ("failed", False, "no_version")]
    job = Job.get_by_id(batches.items(small.mam, SYSTEM, batch_id)["items"][0]["result_id"])
    assert (job.kind, job.version_id, job.priority, job.payload) == (
        "examine",
        small.version_id,
        -100,
        {"rank": -100},
    )
    assert batches_run.RANK < 0


def test_one_item_ends_nobody_elses(stage: Stage) -> None:
    """Promises G1, G2: what may not be seen is not found, what may not be done is refused, others go on."""
    mine = add(stage, 2)
    elsewhere = Asset.create(project=Project.create(name="Other"), title="X").id
    items = [{"asset_id": one} for one in (mine[0], elsewhere, new_id(), mine[1])]
    batch_id = ask(stage, "tag", items, tags=["x"])
    assert work(stage, batch_id)["counts"] == {"total": 4, "done": 2, "failed": 2}
    assert [one[2] for one in results(stage, batch_id)] == [None, "not_found", "not_found", None]
    refused = ask(stage, "tag", items[:1], who=stage.people["viewer"], tags=["y"])
    work(stage, refused)
    assert results(stage, refused) == [("failed", False, "forbidden")]
    # And the project hears once that it is over, of what was refused nobody but administrators
    told = [
        (one.project_id, one.type)
        for one in Event.select().where(Event.type == "batch.finished").order_by(Event.seq)
    ]
    assert told == [(stage.project_id, "batch.finished"), (None, "batch.finished")]


def test_what_does_not_fit_is_said_before_anything_is_done(small: Stage) -> None:
    asset_id = add(small, 1)[0]
    for operation, items, options, field in (
        ("tag", [{"asset_id": asset_id}], {}, "items.0.tags"),
        ("tag", [{"asset_id": asset_id, "title": "T"}], {"tags": ["x"]}, "items.0.title"),
        ("move", [{"asset_id": asset_id}], {}, "items.0.folder_id"),
        ("trash", [{"asset_id": asset_id}, {}], {}, "items.1.asset_id"),
        ("create", [{"title": "T"}], {}, "items.0.project_id"),
        ("transcode", [{}], {}, "items.0.version_id"),
        ("transcode", [{"asset_id": asset_id}], {"tags": ["x"]}, "options.tags"),
    ):
        with pytest.raises(ValidationError) as caught:
            batches.create(
                small.mam, small.people["editor"], operation=operation, items=items, options=options
            )
        assert caught.value.errors[0].field == field
    assert not Batch.select().exists()


def test_a_long_batch_steps_back_for_whatever_ranks_higher(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given slices so short that each is one item
    monkeypatch.setattr(batches_run, "SLICE_SECONDS", 0.0)
    ids = add(stage, 3)
    batch_id = ask(stage, "tag", [{"asset_id": one} for one in ids], tags=["x"])
    # When the job runs once, then one item is done and the job waits again, uncounted
    jobs.run(stage.mam, job_of(batch_id).id)
    assert (job_of(batch_id).state, job_of(batch_id).attempts) == ("queued", 0)
    assert batches.get(stage.mam, SYSTEM, batch_id)["state"] == "running"
    assert [one[0] for one in results(stage, batch_id)] == ["done", "waiting", "waiting"]
    # And in the end all are
    assert work(stage, batch_id)["counts"]["done"] == 3


def test_an_item_that_kills_its_worker_is_passed_over(small: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given an item over which the worker fails with an error that is none of ours
    ids = add(small, 3)
    real = assets.update_asset

    def fails(mam: Mam, actor: Actor, asset_id: str, **given: Any) -> Any:
        if asset_id == ids[1]:
            raise RuntimeError("poison")
        return real(mam, actor, asset_id, **given)

    monkeypatch.setattr(assets, "update_asset", fails)
    batch_id = ask(small, "tag", [{"asset_id": one} for one in ids], tags=["x"])
    # When it was tried as often as jobs are
    for _ in range(3):
        with pytest.raises(RuntimeError) if _ < 2 else nullcontext():
            jobs.run(small.mam, job_of(batch_id).id)
        Job.update(run_after=now()).where(Job.id == job_of(batch_id).id).execute()
    # Then it failed, and all others are done
    assert work(small, batch_id)["state"] == "done"
    assert results(small, batch_id) == [
        ("done", True, None),
        ("failed", False, "internal"),
        ("done", True, None),
    ]


def test_what_was_asked_in_a_name_ends_with_it(small: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is done for an account that was locked, nor for a key that was revoked meanwhile."""
    monkeypatch.setattr(batches_run, "SLICE_SECONDS", 0.0)
    editor = small.people["editor"]
    key = ApiKey.create(
        user=editor.user_id,
        name="K",
        prefix=new_id()[-10:],
        secret_hash="",
        scopes=["*"],
        expires_at=now() + timedelta(days=1),
    )
    by_key = Actor(editor.user_id, key=KeyLimits(key.id, frozenset({"*"})))
    named = [{"asset_id": one} for one in add(small, 2)]
    first, second = ask(small, "tag", named, tags=["x"]), ask(small, "tag", named, by_key, tags=["y"])
    for one in (first, second):
        jobs.run(small.mam, job_of(one).id)
    # A key sees what it asked for itself, nothing else of its owner's
    assert [one["id"] for one in batches.list_batches(small.mam, by_key)["items"]] == [second]
    with pytest.raises(NotFoundError):
        batches.get(small.mam, by_key, first)
    ApiKey.update(revoked_at=now()).where(ApiKey.id == key.id).execute()
    User.update(status="disabled").where(User.id == editor.user_id).execute()
    for one in (first, second):
        ended = work(small, one)
        assert (ended["state"], ended["error"]["code"]) == ("cancelled", "account_ended")
        assert [row[0] for row in results(small, one)] == ["done", "cancelled"]


def test_the_rest_of_a_stopped_batch_is_not_done(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches_run, "SLICE_SECONDS", 0.0)
    editor, owner = stage.people["editor"], stage.people["owner"]
    batch_id = ask(stage, "tag", [{"asset_id": one} for one in add(stage, 3)], tags=["x"])
    jobs.run(stage.mam, job_of(batch_id).id)
    # Nobody else stops it, or sees it
    for call in (batches.get, batches.items, batches.cancel):
        with pytest.raises(NotFoundError):
            call(stage.mam, owner, batch_id)
    ended = batches.cancel(stage.mam, editor, batch_id)
    assert (ended["state"], ended["counts"]["done"]) == ("cancelled", 1)
    assert batches.cancel(stage.mam, editor, batch_id) == ended
    assert [one[0] for one in results(stage, batch_id)] == ["done", "cancelled", "cancelled"]
    assert job_of(batch_id).state == "cancelled"
    # And an administrator can have it done after all
    job_admin.retry(stage.mam, SYSTEM, job_of(batch_id).id)
    assert work(stage, batch_id)["counts"]["done"] == 3
    with pytest.raises(ConflictError):
        batches.cancel(stage.mam, editor, batch_id)


def test_limits_and_forgetting(stage: Stage) -> None:
    asset_id = add(stage, 1)[0]
    made = [ask(stage, "tag", [{"asset_id": asset_id}], tags=["x"]) for _ in range(batches.MOST_OPEN)]
    with pytest.raises(ConflictError):
        ask(stage, "tag", [{"asset_id": asset_id}], tags=["x"])
    page = batches.list_batches(stage.mam, stage.people["editor"], limit=15)
    rest = batches.list_batches(stage.mam, stage.people["editor"], limit=15, cursor=page["next_cursor"])
    assert [one["id"] for one in page["items"] + rest["items"]] == made[::-1]
    # What was over 30 days ago is forgotten with its items
    work(stage, made[0])
    Batch.update(finished_at=now() - timedelta(days=31)).where(Batch.id == made[0]).execute()
    assert batches.sweep(stage.mam) == 1
    assert BatchItem.select().where(BatchItem.batch == made[0]).count() == 0
    assert Batch.select().count() == batches.MOST_OPEN - 1


UNDONE = [
    ("tag", {"tags": ["night", "old"]}),
    ("untag", {"tags": ["old", "never"]}),
    ("move", {"folder_id": "there"}),
    ("set_field", {"field": "scene", "value": "12"}),
    ("set_field", {"field": "scene", "value": None}),
    ("trash", {}),
]


@pytest.mark.parametrize(("operation", "options"), UNDONE)
def test_a_batch_is_taken_back_thing_by_thing(stage: Stage, operation: str, options: dict[str, Any]) -> None:
    # Given two assets that differ, one of which may have been so already
    folder = Folder.create(project=stage.project_id, name="There")
    CustomField.create(project=stage.project_id, key="scene", name="Scene", type="text")
    one, two = add(stage, 2)
    Asset.update(tags=["old"], metadata={"scene": "7"}).where(Asset.id == one).execute()
    Asset.update(folder=folder.id, tags=["day"]).where(Asset.id == two).execute()
    options = {**options, "folder_id": folder.id} if "folder_id" in options else options
    before = [looks(one), looks(two)]
    first = ask(stage, operation, [{"asset_id": one}, {"asset_id": two}, {"asset_id": new_id()}], **options)
    # When it runs, it cannot be taken back yet; when it is over it is
    with pytest.raises(ConflictError, match="not over"):
        batches.undo(stage.mam, stage.people["editor"], first)
    assert work(stage, first)["counts"]["failed"] == 1
    assert [looks(one), looks(two)] != before
    back = batches.undo(stage.mam, stage.people["editor"], first)
    done = work(stage, back["id"])
    # Then everything is as it was, only what was changed is touched, and it happens once
    assert [looks(one), looks(two)] == before
    assert done["counts"]["failed"] == 0
    assert done["counts"]["total"] == Batch.get_by_id(first).done - unchanged(first)
    assert batches.get(stage.mam, SYSTEM, first)["undone_by"] == back["id"]
    with pytest.raises(ConflictError, match="already"):
        batches.undo(stage.mam, stage.people["editor"], first)
    # And what was taken back can be done again
    again = batches.undo(stage.mam, stage.people["editor"], back["id"])
    work(stage, again["id"])
    assert [looks(one), looks(two)] != before


def test_what_was_made_goes_to_the_trash_and_what_changed_nothing_is_said(small: Stage) -> None:
    made = ask(small, "create", [{"title": "New"}], project_id=small.project_id)
    work(small, made)
    work(small, batches.undo(small.mam, small.people["editor"], made)["id"])
    assert Asset.get(Asset.title == "New").deleted_at is not None
    nothing = ask(small, "untag", [{"asset_id": add(small, 1)[0]}], tags=["never"])
    work(small, nothing)
    with pytest.raises(ConflictError, match="nothing"):
        batches.undo(small.mam, small.people["editor"], nothing)
    with pytest.raises(NotFoundError):
        batches.undo(small.mam, small.people["viewer"], made)


def looks(asset_id: str) -> tuple[Any, ...]:
    row = Asset.get_by_id(asset_id)
    return row.folder_id, row.tags, row.metadata, row.deleted_at is None


def unchanged(batch_id: str) -> int:
    done = (BatchItem.batch == batch_id) & (BatchItem.state == "done")
    return int(BatchItem.select().where(done & ~BatchItem.changed).count())
