"""The disk cache: bounded, survives restarts, asked after the grant, filled once; and what is never in it."""

from __future__ import annotations

import io
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from edge_server import FILES, OTHER, VERSION, Served
from edge_stores import DistantStore

from mam.edge.cache import DiskCache
from mam.edge.memory import Memory
from mam.edge.sources import BytesSource
from mam.errors import StorageError

SEGMENT = "g1/1080/00000.m4s"
KEY = f"{VERSION}/{SEGMENT}"


@pytest.fixture
def cache(tmp_path: Path) -> DiskCache:
    made = DiskCache(tmp_path / "cache", 1000)
    made.start()
    return made


def fill(cache: DiskCache, key: str, data: bytes) -> None:
    cache.fill(key, io.BytesIO(data), len(data))


def read(cache: DiskCache, key: str) -> bytes | None:
    descriptor = cache.open(key)
    if descriptor is None:
        return None
    with os.fdopen(descriptor, "rb") as file:
        return file.read()


def on_disk(cache: DiskCache) -> int:
    return sum(path.stat().st_size for path in cache.folder.rglob("*") if path.is_file())


def test_what_is_filled_is_read_and_nothing_else(cache: DiskCache) -> None:
    fill(cache, "a", b"one")
    assert read(cache, "a") == b"one"
    assert read(cache, "b") is None
    fill(cache, "a", b"other")
    assert read(cache, "a") == b"other"
    assert cache.total == 5


def test_the_least_recently_used_go_first_and_the_bound_holds(cache: DiskCache) -> None:
    for n in range(5):
        fill(cache, str(n), bytes(200))
    read(cache, "0")
    fill(cache, "new", bytes(250))
    assert [n for n in "01234" if read(cache, n) is not None] == ["0", "3", "4"]
    for n in range(50):
        fill(cache, f"more{n}", bytes(170))
        assert on_disk(cache) <= 1000
        assert cache.total == on_disk(cache)


def test_it_survives_a_restart_in_order_of_use(cache: DiskCache) -> None:
    for n in range(4):
        fill(cache, str(n), str(n).encode() * 200)
        time.sleep(0.01)
    again = DiskCache(cache.folder, 1000)
    again.start()
    assert again.total == 800
    fill(again, "new", bytes(250))
    assert read(again, "0") is None
    assert read(again, "3") == b"3" * 200


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: bytes(len(data)), lambda _: b""])
def test_a_file_torn_by_a_power_cut_is_thrown_away(
    cache: DiskCache, damage: Callable[[bytes], bytes]
) -> None:
    fill(cache, "a", b"whole")
    (file,) = (path for path in cache.folder.glob("??/*") if path.is_file())
    file.write_bytes(damage(file.read_bytes()))
    again = DiskCache(cache.folder, 1000)
    again.start()
    assert read(again, "a") is None
    assert not file.exists()
    fill(again, "a", b"whole")
    assert read(again, "a") == b"whole"


def test_a_smaller_limit_after_a_restart_shrinks_it(cache: DiskCache) -> None:
    for n in range(5):
        fill(cache, str(n), bytes(200))
    again = DiskCache(cache.folder, 300)
    again.start()
    assert on_disk(again) <= 300


@pytest.mark.parametrize("size", [2, 4, 100])
def test_a_source_of_another_length_is_not_kept(cache: DiskCache, size: int) -> None:
    with pytest.raises(StorageError):
        cache.fill("a", io.BytesIO(b"abc"), size)
    assert read(cache, "a") is None
    assert on_disk(cache) == 0


def test_two_processes_share_a_folder_within_the_bound(cache: DiskCache) -> None:
    other = DiskCache(cache.folder, 1000)
    other.start()
    for n in range(40):
        fill(cache if n % 2 else other, str(n), bytes(100))
    assert on_disk(cache) <= 1000 * 1.3  # each looks at the disk after writing an eighth of the limit
    for n in range(40):  # what one evicted is a miss for the other, never an error
        read(cache, str(n))
        read(other, str(n))


def test_threads_may_fill_and_read_at_once(cache: DiskCache) -> None:
    wrong: list[bytes] = []

    def work(seed: int) -> None:
        for n in range(60):
            key = str((n * seed) % 9)
            fill(cache, key, key.encode() * 90)
            data = read(cache, key)
            if data is not None and data != key.encode() * 90:
                wrong.append(data)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert on_disk(cache) <= 1000


# --- the edge with it ----------------------------------------------------------------------------


def test_a_warm_cache_opens_nothing_to_a_wrong_grant(distant: Served) -> None:
    """Promise E7: warm with a good grant; none, expired, other, changed: 403, and the 403 is not kept."""
    good = distant.path(SEGMENT)
    assert distant.fetch(good).body == FILES[SEGMENT]
    assert distant.fetch(good).body == FILES[SEGMENT]
    expired = f"/s/{distant.grant(seconds=60, now=time.time() - 100)}/{VERSION}/{SEGMENT}"
    other = f"/s/{distant.grant(version=OTHER)}/{VERSION}/{SEGMENT}"
    for path in (f"/s/{VERSION}/{SEGMENT}", expired, other, good.replace("/s/A", "/s/B"), good + ";.css"):
        reply = distant.fetch(path)
        assert (reply.status, reply.headers["cache-control"]) == (403, "no-store")
        assert FILES[SEGMENT] not in reply.body
    assert distant.fetch(good).body == FILES[SEGMENT]


def test_the_key_drops_the_grant_and_the_host(distant: Served) -> None:
    """Promise E7: two grants share one cached object; a forwarded host changes nothing in the answer."""
    store = distant.store
    assert isinstance(store, DistantStore)
    for n in range(3):
        reply = distant.fetch(
            distant.path(SEGMENT, tags=(f"user:u{n}",)), headers={"X-Forwarded-Host": "evil.example"}
        )
        assert reply.body == FILES[SEGMENT]
        assert "evil" not in repr(reply.headers)
    assert store.asked(KEY) == ["stat", "open"]


def test_simultaneous_misses_ask_the_store_once(distant: Served) -> None:
    store = distant.store
    assert isinstance(store, DistantStore)
    store.delay = 0.2
    paths = [distant.path(SEGMENT, tags=(f"user:u{n}",)) for n in range(24)]
    with ThreadPoolExecutor(24) as pool:
        bodies = list(pool.map(lambda path: distant.fetch(path).body, paths))
    assert bodies == [FILES[SEGMENT]] * 24
    assert store.asked(KEY) == ["stat", "open"]


def test_it_survives_a_restart_of_the_edge(serve: Callable[..., Served], distant: Served) -> None:
    tag = distant.fetch(distant.path(SEGMENT)).headers["etag"]
    distant.stop()
    store = DistantStore()  # nothing in it: only the cache can answer
    again = serve(store)
    reply = again.fetch(again.path(SEGMENT))
    assert (reply.body, reply.headers["etag"]) == (FILES[SEGMENT], tag)
    assert store.asked(KEY) == []


def test_what_is_hot_is_read_once_and_stays_within_its_bound() -> None:
    memory: Memory[BytesSource] = Memory(limit=100)
    soon = time.monotonic() + 60
    for n in range(10):
        memory.put(str(n), BytesSource(bytes(30), "t"), soon)
        memory.get("0")
        assert memory.total <= 100
    assert memory.get("0") is not None
    assert memory.get("1") is None
    memory.put("late", BytesSource(b"x", "t"), time.monotonic() - 1)
    assert memory.get("late") is None
    memory.put("huge", BytesSource(bytes(101), "t"), soon)
    assert (memory.get("huge"), memory.total) == (None, 0)


def test_memory_opens_nothing_to_a_wrong_grant(local: Served) -> None:
    """Promise E7: what is hot in memory is behind the same check as what is on disk."""
    good = local.path(SEGMENT)
    assert local.fetch(good).status == local.fetch(good).status == 200
    assert local.store.asked == [f"previews/{KEY}"]
    other = f"/s/{local.grant(version=OTHER)}/{VERSION}/{SEGMENT}"
    expired = f"/s/{local.grant(seconds=60, now=time.time() - 100)}/{VERSION}/{SEGMENT}"
    for path in (other, expired, good.replace("/s/A", "/s/B")):
        assert local.fetch(path).status == 403


def test_a_changing_playlist_is_at_most_a_second_old(
    distant: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = distant.store
    assert isinstance(store, DistantStore)
    now = time.monotonic()
    clock = SimpleNamespace(monotonic=lambda: now)
    for module in ("sources", "memory"):
        monkeypatch.setattr(f"mam.edge.{module}.time", clock)
    key = f"{VERSION}/master.m3u8"
    path = distant.path("master.m3u8")
    first = distant.fetch(path)
    for _ in range(5):
        distant.fetch(path)
    assert store.asked(key) == ["open"]
    store.objects["previews", key] = b"#EXTM3U\n#new\n"
    clock.monotonic = lambda: now + 0.95
    assert distant.fetch(path).body == first.body
    clock.monotonic = lambda: now + 1.05
    second = distant.fetch(path)
    assert second.body == b"#EXTM3U\n#new\n"
    assert second.headers["etag"] != first.headers["etag"]
    assert not any(path.is_file() for path in distant.edge.sources.cache.folder.glob("??/*"))


def test_an_absent_object_is_asked_for_again(distant: Served) -> None:
    """A 404 is not kept: the next segment of a preview that is still encoding appears when it is there."""
    store = distant.store
    assert isinstance(store, DistantStore)
    path = distant.path("g1/1080/00002.m4s")
    assert distant.fetch(path).status == 404
    store.objects["previews", f"{VERSION}/g1/1080/00002.m4s"] = b"now"
    assert distant.fetch(path).body == b"now"


def test_a_truncated_fill_is_never_served(distant: Served) -> None:
    store = distant.store
    assert isinstance(store, DistantStore)
    store.cut = 1
    assert distant.fetch(distant.path(SEGMENT)).status == 503
    store.cut = 0
    assert distant.fetch(distant.path(SEGMENT)).body == FILES[SEGMENT]


def test_an_object_too_large_for_the_cache_is_streamed_from_the_store(serve: Callable[..., Served]) -> None:
    data = bytes(range(256)) * 4000
    store = DistantStore(objects={("previews", KEY): data})
    edge = serve(store, cache_bytes=1 << 20)
    for _ in range(2):
        assert edge.fetch(edge.path(SEGMENT)).body == data
        reply = edge.fetch(edge.path(SEGMENT), headers={"Range": "bytes=1000-2000"})
        assert reply.body == data[1000:2001]
    assert edge.edge.sources.cache.total == 0


def test_a_full_cache_disk_is_no_failure(serve: Callable[..., Served]) -> None:
    """Where the cache cannot be written, the store is asked instead."""
    store = DistantStore(objects={("previews", KEY): FILES[SEGMENT]})
    edge = serve(store)
    folder = edge.edge.sources.cache.folder / "tmp"
    folder.rmdir()  # every write into the cache fails from here on
    for _ in range(2):
        assert edge.fetch(edge.path(SEGMENT)).body == FILES[SEGMENT]


def test_a_cache_that_cannot_be_opened_is_no_failure(serve: Callable[..., Served], tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"no folder")
    store = DistantStore(objects={("previews", KEY): FILES[SEGMENT]})
    edge = serve(store, cache_path=str(tmp_path / "file" / "cache"))
    assert edge.fetch(edge.path(SEGMENT)).body == FILES[SEGMENT]


def test_local_files_are_served_from_their_place(local: Served) -> None:
    """No second copy of what is on this machine anyway."""
    assert local.fetch(local.path(SEGMENT)).body == FILES[SEGMENT]
    assert not local.edge.sources.cache.folder.exists()


def test_a_replaced_local_file_has_a_new_tag(local: Served, tmp_path: Path) -> None:
    path = local.path("master.m3u8")
    first = local.fetch(path).headers["etag"]
    target = tmp_path / "store/previews" / VERSION / "master.m3u8"
    new = target.with_name("new")
    new.write_bytes(b"#EXTM3U\n")  # same bytes' length, another file, swapped in as the core does
    new.replace(target)
    assert local.fetch(path).headers["etag"] != first
