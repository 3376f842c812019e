"""Webhooks and the stream of events over HTTP: who may, what is refused, what is heard and what is not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest
from library import actor_of, make_library
from web_people import Person

from mam.core import Mam
from mam.models import Event, IdempotencyKey, Webhook
from mam.services import webhook_queue
from mam.web.api import event_feed as stream

URL = "https://hooks.example.org/mam"

INSIDE = [
    "https://127.1/", "https://0.0.0.0/", "https://[::]/", "https://[::ffff:127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/", "https://169.254.169.254/latest/meta-data/", "https://100.64.0.1/",
    "https://[fe80::1]/", "https://2130706433/", "https://0x7f.1/", "https://0177.1/", "https://localhost./",
    "https://a.localhost/", "https://[2002:7f00:1::]/", "https://[::7f00:1]/", "https://10.0.0.1/",
    "https://192.168.1.1/", "https://172.16.0.1/", "https://224.0.0.1/", "https://255.255.255.255/",
    "file:///etc/passwd", "gopher://example.org/", "http://example.org/", "ftp://example.org/",
    "https://user:word@example.org/", "https://example.org:22/", "https://example.org:6379/", "https://",
    "https://example.org/a b", "https://exämple.org/", "https://example.org\\@127.0.0.1/", "//example.org/",
    "https://[fe80::1%25eth0]/", "https://example.org:443:443/", "https://[::1", "https://%31%32%37.1/",
]  # fmt: skip


async def test_addresses_of_the_inside_are_refused_when_saved(
    sqlite_box: Mam, sqlite_people: dict[str, Any]
) -> None:
    """Promise I1: in every spelling, at making and at changing, with the field named."""
    admin = sqlite_people["admin"]
    status, made = await admin.call("POST", "/api/webhooks", json={"url": URL})
    assert status == 201, made
    for url in INSIDE:
        for method, path in (("POST", "/api/webhooks"), ("PATCH", f"/api/webhooks/{made['id']}")):
            status, body = await admin.call(method, path, json={"url": url})
            assert (status, body["code"], body["errors"][0]["field"]) == (422, "validation_failed", "url"), (
                url
            )
    assert [one.url for one in Webhook.select()] == [URL]
    assert sqlite_box


async def test_the_secret_is_shown_once_and_stored_nowhere(box: Mam, people: dict[str, Any]) -> None:
    admin: Person = people["admin"]
    # Given a webhook made twice with the same Idempotency-Key
    headers = {"Idempotency-Key": "one"}
    body = {"url": URL, "events": ["asset.*", "comment.created"]}
    status, made = await admin.call("POST", "/api/webhooks", json=body, headers=headers)
    assert (status, made["secret"][:6]) == (201, "whsec_")
    assert (await admin.call("POST", "/api/webhooks", json=body, headers=headers))[1] == made
    # Then no other answer shows its secret, and no table holds it
    path = f"/api/webhooks/{made['id']}"
    for answer in (await admin.call("GET", path), await admin.call("PATCH", path, json={"active": False})):
        assert "secret" not in answer[1]
    assert "whsec_" not in str((await admin.call("GET", "/api/webhooks"))[1])
    assert "whsec_" not in str([row.answer for row in IdempotencyKey.select()])
    assert "whsec_" not in str([row.body for row in Event.select()])
    # And a new one is another
    renewed = (await admin.call("POST", f"{path}/rotate"))[1]
    assert renewed["secret"] != made["secret"]
    assert renewed["previous_secret_until"]
    # And what is no event is refused
    status, refused = await admin.call("PATCH", path, json={"events": ["asset.exploded"]})
    assert (status, refused["errors"][0]["field"]) == (422, "events")
    assert (await admin.call("DELETE", path))[0] == 204
    assert (await admin.call("GET", path))[0] == 404
    assert box


async def test_a_webhook_of_the_box_is_for_administrators(sqlite_people: dict[str, Any]) -> None:
    ana, admin = sqlite_people["ana"], sqlite_people["admin"]
    assert (await ana.call("POST", "/api/webhooks", json={"url": URL}))[0] == 403
    made = (await admin.call("POST", "/api/webhooks", json={"url": URL}))[1]
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/ping"), ("GET", "/deliveries")):
        assert (await ana.call(method, f"/api/webhooks/{made['id']}{path}"))[0] == 404
    # An owner sees those of their own projects alone
    project = (await ana.call("POST", "/api/projects", json={"name": "P"}))[1]
    own = (await ana.call("POST", "/api/webhooks", json={"url": URL, "project_id": project["id"]}))[1]
    assert [one["id"] for one in (await ana.call("GET", "/api/webhooks"))[1]["items"]] == [own["id"]]
    assert len((await admin.call("GET", "/api/webhooks"))[1]["items"]) == 2


async def test_deliveries_of_another_webhook_are_not_below_this_one(
    sqlite_box: Mam, sqlite_people: dict[str, Any]
) -> None:
    """Promise G3: nested ids have to match."""
    ana = sqlite_people["ana"]
    library = make_library(sqlite_box, actor_of(sqlite_box, ana.token))
    body = {"url": URL, "project_id": library.project_id}
    other = (await ana.call("POST", "/api/webhooks", json=body))[1]
    path = f"/api/webhooks/{other['id']}/deliveries/{library.delivery_id}"
    assert (await ana.call("GET", path))[0] == 404
    assert (await ana.call("POST", f"{path}/resend"))[0] == 404


async def test_what_came_while_a_webhook_was_off_can_be_sent_after_all(
    sqlite_box: Mam, sqlite_people: dict[str, Any]
) -> None:
    ana = sqlite_people["ana"]
    project = (await ana.call("POST", "/api/projects", json={"name": "P"}))[1]
    body = {"url": URL, "project_id": project["id"], "events": ["asset.*"], "active": False}
    made = (await ana.call("POST", "/api/webhooks", json=body))[1]
    await ana.call("POST", "/api/assets", json={"project_id": project["id"], "title": "A"})
    webhook_queue.hand_out(sqlite_box)
    again = {"since": "2026-01-01T00:00:00Z", "failed_only": False}
    path = f"/api/webhooks/{made['id']}"
    assert (await ana.call("POST", f"{path}/resend", json=again))[0] == 409
    assert (await ana.call("PATCH", path, json={"active": True}))[0] == 200
    assert (await ana.call("POST", f"{path}/resend", json=again)) == (202, {"count": 1})
    rows = (await ana.call("GET", f"{path}/deliveries"))[1]["items"]
    assert [(one["type"], one["state"]) for one in rows] == [("asset.created", "waiting")]


async def test_reading_back_tells_each_what_they_may_hear(box: Mam, people: dict[str, Any]) -> None:
    """Promise G6: nothing of projects that are not shared, no internal notes for reviewers."""
    ana, ben, admin = people["ana"], people["ben"], people["admin"]
    library = make_library(box, actor_of(box, ana.token))
    for internal in (False, True):
        body = {"version_id": library.version_id, "frame": 1, "body": "Hm", "internal": internal}
        status, _ = await ana.call("POST", f"/api/assets/{library.asset_id}/comments", json=body)
        assert status == 201
    member = f"/api/projects/{library.project_id}/members/{ben.user['id']}"

    async def heard(person: Person, query: str = "") -> list[str]:
        found, cursor = [], None
        while True:
            after = f"&cursor={cursor}" if cursor else ""
            page = (await person.call("GET", f"/api/events/history?limit=2{query}{after}"))[1]
            found += [one["type"] for one in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                return found

    assert await heard(ben) == []
    await ana.call("PUT", member, json={"role": "reviewer"})
    assert (await heard(ben)).count("comment.created") == 1
    assert (await heard(ana)).count("comment.created") == 2
    assert await heard(ana, "&types=comment.*") == ["comment.created", "comment.created"]
    assert "user.added" not in await heard(ana)
    assert "member.set" in await heard(admin)
    assert (await ana.call("GET", "/api/events/history?types=nothing.here"))[0] == 422
    unknown = f"/api/events/stream?since={library.asset_id}"
    assert (await ana.call("GET", unknown))[0] == 410


async def read(client: httpx.AsyncClient, count: int, **headers: str) -> list[tuple[str, str, Any]]:
    """The first events of a stream: id, type, data."""
    found: list[tuple[str, str, Any]] = []
    async with client.stream("GET", "/api/events/stream", headers=headers) as answer:
        one: dict[str, str] = {}
        async for line in answer.aiter_lines():
            name, _, value = line.partition(": ")
            if line:
                one[name] = value
            elif "event" in one:
                found.append((one.get("id", ""), one["event"], orjson.loads(one["data"])))
                one = {}
            if len(found) == count:
                break
    return found


async def test_a_stream_goes_on_where_it_was_left(
    live: str, sqlite_box: Mam, sqlite_people: dict[str, Any]
) -> None:
    assert sqlite_box
    ana = sqlite_people["ana"]
    headers = {"Authorization": f"Bearer {ana.token}"}
    async with asyncio.timeout(120), httpx.AsyncClient(base_url=live, headers=headers) as client:
        # Given somebody who listens until a project is made
        listening = asyncio.ensure_future(read(client, 2))
        while not listening.done():  # until it hears one: the first may come before it listens
            await ana.call("POST", "/api/projects", json={"name": "P"})
            await asyncio.wait([listening], timeout=0.3)
        ready, first = listening.result()
        assert (ready[1], first[1]) == ("ready", "project.created")
        # When the line breaks and more happens
        for name in "abc":
            await ana.call("POST", "/api/projects", json={"name": name})
        # Then with the last id everything since comes, each once
        found = await read(client, 4, **{"Last-Event-ID": first[0]})
        names = [data["data"]["name"] for _, kind, data in found if kind == "project.created"]
        later = [name for name in names if name != "P"]
        assert later
        assert later == list("abc")[: len(later)]
        assert found[0][0] == first[0]


async def test_a_client_that_does_not_read_is_cut(
    live: str, sqlite_box: Mam, sqlite_people: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it has not taken is in the database; its line is not held for ever."""
    monkeypatch.setattr(stream, "PATIENCE", 0.5)
    loop = asyncio.get_running_loop()
    ended, messages = asyncio.Event(), stream._messages  # noqa: SLF001 - to see it end

    async def watched(*given: Any) -> AsyncIterator[bytes]:
        try:
            async for one in messages(*given):
                yield one
        finally:
            loop.call_soon_threadsafe(ended.set)

    monkeypatch.setattr(stream, "_messages", watched)
    ana = sqlite_people["ana"]
    project = (await ana.call("POST", "/api/projects", json={"name": "P"}))[1]
    first = (await ana.call("GET", "/api/events/history"))[1]["items"][-1]["id"]
    rows = [
        {"seq": 1000 + n, "id": f"{n:08d}-0000-7000-8000-000000000000", "type": "project.updated", "at": 0,
         "project_id": project["id"], "right": "project.read", "body": '{"x":"%s"}' % ("y" * 60_000)}
        for n in range(300)
    ]  # fmt: skip
    for start in range(0, 300, 50):
        Event.insert_many(rows[start : start + 50]).execute()
    host, port = live.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=1 << 10)
    writer.write(
        f"GET /api/events/stream?since={first} HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {ana.token}\r\n\r\n".encode()
    )
    # Given 18 MB for a client that reads nothing until it was cut, and then everything that is left
    took = 0
    async with asyncio.timeout(120):
        await ended.wait()
        while piece := await reader.read(1 << 16):
            took += len(piece)
    # Then the line ended long before the events did
    assert took < 15_000_000
    writer.close()
    assert sqlite_box
