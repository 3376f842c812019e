"""Making an account oneself, where the configuration allows it."""

from __future__ import annotations

from typing import Any

from quart import Response

from mam.errors import ConflictError, ForbiddenError, MamError, RateLimitedError, ValidationError
from mam.services import accounts
from mam.web import views
from mam.web.language import _
from mam.web.portal.page import field_errors, page_response, redirect, render
from mam.web.routes import Call


async def show(call: Call[Any]) -> str:
    """The form; `ForbiddenError` where registration is closed."""
    _check_open(call)
    return _page(call, {}, None)


async def save(call: Call[Any]) -> str | Response:
    """Make the account: to the login when it is open, else say that it waits."""
    _check_open(call)
    form = await call.form()
    given = {name: form.get(name, "") for name in ("email", "display_name")}
    try:
        answer = await call.knock(
            accounts.register, password=form.get("password", ""), address=call.address, **given
        )
    except (ValidationError, ConflictError, RateLimitedError) as error:
        return page_response(_page(call, given, error), 422)
    if answer["user"]["status"] == "active":
        return redirect("/login")
    return _page(call, given, None, done=True)


def _check_open(call: Call[Any]) -> None:
    if call.mam.config.auth.registration == "closed":
        raise ForbiddenError("New accounts are made by an administrator here.", code="registration_closed")


def _page(call: Call[Any], values: dict[str, str], error: MamError | None, *, done: bool = False) -> str:
    errors = field_errors(error) if isinstance(error, ValidationError) else {}
    return render(
        call,
        "register.html",
        views.RegisterView,
        title=_("Make an account"),
        page="register",
        values=values,
        errors=errors,
        error=error.detail if error and not errors else "",
        registration=call.mam.config.auth.registration,
        done=done,
        min_password_length=call.mam.config.auth.min_password_length,
    )
