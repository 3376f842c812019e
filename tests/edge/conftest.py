"""Edges to test: over files on this machine, over a distant store, or as a test wants them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from quart import Quart

sys.path.insert(0, str(Path(__file__).parent))

from edge_server import FILES, MASTER, OTHER, VERSION, Served, serve_app
from edge_stores import DistantStore, LocalStore

from mam.config import Config, DeliveryConfig, Server
from mam.edge.app import create_blueprint, open_edge
from mam.keyring import KeyRing


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Start edges over a store; all are stopped after the test."""
    running: list[Served] = []

    def start(store: LocalStore | DistantStore, *, name: str = "data", trusted: tuple[str, ...] = (),
              refresh: float = 5.0, stale: float = 60.0, **delivery: object) -> Served:  # fmt: skip
        settings = replace(DeliveryConfig(), **delivery)
        config = Config(tmp_path / name, server=Server(trusted_proxies=trusted), delivery=settings)
        ring = KeyRing.open(tmp_path / "keys.json")
        edge = open_edge(config, store, ring)
        edge.revoked.refresh_seconds, edge.revoked.stale_seconds = refresh, stale
        app = Quart("test")
        app.register_blueprint(create_blueprint(edge))
        served = Served(edge, ring, store)
        served.port, served.stop = serve_app(app)
        running.append(served)
        return served

    yield start
    for served in running:
        served.stop()


@pytest.fixture
def local(serve: Callable[..., Served], tmp_path: Path) -> Served:
    """An edge over files on this machine, with two versions' previews and a master."""
    store = LocalStore(tmp_path / "store")
    for version in (VERSION, OTHER):
        for name, data in FILES.items():
            store.write("previews", f"{version}/{name}", data)
        store.write("masters", version, MASTER)
    store.write("previews", "_revoked/user/nobody/1", b"1")
    served = serve(store)
    store.asked.clear()
    return served


@pytest.fixture
def distant(serve: Callable[..., Served]) -> Served:
    """An edge over a store that is not on this machine."""
    store = DistantStore()
    for version in (VERSION, OTHER):
        for name, data in FILES.items():
            store.objects["previews", f"{version}/{name}"] = data
        store.objects["masters", version] = MASTER
    served = serve(store)
    store.calls.clear()
    return served
