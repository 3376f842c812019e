"""Notes on what has no frames: at a page of a document, at a moment of sound, on a still as a whole."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from comment_stage import Stage, make_stage, make_version

from mam.core import Mam
from mam.errors import ValidationError
from mam.media.labels import Labels, PageLabels, SoundLabels, places_of
from mam.services import comment_export
from mam.services.shapes import NO_MEDIA

PAGES = {**NO_MEDIA, "pages": 12}
SOUND = {**NO_MEDIA, "duration": 3661.5, "audio_tracks": [{"codec": "pcm_s24le"}]}
STILL = {**NO_MEDIA, "width": 5000, "height": 3000, "pages": 1}


def version_of(stage: Stage, media: dict[str, Any]) -> str:
    return make_version(stage.asset_id, 2, media)


@pytest.fixture
def stage(box: Mam) -> Stage:
    return make_stage(box)


@pytest.fixture
def one(sqlite_box: Mam) -> Stage:
    return make_stage(sqlite_box)


@pytest.mark.parametrize(
    ("media", "kind"),
    [
        ({"frame_rate": "25", "pages": 9}, Labels),
        ({"video": {"preview_rate": "24000/1001"}, "duration": 9.0, "audio_tracks": [{}]}, Labels),
        (PAGES, PageLabels),
        (SOUND, SoundLabels),
        (STILL, None),
        ({**SOUND, "duration": None}, None),
        (None, None),
    ],
)
def test_what_the_frames_of_a_note_are(media: dict[str, Any] | None, kind: type | None) -> None:
    found = places_of(media)
    assert (None if found is None else type(found)) is kind


def test_a_note_stands_at_a_page_and_is_listed_by_page(stage: Stage) -> None:
    # Given notes on a document's last page, its first one, and on the whole
    version = version_of(stage, PAGES)
    for frame in (11, 0, None):
        stage.write(version_id=version, frame=frame)
    # Then they come in the order of the pages, named as people do
    found = [(one["frame"], one["timecode"]) for one in stage.list(version_id=version)]
    assert found == [(None, None), (0, "Page 1"), (11, "Page 12")]
    # And so they are in the table
    _, data, _ = comment_export.export(stage.mam, stage.people["editor"], version, format="csv")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert [row["timecode"] for row in rows] == ["", "Page 1", "Page 12"]


def test_a_note_stands_at_a_moment_of_sound(stage: Stage) -> None:
    version = version_of(stage, SOUND)
    note = stage.write(version_id=version, frame=3_600_250, frame_out=3_661_499)
    assert (note["timecode"], note["timecode_out"]) == ("01:00:00.250", "01:01:01.499")


@pytest.mark.parametrize(
    ("media", "place", "field", "says"),
    [
        (PAGES, {"frame": 12}, "frame", "ends with Page 12: 11 at most"),
        (PAGES, {"frame": 3, "frame_out": 12}, "frame_out", "ends with Page 12"),
        (SOUND, {"frame": 3_661_500}, "frame", "ends with 01:01:01.499"),
        (STILL, {"frame": 0}, "frame", "has no frames"),
    ],
)
def test_a_place_that_is_not_there_is_refused(
    one: Stage, media: dict[str, Any], place: dict[str, int], field: str, says: str
) -> None:
    version = version_of(one, media)
    with pytest.raises(ValidationError, match=says) as refused:
        one.write(version_id=version, **place)
    assert refused.value.errors[0].field == field
    assert one.list(version_id=version) == []


def test_markers_are_for_what_has_frames(one: Stage) -> None:
    version = version_of(one, PAGES)
    one.write(version_id=version, frame=3)
    with pytest.raises(ValidationError, match="no frames to mark"):
        comment_export.export(one.mam, one.people["editor"], version, format="edl")
