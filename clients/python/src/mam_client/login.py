"""Who the caller is: an API key, or e-mail and password with tokens that are renewed before they end."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from mam_client import calls, errors
from mam_client.call import UNSET, Call

if TYPE_CHECKING:
    from mam_client.core import Core

EARLY = 30.0
"""Seconds before an access token's end at which a new one is asked for."""


class Login(ABC):
    """What makes the `Authorization` header."""

    can_renew = False

    @abstractmethod
    async def header(self, core: Core) -> dict[str, str]:
        """The header of the next request; never called twice at once."""

    async def renew(self, core: Core, refused: str) -> None:
        """The box refused this header: get another, unless somebody else did; nothing for a key."""
        return


class Nobody(Login):
    """For what anybody may call."""

    async def header(self, core: Core) -> dict[str, str]:
        """No header."""
        return {}


class KeyLogin(Login):
    """An API key, or an access token that somebody else looks after."""

    def __init__(self, key: str) -> None:
        """Take the key as it is."""
        self._key = key

    async def header(self, core: Core) -> dict[str, str]:
        """The key."""
        return {"Authorization": f"Bearer {self._key}"}


class PasswordLogin(Login):
    """E-mail and password; one log-in, then refresh tokens, each spent once."""

    can_renew = True

    def __init__(self, email: str, password: str, otp: str | None = None) -> None:
        """Nothing is sent yet; `otp` is the code of a second factor, good for the first log-in."""
        self._email, self._password, self._otp = email, password, otp
        self._access, self._refresh, self._ends = "", "", 0.0

    async def header(self, core: Core) -> dict[str, str]:
        """The access token, a new one where it ends soon."""
        if time.monotonic() > self._ends - EARLY:
            await self._enter(core)
        return {"Authorization": f"Bearer {self._access}"}

    async def renew(self, core: Core, refused: str) -> None:
        """A new pair of tokens, unless another caller just got one."""
        if refused == f"Bearer {self._access}":
            await self._enter(core)

    async def _enter(self, core: Core) -> None:
        if self._refresh:
            spent, self._refresh = self._refresh, ""
            try:
                return self._keep(await _ask(core, calls.refresh(refresh_token=spent)))
            except errors.UnauthorizedError:
                pass  # the family has ended; the password opens another
        otp = self._otp or UNSET
        return self._keep(await _ask(core, calls.login(email=self._email, password=self._password, otp=otp)))

    def _keep(self, tokens: dict[str, Any]) -> None:
        self._access, self._refresh = tokens["access_token"], tokens["refresh_token"]
        self._ends = time.monotonic() + tokens["expires_in"]


async def _ask(core: Core, call: Call[Any]) -> dict[str, Any]:
    """Send without credentials."""
    answer = await core.persist(core.request_of(call), may_repeat=False)
    if answer.is_error:
        raise errors.from_answer(answer.status_code, answer.headers, answer.content)
    found: dict[str, Any] = answer.json()
    return found
