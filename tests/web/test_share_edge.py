"""Promise E12 for links: what plays through an edge ends within 60 s of what took the right away."""

from __future__ import annotations

import io
import re
import signal
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from library import Library, actor_of, make_library

from mam.core import Mam
from mam.models import Version
from mam.services import assets, shares
from mam.testing import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PROMISED = 60.0
"""Seconds in which a right that ended is refused everywhere (promise E12)."""


@pytest.fixture
def edge(sqlite_box: Mam, tmp_path: Path) -> Iterator[str]:
    """`mam edge`, a process of its own over the box's store and keys; answers its address."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "mam.cli",
        "--data",
        str(sqlite_box.config.data),
        "edge",
        "--port",
        str(port),
    ]
    with (tmp_path / "edge.log").open("wb") as log:
        process = subprocess.Popen(command, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(lambda: _up(address), 120)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


@pytest.fixture
def film(sqlite_box: Mam, sqlite_people: dict[str, Any]) -> Library:
    """An asset in a folder, one segment of its preview in the store."""
    library = make_library(sqlite_box, actor_of(sqlite_box, sqlite_people["ana"].token))
    generation = Version.get_by_id(library.version_id).preview_generation
    key = f"{library.version_id}/{generation}/720/00000.m4s"
    sqlite_box.storage.put("previews", key, io.BytesIO(b"segment"), 7)
    return library


def test_what_plays_through_an_edge_ends_when_the_link_is_taken_back(
    sqlite_box: Mam, sqlite_people: dict[str, Any], film: Library, live: str, edge: str
) -> None:
    # Given a guest whose player fetches segments from an edge that knows no database
    ana = actor_of(sqlite_box, sqlite_people["ana"].token)
    link = shares.create(sqlite_box, ana, asset_ids=[film.asset_id], base_url=live)
    with closing(_entered(link["url"])) as guest:
        segment = _segment(guest, film, edge)
        assert httpx.get(segment, timeout=60).content == b"segment"
        # When the link is taken back, then the next segment is refused in time, and no other address is given
        shares.revoke(sqlite_box, ana, link["id"])
        taken = time.monotonic()
        assert guest.post("/api/sign-preview", json=_wish(film)).status_code == 404
        _wait(lambda: httpx.get(segment, timeout=60).status_code == 403, PROMISED)
        assert time.monotonic() - taken < PROMISED


@pytest.mark.long
def test_what_left_a_shared_folder_ends_as_soon(
    sqlite_box: Mam, sqlite_people: dict[str, Any], film: Library, live: str, edge: str
) -> None:
    # Given a guest of a folder, with a fresh address of what lies in it
    ana = actor_of(sqlite_box, sqlite_people["ana"].token)
    link = shares.create(sqlite_box, ana, folder_id=film.folder_id, base_url=live)
    with closing(_entered(link["url"])) as guest:
        segment = _segment(guest, film, edge)
        assert httpx.get(segment, timeout=60).status_code == 200
        # When it is moved out, then there is no further address, and the one that is out ends by itself
        assets.update_asset(sqlite_box, ana, film.asset_id, folder_id=None)
        assert guest.post("/api/sign-preview", json=_wish(film)).status_code == 404
        # (the right began a moment earlier)
        _wait(lambda: httpx.get(segment, timeout=60).status_code == 403, PROMISED + 1)


def _entered(url: str) -> httpx.Client:
    """A guest of this link, past the door, with the page's token."""
    guest = httpx.Client(base_url=url, timeout=60)
    own = {"Sec-Fetch-Site": "same-origin"}
    assert guest.post(url, data={"name": "Vera"}, headers=own).status_code == 303
    page = guest.get(url).text
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert found
    guest.headers["X-CSRF-Token"] = found[1]
    return guest


def _segment(guest: httpx.Client, film: Library, edge: str) -> str:
    """The address of a segment as the guest's player asks for it, at the edge."""
    signed = guest.post("/api/sign-preview", json=_wish(film))
    assert signed.status_code == 200, signed.text
    path = urllib.parse.urlsplit(signed.json()["url"]).path.removesuffix("/master.m3u8")
    generation = Version.get_by_id(film.version_id).preview_generation
    return f"{edge}{path}/{generation}/720/00000.m4s"


def _wish(film: Library) -> dict[str, Any]:
    return {"version_id": film.version_id, "expires_in": 3600}


def _up(address: str) -> bool:
    try:
        return httpx.get(f"{address}/health").status_code == 200
    except httpx.TransportError:
        return False


def _wait(condition: Any, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.2)
