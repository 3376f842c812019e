"""The picture under a note over HTTP with what is drawn on it: rights, sizes, conditions, the round trip."""

from __future__ import annotations

import io
from typing import Any

import pytest
from library import Library, actor_of, make_library
from PIL import Image

from mam.core import Mam
from mam.media.stills import POINTER, Pointer
from mam.models import Rendition, Version

LINE = {"kind": "line", "color": "#FF0000", "width": 0.1, "from": [0, 0.5], "to": [1.0, 5e-1]}
PEN = {"kind": "pen", "color": "blue", "width": 0.0005, "points": [[0.1, 0.30000000000000004, 0], [1, 1, 1]]}
DRAWN = {"shapes": [LINE, PEN], "version": 1}


@pytest.fixture
def library(box: Mam, people: dict[str, Any]) -> Library:
    """Ana's project; its version is a grey picture of 800 x 400."""
    made = make_library(box, actor_of(box, people["ana"].token))
    Rendition.delete().where(Rendition.version == made.version_id).execute()
    Version.update(preview_generation="g1", media={"kind": "image"}).where(
        Version.id == made.version_id
    ).execute()
    grey = io.BytesIO()
    Image.new("RGB", (800, 400), (96, 96, 96)).save(grey, "JPEG")
    objects = {"g1/picture-1.jpg": grey.getvalue(), f"g1/{POINTER}": Pointer("g1", 1).text().encode()}
    for name, data in objects.items():
        box.storage.put("previews", f"{made.version_id}/{name}", io.BytesIO(data), len(data))
    return made


async def drawn_note(library: Library, person: Any, **more: Any) -> dict[str, Any]:
    body = {"version_id": library.version_id, "body": "Here", "drawing": DRAWN, **more}
    status, note = await person.call("POST", f"/api/assets/{library.asset_id}/comments", json=body)
    assert status == 201, note
    return dict(note)


async def test_a_drawing_comes_back_as_it_was_sent_and_burnt_in(
    box: Mam, library: Library, people: dict[str, Any]
) -> None:
    ana = people["ana"]
    # Given a note with a drawing
    note = await drawn_note(library, ana)
    path = f"/api/comments/{note['id']}/still"
    # Then the list has it to the last digit, in the order of its fields
    _, found = await ana.call("GET", f"/api/assets/{library.asset_id}/comments")
    (listed,) = [one for one in found["items"] if one["id"] == note["id"]]
    assert list(listed["drawing"].items()) == list(DRAWN.items())
    # And the still has it on the picture
    status, body = await ana.call("GET", f"{path}?width=640")
    assert (status, ana.last.headers["Content-Type"]) == (200, "image/jpeg")
    assert ana.last.headers["Cache-Control"] == "private, no-cache"
    image = Image.open(io.BytesIO(body)).convert("RGB")
    on, off = image.getpixel((320, 160)), image.getpixel((320, 40))
    assert (image.size, on[0] > 200, on[1] < 60) == ((640, 320), True, True)
    assert all(abs(one - 96) < 4 for one in off)
    # And asked again with its tag no byte comes, until the drawing is another
    tag = {"If-None-Match": ana.last.headers["ETag"]}
    assert (await ana.call("GET", f"{path}?width=640", headers=tag))[0] == 304
    change = {"drawing": {**DRAWN, "shapes": [{**LINE, "color": "green"}]}}
    assert (await ana.call("PATCH", f"/api/comments/{note['id']}", json=change))[0] == 200
    status, body = await ana.call("GET", f"{path}?width=640", headers=tag)
    red, green, _ = Image.open(io.BytesIO(body)).convert("RGB").getpixel((320, 160))
    assert (status, green > red) == (200, True)
    # And without a drawing it is the picture alone
    assert (await ana.call("PATCH", f"/api/comments/{note['id']}", json={"drawing": None}))[1][
        "drawing"
    ] is None
    _, body = await ana.call("GET", path)
    image = Image.open(io.BytesIO(body)).convert("RGB")
    assert (image.size, abs(image.getpixel((400, 200))[0] - 96) < 4) == ((800, 400), True)


async def test_others_see_no_still(box: Mam, library: Library, people: dict[str, Any]) -> None:
    """Promise G4: a stranger, and a member who may not see internal notes; a version without a preview."""
    ana, ben = people["ana"], people["ben"]
    note = await drawn_note(library, ana, internal=True)
    path = f"/api/comments/{note['id']}/still"
    stranger = await ben.call("GET", path)
    member = f"/api/projects/{library.project_id}/members/{ben.user['id']}"
    await ana.call("PUT", member, json={"role": "viewer"})
    viewer = await ben.call("GET", path)
    assert (stranger[0], viewer[0], stranger[1]["code"]) == (404, 404, "not_found")
    for query in ("width=0", "width=-1", "width=abc", "width=100000", "w=1"):
        assert (await ana.call("GET", f"{path}?{query}"))[0] == 422, query
    Version.update(preview_generation=None).where(Version.id == library.version_id).execute()
    assert (await ana.call("GET", path))[0] == 404


async def test_what_is_no_drawing_is_refused_with_its_field(library: Library, people: dict[str, Any]) -> None:
    path = f"/api/assets/{library.asset_id}/comments"
    for drawing, field in (
        ({**DRAWN, "onload": "alert(1)"}, "drawing.onload"),
        ({**DRAWN, "shapes": [{**LINE, "color": "url(javascript:x)"}]}, "drawing.shapes.0.color"),
        ({**DRAWN, "shapes": [{**LINE, "to": [2, 0]}]}, "drawing.shapes.0.to"),
        ({"version": 1, "shapes": [LINE] * 201}, "drawing.shapes"),
    ):
        body = {"version_id": library.version_id, "body": "x", "drawing": drawing}
        status, answer = await people["ana"].call("POST", path, json=body)
        assert (status, answer["errors"][0]["field"]) == (422, field)
        assert "<" not in answer["detail"]
