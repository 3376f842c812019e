"""The database behind every table: one proxy, bound by `connect`, and the three column types we add.

Rows hold; they never act: no signals, no overridden `save()`.
"""

from __future__ import annotations

import json
import math
import select
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from peewee import (
    BigIntegerField,
    Database,
    DatabaseError,
    InterfaceError,
    InternalError,
    Model,
    OperationalError,
    TextField,
)
from playhouse.pool import MaxConnectionsExceeded, PooledSqliteDatabase
from playhouse.postgres_ext import PooledPsycopg3Database
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from psycopg.errors import IdleInTransactionSessionTimeout
from psycopg.pq import TransactionStatus

from mam.config import Config
from mam.errors import ConfigError
from mam.models.commits import LastWorkMixin, Proxy
from mam.models.writers import WritersMixin

database: Database = Proxy()  # type: ignore[assignment]

Refused = (DatabaseError,)
"""What a query raises that the database does not take; also all of `Unavailable` but a full pool."""

Unavailable = (OperationalError, InterfaceError, MaxConnectionsExceeded)
"""What a query raises when the database does not answer, stays locked, or has no connection left."""


class _Sqlite(LastWorkMixin, WritersMixin, PooledSqliteDatabase):
    """SQLite with a last word before each commit, and with a line for those who write."""


class _Postgresql(LastWorkMixin, PooledPsycopg3Database):
    """PostgreSQL with the same, and with a pool that notices what the server did meanwhile."""

    _refused_at = -math.inf

    def _connect(self) -> Any:
        """A connection, or at once what the last attempt said: the pool opens one at a time.

        Otherwise everybody would wait for everybody's time-out where the server's machine does not answer.
        """
        if time.monotonic() - self._refused_at < _BREATH:
            raise OperationalError("PostgreSQL did not answer a moment ago.")
        try:
            return super()._connect()
        except _NO_CONNECTION:
            self._refused_at = time.monotonic()
            raise

    def execute_sql(self, *args: Any, **kwargs: Any) -> Any:
        """Run it; a transaction that the server cut for standing still ends like any lost connection."""
        try:
            return super().execute_sql(*args, **kwargs)
        except InternalError as error:
            if isinstance(getattr(error, "orig", None), IdleInTransactionSessionTimeout):
                raise OperationalError(*error.args) from error
            raise

    def _is_closed(self, conn: Any) -> bool:
        """Whether the server has ended a kept connection: an idle one with something to read was told so.

        The pool's own way asks the server each time: a third of all that reading an asset takes.
        """
        if conn.closed or conn.info.transaction_status != TransactionStatus.IDLE:
            return bool(super()._is_closed(conn))
        waiting = select.poll()
        waiting.register(conn.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
        return bool(waiting.poll(0))


_BREATH = 0.5  # seconds between two attempts to reach a server that did not answer
_NO_CONNECTION = (OperationalError, psycopg.OperationalError)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def connect(config: Config) -> Database:
    """Bind the tables to the configured database; opens nothing yet.

    SQLite runs in WAL with immediate write transactions, so that a reader never waits and two writers
    queue instead of failing half way (measured fact of the architecture page), in the order in which they
    came. Connections are kept: opening one costs 0.5 ms, and closing the last one a checkpoint.
    """
    url = config.database_url
    scheme = urllib.parse.urlsplit(url).scheme
    if scheme == "sqlite":
        bound: Database = _Sqlite(
            url.removeprefix("sqlite:///"),
            max_connections=0,  # no limit: a thread that works has one
            stale_timeout=300,
            check_same_thread=False,  # the pool hands a connection to one thread at a time
            pragmas={
                "journal_mode": "wal",
                "synchronous": "full",  # what was answered survives a power cut; 1.8 ms a commit here
                "foreign_keys": 1,
                "busy_timeout": 10_000,
                "cache_size": -8_000,
            },
            lock_type="IMMEDIATE",
            autoconnect=False,
        )
    elif scheme in ("postgresql", "postgres", "psycopg3"):
        bound = _postgresql("postgresql" + url.removeprefix(scheme), config)
    else:
        raise ConfigError(
            f"{config.path or 'the configuration'}: database.url: expected sqlite:///… or postgresql://…, "
            f"found {scheme or 'no scheme'}://."
        )
    database.initialize(bound)  # type: ignore[attr-defined]
    return bound


def _postgresql(url: str, config: Config) -> Database:
    """Pooled connections to PostgreSQL; the server cuts what runs, or holds its locks idly, for too long.

    A machine that vanished is noticed by keep-alives and by what it does not acknowledge.
    """
    try:
        given = conninfo_to_dict(url)
    except ProgrammingError as error:
        where = config.path or "the configuration"
        raise ConfigError(f"{where}: database.url: expected postgresql://user@host/name: {error}.") from None
    arguments: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    name = arguments.pop("dbname", "mam")
    for key, value in _PATIENCE.items():
        arguments.setdefault(key, value)
    cut = max(1, int(config.database.statement_seconds * 1000))
    return _Postgresql(
        name,
        max_connections=config.database.pool + config.server.threads,
        stale_timeout=300,
        timeout=10,
        autoconnect=False,
        options=f"-c jit=off -c statement_timeout={cut} -c idle_in_transaction_session_timeout={cut}",
        **arguments,
    )


_PATIENCE = {
    "connect_timeout": 5,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,  # milliseconds
}
"""How long libpq waits for the server's machine; unix sockets pay no heed to the last four."""


@contextmanager
def connected() -> Iterator[None]:
    """A database connection for this thread; one that is open already stays open."""
    opened = database.connect(reuse_if_open=True)
    try:
        yield
    finally:
        if opened:
            database.close()


def disconnect() -> None:
    """Close every kept connection: before a fork, for two processes must not share one."""
    database.obj.close_all()  # type: ignore[attr-defined]


class Table(Model):
    """Base of every table."""

    class Meta:
        """All tables live in the one bound database."""

        database = database
        legacy_table_names = False


class UTCField(BigIntegerField):
    """A moment: microseconds since 1970 in the column, an aware UTC datetime in Python.

    Integers order, compare and index alike on SQLite and PostgreSQL, and parse in no time.
    """

    def db_value(self, value: Any) -> Any:
        """Datetime to microseconds; integers pass, for arithmetic in queries."""
        if isinstance(value, datetime):
            return (value - _EPOCH) // _MICROSECOND
        return value

    def python_value(self, value: Any) -> Any:
        """Microseconds to datetime."""
        return None if value is None else _EPOCH + timedelta(microseconds=int(value))


class JSONField(TextField):
    """JSON text in the column, the parsed value in Python; the same on both databases."""

    def db_value(self, value: Any) -> Any:
        """Value to compact JSON."""
        return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def python_value(self, value: Any) -> Any:
        """JSON to value."""
        return None if value is None else json.loads(value)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)
