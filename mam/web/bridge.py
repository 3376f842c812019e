"""The one bridge from the event loop to synchronous services: bounded threads, a database connection each.

A call runs with its own database connection, opened and closed inside, and with the request's log context.
Uploads have a pool of their own, so that slow senders never hold up the pages. Writes nothing itself.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from quart import Request

from mam import models, passwords
from mam.errors import UploadIncompleteError

P = ParamSpec("P")
T = TypeVar("T")

UPLOAD_THREADS = 256
"""Uploads written at once; a thread each, started on demand. Further ones wait, held back by TCP."""

IDLE_SECONDS = 60
"""A sender from whom no byte comes for this long is cut; a slow one that keeps sending never is."""


class Bridge:
    """The thread pools of one web process."""

    def __init__(self, threads: int, upload_threads: int = UPLOAD_THREADS) -> None:
        """Make the pools; threads start when they are first needed."""
        self._calls = ThreadPoolExecutor(threads, thread_name_prefix="call")
        self._uploads = ThreadPoolExecutor(upload_threads, thread_name_prefix="upload")
        self._knocks = ThreadPoolExecutor(passwords.WAITING, thread_name_prefix="knock")

    async def call(self, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a service in a thread with a database connection of its own."""
        return await self._run(self._calls, fn, *args, **kwargs)

    async def knock(self, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The same for a service that hashes a password: they queue among themselves (promise F9)."""
        return await self._run(self._knocks, fn, *args, **kwargs)

    async def receive(self, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a service that takes or hashes bytes, however long; it connects by itself, briefly."""
        return await _in(self._uploads, partial(fn, *args, **kwargs))

    async def _run(
        self, pool: ThreadPoolExecutor, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await _in(pool, partial(_connected, partial(fn, *args, **kwargs)))

    def close(self) -> None:
        """Let running calls end, take no new ones."""
        self._calls.shutdown(wait=True, cancel_futures=True)
        self._knocks.shutdown(wait=True, cancel_futures=True)
        self._uploads.shutdown(wait=False, cancel_futures=True)


async def _in(pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    """Run in a thread of the pool with this request's log context."""
    context = contextvars.copy_context()
    return await asyncio.get_running_loop().run_in_executor(pool, context.run, work)


def _connected(work: Callable[[], T]) -> T:
    with models.database.connection_context():
        return work()


def body_iterator(request: Request) -> Iterator[bytes]:
    """The request's body for a service in a thread, chunk by chunk, as fast as the service takes it.

    Call it on the event loop. What is not taken yet stays in the sender's socket (see `mam.web.asgi`), so
    memory stays flat. `UploadIncompleteError` where the sender goes away or stays silent for
    `IDLE_SECONDS`.
    """
    return _chunks(request, asyncio.get_running_loop())


def _chunks(request: Request, loop: asyncio.AbstractEventLoop) -> Iterator[bytes]:
    body = request.body
    while True:
        chunk = asyncio.run_coroutine_threadsafe(_next(body), loop).result()
        if not chunk:
            return
        yield chunk


async def _next(body: object) -> bytes:
    try:
        async with asyncio.timeout(IDLE_SECONDS):
            return await anext(body, b"")  # type: ignore[call-overload]
    except TimeoutError:
        raise UploadIncompleteError(
            f"Nothing arrived for {IDLE_SECONDS} seconds; what came whole is kept, send the rest again."
        ) from None
