"""What every answer has, who is believed, and what a browser may send."""

from __future__ import annotations

import dataclasses
import json
import time
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from library import actor_of, make_library
from quart import Quart
from web_people import PASSWORD, make_people

from mam import signing
from mam.config import Server
from mam.core import Mam
from mam.services import assets, projects, sessions
from mam.web import identity
from mam.web.app import create_app

SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


async def test_every_answer_has_its_headers(sqlite_people: dict[str, Any]) -> None:
    ana = sqlite_people["ana"]
    for path in ("/api/projects", "/api/nothing", "/auth/me", "/docs", "/api/health"):
        await ana.call("GET", path)
        headers = ana.last.headers
        assert all(headers[name] == value for name, value in SECURITY.items()), path
        policy = headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert len(headers["X-Request-Id"]) >= 8
        assert "Server" not in headers


async def test_a_sane_request_id_is_kept_and_a_mad_one_replaced(sqlite_people: dict[str, Any]) -> None:
    ana = sqlite_people["ana"]
    await ana.call("GET", "/auth/me", headers={"X-Request-Id": "trace-0123456789"})
    assert ana.last.headers["X-Request-Id"] == "trace-0123456789"
    for mad in ("short", "x" * 65, "a b c d e f g h", "a" * 20 + ";"):
        await ana.call("GET", "/auth/me", headers={"X-Request-Id": mad})
        assert ana.last.headers["X-Request-Id"] != mad


async def test_only_an_access_token_opens(sqlite_box: Mam, sqlite_people: dict[str, Any]) -> None:
    """Promise F5: a refresh token, a grant, a form token, a foreign JWT as bearer: 401."""
    ana = sqlite_people["ana"]
    tokens = sessions.login(sqlite_box, email="ana@example.org", password=PASSWORD)
    _user, cookie = sessions.login_cookie(sqlite_box, email="ana@example.org", password=PASSWORD)
    grant = signing.make_grant(sqlite_box.keys, version_id="x", expires_in=60)
    none = "eyJhbGciOiJub25lIn0.e30."
    wrong = [
        tokens["refresh_token"],
        grant,
        cookie,
        sessions.csrf_token(sqlite_box, cookie),
        none,
        "",
        "x" * 9000,
    ]
    for token in wrong:
        ana.token = ""
        headers = {"Authorization": f"Bearer {token}"}
        status, _ = await ana.call("GET", "/auth/me", headers=headers)
        assert status == 401, token
        assert ana.last.headers["WWW-Authenticate"] == 'Bearer realm="mam"'
    for header in ("Basic YTpi", "Bearer", "bearer", "Token x", tokens["access_token"]):
        assert (await ana.call("GET", "/auth/me", headers={"Authorization": header}))[0] == 401
    headers = {"Authorization": f"bearer {tokens['access_token']}"}
    assert (await ana.call("GET", "/auth/me", headers=headers))[0] == 200


async def test_logout_ends_the_token_at_once(people: dict[str, Any]) -> None:
    ana = people["ana"]
    assert (await ana.call("GET", "/auth/me"))[0] == 200
    assert (await ana.call("POST", "/auth/logout"))[0] == 204
    assert (await ana.call("GET", "/auth/me"))[0] == 401


@pytest.fixture
def browser(sqlite_box: Mam, sqlite_app: Quart) -> Any:
    """Ana in a browser: the cookie, and the token of its pages."""
    ana = make_people(sqlite_box, sqlite_app)["ana"]
    ana.token = ""
    _user, cookie = sessions.login_cookie(sqlite_box, email="ana@example.org", password=PASSWORD)
    ana.cookie = {"Cookie": f"{identity.COOKIE}={cookie}"}
    ana.csrf = sessions.csrf_token(sqlite_box, cookie)
    return ana


async def test_a_cookie_reads_but_does_not_write_without_its_token(browser: Any) -> None:
    """Promise F11: cookie alone, wrong token, another site's Origin or Sec-Fetch-Site: 403."""
    body = {"name": "P"}
    assert (await browser.call("GET", "/auth/me", headers=browser.cookie))[0] == 200
    good = {**browser.cookie, "X-CSRF-Token": browser.csrf}
    refused = [
        browser.cookie,
        {**browser.cookie, "X-CSRF-Token": "x"},
        {**browser.cookie, "X-CSRF-Token": browser.csrf[:-1] + "é"},
        {**good, "Origin": "https://evil.example"},
        {**good, "Origin": "null"},
        {**good, "Origin": "http://localhost.evil.example"},
        {**good, "Sec-Fetch-Site": "cross-site"},
        {**good, "Sec-Fetch-Site": "same-site"},
    ]
    for headers in refused:
        status, answer = await browser.call("POST", "/api/projects", json=body, headers=headers)
        assert (status, answer["code"]) == (403, "csrf_failed"), headers
    for headers in (good, {**good, "Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}):
        assert (await browser.call("POST", "/api/projects", json=body, headers=headers))[0] == 201


async def test_a_token_needs_no_csrf(sqlite_people: dict[str, Any]) -> None:
    headers = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
    status, _ = await sqlite_people["ana"].call("POST", "/api/projects", json={"name": "P"}, headers=headers)
    assert status == 201


@pytest.mark.parametrize(
    ("trusted", "seen"), [((), ""), (("10.0.0.0/8",), ""), (("127.0.0.1", "10.0.0.0/8"), "203.0.113.9")]
)
def test_only_trusted_proxies_name_an_address(trusted: tuple[str, ...], seen: str) -> None:
    from mam.edge.limits import networks

    scope = {
        "client": ("127.0.0.1", 1),
        "headers": [(b"x-forwarded-for", b"1.2.3.4, 203.0.113.9"), (b"x-forwarded-for", b"10.0.0.7")],
    }
    assert identity.client(scope, networks(trusted)) == (seen or "127.0.0.1")


async def test_an_unexpected_error_tells_only_its_id(
    sqlite_box: Mam, sqlite_app: Quart, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise H5: a 500 has the request's id, the log has the trace, neither has a secret."""
    ana = make_people(sqlite_box, sqlite_app)["ana"]

    def broken(*_args: Any, **_kwargs: Any) -> None:
        secret = ana.token  # noqa: F841 - what a trace with local variables would show
        raise RuntimeError("wires crossed")

    monkeypatch.setattr(assets, "create_asset", broken)
    monkeypatch.setattr(projects, "list_projects", broken)
    with structlog.testing.capture_logs() as log:
        status, body = await ana.call("GET", "/api/projects")
    assert (status, body["code"]) == (500, "internal_error")
    assert body["request_id"] in body["detail"]
    assert "wires" not in json.dumps(body)
    assert any("wires crossed" in str(line.get("exc_info")) for line in log)
    assert ana.token not in str(log)


async def test_one_line_a_request_and_no_secret_in_it(sqlite_people: dict[str, Any]) -> None:
    """Promise H5: addresses that are secrets do not reach the access log."""
    ana = sqlite_people["ana"]
    with structlog.testing.capture_logs() as log:
        await ana.call("PUT", "/upload-parts/very-secret-token", data=b"x", headers={"Content-Length": "1"})
        await ana.call("GET", "/auth/me?token=also-secret")
    lines = [line for line in log if line["event"] == "request"]
    assert [line["path"] for line in lines] == ["/upload-parts/…", "/auth/me"]
    assert [line["status"] for line in lines] == [403, 200]
    assert "secret" not in str(log)


async def test_too_many_requests(sqlite_box: Mam, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = time.monotonic()  # at which all of them are asked
    monkeypatch.setattr("mam.edge.limits.time", SimpleNamespace(monotonic=lambda: moment))
    server = dataclasses.replace(sqlite_box.config.server, anonymous_rate=1, rate=3)
    app = create_app(
        dataclasses.replace(sqlite_box, config=dataclasses.replace(sqlite_box.config, server=server))
    )
    people = make_people(sqlite_box, app)
    answers = [await people["nobody"].call("GET", "/auth/me") for _ in range(6)]
    assert [status for status, _ in answers].count(429) >= 1
    assert int(people["nobody"].last.headers["Retry-After"]) >= 1
    answers = [await people["ana"].call("GET", "/auth/me") for _ in range(12)]
    assert {status for status, _ in answers} >= {429}
    assert answers[-1][1]["code"] == "rate_limited"


async def test_creating_calls_can_be_repeated(box: Mam, people: dict[str, Any]) -> None:
    """The same Idempotency-Key and body: the same answer, one thing; another body: 422."""
    ana, ben = people["ana"], people["ben"]
    headers = {"Idempotency-Key": "key-1"}
    first = await ana.call("POST", "/api/projects", json={"name": "P"}, headers=headers)
    again = await ana.call("POST", "/api/projects", json={"name": "P"}, headers=headers)
    assert first == again
    assert first[0] == 201
    status, body = await ana.call("POST", "/api/projects", json={"name": "Q"}, headers=headers)
    assert (status, body["code"]) == (422, "idempotency_conflict")
    assert (await ben.call("POST", "/api/projects", json={"name": "P"}, headers=headers))[1] != first[1]
    for bad in ("", "é", "x" * 201):
        given = {"Idempotency-Key": bad}
        assert (await ana.call("POST", "/api/projects", json={"name": "P"}, headers=given))[0] == 422
    _, listed = await ana.call("GET", "/api/projects")
    assert len(listed["items"]) == 1


async def test_a_failed_call_leaves_no_key(people: dict[str, Any]) -> None:
    ana = people["ana"]
    headers = {"Idempotency-Key": "key-2"}
    missing = {"project_id": "01a1fd6e-4f2c-7d20-a5d5-c75965e44e3a", "title": "T"}
    assert (await ana.call("POST", "/api/assets", json=missing, headers=headers))[0] == 404
    _, project = await ana.call("POST", "/api/projects", json={"name": "P"})
    good = {"project_id": project["id"], "title": "T"}
    assert (await ana.call("POST", "/api/assets", json=good, headers=headers))[0] == 201


async def test_a_project_through_its_life(box: Mam, people: dict[str, Any]) -> None:
    """Made, changed, shared, emptied of its member, trashed; each step as the contract says."""
    ana, ben = people["ana"], people["ben"]
    _, project = await ana.call("POST", "/api/projects", json={"name": " Rushes "})
    path = f"/api/projects/{project['id']}"
    assert (project["name"], project["role"]) == ("Rushes", "owner")
    status, changed = await ana.call("PATCH", path, json={"description": "Day for night"})
    assert (status, changed["name"], changed["description"]) == (200, "Rushes", "Day for night")
    member = f"{path}/members/{ben.user['id']}"
    assert (await ben.call("GET", path))[0] == 404
    assert (await ana.call("PUT", member, json={"role": "viewer"}))[0] == 200
    assert (await ben.call("GET", path))[1]["role"] == "viewer"
    own = f"{path}/members/{ana.user['id']}"
    for last in (await ana.call("PUT", own, json={"role": "viewer"}), await ana.call("DELETE", own)):
        assert (last[0], last[1]["code"]) == (409, "last_owner")
    assert (await ana.call("DELETE", member))[0] == 204
    assert (await ben.call("GET", path))[0] == 404
    assert (await ana.call("DELETE", path))[0] == 204
    assert (await ana.call("GET", path))[0] == 404
    assert (await ana.call("GET", "/api/projects"))[1] == {"items": [], "next_cursor": None}


async def test_signing_and_downloading(sqlite_box: Mam, sqlite_people: dict[str, Any]) -> None:
    ana = sqlite_people["ana"]
    library = make_library(sqlite_box, actor_of(sqlite_box, ana.token))
    body = {"version_id": library.version_id, "expires_in": 60}
    status, signed = await ana.call("POST", "/api/sign-preview", json=body)
    assert status == 200
    assert signed["url"].startswith("http://localhost/s/")
    assert signed["url"].endswith(f"/{library.version_id}/master.m3u8")
    for seconds in (59, 3601):
        assert (await ana.call("POST", "/api/sign-preview", json={**body, "expires_in": seconds}))[0] == 422
    status, _ = await ana.call("GET", f"/api/versions/{library.version_id}/download")
    assert status == 302
    assert ana.last.headers["Location"].startswith("http://localhost/d/")


async def test_callbacks_are_authentic(sqlite_people: dict[str, Any]) -> None:
    nobody = sqlite_people["nobody"]
    for body in (b"", b"{}", b"[]", b'{"job_id": 1, "lease_token": null}', b"\xff"):
        headers = {"X-Mam-Signature": "t=1,v1=" + "0" * 64}
        assert (await nobody.call("POST", "/api/preview/callback", data=body, headers=headers))[0] == 401


def test_a_proxy_that_is_no_address_refuses_to_start(sqlite_box: Mam) -> None:
    from mam.errors import ConfigError

    config = dataclasses.replace(sqlite_box.config, server=Server(trusted_proxies=("nginx",)))
    with pytest.raises(ConfigError, match="trusted_proxies"):
        create_app(dataclasses.replace(sqlite_box, config=config))
