"""One subscription to the live events a process, a bounded queue a page.

Writes nothing. What a page misses, because Redis was away or the page is slow, is marked on its listener,
which then asks the database.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
import redis
import redis.asyncio
import structlog

from mam.queue import EVENTS

_WAITING = 256  # events a page may lag behind before it is told the whole state again
_log = structlog.get_logger("mam.events")


@dataclass(eq=False)
class Listener:
    """One open page: which events are its own, and those it has not taken yet.

    `user_id` is whoever reads it: what is about their inbox comes on every page.
    """

    version_id: str | None = None
    project_id: str | None = None
    user_id: str | None = None
    waiting: asyncio.Queue[dict[str, Any]] = field(default_factory=lambda: asyncio.Queue(_WAITING))
    missed: bool = False

    def offer(self, event: dict[str, Any]) -> None:
        """Take an event that is about our version, project or reader; note where there is no room for it."""
        if not self._is_ours(event):
            return
        try:
            self.waiting.put_nowait(event)
        except asyncio.QueueFull:
            self.missed = True

    def _is_ours(self, event: dict[str, Any]) -> bool:
        if "user_id" in event:
            return self.user_id is not None and self.user_id == event["user_id"]
        if self.version_id:
            return bool(self.version_id == event.get("version_id"))
        return self.project_id is not None and self.project_id == event.get("project_id")


class Hub:
    """The one subscription of this process and its listeners."""

    def __init__(self, url: str) -> None:
        """Remember where Redis is; connect when somebody listens."""
        self._url = url
        self._listeners: set[Listener] = set()
        self._task: asyncio.Task[None] | None = None
        self._last: set[asyncio.Task[None]] = set()
        self.connected = False

    @contextlib.contextmanager
    def listen(self, listener: Listener) -> Iterator[Listener]:
        """Hear events within the `with` block."""
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._run())
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Have something done whose asker is gone: what a page leaves behind."""
        task = asyncio.ensure_future(work)
        self._last.add(task)
        task.add_done_callback(self._last.discard)

    async def close(self) -> None:
        """End the subscription, after what pages left to be done."""
        await asyncio.gather(*self._last, return_exceptions=True)
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        """Subscribe, and again after every loss; each time, everybody looks into the database once."""
        while True:
            client = redis.asyncio.Redis.from_url(
                self._url, socket_connect_timeout=2, health_check_interval=10
            )
            try:
                await self._read(client)
            except (redis.RedisError, OSError) as error:
                if self.connected:
                    _log.warning("events: the queue does not answer", reason=str(error))
                self.connected = False
            finally:
                with contextlib.suppress(redis.RedisError, OSError):
                    await client.aclose()
            await asyncio.sleep(random.uniform(0.5, 1.5))  # noqa: S311 - spreads the processes, keeps no secret

    async def _read(self, client: redis.asyncio.Redis) -> None:
        async with client.pubsub(ignore_subscribe_messages=True) as channel:
            await channel.subscribe(EVENTS)
            self.connected = True
            for listener in self._listeners:
                listener.missed = True
            while True:
                message = await channel.get_message(timeout=5.0)
                if message is not None:
                    self._spread(message["data"])

    def _spread(self, data: bytes) -> None:
        try:
            event = orjson.loads(data)
        except orjson.JSONDecodeError:
            return
        for listener in self._listeners:
            listener.offer(event)
