"""A browser between the box and the provider."""

from __future__ import annotations

import urllib.parse
from dataclasses import dataclass, field
from typing import Any

import httpx
from provider_server import Provider
from quart import Quart

BACK = "http://localhost/login/back/oidc"
"""The one redirect URI that the provider knows."""


@dataclass
class Browser:
    """A browser with its cookies, at the box and at the provider."""

    app: Quart
    provider: Provider
    client: Any = field(init=False)

    def __post_init__(self) -> None:
        """No cookies yet."""
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
