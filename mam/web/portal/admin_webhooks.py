"""Webhooks: where events go, how each does, what was delivered; changes go through the API."""

from __future__ import annotations

import urllib.parse
from itertools import groupby
from typing import Any

from mam.core import Mam
from mam.event_types import TYPES
from mam.models import Project
from mam.services import webhook_log, webhooks
from mam.services.shapes import Shape
from mam.types import Actor
from mam.web import views
from mam.web.language import N_, _
from mam.web.portal.page import render
from mam.web.routes import Call

PAGE = 50
_PROJECTS = 200
STATES = {
    "": N_("All"),
    "waiting": N_("Waiting"),
    "delivered": N_("Delivered"),
    "dead": N_("Given up"),
}
"""The lists of deliveries that there are, by state."""


async def show(call: Call[Any]) -> str:
    """All webhooks, of the box and of projects."""
    found = await call.run(_load, call.request.args.get("cursor"))
    return render(
        call,
        "admin/webhooks.html",
        views.WebhooksView,
        title=_("Webhooks"),
        page="webhooks",
        webhooks=tuple(found["items"]),
        projects=found["projects"],
        families=_families(),
        next_url=_address("/admin/webhooks", cursor=found["next_cursor"]) if found["next_cursor"] else None,
    )


async def show_one(call: Call[Any], webhook_id: str) -> str:
    """One webhook with its deliveries, the newest first."""
    args = call.request.args
    state = args.get("state", "") if args.get("state") in STATES else ""
    path = f"/admin/webhooks/{webhook_id}"
    found = await call.run(_load_one, webhook_id, state or None, args.get("cursor"))
    following = found["deliveries"]["next_cursor"]
    return render(
        call,
        "admin/webhook.html",
        views.WebhookView,
        title=_("Webhook"),
        page="webhooks",
        webhook=found["webhook"],
        projects=found["projects"],
        families=_families(),
        deliveries=tuple(found["deliveries"]["items"]),
        state=state,
        states=tuple((one, word, _address(path, state=one)) for one, word in STATES.items()),
        next_url=_address(path, state=state, cursor=following) if following else None,
    )


def _load(mam: Mam, actor: Actor, cursor: str | None) -> Shape:
    found = webhooks.list_webhooks(mam, actor, project_id=None, cursor=cursor, limit=PAGE)
    return {**found, "projects": _projects()}


def _load_one(mam: Mam, actor: Actor, webhook_id: str, state: str | None, cursor: str | None) -> Shape:
    deliveries = webhook_log.list_deliveries(mam, actor, webhook_id, state=state, cursor=cursor, limit=PAGE)
    return {
        "webhook": webhooks.get(mam, actor, webhook_id),
        "deliveries": deliveries,
        "projects": _projects(),
    }


def _projects() -> dict[str, str]:
    """The names of projects to choose from, by id; for administrators, who see all of them."""
    rows = Project.select(Project.id, Project.name).where(Project.deleted_at.is_null())
    return {row.id: row.name for row in rows.order_by(Project.name).limit(_PROJECTS)}


def _families() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Each family of events with its types, to choose from."""
    names = sorted(one.name for one in TYPES)
    return tuple((family, tuple(found)) for family, found in groupby(names, lambda name: name.split(".")[0]))


def _address(path: str, **query: str) -> str:
    given = urllib.parse.urlencode({name: value for name, value in query.items() if value})
    return f"{path}?{given}" if given else path
