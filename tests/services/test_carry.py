"""Open notes onto a later version: where they stand there, each once, and who may carry what."""

from __future__ import annotations

from typing import Any

import pytest
from comment_stage import Stage, make_stage, make_version

from mam.core import Mam
from mam.errors import ForbiddenError, NotFoundError, ValidationError
from mam.models import Asset, AuditEntry, Comment, Version
from mam.services import carry, comment_list, comments
from mam.services.shapes import Shape

FILM = {"frame_rate": "25", "duration": 10.0, "start_timecode": "01:00:00:00"}
FASTER = {"frame_rate": "30000/1001", "duration": 10.0, "start_timecode": "02:00:00:00"}
DRAWING: dict[str, Any] = {"version": 1, "width": 100, "height": 100, "items": []}


def stage_of(mam: Mam, later: dict[str, Any] | None = None) -> tuple[Stage, str]:
    """A stage whose version is ten seconds at 25, and a second version."""
    stage = make_stage(mam)
    Version.update(media=FILM).where(Version.id == stage.version_id).execute()
    return stage, make_version(stage.asset_id, 2, FILM if later is None else later)


def carried(stage: Stage, to: str, who: str = "editor", **more: Any) -> Shape:
    return carry.carry(stage.mam, stage.people[who], to, from_version_id=stage.version_id, **more)


def test_open_notes_go_along_with_all_they_are(box: Mam) -> None:
    # Given open notes at a frame, in a range and on the whole, one of them answered; and a resolved one
    stage, later = stage_of(box)
    at = stage.write("reviewer", frame=25, body="Grade this", drawing=None)
    stage.write("editor", body="Yes", parent_id=at["id"])
    stage.write(frame=50, frame_out=99, body="Slower")
    stage.write(body="Too long")
    done = stage.write(frame=3, body="Done")
    comments.resolve_comment(box, stage.people["editor"], done["id"])
    # When they are carried over with their replies
    found = carried(stage, later, replies=True)
    # Then each stands at its frame, by whoever wrote it on that day, and tells where it came from
    assert (len(found["carried"]), found["skipped"], found["unplaced"]) == (3, [], 0)
    listed = {note["body"]: note for note in stage.list(version_id=later)}
    assert set(listed) == {"Grade this", "Slower", "Too long"}
    note = listed["Grade this"]
    assert (note["frame"], note["timecode"]) == (25, "01:00:01:00")
    assert note["author"]["display_name"] == "Reviewer"
    assert note["created_at"] == at["created_at"]
    assert note["carried"]["number"] == 1
    assert (note["carried"]["version_id"], note["carried"]["timecode"]) == (stage.version_id, "01:00:01:00")
    assert [reply["body"] for reply in note["replies"]] == ["Yes"]
    assert (listed["Slower"]["frame"], listed["Slower"]["frame_out"]) == (50, 99)
    # And the old version keeps its own, untouched
    assert len(stage.list(version_id=stage.version_id)) == 4
    assert AuditEntry.select().where(AuditEntry.action == "comment.carried").count() == 1


def test_a_note_is_carried_once_also_over_several_versions(sqlite_box: Mam) -> None:
    # Given a note that was carried to the second version
    stage, second = stage_of(sqlite_box)
    first = stage.write(frame=1)
    assert len(carried(stage, second)["carried"]) == 1
    # When it is carried there again, then it is not
    assert carried(stage, second)["skipped"] == [{"comment_id": first["id"], "reason": "already_there"}]
    # When the third gets it from the second, then it gets it no more from the first, nor back again
    third = make_version(stage.asset_id, 3, FILM)
    actor = stage.people["editor"]
    assert len(carry.carry(sqlite_box, actor, third, from_version_id=second)["carried"]) == 1
    assert carried(stage, third)["carried"] == []
    assert carry.carry(sqlite_box, actor, stage.version_id, from_version_id=third)["carried"] == []
    assert stage.list(version_id=third)[0]["carried"]["number"] == 2
    # And when the copy was deleted, carrying it again brings it back, and it is still one
    (copy,) = stage.list(version_id=second)
    comments.delete_comment(sqlite_box, actor, copy["id"])
    assert carry.offer(sqlite_box, actor, second)["open"] == 1
    assert [one["id"] for one in carried(stage, second)["carried"]] == [copy["id"]]
    assert len(stage.list(version_id=second)) == 1


def test_at_another_rate_the_moment_counts_exactly(sqlite_box: Mam) -> None:
    stage, later = stage_of(sqlite_box, FASTER)
    for frame in (0, 1, 2, 3, 100, 248):
        stage.write(frame=frame)
    carried(stage, later)
    # The frame on screen in the middle of each: (n + 1/2) / 25 seconds, times 30000/1001
    assert [note["frame"] for note in stage.list(version_id=later)] == [0, 1, 2, 4, 120, 297]


def test_beyond_the_end_a_note_stands_on_the_whole_and_tells_its_place(sqlite_box: Mam) -> None:
    # Given a shorter version, a note beyond its end and a range that reaches beyond it
    track = {"frames": 100, "preview_rate": "25", "variable_rate": False}  # its sound goes on for longer
    stage, later = stage_of(sqlite_box, {**FILM, "duration": 4.4, "video": track})
    stage.write(frame=200, body="Gone")
    stage.write(frame=90, frame_out=140, body="Cut off")
    # When they are carried, then the range ends where the version does, and the note keeps its old timecode
    assert carried(stage, later)["unplaced"] == 1
    listed = {note["body"]: note for note in stage.list(version_id=later)}
    assert (listed["Gone"]["frame"], listed["Gone"]["carried"]["timecode"]) == (None, "01:00:08:00")
    assert (listed["Cut off"]["frame"], listed["Cut off"]["frame_out"]) == (90, 99)
    assert listed["Cut off"]["carried"]["frame_out"] == 140


def test_only_what_one_may_see_is_carried_and_named(sqlite_box: Mam) -> None:
    stage, later = stage_of(sqlite_box)
    secret = stage.write("editor", frame=5, internal=True)
    seen = stage.write("editor", frame=6)
    with pytest.raises(ForbiddenError):
        carried(stage, later, "viewer")
    with pytest.raises(NotFoundError):
        carried(stage, later, "stranger")
    with pytest.raises(NotFoundError):  # an internal note is not there for a reviewer
        carried(stage, later, "reviewer", comment_ids=[secret["id"]])
    assert [one["frame"] for one in carried(stage, later, "reviewer")["carried"]] == [6]
    assert [one["internal"] for one in carried(stage, later, comment_ids=[secret["id"]])["carried"]] == [True]
    assert seen["id"] not in {row.id for row in Comment.select().where(Comment.version == later)}


def test_versions_of_different_assets_do_not_mix(sqlite_box: Mam) -> None:
    """Promise G3."""
    stage, later = stage_of(sqlite_box)
    other = make_stage_beside(stage)
    with pytest.raises(NotFoundError):
        carry.carry(sqlite_box, stage.people["editor"], later, from_version_id=other)
    with pytest.raises(ValidationError):
        carried(stage, stage.version_id)


def make_stage_beside(stage: Stage) -> str:
    """A version of another asset of the same project."""
    return make_version(Asset.create(project=stage.project_id, title="Other").id, 1, FILM)


def test_the_page_is_offered_what_is_left(sqlite_box: Mam) -> None:
    stage, later = stage_of(sqlite_box)
    nothing = {"from_version_id": None, "number": None, "open": 0}
    assert carry.offer(sqlite_box, stage.people["viewer"], later) == nothing
    stage.write(frame=1)
    stage.write(frame=2, internal=True)
    assert carry.offer(sqlite_box, stage.people["viewer"], later)["open"] == 1
    told = carry.offer(sqlite_box, stage.people["editor"], later)
    assert told == {"from_version_id": stage.version_id, "number": 1, "open": 2}
    carried(stage, later)
    assert carry.offer(sqlite_box, stage.people["editor"], later) == nothing
    assert (
        comment_list.list_comments(sqlite_box, stage.people["viewer"], stage.asset_id, version_id=later)[
            "items"
        ][0]["frame"]
        == 1
    )
