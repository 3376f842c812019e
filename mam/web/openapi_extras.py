"""What the OpenAPI document says beyond bodies and queries: headers, streamed bodies, ids in paths.

quart-schema reads models; these sentences are about HTTP. Pure: takes and changes the document it is given.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mam.web.routes import Route

_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Sent again within a day with the same body, the call answers what it answered first.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,200}$"},
}
_WAIT = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}}}
_PLACE = {"Location": {"description": "A signed address.", "schema": {"type": "string"}}}
_FILE = {"type": "string", "format": "binary"}
_FORM = {"type": "object", "required": ["file"], "properties": {"file": _FILE}}
_FORMS = {"post_upload"}


def complete(document: dict[str, Any], routes: Iterable[Route]) -> None:
    """Say of every operation which headers it knows and that a body is the file itself."""
    for route in routes:
        if not route.page:
            path = route.path.replace("<", "{").replace(">", "}")
            _operation(route, document["paths"][path][route.method.lower()])


def _operation(route: Route, found: dict[str, Any]) -> None:
    for one in found.get("parameters", ()):
        if one["in"] == "path" and one["name"].endswith("_id"):
            one["schema"]["format"] = "uuid"
    if is_repeatable(route):
        found.setdefault("parameters", []).append(_KEY)
    if route.stream:
        content: dict[str, Any] = {"application/octet-stream": {"schema": _FILE}}
        if found["operationId"] in _FORMS:
            content["multipart/form-data"] = {"schema": _FORM}
        found["requestBody"] = {"required": True, "content": content}
    for status, headers in (("429", _WAIT), ("302", _PLACE)):
        if status in found["responses"]:
            found["responses"][status]["headers"] = headers


def is_repeatable(route: Route) -> bool:
    """Whether the call keeps its answer under an `Idempotency-Key`: those whose handler says `repeatable`."""
    return "repeatable" in route.handler.__code__.co_names
