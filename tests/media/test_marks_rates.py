"""What we write for editing systems, read back by OpenTimelineIO's adapters: to the frame, at every rate.

Starts lie so that the clip runs over minutes that drop labels, over a tenth minute, and over midnight.
"""

from __future__ import annotations

import csv
import io
from fractions import Fraction
from typing import Any

import opentimelineio as otio
import pytest
from defusedxml.ElementTree import fromstring

from mam.media import timecode
from mam.media.labels import Labels
from mam.media.marks import Clip, Mark, avid, edl, fcpxml, reading, xmeml
from mam.media.marks import otio as ours
from mam.media.marks.film import Film

RATES = (
    (Fraction(24_000, 1001), False), (Fraction(24), False), (Fraction(25), False),
    (Fraction(30_000, 1001), True), (Fraction(30_000, 1001), False), (Fraction(30), False),
    (Fraction(48), False), (Fraction(50), False),
    (Fraction(60_000, 1001), True), (Fraction(60_000, 1001), False), (Fraction(60), False),
)  # fmt: skip
STARTS = ("00:00:00:00", "01:00:00:00", "00:00:58:20", "09:59:58:12", "23:58:59:00")
SECONDS = 130


def clip_of(rate: Fraction, start: str, *, drop: bool) -> Clip:
    label = start[:8] + ";" + start[9:] if drop else start
    labels = Labels(rate, timecode.parse(label, rate), drop)
    return Clip("Reel 1", "reel 1.mov", labels, round(SECONDS * rate), 1920, 1080)


def marks_of(clip: Clip) -> list[Mark]:
    """Points and ranges: the first frame and the last, and both sides of every minute's end."""
    last = clip.frames - 1
    minutes = [clip.labels.of(number)[:5] for number in range(clip.frames)]
    ends = [number for number in range(1, last) if minutes[number] != minutes[number - 1]]
    places = sorted({0, 1, 999, last, *ends, *(number - 1 for number in ends)})
    lengths = [(1, 8, 15)[index % 3] if frame + 20 < last else 1 for index, frame in enumerate(places)]
    return [
        Mark(frame, length, f"Note {frame}", "Ana", done=False)
        for frame, length in zip(places, lengths, strict=True)
    ]


@pytest.fixture(params=STARTS)
def start(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=RATES, ids=lambda one: f"{float(one[0]):.2f}{' drop' if one[1] else ''}")
def clip(request: pytest.FixtureRequest, start: str) -> Clip:
    rate, drop = request.param
    return clip_of(rate, start, drop=drop)


def frames(time: Any, rate: Fraction) -> int:
    """A RationalTime in frames; it must be one to within a thousandth."""
    value = time.value / time.rate * float(rate)
    assert abs(value - round(value)) < 0.001
    return round(value)


def said(marks: list[Mark]) -> list[tuple[int, int]]:
    return [(one.frame, one.length) for one in marks]


def test_otio(clip: Clip) -> None:
    marks, start = marks_of(clip), clip.labels.start
    timeline = otio.adapters.read_from_string(ours.write(clip, marks), "otio_json")
    found = next(iter(timeline.find_clips()))
    assert frames(timeline.global_start_time, clip.rate) == start
    assert said(marks) == [
        (frames(one.marked_range.start_time, clip.rate) - start, frames(one.marked_range.duration, clip.rate))
        for one in found.markers
    ]


def test_premiere_xml(clip: Clip) -> None:
    marks, text = marks_of(clip), xmeml.write(clip, marks_of(clip))
    timeline = otio.adapters.read_from_string(text, "fcp_xml")
    assert frames(timeline.global_start_time, clip.rate) == clip.labels.start
    assert said(marks) == [
        (frames(one.marked_range.start_time, clip.rate), max(1, frames(one.marked_range.duration, clip.rate)))
        for one in timeline.tracks.markers
    ]
    assert f"<string>{clip.labels.of(0)}</string>" in text
    assert f"<displayformat>{'DF' if clip.labels.drop else 'NDF'}</displayformat>" in text


def test_final_cut_xml(clip: Clip) -> None:
    marks, text, start = marks_of(clip), fcpxml.write(clip, marks_of(clip)), clip.labels.start
    # Final Cut takes times as exact fractions, whole frames each
    times = [
        (Fraction(one.get("start")[:-1]) * clip.rate - start, Fraction(one.get("duration")[:-1]) * clip.rate)
        for one in fromstring(text).iter("marker")
    ]
    assert times == said(marks)
    # The adapter counts whole rates only, and cuts a binary fraction: 29/25 s at 25 is frame 28 to it
    if clip.rate.denominator == 1:
        found = next(iter(otio.adapters.read_from_string(text, "fcpx_xml").find_clips()))
        rate = float(clip.rate)
        assert [one.marked_range.start_time.value for one in found.markers] == [
            int((start + one.frame) / rate * rate) for one in marks
        ]


def test_resolves_edl(clip: Clip) -> None:
    marks, text = marks_of(clip), edl.write(clip, marks_of(clip))
    timeline = otio.adapters.read_from_string(text, "cmx_3600", rate=float(clip.rate))
    # The event of a day's last frame ends at 00:00:00:00, before it began, to the adapter
    events = [one for one in timeline.find_clips() if one.source_range.duration.value <= 1]
    day = timecode.counting(clip.rate, drop=clip.labels.drop).per_day
    places = [frames(one.source_range.start_time, clip.rate) for one in events]
    assert [(one - clip.labels.start) % day for one in places] == [one.frame for one in marks]


@pytest.mark.parametrize("form", ["edl", "avid", "csv"])
def test_our_own_readers(clip: Clip, form: str) -> None:
    marks, film = marks_of(clip), Film(clip.labels, clip.frames, clip.labels.start)
    table = io.StringIO()
    csv.writer(table).writerows([("timecode", "out", "text"), *(_row(clip, one) for one in marks)])
    text = {"edl": edl.write, "avid": avid.write}[form](clip, marks) if form != "csv" else table.getvalue()
    found = reading.read(text.encode(), "auto", film)
    assert not found.troubles
    assert said(marks) == [
        (one.frame, 1 if one.last is None else one.last - one.frame + 1) for one in found.spots
    ]


def _row(clip: Clip, mark: Mark) -> tuple[str, str, str]:
    return clip.labels.of(mark.frame), clip.labels.of(mark.frame + mark.length - 1), mark.text
