"""Python of schemas and operations: TypedDicts, functions that build calls, and the methods over them."""

from __future__ import annotations

import keyword
import re
from typing import Any

from operations import Operation

_PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
_HEAD = "# Written by tools/generate.py from the OpenAPI document; changes here are lost.\n"


class Models:
    """The TypedDicts of a document, collected while its operations are written."""

    def __init__(self, document: dict[str, Any]) -> None:
        """Begin with the schemas that the document names itself."""
        self.found: dict[str, dict[str, Any]] = dict(document["components"]["schemas"])

    def type_of(self, schema: dict[str, Any], where: str = "models.") -> str:
        """The annotation of a schema; an object with fields becomes a model of its title."""
        if "$ref" in schema:
            return where + schema["$ref"].rpartition("/")[2]
        if "const" in schema or "enum" in schema:
            choices = [schema["const"]] if "const" in schema else schema["enum"]
            return f"Literal[{', '.join(repr(one) for one in choices)}]"
        for several in ("anyOf", "oneOf"):
            if several in schema:
                return " | ".join(dict.fromkeys(self.type_of(one, where) for one in schema[several]))
        return self._container(schema, where)

    def _container(self, schema: dict[str, Any], where: str) -> str:
        kind = schema.get("type")
        if kind == "array":
            return f"list[{self.type_of(schema.get('items', {}), where)}]"
        if kind == "object" and "properties" in schema and "title" in schema:
            return where + self._add(schema)
        if kind == "object":
            inner = schema.get("additionalProperties", True)
            return f"dict[str, {self.type_of(inner, where) if isinstance(inner, dict) else 'Any'}]"
        return _PLAIN.get(str(kind), "Any")

    def _add(self, schema: dict[str, Any]) -> str:
        name = re.sub(r"\W", "", schema["title"])
        if self.found.setdefault(name, schema).get("properties") != schema["properties"]:
            raise SystemExit(f"Two schemas are called {name}.")
        return name

    def text(self) -> str:
        """The module of all models."""
        done: dict[str, str] = {}
        while set(self.found) - set(done):  # writing one may find others
            for name in sorted(set(self.found) - set(done)):
                done[name] = self._model(name, self.found[name])
        body = "\n\n".join(done[name] for name in sorted(done))
        return (
            f'"""What the box answers and takes, as typed dictionaries."""\n\n{_HEAD}\n'
            "from __future__ import annotations\n\n"
            "from typing import Any, Generic, Literal, NotRequired, TypedDict, TypeVar\n\n"
            'T = TypeVar("T")\n\n\nclass Page(TypedDict, Generic[T]):\n'
            '    """A page of a list; `next_cursor` leads to the next."""\n\n'
            f"    items: list[T]\n    next_cursor: str | None\n\n\n{body}\n"
        )

    def _model(self, name: str, schema: dict[str, Any]) -> str:
        words = _words(schema.get("description", f"{name}."))
        if "properties" not in schema:
            return f"{name} = {self.type_of(schema, '')}\n"
        required = schema.get("required", ())
        fields = {
            key: kind if key in required else f"NotRequired[{kind}]"
            for key, one in schema["properties"].items()
            for kind in [self.type_of(one, "")]
        }
        if all(key.isidentifier() and not keyword.iskeyword(key) for key in fields):
            lines = "".join(f"    {key}: {kind}\n" for key, kind in fields.items())
            return f'class {name}(TypedDict):\n    """{words}"""\n\n{lines}'
        listed = ", ".join(f'"{key}": "{kind}"' for key, kind in fields.items())
        return f'{name} = TypedDict("{name}", {{{listed}}})\n"""{words}"""\n'


def calls(operations: list[Operation], models: Models) -> str:
    """The module of one tag: a function for each operation."""
    body = "\n\n".join(_call(one, models) for one in operations)
    names = [
        name for name in ("given", "UNSET", "Call", "ListCall", "Unset") if re.search(rf"\b{name}\b", body)
    ]
    extra = [name for name in ("Any", "Literal") if re.search(rf"\b{name}\b", body)]
    typing = f"from typing import {', '.join(extra)}\n\n" if extra else ""
    model = "from mam_client import models\n" if "models." in body else ""
    return (
        f'"""Calls of `{operations[0].tag}`."""\n\n{_HEAD}\nfrom __future__ import annotations\n\n{typing}'
        f"{model}from mam_client.call import {', '.join(sorted(names))}\n\n\n{body}\n"
    )


def _call(one: Operation, models: Models) -> str:
    body = (one.body or {}).get("properties", {})
    needed = (one.body or {}).get("required", ())
    ids = [f"{name}: str" for name in one.ids]
    named = [f"{_safe(key)}: {models.type_of(kind)}" for key, kind in body.items() if key in needed]
    named += [_optional(key, kind, models) for key, kind in body.items() if key not in needed]
    named += [_optional(item["name"], item["schema"], models) for item in one.query]
    parts = [*ids, *(["content: bytes"] if one.raw else []), *(["*", *named] if named else [])]
    trailing = "," if parts else ""
    kind, answer = _answer(one, models)
    return (
        f"def {one.name}({', '.join(parts)}{trailing}) -> {kind}[{answer}]:\n"
        f'    """{_words(one.words)}"""\n    return {kind}({_arguments(one, list(body), answer)})\n'
    )


def _arguments(one: Operation, body: list[str], answer: str) -> str:
    marks = "{" in one.path
    found = [f'"{one.name}"', f'"{one.method}"', ("f" if marks else "") + f'"{one.path}"']
    if one.query:
        found.append(f"query=given({_pairs([item['name'] for item in one.query])})")
    if one.body is not None:
        found.append(f"body=given({_pairs(body)})")
    if one.raw:
        found.append("content=content")
    if one.repeatable:
        found.append("repeatable=True")
    reads = {"None": "nothing", "bytes": "bytes", "str": "address"}.get(answer, "json")
    return ", ".join([*found, *([f'reads="{reads}"'] if reads != "json" else [])])


def _pairs(names: list[str]) -> str:
    return "{" + ", ".join(f'"{name}": {_safe(name)}' for name in names) + "}"


def _answer(one: Operation, models: Models) -> tuple[str, str]:
    """The class of the call and what it answers."""
    if one.answer is None:
        return "Call", {"204": "None", "302": "str"}.get(one.status, "bytes")
    title = one.answer.get("title", "")
    if title.startswith("Page["):
        row = models.type_of(one.answer["properties"]["items"]["items"])
        return ("ListCall", row) if one.is_list else ("Call", f"models.Page[{row}]")
    return "Call", models.type_of(one.answer)


def _optional(name: str, schema: dict[str, Any], models: Models) -> str:
    return f"{_safe(name)}: {models.type_of(schema)} | Unset = UNSET"


def index(operations: list[Operation]) -> str:
    """The package that has every call under one roof."""
    tags: dict[str, list[str]] = {}
    for one in operations:
        tags.setdefault(one.tag, []).append(one.name)
    lines = "\n".join(
        f"from mam_client.calls.{tag} import {', '.join(names)}" for tag, names in sorted(tags.items())
    )
    listed = ",\n    ".join(f'"{one.name}"' for one in operations)
    exported = f"__all__ = [\n    {listed},\n]\n"
    return f'"""Every call of the API, built but not sent."""\n\n{_HEAD}\n{lines}\n\n{exported}'


def methods(operations: list[Operation]) -> str:
    """Both clients' methods: one line an operation, typed by the call they send."""
    sync = "\n".join(f"    {one.name} = sync_method(calls.{one.name})" for one in operations)
    aio = "\n".join(f"    {one.name} = async_method(calls.{one.name})" for one in operations)
    return (
        f'"""The methods of both clients: each builds a call and sends it."""\n\n{_HEAD}\n'
        "from mam_client import calls\n"
        "from mam_client.call import AsyncSender, Sender, async_method, sync_method\n\n\n"
        f'class Methods(Sender):\n    """Every call of the API; sent at once."""\n\n{sync}\n\n\n'
        f'class AsyncMethods(AsyncSender):\n    """Every call of the API; to be awaited."""\n\n{aio}\n'
    )


def _safe(name: str) -> str:
    return f"{name}_" if keyword.iskeyword(name) else name


def _words(text: str) -> str:
    """A docstring of one line that ends in a full stop."""
    line = " ".join(text.split()).replace('"', "'").replace("\\", "/")
    return line if line.endswith(".") else f"{line}."
