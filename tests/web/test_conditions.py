"""ETag, If-None-Match and If-Match: what changed is seen, and nobody writes over what they have not seen."""

from __future__ import annotations

import asyncio
from typing import Any

from library import Library, actor_of, make_library
from quart import Quart
from web_calls import filled, ids_of, send
from web_people import Person

from mam.core import Mam
from mam.models import Project
from mam.web import conditions
from mam.web.app import API
from mam.web.routes import Route

SHOWN = conditions.shown_by(API)
STALE = {"If-Match": '"0123456789abcdef0123456789abcdef"'}


class Sent:
    """Somebody whose calls go out with headers, and whose last answer is kept."""

    def __init__(self, person: Person, headers: dict[str, str]) -> None:
        self.person, self.headers = person, headers

    async def call(self, method: str, path: str, json: Any = None, **more: Any) -> tuple[int, Any]:
        headers = {**more.pop("headers", {}), **self.headers}
        return await self.person.call(method, path, json=json, headers=headers, **more)


def library_of(mam: Mam, person: Person) -> Library:
    return make_library(mam, actor_of(mam, person.token))


async def tag_of(person: Person, route: Route, ids: dict[str, str]) -> str:
    status, body = await send(person, route, ids)
    assert status == 200, (route.name, body)
    tag = person.last.headers["ETag"]
    assert tag.startswith('"')  # strong
    return tag


async def test_every_thing_has_an_etag_and_is_answered_once(box: Mam, people: dict[str, Any]) -> None:
    # Given something of everything
    admin, things = people["admin"], {one.name: one for one in SHOWN.values()}
    ids = ids_of(library_of(box, admin))
    assert len(things) >= 15
    for thing in things.values():
        # When it is read, read again, and read again by who has it
        first, second = await tag_of(admin, thing, ids), await tag_of(admin, thing, ids)
        status, body = await send(Sent(admin, {"If-None-Match": f'"other", {first}'}), thing, ids)
        # Then it has the same strong tag, and comes no second time
        assert first == second, thing.name
        assert (status, body, admin.last.headers["ETag"]) == (304, b"", first), thing.name
        assert (await send(Sent(admin, {"If-None-Match": '"other"'}), thing, ids))[0] == 200


async def test_nothing_is_changed_from_a_state_that_is_gone(box: Mam, people: dict[str, Any]) -> None:
    admin = people["admin"]
    ids = ids_of(library_of(box, admin))
    ids["file_id"] = ids["delivery_id"]
    routes = {route.name: route for route in API}
    for name, shown in SHOWN.items():
        before = await tag_of(admin, shown, ids)
        status, body = await send(Sent(admin, STALE), routes[name], ids)
        assert (status, body["code"]) == (412, "precondition_failed"), name
        assert await tag_of(admin, shown, ids) == before, name


async def test_a_change_on_a_condition_answers_the_new_state(box: Mam, people: dict[str, Any]) -> None:
    admin = people["admin"]
    ids = ids_of(library_of(box, admin))
    routes = {route.name: route for route in API}
    patches = [name for name in SHOWN if name.startswith("PATCH") and "review" not in name]
    assert len(patches) >= 8
    for name in patches:
        before = await tag_of(admin, SHOWN[name], ids)
        status, body = await send(Sent(admin, {"If-Match": before}), routes[name], ids)
        assert status == 200, (name, body)
        assert admin.last.headers["ETag"] == await tag_of(admin, SHOWN[name], ids), name
    # And without the header, or with one that any state fits, it goes as ever
    folder = f"/api/folders/{ids['folder_id']}"
    assert (await admin.call("PATCH", folder, json={"name": "Day 2"}))[0] == 200
    assert "ETag" not in admin.last.headers
    assert (await Sent(admin, {"If-Match": "*"}).call("PATCH", folder, json={"name": "Day 3"}))[0] == 200
    status, _ = await Sent(admin, {"If-Match": before}).call("DELETE", folder)
    assert status == 412
    tag = await tag_of(admin, SHOWN["DELETE /api/folders/<folder_id>"], ids)
    assert (await Sent(admin, {"If-Match": f"W/{tag}"}).call("DELETE", folder))[0] == 412
    assert (await Sent(admin, {"If-Match": tag}).call("DELETE", folder))[0] == 204


async def test_of_two_who_saw_the_same_one_writes(app: Quart, box: Mam, people: dict[str, Any]) -> None:
    """Also where both are compared at the same moment: the row is held from the look to the change."""
    ana = people["ana"]
    ids = ids_of(library_of(box, ana))
    for name, field in {
        "PATCH /api/projects/<project_id>": "name",
        "PATCH /api/assets/<asset_id>": "title",
        "PATCH /api/comments/<comment_id>": "body",
    }.items():
        path, tag = filled(name.split()[1], ids), await tag_of(ana, SHOWN[name], ids)

        async def write(text: str, path: str = path, tag: str = tag, field: str = field) -> tuple[int, Any]:
            mine = Person(app.test_client(), ana.user, ana.token)
            return await mine.call("PATCH", path, json={field: text}, headers={"If-Match": tag})

        done = await asyncio.gather(*(write(f"Writer {number}") for number in range(6)))
        assert sorted(status for status, _ in done) == [200, 412, 412, 412, 412, 412], (name, done)
        won = next(body for status, body in done if status == 200)
        assert (await send(ana, SHOWN[name], ids))[1][field] == won[field]


async def test_a_condition_that_cannot_be_looked_at_is_refused(
    sqlite_box: Mam, sqlite_people: dict[str, Any]
) -> None:
    ana = sqlite_people["ana"]
    status, body = await Sent(ana, STALE).call("POST", "/api/projects", json={"name": "New"})
    assert (status, body["code"]) == (412, "precondition_failed")
    assert not Project.select().exists()
    assert (await Sent(ana, {"If-Match": "*"}).call("POST", "/api/projects", json={"name": "New"}))[0] == 201


def test_an_if_match_is_read_as_the_rfc_says() -> None:
    assert conditions.wanted('"a", "b"') == {'"a"', '"b"'}
    assert conditions.wanted('W/"a", "b", c') == {'"b"'}
    assert conditions.wanted(" * ") == {"*"}
    assert conditions.wanted('*, "a"') == {'"a"'}
    assert conditions.wanted("") == frozenset()
