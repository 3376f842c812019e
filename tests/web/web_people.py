"""People at the app's door: with a token, speaking JSON; and a real server where sockets matter."""

from __future__ import annotations

import asyncio
import functools
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any
from unittest import mock

from hypercorn.asyncio import serve
from quart import Quart
from quart.typing import TestClientProtocol

from mam import passwords
from mam.core import Mam
from mam.queue import EVENTS
from mam.services import accounts, sessions
from mam.web.server import hypercorn_config, listen

PASSWORD = "correct horse battery staple"

# Everybody has the same password: Argon2 is asked once and remembered, else it takes a fifth of each test.
_HASHED, _FITS = functools.cache(passwords.hash_password), functools.cache(passwords.verify)


@dataclass
class Person:
    """Somebody with an account: speaks JSON to the app with a bearer token."""

    client: TestClientProtocol
    user: dict[str, Any] = field(default_factory=dict)
    token: str = ""

    async def call(self, method: str, path: str, json: Any = None, **more: Any) -> tuple[int, Any]:
        """Status and parsed body of a call."""
        headers = dict(more.pop("headers", {}))
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        if json is not None:
            more["json"] = json
        answer = await self.client.open(path, method=method, headers=headers, **more)
        body = await answer.get_data(as_text=False)
        self.last = answer
        is_json = "json" in answer.headers.get("Content-Type", "")
        return answer.status_code, (await answer.get_json(force=True) if is_json and body else body)


def make_people(mam: Mam, app: Quart) -> dict[str, Person]:
    """An administrator, two members who do not know each other, and nobody."""
    people = {"nobody": Person(app.test_client())}
    with mock.patch.multiple(passwords, hash_password=_HASHED, verify=_FITS):
        for name in ("admin", "ana", "ben"):
            email = f"{name}@example.org"
            user = accounts.add_user(
                mam, email=email, name=name.title(), password=PASSWORD, admin=name == "admin"
            )
            token = sessions.login(mam, email=email, password=PASSWORD)["access_token"]
            people[name] = Person(app.test_client(), user, token)
    return people


def subscribed(mam: Mam) -> None:
    """Wait until the server hears live events: nothing that is told from now on is missed by its pages."""
    deadline = time.monotonic() + 60
    while not mam.queue.redis.pubsub_numsub(EVENTS)[0][1]:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def serving(app: Quart, mam: Mam) -> Iterator[str]:
    """Hypercorn in a thread with our own settings."""
    listener = listen(replace(mam.config, server=replace(mam.config.server, port=0)))
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def run() -> None:
        stop = asyncio.Event()
        started.set_result((asyncio.get_running_loop(), stop))
        config = hypercorn_config(listener.fileno())
        config.graceful_timeout = 1
        await serve(app, config, mode="asgi", shutdown_trigger=stop.wait)

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    loop, stop = started.result(60)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    loop.call_soon_threadsafe(stop.set)
    thread.join(60)
    listener.close()
