"""A box with the plugin, a real provider on loopback, and browsers between the two."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1]))
sys.path.append(str(Path(__file__).parent))

import pytest
from mam_auth_oidc.provider import open_provider
from oidc_browser import BACK, Browser
from provider_server import CLIENT_ID, CLIENT_SECRET, Account, Provider
from quart import Quart

from mam.config import Config
from mam.core import Mam
from mam.testing import make_config, opened_box, postgres_server, postgres_url, valkey_url
from mam.web.app import create_app

__all__ = ["make_config", "postgres_server", "postgres_url", "valkey_url"]


@pytest.fixture
def provider() -> Iterator[Provider]:
    """The provider, with Ana and Ben; each test has its own, with a port of its own."""
    open_provider.cache_clear()
    server = Provider()
    server.client.redirect_uri = BACK
    server.people["ana"] = Account("sub-ana", "ana@example.org", groups=["studio"])
    server.people["ben"] = Account("sub-ben", "ben@example.org", "Ben Person")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def oidc_config(provider: Provider, make_config: Callable[..., Config]) -> Callable[..., Config]:
    """The configuration of a box that knows the provider; `settings` go over the plugin's."""

    def build(**settings: Any) -> Config:
        table = {
            "issuer": provider.issuer,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "label": "Studio SSO",
            "new_accounts": "active",
            **settings,
        }
        return make_config(plugins=("auth_oidc",), plugin_tables={"auth_oidc": table})

    return build


@pytest.fixture
def open_box(oidc_config: Callable[..., Config]) -> Iterator[Callable[..., Mam]]:
    """Open a box with these settings of the plugin; it closes with the test."""
    opened: list[Iterator[Mam]] = []

    def build(**settings: Any) -> Mam:
        opened.append(opened_box(oidc_config(**settings)))
        return next(opened[-1])

    yield build
    for one in opened:
        next(one, None)


@pytest.fixture
def browser_of(provider: Provider) -> Callable[[Mam], Browser]:
    """A fresh browser at a box."""
    apps: dict[int, Quart] = {}
    return lambda mam: Browser(apps.setdefault(id(mam), create_app(mam)), provider)
