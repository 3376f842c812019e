"""Masters that stay where they were indexed: downloaded from there, and from nowhere else."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import time
from pathlib import Path

import pytest
from library import actor_of
from web_people import make_people

from mam import signing
from mam.config import Watch
from mam.core import Mam
from mam.models import Version
from mam.services import delivery, in_place, ingest
from mam.types import SYSTEM
from mam.web.app import create_app

Indexed = tuple[Mam, Version, Path]


@pytest.fixture
def indexed(sqlite_box: Mam, tmp_path: Path) -> Indexed:
    """A file of a NAS, indexed where it lies, in a box that watches its folder."""
    folder = tmp_path / "nas"
    folder.mkdir()
    path = folder / "a: b ü.mov"
    path.write_bytes(os.urandom(3 << 20))
    watch = Watch(folder, mode="index")
    box = dataclasses.replace(sqlite_box, config=dataclasses.replace(sqlite_box.config, watch=(watch,)))
    place = ingest.Place(ingest.ensure_project(box, SYSTEM, "P"))
    hashes = {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "xxh128": "0" * 32, "c4": ""}
    version = in_place.index(box, SYSTEM, path, place, hashes)
    return box, Version.get_by_id(version["id"]), path


async def test_the_file_is_streamed_from_where_it_lies(indexed: tuple[Mam, Version, Path]) -> None:
    box, version, path = indexed
    # Given a signed address of the master
    url = delivery.download(box, SYSTEM, version.id).url
    client = create_app(box).test_client()
    # Then its bytes are the file's, whole and in ranges
    answer = await client.get(url)
    assert (answer.status_code, await answer.get_data()) == (200, path.read_bytes())
    part = await client.get(url, headers={"Range": "bytes=100-199"})
    assert (part.status_code, await part.get_data()) == (206, path.read_bytes()[100:200])
    # and when the file is gone, nothing is
    path.unlink()
    assert (await client.get(url)).status_code == 404


@pytest.mark.parametrize("where", ["elsewhere", "link", "climb"])
async def test_nothing_outside_the_watched_folders_leaves(
    indexed: tuple[Mam, Version, Path], where: str, tmp_path: Path
) -> None:
    # Given an address signed for a file that is in no watched folder, as if a row had been changed
    box, _, path = indexed
    secret = tmp_path / "secret"
    secret.write_bytes(b"no")
    (path.parent / "link").symlink_to(secret)
    target = {"elsewhere": secret, "link": path.parent / "link", "climb": path.parent / ".." / "secret"}[
        where
    ]
    now = time.time()
    grant = signing.DownloadGrant(
        str(target), None, "x", "text/plain", int(now) + 60, int(now * 1000), area="in-place"
    )
    # Then it is refused
    answer = await create_app(box).test_client().get(f"/d/{signing.make_download(box.keys, grant)}")
    assert answer.status_code == 404


async def test_it_says_that_it_is_not_locked(indexed: tuple[Mam, Version, Path]) -> None:
    box, version, _ = indexed
    people = make_people(box, create_app(box))
    assert actor_of(box, people["admin"].token).is_admin
    status, found = await people["admin"].call("GET", f"/api/assets/{version.asset_id}")
    assert status == 200
    master = found["versions"][0]["master"]
    assert (master["locked"], master["in_place"]) == (False, True)
