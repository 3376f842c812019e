"""The WebSocket of events: a real client at a real server, what it hears, who is refused, how lines end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

import hypercorn.protocol
import hypercorn.protocol.h11
import pytest
from quart import Quart
from socket_client import Socket, connect
from web_people import PASSWORD, Person, serving

from mam.core import Mam
from mam.models import Event, Member
from mam.services import sessions
from mam.types import Actor
from mam.web import socket, wire

PATH = socket.PATH


@pytest.fixture
def server(sqlite_box: Mam, sqlite_app: Quart, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A real server with our own protocol, as `mam web` has it."""
    monkeypatch.setattr(hypercorn.protocol, "H11Protocol", wire.Wire)
    monkeypatch.setattr(hypercorn.protocol.h11, "WSStream", wire.Socket)
    yield from serving(sqlite_app, sqlite_box)


async def listen(
    server: str, person: Person, query: str = "", **headers: str
) -> tuple[Socket, dict[str, Any]]:
    """An open line of somebody, and what it said first."""
    line, status, problem = await connect(
        server, f"{PATH}{query}", Authorization=f"Bearer {person.token}", **headers
    )
    assert status == 101, problem
    ready = await line.told()
    assert isinstance(ready, dict)
    assert ready["type"] == "ready"
    return line, ready


async def heard(line: Socket, count: int) -> list[dict[str, Any]]:
    found = [await line.told() for _ in range(count)]
    assert all(isinstance(one, dict) for one in found), found
    return found  # type: ignore[return-value]


async def test_a_line_tells_what_may_be_heard_and_goes_on_where_it_was_left(
    server: str, sqlite_people: dict[str, Any]
) -> None:
    """Promise G6: the same events as the stream, none twice, none of what is not shared."""
    ana, ben = sqlite_people["ana"], sqlite_people["ben"]
    async with asyncio.timeout(300):
        # Given Ana and Ben, who each hear what is theirs
        hers, _ = await listen(server, ana)
        his, _ = await listen(server, ben)
        project = (await ana.call("POST", "/api/projects", json={"name": "P"}))[1]
        (first,) = await heard(hers, 1)
        assert (first["type"], first["data"]["project_id"]) == ("project.created", project["id"])
        # When her line breaks and more happens
        hers.close()
        for title in "ab":
            await ana.call("POST", "/api/assets", json={"project_id": project["id"], "title": title})
        # Then with the last id everything since comes, each once
        again, ready = await listen(server, ana, f"?after={first['id']}")
        assert ready["since"] == first["id"]
        assert [one["data"]["title"] for one in await heard(again, 2)] == ["a", "b"]
        # And a line of one type hears that alone, one of the other begins with its first
        only, _ = await listen(server, ana, f"?since={first['id']}&types=asset.*&project_id={project['id']}")
        assert [one["type"] for one in await heard(only, 2)] == ["asset.created"] * 2
        # And Ben heard of his own project first
        await ben.call("POST", "/api/projects", json={"name": "His"})
        (own,) = await heard(his, 1)
        assert own["data"]["name"] == "His"
        for line in (his, again, only):
            line.close()


async def test_who_is_not_let_in_is_told_why(
    server: str, sqlite_box: Mam, sqlite_people: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, ben = sqlite_people["ana"], sqlite_people["ben"]
    project = (await ana.call("POST", "/api/projects", json={"name": "P"}))[1]
    bearer = {"Authorization": f"Bearer {ben.token}"}
    _, cookie = sessions.login_cookie(sqlite_box, email="ana@example.org", password=PASSWORD)
    page = {"Cookie": f"mam_session={cookie}"}

    async def status(query: str = "", **headers: str) -> tuple[int, str]:
        line, found, problem = await connect(server, PATH + query, **headers)
        line.close()
        return found, problem.get("code", "")

    async with asyncio.timeout(300):
        assert await status() == (401, "unauthorized")
        assert (await status(Authorization="Bearer x"))[0] == 401
        assert await status(f"?project_id={project['id']}", **bearer) == (404, "not_found")
        assert await status(f"?after={project['id']}", **bearer) == (410, "gone")
        assert (await status("?after=x", **bearer))[0] == 422
        assert (await status("?surprise=1", **bearer))[0] == 422
        # Given a cookie: another site's page gets no line, nor what does not say whose page it is (F11)
        for origin in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {}, {"Origin": "http://x:1"}):
            assert await status(**page, **origin) == (403, "csrf_failed"), origin
        cross = {"Origin": server, "Sec_Fetch_Site": "cross-site"}
        assert await status(**page, **cross) == (403, "csrf_failed")
        assert (await status(**page, Origin=server))[0] == 101
        # And a plain GET says what this is
        plain = await ben.call("GET", PATH)
        assert (plain[0], plain[1]["code"]) == (426, "upgrade_required")
        # And nobody has more lines than there may be
        monkeypatch.setattr(socket, "MOST", 0)
        assert (await status(**bearer))[0] == 429


async def test_a_line_ends_with_what_it_was_opened_by(
    server: str, sqlite_box: Mam, sqlite_people: dict[str, Any]
) -> None:
    """Promise F6: a logout, or a project that is not shared any more, ends the line within seconds."""
    ana, ben = sqlite_people["ana"], sqlite_people["ben"]
    project = (await ana.call("POST", "/api/projects", json={"name": "P"}))[1]
    Member.create(project=project["id"], user=ben.user["id"], role="viewer")
    async with asyncio.timeout(300):
        line, _ = await listen(server, ben)
        session = sessions.actor_from_token(sqlite_box, ben.token)
        sessions.logout(sqlite_box, session)
        assert await line.told() == 4401
        assert isinstance(session, Actor)
        # A client that talks too long or too much is cut short; what it says in a few words is not heard
        for words, code in ((["x" * 5000], 1009), (["{}"] * (socket.MOST_SAID + 1), 1008)):
            line, _ = await listen(server, ana)
            for one in words:
                await line.say(one)
            assert await line.told() == code
            assert await line.told() is None
        line, _ = await listen(server, ana)
        await line.say('{"hello": "you"}')
        await ana.call("POST", "/api/projects", json={"name": "Q"})
        assert (await heard(line, 1))[0]["data"]["name"] == "Q"
        assert line.pings >= 1
        line.close()


async def test_a_client_that_does_not_read_is_cut(
    server: str, sqlite_app: Quart, sqlite_people: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it has not taken is in the database; memory is not."""
    monkeypatch.setattr(socket, "PATIENCE", 0.5)
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
    loop, cut, real = asyncio.get_running_loop(), asyncio.Event(), wire.Wire._cut  # noqa: SLF001 - to see it

    def noted(self: wire.Wire) -> None:
        real(self)
        loop.call_soon_threadsafe(cut.set)

    monkeypatch.setattr(wire.Wire, "_cut", noted)
    took = 0
    async with asyncio.timeout(300):
        # Given 18 MB for a client that reads nothing until its line was cut, and then what is left
        line, _, _ = await connect(server, f"{PATH}?after={first}", Authorization=f"Bearer {ana.token}")
        await cut.wait()
        with contextlib.suppress(ConnectionError):
            while piece := await line.reader.read(1 << 16):
                took += len(piece)
    # Then that is not all, and nobody counts the line any more
    assert took < 15_000_000
    async with asyncio.timeout(60):
        while sqlite_app.extensions["mam.sockets"].total():  # noqa: ASYNC110 - of another thread
            await asyncio.sleep(0.02)
    line.close()
