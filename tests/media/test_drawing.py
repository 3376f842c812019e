"""Drawings: what may be one, what is refused and by which field, and that nothing typed becomes markup."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from mam.errors import ValidationError
from mam.media import drawing
from mam.media.drawing_svg import to_svg

PEN = {"kind": "pen", "color": "red", "width": 0.006, "points": [[0, 1], [0.5, 0.25, 0.7], [1, 0.3, 0]]}
BOX = {"kind": "box", "color": "#a0B1c2", "width": 0.02, "from": [0.75, 0.9], "to": [0.25, 0.1]}
TEXT = {"kind": "text", "color": "white", "size": 0.05, "at": [0.1, 0.2], "text": "Zu hell\n日本 🩷"}
SHAPES = [PEN, BOX, TEXT, *({**BOX, "kind": kind} for kind in ("arrow", "line", "ellipse"))]
SVG = "{http://www.w3.org/2000/svg}"


def drawn(*shapes: Any) -> dict[str, Any]:
    return {"version": 1, "shapes": list(shapes)}


def test_a_valid_drawing_stays_as_it_came() -> None:
    wanted = drawn(*SHAPES)
    before = json.dumps(wanted)
    assert json.dumps(drawing.check(wanted)) == before
    many = drawn(*[{**PEN, "points": [[0.5, 0.5]] * 20}] * drawing.MOST_SHAPES)
    assert drawing.check(many) is many


def without(shape: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in shape.items() if key != name}


HOSTILE: list[tuple[Any, str]] = [
    (None, "drawing"),
    ([], "drawing"),
    ("<svg/>", "drawing"),
    ({}, "drawing.shapes"),
    ({"version": 1}, "drawing.shapes"),
    ({"version": 2, "shapes": [PEN]}, "drawing.version"),
    ({"version": True, "shapes": [PEN]}, "drawing.version"),
    ({"version": "1", "shapes": [PEN]}, "drawing.version"),
    ({**drawn(PEN), "script": "x"}, "drawing.script"),
    ({**drawn(PEN), "\x1b[2J" + "x" * 100: 1}, "drawing.?[2J" + "x" * 36),
    ({"version": 1, "shapes": {}}, "drawing.shapes"),
    (drawn(), "drawing.shapes"),
    (drawn(*[without(PEN, "points")] * 201), "drawing.shapes"),
    (drawn(PEN, None), "drawing.shapes.1.kind"),
    (drawn({}), "drawing.shapes.0.kind"),
    (drawn({**PEN, "kind": "path"}), "drawing.shapes.0.kind"),
    (drawn({**PEN, "kind": ["pen"]}), "drawing.shapes.0.kind"),
    (drawn({**PEN, "onload": "alert(1)"}), "drawing.shapes.0.onload"),
    (drawn({**BOX, "points": []}), "drawing.shapes.0.points"),
    (drawn(without(PEN, "color")), "drawing.shapes.0.color"),
    (drawn(without(BOX, "to")), "drawing.shapes.0.to"),
    (drawn({**PEN, "color": "url(#x)"}), "drawing.shapes.0.color"),
    (drawn({**PEN, "color": '#ffffff" onload="alert(1)'}), "drawing.shapes.0.color"),
    (drawn({**PEN, "color": "#fff"}), "drawing.shapes.0.color"),
    (drawn({**PEN, "color": 16}), "drawing.shapes.0.color"),
    (drawn({**PEN, "width": 0}), "drawing.shapes.0.width"),
    (drawn({**PEN, "width": 1}), "drawing.shapes.0.width"),
    (drawn({**PEN, "width": math.nan}), "drawing.shapes.0.width"),
    (drawn({**PEN, "width": math.inf}), "drawing.shapes.0.width"),
    (drawn({**PEN, "width": True}), "drawing.shapes.0.width"),
    (drawn({**PEN, "width": "0.01"}), "drawing.shapes.0.width"),
    (drawn({**PEN, "points": []}), "drawing.shapes.0.points"),
    (drawn({**PEN, "points": [[0.5, 0.5]] * 2001}), "drawing.shapes.0.points"),
    (drawn({**PEN, "points": [[0.5]]}), "drawing.shapes.0.points.0"),
    (drawn({**PEN, "points": [[0.5, 0.5, 0.5, 0.5]]}), "drawing.shapes.0.points.0"),
    (drawn({**PEN, "points": [[0.5, 1.01]]}), "drawing.shapes.0.points.0"),
    (drawn({**PEN, "points": [[0.5, -1e-9]]}), "drawing.shapes.0.points.0"),
    (drawn({**PEN, "points": [[10**400, 0]]}), "drawing.shapes.0.points.0"),
    (drawn({**PEN, "points": [{"x": 0}]}), "drawing.shapes.0.points.0"),
    (drawn({**BOX, "from": [0.5, 0.5, 0.5]}), "drawing.shapes.0.from"),
    (drawn({**BOX, "to": [math.nan, 0.5]}), "drawing.shapes.0.to"),
    (drawn({**TEXT, "text": ""}), "drawing.shapes.0.text"),
    (drawn({**TEXT, "text": " \n "}), "drawing.shapes.0.text"),
    (drawn({**TEXT, "text": "x" * 501}), "drawing.shapes.0.text"),
    (drawn({**TEXT, "text": "a\x00b"}), "drawing.shapes.0.text"),
    (drawn({**TEXT, "text": "a\x1bb"}), "drawing.shapes.0.text"),
    (drawn({**TEXT, "text": "a\ud800b"}), "drawing.shapes.0.text"),
    (drawn({**TEXT, "text": "a\uffffb"}), "drawing.shapes.0.text"),
    (drawn({**TEXT, "text": 7}), "drawing.shapes.0.text"),
    (drawn({**TEXT, "size": 2}), "drawing.shapes.0.size"),
    (drawn({**TEXT, "width": 0.1}), "drawing.shapes.0.width"),
    (drawn(*[{**PEN, "points": [[0.123456, 0.123456]] * 100}] * 100), "drawing"),
]


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_what_is_no_drawing_is_refused_by_its_field(number: int) -> None:
    wanted, field = HOSTILE[number]
    with pytest.raises(ValidationError) as caught:
        drawing.check(wanted)
    (error,) = caught.value.errors
    assert error.field == field
    assert error.message.endswith(".")
    assert len(str(caught.value)) < 200


def test_a_drawing_becomes_svg_in_pixels_of_the_picture() -> None:
    # Given one of every kind, over a picture of 2000 x 1000
    root = ET.fromstring(to_svg(drawn(*SHAPES), 2000, 1000))  # noqa: S314 - ours
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == ("2000", "1000", "0 0 2000 1000")
    # Then the box lies where its corners say, whichever came first, its line as wide as the height says
    rect = root.find(f"{SVG}rect")
    assert rect is not None
    assert [rect.get(one) for one in ("x", "y", "width", "height")] == [
        "500.00",
        "100.00",
        "1000.00",
        "800.00",
    ]
    assert (rect.get("stroke"), rect.get("stroke-width")) == ("#a0B1c2", "20.00")
    # And the pen goes from its first point to its last
    paths = [one.get("d") or "" for one in root.iter(f"{SVG}path")]
    assert paths[0].startswith("M0.00,1000.00 ")
    assert any(path.endswith("L2000.00,300.00") for path in paths)
    assert {one.get("stroke") for one in root.iter(f"{SVG}path")} == {"#ff3b30", "#a0B1c2"}
    lines = ["".join(one.itertext()) for one in root.iter(f"{SVG}tspan")]
    assert lines == ["Zu hell", "日本 🩷"] * 2


def test_a_tap_is_a_dot_and_a_line_without_length_is_drawn() -> None:
    dot = {**PEN, "points": [[0.5, 0.5]]}
    nothing = {**BOX, "kind": "arrow", "to": BOX["from"]}
    root = ET.fromstring(to_svg(drawn(dot, nothing, {**PEN, "points": [[0, 0], [1, 1]]}), 100, 100))  # noqa: S314
    circle = root.find(f"{SVG}circle")
    assert circle is not None
    assert (circle.get("cx"), circle.get("r"), circle.get("fill")) == ("50.00", "0.30", "#ff3b30")
    assert len(list(root.iter(f"{SVG}path"))) == 2


@pytest.mark.parametrize(
    "text",
    [
        "</text><script>alert(1)</script>",
        '"><image href="file:///etc/passwd"/>',
        "<!ENTITY x SYSTEM 'x'>&x;",
        "]]>&lt;",
    ],
)
def test_letters_never_become_markup(text: str) -> None:
    root = ET.fromstring(to_svg(drawing.check(drawn({**TEXT, "text": text})), 640, 360))  # noqa: S314
    assert {one.tag.removeprefix(SVG) for one in root.iter()} == {"svg", "text", "tspan"}
    assert ["".join(one.itertext()) for one in root.iter(f"{SVG}tspan")] == [text, text]
    assert not any(name.startswith("on") or "href" in name for one in root.iter() for name in one.attrib)


def test_the_page_has_the_same_palette() -> None:
    script = Path(__file__).parents[2] / "themes/default/static/js/draw/shapes.js"
    found = dict(
        re.findall(r'^ {2}(\w+): "(#[0-9a-f]{6})"', script.read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert found == drawing.COLORS
