"""How waiting is done: one set of coroutines, driven by threads or by asyncio.

Everything above this file is written once, as coroutines. The blocking runtime's own never suspend, so
`finish` runs such a coroutine to its end in one step; the other runtime awaits. Holds the HTTP connections.
"""

from __future__ import annotations

import asyncio
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

T = TypeVar("T")
Job = Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True)
class Request:
    """What goes over the line; `timeout` in seconds for each step of it."""

    method: str
    url: str
    headers: dict[str, str]
    content: bytes | None
    timeout: float


class Runtime(ABC):
    """What the coroutines of this package wait with."""

    @abstractmethod
    async def fetch(self, request: Request) -> httpx.Response:
        """The whole answer; `httpx.TransportError` for a line that is down."""

    @abstractmethod
    def stream(
        self, request: Request
    ) -> AbstractAsyncContextManager[tuple[httpx.Response, AsyncIterator[bytes]]]:
        """The answer's head, and its bytes as they come."""

    @abstractmethod
    async def sleep(self, seconds: float) -> None:
        """Do nothing for a while."""

    @abstractmethod
    async def work(self, fn: Callable[..., T], *args: Any) -> T:
        """Call what reads files or computes for long."""

    @abstractmethod
    async def each(self, jobs: AsyncGenerator[Job, None], most: int) -> None:
        """Run jobs, at most so many at once; the next is asked for when there is room.

        The first that fails ends it: no further job is taken, those at work are awaited, the error is raised.
        """

    @abstractmethod
    def lock(self) -> AbstractAsyncContextManager[None]:
        """A lock; one object, entered again and again."""

    @abstractmethod
    async def close(self) -> None:
        """Give the connections back."""


def finish(coroutine: Coroutine[Any, Any, T]) -> T:
    """The answer of a coroutine of the blocking runtime, which never suspends."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        answer: T = end.value
        return answer
    raise RuntimeError("A coroutine of the blocking client tried to suspend.")


class Blocking(Runtime):
    """By threads."""

    def __init__(self, transport: httpx.BaseTransport | None, connections: int, verify: Any) -> None:
        """Open a pool of connections."""
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=connections)
        self._http = httpx.Client(transport=transport, limits=limits, verify=verify)

    async def fetch(self, request: Request) -> httpx.Response:
        return self._http.send(_built(self._http, request))

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[tuple[httpx.Response, AsyncIterator[bytes]]]:
        answer = self._http.send(_built(self._http, request), stream=True)

        async def pieces() -> AsyncIterator[bytes]:
            for piece in answer.iter_bytes():
                yield piece

        try:
            yield answer, pieces()
        finally:
            answer.close()

    async def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    async def work(self, fn: Callable[..., T], *args: Any) -> T:
        return fn(*args)

    async def each(self, jobs: AsyncGenerator[Job, None], most: int) -> None:
        with ThreadPoolExecutor(most, "mam-client") as pool:
            running: set[Future[None]] = set()
            async with aclosing(jobs):
                async for job in jobs:
                    running.add(pool.submit(_finish_job, job))
                    if len(running) >= most:
                        done, running = wait(running, return_when=FIRST_COMPLETED)
                        _raise_first(done)
            _raise_first(wait(running).done)

    def lock(self) -> AbstractAsyncContextManager[None]:
        return _ThreadLock()

    async def close(self) -> None:
        self._http.close()


class Awaiting(Runtime):
    """By asyncio."""

    def __init__(self, transport: httpx.AsyncBaseTransport | None, connections: int, verify: Any) -> None:
        """Open a pool of connections."""
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=connections)
        self._http = httpx.AsyncClient(transport=transport, limits=limits, verify=verify)

    async def fetch(self, request: Request) -> httpx.Response:
        return await self._http.send(_built(self._http, request))

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[tuple[httpx.Response, AsyncIterator[bytes]]]:
        answer = await self._http.send(_built(self._http, request), stream=True)
        try:
            yield answer, answer.aiter_bytes()
        finally:
            await answer.aclose()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def work(self, fn: Callable[..., T], *args: Any) -> T:
        return await asyncio.to_thread(fn, *args)

    async def each(self, jobs: AsyncGenerator[Job, None], most: int) -> None:
        room, running = asyncio.Semaphore(most - 1), set[asyncio.Task[None]]()

        async def run(job: Job) -> None:
            try:
                await job()
            finally:
                room.release()

        try:
            async with aclosing(jobs):
                async for job in jobs:
                    running.add(asyncio.create_task(run(job)))
                    await room.acquire()
                    done = {task for task in running if task.done()}
                    running -= done
                    await asyncio.gather(*done)
        finally:
            ended = await asyncio.gather(*running, return_exceptions=True)
        _raise_error(ended)

    def lock(self) -> AbstractAsyncContextManager[None]:
        return asyncio.Lock()

    async def close(self) -> None:
        await self._http.aclose()


def _built(http: httpx.Client | httpx.AsyncClient, request: Request) -> httpx.Request:
    return http.build_request(
        request.method, request.url, headers=request.headers, content=request.content, timeout=request.timeout
    )


def _finish_job(job: Job) -> None:
    finish(job())


def _raise_first(done: Iterable[Future[None]]) -> None:
    for future in done:
        future.result()


def _raise_error(ended: Iterable[object]) -> None:
    for one in ended:
        if isinstance(one, BaseException):
            raise one


class _ThreadLock:
    """A lock of threads that is entered like one of asyncio."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    async def __aenter__(self) -> None:
        self._lock.acquire()

    async def __aexit__(self, *_error: object) -> None:
        self._lock.release()
