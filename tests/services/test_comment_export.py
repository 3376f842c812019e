"""Notes for editing systems, read back by OpenTimelineIO and its adapters: to the frame, at every rate."""

from __future__ import annotations

import csv
import io
import re
from fractions import Fraction
from typing import Any

import opentimelineio as otio
import pytest
from comment_stage import Stage, make_stage, make_version
from defusedxml.ElementTree import fromstring

from mam.core import Mam
from mam.errors import NotFoundError, ValidationError
from mam.media import timecode
from mam.models import Version
from mam.services import comment_export, comments

RATES = (
    ("24000/1001", "01:00:00:00"),
    ("25/1", "09:59:58:12"),
    ("30000/1001", "00:00:58;20"),
    ("50/1", None),
)
NOTES: tuple[tuple[int | None, int | None, str], ...] = (
    (0, None, "Slate"), (40, 59, "Too dark | much <too> dark"), (40, None, "=cmd()"),
    (95, None, "Grün\tist\nanders"),
)  # fmt: skip
MARKED = [(0, 1), (40, 20), (95, 1)]  # two notes on one frame are one marker, as long as the longer


@pytest.fixture(params=RATES, ids=lambda one: one[0])
def stage(sqlite_box: Mam, request: pytest.FixtureRequest) -> Stage:
    rate, start = request.param
    found = make_stage(sqlite_box)
    media = {
        "frame_rate": rate, "start_timecode": start, "drop_frame": bool(start and ";" in start),
        "duration": 4.0, "width": 1280, "height": 720,
    }  # fmt: skip
    Version.update(media=media).where(Version.id == found.version_id).execute()
    for frame, last, body in NOTES:
        found.write(frame=frame, frame_out=last, body=body)
    return found


def export(stage: Stage, form: str, who: str = "editor", **more: Any) -> str:
    _, data, _ = comment_export.export(stage.mam, stage.people[who], stage.version_id, format=form, **more)
    return data.decode("utf-8-sig")


def rate_of(stage: Stage) -> tuple[Fraction, int, bool]:
    media: Any = Version.get_by_id(stage.version_id).media
    rate, start = Fraction(media["frame_rate"]), media["start_timecode"]
    return rate, timecode.parse(start, rate) if start else 0, bool(start and ";" in start)


def frames(time: Any, rate: Fraction) -> int:
    """A RationalTime in frames; it must be one to within a thousandth."""
    value = time.value / time.rate * float(rate)
    assert abs(value - round(value)) < 0.001
    return round(value)


def ranges(markers: Any, rate: Fraction, start: int) -> list[tuple[int, int]]:
    found = (
        (frames(one.marked_range.start_time, rate) - start, frames(one.marked_range.duration, rate))
        for one in markers
    )
    return sorted(found)


def test_otio_reads_what_we_write(stage: Stage) -> None:
    rate, start, _ = rate_of(stage)
    timeline = otio.adapters.read_from_string(export(stage, "otio"), "otio_json")
    clip = next(iter(timeline.find_clips()))
    assert frames(timeline.global_start_time, rate) == start
    assert ranges(clip.markers, rate, start) == MARKED
    assert "Too dark" in clip.markers[1].name
    assert "Editor: =cmd()" in clip.markers[1].name
    assert clip.markers[0].metadata["mam"]["author"] == "Editor"


def test_premiere_xml_is_read_by_its_adapter(stage: Stage) -> None:
    rate, start, drop = rate_of(stage)
    text = export(stage, "xmeml")
    timeline = otio.adapters.read_from_string(text, "fcp_xml")
    found = [
        (frames(one.marked_range.start_time, rate), max(1, frames(one.marked_range.duration, rate)))
        for one in timeline.tracks.markers
    ]
    assert found == MARKED
    assert timeline.tracks.markers[1].metadata["fcp_xml"]["comment"].startswith("Too dark | much <too> dark")
    assert f"<string>{timecode.label(start, rate, drop=drop)}</string>" in text
    assert f"<displayformat>{'DF' if drop else 'NDF'}</displayformat>" in text


def test_final_cut_xml_is_read_by_its_adapter(stage: Stage) -> None:
    rate, start, _ = rate_of(stage)
    text = export(stage, "fcpxml")
    # The adapter cuts 23.976 and 29.97 to whole rates and so loses frames: the times as they are written
    times = [
        (Fraction(one.get("start")[:-1]) * rate - start, Fraction(one.get("duration")[:-1]) * rate)
        for one in fromstring(text).iter("marker")
    ]
    assert times == MARKED
    clip = next(iter(otio.adapters.read_from_string(text, "fcpx_xml").find_clips()))
    assert [one.name for one in clip.markers][0::2] == ["Slate", "Grün\tist\nanders"]
    if rate.denominator == 1:
        assert ranges(clip.markers, rate, start) == MARKED


def test_resolves_edl_is_read_by_its_adapter(stage: Stage) -> None:
    rate, start, drop = rate_of(stage)
    text = export(stage, "edl")
    timeline = otio.adapters.read_from_string(text, "cmx_3600", rate=float(rate))
    clips = [clip for clip in timeline.find_clips() if clip.source_range.duration.value == 1]
    assert [frames(one.source_range.start_time, rate) - start for one in clips] == [one for one, _ in MARKED]
    said = re.findall(r"^ \|C:ResolveColor(\w+) \|M:(.*) \|D:(\d+)\r$", text, re.MULTILINE)
    assert [int(length) for _, _, length in said] == [length for _, length in MARKED]
    assert said[1][1].startswith("Editor: Too dark / much")
    assert ("FCM: DROP FRAME" in text) is drop


def test_avids_markers_stand_at_their_time_codes(stage: Stage) -> None:
    rate, start, _ = rate_of(stage)
    lines = [line.split("\t") for line in export(stage, "avid").splitlines()]
    assert [(timecode.parse(one[1], rate) - start, int(one[5])) for one in lines] == MARKED
    assert lines[2] == ["Editor", lines[2][1], "V1", "red", "Grün ist anders", "1"]


def test_csv_is_safe_for_spreadsheets(stage: Stage) -> None:
    """Promise H4: no cell is a formula."""
    rate, start, drop = rate_of(stage)
    rows = list(csv.DictReader(io.StringIO(export(stage, "csv"))))
    assert [(one["frame"], one["frame_out"]) for one in rows] == [
        ("0", ""), ("40", "59"), ("40", ""), ("95", ""),
    ]  # fmt: skip
    assert rows[3]["timecode"] == timecode.label(start + 95, rate, drop=drop)
    assert rows[2]["text"] == "'=cmd()"
    assert {one["author"] for one in rows} == {"Editor"}


def test_only_what_the_reader_may_see_and_asked_for(sqlite_box: Mam) -> None:
    stage = make_stage(sqlite_box)
    done = stage.write(frame=1, body="Done")
    stage.write(frame=2, body="Secret", internal=True)
    stage.write(body="All of it")
    comments.resolve_comment(stage.mam, stage.people["editor"], done["id"])
    for form in ("csv", "edl", "avid", "fcpxml", "xmeml", "otio"):
        text = export(stage, form, "viewer", state="open")
        assert [word in text for word in ("Done", "Secret", "All of it")] == [False, False, True], form
        assert "Secret" in export(stage, form)
    assert "[Whole clip] All of it" in export(stage, "avid")
    with pytest.raises(NotFoundError):
        export(stage, "csv", "stranger")


def test_what_has_no_frames_is_csv_only(sqlite_box: Mam) -> None:
    stage = make_stage(sqlite_box)
    stage.version_id = make_version(stage.asset_id, 2, {"frame_rate": None})
    stage.write(body="Hiss \x07")
    assert "Hiss" in export(stage, "csv")
    with pytest.raises(ValidationError):
        export(stage, "otio")


def test_control_characters_leave_xml_readable(sqlite_box: Mam) -> None:
    stage = make_stage(sqlite_box)
    stage.write(frame=0, body="Bell \x07 and \ufffe")
    for form, adapter in (("xmeml", "fcp_xml"), ("fcpxml", "fcpx_xml")):
        otio.adapters.read_from_string(export(stage, form), adapter)
