"""What a signed address opens, over real HTTP, and that nothing near it opens anything."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from edge_server import FILES, OTHER, VERSION, Served
from edge_stores import DistantStore

from mam import revocations, signing
from mam.edge.revocations import REFRESH_SECONDS, STALE_SECONDS

SEGMENT = "g1/1080/00000.m4s"
ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def test_every_object_is_served_with_a_grant(local: Served) -> None:
    for name, data in FILES.items():
        reply = local.fetch(local.path(name))
        assert (reply.status, reply.body) == (200, data), name
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("name", list(FILES))
def test_no_object_is_served_without_one(local: Served, name: str) -> None:
    """Promise E6: every segment, playlist, poster, caption and key needs a grant; the store is not asked."""
    grant = local.grant()
    for path in (
        f"/s/{VERSION}/{name}",
        f"/s//{VERSION}/{name}",
        f"/s/x/{VERSION}/{name}",
        f"/s/{'A' * len(grant)}/{VERSION}/{name}",
        f"/{VERSION}/{name}",
        f"/previews/{VERSION}/{name}",
        f"/store/previews/{VERSION}/{name}",
    ):
        reply = local.fetch(path)
        assert reply.status in (403, 404)
        assert FILES[name] not in reply.body
    assert local.store.asked == []


def test_expiry_holds_over_http(local: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise E1: a second before it holds; a second after it does not, with its own code and no bytes."""
    # Given an edge whose clock the test sets, and a grant of a minute
    began = float(int(time.time()))
    clock = SimpleNamespace(time=lambda: began, perf_counter=time.perf_counter, monotonic=time.monotonic)
    monkeypatch.setattr("mam.edge.serve.time", clock)
    live = f"/s/{local.grant(seconds=60, now=began)}/{VERSION}/{SEGMENT}"
    # Then it holds until a second before its end, and not a second after
    for passed, status in ((0, 200), (59, 200), (61, 403), (6000, 403)):
        clock.time = lambda passed=passed: began + passed
        reply = local.fetch(live)
        assert reply.status == status, passed
        assert (b'"signature_expired"' in reply.body) == (status == 403)
        assert (FILES[SEGMENT] in reply.body) == (status == 200)
    # And by the true clock, too
    monkeypatch.undo()
    assert local.fetch(live).status == 200
    late = f"/s/{local.grant(seconds=60, now=time.time() - 61)}/{VERSION}/{SEGMENT}"
    assert local.fetch(late).status == 403


@pytest.mark.parametrize("expires", ["", "-5", "99999999999999999999", "1e12", "1790000000.5", "9" * 12])
def test_a_senseless_expiry_is_refused_over_http(local: Served, expires: str) -> None:
    """Promise E1: missing, huge, negative, float: 403 although rightly signed."""
    token = signing.sign(local.ring, "preview", [VERSION, expires, int(time.time() * 1000), ""])
    assert local.fetch(f"/s/{token}/{VERSION}/{SEGMENT}").status == 403


def test_every_flipped_byte_of_the_address_is_refused_alike(local: Served) -> None:
    """Promise E2: each byte of grant, version and separators changed: 403, one same body, store not asked.

    The grant covers the version's whole preview, so a changed object name is another name of the same
    version: refused, absent, or that other object; never these bytes.
    """
    path = local.path(SEGMENT)
    signed = len(path) - len(SEGMENT)
    bodies = set()
    for at in range(1, signed):
        for new in {ord(path[at]) ^ 1, ord(path[at]) ^ 32, ord("A"), ord("-"), ord(".")} - {ord(path[at])}:
            if not 0x21 <= new <= 0x7E or new in b"#?":
                continue
            reply = local.fetch(path[:at] + chr(new) + path[at + 1 :])
            if at < 3:  # "/s/" itself: no longer an address of the edge
                assert reply.status in (403, 404)
            else:
                assert reply.status == 403, (at, chr(new))
                bodies.add(reply.body)
    assert len(bodies) == 1
    assert local.store.asked == []
    for at in range(signed, len(path)):
        for new in (ord(path[at]) ^ 1, ord("%")):
            changed = path[:at] + chr(new) + path[at + 1 :]
            reply = local.fetch(changed)
            assert reply.status in (403, 404) or changed[signed:] in FILES
            assert reply.body != FILES[SEGMENT]


@pytest.mark.parametrize(
    "change",
    [
        lambda g: g[:-1],
        lambda g: g[: len(g) // 2],
        lambda g: g + "A",
        lambda g: g + "=",
        lambda g: g.upper(),
        lambda g: g.lower(),
        lambda g: g[:-43] + "A" * 22,  # a shorter hash
        lambda g: g + g,
        lambda g: g[::-1],
    ],
)
def test_other_forms_of_a_grant_are_refused_alike(local: Served, change: Callable[[str], str]) -> None:
    """Promise E2: truncated, other case, other hash length: the same 403 as any other."""
    usual = local.fetch(f"/s/x/{VERSION}/{SEGMENT}")
    reply = local.fetch(f"/s/{change(local.grant())}/{VERSION}/{SEGMENT}")
    assert (reply.status, reply.body) == (403, usual.body)
    assert b'"signature_invalid"' in reply.body
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers["cache-control"] == "no-store"
    assert local.store.asked == []


def test_a_grant_opens_its_own_version_only(local: Served) -> None:
    """Promise E3: not another version, not a master, not `..`, not the list of revocations."""
    grant = local.grant()
    for rest in (
        f"{OTHER}/{SEGMENT}",
        f"{OTHER}/master.m3u8",
        f"{VERSION}/../{OTHER}/{SEGMENT}",
        f"{VERSION}/../../masters/{VERSION}",
        f"{VERSION}/%2e%2e/{OTHER}/{SEGMENT}",
        "_revoked/user/nobody/1",
        f"{VERSION}/../_revoked/user/nobody/1",
        f"masters/{VERSION}",
        f"{VERSION}",
        f"{VERSION}/",
        "",
        f"{VERSION.upper()}/{SEGMENT}",
    ):
        assert local.fetch(f"/s/{grant}/{rest}").status == 403, rest
    assert local.store.asked == []
    assert local.fetch(f"/d/{grant}").status == 403  # a grant is no download
    assert local.fetch(f"/s/{grant}/{VERSION}/masters/{VERSION}").status == 404


def test_the_bytes_that_are_checked_are_the_bytes_that_are_routed(local: Served) -> None:
    """Promise E4: repeated grants, queries, encodings, `;`, `//`, absolute targets: 403, never a redirect."""
    grant = local.grant()
    good = f"/s/{grant}/{VERSION}/{SEGMENT}"
    assert local.fetch(good).status == 200
    local.store.asked.clear()
    for path in (
        f"/s/{grant}/{grant}/{VERSION}/{SEGMENT}",
        f"/s/{grant}/s/{grant}/{VERSION}/{SEGMENT}",
        f"{good}?grant={grant}",
        f"{good}?a=1&a=2",
        f"{good}?b=2&a=1",
        f"{good}?x",
        good.replace("/g1/", "/%671/"),
        good.replace("/1080/", "/1080%2F"),
        good.replace("/1080/", "%2f1080/"),
        good.replace("/s/", "/%73/"),
        good.replace("/s/", "/s//"),
        good.replace("/s/", "//s/"),
        good.replace("/g1/", "//g1/"),
        good.replace("/g1/", "/./g1/"),
        good + ";.css",
        good + ";a=b",
        good + "%00",
        good + "%0d%0aX-Evil:1",
        good + "#fragment",
        good + "/",
        good + "~",
        good + "%23",
        f"http://example.org{good}",
        f"/x/..{good}",
    ):
        reply = local.fetch(path)
        assert reply.status in (403, 404), path
        assert FILES[SEGMENT] not in reply.body
        assert "location" not in reply.headers, path
    assert local.store.asked == []


@pytest.mark.parametrize(
    "name",
    [
        "../secret", "..%2fsecret", "%2e%2e/secret", "%2e%2e%2fsecret", "%252e%252e%252fsecret", "..\\secret",
        "..%5csecret", "%5c..%5csecret", "/etc/passwd", "//etc/passwd", "%2fetc%2fpasswd", "g1/../../secret",
        "g1/..;/secret", ".hidden", "g1/.hidden", "...", "g1/....//secret", "a%00b", "a" * 8192, "a/" * 400,
        "%c0%ae%c0%ae/secret", "%u002e%u002e/secret", "g1/1080/00000.m4s%20", "*", "~root", "g1/1080/", ".",
        "C:secret", "file:secret", "g1//1080/00000.m4s",
    ],
)  # fmt: skip
def test_no_traversal(local: Served, name: str) -> None:
    """Promise E5: refused by its form, one same body, and the store is not asked."""
    reply = local.fetch(f"/s/{local.grant()}/{VERSION}/{name}")
    assert (reply.status, b'"signature_invalid"' in reply.body) in ((403, True), (400, False))
    assert local.store.asked == []


@pytest.mark.parametrize("bad", [b"\x00", b"\x7f", b"\xff", b" ", b"\t"])
def test_control_and_high_bytes_never_reach_the_store(local: Served, bad: bytes) -> None:
    """Promise E5: NUL and other bytes no request line may hold."""
    path = local.path(SEGMENT).encode()
    answer = local.send(
        b"GET " + path[:-4] + bad + path[-4:] + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 403"))
    assert local.store.asked == []


def test_a_folder_a_link_and_an_absent_object_are_not_found(local: Served, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "store/previews" / VERSION / "g1/link.mp4").symlink_to(tmp_path / "secret")
    for name in ("g1", "g1/1080", "g1/none.m4s", "g1/link.mp4", "none.m3u8"):
        reply = local.fetch(local.path(name))
        assert reply.status == 404
        assert b'"not_found"' in reply.body
        assert reply.headers["cache-control"] == "no-store"


def test_a_grant_bound_to_an_address_is_refused_from_another(
    serve: Callable[..., Served], distant: Served
) -> None:
    """Promise E2: the peer's address, behind a trusted proxy the one it names; never a client's word."""
    path = distant.path(SEGMENT, ip="203.0.113.7")
    spoofed = {"X-Forwarded-For": "203.0.113.7"}
    assert distant.fetch(path).status == 403
    assert distant.fetch(path, headers=spoofed).status == 403
    assert distant.fetch(distant.path(SEGMENT, ip="127.0.0.1")).status == 200
    proxied = serve(distant.store, name="proxied", trusted=("127.0.0.1/32",))
    assert proxied.fetch(path, headers=spoofed).status == 200
    assert proxied.fetch(path, headers={"X-Forwarded-For": "203.0.113.7, 198.51.100.1"}).status == 403
    assert proxied.fetch(path, headers={"X-Forwarded-For": "1.1.1.1, 203.0.113.7"}).status == 200
    assert proxied.fetch(path).status == 403


def test_two_keys_hold_during_the_overlap_without_a_restart(local: Served) -> None:
    """Promise E9: rotate while serving: both kids are served; the retired one is refused seconds later."""
    old = local.path(SEGMENT)
    old_kid = local.ring.active().kid
    operator = signing.KeyRing.open(local.ring.path)  # another process rotates
    operator.rotate()
    new = f"/s/{signing.make_grant(operator, version_id=VERSION, expires_in=60)}/{VERSION}/{SEGMENT}"
    _until(lambda: local.fetch(new).status == 200)
    assert local.fetch(old).status == 200
    operator.retire(old_kid)
    _until(lambda: local.fetch(old).status == 403)
    assert local.fetch(new).status == 200


def test_revoking_bites_while_playing(serve: Callable[..., Served]) -> None:
    """Promise E6, E12: after a revoke the next segment is refused, also from a warm cache; others play on."""
    # Given two players of one version, on an edge that reads the list five times a second
    store = DistantStore(objects={("previews", f"{VERSION}/{SEGMENT}"): FILES[SEGMENT]})
    edge = serve(store, name="quick", refresh=0.2)
    mine = edge.path(SEGMENT, tags=("user:u1", "session:s1"))
    theirs = edge.path(SEGMENT, tags=("user:u2", "session:s2"))
    assert edge.fetch(mine).status == edge.fetch(theirs).status == 200
    # When one user's grants are taken back
    revocations.write(store, "user:u1", time.time())
    # Then theirs is refused soon, the other's is not, and one issued later holds
    _until(lambda: edge.fetch(mine).status == 403)
    assert b'"signature_invalid"' in edge.fetch(mine).body
    assert edge.fetch(theirs).status == 200
    later = edge.path(SEGMENT, tags=("user:u1",))  # the same second: a new login goes on at once
    assert edge.fetch(later).status == 200
    # And a whole version can be taken back, whatever tags its grants carry
    revocations.write(store, f"version:{VERSION}", time.time())
    _until(lambda: edge.fetch(theirs).status == 403)


def test_the_stated_time_of_a_revocation_is_ten_seconds() -> None:
    """Promise E12: read every 5 s, refused altogether when the list is older than 60 s."""
    assert REFRESH_SECONDS * 2 <= 10
    assert STALE_SECONDS <= 60


def test_an_unknown_or_stale_list_of_revocations_serves_nothing(serve: Callable[..., Served]) -> None:
    """Promise E12: fail safe: 503 until the list can be read again, then service by itself."""
    store = DistantStore(objects={("previews", f"{VERSION}/{SEGMENT}"): FILES[SEGMENT]}, broken=True)
    edge = serve(store, refresh=0.1, stale=0.5)
    reply = edge.fetch(edge.path(SEGMENT))
    assert (reply.status, b'"storage_unavailable"' in reply.body) == (503, True)
    assert reply.headers["retry-after"]
    store.broken = False
    _until(lambda: edge.fetch(edge.path(SEGMENT)).status == 200)
    store.broken = True
    _until(lambda: edge.fetch(edge.path(SEGMENT)).status == 503)


def _until(holds: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.05)
