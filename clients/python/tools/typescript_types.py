"""TypeScript of schemas and operations: interfaces, and one table type that `call` is typed by."""

from __future__ import annotations

import json
import re
from typing import Any

from operations import Operation

_PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def text(document: dict[str, Any], operations: list[Operation]) -> str:
    """The module `api.ts`: types for the compiler, and each operation's method and path for the wire."""
    schemas = document["components"]["schemas"]
    types = "\n".join(f"export type {name} = {_type(schema)};" for name, schema in sorted(schemas.items()))
    rows = "\n".join(f"  {one.name}: {_row(one)};" for one in operations)
    table = "\n".join(f"  {one.name}: {json.dumps(_wire(one))}," for one in operations)
    return (
        "// Written by clients/python/tools/generate.py from the OpenAPI document; changes here are lost.\n\n"
        f"{types}\n\n"
        f"/** What each operation takes and answers. */\nexport interface Operations {{\n{rows}\n}}\n\n"
        "export interface Wire { method: string; path: string; reads: string; repeatable: boolean }\n\n"
        f"export const OPERATIONS: {{ [Name in keyof Operations]: Wire }} = {{\n{table}\n}};\n"
    )


def _wire(one: Operation) -> dict[str, Any]:
    reads = (
        "json" if one.answer is not None else {"204": "nothing", "302": "address"}.get(one.status, "bytes")
    )
    return {"method": one.method, "path": one.path, "reads": reads, "repeatable": one.repeatable}


def _row(one: Operation) -> str:
    ids = "; ".join(f"{name}: string" for name in one.ids)
    query = "; ".join(f"{json.dumps(item['name'])}?: {_type(item['schema'])}" for item in one.query)
    body = _type(one.body) if one.body is not None else "Uint8Array | Blob" if one.raw else "undefined"
    plain = {"204": "void", "302": "string"}.get(one.status, "Uint8Array")
    answer = _type(one.answer) if one.answer is not None else plain
    ids, query = (f"{{ {part} }}" if part else "object" for part in (ids, query))
    return f"{{ ids: {ids}; query: {query}; body: {body}; answer: {answer} }}"


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "const" in schema or "enum" in schema:
        choices = [schema["const"]] if "const" in schema else schema["enum"]
        return " | ".join(json.dumps(one) for one in choices)
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " | ".join(dict.fromkeys(_type(one) for one in schema[several]))
    return _container(schema)


def _container(schema: dict[str, Any]) -> str:
    kind = schema.get("type")
    if kind == "array":
        return f"Array<{_type(schema.get('items', {}))}>"
    if kind == "object" and "properties" in schema:
        required = schema.get("required", ())
        fields = [
            f"{_key(name)}{'' if name in required else '?'}: {_type(one)}"
            for name, one in schema["properties"].items()
        ]
        return f"{{ {'; '.join(fields)} }}"
    if kind == "object":
        inner = schema.get("additionalProperties", True)
        return f"Record<string, {_type(inner) if isinstance(inner, dict) else 'unknown'}>"
    return _PLAIN.get(str(kind), "unknown")


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_]\w*", name) else json.dumps(name)
