"""Home: what waits for the reader, and the projects as rows, latest activity first."""

from __future__ import annotations

import urllib.parse
from typing import Any

from mam.core import Mam
from mam.errors import ValidationError
from mam.services import access, board, home, showcase
from mam.services.shapes import Shape
from mam.types import Actor
from mam.web import views
from mam.web.language import _
from mam.web.portal.cards import picture
from mam.web.portal.page import render
from mam.web.routes import Call

PAGE = 40
WAITING = 20
"""Waiting reviews shown; the first due ones."""

LONGEST = 200


async def show(call: Call[Any]) -> str:
    """The projects that the reader sees, those whose name fits `?q=`."""
    args = call.request.args
    fields = await call.run(_load, args.get("q", "").replace("\x00", "")[:LONGEST], args.get("cursor"))
    return render(call, "projects.html", views.ProjectsView, title=_("Projects"), page="projects", **fields)


def _load(mam: Mam, actor: Actor, q: str, cursor: str | None) -> Shape:
    try:
        found = home.overview(mam, actor, q=q, cursor=cursor, limit=PAGE)
    except ValidationError:  # an address that was bookmarked with an old cursor
        found = home.overview(mam, actor, q=q, limit=PAGE)
    following = found["next_cursor"]
    query = {"q": q, "cursor": following or ""}
    rows, more = _waiting(mam, actor) if cursor is None and not q else ((), False)
    return {
        "projects": tuple(_row(one) for one in found["items"]),
        "may_create": access.allowed(mam, actor, "project.create"),
        "next_url": f"/?{urllib.parse.urlencode({k: v for k, v in query.items() if v})}"
        if following
        else None,
        "q": q,
        "waiting": rows,
        "more_waiting": more,
    }


def _waiting(mam: Mam, actor: Actor) -> tuple[tuple[views.WaitingRow, ...], bool]:
    found = board.waiting(mam, actor, limit=WAITING)
    urls = showcase.posters(mam, actor, [one["version_id"] for one in found["items"]])
    rows = tuple(_waits(one, urls.get(one["version_id"])) for one in found["items"])
    return rows, found["next_cursor"] is not None


def _waits(one: Shape, url: str | None) -> views.WaitingRow:
    same = ("asset_id", "title", "number", "project_id", "project", "due_at", "overdue", "asked_at", "step")
    return views.WaitingRow(
        **{name: one[name] for name in same},
        asked_by=one["asked_by"]["display_name"] if one["asked_by"] else "",
        picture=picture(url, None, {}),
    )


def _row(one: Shape) -> views.ProjectRow:
    same = (
        "id", "name", "description", "role", "assets", "active_at", "people_count", "notes", "reviews",
        "overdue", "size",
    )  # fmt: skip
    return views.ProjectRow(
        **{name: one[name] for name in same},
        people=tuple(one["people"]),
        pictures=tuple(picture(each["url"], each["blurhash"], each["media"]) for each in one["pictures"]),
    )
