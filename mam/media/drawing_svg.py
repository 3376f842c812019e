"""A checked drawing as an SVG picture, for stills and paper; `js/draw/shapes.js` draws the same on the page.

Every number is written by us, colours come from the palette or are six digits, letters are escaped: nothing
that somebody typed becomes markup. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Any
from xml.sax.saxutils import escape

from mam.media.drawing import COLORS

LEADING = 1.25
"""From one line of letters to the next, in heights of them."""

ASCENT = 0.93
"""From the top of the letters' box to where they stand."""

_LEVELS = 8  # pressures that are told apart
_HEAD = 0.45  # of an arrow: how far its sides are spread, in radians
_HEAD_WIDTHS, _HEAD_LEAST, _HEAD_MOST = 4.5, 0.025, 0.6

Place = tuple[float, float]


def to_svg(drawing: Mapping[str, Any], width: int, height: int) -> str:
    """The drawing as a whole SVG file over a picture of `width` x `height` pixels, clear where nothing is.

    `drawing` has passed `drawing.check`.
    """
    shapes = "".join(_DRAWN[shape["kind"]](shape, width, height) for shape in drawing["shapes"])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" fill="none" stroke-linecap="round" stroke-linejoin="round">'
        f"{shapes}</svg>"
    )


def _pen(shape: Mapping[str, Any], width: int, height: int) -> str:
    """Curves through the middles between points; where it was pressed, as wide as it was."""
    places = [(point[0] * width, point[1] * height) for point in shape["points"]]
    if len(places) == 1:
        (x, y), radius = places[0], shape["width"] * height / 2 * _pressed(shape["points"][0])
        return f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{radius:.2f}" fill="{_color(shape)}"/>'
    wide = [_pressed(point) for point in shape["points"]]
    pieces = zip(wide, _pieces(places), strict=True)
    return "".join(
        _path(" ".join(piece for _, piece in run), shape, shape["width"] * level * height)
        for level, run in groupby(pieces, key=lambda one: one[0])
    )


def _pieces(places: Sequence[Place]) -> Iterator[str]:
    """The stroke round each point: from the middle before it to the middle behind it."""
    middles = [_middle(one, other) for one, other in pairwise(places)]
    yield f"M{_at(places[0])} L{_at(middles[0])}"
    for before, place, behind in zip(middles, places[1:], middles[1:], strict=False):
        yield f"M{_at(before)} Q{_at(place)} {_at(behind)}"
    yield f"M{_at(middles[-1])} L{_at(places[-1])}"


def _pressed(point: Sequence[float]) -> float:
    """How many times the plain width a point is: 0.4 to 1.6, in steps."""
    return 0.4 + 1.2 * round(point[2] * _LEVELS) / _LEVELS if len(point) > 2 else 1.0  # noqa: PLR2004


def _arrow(shape: Mapping[str, Any], width: int, height: int) -> str:
    tail, tip = _ends(shape, width, height)
    length = math.dist(tail, tip)
    head = max(_HEAD_WIDTHS * shape["width"], _HEAD_LEAST) * height
    head = min(head, _HEAD_MOST * length)
    back = math.atan2(tail[1] - tip[1], tail[0] - tip[0])
    sides = [
        (tip[0] + head * math.cos(back + turn), tip[1] + head * math.sin(back + turn))
        for turn in (_HEAD, -_HEAD)
    ]
    way = f"M{_at(tail)} L{_at(tip)} M{_at(sides[0])} L{_at(tip)} L{_at(sides[1])}"
    return _path(way, shape, shape["width"] * height)


def _line(shape: Mapping[str, Any], width: int, height: int) -> str:
    tail, tip = _ends(shape, width, height)
    return _path(f"M{_at(tail)} L{_at(tip)}", shape, shape["width"] * height)


def _box(shape: Mapping[str, Any], width: int, height: int) -> str:
    (x, y), (across, down) = _frame(shape, width, height)
    return (
        f'<rect x="{x:.2f}" y="{y:.2f}" width="{across:.2f}" height="{down:.2f}"'
        f"{_stroke(shape, shape['width'] * height)}/>"
    )


def _ellipse(shape: Mapping[str, Any], width: int, height: int) -> str:
    (x, y), (across, down) = _frame(shape, width, height)
    return (
        f'<ellipse cx="{x + across / 2:.2f}" cy="{y + down / 2:.2f}" rx="{across / 2:.2f}" '
        f'ry="{down / 2:.2f}"{_stroke(shape, shape["width"] * height)}/>'
    )


def _text(shape: Mapping[str, Any], width: int, height: int) -> str:
    """Letters with a rim that holds them apart from the picture; `at` is the upper left corner."""
    x, y, size = shape["at"][0] * width, shape["at"][1] * height, shape["size"] * height
    lines = "".join(
        f'<tspan x="{x:.2f}" y="{y + size * (ASCENT + LEADING * number):.2f}">{escape(line)}</tspan>'
        for number, line in enumerate(shape["text"].split("\n"))
    )
    start = f'<text xml:space="preserve" font-family="sans-serif" font-weight="600" font-size="{size:.2f}"'
    rim = "#ffffff" if _is_dark(_color(shape)) else "#000000"
    outline = f'{start} stroke="{rim}" stroke-opacity="0.6" stroke-width="{size / 8:.2f}">{lines}</text>'
    return f'{outline}{start} fill="{_color(shape)}">{lines}</text>'


def _is_dark(color: str) -> bool:
    red, green, blue = (int(color[start : start + 2], 16) for start in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue < 80  # noqa: PLR2004 - of 255


def _ends(shape: Mapping[str, Any], width: int, height: int) -> tuple[Place, Place]:
    (x, y), (to_x, to_y) = shape["from"], shape["to"]
    return (x * width, y * height), (to_x * width, to_y * height)


def _frame(shape: Mapping[str, Any], width: int, height: int) -> tuple[Place, Place]:
    """The upper left corner, and how far it goes right and down; whichever corner came first."""
    (x, y), (to_x, to_y) = _ends(shape, width, height)
    return (min(x, to_x), min(y, to_y)), (abs(to_x - x), abs(to_y - y))


def _path(way: str, shape: Mapping[str, Any], wide: float) -> str:
    return f'<path d="{way}"{_stroke(shape, wide)}/>'


def _stroke(shape: Mapping[str, Any], wide: float) -> str:
    return f' stroke="{_color(shape)}" stroke-width="{wide:.2f}"'


def _color(shape: Mapping[str, Any]) -> str:
    color: str = shape["color"]
    return COLORS.get(color, color)


def _middle(one: Place, other: Place) -> Place:
    return (one[0] + other[0]) / 2, (one[1] + other[1]) / 2


def _at(place: Place) -> str:
    return f"{place[0]:.2f},{place[1]:.2f}"


_DRAWN: Mapping[str, Callable[[Mapping[str, Any], int, int], str]] = {
    "pen": _pen,
    "arrow": _arrow,
    "line": _line,
    "box": _box,
    "ellipse": _ellipse,
    "text": _text,
}
