"""The trash of a project."""

from __future__ import annotations

from typing import Any

from mam.core import Mam
from mam.services import projects, trash
from mam.services.shapes import Shape
from mam.types import Actor
from mam.web import views
from mam.web.language import _
from mam.web.portal.page import render
from mam.web.routes import Call

PAGE = 100


async def show(call: Call[Any], project_id: str) -> str:
    """What was thrown away, who did it, what is locked until when."""
    fields = await call.run(_load, project_id, call.request.args.get("cursor") or None)
    return render(call, "trash.html", views.TrashView, title=_("Trash"), page="trash", **fields)


def _load(mam: Mam, actor: Actor, project_id: str, cursor: str | None) -> Shape:
    project = projects.get_project(mam, actor, project_id)
    found = trash.list_trash(mam, actor, project_id, cursor=cursor, limit=PAGE)
    following = found["next_cursor"]
    return {
        "project": project,
        "rows": tuple(found["items"]),
        "next_url": f"/projects/{project_id}/trash?cursor={following}" if following else None,
    }
