"""Logging in elsewhere: to the login service, and back from it. Both are links; neither changes an account.

Sets the cookie that a browser has to bring back, and the session's.
"""

from __future__ import annotations

from typing import Any

from quart import Response

from mam.errors import AuthenticatorAwayError, ForbiddenError, UnauthorizedError, ValidationError
from mam.services import outside_login
from mam.services.entrance import CodeNeededError
from mam.web import identity
from mam.web.portal.login import code_page, form_page
from mam.web.portal.page import page_response, redirect, safe_next, set_session
from mam.web.routes import Call

COOKIE = "mam_login"
"""Stands for the browser that was sent away; only the pages of the way back get it."""

_PATH = "/login/back"
_LONGEST = 200


async def begin(call: Call[Any], way: str) -> Response:
    """Send the browser to the login service; where that is away the log-in page says so."""
    following = safe_next(call.request.args.get("next"))
    try:
        address, browser = await call.knock(
            outside_login.begin, way, base_url=call.base_url, following=following
        )
    except AuthenticatorAwayError as error:
        return page_response(await form_page(call, following, "", error), 503)
    response = redirect(address)
    response.set_cookie(
        COOKIE,
        browser,
        max_age=int(outside_login.LIFE.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=call.base_url.startswith("https:"),
        path=_PATH,
    )
    return response


async def come_back(call: Call[Any], way: str) -> Response:
    """Take the login service's answer once; every refusal is the log-in page with one sentence."""
    query = {name: value[-1] for name, value in call.request.args.to_dict(flat=False).items()}
    browser = identity.cookie(call.request.headers, COOKIE)[:_LONGEST]
    following = "/"
    try:
        state = query.get("state", "")[:_LONGEST]
        trip = await call.plain(outside_login.come_back, way, state=state, browser=browser)
        following = safe_next(trip.following)
        cookie = await call.knock(
            outside_login.finish,
            trip,
            query,
            base_url=call.base_url,
            address=call.address,
            user_agent=call.user_agent,
        )
    except CodeNeededError as needed:
        return _spent(page_response(code_page(call, following, needed.ticket, None), 200))
    except AuthenticatorAwayError as error:
        return _spent(page_response(await form_page(call, following, "", error), 503))
    except (UnauthorizedError, ForbiddenError, ValidationError) as error:
        return _spent(page_response(await form_page(call, following, "", error), 403))
    return _spent(set_session(call, redirect(following), cookie))


def _spent(response: Response) -> Response:
    response.delete_cookie(COOKIE, path=_PATH, httponly=True, samesite="Lax")
    return response
