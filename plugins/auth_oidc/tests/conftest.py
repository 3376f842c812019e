"""A box with the plugin, a real provider on loopback, and browsers between the two."""

from __future__ import annotations

import sys
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1]))
sys.path.append(str(Path(__file__).parent))

import httpx
import pytest
from mam_auth_oidc.provider import open_provider
from provider_server import CLIENT_ID, CLIENT_SECRET, Account, Provider
from quart import Quart

from mam.config import Config
from mam.core import Mam
from mam.testing import make_config, opened_box, postgres_server, postgres_url, valkey_url
from mam.web.app import create_app

__all__ = ["make_config", "postgres_server", "postgres_url", "valkey_url"]

BACK = "http://localhost/login/back/oidc"


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


@dataclass
class Browser:
    """A browser with its cookies, at the box and at the provider."""

    app: Quart
    provider: Provider
    client: Any = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.app.test_client()

    async def leave(self, following: str = "/") -> str:
        """Click the button: the provider's address that the box sends to."""
        answer = await self.client.get("/login/with/oidc", query_string={"next": following})
        assert answer.status_code == 303
        return answer.headers["Location"]

    async def agree(self, address: str, who: str) -> str:
        """Log in at the provider: the path and query of the box that it sends back to."""
        async with httpx.AsyncClient() as outside:
            answer = await outside.get(f"{address}&login={who}")
        assert answer.status_code == 302, answer.text
        parts = urllib.parse.urlsplit(answer.headers["Location"])
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == BACK
        return f"{parts.path}?{parts.query}"

    async def log_in(self, who: str, following: str = "/") -> Any:
        """The whole way: the box's answer to the return."""
        return await self.client.get(await self.agree(await self.leave(following), who))

    async def whoami(self) -> dict[str, Any] | None:
        """Who is logged in, or None."""
        answer = await self.client.get("/auth/me")
        return (await answer.get_json()) if answer.status_code == 200 else None


@pytest.fixture
def browser_of(provider: Provider) -> Callable[[Mam], Browser]:
    """A fresh browser at a box."""
    apps: dict[int, Quart] = {}
    return lambda mam: Browser(apps.setdefault(id(mam), create_app(mam)), provider)


def on_postgres(config: Config, url: str) -> Config:
    """The same box on PostgreSQL."""
    return replace(config, database=replace(config.database, url=type(config.database.url)(url)))
