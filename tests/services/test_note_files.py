"""Files of notes: which are taken, from whom, how they leave, when they go."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from comment_stage import Stage, make_stage, make_version

from mam.core import Mam
from mam.errors import (
    ConflictError,
    ForbiddenError,
    NotFoundError,
    TooLargeError,
    UploadIncompleteError,
    ValidationError,
)
from mam.models import AuditEntry, Comment, CommentFile, Version, database, now
from mam.services import attachments, carry, comments

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
PDF = b"%PDF-1.7\n%%EOF\n"


@pytest.fixture
def stage(box: Mam) -> Stage:
    return make_stage(box)


@pytest.fixture
def one(sqlite_box: Mam) -> Stage:
    return make_stage(sqlite_box)


def attach(stage: Stage, comment_id: str, data: bytes = PNG, who: str = "reviewer", **more: Any) -> Any:
    """As the web does it: the caller's thread holds no connection."""

    def body() -> Iterator[bytes]:
        for start in range(0, len(data), 16):
            yield data[start : start + 16]

    wanted = {"filename": "look.png", "size": len(data), "body": body(), **more}
    database.close()
    try:
        return attachments.add(stage.mam, stage.people[who], comment_id, **wanted)
    finally:
        database.connect()


def keys(stage: Stage) -> list[str]:
    return [info.key for info in stage.mam.storage.list("previews", "_notes/")]


def test_a_picture_hangs_on_its_note_until_it_is_removed(stage: Stage) -> None:
    # When a reviewer attaches a picture and a document to their note
    note = stage.write("reviewer")
    attach(stage, note["id"])
    second = attach(stage, note["id"], PDF, filename="../../Skiz\u00dfe \u202egpj.exe.pdf")
    # Then both are listed in their order, by what their bytes are and a name without tricks
    files = stage.list("viewer")[0]["files"]
    assert [(one["filename"], one["content_type"], one["size"]) for one in files] == [
        ("look.png", "image/png", len(PNG)),
        ("Skiz\u00dfe gpj.exe.pdf", "application/pdf", len(PDF)),
    ]
    assert files[0]["sha256"] == hashlib.sha256(PNG).hexdigest()
    # And they lie beside the previews, under ids, not among the masters
    assert keys(stage) == sorted(f"_notes/{stage.version_id}/{one['id']}" for one in files)
    assert list(stage.mam.storage.list("masters")) == []
    # And whoever sees the note is handed a signed address
    found = attachments.download(stage.mam, stage.people["viewer"], note["id"], second["id"])
    assert "/d/" in found.url
    # When one is removed its bytes are gone
    attachments.remove(stage.mam, stage.people["reviewer"], note["id"], second["id"])
    assert keys(stage) == [f"_notes/{stage.version_id}/{files[0]['id']}"]
    with pytest.raises(NotFoundError):
        attachments.download(stage.mam, stage.people["viewer"], note["id"], second["id"])
    actions = [row.action for row in AuditEntry.select().where(AuditEntry.subject_id == note["id"])]
    assert actions == ["comment.created", "comment.attached", "comment.attached", "comment.detached"]


def test_only_its_author_attaches_and_only_who_sees_the_note_has_the_file(stage: Stage) -> None:
    note = stage.write("editor", internal=True)
    file = attach(stage, note["id"], who="editor")
    for who, error in (("owner", ForbiddenError), ("reviewer", NotFoundError), ("stranger", NotFoundError)):
        with pytest.raises(error):
            attach(stage, note["id"], who=who)
    for who in ("reviewer", "viewer", "stranger"):
        with pytest.raises(NotFoundError):
            attachments.download(stage.mam, stage.people[who], note["id"], file["id"])
    # A file of another note is not found below this one
    other = stage.write("reviewer")
    with pytest.raises(NotFoundError):
        attachments.download(stage.mam, stage.people["reviewer"], other["id"], file["id"])
    with pytest.raises(NotFoundError):
        attachments.remove(stage.mam, stage.people["reviewer"], other["id"], file["id"])
    # Who manages notes may take it off
    attachments.remove(stage.mam, stage.people["owner"], note["id"], file["id"])
    assert keys(stage) == []


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"\0\0\0\x18ftypmp42" + b"\0" * 30, "film.mp4"),
        (b"MZ\x90\0" + b"\0" * 60, "setup.exe"),
        (b"<html><script>alert(1)</script></html>", "page.html"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "logo.svg"),
        (b"PK\x03\x04" + b"\0" * 60, "all.zip"),
        (b"#EXTM3U\nhttp://10.0.0.1/", "list.txt"),
        (b"no picture at all", "look.png"),
    ],
)
def test_other_kinds_of_files_are_refused(one: Stage, data: bytes, name: str) -> None:
    note = one.write("reviewer")
    with pytest.raises(ValidationError) as caught:
        attach(one, note["id"], data, filename=name)
    assert caught.value.errors[0].field == "file"
    assert (keys(one), CommentFile.select().count()) == ([], 0)


def test_size_number_and_length_are_held(one: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    note = one.write("reviewer")
    with pytest.raises(TooLargeError):
        attach(one, note["id"], size=attachments.LARGEST + 1)
    with pytest.raises(TooLargeError):
        attach(one, note["id"], size=len(PNG) - 1)
    with pytest.raises(UploadIncompleteError):
        attach(one, note["id"], size=len(PNG) + 1)
    monkeypatch.setattr(attachments, "MOST", 1)
    attach(one, note["id"])
    with pytest.raises(ConflictError):
        attach(one, note["id"])
    assert len(keys(one)) == 1


def test_a_note_goes_for_good_with_its_replies_and_files(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments, "_ORPHAN_AGE", timedelta(0))
    monkeypatch.setattr(attachments, "_SWEEP_SECONDS", 1)
    # Given two deleted notes with a file each, one of them deleted long ago, and one that is there
    notes = [stage.write("reviewer") for _ in range(3)]
    files = [attach(stage, note["id"]) for note in notes]
    stage.write("editor", parent_id=notes[0]["id"])
    for note in notes[:2]:
        comments.delete_comment(stage.mam, stage.people["reviewer"], note["id"])
    old = now() - attachments.KEPT - timedelta(minutes=1)
    Comment.update(deleted_at=old).where(Comment.id == notes[0]["id"]).execute()
    # When the box cleans up
    database.close()
    removed = attachments.sweep(stage.mam)
    database.connect()
    # Then the old one is gone with its reply and file; the other can be brought back with its own
    assert removed == 1
    assert {key.rpartition("/")[2] for key in keys(stage)} == {one["id"] for one in files[1:]}
    assert {row.id for row in Comment.select()} == {one["id"] for one in notes[1:]}
    back = comments.restore_comment(stage.mam, stage.people["reviewer"], notes[1]["id"])
    assert [one["id"] for one in back["files"]] == [files[1]["id"]]


def test_a_carried_note_has_its_files_and_drawing_and_the_bytes_lie_there_once(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments, "_ORPHAN_AGE", timedelta(0))
    monkeypatch.setattr(attachments, "_SWEEP_SECONDS", 1)
    # Given an open note with a drawing and a file, and an answer with another file
    pen = {"kind": "pen", "color": "red", "width": 0.006, "points": [[0, 1], [0.5, 0.25]]}
    drawing: dict[str, Any] = {"version": 1, "shapes": [pen]}
    film = {"frame_rate": "25", "duration": 10.0}
    Version.update(media=film).where(Version.id == stage.version_id).execute()
    note = stage.write("reviewer", frame=3, drawing=drawing)
    file = attach(stage, note["id"])
    reply = stage.write("editor", parent_id=note["id"], body="Like this?")
    attach(stage, reply["id"], PDF, who="editor", filename="plan.pdf")
    # When it is carried to the next version and from there to the one after
    versions = [stage.version_id, *(make_version(stage.asset_id, number, film) for number in (2, 3))]
    actor = stage.people["editor"]
    for before, after in pairwise(versions):
        carry.carry(stage.mam, actor, after, from_version_id=before, replies=True)
    # Then the last copy has all of it, and hands the file out
    (copy,) = stage.list(version_id=versions[2])
    assert [(one["filename"], one["sha256"]) for one in copy["files"]] == [("look.png", file["sha256"])]
    assert [one["filename"] for one in copy["replies"][0]["files"]] == ["plan.pdf"]
    assert copy["drawing"] == note["drawing"]
    found = attachments.download(stage.mam, stage.people["viewer"], copy["id"], copy["files"][0]["id"])
    assert "/d/" in found.url
    # And the bytes lie there once, also when the first note's file is removed and the box cleans up
    both = keys(stage)
    assert len(both) == 2
    attachments.remove(stage.mam, stage.people["reviewer"], note["id"], file["id"])
    database.close()
    assert attachments.sweep(stage.mam) == 0
    database.connect()
    assert keys(stage) == both
    # When the last of them is removed, then the bytes are gone
    for version in versions[1:]:
        (one,) = stage.list(version_id=version)
        attachments.remove(stage.mam, stage.people["reviewer"], one["id"], one["files"][0]["id"])
    assert len(keys(stage)) == 1
