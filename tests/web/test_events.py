"""Open pages hear the truth: the state at once, then every change, also while Redis is away."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue
from typing import Any

import httpx
import pytest
from library import Library, actor_of, make_library
from web_people import Person, make_people, serving, subscribed

from mam import queue as mam_queue
from mam.core import Mam
from mam.models import Version, database
from mam.services import preview_state, projects, sessions
from mam.types import SYSTEM
from mam.web import events
from mam.web.app import create_app


class Stream:
    """An open page: what it was told, in order."""

    def __init__(self, url: str, token: str) -> None:
        self.told: Queue[tuple[str, dict[str, Any]]] = Queue()
        self.status = 0
        self.ended = threading.Event()
        self._opened = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._read, args=(url, token), daemon=True)
        self._thread.start()
        assert self._opened.wait(60)

    def _read(self, url: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        gone = contextlib.suppress(httpx.RemoteProtocolError)  # how an end without a last chunk looks
        with gone, httpx.stream("GET", url, headers=headers, timeout=httpx.Timeout(60)) as answer:
            self.status = answer.status_code
            self._opened.set()
            event = ""
            for line in answer.iter_lines():
                if line.startswith("event: "):
                    event = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    self.told.put((event, json.loads(line.removeprefix("data: "))))
                if self._closing.is_set():
                    break
        self.ended.set()

    def next(self, seconds: float = 60) -> tuple[str, dict[str, Any]]:
        return self.told.get(timeout=seconds)

    def next_of(self, name: str) -> dict[str, Any]:
        """The next one of that name; a page is told of other things too."""
        while True:
            event, told = self.next()
            if event == name:
                return told

    def last(self) -> tuple[str, dict[str, Any]]:
        """What came last; before it may come what was missed while nobody listened."""
        told = [self.next()]
        while not self.told.empty():
            told.append(self.next())
        return told[-1]

    def close(self) -> None:
        self._closing.set()


@contextmanager
def page(url: str, person: Person, **about: str) -> Iterator[Stream]:
    name, value = next(iter(about.items()))
    stream = Stream(f"{url}/api/preview/events?{name}={value}", person.token)
    yield stream
    stream.close()


@pytest.fixture
def ana(sqlite_box: Mam) -> Person:
    """The owner of the library."""
    return make_people(sqlite_box, create_app(sqlite_box))["ana"]


@pytest.fixture
def library(sqlite_box: Mam, ana: Person) -> Library:
    """A version whose preview is being made."""
    made = make_library(sqlite_box, actor_of(sqlite_box, ana.token))
    processing = {"preview_status": "processing", "preview_percent": 0, "preview_playable": False}
    Version.update(**processing).where(Version.id == made.version_id).execute()
    return made


def advance(mam: Mam, version_id: str, percent: float) -> None:
    """What a worker does: write, then tell."""
    with database.atomic():
        Version.update(preview_percent=percent).where(Version.id == version_id).execute()
        preview_state.announce(mam, version_id, "preview.progress", live_only=True)


def test_the_state_comes_first_and_then_every_change(
    live: str, sqlite_box: Mam, ana: Person, library: Library
) -> None:
    with (
        page(live, ana, version_id=library.version_id) as version,
        page(live, ana, project_id=library.project_id) as project,
    ):
        for stream in (version, project):
            event, state = stream.next()
            assert (event, state["version_id"], state["percent"]) == ("status", library.version_id, 0)
            assert set(state) == {"version_id", "status", "playable", "percent", "renditions", "error"}
        subscribed(sqlite_box)
        advance(sqlite_box, library.version_id, 50)
        for stream in (version, project):
            assert stream.next_of("status")["percent"] == 50


def test_what_may_not_be_seen_is_not_heard(live: str, sqlite_box: Mam, library: Library) -> None:
    """Promise G2: another's version or project answers 404, like an unknown one."""
    ben = make_people_named(sqlite_box, "ben2")
    for about in (f"version_id={library.version_id}", f"project_id={library.project_id}"):
        url = f"{live}/api/preview/events?{about}"
        answer = httpx.get(url, headers={"Authorization": f"Bearer {ben.token}"}, timeout=60)
        assert answer.status_code == 404
    for about in ("", "version_id=x", f"version_id={library.version_id}&project_id={library.project_id}"):
        url = f"{live}/api/preview/events?{about}"
        answer = httpx.get(url, headers={"Authorization": f"Bearer {ben.token}"}, timeout=60)
        assert answer.status_code == 422


def make_people_named(mam: Mam, name: str) -> Person:
    from web_people import PASSWORD

    from mam.services import accounts

    user = accounts.add_user(mam, email=f"{name}@example.org", name=name, password=PASSWORD)
    token = sessions.login(mam, email=f"{name}@example.org", password=PASSWORD)["access_token"]
    return Person(create_app(mam).test_client(), user, token)


def test_a_page_ends_soon_after_its_session(
    live: str, sqlite_box: Mam, ana: Person, library: Library
) -> None:
    """Promise F6: after logout, and after leaving the project, an open page hears no more within 5 s."""
    assert events.RECHECK <= 5
    ben = make_people_named(sqlite_box, "ben3")
    projects.set_member(sqlite_box, SYSTEM, library.project_id, ben.user["id"], "viewer")
    with (
        page(live, ana, version_id=library.version_id) as logged_out,
        page(live, ben, version_id=library.version_id) as thrown_out,
    ):
        logged_out.next()
        thrown_out.next()
        sessions.logout(sqlite_box, actor_of(sqlite_box, ana.token))
        projects.remove_member(sqlite_box, SYSTEM, library.project_id, ben.user["id"])
        assert logged_out.ended.wait(60)
        assert thrown_out.ended.wait(60)
        assert logged_out.last()[0] == thrown_out.last()[0] == "end"


def test_pages_hear_without_redis(sqlite_box: Mam, ana: Person, library: Library) -> None:
    """Promise C6: while the queue does not answer, the database is asked every two seconds."""
    config = dataclasses.replace(
        sqlite_box.config,
        queue=dataclasses.replace(sqlite_box.config.queue, url="unix:///nowhere/valkey.sock"),
    )
    away = dataclasses.replace(sqlite_box, config=config, queue=mam_queue.Queue(config))
    server = serving(create_app(away), away)
    url = next(server)
    with page(url, ana, version_id=library.version_id) as stream:
        assert stream.next()[1]["percent"] == 0
        advance(away, library.version_id, 30)
        assert stream.next()[1]["percent"] == 30
    next(server, None)


def test_closed_pages_are_forgotten(sqlite_box: Mam, ana: Person, library: Library) -> None:
    """40 open pages, then none: no listener stays behind, and the server answers all along."""
    app = create_app(sqlite_box)
    server = serving(app, sqlite_box)
    url = next(server)
    hub = app.extensions["mam"].hub
    streams = [
        Stream(f"{url}/api/preview/events?version_id={library.version_id}", ana.token) for _ in range(40)
    ]
    assert all(stream.next()[0] == "status" for stream in streams)
    assert len(hub._listeners) == 40  # noqa: SLF001 - what is kept inside is what the test is about
    assert httpx.get(f"{url}/api/health", timeout=60).status_code == 200
    for stream in streams:
        stream.close()
    advance(sqlite_box, library.version_id, 10)  # wakes the readers so that they notice
    deadline = time.monotonic() + 60
    while hub._listeners and time.monotonic() < deadline:  # noqa: SLF001
        time.sleep(0.1)
    assert not hub._listeners  # noqa: SLF001
    next(server, None)
