"""Wrong input everywhere in the contract: a 4xx problem document with a code, never a 500, never a trace."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from library import actor_of, make_library
from web_calls import BODIES, QUERIES, filled, ids_of

from mam.core import Mam
from mam.web.app import API
from mam.web.routes import ADMIN, ORGANISATION, Route

DEEP = "[" * 5000 + "]" * 5000
RAW_BODIES = {
    "nothing": b"",
    "not json": b"{",
    "a list": b"[]",
    "a string": b'"x"',
    "null": b"null",
    "a number": b"1e999",
    "not utf-8": b'{"name": "\xff\xfe"}',
    "lone surrogate": b'{"name": "\\ud800"}',
    "nul": b'{"name": "a\\u0000b", "title": "a\\u0000b", "filename": "a\\u0000b"}',
    "huge integer": b'{"size": 1' + b"0" * 400 + b', "expires_in": 1' + b"0" * 400 + b"}",
    "bottomless": b'{"metadata": ' + DEEP.encode() + b"}",
    "nan": b'{"size": NaN}',
    "unknown field": b'{"surprise": 1}',
    "double key": b'{"name": "a", "name": 1}',
}
QUERY_STRINGS = [
    "limit=0", "limit=-1", "limit=201", "limit=abc", "limit=1&limit=2", "limit=1e3", "limit=",
    "limit=99999999999999999999", "cursor=", "cursor=x", "cursor=!!!", "cursor=W10", "cursor=bnVsbA",
    "cursor=%00", "cursor=" + "A" * 1001, "cursor=WyItY3JlYXRlZF9hdCIsMWUzMDAsIngiXQ",
    "sort=password_hash", "sort=--created_at", "kind=virus", "status=x", "project_id=1",
    "folder_id=%27%20OR%201%3D1", "version_id=", "trashed=maybe", "surprise=1", "q=" + "a" * 201, "q=%00",
    "tag=%00", "state=x", "action=%00", "%ff=%ff", "limit[]=1",
]  # fmt: skip


def json_routes() -> list[Route]:
    return [route for route in API if route.body is not None]


async def refused(person: Any, route: Route, path: str, **more: Any) -> None:
    """The call ends in a problem document of the contract's shape."""
    status, body = await person.call(route.method, path, **more)
    assert 400 <= status < 500, (route.name, more, status, body)
    assert set(body) - {"errors"} == {"type", "title", "status", "detail", "code", "request_id"}, body
    assert body["status"] == status
    assert body["code"].replace("_", "").isalpha()
    assert "Traceback" not in json.dumps(body)
    assert person.last.headers["Content-Type"] == "application/problem+json"
    assert person.last.headers["X-Request-Id"] == body["request_id"]


@pytest.mark.parametrize("raw", RAW_BODIES.values(), ids=RAW_BODIES)
async def test_bodies_that_are_none(sqlite_box: Mam, sqlite_people: dict[str, Any], raw: bytes) -> None:
    ana = sqlite_people["admin"]
    ids = ids_of(make_library(sqlite_box, actor_of(sqlite_box, ana.token)))
    for route in json_routes():
        if route.optional_body and raw == b"":
            continue
        headers = {"Content-Type": "application/json"}
        await refused(ana, route, filled(route.path, ids), data=raw, headers=headers)


async def test_bodies_of_another_type(sqlite_box: Mam, sqlite_people: dict[str, Any]) -> None:
    ana = sqlite_people["ana"]
    ids = ids_of(make_library(sqlite_box, actor_of(sqlite_box, ana.token)))
    for kind in ("text/plain", "application/x-www-form-urlencoded", "", "application/xml"):
        headers = {"Content-Type": kind}
        for route in json_routes():
            if route.right not in (ADMIN, ORGANISATION):
                await refused(ana, route, filled(route.path, ids), data=b'{"name": "x"}', headers=headers)
                assert ana.last.status_code == 415


async def test_bodies_that_are_too_large(sqlite_people: dict[str, Any]) -> None:
    ana = sqlite_people["ana"]
    body = {"name": "x" * (1 << 20)}
    assert (await ana.call("POST", "/api/projects", json=body))[0] == 413


async def test_each_field_is_checked(box: Mam, people: dict[str, Any]) -> None:
    """Every field of every body, replaced by a value of each wrong kind."""
    admin = people["admin"]
    ids = ids_of(make_library(box, actor_of(box, admin.token)))
    wrong: list[Any] = [
        None,
        [],
        {},
        [[]],
        True,
        -1,
        1.5,
        2**63,
        10**30,
        "",
        "\x00",
        "x" * 20_000,
        "\ud800",
        "\u202e",
    ]
    for route in json_routes():
        good = BODIES.get(route.name)
        if good is None:
            continue
        for name in route.body.model_fields:  # type: ignore[union-attr]
            for value in wrong:
                start = {key: filled(one, ids) if isinstance(one, str) else one for key, one in good.items()}
                raw = json.dumps({**start, name: value}).encode()
                path = filled(route.path, ids)
                status, body = await admin.call(
                    route.method, path, data=raw, headers={"Content-Type": "application/json"}
                )
                assert status < 500, (route.name, name, value, body)


async def test_query_strings(box: Mam, people: dict[str, Any]) -> None:
    admin = people["admin"]
    ids = ids_of(make_library(box, actor_of(box, admin.token)))
    for route in (one for one in API if one.query is not None and one.method == "GET"):
        for query in QUERY_STRINGS:
            path = f"{filled(route.path, ids)}?{query}"
            status, body = await admin.call("GET", path)
            assert status < 500, (path, body)
            if query.split("=")[0] in ("limit", "limit[]", "cursor", "sort", "surprise"):
                assert status == 422, (path, body)


async def test_ids_that_are_none(box: Mam, people: dict[str, Any]) -> None:
    """Promise G2: what cannot be an id is not found, whatever it is."""
    admin = people["admin"]
    for bad in (
        "1",
        "x",
        "%00",
        "..%2f..",
        "' OR 1=1",
        "a" * 5000,
        "00000000-0000-0000-0000-00000000000G",
        "é",
    ):
        for route in API:
            if "_id>" not in route.path:
                continue
            ids = dict.fromkeys(
                ["project_id", "user_id", "folder_id", "asset_id", "upload_id", "version_id", "job_id"], bad
            )
            query = QUERIES.get(route.name, "").replace("<version_id>", bad)
            path = filled(route.path, ids)
            status, body = await admin.call(route.method, f"{path}?{query}", json=BODIES.get(route.name))
            assert 400 <= status < 500, (route.name, bad, status, body)


async def test_unknown_paths_and_methods(sqlite_people: dict[str, Any]) -> None:
    ana = sqlite_people["ana"]
    for path in (
        "/api",
        "/api/",
        "/api/nothing",
        "/api//assets",
        "/api/assets/",
        "/%00",
        "/api/webhook",
        "/metrics/",
    ):
        status, body = await ana.call("GET", path)
        assert (status, body["code"]) == (404, "not_found"), path
    status, body = await ana.call("DELETE", "/api/assets")
    assert (status, body["code"]) == (405, "method_not_allowed")
    assert {one.strip() for one in ana.last.headers["Allow"].split(",")} == {"GET", "HEAD", "POST"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_whatever_is_sent(sqlite_box: Mam, sqlite_people: dict[str, Any], data: st.DataObject) -> None:
    """Random bodies on a random route never end in a 500."""
    admin = sqlite_people["admin"]
    ids = sqlite_people.setdefault("ids", {}) or ids_of(
        make_library(sqlite_box, actor_of(sqlite_box, admin.token))
    )
    sqlite_people["ids"] = ids
    route = data.draw(st.sampled_from([one for one in json_routes() if not one.path.startswith("/auth")]))
    names = list(route.body.model_fields)  # type: ignore[union-attr]
    body = data.draw(st.dictionaries(st.sampled_from(names), json_values, max_size=len(names)))
    status, answer = await admin.call(route.method, filled(route.path, ids), json=body)
    assert status < 500, (route.name, body, answer)
