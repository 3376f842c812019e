"""Sending calls: credentials, repetitions, answers into values, pages; written once for both clients.

Repeats what may be repeated (reads, changes that say the same twice, creating calls under their
`Idempotency-Key`, and whatever was refused by 429 or 503) and waits as long as `Retry-After` says.
"""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast
from urllib.parse import quote, urlencode

import httpx

from mam_client import errors
from mam_client.call import Call, ListCall
from mam_client.login import Login
from mam_client.runtime import Request, Runtime

T = TypeVar("T")

_LATER = frozenset({429, 503})  # nothing was done; it may be asked again
_AGAIN = frozenset({502, 504})  # a proxy's: who knows what was done
_SAFE = frozenset({"GET", "HEAD", "PUT", "DELETE"})


@dataclass(frozen=True)
class Settings:
    """How patient a client is.

    `timeout` in seconds for each step of a request, `retries` beside the first try, `longest_wait` in
    seconds before one of them.
    """

    timeout: float = 60.0
    retries: int = 6
    longest_wait: float = 60.0

    def wait(self, tries: int, retry_after: float | None = None) -> float:
        """Seconds before the next try: what the box said, else twice as long each time and never quite so."""
        longest = min(self.longest_wait, 0.25 * 2.0**tries)
        drawn = longest * random.uniform(0.5, 1)  # noqa: S311 - spreads callers, hides nothing
        return drawn if retry_after is None else min(max(retry_after, drawn), self.longest_wait)


class Core:
    """One box as one caller sees it."""

    def __init__(self, url: str, login: Login, runtime: Runtime, settings: Settings) -> None:
        """Nothing is sent yet."""
        self.url = url.rstrip("/")
        self.runtime = runtime
        self.settings = settings
        self._login = login
        self._lock = runtime.lock()

    async def send(self, call: Call[T]) -> T:
        """The answer of a call as its type says; `ApiError` and its kinds, `ConnectionFailedError`."""
        answer = await self.answer(call)
        if call.reads == "nothing":
            return cast("T", None)
        if call.reads == "bytes":
            return cast("T", answer.content)
        if call.reads == "address":
            return cast("T", str(httpx.URL(self.url + "/").join(answer.headers.get("location", ""))))
        return cast("T", answer.json())

    async def answer(self, call: Call[Any]) -> httpx.Response:
        """The whole answer, with its headers; repeated and logged in again where that may help."""
        request = self.request_of(call)
        signed = await self.sign(request)
        answer = await self.persist(signed, may_repeat=_may_repeat(call, request))
        if answer.status_code == httpx.codes.UNAUTHORIZED and self._login.can_renew:
            async with self._lock:
                await self._login.renew(self, signed.headers.get("Authorization", ""))
            answer = await self.persist(await self.sign(request), may_repeat=_may_repeat(call, request))
        if answer.is_error:
            raise errors.from_answer(answer.status_code, answer.headers, answer.content)
        return answer

    async def sign(self, request: Request) -> Request:
        """The request with the caller's credentials; logs in before the first."""
        async with self._lock:
            given = await self._login.header(self)
        return Request(
            request.method, request.url, {**request.headers, **given}, request.content, request.timeout
        )

    async def persist(self, request: Request, *, may_repeat: bool) -> httpx.Response:
        """Send, and send again while that may help; answers errors of the box too."""
        tries = 0
        while True:
            answer, trouble = await self._try(request)
            if answer is not None and not self._is_passing(answer.status_code, may_repeat=may_repeat):
                return answer
            if tries >= self.settings.retries or (answer is None and not may_repeat):
                if answer is not None:
                    return answer
                raise errors.ConnectionFailedError(f"{self.url} does not answer: {trouble!r}") from trouble
            said = errors.from_answer(0, answer.headers, b"").retry_after if answer is not None else None
            await self.runtime.sleep(self.settings.wait(tries, said))
            tries += 1

    async def _try(self, request: Request) -> tuple[httpx.Response | None, httpx.TransportError | None]:
        try:
            return await self.runtime.fetch(request), None
        except httpx.TransportError as error:
            return None, error

    @staticmethod
    def _is_passing(status: int, *, may_repeat: bool) -> bool:
        return status in _LATER or (may_repeat and status in _AGAIN)

    def request_of(self, call: Call[Any]) -> Request:
        """The request of a call, without credentials."""
        headers = {"Accept": "application/json, */*;q=0.5", **call.headers}
        content = call.content
        if call.body is not None:
            content = json.dumps(call.body, ensure_ascii=False).encode()
            headers["Content-Type"] = "application/json"
        elif content is not None:
            headers.setdefault("Content-Type", "application/octet-stream")
        if call.repeatable:
            headers.setdefault("Idempotency-Key", str(uuid.uuid4()))
        timeout = call.timeout or self.settings.timeout
        return Request(call.method, self.url + _path(call), headers, content, timeout)

    async def iterate(self, call: ListCall[T]) -> AsyncIterator[T]:
        """Every row of a list, page after page."""
        while True:
            page = await self.send(call)
            for row in page["items"]:
                yield row
            cursor = page["next_cursor"]
            if cursor is None:
                return
            call = call.after(cursor)


def _may_repeat(call: Call[Any], request: Request) -> bool:
    return call.method in _SAFE or "Idempotency-Key" in request.headers


def _path(call: Call[Any]) -> str:
    path = quote(call.path, safe="/~")
    return f"{path}?{urlencode(_texts(call.query), doseq=True)}" if call.query else path


def _texts(query: Mapping[str, Any]) -> dict[str, Any]:
    """Values as a query string has them; None is not sent."""
    return {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in query.items()
        if value is not None
    }
