"""GET /openapi.json, and /docs: the same as a page, drawn here, with nothing from elsewhere."""

from __future__ import annotations

import functools
from html import escape
from pathlib import Path
from typing import Any

import orjson
from quart import Response

from mam.web import plugged_openapi
from mam.web.openapi import openapi_document
from mam.web.routes import Call

_CACHE = {"Cache-Control": "public, max-age=300"}
_STYLE = Path(__file__).parent / "docs.css"


async def openapi(call: Call[Any]) -> Response:
    """The OpenAPI document of this version, with the calls of the plugins that run."""
    calls = plugged_openapi.paths(call.mam)
    body = orjson.dumps(plugged_openapi.joined(openapi_document(), calls)) if calls else _json()
    return Response(body, 200, _CACHE, content_type="application/json")


async def docs(call: Call[Any]) -> Response:  # noqa: ARG001 - the same for everybody
    """The calls, drawn from the document."""
    return Response(_page(), 200, _CACHE, content_type="text/html; charset=utf-8")


async def style(call: Call[Any]) -> Response:  # noqa: ARG001 - the same for everybody
    """The looks of the page above."""
    return Response(_STYLE.read_bytes(), 200, _CACHE, content_type="text/css; charset=utf-8")


@functools.cache
def _json() -> bytes:
    return orjson.dumps(openapi_document())


@functools.cache
def _page() -> str:
    document = openapi_document()
    calls = [
        _call(method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    schemas = [_schema(name, one) for name, one in sorted(document["components"]["schemas"].items())]
    info = document["info"]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<link rel="stylesheet" href="/docs.css"><title>API</title></head><body><main>'
        f"<h1>{escape(info['title'])} API <small>{escape(info['version'])}</small></h1>"
        f'<p>{escape(info["description"])} The document: <a href="/openapi.json">openapi.json</a>.</p>'
        f"<h2>Calls</h2>{''.join(calls)}<h2>Shapes</h2>{''.join(schemas)}</main></body></html>"
    )


def _call(method: str, path: str, operation: dict[str, Any]) -> str:
    rows = [_parameter(one) for one in operation["parameters"]]
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        rows.append(f"<tr><td>body</td><td>{escape(kind)}</td><td>{_type(content['schema'])}</td></tr>")
    rows += [_answer(status, one) for status, one in operation["responses"].items()]
    lock = "" if "security" in operation else " <em>no login</em>"
    return (
        f"<details><summary><b>{method.upper()}</b> <code>{escape(path)}</code> "
        f"<span>{escape(operation.get('summary', ''))}{lock}</span></summary>"
        f"<table>{''.join(rows)}</table></details>"
    )


def _parameter(one: dict[str, Any]) -> str:
    name = escape(one["name"])
    return f"<tr><td>{one['in']}</td><td><code>{name}</code></td><td>{_type(one['schema'])}</td></tr>"


def _answer(status: object, one: dict[str, Any]) -> str:
    shapes = ", ".join(_type(content["schema"]) for content in one.get("content", {}).values())
    meaning = escape(one["description"].partition("\n")[0])
    return f"<tr><td>{status}</td><td>{shapes}</td><td>{meaning}</td></tr>"


def _schema(name: str, schema: dict[str, Any]) -> str:
    rows = [
        f"<tr><td><code>{escape(field)}</code></td><td>{_type(one)}</td></tr>"
        for field, one in schema.get("properties", {}).items()
    ]
    anchor = escape(name, quote=True)
    head = f'<details id="{anchor}"><summary><code>{escape(name)}</code></summary>'
    return f"{head}<table>{''.join(rows)}</table></details>"


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].rsplit("/", 1)[1], quote=True)
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if "enum" in schema:
        return escape(" | ".join(str(one) for one in schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if schema.get("type") == "object" and "title" in schema:
        return escape(schema["title"])
    return escape(str(schema.get("const", schema.get("type", "any"))))
