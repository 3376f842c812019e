"""Accounts, projects, assets and administration, held to the contract by a stranger."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from stranger import PASSWORD, TIME, UNKNOWN, UUID7, Caller, Stage, log_in

USER = {"id", "email", "display_name", "status", "roles", "created_at"}
ASSET = {
    "id", "project_id", "folder_id", "title", "kind", "status", "tags", "metadata", "created_by",
    "created_at", "updated_at", "current_version_id", "versions",
}  # fmt: skip


def checked_formats(value: Any, key: str = "") -> None:
    """Ids are UUIDv7, times ISO 8601 in UTC, wherever they stand."""
    if isinstance(value, dict):
        for name, inner in value.items():
            checked_formats(inner, name)
    elif isinstance(value, list):
        for inner in value:
            checked_formats(inner, key)
    elif isinstance(value, str) and (key == "id" or key.endswith("_id") or key == "created_by"):
        assert UUID7.fullmatch(value), (key, value)
    elif isinstance(value, str) and key.endswith(("_at", "_until")):
        assert TIME.fullmatch(value), (key, value)


def test_the_set_up_link_works_once(stage: Stage) -> None:
    """Promise F12: set-up after set-up is refused, also four at once."""
    form = {"email": "late@example.org", "display_name": "Late", "password": PASSWORD}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: httpx.post(stage.box.set_up_link, data=form, timeout=60), range(4)))
    assert [one.status_code for one in answers] == [403] * 4
    assert (
        stage.nobody.post("/auth/login", json={"email": form["email"], "password": PASSWORD}).status_code
        == 401
    )


def test_accounts(stage: Stage) -> None:
    # Given somebody new
    nobody, credentials = stage.nobody, {"email": "cleo@example.org", "password": PASSWORD}
    made = nobody.post("/auth/register", json={**credentials, "display_name": "Cleo"})
    assert (made.status_code, made.json()["user"]["status"]) == (201, "pending")
    # When they wait for an administrator, then they are not let in
    assert nobody.post("/auth/login", json=credentials).json()["code"] == "account_pending"
    stage.admin.patch(f"/api/admin/users/{made.json()['user']['id']}", json={"status": "active"})
    # When they are let in, then the tokens have the contract's shape
    tokens = nobody.post("/auth/login", json=credentials).json()
    assert tokens.keys() == {"access_token", "refresh_token", "token_type", "expires_in", "user"}
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 900)
    cleo = Caller(stage.box.url, tokens["access_token"])
    assert cleo.get("/auth/me").json().keys() == USER
    # And a logout ends access and refresh token at once
    renewed = nobody.post("/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    assert renewed.json().keys() == tokens.keys()
    assert cleo.post("/auth/logout").status_code == 204
    assert cleo.get("/auth/me").status_code == 401
    assert (
        nobody.post("/auth/refresh", json={"refresh_token": renewed.json()["refresh_token"]}).status_code
        == 401
    )


def test_projects_folders_and_assets(stage: Stage) -> None:
    ana = stage.ana
    project = ana.post("/api/projects", json={"name": "Rushes"})
    assert (project.status_code, project.json()["role"]) == (201, "owner")
    path = f"/api/projects/{project.json()['id']}"
    member = ana.put(f"{path}/members/{stage.ben.user['id']}", json={"role": "viewer"})
    assert (member.status_code, member.json()["role"]) == (200, "viewer")
    assert stage.ben.get(path).status_code == 200
    assert stage.ben.patch(path, json={"name": "mine"}).status_code == 403
    assert ana.delete(f"{path}/members/{stage.ben.user['id']}").status_code == 204
    assert stage.ben.get(path).status_code == 404
    folder = ana.post(f"{path}/folders", json={"name": "Day 1"})
    assert folder.status_code == 201
    body = {"project_id": project.json()["id"], "title": "A001", "folder_id": folder.json()["id"]}
    asset = ana.post("/api/assets", json={**body, "metadata": {"scene": "41B"}})
    assert (asset.status_code, asset.json()["status"], asset.json().keys()) == (201, "awaiting_upload", ASSET)
    changed = ana.patch(f"/api/assets/{asset.json()['id']}", json={"title": "A002", "tags": ["night"]})
    for query in ("q=A002", "q=41B", "tag=night", "status=awaiting_upload", f"folder_id={body['folder_id']}"):
        found = ana.get(f"/api/assets?project_id={body['project_id']}&{query}").json()
        assert [one["id"] for one in found["items"]] == [asset.json()["id"]], query
    for one in (project, member, folder, asset, changed):
        checked_formats(one.json())
    assert ana.delete(f"/api/assets/{asset.json()['id']}").status_code == 204
    assert ana.get(f"/api/assets/{asset.json()['id']}").status_code == 404
    assert ana.delete(f"/api/folders/{folder.json()['id']}").status_code == 204
    assert ana.delete(path).status_code == 204


def test_lists_come_in_pages(stage: Stage) -> None:
    project = stage.ana.project("Pages")
    made = {stage.ana.asset(project, f"t{number % 3}") for number in range(7)}
    for sort in ("created_at", "-created_at", "title", "-title", "updated_at", "-updated_at"):
        seen: list[str] = []
        cursor = None
        while True:
            params = {
                "project_id": project,
                "limit": 2,
                "sort": sort,
                **({"cursor": cursor} if cursor else {}),
            }
            page = stage.ana.get("/api/assets", params=params).json()
            assert page.keys() == {"items", "next_cursor"}
            seen += [one["id"] for one in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert (len(seen), set(seen)) == (7, made)
    for limit in ("0", "201", "-1", "x", "1.5"):
        answer = stage.ana.get("/api/assets", params={"limit": limit})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "limit")
    assert stage.ana.get("/api/assets", params={"limit": 200}).status_code == 200


def id_routes(ids: dict[str, str]) -> list[tuple[str, str, Any]]:
    """Every call of issue 2 that names something, with the ids put in."""
    project, folder, asset = ids["project"], ids["folder"], ids["asset"]
    version, upload, user = ids["version"], ids["upload"], ids["user"]
    return [
        ("GET", f"/api/projects/{project}", None),
        ("PATCH", f"/api/projects/{project}", {"name": "x"}),
        ("DELETE", f"/api/projects/{project}", None),
        ("PUT", f"/api/projects/{project}/members/{user}", {"role": "viewer"}),
        ("DELETE", f"/api/projects/{project}/members/{user}", None),
        ("GET", f"/api/projects/{project}/folders", None),
        ("POST", f"/api/projects/{project}/folders", {"name": "x"}),
        ("PATCH", f"/api/folders/{folder}", {"name": "x"}),
        ("DELETE", f"/api/folders/{folder}", None),
        ("GET", f"/api/assets/{asset}", None),
        ("PATCH", f"/api/assets/{asset}", {"title": "x"}),
        ("DELETE", f"/api/assets/{asset}", None),
        ("POST", f"/api/assets/{asset}/upload?filename=x", b"abc"),
        ("GET", f"/api/uploads/{upload}", None),
        ("POST", f"/api/uploads/{upload}/parts", {"numbers": [1]}),
        ("DELETE", f"/api/uploads/{upload}", None),
        ("GET", f"/api/versions/{version}/download", None),
        # From here on the id is no part of the path: one that cannot be an id is wrong input
        ("POST", "/api/assets", {"project_id": project, "title": "x"}),
        ("GET", f"/api/assets?project_id={project}", None),
        ("POST", "/api/presign", {"asset_id": asset, "filename": "x", "size": 3}),
        ("POST", "/api/promote", {"upload_id": upload}),
        ("POST", "/api/preview", {"version_id": version}),
        ("GET", f"/api/preview/status?version_id={version}", None),
        ("GET", f"/api/preview/events?version_id={version}", None),
        ("GET", f"/api/preview/events?project_id={project}", None),
        ("POST", "/api/sign-preview", {"version_id": version, "expires_in": 60}),
    ]


def ask(caller: Caller, call: tuple[str, str, Any]) -> httpx.Response:
    method, path, body = call
    if isinstance(body, bytes):
        return caller.request(method, path, content=body)
    return caller.request(method, path, json=body)


def test_foreign_ids_are_not_found(stage: Stage) -> None:
    """Promise G2: another's ids, unknown ones and none at all answer alike; 401 comes first."""
    ana = stage.ana
    project = ana.project("Secret")
    asset = ana.asset(project)
    mine = {
        "project": project,
        "folder": ana.post(f"/api/projects/{project}/folders", json={"name": "F"}).json()["id"],
        "asset": asset,
        "version": ana.post(f"/api/assets/{asset}/upload?filename=x", content=b"abc").json()["id"],
        "upload": ana.presign(b"abc", asset_id=asset)["upload_id"],
        "user": ana.user["id"],
    }
    unknown, malformed = dict.fromkeys(mine, UNKNOWN), dict.fromkeys(mine, "1")
    in_path = 17
    for place, call in enumerate(id_routes(mine)):
        foreign = ask(stage.ben, call)
        absent = ask(stage.ben, id_routes(unknown)[place])
        odd = ask(stage.ben, id_routes(malformed)[place])
        assert (foreign.status_code, absent.status_code) == (404, 404), call
        assert odd.status_code == (404 if place < in_path else 422), call
        assert {**foreign.json(), "request_id": ""} == {**absent.json(), "request_id": ""}
        for hidden in (call, id_routes(malformed)[place]):
            assert ask(stage.nobody, hidden).status_code == 401, hidden
    assert stage.ben.get("/api/assets?q=Secret").json()["items"] == []
    assert ana.get(f"/api/projects/{project}").json()["name"] == "Secret"


def test_tokens_open_only_their_own_door(stage: Stage) -> None:
    """Promise F5."""
    ana = log_in(stage.box.url, "ana@example.org")
    version = ana.version(b"hello", "a.txt")
    credentials = {"email": "ana@example.org", "password": PASSWORD}
    with httpx.Client(base_url=stage.box.url, timeout=60) as browser:
        cookie = browser.post("/login", data=credentials).cookies["mam_session"]
    refresh = stage.nobody.post("/auth/login", json=credentials).json()["refresh_token"]
    download = ana.get(f"/api/versions/{version['id']}/download").headers["location"].rpartition("/")[2]
    part = ana.presign(b"hello")["parts"][0]["url"].rpartition("/")[2]
    doors = {
        "access": lambda token: stage.nobody.get("/auth/me", headers={"Authorization": f"Bearer {token}"}),
        "cookie": lambda token: stage.nobody.get("/auth/me", headers={"Cookie": f"mam_session={token}"}),
        "refresh": lambda token: stage.nobody.post("/auth/refresh", json={"refresh_token": token}),
        "part": lambda token: stage.nobody.put(f"/upload-parts/{token}", content=b"hello"),
        "download": lambda token: stage.nobody.get(f"/d/{token}"),
        "preview": lambda token: stage.nobody.get(f"/s/{token}/{version['id']}/master.m3u8"),
        "setup": lambda token: stage.nobody.post(f"/setup/{token}", data=credentials),
    }
    tokens = {"access": ana.token, "cookie": cookie, "refresh": refresh, "part": part, "download": download}
    for kind, token in tokens.items():
        for door, knock in doors.items():
            status = knock(token).status_code
            assert status in ((200, 201) if door == kind else (401, 403)), (kind, door, status)


def test_the_cookie_needs_its_token_and_our_own_page(stage: Stage) -> None:
    """Promise F11."""
    with Caller(stage.box.url) as browser:
        done = browser.post("/login", data={"email": "ana@example.org", "password": PASSWORD})
        cookie = done.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        token = re.search(r'csrf[^>]*?(?:value|content)="([^"]+)"', browser.get("/projects/new").text).group(
            1
        )
        own = {"X-CSRF-Token": token}
        for headers, status in (
            ({}, 403),
            ({"X-CSRF-Token": "x"}, 403),
            ({**own, "Origin": "http://evil.example"}, 403),
            ({**own, "Origin": "null"}, 403),
            ({**own, "Sec-Fetch-Site": "cross-site"}, 403),
            ({**own, "Origin": stage.box.url}, 201),
            (own, 201),
        ):
            answer = browser.post("/api/projects", json={"name": "c"}, headers=headers)
            assert answer.status_code == status, headers


def test_creating_calls_can_be_repeated(stage: Stage) -> None:
    ana, project = stage.ana, stage.ana.project()
    body = {"project_id": project, "title": "once"}

    def create(_: int) -> tuple[int, str]:
        with Caller(stage.box.url, ana.token) as caller:
            answer = caller.post("/api/assets", json=body, headers={"Idempotency-Key": "again"})
            return answer.status_code, answer.json()["id"]

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(create, range(8)))) == 1
    other = ana.post("/api/assets", json={**body, "title": "x"}, headers={"Idempotency-Key": "again"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_conflict")


@pytest.mark.parametrize("path", ["users", "jobs", "plugins", "storage"])
def test_administration_is_for_administrators(stage: Stage, path: str) -> None:
    assert stage.nobody.get(f"/api/admin/{path}").status_code == 401
    assert stage.ana.get(f"/api/admin/{path}").status_code == 403
    answer = stage.admin.get(f"/api/admin/{path}")
    assert answer.status_code == 200
    checked_formats(answer.json())


def test_nobody_climbs_and_the_last_administrator_stays(stage: Stage) -> None:
    own = f"/api/admin/users/{stage.ana.user['id']}"
    assert stage.ana.patch(own, json={"roles": ["admin"]}).status_code == 403
    last = stage.admin.patch(f"/api/admin/users/{stage.admin.user['id']}", json={"roles": ["member"]})
    assert (last.status_code, last.json()["code"]) == (409, "last_admin")


def test_the_audit_log_tells_what_happened(stage: Stage) -> None:
    items = stage.admin.get("/api/audit?limit=200").json()["items"]
    assert [one["seq"] for one in items] == sorted((one["seq"] for one in items), reverse=True)
    assert {"setup.completed", "user.registered", "login.succeeded"} <= {one["action"] for one in items}
    assert stage.ana.get("/api/audit").status_code == 403


def test_health_and_documents_are_public(stage: Stage) -> None:
    health = stage.nobody.get("/api/health")
    assert (health.status_code, health.json()["status"]) == (200, "ok")
    assert health.json().keys() == {"status", "version", "checks"}
    names = {"database", "queue", "storage", "disk", "workers", "plugins"}
    assert health.json()["checks"].keys() == names
    assert stage.nobody.get("/openapi.json").json()["openapi"].startswith("3.1")
    assert stage.nobody.get("/docs").headers["content-type"].startswith("text/html")
