"""The figures of the box: all processes in one, names of few, told while parts are away."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from mam import metrics
from mam.core import Mam
from mam.models import Job, now
from mam.queue import Queue
from mam.services import jobs, meters


@pytest.fixture(autouse=True)
def nothing_counted() -> Iterator[None]:
    """What other tests of this process counted is not ours."""
    metrics.take()
    yield
    metrics.take()


def samples(mam: Mam) -> dict[tuple[str, ...], float]:
    """Every sample by its name and the values of its labels, in the order of their names."""
    body, _ = meters.exposition(mam)
    families = text_string_to_metric_families(body.decode())
    return {
        (one.name, *(one.labels[label] for label in sorted(one.labels))): one.value
        for family in families
        for one in family.samples
    }


def test_what_all_processes_counted_is_told_by_any(sqlite_box: Mam) -> None:
    """Given another process that counts, when this one is asked, then both are in the sums."""
    script = (
        "import sys; from mam import metrics; from mam.config import Config, QueueConfig, Secret;"
        "from pathlib import Path; from mam.queue import Queue;"
        "metrics.request('/api/assets', 'GET', 200, 0.03); metrics.request('/api/assets', 'GET', 200, 3.0);"
        "Queue(Config(Path('.'), queue=QueueConfig(url=Secret(sys.argv[1]))))"
        ".add_up({'sums': metrics.take()}, days=1)"
    )
    subprocess.run([sys.executable, "-c", script, sqlite_box.config.queue_url], check=True, timeout=60)
    metrics.request("/api/assets", "GET", 200, 0.03)
    metrics.request("/api/assets", "GET", 404, 0.001)
    found = samples(sqlite_box)
    assert found["mam_http_requests_total", "GET", "/api/assets", "200"] == 3
    assert found["mam_http_requests_total", "GET", "/api/assets", "404"] == 1
    name, asked = "mam_http_request_seconds", ("GET", "/api/assets")
    assert [found[f"{name}_bucket", bound, *asked] for bound in ("0.005", "0.05", "+Inf")] == [1, 3, 4]
    assert found[f"{name}_count", *asked] == 4
    assert found[f"{name}_sum", *asked] == pytest.approx(3.061)


def test_now_is_asked_of_the_database(box: Mam) -> None:
    """Given jobs and a worker, when asked, then depth, age, kinds, workers, stores and health are there."""
    jobs.enqueue("examine")
    late = jobs.enqueue("render", queue="render")
    Job.update(run_after=now() - timedelta(seconds=90)).where(Job.id == late.id).execute()
    jobs.beat(box, "worker-1", {})
    found = samples(box)
    assert (found["mam_queue_depth", "quick"], found["mam_queue_depth", "render"]) == (1, 1)
    assert found["mam_queue_oldest_seconds", "render"] >= 90
    assert found["mam_queue_oldest_seconds", "later"] == 0
    assert found["mam_jobs", "render", "queued"] == 1
    assert found["mam_workers_alive",] == 1
    assert found["mam_storage_bytes", "masters"] == 0
    assert found["mam_disk_free_bytes",] > 0
    assert found["mam_check", "database"] == 1


def test_without_a_queue_the_rest_is_told_and_nothing_is_lost(sqlite_box: Mam) -> None:
    """Promise C6: given a queue that is away, then figures are kept, and told when it is back."""
    queue = dataclasses.replace(sqlite_box.config.queue, url="unix:///nowhere/valkey.sock")
    away = Queue(dataclasses.replace(sqlite_box.config, queue=queue))
    metrics.count("mam_uploads")
    found = samples(dataclasses.replace(sqlite_box, queue=away))
    assert found["mam_check", "queue"] == 0.5
    assert ("mam_uploads_total",) not in found
    assert samples(sqlite_box)["mam_uploads_total",] == 1


def test_strangers_make_no_names(sqlite_box: Mam) -> None:
    """Given odd methods and paths, then they are counted under names that are there already."""
    for number in range(20):
        metrics.request("", f"X{number}", 404, 0.001)
    metrics.count("mam_of_another_version")
    found = samples(sqlite_box)
    assert found["mam_http_requests_total", "other", "unmatched", "404"] == 20
    assert not any("another" in name for name, *_ in found)


def test_openmetrics_for_who_asks(sqlite_box: Mam) -> None:
    body, kind = meters.exposition(sqlite_box, "application/openmetrics-text; version=1.0.0")
    assert kind.startswith("application/openmetrics-text")
    assert body.endswith(b"# EOF\n")
