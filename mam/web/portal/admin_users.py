"""People: who waits, who is in, who may administer; and adding somebody."""

from __future__ import annotations

from typing import Any

from quart import Response

from mam.errors import ConflictError, MamError, ValidationError
from mam.services import accounts
from mam.web import views
from mam.web.language import _
from mam.web.portal.page import field_errors, page_response, render
from mam.web.routes import Call

PAGE = 100


async def show(call: Call[Any]) -> str:
    """The list; changes of people go through the API."""
    return await _page(call, {}, None)


async def save(call: Call[Any]) -> str | Response:
    """Add a person who can log in at once."""
    form = await call.form()
    given = {"email": form.get("email", ""), "display_name": form.get("display_name", "")}
    try:
        user = await call.run(
            accounts.invite_user, **given, password=form.get("password", ""), admin="admin" in form
        )
    except (ValidationError, ConflictError) as error:
        return page_response(await _page(call, given, error), 422)
    return await _page(call, {}, None, added=user["display_name"])


async def _page(call: Call[Any], values: dict[str, str], error: MamError | None, *, added: str = "") -> str:
    found = await call.run(accounts.list_users, cursor=call.request.args.get("cursor"), limit=PAGE)
    following = found["next_cursor"]
    errors = field_errors(error) if isinstance(error, ValidationError) else {}
    return render(
        call,
        "admin/users.html",
        views.UsersView,
        title=_("People"),
        page="users",
        users=tuple(found["items"]),
        next_url=f"/admin/users?cursor={following}" if following else None,
        values=values,
        errors=errors,
        error=error.detail if error and not errors else "",
        added=added,
        registration=call.mam.config.auth.registration,
        min_password_length=call.mam.config.auth.min_password_length,
    )
