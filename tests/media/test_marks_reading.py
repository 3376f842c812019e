"""Lists of markers as other programs write them: at their frames, or a reason why not."""

from __future__ import annotations

from fractions import Fraction

import pytest

from mam.errors import ValidationError
from mam.media import timecode
from mam.media.labels import Labels
from mam.media.marks import Clip, Mark, avid, cells, edl, reading
from mam.media.marks.film import Film, MarkError
from mam.media.marks.spots import Found


def film(start: str = "01:00:00:00", rate: Fraction = Fraction(25), frames: int | None = 1000) -> Film:
    first = timecode.parse(start, rate)
    return Film(Labels(rate, first, ";" in start), frames, first)


DROP = film("00:00:58;20", Fraction(30_000, 1001), 3000)


def read(data: str | bytes, on: Film | None = None, form: str = "auto") -> Found:
    return reading.read(data.encode() if isinstance(data, str) else data, form, on or film())


def places(found: Found) -> list[tuple[int | None, int | None, str]]:
    return [(one.frame, one.last, one.text) for one in found.spots]


def test_frame_io() -> None:
    table = (
        "Team,Project,File Name,Version,Commenter,Comment ID,Comment,Reply,Commented At,Completed,Frame,"
        "Timecode,Timecode In,Timecode Out\r\n"
        'A,P,reel.mov,1,Ana,1,"Too\r\ndark",,2026-01-01,FALSE,40,00:00:01:15,00:00:01:15,00:00:02:00\r\n'
        "A,P,reel.mov,1,Ben,2,Done,,2026-01-01,TRUE,100,01:00:04:00,01:00:04:00,\r\n"
        "A,P,reel.mov,1,Ben,3,Odd,,2026-01-01,TRUE,7,01:00:04:00,,\r\n"
    )
    found = read(table)
    assert found.dialect == "Frame.io"
    assert places(found) == [(40, 50, "Too\ndark"), (100, None, "Done")]
    assert [(one.author, one.done) for one in found.spots] == [("Ana", False), ("Ben", True)]
    assert found.troubles[0].line == 5
    assert "leave one of the two out" in found.troubles[0].message


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig", "utf-32"])
def test_premiere_writes_utf_16(encoding: str) -> None:
    # Given tabs, semicolons all through, an out that is one frame further, a frame that drops out
    table = (
        "Marker Name\tDescription\tIn\tOut\tDuration\tMarker Type\t\n"
        "\tGrün 🎬\t00;00;58;20\t00;00;58;20\t00;00;00;00\tComment\t\n"
        "Title\tWrong name\t00;01;00;02\t00;01;00;12\t00;00;00;10\tComment\t\n"
        "Marker 3\tGone\t00;01;00;00\t00;01;00;00\t00;00;00;00\tComment\t\n"
    )
    found = read(table.encode(encoding), DROP)
    assert found.dialect == "Premiere"
    assert places(found) == [(0, None, "Grün 🎬"), (40, 49, "Title\nWrong name")]
    assert [one.line for one in found.troubles] == [4]


def test_resolves_edit_index() -> None:
    table = (
        '"#","Reel","Match","V","C","Dur","Source In","Source Out","Record In","Record Out","Name",'
        '"Color","Notes"\n'
        '"1","","","V1","","00:00:00:01","","","01:00:01:00","01:00:01:01","Marker 1","Blue","Too dark"\n'
        '"2","","","V1","","00:00:00:10","","","01:00:02:00","01:00:02:10","Sky","Red","Replace it"\n'
    )
    found = read(table)
    assert found.dialect == "Resolve"
    assert places(found) == [(25, None, "Too dark"), (50, 59, "Sky\nReplace it")]


def test_a_table_with_other_words_and_semicolons() -> None:
    found = read("tc;Name;End\n01:00:01:00;Here;01:00:02:00\n01:00:03:00;Back;01:00:01:00\n")
    assert (found.dialect, places(found)) == ("CSV", [(25, 50, "Here")])
    assert found.troubles[0].message == "It ends before it begins."


def test_an_edl_with_notes_before_the_bar_and_locators() -> None:
    found = read(
        "TITLE: Reel\r\nFCM: NON-DROP FRAME\r\n\r\n"
        "001  001      V     C        01:00:01:00 01:00:01:01 01:00:01:00 01:00:01:01  \r\n"
        "Too dark,\r\nagain |C:ResolveColorYellow |M:Marker 1 |D:10\r\n\r\n"
        "002  A001     V     C        09:14:03:04 09:14:14:10 01:00:02:00 01:00:10:00\r\n"
        "* FROM CLIP NAME: A001C002.mov\r\n"
        "* LOC: 01:00:03:05 RED     FIX THE FLASH\r\n"
        "* LOC: 00:59:59:24 BLUE    before\r\n"
        "* LOC: 01:00:40:00 BLUE    after\r\n"
        "* LOC: 01:00:05:25 BLUE    no such frame\r\n"
        "* LOC: 01:00:05:00 BLUE\r\n"
    )
    assert found.dialect == "EDL"
    assert places(found) == [(25, 34, "Too dark,\nagain"), (80, None, "FIX THE FLASH")]
    said = {one.line: one.message for one in found.troubles}
    assert said[11] == "00:59:59:24 is before the first frame, 01:00:00:00."
    assert said[12] == "01:00:40:00 is after the last frame, 01:00:39:24."
    assert "no such frame" in said[13]
    assert said[14] == "It has no text."


def test_lines_are_counted_from_the_files_first() -> None:
    found = read("\r\n\r\ntimecode,text\r\n01:00:00:01,Here\r\n")
    assert [(one.line, one.frame) for one in found.spots] == [(4, 1)]


def test_a_marker_without_an_event_stands_nowhere() -> None:
    found = read(" |C:ResolveColorBlue |M:Where? |D:1\n")
    assert "no event" in found.troubles[0].message


def test_counting_otherwise_is_reported_not_moved() -> None:
    marker = (
        "1  001  V  C  00:01:10:00 00:01:10:01 00:01:10:00 00:01:10:01\n |C:ResolveColorRed |M:Here |D:1\n"
    )
    assert places(read(f"FCM: DROP FRAME\n{marker}", DROP)) == [(338, None, "Here")]
    other = read(f"FCM: NON-DROP FRAME\n{marker}", DROP)
    assert other.troubles[0].message.endswith("counts non-drop; this version counts drop-frame.")
    assert len(read("timecode,text\n01:00:01;00,x\n").troubles) == 1


def test_a_timeline_that_starts_elsewhere() -> None:
    table = "timecode;text\n00:00:01:00;Here\n"
    assert read(table).troubles[0].message.startswith("00:00:01:00 is before the first frame")
    other = Film(Labels(Fraction(25), 90_000), 1000, 0)
    assert places(read(table, other)) == [(25, None, "Here")]


def test_past_midnight() -> None:
    assert places(read("timecode,text\n00:00:01:00,Next day\n", film("23:59:50:00"))) == [
        (275, None, "Next day")
    ]


def test_a_version_without_frames() -> None:
    with pytest.raises(MarkError, match="no frames"):
        Film(None, None, 0).frame("01:00:00:00")


@pytest.mark.parametrize("start", ["01:00:00:00", "00:00:58;20", "23:59:59:12"])
def test_what_we_write_is_read_back(start: str) -> None:
    on = film(start, Fraction(30_000, 1001) if ";" in start else Fraction(25))
    assert on.labels is not None
    marks = [
        Mark(frame, length, "A | bar", "Ana", done=False) for frame, length in ((0, 1), (39, 20), (999, 1))
    ]
    clip = Clip("Reel", "reel.mov", on.labels, 1000, 16, 9)
    for write in (edl.write, avid.write):
        found = read(write(clip, marks), on)
        assert [(one.frame, one.last) for one in found.spots] == [(0, None), (39, 58), (999, None)]
        assert not found.troubles


def test_our_word_for_the_whole_clip() -> None:
    found = read("Ana\t01:00:00:00\tV1\tred\t[Whole clip] All of it\t1\n")
    assert places(found) == [(None, None, "All of it")]
    clip = Clip("Reel", "reel.mov", Labels(Fraction(25), 90_000), 1000, 16, 9)
    marks = [Mark(0, 1, "[Whole clip] All of it", "Ana", done=False)]
    assert places(read(edl.write(clip, marks))) == [(None, None, "Ana: All of it")]
    # Beside a note on the first frame it is one marker with that, and stays there
    marks.insert(0, Mark(0, 1, "Slate", "Ben", done=False))
    assert places(read(edl.write(clip, marks)))[0][0] == 0
    assert places(read(avid.write(clip, marks)))[0][0] == 0


@pytest.mark.parametrize("text", ["=cmd()", "'=cmd()", "''- x", "'tis", "-1", "a=b", " +x", "@x", "'"])
def test_cells_come_back_and_are_no_formulas(text: str) -> None:
    cell = cells.quoted(text)
    assert cells.unquoted(cell) == text
    assert cell.strip()[:1] not in set("=+-@")


HOSTILE = {
    "nothing": b"",
    "spaces": b" \n\n",
    "a picture": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "half UTF-16": b"\xff\xfeT\0i",
    "surrogates": b"\xff\xfe\x00\xd8\x00\xd8",
    "no columns": b"a,b,c\n1,2,3\n",
    "headings only": b"timecode,text\n",
    "an open quote": b'timecode,text\n01:00:00:00,"' + b"x" * 200_000,
    "NULs": b"timecode,text\n\0,\0\n",
    "no markers": b"TITLE: x\nFCM: NON-DROP FRAME\n",
    "too large": b"timecode,text\n" + b"x" * (4 << 20),
    "too many": b"timecode,text\n" + b"01:00:00:00,x\n" * 10_001,
    "too many columns": b"a," * 100_000 + b"timecode,text\n",
    "blank lines": b"\n" * 100_000 + b"x\n",
    "broken": b"timecode,text\n\x81\x8d\x9d,\xff\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_get_one_sentence(name: str) -> None:
    with pytest.raises(ValidationError) as refused:
        read(HOSTILE[name])
    assert [one.field for one in refused.value.errors] == ["file"]
    assert len(str(refused.value)) < 250
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "line",
    [
        "01:00:00:00," + "x" * 10_001, "99:00:00:00,x", "01:60:00:00,x", "01:00:00:99,x", "-1,x", "1e9,x",
        "\u0660\u0661:\u0660\u0660:\u0660\u0660:\u0660\u0660,x", "01:00:00:00:00,x", "99999999999999999999,x",
    ],
)  # fmt: skip
def test_hostile_lines_are_named(line: str) -> None:
    found = read(f"timecode,text\n{line}\n")
    assert [one.line for one in found.troubles] == [2]
    assert len(found.troubles[0].message) < 150
