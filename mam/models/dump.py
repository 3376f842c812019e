"""Every row as lines of JSON, read in one moment, and back: the same for SQLite and PostgreSQL.

A dump names its columns and is loaded into a schema of its own version, so a box can be restored from an
older release's backup, and into the other kind of database. What is built from other rows (search) or belongs
to running processes is left out.
"""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from peewee import AutoField, ForeignKeyField, Model, SqliteDatabase, sort_models  # type: ignore[attr-defined]

from mam import models
from mam.models.base import database
from mam.models.schema import PLUGGED

LEFT_OUT = frozenset({"asset_search", "worker_beat", "idempotency_key"})
"""Tables that no backup holds: they are made again."""

_BATCH = 500
_VARIABLES = 30_000
"""Values of one statement: SQLite takes 32 766 (its default limit), PostgreSQL 65 535."""

Rows = Iterable[Mapping[str, Any]]


@contextmanager
def one_moment() -> Iterator[None]:
    """What is read inside is as it was at one moment, whatever is written meanwhile; nobody waits."""
    begin = "BEGIN" if _is_sqlite() else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    database.execute_sql(begin)
    try:
        if not _is_sqlite():
            database.execute_sql("SET LOCAL statement_timeout = 0")
            database.execute_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        yield
    finally:
        database.execute_sql("ROLLBACK")


def tables() -> list[str]:
    """The tables of a dump, each after those that its rows point to."""
    return [one for one in (name_of(model) for model in sort_models(_models())) if one not in LEFT_OUT]


def _models() -> tuple[type[Model], ...]:
    """The core's tables, and those of plugins that this database has."""
    there = set(database.get_tables()) if PLUGGED else set()
    return (*models.TABLES, *(model for name, model in PLUGGED.items() if name in there))


def rows(table: str) -> Iterator[dict[str, Any]]:
    """Every row of a table, by column; values are numbers, texts, booleans, bytes or None."""
    statement = f"SELECT * FROM {_quoted(table)}"  # noqa: S608 - a name of ours
    if _is_sqlite():
        cursor = database.execute_sql(statement)
        yield from _named(cursor, cursor)
        return
    database.execute_sql(f"DECLARE dump NO SCROLL CURSOR FOR {statement}")
    while True:
        cursor = database.execute_sql(f"FETCH {_BATCH} FROM dump")
        found = cursor.fetchall()
        yield from _named(cursor, found)
        if len(found) < _BATCH:
            break
    database.execute_sql("CLOSE dump")


def load(dump: Mapping[str, Callable[[], Rows]]) -> dict[str, int]:
    """Fill the empty tables of this schema, in one transaction; answers the rows of each.

    Raises `ValueError` for a column that the schema has not. What migrations put there goes first.
    """
    order = [name for name in tables() if name in dump]
    with database.atomic():
        for name in reversed(tables()):
            if database.table_exists(name):
                database.execute_sql(f"DELETE FROM {_quoted(name)}")  # noqa: S608 - a name of ours
        counts = {name: _fill(name, dump[name]()) for name in order}
        for model in _models():
            _count_on(model)
    return counts


def name_of(model: type[Model]) -> str:
    """The table of a model."""
    return str(model._meta.table_name)  # noqa: SLF001 - peewee's own way to a table's name


def to_line(row: Mapping[str, Any]) -> bytes:
    """A row as a line of JSON; bytes in base64."""
    return json.dumps(row, default=_packed, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def from_line(line: bytes) -> dict[str, Any]:
    """The row of a line. Raises `ValueError`."""
    row = json.loads(line)
    if not isinstance(row, dict):
        raise ValueError("a row is no object")  # noqa: TRY004 - of bad lines, as JSON's own errors are
    return {name: _unpacked(value) for name, value in row.items()}


def _packed(value: Any) -> Any:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"base64": base64.b64encode(bytes(value)).decode()}
    raise TypeError(f"a {type(value).__name__} in a column")


def _unpacked(value: Any) -> Any:
    return base64.b64decode(value["base64"]) if isinstance(value, dict) else value


def _named(cursor: Any, found: Iterable[Any]) -> Iterator[dict[str, Any]]:
    names = [one[0] for one in cursor.description]
    for row in found:
        yield dict(zip(names, row, strict=True))


def _fill(table: str, given: Rows) -> int:
    """Insert the rows; pointers within the table are set at the end, for a row may come before its parent."""
    kinds = {one.name: one.data_type.lower() for one in database.get_columns(table)}
    inner = _inner_pointers(table)
    count, later = 0, []
    for batch in _batches(given):
        names = list(batch[0])
        strange = set(names) - kinds.keys()
        if strange:
            raise ValueError(f"the table {table} has no column {min(strange)}")
        values = [[_value(kinds[name], row[name]) for name in names] for row in batch]
        for row, line in zip(batch, values, strict=True):
            for name in inner & row.keys():
                if row[name] is not None:
                    later.append((name, row[name], row["id"]))
                    line[names.index(name)] = None
        _insert(table, names, values)
        count += len(batch)
    for name, target, row_id in later:
        mark = _mark()
        pointer = f"{_quoted(name)} = {mark}"
        database.execute_sql(f"UPDATE {_quoted(table)} SET {pointer} WHERE id = {mark}", (target, row_id))  # noqa: S608
    return count


def _batches(given: Rows) -> Iterator[list[Mapping[str, Any]]]:
    walk = iter(given)
    for first in walk:
        size = max(1, min(_BATCH, _VARIABLES // max(1, len(first)))) - 1
        yield [first, *itertools.islice(walk, size)]


def _insert(table: str, names: list[str], values: list[list[Any]]) -> None:
    columns = ", ".join(map(_quoted, names))
    line = f"({', '.join([_mark()] * len(names))})"
    lines = ", ".join([line] * len(values))
    statement = f"INSERT INTO {_quoted(table)} ({columns}) VALUES {lines}"  # noqa: S608 - names of ours
    database.execute_sql(statement, [one for row in values for one in row])


def _value(kind: str, value: Any) -> Any:
    """SQLite keeps booleans as 0 and 1; PostgreSQL wants the real ones."""
    return bool(value) if kind == "boolean" and isinstance(value, int) else value


def _inner_pointers(table: str) -> set[str]:
    model = next(one for one in _models() if name_of(one) == table)
    fields = model._meta.sorted_fields  # noqa: SLF001 - peewee's own way to a table's fields
    keys = (one for one in fields if isinstance(one, ForeignKeyField))
    return {one.column_name for one in keys if one.rel_model is model}


def _count_on(model: type[Model]) -> None:
    """PostgreSQL's counters know nothing of rows that came with their numbers."""
    key = model._meta.primary_key  # noqa: SLF001 - peewee's own way to a table's fields
    if _is_sqlite() or not isinstance(key, AutoField) or not database.table_exists(name_of(model)):
        return
    name = name_of(model)
    next_one = f"COALESCE(MAX({_quoted(key.column_name)}), 0) + 1"
    highest = f"SELECT {next_one} FROM {_quoted(name)}"  # noqa: S608 - names of ours
    sequence = f"pg_get_serial_sequence('{_quoted(name)}', '{key.column_name}')"
    database.execute_sql(f"SELECT setval({sequence}, ({highest}), false)")


def _is_sqlite() -> bool:
    return isinstance(database.obj, SqliteDatabase)  # type: ignore[attr-defined]


def _mark() -> str:
    return "?" if _is_sqlite() else "%s"


def _quoted(name: str) -> str:
    return f'"{name}"'
