"""Pictures on demand for whoever is logged in: rights, parameters, conditions."""

from __future__ import annotations

import io
from typing import Any

import pytest
import pyvips
from library import Library, actor_of, make_library

from mam.core import Mam
from mam.media.stills import Pointer

BAD = (
    "w=0", "w=-3", "w=abc", "w=1.5", "w=100000", "h=", "q=0", "q=101", "fit=contain", "f=png", "page=0",
    "x=1", "w=1&w=2", "w=%00", "w=99999999999999999999",
)  # fmt: skip


@pytest.fixture
def library(sqlite_box: Mam, sqlite_people: dict[str, Any]) -> Library:
    """Ana's project; its version is a picture of 400 x 200."""
    made = make_library(sqlite_box, actor_of(sqlite_box, sqlite_people["ana"].token))
    noise = pyvips.Image.gaussnoise(400, 200).cast("uchar").jpegsave_buffer(Q=90)
    objects = {"g1/picture-1.jpg": noise, "picture.json": Pointer("g1", 1).text().encode()}
    for name, data in objects.items():
        sqlite_box.storage.put("previews", f"{made.version_id}/{name}", io.BytesIO(data), len(data))
    return made


async def test_members_see_it_in_any_size(library: Library, sqlite_people: dict[str, Any]) -> None:
    ana = sqlite_people["ana"]
    path = f"/img/{library.version_id}?w=128"
    status, body = await ana.call("GET", path, headers={"Accept": "image/webp,*/*"})
    image, headers = pyvips.Image.new_from_buffer(body, ""), ana.last.headers
    assert (status, image.width, image.height, headers["Content-Type"]) == (200, 128, 64, "image/webp")
    assert headers["Vary"] == "Accept"
    assert headers["Cache-Control"] == "private, max-age=86400, immutable"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    # And asked again with its tag, no byte of it is sent
    again = {"Accept": "image/webp", "If-None-Match": headers["ETag"]}
    assert await ana.call("GET", path, headers=again) == (304, b"")


async def test_odd_parameters_are_named(library: Library, sqlite_people: dict[str, Any]) -> None:
    for query in BAD:
        status, body = await sqlite_people["ana"].call("GET", f"/img/{library.version_id}?{query}")
        assert (status, body["code"]) == (422, "validation_failed"), query


async def test_others_see_nothing_and_learn_nothing(
    library: Library, sqlite_box: Mam, sqlite_people: dict[str, Any]
) -> None:
    """Promise G2: a foreign version and its cached picture are as absent as an unknown one."""
    path = f"/img/{library.version_id}?w=64"
    assert (await sqlite_people["ana"].call("GET", path))[0] == 200
    assert (await sqlite_people["ben"].call("GET", path))[0] == 404
    assert (await sqlite_people["nobody"].call("GET", path))[0] == 401
    # And a version or a page without a picture is absent for its own people too
    assert (await sqlite_people["ana"].call("GET", f"{path}&page=2"))[0] == 404
    sqlite_box.storage.delete("previews", f"{library.version_id}/picture.json")
    bare = make_library(sqlite_box, actor_of(sqlite_box, sqlite_people["ana"].token))
    status, body = await sqlite_people["ana"].call("GET", f"/img/{bare.version_id}")
    assert (status, body["code"]) == (404, "not_found")


async def test_a_broken_picture_is_a_problem(
    library: Library, sqlite_box: Mam, sqlite_people: dict[str, Any]
) -> None:
    """Promise B5: 422 with a reason, not a 500."""
    key = f"{library.version_id}/g1/picture-1.jpg"
    sqlite_box.storage.put("previews", key, io.BytesIO(b"GIF89a, no picture"), 18)
    status, body = await sqlite_people["ana"].call("GET", f"/img/{library.version_id}?w=64")
    assert (status, body["code"]) == (422, "source_corrupt")
