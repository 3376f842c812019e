"""The figures of the whole box in Prometheus' text form: sums of all processes, and how things are now.

Sums lie in one hash of the queue's server, to which each process adds; a day's sums of the caches lie beside
them for the dashboard. What is now is asked of the database. Each part that does not answer is left out, and
`mam_check` says so. Writes only those hashes.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from peewee import fn
from prometheus_client.core import GaugeMetricFamily, Metric

from mam import __version__, metrics, metrics_text, models
from mam.core import Mam
from mam.errors import QueueUnavailableError
from mam.models import Job, Rendition, Upload, Version, WebhookDelivery, WorkerBeat, now
from mam.queue import QUEUES
from mam.services import health

SUMS = "sums"
"""The name of the box's sums at the queue."""

FLUSH_SECONDS = 5.0
"""How often a process hands on what it counted: a scrape is at most this old."""

KEPT_DAYS = 400
"""How long the days of the caches are kept."""

_DAILY = ("mam_cache_requests", "mam_cache_served_bytes")
Values = dict[tuple[str, ...], float]
_LEVELS = {"ok": 1.0, "degraded": 0.5, "down": 0.0}


def flush(mam: Mam) -> bool:
    """Hand on what this process counted; False where the queue does not answer, which keeps it for later."""
    taken = metrics.take()
    if not taken:
        return True
    daily = {key: amount for key, amount in taken.items() if key.startswith(_DAILY)}
    try:
        mam.queue.add_up({SUMS: taken, day_name(datetime.now(UTC)): daily}, days=KEPT_DAYS)
    except QueueUnavailableError:
        metrics.give_back(taken)
        return False
    return True


def day_name(moment: datetime) -> str:
    """The name of a day's sums at the queue."""
    return f"day:{moment:%Y-%m-%d}"


def exposition(mam: Mam, accept: str = "", caches: Mapping[str, int] | None = None) -> tuple[bytes, str]:
    """What `GET /metrics` answers: body and content type, OpenMetrics where `accept` asks for it.

    `caches` are bytes held now by cache. Opens a database connection of its own; needs none.
    """
    flush(mam)
    return metrics_text.written(_families(mam, caches or {}), accept)


def _families(mam: Mam, caches: Mapping[str, int]) -> Iterator[Metric]:
    """Every family that can be told now, in a steady order; without a queue there are no sums."""
    try:
        sums = mam.queue.sums(SUMS)
    except QueueUnavailableError:
        sums = {}
    yield from metrics_text.told(sums)
    yield from _now(mam)
    held: Values = {(name,): amount for name, amount in caches.items()}
    yield _gauge("mam_cache_bytes", "Bytes on disk.", ("cache",), held)


def _gauge(name: str, text: str, labels: tuple[str, ...] = (), values: Values | None = None) -> Metric:
    made = GaugeMetricFamily(name, text, labels=labels)
    for key in sorted(values or {}):
        made.add_metric(key, float((values or {})[key]))
    return made


def _now(mam: Mam) -> Iterator[Metric]:
    """What is asked for at this moment."""
    yield _gauge("mam_info", "The version that answers.", ("version",), {(__version__,): 1})
    checks = health.check(mam)["checks"]
    levels: Values = {(name,): _LEVELS[one["status"]] for name, one in checks.items()}
    yield _gauge("mam_check", "Health by check: 1 ok, 0.5 degraded, 0 down.", ("check",), levels)
    with suppress(OSError):
        usage = shutil.disk_usage(mam.config.store if mam.config.store.exists() else mam.config.data)
        yield _gauge("mam_disk_free_bytes", "Free on the disk of the store.", (), {(): usage.free})
        yield _gauge("mam_disk_total_bytes", "Size of the disk of the store.", (), {(): usage.total})
    if checks["database"]["status"] == "ok":
        with suppress(*models.Unavailable):
            yield from _asked()


def _asked() -> list[Metric]:
    """What the database says; the list is whole before any of it is told."""
    with models.connected():
        return [make() for make in _QUESTIONS]


def _jobs() -> Metric:
    states = ("queued", "running", "dead")
    query: Any = Job.select(Job.kind, Job.state, fn.COUNT(Job.id)).where(Job.state.in_(states))
    values: Values = {}
    for kind, state, number in query.group_by(Job.kind, Job.state).tuples():
        values[kind, state] = number
    return _gauge("mam_jobs", "Jobs that wait, run or died.", ("kind", "state"), values)


def _depth() -> Metric:
    values: Values = {(name,): 0 for name in QUEUES}
    query: Any = Job.select(Job.queue, fn.COUNT(Job.id)).where(Job.state == "queued").group_by(Job.queue)
    values |= {(name,): number for name, number in query.tuples() if name in QUEUES}
    return _gauge("mam_queue_depth", "Jobs that wait, by queue.", ("queue",), values)


def _age() -> Metric:
    """Of what is due: a job that is to wait for its second attempt is not late."""
    moment = now()
    values: Values = {(name,): 0 for name in QUEUES}
    is_due = (Job.state == "queued") & (Job.run_after <= moment)
    due: Any = Job.select(Job.queue, fn.MIN(Job.run_after)).where(is_due)
    for name, since in due.group_by(Job.queue).tuples():
        if name in QUEUES:
            values[name,] = max(0.0, (moment - _moment(since)).total_seconds())
    return _gauge("mam_queue_oldest_seconds", "How long the oldest due job waits.", ("queue",), values)


def _moment(value: Any) -> datetime:
    return value if isinstance(value, datetime) else Job.run_after.python_value(value)


def _workers() -> Metric:
    since = now() - timedelta(seconds=health.WORKER_SECONDS)
    alive = WorkerBeat.select().where(WorkerBeat.seen_at > since).count()
    return _gauge("mam_workers_alive", "Workers seen in the last half minute.", (), {(): alive})


def _stored() -> Metric:
    """Masters that lie where they were indexed cost the store nothing."""
    asked: dict[str, Any] = {
        "masters": Version.select(fn.SUM(Version.size)).where(Version.in_place.is_null()),
        "in_place": Version.select(fn.SUM(Version.size)).where(Version.in_place.is_null(False)),
        "previews": Rendition.select(fn.SUM(Rendition.bytes)),
        "uploads": Upload.select(fn.SUM(Upload.size)).where(Upload.state == "open"),
    }
    values: Values = {(area,): float(query.scalar() or 0) for area, query in asked.items()}
    return _gauge("mam_storage_bytes", "Bytes held, by area.", ("area",), values)


def _deliveries() -> Metric:
    states = ("waiting", "sending", "dead")
    query: Any = WebhookDelivery.select(WebhookDelivery.state, fn.COUNT(WebhookDelivery.id))
    values: Values = {(state,): 0 for state in states}
    query = query.where(WebhookDelivery.state.in_(states))
    for state, number in query.group_by(WebhookDelivery.state).tuples():
        values[state,] = number
    text = "Deliveries that wait, are sent or were given up."
    return _gauge("mam_webhook_deliveries", text, ("state",), values)


_QUESTIONS: tuple[Callable[[], Metric], ...] = (_jobs, _depth, _age, _workers, _stored, _deliveries)
