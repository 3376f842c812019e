"""Pages of long lists by keyset: a cursor says where the page before ended, so every page costs the same.

A cursor is opaque to clients: base64url of the sort's name, the last row's value and its id. It is checked
like any input. Asks nobody for permission, reads only the query it is given.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from peewee import Field

from mam.errors import FieldError, ValidationError

Shape = dict[str, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST = 1000
_NUMBERS = ("BIGINT", "INT", "AUTO")


def page(
    query: Any,
    sort: str,
    keys: dict[str, Field],
    unique: Field,
    *,
    cursor: str | None,
    limit: int,
) -> tuple[list[Any], str | None]:
    """One page of `query` and the cursor of the next, or None at the end.

    `sort` is a name of `keys`, with `-` in front for the largest first; `unique` breaks ties. Raises
    `ValidationError` for an unknown sort or a cursor that is not of this list.
    """
    name, descending = sort.removeprefix("-"), sort.startswith("-")
    if name not in keys:
        raise _invalid("sort", f"One of: {', '.join(sorted(keys))}; with - in front for descending.")
    field = keys[name]
    if cursor is not None:
        value, last_id = position(cursor, sort, number=field.field_type in _NUMBERS)
        beyond = field < value if descending else field > value
        tie = unique < last_id if descending else unique > last_id
        query = query.where(beyond | ((field == value) & tie))
    order = (field.desc(), unique.desc()) if descending else (field.asc(), unique.asc())
    rows = list(query.order_by(*order).limit(limit + 1))
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], make_cursor(sort, getattr(last, field.name), getattr(last, unique.name))


def listed(rows: list[Any], shape: Callable[[Any], Shape], next_cursor: str | None) -> Shape:
    """The contract's list shape."""
    return {"items": [shape(row) for row in rows], "next_cursor": next_cursor}


def make_cursor(sort: str, value: object, unique: object) -> str:
    """The cursor after a row: the value it is sorted by, and its id."""
    if isinstance(value, datetime):
        value = (value - _EPOCH) // timedelta(microseconds=1)
    text = json.dumps([sort, value, unique], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def position(cursor: str, sort: str, *, number: bool) -> tuple[Any, str]:
    """Value and id of the last row shown; `ValidationError` for what was not made for this list."""
    try:
        raw = base64.b64decode(cursor[:_LONGEST] + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        name, value, unique = json.loads(raw)
    except (binascii.Error, ValueError, RecursionError, TypeError):
        raise _bad_cursor() from None
    fits = (
        type(value) is int and abs(value) < 2**63
        if number
        else isinstance(value, str) and "\x00" not in value
    )
    if name != sort or not fits or not isinstance(unique, str | int) or "\x00" in str(unique):
        raise _bad_cursor()
    return value, unique  # type: ignore[return-value]


def _bad_cursor() -> ValidationError:
    return _invalid("cursor", "The next_cursor of a page of this list, unchanged, with the same sort.")


def _invalid(field: str, message: str) -> ValidationError:
    return ValidationError(f"{field}: {message}", (FieldError(field, message),))
