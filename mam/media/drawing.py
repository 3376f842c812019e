"""Drawings on a picture: what one may be, and one as SVG. Pure; no database, no files.

    {"version": 1, "shapes": [
        {"kind": "pen", "color": "red", "width": 0.006, "points": [[0.1, 0.2], [0.15, 0.22, 0.7]]},
        {"kind": "arrow", "color": "#ffcc00", "width": 0.006, "from": [0.2, 0.2], "to": [0.5, 0.4]},
        {"kind": "text", "color": "white", "size": 0.05, "at": [0.1, 0.8], "text": "Boom in the shot"}]}

Kinds are pen, arrow, line, box, ellipse and text. Places are `[x, y]` in the picture as it is shown (turned
upright, with square pixels): 0 is its left and top edge, 1 its right and bottom. `width` of a line and `size`
of letters are parts of the picture's height. A pen's point may have a pressure from 0 to 1 behind it; 0.5 is
the plain width. A drawing that is valid is kept as it came; it lies on the frame of its note.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Set as AbstractSet
from typing import Any

from mam.errors import FieldError, ValidationError

VERSION = 1
LARGEST = 64 << 10
"""Bytes of plain JSON that one drawing may take, letters beyond ASCII escaped."""

MOST_SHAPES = 200
MOST_POINTS = 2000
"""Of one pen stroke; the limit in bytes holds all of them together to about 5000."""

LONGEST_TEXT = 500
WIDTHS = (0.0005, 0.1)
"""Of a line, in parts of the picture's height."""

SIZES = (0.01, 0.5)
"""Of letters, in parts of the picture's height."""

COLORS = {
    "red": "#ff3b30",
    "yellow": "#ffcc00",
    "green": "#34c759",
    "blue": "#0a84ff",
    "white": "#ffffff",
    "black": "#000000",
}
"""The palette; any other colour is written `#rrggbb`."""

_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_LINES = frozenset(("arrow", "line", "box", "ellipse"))
_PAIR = 2
_REFUSED = frozenset(("Cc", "Cs"))  # controls and half characters
_LAST_OF_PLANE = 0xFFFE  # the last two characters of each plane are none, and XML cannot hold them


def check(drawing: object) -> dict[str, Any]:
    """The drawing, just as it came. Raises `ValidationError` with the field that is wrong."""
    if len(json.dumps(drawing, separators=(",", ":")).encode()) > LARGEST:
        raise _invalid("drawing", f"At most {LARGEST} bytes of JSON.")
    table = _table("drawing", drawing, {"version", "shapes"})
    if not _is_number(table["version"]) or table["version"] != VERSION:
        raise _invalid("drawing.version", f"The version of the format: {VERSION}.")
    for number, shape in enumerate(_list("drawing.shapes", table["shapes"], 1, MOST_SHAPES)):
        _check_shape(f"drawing.shapes.{number}", shape)
    return table


def _check_shape(field: str, shape: object) -> None:
    kind = shape.get("kind") if isinstance(shape, dict) else None
    if kind == "pen":
        table = _table(field, shape, {"kind", "color", "width", "points"})
        for number, point in enumerate(_list(f"{field}.points", table["points"], 1, MOST_POINTS)):
            _check_place(f"{field}.points.{number}", point, pressure=True)
    elif kind == "text":
        table = _table(field, shape, {"kind", "color", "size", "at", "text"})
        _check_place(f"{field}.at", table["at"])
        _check_text(f"{field}.text", table["text"])
    elif isinstance(kind, str) and kind in _LINES:
        table = _table(field, shape, {"kind", "color", "width", "from", "to"})
        _check_place(f"{field}.from", table["from"])
        _check_place(f"{field}.to", table["to"])
    else:
        raise _invalid(f"{field}.kind", "One of pen, arrow, line, box, ellipse and text.")
    _check_color(f"{field}.color", table["color"])
    name, bounds = ("size", SIZES) if kind == "text" else ("width", WIDTHS)
    _number(f"{field}.{name}", table[name], *bounds)


def _check_place(field: str, value: object, *, pressure: bool = False) -> None:
    many = _PAIR + 1 if pressure else _PAIR
    for number in _list(field, value, _PAIR, many):
        _number(field, number, 0, 1)


def _check_color(field: str, value: object) -> None:
    if not isinstance(value, str) or not (value in COLORS or _HEX.fullmatch(value)):
        raise _invalid(field, f"One of {', '.join(COLORS)}, or #rrggbb.")


def _check_text(field: str, value: object) -> None:
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_TEXT:
        raise _invalid(field, f"A text of 1 to {LONGEST_TEXT} characters.")
    if any(_is_refused(one) for one in value if one != "\n"):
        raise _invalid(field, "A text without control characters; a new line is the only one.")


def _is_refused(char: str) -> bool:
    return unicodedata.category(char) in _REFUSED or ord(char) & _LAST_OF_PLANE == _LAST_OF_PLANE


def _table(field: str, value: object, needed: AbstractSet[str]) -> dict[str, Any]:
    """A JSON object with these keys and no other."""
    if not isinstance(value, dict):
        raise _invalid(field, "A JSON object.")
    missing = sorted(needed - value.keys())
    if missing:
        raise _invalid(f"{field}.{missing[0]}", "It is missing.")
    odd = sorted(str(key) for key in value.keys() - needed)
    if odd:
        name = "".join(char if char.isprintable() else "?" for char in odd[0])[:40]
        raise _invalid(f"{field}.{name}", "There is no such field here.")
    return value


def _list(field: str, value: object, least: int, most: int) -> list[Any]:
    if not isinstance(value, list) or not least <= len(value) <= most:
        raise _invalid(field, f"A list of {least} to {most}.")
    return value


def _number(field: str, value: object, least: float, most: float) -> None:
    if not _is_number(value) or not least <= value <= most:  # type: ignore[operator]
        raise _invalid(field, f"Numbers from {least} to {most}.")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _invalid(field: str, message: str) -> ValidationError:
    return ValidationError(f"{field}: {message}", (FieldError(field, message),))
