"""Two organisations in one box: nobody of the one sees, finds, names or changes anything of the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from library import Library, actor_of, make_library
from quart import Quart
from web_calls import BODIES, QUERIES, ids_of, send
from web_people import PASSWORD, Person

from mam.core import Mam
from mam.ids import new_id
from mam.models import FIRST, Asset, Comment, Event, Project, Share, User, database
from mam.services import accounts, organisations, sessions
from mam.types import SYSTEM
from mam.web.app import ROUTES
from mam.web.routes import ADMIN, GUEST, ORGANISATION, PUBLIC, Route

WORD = "aldebaran"
"""In every text of the first organisation, and in none of the second."""

ENDLESS = {"/api/events", "/api/events/stream", "/api/preview/events", "/api/events/socket"}
"""Streams: what they tell is asked of the services that they ask, below."""

OF_THE_BOX = ("role_id", "worker_id", "token_id")
"""Ids of what belongs to no organisation: roles in projects are the box's own words."""


@dataclass
class Two:
    """What each organisation has; `theirs` are the texts and ids of the first that the second never reads."""

    first: Library
    second: Library
    bea: Person
    bob: Person
    theirs: tuple[str, ...]


@pytest.fixture
def two(box: Mam, app: Quart, people: dict[str, Person]) -> Two:
    """Ana's library in the first organisation, Bea's like it in the second, which Bob administers."""
    home = organisations.create_organisation(box, SYSTEM, name="Second", slug="second")["id"]
    bea, bob = (_made(box, app, name, home) for name in ("bea", "bob"))
    accounts.update_user(box, SYSTEM, bob.user["id"], roles=["org_admin"])
    bob.token = sessions.login(box, email="bob@example.org", password=PASSWORD)["access_token"]
    first = make_library(box, actor_of(box, people["ana"].token))
    second = make_library(box, actor_of(box, bea.token))
    _spell(first)
    known = [value for name in ("ben", "admin") for value in (people[name].user["id"], f"{name}@example.org")]
    own = [value for name, value in vars(first).items() if name not in OF_THE_BOX]
    return Two(first, second, bea, bob, (WORD, "ana@example.org", *known, *own))


def _made(box: Mam, app: Quart, name: str, home: str) -> Person:
    user = accounts.add_user(box, email=f"{name}@example.org", name=name.title(), password=PASSWORD)
    accounts.update_user(box, SYSTEM, user["id"], organisation_id=home)
    token = sessions.login(box, email=user["email"], password=PASSWORD)["access_token"]
    return Person(app.test_client(), user, token)


def _spell(library: Library) -> None:
    """Write the word into what people of the first organisation named."""
    with database.atomic():
        Project.update(name=f"{WORD} film").where(Project.id == library.project_id).execute()
        Asset.update(title=f"{WORD} take", tags=[WORD]).where(Asset.id == library.asset_id).execute()
        Comment.update(body=WORD).where(Comment.id == library.comment_id).execute()
        Share.update(title=WORD).where(Share.id == library.share_id).execute()
        User.update(display_name=f"Ana {WORD}").where(User.id == library.user_id).execute()


def _ids_named(route: Route) -> set[str]:
    text = route.path + str(BODIES.get(route.name, "")) + QUERIES.get(route.name, "")
    return {name for name in (*Library.__annotations__, "file_id", "captions_id") if f"<{name}>" in text}


def _is_open(route: Route) -> bool:
    return route.right not in (PUBLIC, GUEST) and "<share>" not in route.path


def _check(two: Two, route: Route, answer: Any, *asked: str) -> None:
    """Nothing of the first organisation is in the answer, but for what the caller sent."""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
    told = [one for one in two.theirs if one not in asked and one in text.lower()]
    assert not told, (route.name, told)


async def test_no_list_and_no_page_tells_of_the_other_organisation(two: Two) -> None:
    """Everything that can be read without an id or about own things, by a member and the administrator."""
    count = 0
    for person in (two.bob, two.bea):
        for route in ROUTES:
            if not _is_open(route) or route.method != "GET" or route.path in ENDLESS:
                continue
            # When it is asked about what the second organisation has
            status, body = await send(person, route, ids_of(two.second))
            # Then it answers, or says no, without a word of the first
            assert status < 500, (route.name, body)
            _check(two, route, body)
            count += status == 200
    assert count >= 80


async def test_every_id_of_the_other_organisation_is_unknown(two: Two) -> None:
    """Every route of the table, by a member and by the organisation's administrator."""
    for person in (two.bea, two.bob):
        for route in ROUTES:
            if not _is_open(route) or not _ids_named(route):
                continue
            # When it is called with ids of the first organisation
            status, body = await send(person, route, ids_of(two.first))
            # Then they are not there, or the route is for administrators whatever its ids
            closed = route.right == ADMIN or (route.right == ORGANISATION and person is two.bea)
            assert status == (403 if closed else 404), (route.name, person.user["email"], status, body)
            _check(two, route, body)


async def test_one_foreign_id_among_ones_own_is_refused(two: Two) -> None:
    """Nested ids: whoever may do everything here may not reach over with one of them."""
    count = 0
    for route in ROUTES:
        names = _ids_named(route)
        if not _is_open(route) or route.right == ADMIN or len(names) < 2:
            continue
        for name in sorted(names):
            # When one of a route's ids is of the first organisation and the others are one's own
            ids = {**ids_of(two.second), name: getattr(two.first, name, new_id())}
            status, body = await send(two.bob, route, ids)
            # Then nothing is done
            assert status in (403, 404, 422), (route.name, name, status, body)
            _check(two, route, body, ids[name])
            count += 1
    assert count >= 20
    assert {row.organisation_id for row in User.select().where(User.id == two.first.user_id)} == {FIRST}


async def test_what_is_named_in_a_body_is_of_ones_own_organisation(two: Two) -> None:
    """Ids that are no route's own: places, people, keys, batches, invitations."""
    first, second, bob = two.first, two.second, two.bob
    version, project = second.version_id, second.project_id
    foreign: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/api/assets", {"project_id": project, "folder_id": first.folder_id, "title": "T"}),
        ("PATCH", f"/api/assets/{second.asset_id}", {"folder_id": first.folder_id}),
        ("POST", f"/api/projects/{project}/folders", {"name": "F", "parent_id": first.folder_id}),
        ("POST", f"/api/assets/{second.asset_id}/stack", {"from_asset_id": first.asset_id}),
        ("POST", f"/api/versions/{version}/comments/carry", {"from_version_id": first.version_id}),
        ("POST", f"/api/versions/{version}/review", {"reviewers": [first.user_id]}),
        (
            "POST",
            f"/api/assets/{second.asset_id}/comments",
            {"version_id": version, "body": f"@[{first.user_id}]"},
        ),
        ("POST", f"/api/assets/{second.asset_id}/comments", {"version_id": first.version_id, "body": "x"}),
        ("PUT", f"/api/projects/{project}/members/{first.user_id}", {"role": "viewer"}),
        ("POST", "/api/shares", {"asset_ids": [second.asset_id, first.asset_id]}),
        ("POST", "/api/shares", {"folder_id": first.folder_id}),
        ("POST", "/api/shares", {"collection_id": first.collection_id}),
        ("PATCH", f"/api/admin/users/{first.user_id}", {"status": "disabled"}),
        ("PATCH", f"/api/admin/users/{second.user_id}", {"organisation_id": FIRST}),
        ("PATCH", f"/api/admin/users/{second.user_id}", {"roles": ["admin"]}),
        ("PATCH", f"/api/organisations/{FIRST}", {"name": "Mine"}),
        ("POST", "/api/organisations", {"name": "Third", "slug": "third"}),
    ]
    for method, path, body in foreign:
        status, answer = await bob.call(method, path, json=body)
        assert status in (403, 404, 422), (method, path, body, status, answer)
        told = [one for one in two.theirs if one in str(answer).lower() and one not in str((path, body))]
        assert not told, (path, told)
    assert User.get_by_id(second.user_id).organisation_id != FIRST


async def test_many_at_once_do_not_reach_over(two: Two) -> None:
    """Bulk changes answer for each asset by itself: a foreign one is not there."""
    body = {"asset_ids": [two.first.asset_id], "action": "tag", "tags": ["mine"]}
    status, answer = await two.bob.call("POST", "/api/assets/bulk", json=body)
    assert (status, answer["results"][0]["error"]["code"]) == (200, "not_found")
    assert Asset.get_by_id(two.first.asset_id).tags == [WORD]


async def test_the_same_bytes_elsewhere_are_not_told_of(two: Two, people: dict[str, Person]) -> None:
    """Both libraries hold the same master: neither learns of the other, not even by who sees both."""
    for person in (two.bob, people["admin"]):
        path = f"/api/versions/{two.second.version_id}/similar"
        status, answer = await person.call("GET", path)
        assert (status, answer["items"]) == (200, [])
        body = {"asset_id": two.second.asset_id, "filename": "a.mov", "size": 1000, "sha256": "0" * 64}
        status, answer = await person.call("POST", "/api/presign", json=body)
        assert status == 201
        assert {one["project_id"] for one in answer["duplicate_of"]} == {two.second.project_id}


async def test_events_stay_in_their_organisation(two: Two, people: dict[str, Person]) -> None:
    """History, and so the streams that read it, tells each administrator of their own projects alone."""
    seen = {}
    for name, person in (("bob", two.bob), ("admin", people["admin"])):
        _status, answer = await person.call("GET", "/api/events/history?limit=200")
        seen[name] = {one["id"] for one in answer["items"]}
    own = {row.id for row in Event.select().where(Event.project_id == two.second.project_id)}
    assert seen["bob"] <= own | {"e"}
    assert len(seen["admin"]) >= len(seen["bob"])


async def test_administrators_see_their_own_people_and_the_box_sees_all(
    two: Two, people: dict[str, Person]
) -> None:
    """Lists that mix organisations are whole for the box's administrator, with a filter for one."""
    # Given the people of both, and an invitation into the second
    invited = await two.bob.call("POST", "/api/account/proof", json={"password": PASSWORD})
    assert invited[0] == 204
    status, made = await two.bob.call("POST", "/api/admin/invitations", json={"email": "new@example.org"})
    assert status == 201, made
    # When both administrators list them
    home = made["organisation_id"]
    _, theirs = await two.bob.call("GET", "/api/admin/users")
    _, everybody = await people["admin"].call("GET", "/api/admin/users")
    _, chosen = await people["admin"].call("GET", f"/api/admin/users?organisation_id={home}")
    # Then each list is as long as it should be
    assert {one["email"] for one in theirs["items"]} == {"bea@example.org", "bob@example.org"}
    assert chosen["items"] == theirs["items"]
    assert len(everybody["items"]) == 5
    # And nobody is invited into a project of the first, nor with a role over the box
    for body in (
        {"projects": [{"project_id": two.first.project_id, "role": "viewer"}]},
        {"roles": ["admin"]},
        {"organisation_id": FIRST},
    ):
        status, answer = await two.bob.call("POST", "/api/admin/invitations", json=body)
        assert status in (404, 422), answer
    # And the link makes an account of the second organisation
    client = people["nobody"].client
    form = {"display_name": "New", "password": PASSWORD}
    path = made["url"].split("/invite/")[1]
    answer = await client.post(f"/invite/{path}", form=form)
    assert answer.status_code in (302, 303), await answer.get_data(as_text=True)
    assert User.get(User.email == "new@example.org").organisation_id == home
