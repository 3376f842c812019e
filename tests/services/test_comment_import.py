"""Lists of markers become notes: at their frames or not at all, once, and in nobody else's name."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from comment_stage import Stage, make_stage, make_version

from mam.core import Mam
from mam.errors import ForbiddenError, NotFoundError, ValidationError
from mam.models import AuditEntry, Comment, Version
from mam.services import comment_export, comment_import, comments, import_undo

FILM = {
    "frame_rate": "25/1", "start_timecode": "01:00:00:00", "drop_frame": False, "duration": 40.0,
}  # fmt: skip
DROP = {
    "frame_rate": "30000/1001", "start_timecode": "00:00:58;20", "drop_frame": True, "duration": 100.1,
}  # fmt: skip


def staged(mam: Mam, media: dict[str, Any] | None = None) -> Stage:
    stage = make_stage(mam)
    Version.update(media=media or FILM).where(Version.id == stage.version_id).execute()
    return stage


def read(stage: Stage, data: str | bytes, who: str = "editor", **more: Any) -> dict[str, Any]:
    raw = data.encode() if isinstance(data, str) else data
    version_id = more.pop("version_id", stage.version_id)
    return comment_import.read_notes(stage.mam, stage.people[who], version_id, raw, **more)


def places(found: dict[str, Any]) -> list[tuple[int | None, int | None, str]]:
    return [(one["frame"], one["frame_out"], one["body"]) for one in found["notes"]]


def test_a_preview_writes_nothing_an_import_writes_once(box: Mam) -> None:
    # Given a table with two notes and a line that is none
    stage = staged(box)
    table = "timecode,text\n01:00:00:10,Too dark\n01:00:01:00,\n01:00:02:00,Too bright\n"
    # When it is looked at, nothing is written
    shown = read(stage, table, dry_run=True)
    assert (shown["new"], shown["unreadable"], shown["imported"]) == (2, 1, 0)
    assert shown["problems"] == [{"line": 3, "message": "It has no text."}]
    assert stage.list() == []
    # When it is imported twice, the second time finds all there
    assert read(stage, table)["imported"] == 2
    again = read(stage, table)
    assert (again["new"], again["there"], again["imported"]) == (0, 2, 0)
    # Then the notes are there once, and the log has one entry
    assert [(one["frame"], one["body"]) for one in stage.list()] == [(10, "Too dark"), (50, "Too bright")]
    entries = list(AuditEntry.select().where(AuditEntry.action == "comment.imported"))
    assert [one.data["notes"] for one in entries] == [2]


def test_our_own_table_comes_back_as_it_was(sqlite_box: Mam) -> None:
    # Given notes of every kind on one version, two of them on one frame
    stage = staged(sqlite_box)
    first = stage.write(frame=0, body="=cmd()")
    stage.write(frame=40, frame_out=59, body='Lines,\n"quotes"; and \tTabs')
    stage.write("reviewer", frame=40, body="'=quoted")
    stage.write(body="On the whole", internal=True)
    stage.write("reviewer", parent_id=first["id"], body="Done?")
    comments.resolve_comment(stage.mam, stage.people["editor"], first["id"])
    _, data, _ = comment_export.export(stage.mam, stage.people["editor"], stage.version_id, format="csv")
    # When their table is imported into another version
    other = make_version(stage.asset_id, 2, FILM)
    found = read(stage, data, version_id=other)
    # Then frames, ranges and words are the same; another's name stays as text
    assert (found["dialect"], found["imported"], found["unreadable"]) == ("MAM", 4, 0)
    notes = stage.list(version_id=other)
    assert [(one["frame"], one["frame_out"], one["body"], one["internal"]) for one in notes] == [
        (None, None, "On the whole", True), (0, None, "=cmd()", False),
        (40, 59, 'Lines,\n"quotes"; and \tTabs', False), (40, None, "From Reviewer: '=quoted", False),
    ]  # fmt: skip
    assert [bool(one["resolved_at"]) for one in notes] == [False, True, False, False]
    assert [one["body"] for one in notes[1]["replies"]] == ["Reviewer: Done?"]
    # And into the version that it came from nothing is added
    assert read(stage, data)["there"] == 4


@pytest.mark.parametrize("media", [FILM, DROP], ids=["25", "29.97 drop"])
@pytest.mark.parametrize("form", ["edl", "avid"])
def test_markers_come_back_to_their_frames(sqlite_box: Mam, media: dict[str, Any], form: str) -> None:
    stage = staged(sqlite_box, media)
    for frame, last, body in (
        (0, None, "Slate"),
        (39, 58, "A | bar"),
        (999, None, "End"),
        (None, None, "All"),
    ):
        stage.write(frame=frame, frame_out=last, body=body)
    _, data, _ = comment_export.export(stage.mam, stage.people["editor"], stage.version_id, format=form)
    other = make_version(stage.asset_id, 2, media)
    found = read(stage, data, version_id=other)
    assert [(frame, last) for frame, last, _ in places(found)] == [(0, None), (39, 58), (999, None)]
    assert found["unreadable"] == 0
    assert read(stage, data, version_id=other)["there"] == 3


def test_a_timeline_that_starts_elsewhere(sqlite_box: Mam) -> None:
    stage = staged(sqlite_box)
    table = "timecode;text\n00:00:01:00;Here\n"
    assert read(stage, table, dry_run=True)["new"] == 0
    found = read(stage, table, dry_run=True, start="00:00:00:00")
    assert [(one["frame"], one["timecode"]) for one in found["notes"]] == [(25, "00:00:01:00")]
    with pytest.raises(ValidationError, match="start: "):
        read(stage, table, start="25:00")


def test_who_may_import_what(sqlite_box: Mam) -> None:
    stage = staged(sqlite_box)
    table = "timecode,text,internal,author\n01:00:01:00,Ours,internal,Owner\n01:00:02:00,All,,Reviewer\n"
    # A reviewer brings in no internal note, and none of them becomes public
    found = read(stage, table, "reviewer")
    assert (found["imported"], found["unreadable"]) == (1, 1)
    assert [one["body"] for one in stage.list()] == ["All"]
    # An editor does; the owner's name stays text: nobody writes in another's name
    assert read(stage, table)["new"] == 1
    note = stage.list()[0]
    assert (note["author"]["display_name"], note["body"]) == ("Editor", "From Owner: Ours")
    with pytest.raises(ForbiddenError):
        read(stage, table, "viewer")
    with pytest.raises(NotFoundError):
        read(stage, table, "stranger")


def test_what_has_no_frames_takes_notes_on_the_whole(sqlite_box: Mam) -> None:
    stage = make_stage(sqlite_box)
    sound = make_version(stage.asset_id, 2, {"frame_rate": None})
    columns = ",".join(comment_export.COLUMNS)
    table = f"{columns}\n1,,,,,Editor,Hiss,,open,,,,\n2,,,3,,Editor,Frame,,open,,,,\n"
    found = read(stage, table, version_id=sound)
    assert places(found) == [(None, None, "Hiss")]
    assert found["first_timecode"] is None
    assert "no frames" in found["problems"][0]["message"]


def test_a_list_as_long_as_allowed_is_one_transaction(sqlite_box: Mam) -> None:
    stage = staged(sqlite_box)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("frame", "text"))
    writer.writerows((number % 1000, f"Note {number}") for number in range(10_000))
    found = read(stage, out.getvalue())
    assert (found["imported"], len(found["notes"])) == (10_000, 500)
    assert Comment.select().count() == 10_000
    assert read(stage, out.getvalue())["there"] == 10_000


@pytest.mark.parametrize(
    "media",
    [{"pages": 9}, {"audio_tracks": [{"codec": "pcm"}], "duration": 61.5}],
    ids=["pages", "sound"],
)
def test_notes_on_pages_and_on_sound_come_back(sqlite_box: Mam, media: dict[str, Any]) -> None:
    stage = make_stage(sqlite_box)
    first, second = (make_version(stage.asset_id, number, media) for number in (2, 3))
    for place in ({"frame": 0}, {"frame": 7}, {}):
        stage.write(version_id=first, body="Here", **place)
    data = comment_export.export(stage.mam, stage.people["editor"], first, format="csv")[1]
    found = read(stage, data, version_id=second)
    assert (found["imported"], found["unreadable"]) == (3, 0)
    assert [one["frame"] for one in stage.list(version_id=second)] == [None, 0, 7]
    beyond = data.replace(b",7,", b",70000000,")
    assert read(stage, beyond, version_id=second)["unreadable"] == 1


def test_an_import_is_taken_back_but_not_what_was_worked_with(box: Mam) -> None:
    # Given three imported notes, one with an answer that came along, and a note of before
    stage = staged(box)
    stage.write(frame=5, body="Before")
    table = "frame,text,replies\n1,One,Ana: yes\n2,Two,\n3,Three,\n"
    done = read(stage, table, who="reviewer")
    assert done["imported"] == 3
    # When somebody answered one of them, and the import is taken back by who made it
    two = next(note for note in stage.list() if note["body"] == "Two")
    stage.write("editor", parent_id=two["id"], body="On it")
    undo = {"import_id": done["import_id"]}
    found = import_undo.undo(box, stage.people["reviewer"], stage.version_id, **undo)
    # Then the others are gone with their answers, and the log says so
    assert found == {"removed": 2, "kept": 1}
    assert [note["body"] for note in stage.list()] == ["Two", "Before"]
    assert AuditEntry.select().where(AuditEntry.action == "comment.import_undone").count() == 1
    # And again changes nothing, and the same list may come in again
    assert import_undo.undo(box, stage.people["owner"], stage.version_id, **undo) == {"removed": 0, "kept": 1}
    again = read(stage, table)
    assert (again["imported"], again["there"]) == (2, 1)
    # And nobody takes back what somebody else brought in, unless they manage notes
    with pytest.raises(ForbiddenError):
        import_undo.undo(box, stage.people["reviewer"], stage.version_id, import_id=again["import_id"])
    with pytest.raises(NotFoundError):
        import_undo.undo(box, stage.people["stranger"], stage.version_id, import_id=again["import_id"])
