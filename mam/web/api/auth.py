"""Accounts and sessions: /auth/*."""

from __future__ import annotations

from typing import Any

from mam.services import accounts, sessions, standing
from mam.web.api import inputs
from mam.web.routes import Call


async def register(call: Call[inputs.RegisterIn]) -> Any:
    """Ask for an account; it is pending until an administrator activates it, unless registration is open."""
    body = call.body
    return await call.knock(
        accounts.register,
        email=body.email,
        display_name=body.display_name,
        password=body.password,
        address=call.address,
    )


async def login(call: Call[inputs.LoginIn]) -> Any:
    """Exchange credentials for tokens."""
    body = call.body
    return await call.knock(
        sessions.login,
        email=body.email,
        password=body.password,
        otp=body.otp,
        address=call.address,
        user_agent=call.user_agent,
    )


async def refresh(call: Call[inputs.RefreshIn]) -> Any:
    """Spend a refresh token for a new pair; using it again later ends the whole session."""
    return await call.plain(standing.refresh, call.body.refresh_token, call.address)


async def logout(call: Call[inputs.LogoutIn]) -> None:
    """End the session at once."""
    await call.run(sessions.logout, call.body.refresh_token)


async def me(call: Call[Any]) -> Any:
    """Who is logged in."""
    return await call.run(accounts.me)
