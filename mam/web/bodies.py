"""Input into checked models: JSON bodies and query strings. Anything odd is a 4xx with a field, never a 500.

Numbers beyond 64 bits, lone surrogates, deep nesting, NaN and invalid UTF-8 end in the parser; NUL, which
one of our databases cannot store, and unknown fields end here.
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from quart import Request

from mam import errors
from mam.errors import FieldError
from mam.ids import is_id

M = TypeVar("M", bound=BaseModel)

JSON_BYTES = 1 << 20
"""The longest body of every call but the uploads."""

MAX_DEPTH = 64
_UNION = "literal["  # how pydantic names a branch of a union; no field of ours
"""The deepest nesting of a body that is looked at."""

_MAX_INT = 2**63 - 1


class UnsupportedTypeError(errors.MamError):
    """A body of another media type than the call reads."""

    code = "unsupported_media_type"
    title = "Unsupported media type"


class BadJsonError(errors.ValidationError):
    """A body that is no JSON object."""

    code = "bad_json"
    title = "The body is not JSON"


def _id(value: str) -> str:
    if not is_id(value):
        raise ValueError("An id is a UUID in lower case with hyphens.")
    return value


Id = Annotated[str, Field(json_schema_extra={"format": "uuid"}), AfterValidator(_id)]
"""A UUID as this API writes it."""


class Input(BaseModel):
    """Base of every body: exact types, no unknown fields, strings without surrounding space."""

    model_config = ConfigDict(extra="forbid", strict=True, str_strip_whitespace=True)


class Query(BaseModel):
    """Base of every query string: texts that become the field's type, no unknown names."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Page(Query):
    """A page of a list."""

    cursor: str | None = Field(None, max_length=1000, description="`next_cursor` of the page before.")
    limit: int = Field(50, ge=1, le=200)


async def read_json(model: type[M], request: Request, *, optional: bool = False) -> M:
    """The body as `model`; `ValidationError` or `UnsupportedTypeError` for what does not fit."""
    raw = await request.get_data(as_text=False)
    if not raw and optional:
        return model()
    if request.mimetype != "application/json":
        raise UnsupportedTypeError("Send the body as application/json.")
    return check(model, parse_json(raw))


def parse_json(raw: bytes | str) -> Any:
    """The value in `raw`; `BadJsonError` says where it breaks off."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise BadJsonError(f"The body is not JSON: {error.msg} at character {error.pos}.") from None
    _check_value(value)
    return value


def read_query(model: type[M], query_string: bytes) -> M:
    """The query string as `model`; a name given twice is an error, not a guess."""
    pairs = urllib.parse.parse_qsl(
        query_string.decode("latin-1"), keep_blank_values=True, encoding="utf-8", errors="replace"
    )
    given: dict[str, str] = {}
    for name, value in pairs:
        if name in given:
            raise _invalid((FieldError(_plain(name), "Give it once."),))
        given[name] = value
    _check_value(given)
    return check(model, given)


def check(model: type[M], value: Any) -> M:
    """`value` as `model`, or a `ValidationError` that names each field."""
    if not isinstance(value, Mapping):
        raise BadJsonError("The body has to be a JSON object.")
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise _invalid(tuple(_field(one) for one in error.errors(include_url=False))) from None


def _field(error: Mapping[str, Any]) -> FieldError:
    parts = [str(part) for part in error["loc"]]
    name = ".".join(part for part in parts if not part.startswith(_UNION)) or "body"
    message = str(error["msg"]).removeprefix("Value error, ")
    return FieldError(_plain(name), message[:1].upper() + message[1:].rstrip(".") + ".")


def _invalid(fields: tuple[FieldError, ...]) -> errors.ValidationError:
    listed = ", ".join(one.field for one in fields[:5])
    return errors.ValidationError(f"Something in the input does not fit: {listed}.", fields[:50])


def _plain(name: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in name)[:100]


def _check_value(value: Any, depth: int = 0) -> None:
    """Refuse what a database could not store or give back: NUL, numbers over 63 bits, bottomless nesting."""
    if depth > MAX_DEPTH:
        raise errors.ValidationError(f"The input is nested deeper than {MAX_DEPTH} levels.")
    if isinstance(value, str):
        if "\x00" in value:
            raise errors.ValidationError("A text may not hold the character NUL.")
    elif isinstance(value, dict):
        for key, inner in value.items():
            _check_value(key, depth + 1)
            _check_value(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _check_value(inner, depth + 1)
    elif isinstance(value, int) and abs(value) > _MAX_INT:
        raise errors.ValidationError("A number is too large.")
