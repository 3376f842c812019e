"""The language of the pages: kept in a cookie, and with the account of whoever is logged in.

Writes the cookie, and through the accounts' service the choice of a user. A tag that the theme does not have
changes nothing; no tag at all lets the browser decide again.
"""

from __future__ import annotations

from typing import Any

from quart import Response

from mam.services import accounts
from mam.web.language import COOKIE
from mam.web.portal.page import YEAR, redirect, safe_next, theme
from mam.web.routes import Call


async def save(call: Call[Any]) -> Response:
    """Keep the choice of a browser, at the doors and on guests' pages, and go back."""
    form = await call.form()
    response = redirect(safe_next(form.get("back")))
    tag = form.get("language", "")
    if tag in theme().languages:
        response.set_cookie(COOKIE, tag, max_age=YEAR, samesite="Lax", path="/")
    elif not tag:
        response.delete_cookie(COOKIE, path="/", samesite="Lax")
    return response


async def save_own(call: Call[Any]) -> Response:
    """Keep the choice of whoever is logged in with the account too: it holds on every browser."""
    tag = (await call.form()).get("language", "")
    if not tag or tag in theme().languages:
        await call.run(accounts.choose_language, tag)
    return await save(call)
