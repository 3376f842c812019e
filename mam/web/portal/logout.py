"""Logging out: the session ends at once, everywhere."""

from __future__ import annotations

from typing import Any

from quart import Response

from mam.services import sessions, standing
from mam.web import views
from mam.web.identity import COOKIE
from mam.web.language import _
from mam.web.portal.page import page_response, redirect, render
from mam.web.routes import Call


async def save(call: Call[Any]) -> Response:
    """End the session, drop the cookie, show the login."""
    found = await call.run(standing.logout_address, f"{call.base_url}/login")
    await call.run(sessions.logout)
    response = _elsewhere(call, *found) if found else redirect("/login")
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="Lax")
    return response


def _elsewhere(call: Call[Any], label: str, address: str) -> Response:
    """A link, for a form may not lead away from this box (`form-action` of the page's policy)."""
    title = _("You are logged out")
    actor, call.actor = call.actor, None  # the page is for nobody
    body = render(
        call, "logged_out.html", views.LoggedOutView, title=title, page="login", label=label, address=address
    )
    call.actor = actor
    return page_response(body, 200)
