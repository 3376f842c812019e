"""Promise G4: a guest reaches nothing outside the share's scope, by any route of the table."""

from __future__ import annotations

import io
from typing import Any

import pytest
from library import Library, actor_of, make_library
from quart import Quart
from share_steps import Guest, guest_of, make_share
from web_calls import BODIES, QUERIES, filled, ids_of

from mam import signing
from mam.core import Mam
from mam.models import Asset, Comment, CommentFile, Version
from mam.services import access
from mam.types import Actor, Thing
from mam.types import Guest as Visitor
from mam.web.api.guests import LINK
from mam.web.app import ROUTES
from mam.web.routes import GUEST, PUBLIC, Route

REFUSED = {401, 403, 404, 303}
"""Answers without anything in them; a page that wants a login sends there (303)."""

SECRETS = ("A001", "Rushes", "Day 1", "take_1.mov", "ana@example.org", "Whose hand is that?")
"""What the library says of itself."""


def _of_the_house() -> list[Route]:
    return [route for route in ROUTES if route.right not in (PUBLIC, GUEST)]


async def test_no_route_of_the_house_is_open_to_a_guest(box: Mam, app: Quart, people: dict[str, Any]) -> None:
    """Given a guest of everything a studio has, when every route is called as one, then none answers."""
    library = make_library(box, actor_of(box, people["ana"].token))
    share = await make_share(people["ana"], project_id=library.project_id, allow_download="original")
    guest = guest_of(app, share)
    assert await guest.enter() == 303
    everywhere = app.test_client()  # a browser that sends the cookie everywhere, as ours never does
    everywhere.set_cookie("localhost", "mam_guest", _cookie(guest), path="/")
    everywhere.set_cookie("localhost", "mam_session", _cookie(guest), path="/")
    for route in _of_the_house():
        answer = await _send(everywhere, route, library, "")
        assert answer.status_code in REFUSED, (route.name, answer.status_code)
        await _says_nothing(route, answer)
    # And below the link there is only what is named there
    for route in ROUTES:
        below = LINK + route.path
        if route.path.startswith(LINK) or any(one.path == below for one in ROUTES):
            continue
        answer = await _send(guest.client, route, library, guest.root)
        assert answer.status_code in {404, 405}, (route.name, answer.status_code)
        await _says_nothing(route, answer)


async def test_a_guest_sees_nothing_that_is_not_shared(box: Mam, app: Quart, people: dict[str, Any]) -> None:
    """Given a share of one thing, when every guest route is called about another, it is not there."""
    ana = people["ana"]
    shown = make_library(box, actor_of(box, ana.token))
    other = make_library(box, actor_of(box, ana.token))  # the same people's, another project
    beside = _beside(box, ana, shown)
    share = await make_share(ana, asset_ids=[shown.asset_id], allow_download="original", allow_decide=True)
    guest = guest_of(app, share)
    assert await guest.enter() == 303
    routes = [one for one in ROUTES if one.right == GUEST]
    for library in (other, beside):
        for route in routes:
            status, _ = await _call(guest, route, library)
            assert status == 404, route.name
            await _says_nothing(route, guest.last)
    # And it is the scope that decides: the same calls about what is shown find it, allowed or not
    about_notes = [one for one in routes if "comment" in one.path or "decision" in one.path]
    assert len(about_notes) == 12
    for route in about_notes:
        status, _ = await _call(guest, route, shown)
        assert status != 404 or route.name.endswith("/restore"), route.name  # it is not deleted


async def test_nobody_gets_below_a_link_without_the_name_and_the_password(
    box: Mam, app: Quart, people: dict[str, Any]
) -> None:
    """Promise G4: the password is asked on every sub-resource; one link's cookie opens no other."""
    ana = people["ana"]
    library = make_library(box, actor_of(box, ana.token))
    share = await make_share(ana, asset_ids=[library.asset_id], password="open sesame")
    other = await make_share(ana, asset_ids=[library.asset_id])
    stranger, elsewhere = guest_of(app, share), guest_of(app, other)
    assert await elsewhere.enter() == 303
    cookie = _cookie(elsewhere)
    for value in ("", "x", cookie, cookie[:-2] + "aa"):
        stranger.client.set_cookie("localhost", "mam_guest", value, path=stranger.root)
        for route in (one for one in ROUTES if one.right == GUEST):
            answer = await _send(stranger.client, route, library, stranger.root, below=True)
            assert answer.status_code == 401, route.name
            await _says_nothing(route, answer)
    # A login of the house is none below a link either: who comes by a link is a guest
    answer = await ana.client.get(
        f"{stranger.root}/api/preview/status?version_id={library.version_id}",
        headers={"Authorization": f"Bearer {ana.token}"},
    )
    assert answer.status_code == 401


async def test_a_guests_cookie_is_no_token_of_another_kind(
    box: Mam, app: Quart, people: dict[str, Any]
) -> None:
    """Promise F5: it is no session, no access token, no preview grant, no form's token."""
    ana = people["ana"]
    library = make_library(box, actor_of(box, ana.token))
    share = await make_share(ana, asset_ids=[library.asset_id])
    guest = guest_of(app, share)
    assert await guest.enter() == 303
    client = app.test_client()
    bearer = {"Authorization": f"Bearer {_cookie(guest)}"}
    assert (await client.get("/auth/me", headers=bearer)).status_code == 401
    assert (await client.get(f"/s/{_cookie(guest)}/{library.version_id}/master.m3u8")).status_code == 403
    row = next(iter(box.storage.list("previews")), None)
    assert row is None  # no bytes of anybody's were needed to refuse
    forged = signing.sign(box.keys, "guest", ["x", "y", 1, 1])
    assert forged != _cookie(guest)


@pytest.mark.parametrize("allowed", ["none", "preview", "original"])
async def test_the_original_leaves_only_where_it_is_given(
    box: Mam, app: Quart, people: dict[str, Any], allowed: str
) -> None:
    """Promise G4: with the flag off there is no original anywhere, by page or by address."""
    ana = people["ana"]
    library = make_library(box, actor_of(box, ana.token))
    content = b"the very master"
    key = Version.get_by_id(library.version_id).master_key
    box.storage.put("masters", key, io.BytesIO(content), len(content))
    share = await make_share(ana, asset_ids=[library.asset_id], allow_download=allowed)
    guest = guest_of(app, share)
    assert await guest.enter() == 303
    status, _ = await guest.call("GET", f"/api/versions/{library.version_id}/download")
    page = await (await guest.client.get(guest.root)).get_data(as_text=True)
    assert ("/download" in page) is (allowed == "original")
    if allowed != "original":
        assert status == 403
        return
    assert status == 302
    address = guest.last.headers["Location"]
    answer = await guest.client.get(address[address.index("/d/") :])
    assert await answer.get_data(as_text=False) == content
    visits = (await ana.call("GET", f"/api/shares/{share['id']}/visits"))[1]["items"]
    assert ("downloaded", "original") in {(one["action"], one["what"]) for one in visits}
    assert (await ana.call("GET", f"/api/shares/{share['id']}"))[1]["downloads"] == 1


async def test_a_guest_without_a_scope_is_asked_about_nothing(box: Mam, people: dict[str, Any]) -> None:
    """Whatever a plugin would answer: outside the share a guest's right is no."""
    nobody = Actor(None, display_name="Vera", roles=("admin",), guest=Visitor("g", "s", download="original"))
    assert not access.allowed(box, nobody, "asset.read", Thing("asset", "a", "p"))
    assert not access.allowed(box, nobody, "box.admin")


def _cookie(guest: Guest) -> str:
    return next(one.value for one in guest.client.cookie_jar if one.name == "mam_guest")  # type: ignore[union-attr]


def _beside(box: Mam, ana: Any, shown: Library) -> Library:
    """Another asset of the shared one's own project and folder."""
    library = make_library(box, actor_of(box, ana.token))
    Asset.update(project=shown.project_id, folder=shown.folder_id).where(
        Asset.id == library.asset_id
    ).execute()
    return library


async def _call(guest: Guest, route: Route, library: Library) -> tuple[int, Any]:
    path, body = _good(route, library)
    more = {"data": b"12345", "headers": {"Content-Length": "5"}} if route.stream else {}
    return await guest.call(route.method, path, json=body, **more)


async def _send(client: Any, route: Route, library: Library, root: str, *, below: bool = False) -> Any:
    path, body = _good(route, library)
    more = {"json": body} if body is not None else {}
    if route.stream:
        more = {"data": b"12345", "headers": {"Content-Length": "5"}}
    return await client.open((root if below or root else "") + path, method=route.method, **more)


def _good(route: Route, library: Library) -> tuple[str, Any]:
    """A good call's path, without the link before it, and its body."""
    name = route.name.replace(LINK, "")
    below = route.path.removeprefix(LINK).replace("/reactions/<name>", "/reactions/heart")
    path = filled(below.replace("<file_id>", _file_of(library.comment_id)), ids_of(library))
    if name in QUERIES:
        path += "?" + filled(QUERIES[name], ids_of(library))
    body = BODIES.get(name)
    if body is None:
        return path, None
    ids = ids_of(library)
    return path, {key: filled(one, ids) if isinstance(one, str) else one for key, one in body.items()}


def _file_of(comment_id: str) -> str:
    """The id of a file on this note; one is attached where there is none."""
    note = Comment.get_by_id(comment_id)
    values = {
        "version_id": note.version_id, "filename": "take_1.mov", "content_type": "image/png", "size": 1,
        "sha256": "0" * 64,
    }  # fmt: skip
    row, _ = CommentFile.get_or_create(comment=comment_id, defaults=values)
    return str(row.id)


async def _says_nothing(route: Route, answer: Any) -> None:
    text = (await answer.get_data(as_text=False)).decode("utf-8", "replace")
    assert not [one for one in SECRETS if one in text], route.name
