"""One's own account: API keys, logins, second factor and password. Changes go through the API."""

from __future__ import annotations

from typing import Any

from mam.core import Mam
from mam.services import access, api_keys, own_sessions, passkeys, projects, second_factor
from mam.services.shapes import Shape
from mam.types import Actor
from mam.web import views
from mam.web.language import _
from mam.web.portal.page import render
from mam.web.routes import Call

PAGE = 100
MOST_PROJECTS = 200
LIVES = (7, 30, 90, 180, 365)
"""Days of life that the page offers a key."""


async def keys(call: Call[Any]) -> str:
    """The reader's API keys."""
    found = await call.run(_keys, call.request.args.get("cursor") or None)
    following = found.pop("next_cursor")
    most = call.mam.config.auth.key_days
    leads = call.actor is not None and access.leads(call.actor) is not None
    hidden = {api_keys.ALL} if leads else {api_keys.ALL, access.ORGANISATION}
    return render(
        call, "account/keys.html", views.KeysView, title=_("API keys"), page="keys", **found,
        scopes=tuple(sorted(api_keys.SCOPES - hidden)),
        lives=tuple(days for days in LIVES if days <= most) or (most,),
        next_url=f"/account/keys?cursor={following}" if following else None,
    )  # fmt: skip


async def sessions(call: Call[Any]) -> str:
    """Where the reader is logged in."""
    cursor = call.request.args.get("cursor") or None
    found = await call.run(own_sessions.list_sessions, cursor=cursor, limit=PAGE)
    following = found["next_cursor"]
    return render(
        call, "account/sessions.html", views.SessionsView, title=_("Logins"), page="sessions",
        sessions=tuple(found["items"]),
        next_url=f"/account/sessions?cursor={following}" if following else None,
    )  # fmt: skip


async def security(call: Call[Any]) -> str:
    """Password, passkeys and second factor."""
    return render(
        call, "account/security.html", views.SecurityView, title=_("Security"), page="security",
        factor=await call.run(second_factor.state),
        passkeys=tuple((await call.run(passkeys.list_passkeys))["items"]),
        min_password_length=call.mam.config.auth.min_password_length,
    )  # fmt: skip


def _keys(mam: Mam, actor: Actor, cursor: str | None) -> Shape:
    found = api_keys.list_keys(mam, actor, cursor=cursor, limit=PAGE)
    reach = projects.list_projects(mam, actor, sort="name", limit=MOST_PROJECTS)["items"]
    names = {one["id"]: one["name"] for one in reach}
    return {"keys": tuple(found["items"]), "names": names, "next_cursor": found["next_cursor"]}
