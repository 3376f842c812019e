"""What calls about drawings take: the format of one (see `mam.media.drawing`), and the size of a still."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from mam.media import drawing
from mam.media.stills import MAX_NUMBER
from mam.web.bodies import Query

_PART = {"type": "number", "minimum": 0, "maximum": 1}
_PLACE = {"type": "array", "items": _PART, "minItems": 2, "maxItems": 2}
_POINT = {**_PLACE, "maxItems": 3, "description": "x, y and, if it was pressed, how hard: 0.5 is plain."}
_COLOR = {"type": "string", "pattern": f"^({'|'.join(drawing.COLORS)}|#[0-9a-fA-F]{{6}})$"}
_WIDTH = {"type": "number", "minimum": drawing.WIDTHS[0], "maximum": drawing.WIDTHS[1]}
_SIZE = {"type": "number", "minimum": drawing.SIZES[0], "maximum": drawing.SIZES[1]}
_TEXT = {"type": "string", "minLength": 1, "maxLength": drawing.LONGEST_TEXT}


def _shape(kinds: list[str], **fields: Any) -> dict[str, Any]:
    """A JSON object with exactly these fields, a colour and its kind."""
    properties = {"kind": {"type": "string", "enum": kinds}, "color": _COLOR, **fields}
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_POINTS = {"type": "array", "items": _POINT, "minItems": 1, "maxItems": drawing.MOST_POINTS}
_LINES = ["arrow", "line", "box", "ellipse"]
_SHAPES = [
    _shape(["pen"], width=_WIDTH, points=_POINTS),
    _shape(_LINES, width=_WIDTH, **{"from": _PLACE, "to": _PLACE}),
    _shape(["text"], size=_SIZE, at=_PLACE, text=_TEXT),
]
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "version": {"type": "integer", "enum": [drawing.VERSION]},
        "shapes": {
            "type": "array",
            "items": {"oneOf": _SHAPES},
            "minItems": 1,
            "maxItems": drawing.MOST_SHAPES,
        },
    },
    "required": ["version", "shapes"],
    "additionalProperties": False,
}
"""The format as JSON Schema, for the API's description."""

Drawing = Annotated[
    dict[str, Any],
    Field(
        description="Vectors on the note's frame. Places are [x, y] of the picture as it is shown: 0 is its "
        "left and top edge, 1 its right and bottom. Widths and sizes are parts of its height. It comes "
        "back as it was sent.",
        json_schema_extra=SCHEMA,
    ),
]


class StillQuery(Query):
    """How large the picture under a note is wanted."""

    width: int = Field(1280, ge=1, le=MAX_NUMBER, description="The longer side in pixels.")
