"""A web server in front sends what the edge checked: files of this machine, or a distant store's cache."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from pathlib import Path

from edge_server import FILES, MASTER, VERSION, Served, serve_app
from edge_stores import DistantStore

from mam.builtin.storage_files import mam_storage
from mam.config import Config
from mam.edge.app import create_app
from mam.edge.front import Front, handed_over
from mam.keyring import KeyRing
from mam.plugins import open_hooks
from mam.signing import DownloadGrant, make_download, make_grant
from mam.types import Accel

SECRET = "fedcba9876543210" * 2
SEGMENT = "g1/1080/00001.m4s"


def with_plugin(data: Path) -> Config:
    tables = {"delivery_accel": {"secret": SECRET}}
    return Config(data=data, plugins=("delivery_accel",), plugin_tables=tables)


def as_front(served: Served, path: str, **headers: str) -> dict[str, str]:
    return served.fetch(path, headers={"X-Mam-Front": SECRET, **headers}).headers


def test_edge_alone_hands_over_what_never_changes(tmp_path: Path) -> None:
    # Given `mam edge` with the plugin, over files on this machine
    config = with_plugin(tmp_path / "data")
    storage = mam_storage(config=config)
    for name, data in FILES.items():
        storage.put("previews", f"{VERSION}/{name}", io.BytesIO(data), len(data))
    storage.put("masters", "p/film.mov", io.BytesIO(MASTER), len(MASTER))
    ring = KeyRing.open(config.secrets / "delivery-keys.json")
    served = Served(None, ring, storage)
    served.port, served.stop = serve_app(create_app(config))
    try:
        # When a segment, a playlist and a master are asked for as nginx does
        segment, playlist = (
            as_front(served, served.path(SEGMENT)),
            as_front(served, served.path("master.m3u8")),
        )
        now = time.time()
        grant = DownloadGrant(
            "p/film.mov", None, "film.mov", "video/quicktime", int(now) + 300, int(now * 1000)
        )
        master = as_front(served, f"/d/{make_download(ring, grant)}")
        plain = served.fetch(served.path(SEGMENT))
    finally:
        served.stop()
    # Then the first and the last are left to it, the check of a segment for a moment, and nobody else is told
    assert segment["x-accel-redirect"] == f"/_mam/previews/{VERSION}/{SEGMENT}"
    assert int(segment["x-accel-expires"].removeprefix("@")) <= time.time() + 2
    assert "x-accel-redirect" not in playlist
    assert (master["x-accel-redirect"], master["x-accel-expires"]) == ("/_mam/masters/p/film.mov", "0")
    assert (plain.body, "x-accel-redirect" in plain.headers) == (FILES[SEGMENT], False)


def test_cache_of_a_distant_store_is_handed_over(serve: Callable[..., Served], tmp_path: Path) -> None:
    # Given an edge over a distant store, whose cache nginx knows as a folder
    store = DistantStore()
    store.objects["previews", f"{VERSION}/{SEGMENT}"] = FILES[SEGMENT]
    served = serve(store)
    config = with_plugin(tmp_path / "data")
    served.edge.front = Front(config, open_hooks(config))
    # When a segment comes through the cache
    said = as_front(served, served.path(SEGMENT))
    # Then nginx is sent to the cached file, which has its bytes
    name = said["x-accel-redirect"].removeprefix("/_mam/cache/")
    assert (config.edge_cache / name).read_bytes() == FILES[SEGMENT]


def test_a_plugin_that_fails_leaves_the_bytes_to_the_edge(local: Served, tmp_path: Path) -> None:
    # Given a plugin whose answer always raises
    config = with_plugin(tmp_path / "other")
    hooks = open_hooks(config)
    plugin = hooks.plugins["delivery_accel"]

    def broken(path: Path, headers: object) -> None:
        raise RuntimeError("no")

    for impl in hooks.manager.hook.mam_accelerate.get_hookimpls():
        impl.function, impl.argnames = broken, ("path", "headers")
    local.edge.front = Front(config, hooks)
    # When segments are asked for
    replies = [local.fetch(local.path()) for _ in range(6)]
    # Then all come, and the plugin is switched off
    assert {reply.status for reply in replies} == {200}
    assert (plugin.failures, str(plugin.state)) == (5, "switched off")


def test_a_remembered_check_ends_before_its_grant() -> None:
    # Given grants with much, little and no time left
    for left, least in ((600.0, 2), (2.9, 1), (1.2, 0), (0.4, 0)):
        now = time.time()
        # When their files are handed over
        said = dict(handed_over(Accel("/x", remember=2), b"private, max-age=1, immutable", left))
        # Then nobody remembers the check in the grant's last second
        until = said[b"x-accel-expires"].decode()
        assert until == "0" if not least else float(until[1:]) <= now + left
        kept = int(said[b"cache-control"].split(b"max-age=")[1].split(b",")[0])
        assert kept <= max(1, left - least)


def test_grant_of_another_version_hands_nothing_over(local: Served, tmp_path: Path) -> None:
    # Given the plugin, and a grant for another version
    config = with_plugin(tmp_path / "other")
    local.edge.front = Front(config, open_hooks(config))
    grant = make_grant(local.ring, version_id=VERSION.replace("a", "c"), expires_in=600)
    # When nginx asks with it
    reply = local.fetch(f"/s/{grant}/{VERSION}/{SEGMENT}", headers={"X-Mam-Front": SECRET})
    # Then it is refused like by everybody
    assert (reply.status, "x-accel-redirect" in reply.headers) == (403, False)
