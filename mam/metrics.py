"""What this process counts: requests, deliveries, caches, jobs, encodes, webhooks.

Counting is an addition in memory. Every few seconds whoever holds the queue moves what was added to the sums
of the whole box (`mam.services.meters`): any web process answers for all processes and machines, a restart
loses no sum. Labels are names from short lists, never ids or addresses. Writes nothing itself.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass

SEPARATOR = "\x1f"
"""Between the parts of a key: family, label values, part."""

SUM = "sum"
"""The part of a histogram that adds up the values themselves."""

OTHER = "other"
"""What stands for a value that is on no list."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_REQUEST_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
_JOB_SECONDS = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0)
_SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)


@dataclass(frozen=True)
class Family:
    """A counter, or a histogram where it has `buckets` (upper bounds, ascending)."""

    text: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


FAMILIES: dict[str, Family] = {
    "mam_http_requests": Family("Answers of the portal and API.", ("route", "method", "status")),
    "mam_http_request_seconds": Family(
        "How long answers took, streams left out.", ("route", "method"), _REQUEST_SECONDS
    ),
    "mam_edge_requests": Family("Answers of the delivery of signed addresses.", ("kind", "status")),
    "mam_edge_sent_bytes": Family("Bytes delivered from signed addresses.", ("kind",)),
    "mam_edge_store_bytes": Family("Bytes brought from the store into the edge's disk cache."),
    "mam_edge_prefetched": Family("Segments wanted ahead of players, by how it ended.", ("outcome",)),
    "mam_cache_requests": Family("Looks into a cache: hit or miss.", ("cache", "result")),
    "mam_cache_served_bytes": Family("Bytes of what was found, in a cache or not.", ("cache", "result")),
    "mam_upload_bytes": Family("Bytes of masters that were promoted."),
    "mam_uploads": Family("Masters that were promoted."),
    "mam_jobs_ended": Family("Attempts at jobs, by how they ended.", ("kind", "outcome")),
    "mam_job_seconds": Family("How long attempts at jobs took.", ("kind",), _JOB_SECONDS),
    "mam_encode_speed": Family(
        "Seconds of film or sound made a second, whole ladder, stored.", ("kind",), _SPEEDS
    ),
    "mam_encoded_seconds": Family("Seconds of film or sound whose preview was made.", ("kind",)),
    "mam_webhook_attempts": Family("Attempts to deliver to a webhook.", ("outcome",)),
    "mam_errors": Family("Errors that nobody expected.", ("service",)),
}
"""Everything that is counted; a counter's name is told with `_total` behind it."""

_lock = threading.Lock()
_added: dict[str, float] = {}


def count(name: str, amount: float = 1, *labels: str) -> None:
    """Add `amount` to a counter of `FAMILIES`; `labels` in the order told there."""
    key = SEPARATOR.join((name, *labels))
    with _lock:
        _added[key] = _added.get(key, 0) + amount


def observe(name: str, value: float, *labels: str) -> None:
    """Put a value into a histogram of `FAMILIES`, in the unit its name says."""
    bounds = FAMILIES[name].buckets
    at = bisect_left(bounds, value)
    bound = repr(bounds[at]) if at < len(bounds) else "+Inf"
    count(name, 1, *labels, bound)
    count(name, value, *labels, SUM)


def request(route: str, method: str, status: int, seconds: float, *, stream: bool = False) -> None:
    """An answer of the web role; `route` is a template of the table, empty where none fitted."""
    named = route or "unmatched"
    verb = method if method in _METHODS else OTHER
    count("mam_http_requests", 1, named, verb, str(status))
    if not stream:
        observe("mam_http_request_seconds", seconds, named, verb)


def cache(name: str, size: int, *, hit: bool) -> None:
    """A look into a cache, and how many bytes what was found has."""
    result = "hit" if hit else "miss"
    count("mam_cache_requests", 1, name, result)
    count("mam_cache_served_bytes", size, name, result)


def encoded(kind: str, media_seconds: float, took: float) -> None:
    """A preview of a film or a sound is whole; both times in seconds."""
    if media_seconds > 0 and took > 0:
        observe("mam_encode_speed", media_seconds / took, kind)
        count("mam_encoded_seconds", media_seconds, kind)


def take() -> dict[str, float]:
    """What was added since the last call, by key; it is no longer here then."""
    global _added
    with _lock:
        taken, _added = _added, {}
    return taken


def give_back(taken: Mapping[str, float]) -> None:
    """Take back what could not be handed on: it goes with the next."""
    with _lock:
        for key, amount in taken.items():
            _added[key] = _added.get(key, 0) + amount
