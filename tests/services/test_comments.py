"""Notes: where they stand, who reads and changes them, what is found, what is told."""

from __future__ import annotations

from typing import Any

import pytest
from comment_stage import Stage, make_stage, make_version

from mam.core import Mam
from mam.errors import ConflictError, ForbiddenError, MamError, NotFoundError, ValidationError
from mam.ids import new_id
from mam.models import Asset, AuditEntry, Comment, Version
from mam.services import assets, comment_list, comments


@pytest.fixture
def stage(box: Mam) -> Stage:
    return make_stage(box)


@pytest.fixture
def one(sqlite_box: Mam) -> Stage:
    return make_stage(sqlite_box)


def test_notes_are_listed_by_frame_with_the_sources_time_code(stage: Stage) -> None:
    # Given notes at the first frame, over the drop of a minute, and on the whole
    for more in ({"frame": 40, "frame_out": 99}, {"frame": 0}, {}):
        note = stage.write(**more)
    stage.write("reviewer", parent_id=note["id"], body="Yes")
    # When they are listed
    found = stage.list()
    # Then in the order of their frames, each with its drop-frame label, frame 0 too
    places = [(one["frame"], one["timecode"], one["timecode_out"]) for one in found]
    assert places == [
        (None, None, None),
        (0, "00:00:58;20", None),
        (40, "00:01:00;02", "00:01:02;01"),
    ]
    # And replies hang below their note
    assert [one["body"] for one in found[0]["replies"]] == ["Yes"]
    assert found[0]["replies"][0]["author"]["display_name"] == "Reviewer"


def test_pages_go_on_where_the_one_before_ended(stage: Stage) -> None:
    for frame in (5, 5, None, 0, 7, 5):
        stage.write(frame=frame)
    seen: list[str] = []
    cursor = None
    while True:
        page = comment_list.list_comments(
            stage.mam, stage.people["viewer"], stage.asset_id, cursor=cursor, limit=2
        )
        seen += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [one["id"] for one in stage.list()]
    assert len(set(seen)) == 6


def test_internal_notes_exist_for_editors_and_owners_only(stage: Stage) -> None:
    # Given an internal note with a reply, and an internal reply below an open note
    secret = stage.write("editor", internal=True, body="The client must not see this")
    below = stage.write("owner", parent_id=secret["id"], body="Agreed")
    public = stage.write("reviewer", body="Too loud")
    aside = stage.write("editor", parent_id=public["id"], body="He is wrong", internal=True)
    # Then a reply is internal where its note is
    assert below["internal"]
    # And reviewers and viewers see none of it, by list, by id or by search
    for who in ("reviewer", "viewer"):
        assert [(one["id"], one["replies"]) for one in stage.list(who)] == [(public["id"], [])]
    for note in (secret, below, aside):
        with pytest.raises(NotFoundError):
            comments.resolve_comment(stage.mam, stage.people["reviewer"], note["id"])
    with pytest.raises(NotFoundError):
        stage.write("reviewer", parent_id=secret["id"])
    assert [len(one["replies"]) for one in stage.list("owner")] == [1, 1]
    for word, count in (("client", 0), ("wrong", 0), ("loud", 1)):
        assert len(assets.list_assets(stage.mam, stage.people["owner"], q=word)["items"]) == count
    # And a reviewer cannot write any
    with pytest.raises(ForbiddenError):
        stage.write("reviewer", internal=True)


def test_authors_change_their_own_and_editors_everybodys_state(stage: Stage) -> None:
    note = stage.write("reviewer", frame=3)
    mam, people = stage.mam, stage.people
    # An editor resolves and opens it, but does not put words into another's mouth
    resolved = comments.resolve_comment(mam, people["editor"], note["id"])
    assert resolved["resolved_by"]["display_name"] == "Editor"
    assert [one["id"] for one in stage.list(state="resolved")] == [note["id"]]
    assert stage.list(state="open") == []
    assert comments.unresolve_comment(mam, people["reviewer"], note["id"])["resolved_at"] is None
    with pytest.raises(ForbiddenError):
        comments.update_comment(mam, people["owner"], note["id"], {"body": "x"})
    # Its author edits it: the words are found anew, the edit is told
    edited = comments.update_comment(mam, people["reviewer"], note["id"], {"body": "Flicker", "frame_out": 9})
    assert (edited["body"], edited["frame_out"], edited["edited_at"] is not None) == ("Flicker", 9, True)
    assert len(assets.list_assets(mam, people["viewer"], q="flicker")["items"]) == 1
    # Another reviewer's right ends at their own notes
    other = stage.write("editor")
    for change in (comments.delete_comment, comments.resolve_comment):
        with pytest.raises(ForbiddenError):
            change(mam, people["reviewer"], other["id"])
        with pytest.raises(ForbiddenError):
            change(mam, people["viewer"], note["id"])
        with pytest.raises(NotFoundError):
            change(mam, people["stranger"], note["id"])


def test_a_deleted_note_is_gone_and_comes_back_with_its_replies(stage: Stage) -> None:
    note = stage.write("reviewer", body="Flicker")
    reply = stage.write("editor", parent_id=note["id"])
    comments.delete_comment(stage.mam, stage.people["reviewer"], note["id"])
    assert stage.list() == []
    assert assets.list_assets(stage.mam, stage.people["viewer"], q="flicker")["items"] == []
    for gone in (note, reply):
        with pytest.raises(NotFoundError):
            comments.delete_comment(stage.mam, stage.people["owner"], gone["id"])
    comments.restore_comment(stage.mam, stage.people["reviewer"], note["id"])
    assert [one["id"] for one in stage.list()[0]["replies"]] == [reply["id"]]
    actions = [row.action for row in AuditEntry.select().where(AuditEntry.subject_id == note["id"])]
    assert actions == ["comment.created", "comment.deleted", "comment.restored"]


def test_ids_of_elsewhere_do_not_exist(one: Stage) -> None:
    """Promise G3: a version of another asset, a parent of another version."""
    other = Asset.create(project=one.project_id, title="Reel 2")
    foreign = make_version(other.id)
    second = make_version(one.asset_id, 2)
    note = one.write()
    for more in (
        {"version_id": foreign},
        {"version_id": new_id()},
        {"parent_id": new_id()},
        {"parent_id": note["id"], "version_id": second},
    ):
        with pytest.raises(NotFoundError):
            one.write(**more)
    with pytest.raises(NotFoundError):
        one.list(version_id=foreign)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"frame_out": 3}, "frame_out"),
        ({"frame": 4, "frame_out": 3}, "frame_out"),
        ({"frame": 1, "drawing": {"version": 1, "shapes": []}}, "drawing.shapes"),
    ],
)
def test_odd_places_and_drawings_are_refused(one: Stage, more: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        one.write(**more)
    assert caught.value.errors[0].field == field
    assert one.list() == []


def test_threads_are_one_level_deep_and_replies_have_no_frame(one: Stage) -> None:
    note = one.write(frame=3)
    reply = one.write(parent_id=note["id"])
    for more in ({"parent_id": reply["id"]}, {"parent_id": note["id"], "frame": 4}):
        with pytest.raises(ValidationError):
            one.write(**more)
    with pytest.raises(ValidationError):
        comments.resolve_comment(one.mam, one.people["owner"], reply["id"])
    with pytest.raises(ValidationError):
        comments.update_comment(one.mam, one.people["editor"], reply["id"], {"frame": 4})


def test_a_sound_has_no_frames_and_what_was_not_examined_no_labels(one: Stage) -> None:
    sound = make_version(one.asset_id, 2, {"duration": 4.0, "frame_rate": None})
    with pytest.raises(ValidationError):
        one.write(version_id=sound, frame=3)
    assert one.write(version_id=sound)["frame"] is None
    Version.update(media=None).where(Version.id == one.version_id).execute()
    assert one.write(frame=3)["timecode"] is None


def test_there_are_limits(one: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comments, "MOST_REPLIES", 1)
    note = one.write()
    one.write(parent_id=note["id"])
    with pytest.raises(ConflictError):
        one.write(parent_id=note["id"])
    monkeypatch.setattr(comments, "MOST", 2)
    with pytest.raises(ConflictError):
        one.write()
    assert Comment.select().count() == 2


def test_a_note_made_internal_takes_its_replies_along(one: Stage) -> None:
    note = one.write()
    reply = one.write("reviewer", parent_id=note["id"])
    comments.update_comment(one.mam, one.people["editor"], note["id"], {"internal": True})
    assert one.list("reviewer") == []
    with pytest.raises(MamError):
        comments.update_comment(one.mam, one.people["reviewer"], reply["id"], {"body": "x"})
    opened = comments.update_comment(one.mam, one.people["editor"], note["id"], {"internal": False})
    assert opened["replies"][0]["internal"]  # what was hidden is not shown by that
