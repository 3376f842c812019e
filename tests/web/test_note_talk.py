"""Over HTTP: files of notes and their headers, inboxes, who is on a page; told on the page's own stream."""

from __future__ import annotations

import contextlib
import json
import queue
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from library import Library, actor_of, make_library
from quart import Quart
from web_people import make_people, subscribed

from mam.core import Mam
from mam.models import Member

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
Said = queue.Queue[tuple[str, dict[str, Any]]]


async def test_a_file_of_a_note_is_saved_and_never_shown_as_a_page(box: Mam, people: dict[str, Any]) -> None:
    # Given a note of Ana's
    ana = people["ana"]
    library = make_library(box, actor_of(box, ana.token))
    path = f"/api/comments/{library.comment_id}/files"
    # When she attaches a picture under a hostile name
    headers = {"Content-Length": str(len(PNG))}
    name = "..%2F%22%3E%3Cscript%3E%0D%0AX-Evil%3A%201.png"
    status, file = await ana.call("POST", f"{path}?filename={name}", data=PNG, headers=headers)
    assert (status, file["content_type"], file["size"]) == (201, "image/png", len(PNG))
    # Then its address leads to its bytes, to be saved, of a type that nothing guesses
    assert (await ana.call("GET", file["url"]))[0] == 302
    address = ana.last.headers["Location"]
    status, data = await people["nobody"].call("GET", address[address.index("/d/") :])
    sent = people["nobody"].last.headers
    assert (status, data) == (200, PNG)
    assert sent["Content-Disposition"].startswith("attachment; ")
    assert "X-Evil" not in sent
    assert (sent["X-Content-Type-Options"], sent["Content-Type"]) == ("nosniff", "image/png")
    assert "sandbox" in sent["Content-Security-Policy"]
    # And nobody else is led there, nor anybody after it was removed
    assert (await people["ben"].call("GET", file["url"]))[0] == 404
    assert (await ana.call("DELETE", f"{path}/{file['id']}"))[0] == 204
    assert (await ana.call("GET", file["url"]))[0] == 404
    assert (await people["nobody"].call("GET", address[address.index("/d/") :]))[0] == 404


async def test_odd_files_are_refused_in_a_sentence(sqlite_box: Mam, sqlite_people: dict[str, Any]) -> None:
    ana = sqlite_people["ana"]
    library = make_library(sqlite_box, actor_of(sqlite_box, ana.token))
    path = f"/api/comments/{library.comment_id}/files"
    for query, data, length, status in (
        ("filename=a.exe", b"MZ" + b"\0" * 90, None, 422),
        ("", PNG, None, 422),
        ("filename=", PNG, None, 422),
        ("filename=a.png&more=1", PNG, None, 422),
        ("filename=a.png", PNG, 21 << 20, 413),
    ):
        headers = {"Content-Length": str(length or len(data))}
        answered, body = await ana.call("POST", f"{path}?{query}", data=data, headers=headers)
        assert (answered, body["detail"] != "") == (status, True), (query, body)


async def test_an_inbox_is_read(box: Mam, people: dict[str, Any]) -> None:
    # Given Ben in Ana's project, named in a note
    ana, ben = people["ana"], people["ben"]
    library = make_library(box, actor_of(box, ana.token))
    member = f"/api/projects/{library.project_id}/members/{ben.user['id']}"
    assert (await ana.call("PUT", member, json={"role": "reviewer"}))[0] == 200
    status, found = await ana.call("GET", f"/api/assets/{library.asset_id}/mentionable?q=be")
    assert (status, [one["display_name"] for one in found["items"]]) == (200, ["Ben"])
    body = {"version_id": library.version_id, "frame": 3, "body": f"See @[{found['items'][0]['id']}]"}
    status, note = await ana.call("POST", f"/api/assets/{library.asset_id}/comments", json=body)
    assert (status, note["body"]) == (201, "See @Ben")
    # Then his inbox has it; reading it counts down, and another's is not found
    status, inbox = await ben.call("GET", "/api/notifications?unread=true")
    assert (status, inbox["unread"], inbox["items"][0]["comment_id"]) == (200, 1, note["id"])
    read = f"/api/notifications/{inbox['items'][0]['id']}/read"
    assert (await ana.call("POST", read))[0] == 404
    assert (await ben.call("POST", read))[1]["read_at"] is not None
    assert (await ben.call("GET", "/api/notifications?unread=true"))[1] == {
        "items": [], "next_cursor": None, "unread": 0,
    }  # fmt: skip
    assert (await ben.call("POST", "/api/notifications/read"))[0] == 204
    # And what he may not see any more is not there
    assert (await ana.call("DELETE", member))[0] == 204
    assert (await ben.call("GET", "/api/notifications"))[1]["items"] == []


async def test_reactions_and_history_over_http(sqlite_box: Mam, sqlite_people: dict[str, Any]) -> None:
    ana = sqlite_people["ana"]
    library = make_library(sqlite_box, actor_of(sqlite_box, ana.token))
    note = f"/api/comments/{library.comment_id}"
    status, shown = await ana.call("PUT", f"{note}/reactions/heart")
    assert (status, [(one["name"], one["count"]) for one in shown["reactions"]]) == (200, [("heart", 1)])
    assert (await ana.call("PUT", f"{note}/reactions/bomb"))[0] == 404
    assert (await ana.call("DELETE", f"{note}/reactions/heart"))[1]["reactions"] == []
    assert (await ana.call("PATCH", note, json={"body": "My hand"}))[0] == 200
    status, found = await ana.call("GET", f"{note}/history?limit=1")
    assert [(one["body"], one["edited_by"]["display_name"]) for one in found["items"]] == [
        ("Whose hand is that?", "Ana")
    ]


@contextmanager
def listening(live: str, path: str, token: str) -> Iterator[Said]:
    """The events of a stream, which is heard from here on; the line is cut at the end."""
    said: Said = queue.Queue()
    lines: queue.Queue[socket.socket] = queue.Queue()
    opened = threading.Event()

    def listen() -> None:
        headers = {"Authorization": f"Bearer {token}"}
        cut = contextlib.suppress(httpx.HTTPError)
        with cut, httpx.stream("GET", f"{live}{path}", headers=headers, timeout=60) as answer:
            lines.put(answer.extensions["network_stream"].get_extra_info("socket"))
            name = ""
            for line in answer.iter_lines():
                opened.set()
                name = line[7:] if line.startswith("event: ") else name
                if line.startswith("data: "):
                    said.put((name, json.loads(line[6:])))

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    assert opened.wait(60)
    yield said
    lines.get(timeout=60).shutdown(socket.SHUT_RDWR)
    thread.join(60)


def heard(said: Said, wanted: str) -> dict[str, Any]:
    """The next event of that name."""
    while True:
        name, data = said.get(timeout=60)
        if name == wanted:
            return data


def shared(box: Mam, app: Quart) -> tuple[Library, Any, Any]:
    """Ana's project, where Ben is a reviewer."""
    people = make_people(box, app)
    ana, ben = people["ana"], people["ben"]
    library = make_library(box, actor_of(box, ana.token))
    Member.create(project=library.project_id, user=ben.user["id"], role="reviewer")
    return library, ana, ben


def test_who_is_on_the_page_is_told_on_its_stream(live: str, sqlite_box: Mam, sqlite_app: Quart) -> None:
    library, ana, ben = shared(sqlite_box, sqlite_app)
    path = f"/api/preview/events?version_id={library.version_id}"
    with listening(live, f"{path}&presence=true", ana.token) as anas:
        assert names(heard(anas, "presence")) == ["Ana"]
        # Whoever only follows the preview, as a script does, is not on the page
        with listening(live, path, ben.token) as plain:
            heard(plain, "status")
            with listening(live, f"{path}&presence=true", ben.token) as bens:
                assert names(heard(bens, "presence")) == ["Ana", "Ben"]
                assert names(heard(anas, "presence")) == ["Ana", "Ben"]
        # Whoever closes the page is gone within its ten seconds
        assert names(heard(anas, "presence")) == ["Ana"]
    # And nothing stays in Redis
    deadline = time.monotonic() + 60
    while sqlite_box.queue.redis.exists(f"mam:presence:{library.version_id}"):
        assert time.monotonic() < deadline
        time.sleep(0.2)


def names(data: dict[str, Any]) -> list[str]:
    return [one["display_name"] for one in data["people"]]


def test_the_bell_rings_on_every_page_of_its_owner_only(
    live: str, sqlite_box: Mam, sqlite_app: Quart
) -> None:
    library, ana, ben = shared(sqlite_box, sqlite_app)
    project = f"/api/preview/events?project_id={library.project_id}"
    with listening(live, "/api/events", ana.token):
        subscribed(sqlite_box)  # of pages that are opened now none has missed anything
    with (
        listening(live, "/api/events", ben.token) as plain,
        listening(live, project, ben.token) as page,
        listening(live, "/api/events", ana.token) as anas,
    ):
        headers = {"Authorization": f"Bearer {ana.token}"}
        words = {"version_id": library.version_id, "body": f"Secret, @[{ben.user['id']}]"}
        address = f"{live}/api/assets/{library.asset_id}/comments"
        assert httpx.post(address, json=words, headers=headers, timeout=60).status_code == 201
        assert heard(plain, "notifications") == {}
        assert heard(page, "notifications") == {}
        assert anas.empty()
