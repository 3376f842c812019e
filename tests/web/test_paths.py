"""A word beside an id is no id, whatever the method; and every limit tells how it stands."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from web_people import Person

from mam.config import Server
from mam.core import Mam
from mam.edge.limits import Limiter
from mam.errors import RateLimitedError
from mam.web import paths
from mam.web.app import create_app
from mam.web.limits import Limits, Quota, fields


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PATCH", "/api/assets/bulk", {"POST"}),
        ("GET", "/api/assets/bulk", {"POST"}),
        ("DELETE", "/api/account/sessions/news", {"GET", "HEAD"}),
        ("POST", "/api/account/sessions/news", {"GET", "HEAD"}),
        ("DELETE", "/api/account/passkeys/options", {"POST"}),
    ],
)
async def test_a_word_beside_an_id_has_methods_of_its_own(
    sqlite_people: dict[str, Any], method: str, path: str, allow: set[str]
) -> None:
    status, body = await sqlite_people["ana"].call(method, path)
    assert (status, body["code"]) == (405, "method_not_allowed")
    assert set(sqlite_people["ana"].last.headers["Allow"].split(", ")) == allow


def test_only_paths_of_the_same_form_are_told_apart() -> None:
    rules = paths.rules(["/a/<id>", "/a/bulk", "/a/<id>/b", "/c/<id>", "/c/x/y"])
    assert rules["/a/<id>"] == "/a/<beside('bulk'):id>"
    assert all(rules[path] == path for path in rules if path != "/a/<id>")


async def test_answers_tell_their_limits(sqlite_box: Mam, sqlite_people: dict[str, Any]) -> None:
    # Given somebody who is logged in, and nobody
    ana, nobody = sqlite_people["ana"], sqlite_people["nobody"]
    # When they call the API, and read a page
    await ana.call("GET", "/api/projects")
    named, told = ana.last.headers["RateLimit-Policy"], ana.last.headers["RateLimit"]
    await nobody.call("GET", "/api/projects")
    strange = nobody.last.headers["RateLimit"]
    await nobody.call("GET", "/login", headers={"Accept": "text/html"})
    # Then the API tells the limits that they are under, each with what is left; pages tell nothing
    rate = sqlite_box.config.server.rate
    assert named == f'"address";q={rate * 2};w=2, "user";q={rate * 2};w=2'
    assert re.fullmatch(r'"address";r=\d+;t=[012], "user";r=\d+;t=[012]', told)
    assert re.fullmatch(r'"address";r=\d+;t=[012], "anonymous";r=\d+;t=[01234]', strange)
    assert "RateLimit" not in nobody.last.headers


async def test_who_is_over_a_limit_learns_when_to_come_back(sqlite_box: Mam) -> None:
    # Given a box that lets one address ask once a second
    config = replace(sqlite_box.config, server=replace(sqlite_box.config.server, rate=1))
    app = create_app(replace(sqlite_box, config=config))
    nobody = Person(app.test_client())
    # When it asks without end
    for _ in range(20):
        status, body = await nobody.call("GET", "/api/integrity/key")
        if status == 429:
            break
    # Then it is told that nothing is left, and for how long
    assert (status, body["code"]) == (429, "rate_limited")
    assert re.match(r'"address";r=0;t=[12]', nobody.last.headers["RateLimit"])
    assert int(nobody.last.headers["Retry-After"]) >= 1


def test_limits_that_are_off_tell_nothing() -> None:
    told: list[Quota] = []
    Limits(replace(Server(), rate=0, anonymous_rate=0)).request("192.0.2.1", told)
    assert (told, fields(told)) == ([], {})


def test_a_quota_counts_down() -> None:
    told: list[Quota] = []
    limits = Limits(replace(Server(), rate=1, anonymous_rate=1))
    limits.user("ana", told)
    limits.user("ana", told)
    with pytest.raises(RateLimitedError):
        limits.user("ana", told)
    assert [one.left for one in told] == [1, 0, 0]
    assert {one.most for one in told} == {2}
    assert fields([Quota("attempts", 0, 0, 0, 30)]) == {"RateLimit": '"attempts";r=0;t=30'}
    assert Limiter(1, 5).left("somebody new") == 5
