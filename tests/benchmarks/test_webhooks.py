"""How many webhooks a second one worker delivers to a receiver, from the database, on both databases.

Asked for: 200 a second on two cores. The receiver is a process of its own on the same machine, so this is the
price of everything. `MAM_BENCH_WEBHOOKS=500 make bench` measures with fewer.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1]))
from webhook_receiver import sending, until, with_webhooks  # found by the path above

from mam.core import Mam
from mam.event_types import BY_NAME
from mam.models import User, WebhookDelivery, database
from mam.services import outbox, webhook_queue, webhooks
from mam.types import SYSTEM, Actor

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(900)]

EVENTS = int(os.environ.get("MAM_BENCH_WEBHOOKS", "3000"))
HOOKS = 5
WANTED_PER_SECOND = 200

RECEIVER = """
import asyncio

async def answer(reader, writer):
    head = await reader.readuntil(b"\\r\\n\\r\\n")
    length = int(head.lower().split(b"content-length:")[1].split(b"\\r\\n")[0])
    await reader.readexactly(length)
    writer.write(b"HTTP/1.1 204 No Content\\r\\n\\r\\n")
    writer.close()

async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""


def delivered() -> int:
    """How many were."""
    return int(WebhookDelivery.select().where(WebhookDelivery.state == "delivered").count())


def test_delivering_events_to_five_webhooks(
    box: Mam, capsys: pytest.CaptureFixture[str], figure: Callable[..., None]
) -> None:
    # Given five webhooks and events that each of them wants
    receiver = subprocess.Popen([sys.executable, "-c", RECEIVER], stdout=subprocess.PIPE, text=True)
    try:
        assert receiver.stdout is not None
        port = int(receiver.stdout.readline())
        mam = with_webhooks(box, port)
        user = User.create(email="a@example.org", display_name="A", status="active")
        admin = Actor(user.id, "a@example.org", "A", ("admin",))
        for _ in range(HOOKS):
            webhooks.create(
                mam, admin, {"url": f"http://127.0.0.1:{port}/", "events": ["storage.lock_proven"]}
            )
        for _ in range(EVENTS // HOOKS // 100):
            with database.atomic():
                for _ in range(100):
                    outbox.add(BY_NAME["storage.lock_proven"], outbox.Subject("box"), {}, SYSTEM)
        while webhook_queue.hand_out(mam):
            pass
        wanted = WebhookDelivery.select().count()
        # When one worker delivers them
        began = time.perf_counter()
        with sending(mam):
            until(lambda: delivered() >= wanted, 600)
            took = time.perf_counter() - began
    finally:
        receiver.kill()
        receiver.wait(10)
    # Then it was at least as quick as promised
    rate = wanted / took
    kind = type(database.obj).__name__.strip("_")  # type: ignore[attr-defined]
    figure(f"webhooks, {kind}: {wanted} delivered", rate, "a second", at_least=WANTED_PER_SECOND)
    with capsys.disabled():
        print(f"\n{kind}: {wanted} webhooks delivered in {took:.1f} s: {rate:.0f} a second (asked: 200)")  # noqa: T201
    assert rate >= WANTED_PER_SECOND
