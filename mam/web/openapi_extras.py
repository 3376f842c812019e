"""What the OpenAPI document says beyond bodies and queries: headers, streamed bodies, ids in paths.

quart-schema reads models; these sentences are about HTTP. Pure: takes and changes the document it is given.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from mam.web.conditions import has_tag
from mam.web.openapi_links import link
from mam.web.routes import Route

_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Sent again within a day with the same body, the call answers what it answered first.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,200}$"},
}
_STRING: dict[str, Any] = {"type": "string"}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "description": "Do it only while the thing is at one of these ETags of its GET; `*`: at any.",
    "schema": _STRING,
}
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "description": "ETags of what is known already: 304 and no body where the thing is at one of them.",
    "schema": _STRING,
}
_TAG = {"ETag": {"description": "The state of the thing; strong.", "schema": _STRING}}
_NEW_TAG = {"ETag": {"description": "The thing's new state, where If-Match was sent.", "schema": _STRING}}
_QUOTAS = {
    "RateLimit": {
        "description": "For each limit the requests left (`r`) and the seconds until all are there (`t`).",
        "schema": _STRING,
    },
    "RateLimit-Policy": {
        "description": "For each limit by name how many requests (`q`) within how many seconds (`w`).",
        "schema": _STRING,
    },
}
_WAIT = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}}}
_LIMITED = {name: {"$ref": f"#/components/headers/{name}"} for name in _QUOTAS}
_PLACE = {"Location": {"description": "A signed address.", "schema": {"type": "string"}}}
_MADE = {"Location": {"description": "Where to ask how far it is.", "schema": _STRING}}
_FILE = {"type": "string", "format": "binary"}
_FORM = {"type": "object", "required": ["file"], "properties": {"file": _FILE}}
_FORMS = {"post_upload"}


def complete(document: dict[str, Any], routes: Iterable[Route], conditional: Collection[str]) -> None:
    """Say of every operation which headers it knows, that a body is the file itself, where an answer leads.

    `conditional` are the names of the routes that know If-Match.
    """
    document.setdefault("components", {})["headers"] = _QUOTAS
    operations = [(route, _found(document, route)) for route in routes if not route.page]
    for route, found in operations:
        _operation(route, found)
        _tags(route, found, conditional=route.name in conditional)
        for answer in found["responses"].values():
            answer.setdefault("headers", {}).update(_LIMITED)
    link(operations)


def _found(document: dict[str, Any], route: Route) -> dict[str, Any]:
    path = route.path.replace("<", "{").replace(">", "}")
    found: dict[str, Any] = document["paths"][path][route.method.lower()]
    return found


def _tags(route: Route, found: dict[str, Any], *, conditional: bool) -> None:
    """What the operation does with ETags."""
    if has_tag(route):
        found.setdefault("parameters", []).append(_IF_NONE_MATCH)
        found["responses"]["200"].setdefault("headers", {}).update(_TAG)
        found["responses"]["304"] = {"description": "It is as you know it.", "headers": dict(_TAG)}
    if conditional:
        found.setdefault("parameters", []).append(_IF_MATCH)
        if route.method != "DELETE":
            found["responses"][str(route.status)].setdefault("headers", {}).update(_NEW_TAG)


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
            found["responses"][status].setdefault("headers", {}).update(headers)
    if route.name in ("POST /api/batches", "POST /api/batches/<batch_id>/undo"):
        found["responses"]["202"].setdefault("headers", {}).update(_MADE)


def is_repeatable(route: Route) -> bool:
    """Whether the call keeps its answer under an `Idempotency-Key`: those whose handler says `repeatable`."""
    return "repeatable" in route.handler.__code__.co_names
