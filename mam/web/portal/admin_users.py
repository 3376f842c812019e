"""People: who waits, who is in, who may administer."""

from __future__ import annotations

from typing import Any

from mam.services import accounts
from mam.web import views
from mam.web.portal.page import render
from mam.web.routes import Call

PAGE = 100


async def show(call: Call[Any]) -> str:
    """The list; changes go through the API."""
    found = await call.run(accounts.list_users, cursor=call.request.args.get("cursor"), limit=PAGE)
    following = found["next_cursor"]
    return render(
        call,
        "admin/users.html",
        views.UsersView,
        title="People",
        page="users",
        users=tuple(found["items"]),
        next_url=f"/admin/users?cursor={following}" if following else None,
    )
