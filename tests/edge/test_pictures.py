"""Images on demand over signed addresses: what may be asked, what comes, made once, kept within bounds."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import pyvips
from edge_server import OTHER, VERSION, Reply, Served
from edge_stores import DistantStore, LocalStore

from mam.edge.memory import PLAYLIST_SECONDS
from mam.errors import SandboxError
from mam.media.stills import Pointer

FILM = b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\ng1/360/index.m3u8\n"
AVIF = "image/avif,image/webp,*/*;q=0.8"


def jpeg(width: int, height: int, seed: int = 0) -> bytes:
    noise = pyvips.Image.gaussnoise(width, height, seed=seed, sigma=20).cast("uchar")
    return noise.bandjoin([noise, noise]).copy(interpretation="srgb").jpegsave_buffer(Q=90)


def publish(store: LocalStore | DistantStore, version: str, *pages: bytes, generation: str = "g1") -> None:
    """As the worker publishes a picture's pages."""
    objects = {f"{generation}/picture-{number}.jpg": page for number, page in enumerate(pages, 1)}
    objects["picture.json"] = Pointer(generation, len(pages)).text().encode()
    for name, data in objects.items():
        if isinstance(store, LocalStore):
            store.write("previews", f"{version}/{name}", data)
        else:
            store.objects["previews", f"{version}/{name}"] = data


@pytest.fixture(params=["local", "distant"])
def edge(request: pytest.FixtureRequest, serve: Callable[..., Served], tmp_path: Path) -> Served:
    """An edge over either kind of store, with a picture of two pages and a film."""
    store = LocalStore(tmp_path / "store") if request.param == "local" else DistantStore()
    publish(store, VERSION, jpeg(800, 400), jpeg(300, 300))
    film = {"master.m3u8": FILM, "g1/poster.jpg": jpeg(640, 360)}
    for name, data in film.items():
        if isinstance(store, LocalStore):
            store.write("previews", f"{OTHER}/{name}", data)
        else:
            store.objects["previews", f"{OTHER}/{name}"] = data
    return serve(store)


def ask(edge: Served, query: str, version: str = VERSION, accept: str = "", **headers: str) -> Reply:
    path = f"/s/{edge.grant(version)}/{version}/img{query}"
    return edge.fetch(path, headers={**({"Accept": accept} if accept else {}), **headers})


def size_of(reply: Reply) -> tuple[int, int]:
    assert reply.status == 200, reply.body
    image = pyvips.Image.new_from_buffer(reply.body, "")
    return image.width, image.height


def test_sizes_snap_and_never_grow(edge: Served) -> None:
    assert size_of(ask(edge, "?w=300")) == (320, 160)
    assert size_of(ask(edge, "?w=3000")) == (800, 400)
    assert size_of(ask(edge, "")) == (800, 400)
    assert size_of(ask(edge, "?h=60&w=60&fit=cover&q=50&f=webp")) == (64, 64)
    # And what snaps to the same size is the same picture, made once
    assert ask(edge, "?w=300").headers["etag"] == ask(edge, "?w=257").headers["etag"]
    assert edge.edge.pictures.resizer.asked == 4


def test_pages_and_films_have_their_pictures(edge: Served) -> None:
    assert size_of(ask(edge, "?page=2&w=128")) == (128, 128)
    assert ask(edge, "?page=3").status == 404
    assert size_of(ask(edge, "?w=320", OTHER)) == (320, 180)
    assert ask(edge, "?w=320&page=2", OTHER).status == 404


@pytest.mark.parametrize(
    ("query", "accept", "made"),
    [
        ("?w=64", AVIF, "image/avif"),
        ("?w=64&f=auto", "image/webp,*/*", "image/webp"),
        ("?w=64", "", "image/jpeg"),
        ("?w=64&f=jpeg", AVIF, "image/jpeg"),
        ("?w=64&f=avif", "", "image/avif"),
    ],
)
def test_the_format_follows_accept(local: Served, query: str, accept: str, made: str) -> None:
    publish(local.store, VERSION, jpeg(200, 100))
    reply = ask(local, query, accept=accept)
    assert (reply.status, reply.headers["content-type"]) == (200, made)
    assert (reply.headers.get("vary") == "accept") == ("f=" not in query or "auto" in query)
    magic = {"image/jpeg": b"\xff\xd8", "image/webp": b"RIFF", "image/avif": b"\0\0\0"}[made]
    assert reply.body.startswith(magic)


def test_answers_may_be_kept_as_long_as_the_grant_holds(edge: Served) -> None:
    reply = ask(edge, "?w=64")
    assert reply.headers["cache-control"].startswith("private, max-age=")
    assert reply.headers["cache-control"].endswith(", immutable")
    assert reply.headers["x-content-type-options"] == "nosniff"
    again = ask(edge, "?w=64", **{"If-None-Match": reply.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    part = ask(edge, "?w=64", Range="bytes=0-1")
    assert (part.status, part.body) == (206, reply.body[:2])


BAD = [
    "?w=0", "?w=-1", "?w=1.5", "?w=1e3", "?w=%31", "?w=+1", "?w= 1", "?w=01", "?w=", "?w", "?w=100000",
    "?w=x", "?w=1&w=1", "?w=1&", "?&w=1", "?w=1&&h=1", "?w=1;h=1", "?q=101", "?fit=contain", "?f=png",
    "?f=JPEG", "?f=auto%00", "?page=0", "?x=1", "?w=1&sig=1", "?W=1", "?w=1?h=1",
    "?" + "w=1&" * 300 + "h=1", "?%77=1", "?w=\u00b2",
]  # fmt: skip


def test_anything_odd_in_a_query_is_refused(serve: Callable[..., Served], tmp_path: Path) -> None:
    """Promise E4: known names, plain values, each once; nothing is asked of the store."""
    edge = serve(LocalStore(tmp_path / "store"))
    publish(edge.store, VERSION, jpeg(64, 64))
    edge.store.asked.clear()
    grant = edge.grant()
    for query in BAD:
        path = f"/s/{grant}/{VERSION}/img{query}".encode("latin-1").replace(b" ", b"\x20")
        answer = edge.send(
            b"GET " + path.replace(b" ", b"%20") + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
        assert answer.split(b" ")[1] in (b"403", b"400"), query
    for name in ("g1/picture-1.jpg?w=64", "picture.json?w=1", "img/?w=64", "img/x?w=64", "g1/img?w=64"):
        assert edge.fetch(f"/s/{grant}/{VERSION}/{name}").status == 403, name
    assert edge.store.asked == []


def test_the_grant_is_checked_as_for_everything(edge: Served) -> None:
    """Promises E2, E3: one version only, no letter changed; a picture in the cache changes nothing (E7)."""
    grant = edge.grant()
    assert edge.fetch(f"/s/{grant}/{VERSION}/img?w=64").status == 200
    for at in (0, len(grant) // 2, len(grant) - 1):
        other = grant[:at] + ("A" if grant[at] != "A" else "B") + grant[at + 1 :]
        assert edge.fetch(f"/s/{other}/{VERSION}/img?w=64").status == 403
    assert edge.fetch(f"/s/{grant}/{OTHER}/img?w=64").status == 403
    assert edge.fetch(f"/s/x/{VERSION}/img?w=64").status == 403


@pytest.mark.parametrize("version", ["nothing", "audio", "broken pointer", "no poster yet"])
def test_what_has_no_picture_is_absent(serve: Callable[..., Served], tmp_path: Path, version: str) -> None:
    store = LocalStore(tmp_path / "store")
    objects = {
        "audio": {"master.m3u8": FILM},
        "broken pointer": {"picture.json": b'{"generation": "../..", "pages": 1}'},
        "no poster yet": {"picture.json": Pointer("g1", 1).text().encode()},
    }
    for name, data in objects.get(version, {}).items():
        store.write("previews", f"{VERSION}/{name}", data)
    reply = ask(serve(store), "?w=64")
    assert (reply.status, reply.headers["cache-control"]) == (404, "no-store")


@pytest.mark.parametrize("data", [b"", b"<svg/>", b"GIF89a", jpeg(100, 100)[:900]])
def test_a_broken_picture_is_a_problem(serve: Callable[..., Served], tmp_path: Path, data: bytes) -> None:
    """Promise B5: never a 500, and nothing of it is cached."""
    edge = serve(LocalStore(tmp_path / "store"))
    publish(edge.store, VERSION, data)
    for _ in range(2):
        reply = ask(edge, "?w=64")
        assert (reply.status, reply.headers["content-type"]) == (422, "application/problem+json")
        assert b"source_corrupt" in reply.body
    assert edge.edge.pictures.cache.total == 0


def test_a_machine_without_walls_says_so(serve: Callable[..., Served], tmp_path: Path) -> None:
    edge = serve(LocalStore(tmp_path / "store"))
    publish(edge.store, VERSION, jpeg(100, 100))

    def no_walls() -> None:
        raise SandboxError("No sandbox works here.")

    edge.edge.pictures.resizer.open_walls = no_walls  # type: ignore[assignment]
    reply = ask(edge, "?w=64")
    assert (reply.status, b"sandbox_unavailable" in reply.body) == (503, True)


def test_many_at_once_are_one_computation(edge: Served) -> None:
    """Given a cold cache, when forty ask for the same at once, then it is made once and all get it."""
    path = f"/s/{edge.grant()}/{VERSION}/img?w=640&f=avif"
    with ThreadPoolExecutor(40) as pool:
        replies = list(pool.map(lambda _: edge.fetch(path), range(40)))
    assert {reply.status for reply in replies} == {200}
    assert len({reply.body for reply in replies}) == 1
    assert edge.edge.pictures.resizer.asked == 1


def test_a_restart_finds_what_was_made(serve: Callable[..., Served], tmp_path: Path) -> None:
    first, second = (serve(LocalStore(tmp_path / "store")) for _ in range(2))
    publish(first.store, VERSION, jpeg(800, 400))
    made = ask(first, "?w=320")
    second.edge.pictures.open_cache()
    found = ask(second, "?w=320")
    assert (found.body, found.headers["etag"]) == (made.body, made.headers["etag"])
    assert second.edge.pictures.resizer.asked == 0


def test_same_content_is_made_once_whatever_the_version(serve: Callable[..., Served], tmp_path: Path) -> None:
    edge = serve(LocalStore(tmp_path / "store"))
    for version in (VERSION, OTHER):
        publish(edge.store, version, jpeg(800, 400), generation=f"g-{version}")
    assert ask(edge, "?w=320").body == ask(edge, "?w=320", OTHER).body
    assert edge.edge.pictures.resizer.asked == 1


def test_what_was_made_is_found_without_reading_the_picture_again(
    serve: Callable[..., Served], tmp_path: Path
) -> None:
    """Given a pointer that says the picture's hash, when its picture is gone, then what was made is there."""
    edge = serve(LocalStore(tmp_path / "store"))
    data = jpeg(800, 400)
    publish(edge.store, VERSION, data)
    made = ask(edge, "?w=320")
    pointer = Pointer("gone", 1, digest=hashlib.sha256(data).hexdigest())
    edge.store.write("previews", f"{OTHER}/picture.json", pointer.text().encode())
    assert ask(edge, "?w=320", OTHER).body == made.body
    assert ask(edge, "?w=640", OTHER).status == 404


def test_a_new_generation_is_shown_within_a_second(serve: Callable[..., Served], tmp_path: Path) -> None:
    edge = serve(LocalStore(tmp_path / "store"))
    publish(edge.store, VERSION, jpeg(800, 400))
    assert size_of(ask(edge, "?w=320")) == (320, 160)
    publish(edge.store, VERSION, jpeg(400, 400), generation="g2")
    time.sleep(PLAYLIST_SECONDS + 0.1)  # what is remembered is over by then, however slow anything is
    assert size_of(ask(edge, "?w=320")) == (320, 320)


def test_the_disk_cache_stays_within_its_bound(serve: Callable[..., Served], tmp_path: Path) -> None:
    edge = serve(LocalStore(tmp_path / "store"))
    publish(edge.store, VERSION, jpeg(1000, 1000))
    edge.edge.pictures.cache.limit = 200_000
    for width in (64, 128, 256, 320, 480):
        for quality in (40, 60, 90):
            assert ask(edge, f"?w={width}&q={quality}").status == 200
    on_disk = sum(file.stat().st_size for file in (tmp_path / "data" / "image-cache").rglob("*.*"))
    assert 0 < on_disk == edge.edge.pictures.cache.total <= 200_000
