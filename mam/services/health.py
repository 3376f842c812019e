"""Is the box well: the database, queue, storage, disk, workers and plugins, each with one sentence.

Cheap enough for a probe every second, and free of secrets: anybody may ask. Reads only.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import structlog

from mam import __version__
from mam.core import Mam
from mam.errors import MamError
from mam.models import Unavailable, Version, WorkerBeat, database, now
from mam.plugins import State
from mam.services import backups, locks, masters, pressure

Check = dict[str, Any]

WORKER_SECONDS = 30
"""A worker that was not seen for this long does not count."""

LOW_DISK = 5 << 30
"""Bytes free below which the disk is called low."""

FULL_DISK = 256 << 20
"""Bytes free below which nothing can be taken in."""

_NO_DATABASE = "The database does not answer."
_log = structlog.get_logger("mam.health")


def check(mam: Mam) -> dict[str, Any]:
    """The answer of GET /api/health: `down` where the box cannot serve, `degraded` where work waits.

    Opens a database connection of its own where the thread has none: that may be what is wrong.
    """
    with ExitStack() as connection:
        found = _database(connection)
        checks = {
            "database": found,
            "queue": _queue(mam),
            "storage": _storage(mam, asks=found["status"] == "ok"),
            "disk": _disk(mam),
            "workers": _workers() if found["status"] == "ok" else _bad("degraded", _NO_DATABASE, alive=0),
            "plugins": _plugins(mam),
        }
    found_all = [one["status"] for one in checks.values()]
    status = "down" if "down" in found_all else "degraded" if "degraded" in found_all else "ok"
    return {"status": status, "version": __version__, "checks": checks}


def _database(connection: ExitStack) -> Check:
    def ask() -> None:
        if database.connect(reuse_if_open=True):
            connection.callback(database.close)
        database.execute_sql("SELECT 1")

    return _timed(ask, Unavailable, "down", _NO_DATABASE)


def _queue(mam: Mam) -> Check:
    started = time.perf_counter()
    if mam.queue.ping():
        return _ok(milliseconds=_since(started))
    return _bad("degraded", "The queue does not answer; jobs are kept and start when it is back.")


def _storage(mam: Mam, *, asks: bool) -> Check:
    """The store answers, no store's lock is a lie, nothing is damaged; `asks` where the database answers."""
    probe = "00000000-0000-0000-0000-000000000000"
    sentence = "The storage does not answer; nothing can be stored or played."
    found = _timed(lambda: mam.storage.stat("staging", probe), MamError, "down", sentence)
    if found["status"] != "ok":
        return found
    if _a_lock_lies(mam, asks=asks):
        return _bad(
            "degraded",
            "The lock of the masters is lying: a store shows a lock and does not keep it; the page Storage "
            "and `mam doctor` say what it did.",
        )
    damaged = Version.select().where(Version.damage.is_null(False)).count() if asks else 0
    if damaged:
        return _bad("degraded", f"{damaged} masters are damaged; the page Storage names them.")
    if asks and backups.status(mam)["state"] in {"late", "failed"}:
        return _bad("degraded", "The backups that are to be made are not made; the page Storage says why.")
    return found


def _a_lock_lies(mam: Mam, *, asks: bool) -> bool:
    """Whether the last proof of any store said so; a sentence may name a bucket, so it is not told here."""
    if asks:
        return any(one["state"] == "lying" for one in locks.known(mam))
    lock = masters.lock_finding(mam)
    return lock is not None and lock.message.startswith("lying")


def _disk(mam: Mam) -> Check:
    try:
        usage, stage = shutil.disk_usage(pressure.folder_of(mam)), pressure.stage(mam)
    except OSError:
        return _bad("down", "The data folder cannot be read.")
    found: dict[str, Any] = {"free_bytes": usage.free, "total_bytes": usage.total}
    if usage.free < FULL_DISK:
        return _bad("down", "The disk is full; nothing can be taken in.", **found)
    if stage or usage.free < LOW_DISK:
        return _bad("degraded", pressure.SENTENCES[stage or "warn"], **found)
    return _ok(**found)


def _workers() -> Check:
    since = now() - timedelta(seconds=WORKER_SECONDS)
    alive = WorkerBeat.select().where(WorkerBeat.seen_at > since).count()
    if not alive:
        return _bad("degraded", "No worker was seen lately; uploads are kept, previews wait.", alive=0)
    return _ok(alive=alive)


def _plugins(mam: Mam) -> Check:
    stopped = [
        one.name for one in mam.hooks.plugins.values() if one.state not in (State.ENABLED, State.DISABLED)
    ]
    if not stopped:
        return _ok(stopped=[])
    named = ", ".join(stopped)
    # A GPU encoder that finds no GPU stops itself and the next one answers: told, but nobody's illness
    return _ok(stopped=stopped, detail=f"Stopped: {named}; the next in line answers.")


def _timed(
    ask: Callable[[], object],
    failures: type[Exception] | tuple[type[Exception], ...],
    bad: str,
    sentence: str,
) -> Check:
    started = time.perf_counter()
    try:
        ask()
    except failures as error:
        _log.warning("health check failed", reason=str(error))
        return _bad(bad, sentence)
    return _ok(milliseconds=_since(started))


def _since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)


def _ok(detail: str = "", **more: Any) -> Check:
    return {"status": "ok", "detail": detail, **more}


def _bad(status: str, sentence: str, **more: Any) -> Check:
    return {"status": status, "detail": sentence, **more}
