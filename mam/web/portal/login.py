"""Logging in with a form, no scripts needed."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError as InputError
from quart import Response

from mam.errors import (
    AuthenticatorAwayError,
    ConflictError,
    ForbiddenError,
    MamError,
    RateLimitedError,
    UnauthorizedError,
    ValidationError,
)
from mam.services import accounts, outside_login, passkeys, sessions
from mam.services.entrance import CodeNeededError
from mam.web import views
from mam.web.api.inputs_account import PasskeyLoginIn
from mam.web.language import _
from mam.web.portal.page import page_response, reader, redirect, render, safe_next, set_session
from mam.web.routes import Call

_LONGEST_CODE = 40


async def show(call: Call[Any]) -> str | Response:
    """The form; whoever is in already goes on."""
    following = safe_next(call.request.args.get("next"))
    if await reader(call) is not None:
        return redirect(following)
    return await form_page(call, following, "", None)


async def save(call: Call[Any]) -> Response:
    """Check, set the cookie, go on."""
    form = await call.form()
    following, email = safe_next(form.get("next")), form.get("email", "")
    try:
        _user, cookie = await call.knock(
            sessions.login_cookie,
            email=email,
            password=form.get("password", ""),
            otp=form.get("otp"),
            address=call.address,
            user_agent=call.user_agent,
        )
    except CodeNeededError as needed:
        return page_response(code_page(call, following, needed.ticket, None), 200)
    except AuthenticatorAwayError as error:
        return page_response(await form_page(call, following, email, error), 503)
    except (UnauthorizedError, ForbiddenError, RateLimitedError, ValidationError) as error:
        return page_response(await form_page(call, following, email, error), 403)
    return set_session(call, redirect(following), cookie)


async def save_code(call: Call[Any]) -> Response:
    """The second step: the code of the phone, or a recovery code; too late begins again."""
    form = await call.form()
    following, ticket = safe_next(form.get("next")), form.get("ticket", "")
    try:
        _user, cookie = await call.plain(
            sessions.login_with_code,
            ticket=ticket,
            code=form.get("code", "")[:_LONGEST_CODE] or "-",
            address=call.address,
            user_agent=call.user_agent,
        )
    except UnauthorizedError as error:
        if error.error_code == "token_invalid":
            return page_response(await form_page(call, following, "", error), 403)
        return page_response(code_page(call, following, ticket, error), 403)
    except RateLimitedError as error:
        return page_response(code_page(call, following, ticket, error), 403)
    return set_session(call, redirect(following), cookie)


async def save_passkey(call: Call[Any]) -> Response:
    """A passkey's answer, which the page's script put into the form."""
    form = await call.form()
    following = safe_next(form.get("next"))
    try:
        given = PasskeyLoginIn.model_validate_json(f'{{"credential": {form.get("credential", "")}}}')
        cookie = await call.plain(
            passkeys.login_cookie,
            origin=call.base_url,
            credential=given.credential.model_dump(exclude_none=True),
            address=call.address,
            user_agent=call.user_agent,
        )
    except InputError:
        refused = UnauthorizedError("This is no answer of a passkey; try again.")
        return page_response(await form_page(call, following, "", refused), 403)
    except (UnauthorizedError, ConflictError) as error:
        return page_response(await form_page(call, following, "", error), 403)
    return set_session(call, redirect(following), cookie)


def code_page(call: Call[Any], following: str, ticket: str, error: MamError | None) -> str:
    """The second step's page, which goes on to `following`."""
    return render(
        call,
        "login_code.html",
        views.LoginCodeView,
        title=_("Your code"),
        page="login",
        next=following,
        ticket=ticket,
        error=error.detail if error else "",
    )


async def form_page(call: Call[Any], following: str, email: str, error: MamError | None) -> str:
    """The log-in page, with what was wrong the last time."""
    return render(
        call,
        "login.html",
        views.LoginView,
        title=_("Log in"),
        page="login",
        next=following,
        email=email,
        error=error.detail if error else "",
        registration=call.mam.config.auth.registration,
        setup_needed=await call.plain(accounts.setup_needed),
        takes_names=outside_login.takes_names(call.mam),
        ways={one.name: one.label for one in await call.plain(outside_login.ways)},
    )
