"""Logging out: the session ends at once, everywhere."""

from __future__ import annotations

from typing import Any

from quart import Response

from mam.services import sessions
from mam.web.identity import COOKIE
from mam.web.portal.page import redirect
from mam.web.routes import Call


async def save(call: Call[Any]) -> Response:
    """End the session, drop the cookie, show the login."""
    await call.run(sessions.logout)
    response = redirect("/login")
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="Lax")
    return response
