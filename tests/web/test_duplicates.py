"""The same bytes a second time over HTTP, and the pages of look-alikes."""

from __future__ import annotations

import hashlib
import os
from typing import Any

import pytest
from library import actor_of, make_library, make_version

from mam.core import Mam
from mam.models import Fingerprint
from mam.services import assets
from mam.web.api.answers import Presigned, Problem
from mam.web.api.answers_media import LookAlikes


async def _upload(person: Any, asset_id: str, data: bytes, query: str = "") -> tuple[int, dict[str, Any]]:
    path = f"/api/assets/{asset_id}/upload?filename=a.bin{query}"
    answer: tuple[int, dict[str, Any]] = await person.call(
        "POST", path, data=data, headers={"Content-Length": str(len(data))}
    )
    return answer


async def test_a_refusal_names_what_is_there(sqlite_box: Mam, sqlite_people: dict[str, Any]) -> None:
    # Given Ana's project with a master
    ana, ben = sqlite_people["ana"], sqlite_people["ben"]
    library = make_library(sqlite_box, actor_of(sqlite_box, ana.token))
    actor = actor_of(sqlite_box, ana.token)
    other = assets.create_asset(sqlite_box, actor, project_id=library.project_id, title="Other")
    data = os.urandom(1000)
    status, first = await _upload(ana, library.asset_id, data)
    assert status == 201
    # When the same bytes are refused on their way into another asset
    status, problem = await _upload(ana, other["id"], data, "&duplicates=refuse")
    # Then the problem names the version, as the document of the API says
    assert (status, problem["code"]) == (409, "duplicate_master")
    assert [one.version_id for one in Problem(**problem).duplicate_of] == [first["id"]]
    # And an upload that is only announced is told the same
    body = {
        "asset_id": other["id"],
        "filename": "b",
        "size": 1000,
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    status, answer = await ana.call("POST", "/api/presign", json=body)
    assert status == 201
    assert [one.title for one in Presigned(**answer).duplicate_of] == ["A001"]
    assert (await ana.call("POST", "/api/presign", json={**body, "duplicates": "refuse"}))[0] == 409
    assert (await ana.call("POST", "/api/presign", json={**body, "duplicates": "maybe"}))[0] == 422
    # When they are linked, then both are told as the same master, to those who see them
    status, second = await _upload(ana, other["id"], data, "&duplicates=link")
    assert status == 201
    status, found = await ana.call("GET", f"/api/versions/{first['id']}/similar")
    assert [(one.version_id, one.reason) for one in LookAlikes(**found).items] == [
        (second["id"], "same_master")
    ]
    assert (await ben.call("GET", f"/api/versions/{first['id']}/similar"))[0] == 404


@pytest.mark.parametrize("path", ["/assets/{asset}/similar", "/compare?a={version}&b={other}"])
async def test_pages_of_look_alikes_are_for_those_who_see_both(
    sqlite_box: Mam, sqlite_people: dict[str, Any], path: str
) -> None:
    """Promise G2."""
    ana, ben = sqlite_people["ana"], sqlite_people["ben"]
    library = make_library(sqlite_box, actor_of(sqlite_box, ana.token))
    other = make_version(library.asset_id, 2)
    address = path.format(asset=library.asset_id, version=library.version_id, other=other.id)
    html = {"headers": {"Accept": "text/html"}}
    assert (await ana.call("GET", address, **html))[0] == 200
    assert (await ben.call("GET", address, **html))[0] == 404
    for odd in ("?version=x", f"?version={library.asset_id}"):
        assert (await ana.call("GET", f"/assets/{library.asset_id}/similar{odd}", **html))[0] == 404
    assert (await ana.call("GET", f"/compare?a={library.version_id}", **html))[0] == 404
    assert not Fingerprint.select().exists()
