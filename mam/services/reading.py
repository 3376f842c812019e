"""Rows for long lists without the object mapper: one statement as text, tuples with names, nothing else.

A list of 50 assets with versions and renditions is 350 rows; as model instances they cost 8 ms, as these 1
ms. The attributes are the models' own, so the same shapes take both; moments stay microseconds. Reads only.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import orjson
from peewee import Field, SqliteDatabase

from mam.models import Asset, JSONField, Table, Version, database
from mam.services.shapes import PLAYED

Parse = Callable[[str], Any]
T = TypeVar("T")

_PAGES = 16  # a page of 50 assets is some 200 KiB


class Reader:
    """Selects some columns of one table."""

    def __init__(self, table: type[Table], *fields: Field) -> None:
        """Take the named fields, or all of them."""
        wanted = fields or tuple(table._meta.sorted_fields)  # noqa: SLF001 - peewee's documented Meta
        self._columns = [field.column_name for field in wanted]
        self._from = f"FROM {table._meta.table_name} "  # noqa: SLF001 - likewise
        self._row = namedtuple(f"{table.__name__}Row", self._columns)  # type: ignore[misc]  # noqa: PYI024 - made from columns
        self._json = [index for index, field in enumerate(wanted) if isinstance(field, JSONField)]

    def read(self, tail: str, values: Sequence[Any], parse: Parse = orjson.loads) -> list[Any]:
        """The rows of `SELECT … FROM table` followed by `tail`, in which `?` stands for each value.

        `parse` takes the text of a JSON column; `orjson.Fragment` lets it through to an answer as it is.
        """
        make = self._row._make  # type: ignore[attr-defined]
        return [make(self._parsed(row, parse)) for row in fetch(self._columns, self._from + tail, values)]

    def _parsed(self, row: Sequence[Any], parse: Parse) -> list[Any]:
        values = list(row)
        for index in self._json:
            if values[index] is not None:
                values[index] = parse(values[index])
        return values


def _without(table: type[Table], *unwanted: Field) -> list[Field]:
    return [field for field in table._meta.sorted_fields if field not in unwanted]  # noqa: SLF001 - as above


ASSETS = Reader(Asset)
VERSIONS = Reader(
    Version,
    *_without(Version, Version.upload_id, Version.master_key, Version.master_version, Version.created_by),
)


def renditions(version_ids: Sequence[str]) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """The renditions that are shown, as in the contract, the largest first, by version and generation."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    rest = (
        f"FROM rendition WHERE {one_of('version_id', version_ids)} AND {one_of('kind', PLAYED)} "
        "ORDER BY COALESCE(height, 0) DESC, name"
    )
    columns = ("version_id", "generation", "name", "height", "status")
    rows = fetch(columns, rest, [*version_ids, *PLAYED]) if version_ids else []
    for version_id, generation, name, height, status in rows:
        shape = {"name": name, "height": height, "status": status}
        found.setdefault((version_id, generation), []).append(shape)
    return found


def fetch(columns: Sequence[str], rest: str, values: Sequence[Any]) -> list[Any]:
    """The rows of `SELECT columns rest`, in which `?` stands for each value.

    Python's sqlite3 gives the interpreter away and takes it back at every row: under load that costs more
    than the query. So SQLite is asked for one row, all of them as JSON.
    """
    names = ", ".join(columns)
    sql = f"SELECT {names} {rest}"
    if isinstance(database.obj, SqliteDatabase):  # type: ignore[attr-defined]
        sql = f"SELECT json_group_array(json_array({names})) FROM ({sql})"  # noqa: S608 - our own names
        found: list[Any] = orjson.loads(database.execute_sql(sql, tuple(values)).fetchone()[0])
        return found
    sql = sql.replace("%", "%%").replace("?", database.param)
    return list(database.execute_sql(sql, tuple(values)).fetchall())


def remembered(key: Hashable, make: Callable[[], T]) -> T:
    """What `make` answered for this key, as long as nobody wrote to the database since.

    Both databases tell that exactly, by a stamp that never comes back once it is past; what is not committed
    yet is not remembered. So an answer that was made while somebody wrote is not used again either.
    """
    bound = database.obj  # type: ignore[attr-defined]
    if bound.in_transaction():
        return make()
    connection = database.connection()
    one_each = isinstance(bound, SqliteDatabase)  # its stamp is the connection's own
    owner, stamp = (connection, _counters(connection)) if one_each else (bound, _snapshot())
    memory = _memories.get(id(owner))
    if memory is None or memory.owner is not owner or memory.stamp != stamp:
        memory = _memories[id(owner)] = _Memory(owner, stamp, {})
    answers = memory.answers
    if key in answers:
        return cast("T", answers[key])
    made = make()
    if len(answers) >= _PAGES:
        answers.clear()
    answers[key] = made
    return made


def _counters(connection: Any) -> tuple[int, int]:
    """SQLite: `data_version` changes with each commit of another connection, `total_changes` with our own."""
    return (connection.execute("PRAGMA data_version").fetchone()[0], connection.total_changes)


def _snapshot() -> str:
    """PostgreSQL: what a query sees now, as the transactions that are over; the same text, the same rows.

    It changes with each commit in any database of the server, on all connections alike. A standby's does not
    list what is running there, so it would not be exact; the box reads from the primary.
    """
    return str(database.execute_sql("SELECT pg_current_snapshot()::text").fetchone()[0])


@dataclass(frozen=True)
class _Memory:
    """What one connection, or of PostgreSQL the process, was asked for since the last write by anybody."""

    owner: Any
    stamp: Hashable
    answers: dict[Hashable, Any]


_memories: dict[int, _Memory] = {}
"""By SQLite connection (one thread has one at a time), or the one database."""


def one_of(column: str, values: Sequence[Any]) -> str:
    """`column IN (?, ?, …)`."""
    return f"{column} IN ({', '.join('?' * len(values))})"
