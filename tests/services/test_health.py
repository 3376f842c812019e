"""Health says what is wrong in words, quickly, and nothing that is nobody's business."""

from __future__ import annotations

import dataclasses
import json

import pytest
from peewee import OperationalError

from mam.core import Mam
from mam.errors import StorageError
from mam.models import database
from mam.queue import Queue
from mam.services import box as services_box
from mam.services import health, jobs
from mam.types import SYSTEM, Finding
from mam.web.app import create_app


def test_a_box_without_a_worker_is_degraded_and_with_one_well(box: Mam) -> None:
    found = health.check(box)
    assert (found["status"], found["checks"]["workers"]["status"]) == ("degraded", "degraded")
    jobs.beat(box, "worker-1", {})
    found = health.check(box)
    assert found["status"] == "ok"
    assert set(found["checks"]) == {"database", "queue", "storage", "disk", "workers", "plugins"}
    assert all(set(one) >= {"status", "detail"} for one in found["checks"].values())


def test_without_a_queue_it_is_degraded(sqlite_box: Mam) -> None:
    """Promise C6: uploads and reads go on without Redis, and health says so."""
    queue = dataclasses.replace(sqlite_box.config.queue, url="unix:///nowhere/valkey.sock")
    away = Queue(dataclasses.replace(sqlite_box.config, queue=queue))
    found = health.check(dataclasses.replace(sqlite_box, queue=away))
    assert found["status"] == "degraded"
    assert found["checks"]["queue"]["status"] == "degraded"


def test_without_storage_it_is_down(sqlite_box: Mam, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_args: object, **_kwargs: object) -> None:
        raise StorageError("The bucket is gone: s3://key:secret@host")

    monkeypatch.setattr(sqlite_box.storage, "stat", gone)
    found = health.check(sqlite_box)
    assert (found["status"], found["checks"]["storage"]["status"]) == ("down", "down")
    assert "secret" not in json.dumps(found)


def test_it_tells_no_places(sqlite_box: Mam) -> None:
    assert str(sqlite_box.config.data) not in json.dumps(health.check(sqlite_box))


def test_a_store_whose_lock_is_a_lie_is_loud(sqlite_box: Mam) -> None:
    """Issue 4, 2: `lying` shows in health and on the admin's page of the storage, with what to do."""
    # Given a self-check that caught the store lying
    finding = Finding("lock", "error", "lying: it answers 200 and deletes.", "Take another store.")
    sqlite_box.hooks.plugins["mam.builtin.storage_files"].findings = (finding,)
    # When health and the storage page are asked
    found = health.check(sqlite_box)["checks"]["storage"]
    told = services_box.storage(sqlite_box, SYSTEM)["lock"]
    # Then both say so
    assert found["status"] == "degraded"
    assert "lying" in found["detail"]
    assert (told["severity"], told["fix"]) == ("error", "Take another store.")


async def test_without_a_database_it_says_so(sqlite_box: Mam, monkeypatch: pytest.MonkeyPatch) -> None:
    """Health answers 503 with its checks, every other call a 503 problem document."""
    client = create_app(sqlite_box).test_client()
    database.close()

    def unreachable(*_args: object, **_kwargs: object) -> None:
        raise OperationalError("could not connect to postgresql://user:secret@host")

    monkeypatch.setattr(type(database.obj), "connect", unreachable)  # type: ignore[attr-defined]
    answer = await client.get("/api/health")
    found = await answer.get_json()
    assert (answer.status_code, found["status"], found["checks"]["database"]["status"]) == (
        503,
        "down",
        "down",
    )
    answer = await client.get("/auth/me", headers={"Authorization": "Bearer x"})
    problem = await answer.get_json()
    assert (answer.status_code, problem["code"]) == (503, "database_unavailable")
    assert answer.headers["Retry-After"]
    assert "secret" not in json.dumps([found, problem])
