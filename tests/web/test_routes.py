"""Every route says who may call it, and nobody else can."""

from __future__ import annotations

import io
from typing import Any

import pytest
from library import Library, actor_of, make_library, make_version
from PIL import Image
from quart import Quart
from web_calls import BODIES, QUERIES, ids_of, send, unknown_ids

from mam.core import Mam
from mam.media.stills import POINTER, Pointer
from mam.models import Asset, Comment, Rendition
from mam.web.app import ROUTES
from mam.web.routes import ADMIN, GUEST, LOGIN, ORGANISATION, PUBLIC, Route

ACTIONS = {
    "project.create", "project.read", "project.update", "project.delete", "member.manage", "folder.write",
    "asset.read", "asset.write", "asset.delete", "upload.create", "preview.read", "preview.render",
    "master.download", "master.verify", "master.hold", "comment.read", "comment.write",
    "share.manage", "webhook.manage",
    "review.request", "review.decide",
}  # fmt: skip
EDGE = {"/s/<path:rest>", "/d/<path:rest>"}
"""The edge's own rules: their right is the signed address itself (tests/edge)."""


def test_every_rule_is_in_the_table_with_its_right(sqlite_app: Quart) -> None:
    """Promise G1: a route that declares no right does not exist."""
    rules = [rule for rule in sqlite_app.url_map.iter_rules() if rule.rule not in EDGE]
    assert {rule.endpoint for rule in rules} == {route.name for route in ROUTES}
    for route in ROUTES:
        assert route.right in ACTIONS | {PUBLIC, LOGIN, ADMIN, ORGANISATION, GUEST}, route.name
    for rule in rules:
        methods = (rule.methods or set()) - {"HEAD"}
        assert methods == {rule.endpoint.split(" ")[0]}, rule.rule


async def test_nobody_gets_in(sqlite_box: Mam, sqlite_people: dict[str, Any]) -> None:
    """Promise G1: without a login every route but the public ones answers 401 (pages: the login)."""
    library = make_library(sqlite_box, actor_of(sqlite_box, sqlite_people["ana"].token))
    for route in ROUTES:
        if route.right in (PUBLIC, GUEST):  # guests: tests/web/test_shares_scope.py
            continue
        status, body = await send(sqlite_people["nobody"], route, ids_of(library))
        assert status == 401, route.name
        assert body["code"] == "unauthorized"
        assert sqlite_people["nobody"].last.headers["WWW-Authenticate"].startswith("Bearer")


async def test_administration_is_for_administrators(sqlite_box: Mam, sqlite_people: dict[str, Any]) -> None:
    """Promise G1: a member gets 403 on every administrator's route."""
    library = make_library(sqlite_box, actor_of(sqlite_box, sqlite_people["ana"].token))
    for route in (one for one in ROUTES if one.right in (ADMIN, ORGANISATION) and not one.page):
        status, body = await send(sqlite_people["ana"], route, ids_of(library))
        assert (status, body["code"]) == (403, "forbidden"), route.name


async def test_foreign_ids_look_like_unknown_ones(box: Mam, people: dict[str, Any]) -> None:
    """Promise G2: what B may not see of A answers the same 404 as what does not exist."""
    library = make_library(box, actor_of(box, people["ana"].token))
    about_ids = [
        route for route in ROUTES
        if route.right not in (PUBLIC, ADMIN, ORGANISATION, GUEST)
        and not route.page and _mentions_an_id(route)
    ]  # fmt: skip
    assert len(about_ids) >= 20
    for route in about_ids:
        foreign = await send(people["ben"], route, ids_of(library))
        unknown = await send(people["ben"], route, unknown_ids(library))
        assert foreign[0] == unknown[0] == 404, (route.name, foreign, unknown)
        assert _without_request_id(foreign[1]) == _without_request_id(unknown[1]), route.name


def _mentions_an_id(route: Route) -> bool:
    return "_id>" in route.path + str(BODIES.get(route.name, "")) + QUERIES.get(route.name, "")


def _without_request_id(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key != "request_id"}


ROLE_MATRIX = {
    # route name: the roles in the project that may call it
    "GET /api/projects/<project_id>": "owner editor reviewer viewer",
    "PATCH /api/projects/<project_id>": "owner",
    "PUT /api/projects/<project_id>/members/<user_id>": "owner",
    "GET /api/projects/<project_id>/folders": "owner editor reviewer viewer",
    "POST /api/projects/<project_id>/folders": "owner editor",
    "GET /api/folders/<folder_id>": "owner editor reviewer viewer",
    "PATCH /api/folders/<folder_id>": "owner editor",
    "POST /api/assets": "owner editor",
    "GET /api/assets/<asset_id>": "owner editor reviewer viewer",
    "PATCH /api/assets/<asset_id>": "owner editor",
    "POST /api/presign": "owner editor",
    "GET /api/preview/status": "owner editor reviewer viewer",
    "POST /api/sign-preview": "owner editor reviewer viewer",
    "POST /api/preview": "owner editor",
    "GET /api/versions/<version_id>/similar": "owner editor reviewer viewer",
    "GET /api/versions/<version_id>/integrity": "owner editor reviewer viewer",
    "GET /api/versions/<version_id>/certificate": "owner editor",
    "GET /api/assets/<asset_id>/comments": "owner editor reviewer viewer",
    "POST /api/assets/<asset_id>/comments": "owner editor reviewer",
    "GET /api/versions/<version_id>/comments/export": "owner editor reviewer viewer",
    "POST /api/versions/<version_id>/comments/import": "owner editor reviewer",
    "POST /api/versions/<version_id>/comments/import/undo": "owner editor reviewer",
    "GET /api/assets/<asset_id>/mentionable": "owner editor reviewer",
    "GET /api/comments/<comment_id>": "owner editor reviewer viewer",
    "GET /api/comments/<comment_id>/history": "owner editor",
    "GET /api/comments/<comment_id>/still": "owner editor reviewer viewer",
    "GET /api/assets/<asset_id>/versions": "owner editor reviewer viewer",
    "GET /api/versions/<version_id>": "owner editor reviewer viewer",
    "PATCH /api/versions/<version_id>": "owner editor",
    "POST /api/versions/<version_id>/current": "owner editor",
    "GET /api/versions/<version_id>/comments/carry": "owner editor reviewer viewer",
    "POST /api/comments/<comment_id>/resolve": "owner editor",
    "POST /api/comments/<comment_id>/unresolve": "owner editor",
    "DELETE /api/comments/<comment_id>": "owner editor",
    "GET /api/versions/<version_id>/approvals": "owner editor reviewer viewer",
    "GET /api/projects/<project_id>/board/counts": "owner editor reviewer viewer",
    "PUT /api/versions/<version_id>/approval": "owner editor reviewer",
    "POST /api/versions/<version_id>/review": "owner editor",
    "PATCH /api/versions/<version_id>/review": "owner editor",
    "DELETE /api/versions/<version_id>/review": "owner editor",
    "PUT /api/projects/<project_id>/review-defaults": "owner",
    "GET /api/shares": "owner editor",
    "POST /api/shares": "owner editor",
    "GET /api/shares/<share_id>": "owner editor",
    "PATCH /api/shares/<share_id>": "owner editor",
    "POST /api/shares/<share_id>/renew": "owner editor",
    "GET /api/shares/<share_id>/visits": "owner editor",
    "GET /api/shares/<share_id>/visits/export": "owner editor",
    "DELETE /api/shares/<share_id>": "owner editor",
    "GET /api/projects/<project_id>/tags": "owner editor reviewer viewer",
    "PATCH /api/projects/<project_id>/tags": "owner editor",
    "GET /api/projects/<project_id>/fields": "owner editor reviewer viewer",
    "POST /api/projects/<project_id>/fields": "owner",
    "GET /api/fields/<field_id>": "owner editor reviewer viewer",
    "PATCH /api/fields/<field_id>": "owner",
    "POST /api/projects/<project_id>/collections": "owner editor reviewer viewer",
    "PATCH /api/collections/<collection_id>": "owner editor",
    "GET /api/collections/<collection_id>/assets": "owner editor reviewer viewer",
    "GET /api/projects/<project_id>/trash": "owner editor",
    "DELETE /api/folders/<folder_id>": "owner editor",
    "DELETE /api/assets/<asset_id>": "owner editor",
    "GET /api/webhooks": "owner",
    "GET /api/webhooks/<webhook_id>": "owner",
    "PATCH /api/webhooks/<webhook_id>": "owner",
    "GET /api/webhooks/<webhook_id>/deliveries": "owner",
    "GET /api/webhooks/<webhook_id>/deliveries/<delivery_id>": "owner",
    "POST /api/webhooks/<webhook_id>/deliveries/<delivery_id>/resend": "owner",
    "POST /api/webhooks/<webhook_id>/resend": "owner",
    "GET /api/events/history": "owner editor reviewer viewer",
    "POST /api/webhooks": "owner",
    "DELETE /api/webhooks/<webhook_id>": "owner",
    "DELETE /api/projects/<project_id>": "owner",
}


MADE = ("webhook.manage", "share.manage", "review.decide", "folder.write")
"""Actions of a role that an administrator made: some of an owner's, some of an editor's."""


OF_MADE = ("/webhooks", "/shares", "/approval", "/folders")
"""What that role may call beside what every role may: paths that hold one of these."""


@pytest.mark.parametrize("role", ["viewer", "reviewer", "editor", "owner", "made"])
async def test_roles_in_a_project(sqlite_box: Mam, sqlite_people: dict[str, Any], role: str) -> None:
    """Promise G1: role by route, against a table; what may be seen but not done is 403."""
    ana, ben = sqlite_people["ana"], sqlite_people["ben"]
    library = make_library(sqlite_box, actor_of(sqlite_box, ana.token))
    if role == "made":
        given = {"name": "Made", "actions": list(MADE)}
        assert (await sqlite_people["admin"].call("POST", "/api/roles", json=given))[0] == 201
    path = f"/api/projects/{library.project_id}/members/{ben.user['id']}"
    assert (await ana.call("PUT", path, json={"role": role}))[0] == 200
    routes = {route.name: route for route in ROUTES}
    pictured = _pictured(sqlite_box, library)
    for name, roles in ROLE_MATRIX.items():
        ids = pictured if name.endswith("/still") else ids_of(library)
        status, body = await send(ben, routes[name], ids)
        made = role == "made" and ("viewer" in roles.split() or any(one in name for one in OF_MADE))
        if role in roles.split() or made:
            assert status < 300, (name, role, body)
        else:
            assert (status, body["code"]) == (403, "forbidden"), (name, role)


def _pictured(mam: Mam, library: Library) -> dict[str, str]:
    """The ids with a note on a picture that is there, in the same project: a still is of something."""
    asset = Asset.create(project=library.project_id, title="Location", kind="image")
    version = make_version(asset.id, preview_generation="g1", media={"kind": "image"})
    Rendition.delete().where(Rendition.version == version.id).execute()
    grey = io.BytesIO()
    Image.new("RGB", (64, 32), (96, 96, 96)).save(grey, "JPEG")
    for name, data in {
        "g1/picture-1.jpg": grey.getvalue(), POINTER: Pointer("g1", 1).text().encode(),
        f"g1/{POINTER}": Pointer("g1", 1).text().encode(),
    }.items():  # fmt: skip
        mam.storage.put("previews", f"{version.id}/{name}", io.BytesIO(data), len(data))
    note = Comment.create(asset=asset.id, version=version.id, body="Here")
    return {**ids_of(library), "comment_id": note.id}
