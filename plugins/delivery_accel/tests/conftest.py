"""A whole box with the plugin, its delivery on a real port, and nginx in front of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))
sys.path.append(str(Path(__file__).parent))

import pytest
from accel_box import Boxed, boxed
from front_server import SECRET

from mam.config import Config, Server
from mam.core import Mam
from mam.testing import make_config, opened_box, valkey_url

__all__ = ["make_config", "valkey_url"]


@pytest.fixture
def accel_config(make_config: Callable[..., Config]) -> Callable[..., Config]:
    """The configuration of a box with the plugin; `settings` go over its own."""

    def build(plugins: tuple[str, ...] = ("delivery_accel",), **settings: object) -> Config:
        table = {"secret": SECRET, **settings}
        tables = {"delivery_accel": table}
        return make_config(
            plugins=plugins, plugin_tables=tables, server=Server(trusted_proxies=("127.0.0.1",))
        )

    return build


@pytest.fixture
def accel_mam(accel_config: Callable[..., Config]) -> Iterator[Mam]:
    """The box itself."""
    yield from opened_box(accel_config())


@pytest.fixture
def front(accel_mam: Mam, tmp_path: Path) -> Iterator[Boxed]:
    """The box's delivery behind nginx."""
    yield from boxed(accel_mam, tmp_path / "nginx")
