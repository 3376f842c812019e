"""Rows for long lists without the object mapper: one statement as text, tuples with names, nothing else.

A list of 50 assets with versions and renditions is 350 rows; as model instances they cost 8 ms, as these 1
ms. The attributes are the models' own, so the same shapes take both; moments stay microseconds. Reads only.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from peewee import Field

from mam.models import Asset, JSONField, Rendition, Table, Version, database


class Reader:
    """Selects some columns of one table."""

    def __init__(self, table: type[Table], *fields: Field) -> None:
        """Take the named fields, or all of them."""
        wanted = fields or tuple(table._meta.sorted_fields)  # noqa: SLF001 - peewee's documented Meta
        name = table._meta.table_name  # noqa: SLF001 - likewise
        columns = [field.column_name for field in wanted]
        self._select = f"SELECT {', '.join(f'{name}.{column}' for column in columns)} FROM {name} "  # noqa: S608 - our own names
        self._row = namedtuple(f"{table.__name__}Row", columns)  # type: ignore[misc]  # noqa: PYI024 - made from columns
        self._json = [index for index, field in enumerate(wanted) if isinstance(field, JSONField)]

    def read(self, tail: str, values: Sequence[Any]) -> list[Any]:
        """The rows of `SELECT … FROM table` followed by `tail`, in which `?` stands for each value."""
        rows = run(self._select + tail, values)
        make = self._row._make  # type: ignore[attr-defined]
        if self._json:
            return [make(self._parsed(row)) for row in rows]
        return [make(row) for row in rows]

    def _parsed(self, row: tuple[Any, ...]) -> list[Any]:
        values = list(row)
        for index in self._json:
            if values[index] is not None:
                values[index] = orjson.loads(values[index])
        return values


ASSETS = Reader(Asset)
VERSIONS = Reader(Version)
RENDITIONS = Reader(
    Rendition,
    Rendition.version,
    Rendition.generation,
    Rendition.name,
    Rendition.kind,
    Rendition.status,
    Rendition.height,
)


def run(sql: str, values: Sequence[Any]) -> Iterable[tuple[Any, ...]]:
    """Every row of a statement in which `?` stands for each value."""
    mark = database.param  # "?" or "%s"
    if mark != "?":
        sql = sql.replace("%", "%%").replace("?", mark)
    found: list[tuple[Any, ...]] = database.execute_sql(sql, tuple(values)).fetchall()
    return found


def one_of(column: str, values: Sequence[Any]) -> str:
    """`column IN (?, ?, …)`."""
    return f"{column} IN ({', '.join('?' * len(values))})"


def like(word: str) -> str:
    r"""The pattern of `LIKE ? ESCAPE '\'` that finds `word` anywhere."""
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
