"""The calls of plugins in the OpenAPI document: paths, who may, the word of their docstrings. Pure."""

from __future__ import annotations

import re
from typing import Any

from mam.core import Mam
from mam.plugins import State
from mam.services import plugin_visits
from mam.types import PluginRoute
from mam.web.routes import PUBLIC

_NAMES = re.compile(r"<(\w+)>")
_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_OBJECT = {"application/json": {"schema": {"type": "object", "title": "Object"}}}


def paths(mam: Mam) -> dict[str, dict[str, Any]]:
    """The paths of the plugins that run, as a document has them."""
    found: dict[str, dict[str, Any]] = {}
    for name, rows in plugin_visits.routes(mam).items():
        if mam.hooks.plugins[name].state is not State.ENABLED:
            continue
        for one in rows:
            if one.api:
                path = f"/api/plugins/{name}" + _NAMES.sub(r"{\1}", one.path)
                found.setdefault(path, {})[one.method.lower()] = _operation(name, one)
    return found


def joined(document: dict[str, Any], calls: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The document with these paths too."""
    return {**document, "paths": dict(sorted({**document["paths"], **calls}.items()))}


def _operation(plugin: str, one: PluginRoute) -> dict[str, Any]:
    said = (one.handler.__doc__ or one.handler.__name__).strip().partition("\n")[0]
    operation: dict[str, Any] = {
        "operationId": re.sub(r"\W+", "_", f"{plugin}_{one.method.lower()}{one.path}"),
        "summary": said,
        "tags": [plugin],
        "parameters": [_parameter(name) for name in _NAMES.findall(one.path)],
        "responses": {
            "200": {"description": "What the plugin answers.", "content": _OBJECT},
            "204": {"description": "Nothing."},
            "default": {
                "description": "A problem.", "content": {"application/problem+json": {"schema": _PROBLEM}},
            },
        },
    }  # fmt: skip
    if one.method in ("POST", "PUT", "PATCH"):
        operation["requestBody"] = {"required": False, "content": _OBJECT}
    if one.right != PUBLIC:
        operation["security"] = [{"bearer": []}, {"cookie": []}]
    return operation


def _parameter(name: str) -> dict[str, Any]:
    schema = {"type": "string", "format": "uuid"} if name.endswith("_id") else {"type": "string"}
    return {"name": name, "in": "path", "required": True, "schema": schema}
