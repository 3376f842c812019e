"""Notes over HTTP: the contract's answers, what is refused, and that open pages are told."""

from __future__ import annotations

import json
import threading
from typing import Any

import httpx
from library import actor_of, make_library
from quart import Quart
from web_people import make_people, subscribed

from mam.core import Mam
from mam.models import Version

LINE = {"kind": "line", "color": "red", "width": 0.01, "from": [0, 0.5], "to": [1, 1]}
DRAWN = {"version": 1, "shapes": [LINE]}
MEDIA = {"frame_rate": "24000/1001", "start_timecode": "01:00:00:00", "drop_frame": False}


async def test_a_note_from_first_word_to_last(box: Mam, people: dict[str, Any]) -> None:
    # Given a version at 23.976 that begins at one hour
    ana = people["ana"]
    library = make_library(box, actor_of(box, ana.token))
    Version.update(media=MEDIA).where(Version.id == library.version_id).execute()
    path = f"/api/assets/{library.asset_id}/comments"
    # When a note is written, answered, resolved, edited, deleted and brought back
    body = {"version_id": library.version_id, "frame": 25, "frame_out": 48, "body": "Grade <b>this</b>"}
    status, note = await ana.call("POST", path, json={**body, "drawing": DRAWN})
    assert note["drawing"] == DRAWN
    assert (status, note["timecode"], note["timecode_out"]) == (201, "01:00:01:01", "01:00:02:00")
    assert (note["author"]["display_name"], note["body"]) == ("Ana", "Grade <b>this</b>")
    reply = {"version_id": library.version_id, "body": "Yes", "parent_id": note["id"]}
    assert (await ana.call("POST", path, json=reply))[0] == 201
    assert (await ana.call("POST", f"/api/comments/{note['id']}/resolve"))[1]["resolved_at"]
    status, edited = await ana.call("PATCH", f"/api/comments/{note['id']}", json={"frame_out": None})
    assert (status, edited["frame_out"], edited["frame"]) == (200, None, 25)
    assert (await ana.call("DELETE", f"/api/comments/{note['id']}"))[0] == 204
    assert (await ana.call("POST", f"/api/comments/{note['id']}/restore"))[0] == 200
    assert (await ana.call("POST", f"/api/comments/{note['id']}/unresolve"))[1]["resolved_at"] is None
    # Then the list has it with its reply, at its frame
    status, found = await ana.call("GET", f"{path}?version_id={library.version_id}&state=open")
    assert [(one["frame"], len(one["replies"])) for one in found["items"]] == [(0, 0), (25, 1)]


async def test_odd_notes_are_refused_by_field(sqlite_box: Mam, sqlite_people: dict[str, Any]) -> None:
    ana = sqlite_people["ana"]
    library = make_library(sqlite_box, actor_of(sqlite_box, ana.token))
    path = f"/api/assets/{library.asset_id}/comments"
    good = {"version_id": library.version_id, "body": "x"}
    odd: tuple[dict[str, Any], ...] = (
        {"body": "x" * 10_001}, {"body": "  "}, {"body": None}, {"frame": -1}, {"frame": 2**40},
        {"frame": 1.5},
        {"frame_out": 4}, {"drawing": []}, {"drawing": {"a": "x" * 70_000}}, {"internal": "yes"},
        {"parent_id": "x"},
    )  # fmt: skip
    for more in odd:
        status, body = await ana.call("POST", path, json={**good, **more})
        assert (status, [one["field"] for one in body["errors"]]) == (422, list(more)), body


def test_pages_that_show_the_version_are_told(live: str, sqlite_box: Mam, sqlite_app: Quart) -> None:
    # Given a page that listens to a version
    ana = make_people(sqlite_box, sqlite_app)["ana"]
    library = make_library(sqlite_box, actor_of(sqlite_box, ana.token))
    headers = {"Authorization": f"Bearer {ana.token}"}
    told: list[dict[str, Any]] = []
    ready = threading.Event()

    def listen() -> None:
        address = f"{live}/api/preview/events?version_id={library.version_id}"
        with httpx.stream("GET", address, headers=headers, timeout=60) as answer:
            name = ""
            for line in answer.iter_lines():
                name = line[7:] if line.startswith("event: ") else name
                if line.startswith("data: ") and name == "status":
                    ready.set()
                if line.startswith("data: ") and name == "comments":
                    told.append(json.loads(line[6:]))
                    if told[-1]["comments"] == "created":
                        return

    page = threading.Thread(target=listen, daemon=True)
    page.start()
    assert ready.wait(60)
    subscribed(sqlite_box)
    # When somebody writes a note
    body = {"version_id": library.version_id, "frame": 3, "body": "Secret words"}
    answer = httpx.post(
        f"{live}/api/assets/{library.asset_id}/comments", json=body, headers=headers, timeout=60
    )
    assert answer.status_code == 201
    # Then the page is told which, but none of its words
    page.join(60)
    last = told[-1]
    assert last == {
        "version_id": library.version_id, "comment_id": answer.json()["id"], "comments": "created"
    }  # fmt: skip
