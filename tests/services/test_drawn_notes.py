"""Notes with drawings: which may have one, and that one is kept as it came on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from comment_stage import make_stage, make_version

from mam.core import Mam
from mam.errors import ValidationError
from mam.services import comments

PEN = {"kind": "pen", "color": "#12AbcD", "width": 0.004, "points": [[0, 1], [0.1, 0.2, 0.30000000000000004]]}
TEXT = {"text": "Zu hell\n日本 'quoted\" \\", "kind": "text", "color": "red", "size": 0.05, "at": [1e-7, 1]}
DRAWN = {"shapes": [PEN, TEXT], "version": 1}
PAGES = {"kind": "document", "pages": 3}
SOUND = {"duration": 4.0, "audio_tracks": [{"index": 0}]}
STILL = {"kind": "image", "width": 40, "height": 30}


def test_a_drawing_is_kept_as_it_came(box: Mam) -> None:
    stage = make_stage(box)
    note = stage.write(frame=7, drawing=DRAWN)
    (listed,) = stage.list()
    assert repr(listed["drawing"]) == repr(note["drawing"]) == repr(DRAWN)
    # And it is changed and taken away like the words
    editor = stage.people["editor"]
    other = {**DRAWN, "shapes": [PEN]}
    assert comments.update_comment(box, editor, note["id"], {"drawing": other})["drawing"] == other
    assert comments.update_comment(box, editor, note["id"], {"body": "x"})["drawing"] == other
    with pytest.raises(ValidationError):
        comments.update_comment(box, editor, note["id"], {"frame": None})
    assert comments.update_comment(box, editor, note["id"], {"drawing": None})["drawing"] is None


@pytest.mark.parametrize(
    ("media", "frame", "fits"),
    [
        (None, 3, True), (None, None, False), (PAGES, 2, True), (PAGES, None, False), (STILL, None, True),
        (SOUND, 100, False), (SOUND, None, False),
    ],
)  # fmt: skip
def test_a_drawing_lies_on_one_picture(
    sqlite_box: Mam, media: dict[str, Any] | None, frame: int | None, *, fits: bool
) -> None:
    """A frame of a film, a page of several, the only picture; never on the whole, never on sound."""
    stage = make_stage(sqlite_box)
    version = make_version(stage.asset_id, 2, media)
    wanted = {"version_id": version, "frame": frame, "drawing": DRAWN}
    if fits:
        note = stage.write(**wanted)
        # And a reply has one where its note stands
        assert stage.write(version_id=version, parent_id=note["id"], drawing=DRAWN)["drawing"] == DRAWN
        return
    with pytest.raises(ValidationError) as caught:
        stage.write(**wanted)
    assert caught.value.errors[0].field == "drawing"
