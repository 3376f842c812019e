"""Notes as a PDF: all words of every note are on its pages, whatever their script; stills lie beside them."""

from __future__ import annotations

import json
import subprocess
import unicodedata
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from comment_stage import Stage, make_stage
from stills_bench import DRAWN, ready

from mam.core import Mam
from mam.errors import NotFoundError, RateLimitedError, ValidationError
from mam.models import Asset, Comment
from mam.services import comment_export, comment_pdf, comments
from mam.types import SYSTEM


def exported(stage: Stage, who: str = "editor", **more: Any) -> bytes:
    wanted = {"format": "pdf", **more}
    return comment_export.export(stage.mam, stage.people[who], stage.version_id, **wanted)[1]


def texts(data: bytes) -> list[str]:
    """The words of each page."""
    document = pypdfium2.PdfDocument(data)
    return [page.get_textpage().get_text_range() for page in document]


def pictures(data: bytes) -> int:
    return sum(1 for page in pypdfium2.PdfDocument(data) for one in page.get_objects() if one.type == 3)


def test_words_of_every_script_and_length(sqlite_box: Mam) -> None:
    # Given notes in many scripts, one as long as a note may be, one that looks like markup
    stage = make_stage(sqlite_box)
    Asset.update(title="Été — مرحبا 試写 🎬").where(Asset.id == stage.asset_id).execute()
    first = stage.write(frame=0, frame_out=24, body="Grün & <b>fett</b> Привет Ελληνικά")
    others = (
        "مرحبا بالعالم",
        "試写室です 한국어",
        "🎬👍🏽 👨\u200d👩\u200d👧",
        "long " * 1999 + "end!",
        "x" * 10_000,
    )
    for number, body in enumerate(others, 1):
        stage.write(frame=number, body=body)
    stage.write(body="On the whole\n\tindented", internal=True)
    stage.write("reviewer", parent_id=first["id"], body="Antwort: ja")
    comments.resolve_comment(stage.mam, stage.people["editor"], first["id"])
    # When they are taken away
    pages = texts(exported(stage))
    # Then the title says what they are, and every note is there
    assert "Rushes" in pages[0]
    assert "7: 6 open, 1 resolved" in pages[0]
    assert "00:00:58;20" in pages[0]
    said = "\n".join(pages[1:])
    for words in ("Grün & <b>fett</b> Привет Ελληνικά", "end!", "試写室です", "한국어", "Antwort: ja"):
        assert words in said, words
    assert "00:00:58;20 - 00:00:59;14" in said
    assert "Resolved by Editor" in said
    assert ":clapper board:" in said
    assert said.replace("\r\n", "").replace("\n", "").count("x") > 9_900
    assert "Internal" in said
    # And somebody who sees no internal notes gets none
    assert "On the whole" not in "".join(texts(exported(stage, "viewer")))
    with pytest.raises(NotFoundError):
        exported(stage, "stranger")


def test_right_to_left_text_is_shaped_ordered_and_stands_on_the_right(sqlite_box: Mam) -> None:
    # Given a note in Hebrew, longer than a line, with a Latin name in brackets, and one in Arabic
    stage = make_stage(sqlite_box)
    hebrew = "\u05d4\u05e6\u05d1\u05e2 \u05db\u05d4\u05d4 \u05de\u05d3\u05d9 (A001) " * 12
    arabic = "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645 12"
    stage.write(frame=0, body=hebrew.strip())
    stage.write(frame=1, body=arabic)
    # When they are taken away
    data = exported(stage)
    page = pypdfium2.PdfDocument(data)[1]
    # Then a reader finds the words as they were written
    said = unicodedata.normalize("NFKC", " ".join(page.get_textpage().get_text_range().split()))
    assert said.count("\u05db\u05d4\u05d4 \u05de\u05d3\u05d9") >= 8
    assert "\u0645\u0631\u062d\u0628\u0627" in said
    # And on the page its lines end at the right margin, several of them, with the rest of the last one empty
    found = [one for one in page.get_objects() if one.type == 1]
    right = [one.get_bounds()[2] for one in found]
    assert max(right) <= page.get_width() - 18 * 72 / 25.4
    assert sum(edge > page.get_width() - 24 * 72 / 25.4 for edge in right) >= 3


def test_chosen_notes_only(sqlite_box: Mam) -> None:
    stage = make_stage(sqlite_box)
    notes = [stage.write(frame=number, body=f"Number {number}") for number in range(3)]
    data = exported(stage, format="json", ids=[notes[0]["id"], notes[2]["id"]])
    assert [one["body"] for one in json.loads(data)["notes"]] == ["Number 0", "Number 2"]
    comments.resolve_comment(stage.mam, stage.people["editor"], notes[1]["id"])
    with pytest.raises(NotFoundError):
        exported(stage, format="json", ids=[notes[1]["id"]], state="open")


def test_json_has_all_there_is(sqlite_box: Mam) -> None:
    stage = make_stage(sqlite_box)
    note = stage.write(frame=40, frame_out=59, body="Grün", drawing=DRAWN)
    stage.write("reviewer", parent_id=note["id"], body="Yes")
    found = json.loads(exported(stage, format="json"))
    assert found["format"] == "mam.notes.1"
    assert found["version"]["frame_rate"] == "30000/1001"
    assert (found["version"]["start_timecode"], found["version"]["drop_frame"]) == ("00:00:58;20", True)
    one = found["notes"][0]
    assert (one["frame"], one["frame_out"], one["timecode"]) == (40, 59, "00:01:00;02")
    assert one["drawing"]["shapes"] == note["drawing"]["shapes"]
    assert [reply["body"] for reply in one["replies"]] == ["Yes"]


def test_more_notes_than_a_pdf_holds_are_refused(sqlite_box: Mam) -> None:
    stage = make_stage(sqlite_box)
    rows = [
        {"asset": stage.asset_id, "version": stage.version_id, "body": f"Note {number}"}
        for number in range(comment_pdf.MOST + 1)
    ]
    Comment.insert_many([{**row, "id": f"{number:032x}"} for number, row in enumerate(rows)]).execute()
    with pytest.raises(ValidationError, match="choose fewer"):
        exported(stage)
    assert exported(stage, format="csv").count(b"Note ") == comment_pdf.MOST + 1


def test_more_than_memory_is_for_is_refused(sqlite_box: Mam, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = make_stage(sqlite_box)
    stage.write(frame=0, body="x" * 600, drawing=DRAWN)
    stage.write(frame=0, body="x" * 600)
    monkeypatch.setattr(comment_export, "LARGEST", 1250)
    assert exported(stage, format="csv").count(b"xxx")
    with pytest.raises(ValidationError, match="choose fewer"):
        exported(stage, format="json")  # which has the drawing too


def test_two_at_a_time(sqlite_box: Mam) -> None:
    stage = make_stage(sqlite_box)
    with comment_pdf.BUSY, comment_pdf.BUSY, pytest.raises(RateLimitedError):
        exported(stage)
    assert texts(exported(stage))[0].count("No notes.") == 1


def test_stills_lie_beside_their_notes(sqlite_box: Mam, tmp_path: Path) -> None:
    # Given a real film with a preview, and notes on it with and without a place
    film = tmp_path / "greys.mp4"
    source = "testsrc2=s=320x180:r=25:d=2"
    command = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", source, "-c:v", "libx264", str(film)]
    subprocess.run(command, check=True, timeout=60)
    version = ready(sqlite_box, film.read_bytes(), film.name)
    for more in ({"frame": 0, "drawing": DRAWN}, {"frame": 30, "frame_out": 40}, {}, {"frame": 40_000}):
        wanted = {"version_id": version.id, "body": "Here", **more}
        comments.create_comment(sqlite_box, SYSTEM, version.asset_id, **wanted)
    # When they are taken away, two have pictures; the first page says that one has none
    data = comment_export.export(sqlite_box, SYSTEM, version.id, format="pdf")[1]
    assert pictures(data) == 2
    assert "2 of 3 notes with a place" in texts(data)[0].replace("\r\n", " ")
