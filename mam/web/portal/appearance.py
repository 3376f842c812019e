"""Dark, light or as the system says: kept in a cookie, so that the first paint is right."""

from __future__ import annotations

from typing import Any

from quart import Response

from mam.web.portal.page import APPEARANCE_COOKIE, APPEARANCES, YEAR, redirect, safe_next
from mam.web.routes import Call


async def save(call: Call[Any]) -> Response:
    """Keep the choice and go back; anything that is no choice changes nothing."""
    form = await call.form()
    response = redirect(safe_next(form.get("back")))
    if form.get("appearance") in APPEARANCES:
        response.set_cookie(APPEARANCE_COOKIE, form["appearance"], max_age=YEAR, samesite="Lax", path="/")
    return response
