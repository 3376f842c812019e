"""First run: the one-time link, the administrator's account, and in."""

from __future__ import annotations

from typing import Any

from quart import Response

from mam.errors import MamError, RateLimitedError, ValidationError
from mam.services import accounts
from mam.web import views
from mam.web.language import _
from mam.web.portal.page import field_errors, page_response, redirect, render, set_session
from mam.web.routes import Call


async def show(call: Call[Any], token: str) -> str | Response:
    """The form; a box that has its administrator goes to the login."""
    if not await call.plain(accounts.setup_needed):
        return redirect("/login")
    return _form(call, token, {}, None)


async def save(call: Call[Any], token: str) -> Response:
    """Make the account and log in."""
    form = await call.form()
    given = {name: form.get(name, "") for name in ("email", "display_name")}
    try:
        _actor, cookie = await call.knock(
            accounts.complete_setup,
            token=token,
            password=form.get("password", ""),
            address=call.address,
            user_agent=call.user_agent,
            **given,
        )
    except (ValidationError, RateLimitedError) as error:
        return page_response(_form(call, token, given, error), 422)
    return set_session(call, redirect("/"), cookie)


def _form(call: Call[Any], token: str, values: dict[str, str], error: MamError | None) -> str:
    errors = field_errors(error) if isinstance(error, ValidationError) else {}
    return render(
        call,
        "setup.html",
        views.SetupView,
        title=_("Set up"),
        page="setup",
        token=token,
        values=values,
        errors=errors,
        error=error.detail if error and not errors else "",
        min_password_length=call.mam.config.auth.min_password_length,
    )
