"""PostgreSQL goes away and comes back under load: refusals by name meanwhile, nobody has to do anything."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import httpx
import psycopg
import pytest
from faults_bench import wait_for
from own_postgres import OwnPostgres, own_postgres
from upload_web import WebProcess, web_process

from mam import models
from mam.config import Config, Database, Secret

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def server() -> Iterator[OwnPostgres]:
    """A PostgreSQL of this test alone."""
    with own_postgres() as made:
        yield made


@pytest.fixture
def web(server: OwnPostgres, tmp_path: Path) -> Iterator[WebProcess]:
    """A web process on it, with a pool of connections."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "config.toml").write_text(
        f'[database]\nurl = "{server.url}"\nstatement_seconds = 3\n[server]\nprocesses = 1\n'
    )
    with web_process(data) as process:
        yield process


class Load:
    """Requests beside each other until the block ends; each answer counts by what it was and when."""

    def __init__(self, web: WebProcess) -> None:
        self.answers: list[tuple[float, int, bool, float]] = []
        self._base, self._headers = str(web.client.base_url), dict(web.client.headers)
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(6)]

    def __enter__(self) -> Self:
        """Begin."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def _run(self) -> None:
        with httpx.Client(base_url=self._base, headers=self._headers, timeout=120) as client:
            while not self._stop.is_set():
                began = time.monotonic()
                answer = client.get("/api/projects")
                polite = "retry-after" in answer.headers
                self.answers.append((began, answer.status_code, polite, time.monotonic() - began))
                time.sleep(0.02)

    def since(self, moment: float) -> list[tuple[float, int, bool, float]]:
        """What was asked after this moment."""
        return [one for one in list(self.answers) if one[0] > moment]


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_requests_recover_by_themselves(server: OwnPostgres, web: WebProcess, mode: str) -> None:
    """Stopped in order or as in a crash: 503 with Retry-After meanwhile, then 200 again, at once for all."""
    with Load(web) as load:
        # Given answers from a warm pool
        wait_for(lambda: Counter(one[1] for one in load.answers)[200] > 50, 120)
        # When the server is gone for a while
        server.stop(mode)
        gone = time.monotonic()
        wait_for(lambda: len(load.since(gone)) > 20, 120)
        assert {one[1] for one in load.since(gone)} == {503}
        assert web.client.get("/api/health").json()["checks"]["database"]["status"] == "down"
        # And comes back
        server.start()
        back = time.monotonic() + 1
        wait_for(lambda: len(load.since(back)) > 100, 120)
    # Then every refusal said when to come again, and once it is back none is refused any more
    refused = [one for one in load.answers if one[1] != 200]
    assert all(status == 503 and polite for _, status, polite, _ in refused)
    assert {one[1] for one in load.since(back)} == {200}
    assert max(one[3] for one in load.answers) < 60
    # And no connection of the pool is lost: as many writes as there are connections go through at once
    assert web.client.post("/api/projects", json={"name": "after"}).status_code == 201
    assert web.client.get("/api/health").json()["checks"]["database"]["status"] == "ok"


def test_kept_connections_that_the_server_ended_are_noticed(server: OwnPostgres, web: WebProcess) -> None:
    """A restart between two requests costs no request at all: the pool sees what was closed."""
    # Given a pool with connections
    with Load(web) as load:
        wait_for(lambda: Counter(one[1] for one in load.answers)[200] > 50, 120)
    # When the server restarts while nobody asks
    server.stop()
    server.start()
    # Then nobody hears of it
    assert [web.client.get("/api/projects").status_code for _ in range(30)] == [200] * 30


def test_a_transaction_that_stands_still_holds_nobody_up_for_ever(
    server: OwnPostgres, web: WebProcess
) -> None:
    """A frozen machine that holds the audit log's head is cut; writes of others wait that long, no longer."""
    # Given another process that holds the head of the audit log, as one that was stopped in a commit
    options = "-c idle_in_transaction_session_timeout=2000"
    with psycopg.connect(server.url, options=options, autocommit=True) as frozen:
        began = time.monotonic()  # before it is held, so that a slow moment here makes nothing shorter
        frozen.execute("BEGIN")
        frozen.execute("SELECT * FROM audit_head FOR UPDATE")
        # When somebody writes meanwhile, then it works as soon as that one is cut
        assert web.client.post("/api/projects", json={"name": "waited"}).status_code == 201
        assert time.monotonic() - began > 1.9
        with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
            frozen.execute("SELECT 1")


def test_whoever_was_cut_hears_of_a_database_that_is_away(postgres_url: str, tmp_path: Path) -> None:
    # Given a process that slept in a transaction for longer than it may
    config = Config(data=tmp_path, database=Database(url=Secret(postgres_url), statement_seconds=1))
    models.connect(config)
    # When it goes on, then it is told what it would be told of a lost connection
    with pytest.raises(models.Unavailable):
        _sleep_in_a_transaction(2)
    # And its pool is well
    with models.database.connection_context():
        assert models.database.execute_sql("SELECT 1").fetchone() == (1,)
    models.disconnect()


def test_a_statement_that_takes_too_long_is_cut(server: OwnPostgres, web: WebProcess) -> None:
    """`[database] statement_seconds`: a write that waits for a lock is told 503, and the pool lives on."""
    with psycopg.connect(server.url) as holder:
        holder.execute("SELECT * FROM audit_head FOR UPDATE")
        answer = web.client.post("/api/projects", json={"name": "never"})
        assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
        assert answer.headers["retry-after"]
        holder.rollback()
    assert web.client.post("/api/projects", json={"name": "now"}).status_code == 201
    names = [one["name"] for one in web.client.get("/api/projects").json()["items"]]
    assert names == ["now"]


def _sleep_in_a_transaction(seconds: float) -> None:
    with models.database.connection_context(), models.database.atomic():
        models.database.execute_sql("SELECT 1")
        time.sleep(seconds)
        models.database.execute_sql("SELECT 1")
