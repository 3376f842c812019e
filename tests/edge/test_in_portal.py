"""The edge inside the portal's own server: the same promises, one port, no database on the way."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator

import pytest
from edge_server import VERSION, Served, serve_app

from mam import models, revocations
from mam.core import Mam
from mam.signing import make_grant
from mam.web.app import create_app

SEGMENT = "g1/720/00000.m4s"


@pytest.fixture
def portal(sqlite_box: Mam) -> Iterator[Served]:
    """A whole box behind Hypercorn, with one segment in its store."""
    sqlite_box.storage.put("previews", f"{VERSION}/{SEGMENT}", io.BytesIO(b"bytes"), 5)
    served = Served(edge=None, ring=sqlite_box.keys, store=sqlite_box.storage)
    served.port, served.stop = serve_app(create_app(sqlite_box))
    yield served
    served.stop()


def test_the_portal_serves_signed_bytes_without_its_database(portal: Served, sqlite_box: Mam) -> None:
    """Issue 2, 9: no database call on the delivery path (here it would fail: the tables are gone)."""
    models.database.drop_tables(models.TABLES)
    reply = portal.fetch(portal.path(SEGMENT))
    assert (reply.status, reply.body) == (200, b"bytes")
    assert reply.headers["x-request-id"]
    assert "set-cookie" not in reply.headers
    for path in (
        f"/s/x/{VERSION}/{SEGMENT}",
        portal.path(SEGMENT) + "%20",
        "/%73/" + portal.path(SEGMENT)[3:],
    ):
        refused = portal.fetch(path)
        assert refused.status == 403
        assert b"signature_invalid" in refused.body
        assert "location" not in refused.headers


def test_a_revocation_reaches_the_portal_within_its_stated_time(portal: Served, sqlite_box: Mam) -> None:
    """Promise E12: by itself, at the pace the product ships with (10 s: `test_grants_over_http`)."""
    grant = make_grant(portal.ring, version_id=VERSION, expires_in=600, tags=("session:s1",))
    path = f"/s/{grant}/{VERSION}/{SEGMENT}"
    assert portal.fetch(path).status == 200
    revocations.write(sqlite_box.storage, "session:s1", time.time())
    revoked = time.monotonic()
    while portal.fetch(path).status == 200:
        assert time.monotonic() - revoked < 60
        time.sleep(0.1)
