"""Traces of requests and jobs by OpenTelemetry, where `[telemetry]` asks for them; else nothing is imported.

A trace goes on where the caller sent one (W3C `traceparent`). Spans name route templates and kinds, never
people, addresses, bodies or messages of errors. Sends to the collector, from a thread of the library's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import structlog

from mam import __version__
from mam.config import Config
from mam.errors import ConfigError

_log = structlog.get_logger("mam.tracing")
_NAME = "mam"


class Tracer:
    """The tracer of one process; off until `begin`."""

    def __init__(self) -> None:
        """Nothing is traced."""
        self._provider: Any = None
        self._propagator: Any = None

    @property
    def is_on(self) -> bool:
        """Whether spans are made."""
        return self._provider is not None

    def begin(self, config: Config, service: str) -> None:
        """Begin to trace where the configuration says so; `ConfigError` where the library is not there."""
        if not config.telemetry.traces or self.is_on:
            return
        try:
            self._provider, self._propagator = _opened(config, service)
        except ImportError as error:
            raise ConfigError(
                f"telemetry.traces: {error.name} is not installed; add the extra mam[telemetry]."
            ) from None
        _log.info("traces are sent", endpoint=config.telemetry.endpoint, sample=config.telemetry.sample)

    def end(self) -> None:
        """Send what is left, for some seconds at most."""
        provider, self._provider = self._provider, None
        if provider is not None:
            provider.shutdown()

    @contextmanager
    def span(
        self, name: str, headers: Iterable[tuple[bytes, bytes]] = (), **about: Any
    ) -> Iterator[dict[str, Any]]:
        """A span around what is done inside; what is put into the yielded dict becomes its attributes.

        `name` there renames it. `headers` may carry the caller's trace. An error marks it by its type.
        """
        told: dict[str, Any] = dict(about)
        if not self.is_on:
            yield told
            return
        context = self._propagator.extract(_carrier(headers))
        tracer = self._provider.get_tracer(_NAME, __version__)
        quiet = {"record_exception": False, "set_status_on_exception": False}
        with tracer.start_as_current_span(name, context=context, **quiet) as span:
            try:
                yield told
            except BaseException as error:
                told["error.type"] = type(error).__name__
                raise
            finally:
                span.update_name(str(told.pop("name", name)))
                span.set_attributes(told)


def _carrier(headers: Iterable[tuple[bytes, bytes]]) -> Mapping[str, str]:
    """The caller's trace and nothing else: its baggage is not ours to carry."""
    found = next((value for name, value in headers if name == b"traceparent"), None)
    return {} if found is None else {"traceparent": found.decode("latin-1")}


def _opened(config: Config, service: str) -> tuple[Any, Any]:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased  # noqa: PLC0415
    from opentelemetry.trace.propagation.tracecontext import (  # noqa: PLC0415 - optional, like all of these
        TraceContextTextMapPropagator,
    )

    telemetry = config.telemetry
    resource = Resource.create({"service.name": f"mam-{service}", "service.version": __version__})
    provider = TracerProvider(
        resource=resource, sampler=ParentBased(TraceIdRatioBased(telemetry.sample)), shutdown_on_exit=False
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=telemetry.endpoint, timeout=5)))
    return provider, TraceContextTextMapPropagator()


TRACER = Tracer()
"""The tracer of this process."""
