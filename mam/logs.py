"""Structured log lines on standard error: JSON for machines, coloured text on a terminal.

Request ids and actors are bound by the web layer through structlog's context variables. Values are escaped,
so that no user text can forge a line.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

from mam.config import Log


def setup_logging(log: Log, *, service: str) -> None:
    """Send this process's log, and that of the libraries, to standard error in the configured form."""
    text = log.format == "text" or (log.format == "auto" and sys.stderr.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # Traces name lines, never the values in them: a frame may hold a password, a token or a grant.
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    traces = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    last: Any = plain if text else structlog.processors.JSONRenderer()
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _naming(service),
            *([] if text else [structlog.processors.ExceptionRenderer(traces)]),
            last,
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=log.level.upper(), handlers=[handler], force=True)
    for noisy in ("urllib3", "asyncio", "dramatiq.broker", "httpx"):
        logging.getLogger(noisy).setLevel("WARNING")
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _naming(service: str) -> Any:
    def add(_logger: object, _method: str, event: dict[str, Any]) -> dict[str, Any]:
        event["service"] = service
        return event

    return add
