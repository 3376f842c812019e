"""nginx sends what the box has checked and nothing else; whoever asks past nginx gets the bytes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from accel_box import FILES, MASTER, MASTER_KEY, OTHER, SEGMENT, VERSION, Boxed, boxed
from front_server import SECRET, Reply

from mam.config import Config
from mam.services import delivery
from mam.testing import opened_box
from mam.testing_plugins import PluginContract

KEPT = ("content-type", "content-disposition", "content-security-policy", "x-content-type-options",
        "access-control-allow-origin", "content-range", "content-length", "etag")  # fmt: skip
RANGES = ("bytes=0-0", "bytes=511990-", "bytes=-7", "bytes=0-1,5-6", "bytes=x", "bytes=9-3", "bytes=9999999-")
CLIMBING = (
    "g1/../../x", "g1/%2e%2e/%2e%2e/x", "g1//1080/00000.m4s", "g1/1080/00000.m4s?x=1", "g1/1080/.hidden",
    f"../{OTHER}/g1/key.bin", "g1/1080/00000.m4s%00", "g1/1080/00000%2em4s", "g1\\1080", "g1/1080/",
)  # fmt: skip


class TestPlugin(PluginContract):
    """The contract of every plugin."""

    name: ClassVar[str] = "delivery_accel"
    settings: ClassVar[Mapping[str, Any]] = {"secret": SECRET}


def told(reply: Reply, *leave: str) -> dict[str, str | None]:
    return {name: reply.headers.get(name) for name in KEPT if name not in leave}


def sent_by(front: Boxed, path: str) -> str:
    """Where nginx was sent for a request with its secret; empty where the box sent the bytes itself."""
    return front.direct(path, X_Mam_Front=SECRET).headers.get("x-accel-redirect", "")


def test_bytes_and_headers_are_the_boxs_own(front: Boxed) -> None:
    for name, data in FILES.items():
        # Given a signed address
        path = front.path(name)
        # When it is asked for through nginx, and past it
        ours, plain = front.through(path), front.direct(path)
        # Then nothing differs but nginx's own tag
        assert (ours.status, ours.body) == (200, data)
        assert told(ours, "etag") == told(plain, "etag")
        assert ours.headers["cache-control"].startswith("private, ")
        assert "x-accel-redirect" not in ours.headers
        assert bool(sent_by(front, path)) is not name.endswith(".m3u8")


def test_master_leaves_by_nginx_under_its_own_name(front: Boxed) -> None:
    # Given a master whose key has every sign that an address gives a meaning to
    path = front.master()
    # When it is downloaded through nginx, whole and in part
    ours, plain = front.through(path), front.direct(path)
    part = front.through(path, Range="bytes=1000-1009")
    # Then the bytes are the master's, under the name and tag the box gives them
    assert ours.body == plain.body == MASTER
    assert told(ours) == told(plain)
    assert ours.headers["cache-control"] == "private, no-store"
    assert (part.status, part.body) == (206, MASTER[1000:1010])
    assert part.headers["content-range"] == f"bytes 1000-1009/{len(MASTER)}"
    assert sent_by(front, path) == "/_mam/masters/p/a%20film%20%26%20more%20100%25%20%C3%BC%3F%23.mov"


def test_ranges_are_what_they_are_without_nginx(front: Boxed) -> None:
    # Given ranges of each kind: short, open, from the end, several, nonsense, backwards, beyond
    # When each is asked for through nginx, of a segment and of a master
    for asked in RANGES:
        for path in (front.path(), front.master()):
            ours, plain = front.through(path, Range=asked), front.direct(path, Range=asked)
            # Then the answer is the one that the box gives
            assert (asked, ours.status, ours.body) == (asked, plain.status, plain.body)
            assert told(ours, "etag") == told(plain, "etag")


def test_head_and_unchanged(front: Boxed) -> None:
    # Given a segment and a master
    for path, size in ((front.path(), len(SEGMENT)), (front.master(), len(MASTER))):
        # When only the head is asked for, and then whether it changed
        head = front.through(path, "HEAD")
        again = front.through(path, If_None_Match=front.through(path).headers["etag"])
        # Then there is no body, and the second says so
        assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(size))
        assert (again.status, again.body) == (304, b"")


def test_a_check_is_remembered_for_one_grant_alone(front: Boxed) -> None:
    # Given two grants for the same version
    first, second = front.path(), front.path(tags=("user:ben",))
    # When a player asks for many segments with the first, and for one with the second
    for _ in range(30):
        assert front.through(first).body == SEGMENT
    asked = len(front.handed)
    assert front.through(second).body == SEGMENT
    # Then the box was asked for few of the first's, and for the second's
    assert 1 <= asked < 30
    assert len(front.handed) == asked + 1


def test_a_stranger_past_nginx_gets_bytes_and_no_header(front: Boxed) -> None:
    # Given a client that reaches the box itself and guesses at the header
    for secret in ("", "x", SECRET[:-1], SECRET.upper()):
        # When it asks
        reply = front.direct(front.path(), X_Mam_Front=secret)
        # Then it has the whole, and is told nothing of nginx
        assert reply.body == SEGMENT
        assert not [name for name in reply.headers if "accel" in name]


def test_the_internal_locations_are_closed(front: Boxed) -> None:
    # Given somebody who knows where the files lie
    for path in (
        f"/_mam/previews/{VERSION}/g1/1080/00000.m4s", "/_mam/masters/p/x", "/_mam/-/segment",
        "/_mam/-/check", "/_mam/previews/../../secrets/delivery-keys.json",
    ):  # fmt: skip
        # When it is asked for by name, also by who knows the secret
        # Then nginx sends nothing
        assert front.through(path, X_Mam_Front=SECRET).status in (400, 404)


def test_climbing_names_are_refused(front: Boxed) -> None:
    # Given a grant that was checked a moment ago and is remembered
    good = front.path()
    assert front.through(good).status == 200
    for name in CLIMBING:
        # When a name under it climbs or is spelled otherwise
        reply = front.through(good.removesuffix("g1/1080/00000.m4s") + name)
        # Then it is refused in the box's words, or not there
        assert reply.status in (400, 403, 404), name
        assert SEGMENT[:100] not in reply.body


def test_grants_bind_through_nginx_too(front: Boxed) -> None:
    # Given grants that do not hold: another version's, a bent one, one for another address
    good = front.path()
    assert front.through(good).status == 200
    bent = good.replace("/s/", "/s/A", 1)
    bad = [good.replace(VERSION, OTHER), bent, front.path(ip="192.0.2.7")]
    # When they are used
    replies = [front.through(path) for path in bad]
    # Then each is refused in the box's own words
    assert [reply.status for reply in replies] == [403, 403, 403]
    assert {reply.headers["content-type"] for reply in replies} == {"application/problem+json"}
    assert all(reply.headers["cache-control"] == "no-store" for reply in replies)


def test_what_is_taken_back_is_refused(front: Boxed) -> None:
    # Given a segment and a master that nginx sends
    tag = "user:anna"
    paths = [front.path(tags=(tag,)), front.master(tags=(tag,))]
    assert [front.through(path).status for path in paths] == [200, 200]
    time.sleep(0.01)  # a mark of the same millisecond takes nothing back that was signed after it
    # When the grants are taken back
    delivery.revoke(front.mam, tag)
    # Then both are refused soon: the box reads the list, nginx forgets the check
    deadline = time.monotonic() + 60
    while (found := [front.through(path).status for path in paths]) != [403, 403]:
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
    # And another person's grant holds on
    assert front.through(front.path(tags=("user:ben",))).status == 200


def test_file_that_vanished_is_not_there(front: Boxed) -> None:
    # Given a segment that is checked and remembered, and one that only the box has in memory
    good = front.path()
    assert front.through(good).status == 200
    small = front.path("g1/1080/00001.m4s")
    assert front.direct(small).body == b"small"
    # When their files go
    front.file().unlink()
    front.file("g1/1080/00001.m4s").unlink()
    # Then the first is a problem document once nginx looks again, and the second comes out of the box's
    # memory, or is gone as well
    deadline = time.monotonic() + 60
    while (gone := front.through(good)).status != 404:
        assert (gone.body, time.monotonic() < deadline) == (SEGMENT, True)
        time.sleep(0.2)
    assert gone.headers["content-type"] == "application/problem+json"
    assert front.through(small).status in (200, 404)


def test_a_link_put_in_the_way_sends_nothing(front: Boxed, tmp_path: Path) -> None:
    # Given a segment's file replaced by a link to a secret
    (tmp_path / "secret").write_bytes(b"very secret")
    front.file().unlink()
    front.file().symlink_to(tmp_path / "secret")
    # When it is asked for
    reply = front.through(front.path())
    # Then neither nginx nor the box follows it
    assert reply.status == 404
    assert b"secret" not in reply.body


def test_preflight_and_other_methods_are_the_boxs(front: Boxed) -> None:
    # Given a page of another origin
    # When it asks what it may, or posts
    asked, posted = front.through(front.path(), "OPTIONS"), front.through(front.path(), "POST")
    # Then the box answers
    assert (asked.status, asked.headers["access-control-max-age"]) == (204, "86400")
    assert posted.status == 405


def test_without_the_plugin_all_is_as_before(accel_config: Callable[..., Config], tmp_path: Path) -> None:
    # Given a box that does not name the plugin, behind the same nginx
    for mam in opened_box(accel_config(plugins=())):
        for front in boxed(mam, tmp_path / "nginx"):
            # When previews and masters are asked for
            # Then they come, sent by the box
            assert front.through(front.path()).body == SEGMENT
            assert front.through(front.master()).body == MASTER
            assert sent_by(front, front.path()) == ""
            assert sent_by(front, front.master(MASTER_KEY)) == ""


def test_nginx_had_nothing_to_complain_of(front: Boxed) -> None:
    # Given requests of each kind
    for path in (front.path(), front.master(), front.path("master.m3u8")):
        assert front.through(path).status == 200
    # When its log is read
    # Then it is empty
    assert front.nginx.errors() == ""
