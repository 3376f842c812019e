"""Home: the projects as rows, latest first."""

from __future__ import annotations

import urllib.parse
from typing import Any

from mam.core import Mam
from mam.services import access, projects, showcase
from mam.services.shapes import Shape
from mam.types import Actor
from mam.web import views
from mam.web.portal.cards import picture
from mam.web.portal.page import render
from mam.web.routes import Call

PAGE = 40


async def show(call: Call[Any]) -> str:
    """The projects that the reader sees."""
    fields = await call.run(_load, call.request.args.get("cursor"))
    return render(call, "projects.html", views.ProjectsView, title="Projects", page="projects", **fields)


def _load(mam: Mam, actor: Actor, cursor: str | None) -> Shape:
    found = projects.list_projects(mam, actor, sort="-updated_at", cursor=cursor, limit=PAGE)
    more = showcase.projects(mam, actor, [one["id"] for one in found["items"]])
    rows = sorted((_row(one, more[one["id"]]) for one in found["items"]), key=_activity, reverse=True)
    following = found["next_cursor"]
    return {
        "projects": tuple(rows),
        "may_create": access.allowed(mam, actor, "project.create"),
        "next_url": f"/?{urllib.parse.urlencode({'cursor': following})}" if following else None,
    }


def _activity(row: views.ProjectRow) -> str:
    return row.active_at


def _row(project: Shape, more: Shape) -> views.ProjectRow:
    pictures = tuple(picture(one["url"], one["blurhash"], one["media"]) for one in more["pictures"])
    return views.ProjectRow(
        id=project["id"],
        name=project["name"],
        description=project["description"],
        role=project["role"],
        assets=project["assets"] or 0,
        active_at=max(filter(None, (more["active_at"], project["updated_at"]))),
        people=tuple(more["people"]),
        people_count=more["people_count"],
        pictures=pictures,
    )
