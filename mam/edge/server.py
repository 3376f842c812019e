"""Runs the delivery service alone: Hypercorn on uvloop, until SIGTERM or SIGINT.

Hypercorn's own access log stays off: it would write grants. The edge logs for itself, without them.
"""

from __future__ import annotations

import asyncio
import logging
import signal

import hypercorn.asyncio
import structlog
import uvloop
from hypercorn.config import Config as HypercornConfig

from mam.config import Config
from mam.edge.app import create_app

_log = structlog.get_logger(__name__)


def serve(config: Config) -> None:
    """Serve `[delivery] host` and `port` until told to stop. Raises `ConfigError`, `StorageError`."""
    app = create_app(config)
    settings = HypercornConfig()
    settings.bind = [f"{config.delivery.host}:{config.delivery.port}"]
    settings.include_server_header = False
    settings.accesslog = None
    settings.errorlog = logging.getLogger("hypercorn.error")
    settings.keep_alive_max_requests = 1_000_000
    settings.graceful_timeout = 3
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_until_stopped(app, settings))


async def _until_stopped(app: object, settings: HypercornConfig) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    _log.info("edge listens", bind=settings.bind)
    await hypercorn.asyncio.serve(app, settings, shutdown_trigger=stop.wait)  # type: ignore[arg-type]
