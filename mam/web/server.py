"""Hypercorn on uvloop: how the web role listens, how long it waits, how it ends.

Nothing here cuts a long upload or a long answer. A client that does not finish its request's head is cut
after `KEEP_ALIVE` seconds, one that sends no byte of a body after `bridge.IDLE_SECONDS`.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import logging
import multiprocessing
import multiprocessing.connection
import os
import signal
import socket
import threading
from multiprocessing.process import BaseProcess

import structlog
import uvloop
from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.asyncio import tcp_server
from hypercorn.config import Config as HypercornConfig

from mam import models
from mam.config import Config
from mam.core import Mam, open_mam
from mam.errors import ConfigError
from mam.services import audit_config, plugin_states
from mam.web import socket as socket_line
from mam.web import wire
from mam.web.app import create_app

KEEP_ALIVE = 20
"""Seconds an idle connection is kept, and within which a request's head has to arrive."""

GRACE = 10
"""Seconds that running requests have to end when the process is stopped."""

_READ_BYTES = 1 << 20
"""The most that is taken from a socket at once. With hypercorn's 64 KiB an upload cost a third more time."""

_HEAD_BYTES = 32 << 10  # a request's line and headers; a signed address has at most 4200
_PR_SET_PDEATHSIG = 1
_COLLECT_EVERY = 20_000  # objects; a list of 50 assets makes 2 000 that reference counting frees by itself


_log = structlog.get_logger("mam.web")


def serve(config: Config) -> None:
    """Serve the portal and API until SIGTERM or SIGINT; with `[server] processes` processes on one socket.

    Raises `ConfigError` where the address cannot be listened on, and what opening the box raises.
    """
    with listen(config) as listener:
        mam = open_mam(config)  # once: plugins look at themselves for seconds, and all processes say the same
        audit_config.note(mam, "web")
        models.disconnect()
        others = [_start(mam, listener.fileno()) for _ in range(config.server.processes - 1)]
        ending = threading.Event()
        if others:
            threading.Thread(target=_watch, args=(others, ending), daemon=True).start()
        try:
            run(mam, listener.fileno())
        finally:
            ending.set()
            for process in others:
                process.terminate()
            for process in others:
                process.join(GRACE + 5)


def listen(config: Config) -> socket.socket:
    """The listening socket; `ConfigError` says who cannot have it."""
    host, port = config.server.host, config.server.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"[server] host and port: cannot listen on {host}:{port}: {reason}.") from None
    listener.listen(1024)
    listener.set_inheritable(True)
    return listener


def run(mam: Mam, fd: int) -> None:
    """One web process on a listening socket, with a box of which no connection is open."""
    app = create_app(mam)
    wire.install()
    gc.freeze()  # what was loaded stays: the collector need not walk it for every thousand answers
    gc.set_threshold(_COLLECT_EVERY, 20, 20)
    ending = threading.Event()
    threading.Thread(target=plugin_states.run, args=(mam, ending), name="plugins", daemon=True).start()
    try:
        uvloop.run(_serve(app, fd))
    finally:
        ending.set()


def hypercorn_config(fd: int) -> HypercornConfig:
    """Hypercorn's settings, with the reason of each."""
    found = HypercornConfig()
    found.bind = [f"fd://{os.dup(fd)}"]  # hypercorn closes its own
    found.backlog = 1024
    found.include_server_header = False
    found.keep_alive_timeout = KEEP_ALIVE
    found.keep_alive_max_requests = 100_000
    found.read_timeout = None  # it would also count while we answer: a long stream is no slow reader
    found.h11_max_incomplete_size = _HEAD_BYTES
    found.max_app_queue_size = 2  # body pieces of 64 KiB that wait before the socket is left alone
    found.graceful_timeout = GRACE
    found.shutdown_timeout = GRACE
    found.accesslog = None
    found.errorlog = logging.getLogger("mam.hypercorn")
    found.alpn_protocols = ["http/1.1"]
    found.websocket_max_message_size = socket_line.MOST_BYTES
    found.websocket_ping_interval = socket_line.PING_SECONDS
    return found


async def _serve(app: object, fd: int) -> None:
    tcp_server.MAX_RECV = _READ_BYTES  # no setting of hypercorn's says it
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError, ValueError):
            loop.add_signal_handler(number, ending.set)
    await hypercorn_serve(app, hypercorn_config(fd), mode="asgi", shutdown_trigger=ending.wait)  # type: ignore[arg-type]


def _start(mam: Mam, fd: int) -> BaseProcess:
    """A further web process, forked before any loop exists here."""
    context = multiprocessing.get_context("fork")
    process = context.Process(target=_run_other, args=(mam, fd, os.getpid()))
    process.start()
    return process


def _run_other(mam: Mam, fd: int, parent: int) -> None:
    """End with the first process, however it ends."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() == parent:
        run(mam, fd)


def _watch(others: list[BaseProcess], ending: threading.Event) -> None:
    """Where another process ends by itself, end too: whoever started us starts all of them again."""
    multiprocessing.connection.wait([process.sentinel for process in others])
    if not ending.is_set():
        _log.error("a web process ended; the others end too")
        os.kill(os.getpid(), signal.SIGTERM)
