"""Pictures on demand for whoever is logged in: rights, parameters, conditions."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import pytest
import pyvips
import xxhash
from library import Library, actor_of, make_library

from mam.core import Mam
from mam.ids import is_id, new_id
from mam.media.stills import Pointer
from mam.models import Job, Version, now
from mam.services import jobs, previews
from mam.types import SYSTEM

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


def master_of(box: Mam, version_id: str, data: bytes) -> None:
    """Make the version's master these bytes."""
    key = new_id()
    box.storage.put("masters", key, io.BytesIO(data), len(data))
    Version.update(
        master_key=key, size=len(data), sha256=hashlib.sha256(data).hexdigest(),
        xxh128=xxhash.xxh3_128_hexdigest(data), filename="photo.jpg", preview_status="queued",
    ).where(Version.id == version_id).execute()  # fmt: skip


def render(box: Mam, version_id: str) -> None:
    """Make its preview, as the workers do."""
    previews.request(box, SYSTEM, version_id, force=True)
    while (job := Job.select().where(Job.state == "queued", Job.run_after <= now()).first()) is not None:
        jobs.run(box, job.id)


def turned_photo() -> bytes:
    """600 x 300 as shown, red at the left; stored turned by a quarter, with a place."""
    halves = [pyvips.Image.black(300, 300, bands=3).linear(1, one) for one in ([250, 0, 0], [0, 0, 250])]
    image = halves[0].join(halves[1], "horizontal").cast("uchar").copy(interpretation="srgb").rot270().copy()
    image.set_type(pyvips.GValue.gint_type, "orientation", 6)
    image.set_type(pyvips.GValue.gstr_type, "exif-ifd3-GPSLatitude", "52/1 31/1 12/1")
    written: bytes = image.jpegsave_buffer(Q=95)
    return written


async def test_from_master_to_image(library: Library, sqlite_box: Mam, sqlite_people: dict[str, Any]) -> None:
    """Promise B12: upright once, without its place; a preview made anew is shown, a failed one is not."""
    # Given a turned photo, examined by the worker
    master_of(sqlite_box, library.version_id, turned_photo())
    render(sqlite_box, library.version_id)
    first = Version.get_by_id(library.version_id).preview_generation
    # When it is asked for, then it is upright and tells nothing
    ana, path = sqlite_people["ana"], f"/img/{library.version_id}?w=256&f=jpeg"
    status, body = await ana.call("GET", path)
    image = pyvips.Image.new_from_buffer(body, "")
    assert (status, image.width, image.height) == (200, 256, 128)
    assert image.getpoint(20, 64)[0] > 200
    assert image.getpoint(236, 64)[2] > 200
    assert b"Exif" not in body
    # And made anew it is shown from the new generation, the old one is gone
    render(sqlite_box, library.version_id)
    second = Version.get_by_id(library.version_id).preview_generation
    assert second != first
    assert pointer(sqlite_box, library.version_id) == second
    assert not list(sqlite_box.storage.list("previews", f"{library.version_id}/{first}/"))
    # And where the master cannot be read any more, the last good one stays
    master_of(sqlite_box, library.version_id, b"GIF89a, but no picture")
    render(sqlite_box, library.version_id)
    assert pointer(sqlite_box, library.version_id) == second
    assert (await ana.call("GET", path))[0] == 200


async def test_an_attempt_that_lost_its_lease_leaves_the_pointer(
    library: Library, sqlite_box: Mam, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise C4: given a shown picture, when a second attempt is cancelled as it ends, the first stays."""
    master_of(sqlite_box, library.version_id, turned_photo())
    render(sqlite_box, library.version_id)
    shown, point = pointer(sqlite_box, library.version_id), previews.point_at_pictures

    def point_then_lose(*arguments: Any) -> None:
        point(*arguments)
        Job.update(lease_token=new_id()).where(Job.state == "running").execute()

    monkeypatch.setattr(previews, "point_at_pictures", point_then_lose)
    render(sqlite_box, library.version_id)
    assert pointer(sqlite_box, library.version_id) == shown
    under = {info.key.split("/")[1] for info in sqlite_box.storage.list("previews", f"{library.version_id}/")}
    assert {name for name in under if is_id(name)} == {shown}


def pointer(box: Mam, version_id: str) -> str:
    with box.storage.open("previews", f"{version_id}/picture.json") as stream:
        found = Pointer.parse(stream.read())
    assert found is not None
    return found.generation
