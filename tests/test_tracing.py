"""Traces: a real collector gets a request's span; off means that nothing of the library is there."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from mam.config import Telemetry
from mam.core import Mam
from mam.errors import ConfigError
from mam.services import jobs
from mam.tracing import TRACER, Tracer
from mam.web.app import create_app

PARENT = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def collector() -> Iterator[tuple[str, list[Any]]]:
    """A collector on a free port: its address, and the spans that came, each with its service."""
    spans: list[Any] = []

    class Receives(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["Content-Length"])))
            spans.extend(
                span for one in sent.resource_spans for scope in one.scope_spans for span in scope.spans
            )
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_given: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receives)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/v1/traces", spans
    server.shutdown()
    server.server_close()
    thread.join(10)
    TRACER.end()


def said(span: Any) -> dict[str, Any]:
    """A span's attributes."""
    return {one.key: one.value.string_value or one.value.int_value for one in span.attributes}


async def test_requests_and_jobs_are_traced(
    sqlite_box: Mam, collector: tuple[str, list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given traces on, then a request goes on the caller's trace, by template; a job has its own."""
    address, spans = collector
    mam = replace(sqlite_box, config=replace(sqlite_box.config, telemetry=Telemetry(True, address)))
    monkeypatch.setitem(jobs.KINDS, "thing", jobs.Kind(lambda _mam, _lease: None))
    async with create_app(mam).test_app() as app:
        headers = {"traceparent": f"00-{PARENT}-b7ad6b7169203331-01", "X-Request-Id": "request-12345"}
        path = "/api/projects/00000000-0000-0000-0000-000000000000"
        assert (await app.test_client().get(path, headers=headers)).status_code == 401
        jobs.run(mam, jobs.enqueue("thing").id)
    found = {span.name: span for span in spans}
    request = found["GET /api/projects/<project_id>"]
    assert request.trace_id.hex() == PARENT
    assert said(request)["http.response.status_code"] == 401
    assert said(request)["request_id"] == "request-12345"
    assert said(found["job thing"])["attempt"] == 1
    assert "00000000-0000" not in str(request)


def test_an_error_is_named_by_its_type_alone(sqlite_box: Mam, collector: tuple[str, list[Any]]) -> None:
    address, spans = collector
    tracer = Tracer()
    tracer.begin(replace(sqlite_box.config, telemetry=Telemetry(True, address)), "test")
    with pytest.raises(ValueError, match="hunter2"), tracer.span("work"):
        raise ValueError("hunter2")
    tracer.end()
    assert said(spans[0])["error.type"] == "ValueError"
    assert "hunter2" not in str(spans[0])


def test_off_means_that_nothing_is_imported() -> None:
    """Given the default, then nothing that could send is there (redis looks for the library itself)."""
    script = (
        "import sys, mam.web.server, mam.worker; from mam.tracing import TRACER; from pathlib import Path;"
        "from mam.config import Config; TRACER.begin(Config(Path('.')), 'web'); assert not TRACER.is_on;"
        "sys.exit(any(name.startswith('opentelemetry.exporter') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", script], timeout=120, check=False).returncode == 0


def test_a_setting_without_the_library_says_what_to_install(
    sqlite_box: Mam, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.resources", None)
    with pytest.raises(ConfigError, match=r"mam\[telemetry\]"):
        Tracer().begin(replace(sqlite_box.config, telemetry=Telemetry(True)), "web")


@pytest.mark.parametrize("wrong", [{"sample": 1.5}, {"endpoint": "collector:4318"}])
def test_settings_that_cannot_be(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="telemetry"):
        Telemetry(**wrong)
