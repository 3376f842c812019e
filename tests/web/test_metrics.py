"""GET /metrics: for administrators and this machine, never for strangers; requests counted by template."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest
from web_people import serving

from mam.core import Mam
from mam.edge.limits import asks_here
from mam.web.app import create_app


async def test_administrators_read_it_and_nobody_else(sqlite_people: dict[str, Any]) -> None:
    """Given people of every kind, then only the administrator gets figures; a key needs the right for it."""
    admin = sqlite_people["admin"]
    assert (await sqlite_people["nobody"].call("GET", "/metrics"))[0] == 401
    assert (await sqlite_people["ana"].call("GET", "/metrics"))[0] == 403
    status, body = await admin.call("GET", "/metrics")
    assert status == 200
    assert b"mam_workers_alive 0.0" in body
    assert admin.last.headers["Content-Type"].startswith("text/plain")
    for scope, expected in (("box.admin", 200), ("asset.read", 403)):
        _, key = await admin.call("POST", "/api/keys", json={"name": "Prometheus", "scopes": [scope]})
        headers = {"Authorization": f"Bearer {key['key']}"}
        assert (await admin.call("GET", "/metrics", headers=headers))[0] == expected


async def test_requests_are_counted_by_their_template(sqlite_people: dict[str, Any]) -> None:
    """Given requests about ids, when asked for, then the route's template is there and no id is."""
    admin = sqlite_people["admin"]
    _, project = await admin.call("POST", "/api/projects", json={"name": "P"})
    await admin.call("GET", f"/api/projects/{project['id']}")
    await admin.call("GET", "/nothing/like/this")
    _, body = await admin.call("GET", "/metrics")
    text = body.decode()
    assert 'route="/api/projects/<project_id>",status="200"' in text
    assert 'route="unmatched",status="404"' in text
    assert project["id"] not in text
    assert "/nothing" not in text


def test_a_program_of_this_machine_needs_no_login(sqlite_box: Mam) -> None:
    """Given a real server, then loopback reads it; through a proxy, or by another name, it does not."""
    for address in serving(create_app(sqlite_box), sqlite_box):
        assert "mam_info" in httpx.get(f"{address}/metrics", timeout=60).text
        for headers in ({"X-Forwarded-For": "203.0.113.9"}, {"Host": "evil.example.org"}):
            assert httpx.get(f"{address}/metrics", headers=headers, timeout=60).status_code == 401
    server = replace(sqlite_box.config.server, public_url="https://mam.example.org")
    public = replace(sqlite_box, config=replace(sqlite_box.config, server=server))
    for address in serving(create_app(public), public):
        assert httpx.get(f"{address}/metrics", timeout=60).status_code == 401


@pytest.mark.parametrize(
    ("peer", "headers", "public_url", "expected"),
    [
        ("127.0.0.1", {"Host": "localhost:8080"}, "", True),
        ("::1", {"Host": "[::1]:8080"}, "http://localhost:8080", True),
        ("127.0.0.1", {}, "", False),
        ("192.168.1.5", {"Host": "localhost"}, "", False),
        ("127.0.0.1", {"Host": "127.0.0.1", "Via": "1.1 proxy"}, "", False),
    ],
)
def test_who_asks_here(peer: str, headers: dict[str, str], public_url: str, expected: bool) -> None:
    assert asks_here(peer, headers, public_url) is expected
