"""Ranges, conditions, methods and headers over real HTTP; downloads; what the access log says."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import structlog
from edge_server import FILES, MASTER, VERSION, Served
from edge_stores import DistantStore, LocalStore

from mam.signing import DownloadGrant, make_download

SEGMENT = "g1/1080/00000.m4s"
BIG = "g1/1080/00001.m4s"


@pytest.fixture(params=["local", "distant"])
def edge(request: pytest.FixtureRequest) -> Served:
    """The same promises over files here and over a distant store with its caches."""
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("name", [SEGMENT, BIG])
def test_ranges_answer_equal_bytes(edge: Served, name: str) -> None:
    """Promise E8: first byte, open end, suffix, beyond the end, the last byte: 206 with equal bytes."""
    data, path = FILES[name], edge.path(name)
    last = len(data) - 1
    for wanted, first, end in (
        ("bytes=0-0", 0, 0),
        ("bytes=0-", 0, last),
        ("bytes=100-199", 100, 199),
        (f"bytes={last}-", last, last),
        ("bytes=-1", last, last),
        ("bytes=-300", last - 299, last),
        (f"bytes=-{len(data) * 9}", 0, last),
        (f"bytes=5-{len(data) * 9}", 5, last),
        ("Bytes= 7-8 ", 7, 8),
    ):
        reply = edge.fetch(path, headers={"Range": wanted})
        assert (reply.status, reply.body) == (206, data[first : end + 1]), wanted
        assert reply.headers["content-range"] == f"bytes {first}-{end}/{len(data)}"
        assert reply.headers["content-length"] == str(end - first + 1)


@pytest.mark.parametrize("wanted", [f"bytes={len(FILES[SEGMENT])}-", "bytes=999999999-", "bytes=-0"])
def test_a_range_past_the_end_is_416(edge: Served, wanted: str) -> None:
    """Promise E8: 416 with the size, and no bytes of the object."""
    reply = edge.fetch(edge.path(SEGMENT), headers={"Range": wanted})
    assert reply.status == 416
    assert reply.headers["content-range"] == f"bytes */{len(FILES[SEGMENT])}"
    assert b'"range_not_satisfiable"' in reply.body


@pytest.mark.parametrize(
    "wanted",
    [
        "bytes=0-1,5-6",
        "bytes=" + ",".join(f"{n}-{n}" for n in range(1000)),
        "bytes=9-2",
        "bytes=-",
        "bytes=",
        "bytes=a-b",
        "lines=0-1",
        "bytes=0-1-2",
        "bytes=" + "9" * 30 + "-",
        "bytes=-1-",
    ],
)
def test_several_or_senseless_ranges_are_the_whole(edge: Served, wanted: str) -> None:
    """Promise E8: a header of a thousand ranges costs what a plain GET costs."""
    reply = edge.fetch(edge.path(SEGMENT), headers={"Range": wanted})
    assert (reply.status, reply.body) == (200, FILES[SEGMENT])


def test_if_range_decides_between_part_and_whole(edge: Served) -> None:
    path = edge.path(SEGMENT)
    tag = edge.fetch(path).headers["etag"]
    part = {"Range": "bytes=0-3"}
    assert edge.fetch(path, headers={**part, "If-Range": tag}).status == 206
    for other in ('"x"', f"W/{tag}", "Sat, 21 Nov 2026 09:00:00 GMT"):
        assert edge.fetch(path, headers={**part, "If-Range": other}).status == 200


@pytest.mark.parametrize("name", ["master.m3u8", SEGMENT, BIG])
def test_a_known_tag_is_not_sent_again(edge: Served, name: str) -> None:
    path = edge.path(name)
    tag = edge.fetch(path).headers["etag"]
    for known in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        reply = edge.fetch(path, headers={"If-None-Match": known})
        assert (reply.status, reply.body, reply.headers["etag"]) == (304, b"", tag)
    assert edge.fetch(path, headers={"If-None-Match": '"x"'}).status == 200


@pytest.mark.parametrize("name", [*FILES, "none.m3u8"])
def test_head_answers_as_get_does_without_the_bytes(edge: Served, name: str) -> None:
    path = edge.path(name)
    get, head = edge.fetch(path), edge.fetch(path, "HEAD")
    assert (head.status, head.body) == (get.status, b"")
    for reply in (get, head):
        for varying in ("x-request-id", "date", "cache-control"):
            reply.headers.pop(varying, None)
    assert head.headers == get.headers


def test_content_types_and_cache_headers(edge: Served) -> None:
    kinds = {
        "master.m3u8": "application/vnd.apple.mpegurl",
        "g1/1080/init.mp4": "video/mp4",
        SEGMENT: "video/mp4",
        "g1/poster.jpg": "image/jpeg",
        "g1/captions.vtt": "text/vtt; charset=utf-8",
        "g1/key.bin": "application/octet-stream",
    }
    for name, kind in kinds.items():
        headers = edge.fetch(edge.path(name, seconds=600)).headers
        assert headers["content-type"] == kind
        if name.endswith(".m3u8"):
            assert headers["cache-control"] == "private, no-cache"
        else:
            private, age, immutable = headers["cache-control"].split(", ")
            assert (private, immutable) == ("private", "immutable")
            assert 540 <= int(age.removeprefix("max-age=")) <= 600  # never beyond the grant
        assert "set-cookie" not in headers
        assert headers["x-request-id"]


def test_other_methods_are_refused_and_options_is_answered(edge: Served) -> None:
    path = edge.path(SEGMENT)
    for method in ("POST", "PUT", "DELETE", "PATCH", "TRACE"):
        reply = edge.fetch(path, method)
        assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    preflight = edge.fetch(
        path, "OPTIONS", {"Origin": "https://player.example", "Access-Control-Request-Method": "GET"}
    )
    assert preflight.status == 204
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert "Range" in preflight.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in preflight.headers


def test_many_clients_at_once_get_equal_bytes(edge: Served) -> None:
    path = edge.path(BIG)
    with ThreadPoolExecutor(16) as pool:
        bodies = list(pool.map(lambda _: edge.fetch(path).body, range(48)))
    assert all(body == FILES[BIG] for body in bodies)


# --- rate limit ----------------------------------------------------------------------------------


def test_one_client_that_asks_too_often_waits_and_others_do_not(
    serve: Callable[..., Served], tmp_path: Path
) -> None:
    # Given an edge behind a proxy, a request in two seconds and 10 at once for each client
    store = LocalStore(tmp_path / "store")
    store.write("previews", f"{VERSION}/{SEGMENT}", b"x")
    edge = serve(store, trusted=("127.0.0.1",), rate=0.5, burst=10)
    path, one, two = edge.path(SEGMENT), {"X-Forwarded-For": "192.0.2.1"}, {"X-Forwarded-For": "192.0.2.2"}
    # When one client asks 30 times, refused grants counting too
    replies = [edge.fetch(path if n % 2 else "/s/x/y/z", headers=one) for n in range(30)]
    # Then it is told to wait, by name and time; the other is served; after the time it is served again
    late = replies[-1]
    assert (late.status, b'"rate_limited"' in late.body) == (429, True)
    assert 1 <= int(late.headers["retry-after"]) <= 2
    assert late.headers["cache-control"] == "no-store"
    assert edge.fetch(path, headers=two).status == 200
    time.sleep(int(late.headers["retry-after"]))
    assert edge.fetch(path, headers=one).status == 200


# --- downloads -----------------------------------------------------------------------------------


def download(edge: Served, filename: str = "clip.mov", seconds: int = 300, **more: object) -> str:
    now = int(time.time())
    fields = {"key": VERSION, "version": None, "content_type": "video/quicktime", **more}
    grant = DownloadGrant(filename=filename, expires=now + seconds, issued_at=now * 1000, **fields)
    return f"/d/{make_download(edge.ring, grant)}"


def test_a_master_is_downloaded_whole_and_in_parts(edge: Served) -> None:
    path = download(edge)
    reply = edge.fetch(path)
    assert (reply.status, reply.body) == (200, MASTER)
    assert reply.headers["content-type"] == "video/quicktime"
    assert reply.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert reply.headers["cache-control"] == "private, no-store"
    part = edge.fetch(path, headers={"Range": "bytes=300000-700000"})
    assert (part.status, part.body) == (206, MASTER[300000:700001])


def test_a_download_token_opens_its_own_master_for_its_own_time(edge: Served) -> None:
    """Promise E1, E2, E3, E4 for downloads: time, every flipped byte, no query, no path behind it."""
    path = download(edge)
    assert edge.fetch(download(edge, seconds=-1)).status == 403
    for at in range(3, len(path), 3):
        flipped = path[:at] + ("A" if path[at] != "A" else "B") + path[at + 1 :]
        assert edge.fetch(flipped, "HEAD").status == 403
    for other in (
        path + "?x=1",
        path + "/",
        path + "/a.mov",
        path.replace("/d/", "/s/"),
        "/d/",
        path + "%20",
    ):
        assert edge.fetch(other).status == 403, other
    assert edge.fetch(download(edge, key="absent")).status == 404


@pytest.mark.parametrize(
    ("filename", "plain", "full"),
    [
        ("plain.mov", "plain.mov", "plain.mov"),
        ("två klipp.mov", "tva klipp.mov", "två klipp.mov"),
        ("中文.mov", "download.mov", "中文.mov"),
        ("\N{CLAPPER BOARD} 1.mov", "1.mov", "\N{CLAPPER BOARD} 1.mov"),
        ('a"b\\c.mov', "a_b_c.mov", 'a"b_c.mov'),
        ("a\r\nSet-Cookie: x=1\r\n\r\n.mov", "a__Set-Cookie_ x_1____.mov", "a__Set-Cookie: x=1____.mov"),
        ("\u202egpj.exe", "_gpj.exe", "_gpj.exe"),
        ("../../etc/passwd", "_.._etc_passwd", "_.._etc_passwd"),
        ("a;b=c.mov", "a_b_c.mov", "a;b=c.mov"),
        ("", "download", "download"),
        ("...", "download", "download"),
        ("\x00", "_", "_"),
        ("x" * 300, "x" * 300, "x" * 300),
    ],
)
def test_any_filename_leaves_as_one_safe_header(local: Served, filename: str, plain: str, full: str) -> None:
    """Promise H3: CR, LF, quotes, right-to-left marks, non-BMP: one Content-Disposition, no other header."""
    usual = local.fetch(download(local, "plain.mov"), "HEAD").headers
    reply = local.fetch(download(local, filename), "HEAD")
    assert set(reply.headers) == set(usual)
    value = reply.headers["content-disposition"]
    assert value == f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(full, safe='')}"


def test_an_odd_content_type_leaves_as_plain_bytes(local: Served) -> None:
    """Promise H3: a stored media type cannot carry a header of its own."""
    for odd in ("", "text/html\r\nX: 1", "a b/c", "TEXT/HTML", "x" * 200 + "/y"):
        reply = local.fetch(download(local, content_type=odd), "HEAD")
        assert reply.headers["content-type"] == "application/octet-stream"


# --- failures and logs ---------------------------------------------------------------------------


def test_a_store_that_is_away_is_503_and_comes_back(distant: Served) -> None:
    store = distant.store
    assert isinstance(store, DistantStore)
    store.broken = True
    reply = distant.fetch(distant.path("master.m3u8"))
    assert (reply.status, reply.headers["cache-control"]) == (503, "no-store")
    assert b'"storage_unavailable"' in reply.body
    store.broken = False
    assert distant.fetch(distant.path("master.m3u8")).status == 200


def test_a_store_that_stops_half_way_never_looks_whole(distant: Served) -> None:
    """A download whose store sends fewer bytes than it announced ends as a cut connection."""
    store = distant.store
    assert isinstance(store, DistantStore)
    store.cut = 1000
    with pytest.raises(http.client.IncompleteRead):
        distant.fetch(download(distant))


def test_a_client_that_leaves_stops_the_reading(serve: Callable[..., Served]) -> None:
    # Given a big master behind a store that counts what is read
    store = CountingStore(objects={("masters", VERSION): bytes(64 << 20)})
    edge = serve(store)
    # When a client takes the head and goes
    with socket.create_connection(("127.0.0.1", edge.port)) as wire:
        wire.sendall(f"GET {download(edge)} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert wire.recv(1000).startswith(b"HTTP/1.1 200")
    # Then reading stops long before the end, and the object is closed
    deadline = time.monotonic() + 60
    while not store.closed:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert store.read < 32 << 20


@pytest.mark.parametrize("name", ["master.m3u8", BIG, "none.m4s"])
def test_a_body_nobody_wants_does_not_hold_the_connection(local: Served, name: str) -> None:
    # Given a GET that goes on sending a body
    head = f"GET {local.path(name)} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection(("127.0.0.1", local.port), timeout=60) as wire:
        wire.sendall(head.encode())
        # When it is far more than any buffer holds, then the server answers and hangs up
        with pytest.raises(OSError, match=r"reset|pipe"):
            wire.sendall((b"10000\r\n" + bytes(65536) + b"\r\n") * 1000)


def test_the_access_log_names_the_key_and_never_the_grant(local: Served) -> None:
    """Promise J4 (delivery): version, object, key id, bytes; no grant and no token in any line."""
    path, token = local.path(SEGMENT), download(local)
    with structlog.testing.capture_logs() as lines:
        for asked in (path, path[:-1] + "%", token):
            local.fetch(asked)
        # a line is told once its answer was sent, which is a moment after the client has it
        deadline = time.monotonic() + 60
        while len([line for line in _told(lines) if line.get("kid")]) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    told = _told(lines)
    if not told[0].get("kid"):
        told = told[1:]  # the question that waited for the server's start told its line late
    assert len(told) == 3
    assert told[0] | {"version": VERSION, "path": SEGMENT, "status": 200, "bytes": 10240} == told[0]
    assert told[0]["kid"] == told[2]["kid"] == local.ring.active().kid
    for secret in (path.split("/")[2], token.split("/")[2]):
        assert secret not in repr(lines)
        assert secret[-43:] not in repr(lines)


def _told(lines: list[Any]) -> list[Any]:
    return [line for line in lines if line["event"] == "delivery"]


class CountingStore(DistantStore):
    """A distant store that knows how much was read and whether it was closed."""

    read = 0
    closed = False

    def open(self, area, key, *, version=None, start=0, length=None):  # noqa: ANN001, ANN201
        store, source = self, super().open(area, key, start=start)

        class Stream:
            def __enter__(self):  # noqa: ANN204
                return self

            def __exit__(self, *_):  # noqa: ANN002, ANN204
                store.closed = True

            def read(self, size):  # noqa: ANN001, ANN202
                time.sleep(0.002)
                data = source.read(size)
                store.read += len(data)
                return data

        return Stream()
