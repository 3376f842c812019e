"""Invitations: the list for administrators, and what a link opens: a form, no scripts needed."""

from __future__ import annotations

from typing import Any

from quart import Response

from mam.core import Mam
from mam.errors import ConflictError, MamError, NotFoundError, RateLimitedError, ValidationError
from mam.services import invitations, projects, roles
from mam.services.shapes import Shape
from mam.types import Actor
from mam.web import views
from mam.web.language import _
from mam.web.portal.page import field_errors, page_response, redirect, render, set_session
from mam.web.routes import Call

PAGE = 100
MOST_PROJECTS = 200


async def show(call: Call[Any], token: str) -> Response:
    """The form; a link that does not hold says so."""
    return await _form(call, token, {}, None)


async def save(call: Call[Any], token: str) -> Response:
    """Make the account and log in."""
    form = await call.form()
    given = {name: form.get(name, "") for name in ("email", "display_name")}
    try:
        _actor, cookie = await call.knock(
            invitations.accept,
            token=token,
            password=form.get("password", ""),
            address=call.address,
            user_agent=call.user_agent,
            **given,
        )
    except (ValidationError, ConflictError, RateLimitedError, NotFoundError) as error:
        return await _form(call, token, given, error)
    return set_session(call, redirect("/"), cookie)


async def show_list(call: Call[Any]) -> str:
    """The invitations there are, for administrators."""
    found = await call.run(_load, call.request.args.get("cursor") or None)
    following = found.pop("next_cursor")
    return render(
        call, "admin/invitations.html", views.InvitationsView, title=_("Invitations"), page="invitations",
        next_url=f"/admin/invitations?cursor={following}" if following else None, **found,
    )  # fmt: skip


def _load(mam: Mam, actor: Actor, cursor: str | None) -> Shape:
    found = invitations.list_invitations(mam, actor, cursor=cursor, limit=PAGE)
    reach = projects.list_projects(mam, actor, sort="name", limit=MOST_PROJECTS)["items"]
    names = {one["id"]: one["name"] for one in reach}
    return {
        "invitations": tuple(found["items"]),
        "names": names,
        "role_names": roles.names(),
        "next_cursor": found["next_cursor"],
    }


async def _form(call: Call[Any], token: str, values: dict[str, str], error: MamError | None) -> Response:
    try:
        offered = await call.plain(invitations.look, token)
    except NotFoundError:
        offered = None
    errors = field_errors(error) if isinstance(error, ValidationError) else {}
    body = render(
        call,
        "invite.html",
        views.InviteView,
        title=_("Invitation"),
        page="invite",
        gone=offered is None,
        token=token,
        email=offered["email"] if offered else "",
        invited_by=offered["invited_by"] if offered else "",
        values=values,
        errors=errors,
        error=error.detail if error and not errors else "",
        min_password_length=call.mam.config.auth.min_password_length,
    )
    return page_response(body, 404 if offered is None else 422 if error else 200)
