"""Sends webhooks from a worker process: one event loop beside the job queues, one thread for the database.

Each delivery resolves its host anew, goes to the very address that was checked, follows no redirect, knows no
proxy, and ends within its time limits; a receiver that is slow or dead holds only its own places. Writes
through `mam.services.webhook_queue` only.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import structlog

from mam import __version__, metrics, models, outgoing, webhook_signing
from mam.core import Mam
from mam.errors import ConfigError, MamError
from mam.outgoing import RefusedAddressError, Resolver
from mam.outgoing_post import Answer, AnswerError, post
from mam.services import webhook_queue
from mam.services.leases import connected
from mam.services.webhook_queue import Outcome, Parcel

T = TypeVar("T")

IDLE_SECONDS = 0.5
"""The longest pause between two looks for what is due: the start delay of a delivery."""

BUSY_SECONDS = 0.02
"""The pause while answers come in: results are noted in one transaction, not one by one."""

DRAIN_SECONDS = 5.0
_RESOLVERS = 32  # threads that wait for names; a resolver that hangs holds up none but its own
_RETRYING = (429, 503)
_log = structlog.get_logger("mam.webhooks")


class Sender:
    """The deliveries of one worker process."""

    def __init__(self, mam: Mam, resolver: Resolver | None = None) -> None:
        """For a box; `resolver` answers names in the system's place. Raises `ConfigError` for `ca_file`."""
        self._mam = mam
        self._config = mam.config.webhooks
        self._resolver = resolver
        self._tls = tls(self._config.ca_file)
        self._busy: Counter[str] = Counter()
        self._done: list[Outcome] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._places: dict[str, asyncio.Semaphore] = {}

    def run(self, stop: threading.Event) -> None:
        """Deliver until told to stop; the database being away for a while is logged and waited out."""
        asyncio.run(self._run(stop))

    async def _run(self, stop: threading.Event) -> None:
        self._wake = asyncio.Event()
        self._threads = ThreadPoolExecutor(1, "webhooks-db")
        self._names = ThreadPoolExecutor(_RESOLVERS, "webhooks-names")
        while not stop.is_set():
            await self._turn()
            await self._pause(stop)
        await self._drain()
        self._names.shutdown(wait=False, cancel_futures=True)
        self._threads.shutdown()

    async def _turn(self) -> None:
        """Note results, hand events out, start what is due."""
        done, self._done = self._done, []
        room = self._config.at_once * webhook_queue.AHEAD - len(self._tasks)
        busy = self._busy.copy()

        def work() -> list[Parcel]:
            webhook_queue.settle(self._mam, done)
            webhook_queue.hand_out(self._mam)
            return webhook_queue.take(self._mam, room, busy)

        try:
            parcels = await self._in_database(work)
        except (MamError, *models.Unavailable) as error:
            self._done = done + self._done
            _log.warning("webhooks wait: the database does not answer", reason=str(error))
            await asyncio.sleep(IDLE_SECONDS)
            return
        for one in parcels:
            self._busy[one.webhook_id] += 1
            task = asyncio.create_task(self._send(one))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pause(self, stop: threading.Event) -> None:
        """Until results come, gathered for a moment, or it is time to look again."""
        self._wake.clear()
        if not self._done and not stop.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(IDLE_SECONDS):
                    await self._wake.wait()
        if self._done:
            await asyncio.sleep(BUSY_SECONDS)

    async def _drain(self) -> None:
        """Let what is under way end for a moment; the rest goes out again elsewhere, with the same id."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=DRAIN_SECONDS)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        done, self._done = self._done, []
        with contextlib.suppress(MamError, *models.Unavailable):
            await self._in_database(lambda: webhook_queue.settle(self._mam, done))

    async def _in_database(self, work: Callable[[], T]) -> T:
        def run() -> T:
            with connected():
                return work()

        return await asyncio.get_running_loop().run_in_executor(self._threads, run)

    async def _send(self, parcel: Parcel) -> None:
        place = self._places.setdefault(parcel.webhook_id, asyncio.Semaphore(self._config.per_webhook))
        taken = time.monotonic()
        try:
            async with place:
                late = time.monotonic() - taken + self._config.timeout_seconds
                if late < webhook_queue.LEASE.total_seconds():  # else somebody else may have it by now
                    outcome = await self._attempt(parcel)
                    metrics.count("mam_webhook_attempts", 1, "delivered" if outcome.delivered else "failed")
                    self._done.append(outcome)  # which list that is may have changed meanwhile
        finally:
            self._busy[parcel.webhook_id] -= 1
            if not self._busy[parcel.webhook_id]:
                del self._busy[parcel.webhook_id], self._places[parcel.webhook_id]
            self._wake.set()

    async def _attempt(self, parcel: Parcel) -> Outcome:
        """One attempt, within its time; whatever goes wrong becomes its outcome."""
        began = time.monotonic()
        answer, error = None, ""
        try:
            async with asyncio.timeout(self._config.timeout_seconds):
                answer = await self._post(parcel)
        except TimeoutError:
            error = f"No whole answer within {self._config.timeout_seconds:g} s."
        except RefusedAddressError as refused:
            error = refused.detail
        except (OSError, UnicodeError) as failed:
            error = _sentence(failed)
        return _outcome(parcel, round((time.monotonic() - began) * 1000), answer, error)

    async def _post(self, parcel: Parcel) -> Answer:
        """Resolve, check, send; the same body and id each time, signed for this moment."""
        place = outgoing.parse(parcel.url, self._config)
        address = await asyncio.get_running_loop().run_in_executor(
            self._names, outgoing.resolve, place, self._config, self._resolver
        )
        stamp = int(time.time())
        headers = {
            "content-type": "application/json",
            "user-agent": f"mam-webhooks/{__version__}",
            "accept": "*/*",
            "webhook-id": parcel.message_id,
            "webhook-timestamp": str(stamp),
            "webhook-signature": webhook_signing.signature(
                parcel.secrets, parcel.message_id, stamp, parcel.body
            ),
        }
        connect = self._config.connect_seconds
        return await post(place, address, headers, parcel.body, tls=self._tls, connect=connect)


def tls(ca_file: str) -> ssl.SSLContext:
    """Which certificates are trusted: the system's, and `ca_file`'s; `ConfigError` where that is none."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(f"webhooks.ca_file: {ca_file} cannot be used: {error}.") from None
    return context


def _outcome(parcel: Parcel, milliseconds: int, answer: Answer | None, error: str) -> Outcome:
    if answer is None:
        return Outcome(parcel, milliseconds, error=error)
    text = answer.body.decode("utf-8", "replace").replace("\x00", "\ufffd")
    wait = answer.retry_after[:9] if answer.status in _RETRYING else ""
    asked = int(wait) if wait.isascii() and wait.isdigit() else None
    return Outcome(parcel, milliseconds, answer.status, text, retry_after=asked)


def _sentence(error: Exception) -> str:
    """Why nothing came, without what the machine inside looks like."""
    if isinstance(error, AnswerError):
        return str(error)
    if isinstance(error, ssl.SSLError):
        return f"No secure connection: {error.reason or error}."
    if isinstance(error, (socket.gaierror, UnicodeError)):
        return "The name could not be resolved."
    if isinstance(error, ConnectionRefusedError):
        return "The receiver refused the connection."
    return (
        f"The connection broke: {error.strerror if isinstance(error, OSError) and error.strerror else error}."
    )
