"""The versions of an asset as a stack: listed, current, taken out and put back; assets on each other."""

from __future__ import annotations

from typing import Any

import pytest
from comment_stage import Stage, make_stage, make_version

from mam.core import Mam
from mam.errors import ConflictError, ForbiddenError, NotFoundError, ValidationError
from mam.models import Asset, AuditEntry, Comment, Project, Version
from mam.services import assets, stacking, versions


def stack_of(mam: Mam, count: int = 3) -> tuple[Stage, list[str]]:
    """A stage with so many versions, the newest of them current; their ids, oldest first."""
    stage = make_stage(mam)
    ids = [stage.version_id, *(make_version(stage.asset_id, number) for number in range(2, count + 1))]
    Version.update(preview_status="ready").where(Version.asset == stage.asset_id).execute()
    Asset.update(current_version_id=ids[-1], status="ready").where(Asset.id == stage.asset_id).execute()
    return stage, ids


def numbers(stage: Stage, **more: Any) -> list[int]:
    found = versions.list_versions(stage.mam, stage.people["owner"], stage.asset_id, **more)
    return [one["number"] for one in found["items"]]


def test_a_stack_tells_of_each_version(box: Mam) -> None:
    stage, ids = stack_of(box)
    Version.update(created_by=stage.people["editor"].user_id).where(Version.id == ids[0]).execute()
    stage.write(frame=1)
    stage.write(frame=2, internal=True)
    versions.set_label(box, stage.people["editor"], ids[0], label="Director's cut")
    # What a viewer sees counts only what a viewer may read
    page = versions.list_versions(box, stage.people["viewer"], stage.asset_id, limit=2)
    assert [one["number"] for one in page["items"]] == [3, 2]
    assert page["items"][0]["current"]
    rest = versions.list_versions(box, stage.people["viewer"], stage.asset_id, cursor=page["next_cursor"])
    (first,) = rest["items"]
    assert (first["label"], first["uploader"]["display_name"]) == ("Director's cut", "Editor")
    assert first["notes"] == {"open": 1, "all": 1}
    own = versions.list_versions(box, stage.people["editor"], stage.asset_id)["items"][-1]
    assert own["notes"] == {"open": 2, "all": 2}


def test_an_older_version_is_made_current(sqlite_box: Mam) -> None:
    stage, ids = stack_of(sqlite_box)
    Version.update(preview_status="failed").where(Version.id == ids[0]).execute()
    assert versions.make_current(sqlite_box, stage.people["editor"], ids[0])["current"]
    # Then the asset shows it, with its status
    found = assets.get_asset(sqlite_box, stage.people["viewer"], stage.asset_id)
    assert (found["current_version_id"], found["status"]) == (ids[0], "failed")
    for who in ("reviewer", "viewer"):
        with pytest.raises(ForbiddenError):
            versions.make_current(sqlite_box, stage.people[who], ids[1])
    with pytest.raises(NotFoundError):
        versions.make_current(sqlite_box, stage.people["stranger"], ids[1])


def test_a_version_taken_out_stays_in_custody_and_comes_back(box: Mam) -> None:
    # Given three versions, the last one current and locked
    stage, ids = stack_of(box)
    Version.update(locked=True).where(Version.id == ids[2]).execute()
    before = Version.get_by_id(ids[2])
    # When the current one is taken out
    versions.remove(box, stage.people["editor"], ids[2])
    # Then the one before it is shown; row, master and lock are what they were (promise D1)
    found = assets.get_asset(box, stage.people["viewer"], stage.asset_id)
    assert found["current_version_id"] == ids[1]
    assert [one["number"] for one in found["versions"]] == [2, 1]
    after = Version.get_by_id(ids[2])
    assert (after.master_key, after.locked, after.sha256) == (before.master_key, True, before.sha256)
    assert (numbers(stage), numbers(stage, state="removed"), numbers(stage, state="all")) == (
        [2, 1], [3], [3, 2, 1],
    )  # fmt: skip
    # And it cannot be made current, or taken out twice
    with pytest.raises(ConflictError):
        versions.make_current(box, stage.people["editor"], ids[2])
    with pytest.raises(NotFoundError):
        versions.remove(box, stage.people["editor"], ids[2])
    # When it is put back, then it is there, and what is current stays so
    assert not versions.restore(box, stage.people["editor"], ids[2])["current"]
    assert numbers(stage) == [3, 2, 1]
    # And the last one of all cannot be taken out
    versions.remove(box, stage.people["editor"], ids[2])
    versions.remove(box, stage.people["editor"], ids[1])
    with pytest.raises(ConflictError) as refused:
        versions.remove(box, stage.people["editor"], ids[0])
    assert refused.value.error_code == "only_version"
    actions = [row.action for row in AuditEntry.select().where(AuditEntry.subject_id == ids[2])]
    assert actions == ["version.removed", "version.restored", "version.removed"]


def test_an_asset_is_stacked_and_taken_off_again(box: Mam) -> None:
    # Given an asset with two versions and another one with two, one of which has a note
    stage, ids = stack_of(box, 2)
    other = Asset.create(project=stage.project_id, title="Later cut", kind=None)
    theirs = [make_version(other.id, 1), make_version(other.id, 2)]
    Asset.update(current_version_id=theirs[1]).where(Asset.id == other.id).execute()
    note = Comment.create(asset=other.id, version=theirs[0], body="Theirs", frame=2)
    keys = {row.id: row.master_key for row in Version.select()}
    # When it is put onto the first
    owner = stage.people["owner"]
    moved = stacking.stack(box, owner, stage.asset_id, from_asset_id=other.id)
    # Then they are its next versions with their notes, and the other one is in the trash
    assert moved["version_ids"] == theirs
    found = assets.get_asset(box, owner, stage.asset_id)
    assert [(one["number"], one["id"]) for one in found["versions"]] == [
        (4, theirs[1]), (3, theirs[0]), (2, ids[1]), (1, ids[0]),
    ]  # fmt: skip
    assert found["current_version_id"] == theirs[1]
    assert Comment.get_by_id(note.id).asset_id == stage.asset_id
    with pytest.raises(NotFoundError):
        assets.get_asset(box, owner, other.id)
    # And no master was touched
    assert {row.id: row.master_key for row in Version.select()} == keys
    # When they are taken off again, then all is as it was
    back = stacking.unstack(box, owner, stage.asset_id, version_ids=theirs)
    assert back["asset_ids"] == [other.id]
    again = assets.get_asset(box, owner, other.id)
    assert [(one["number"], one["id"]) for one in again["versions"]] == [(2, theirs[1]), (1, theirs[0])]
    assert again["current_version_id"] == theirs[1]
    assert Comment.get_by_id(note.id).asset_id == other.id
    assert assets.get_asset(box, owner, stage.asset_id)["current_version_id"] == ids[1]
    # And a version that came from nowhere else gets an asset of its own
    alone = stacking.unstack(box, owner, stage.asset_id, version_ids=[ids[0]])
    assert assets.get_asset(box, owner, alone["asset_ids"][0])["title"] == "reel.mov"
    with pytest.raises(ConflictError):
        stacking.unstack(box, owner, stage.asset_id, version_ids=[ids[1]])


def test_what_does_not_fit_is_not_stacked(sqlite_box: Mam) -> None:
    stage, _ids = stack_of(sqlite_box, 1)
    Asset.update(kind="video").where(Asset.id == stage.asset_id).execute()
    owner = stage.people["owner"]
    picture = Asset.create(project=stage.project_id, title="Still", kind="image")
    make_version(picture.id)
    empty = Asset.create(project=stage.project_id, title="Empty")
    elsewhere = Asset.create(project=Project.create(name="Other"), title="Foreign")
    for wrong in (picture.id, empty.id, stage.asset_id):
        with pytest.raises(ValidationError):
            stacking.stack(sqlite_box, owner, stage.asset_id, from_asset_id=wrong)
    with pytest.raises(NotFoundError):
        stacking.stack(sqlite_box, owner, stage.asset_id, from_asset_id=elsewhere.id)
    with pytest.raises(ForbiddenError):
        stacking.stack(sqlite_box, stage.people["reviewer"], stage.asset_id, from_asset_id=picture.id)
    assert Version.select().where(Version.asset == picture.id).count() == 1
