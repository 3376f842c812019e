"""A project's own fields and its tags: what they are, for whoever may read; changed over the API."""

from __future__ import annotations

from typing import Any

from mam.core import Mam
from mam.services import fields, projects, tags
from mam.services.shapes import Shape
from mam.types import Actor
from mam.web import views
from mam.web.portal.page import may, render
from mam.web.routes import Call

_TAGS = 200


async def show(call: Call[Any], project_id: str) -> str:
    """Fields, deleted fields, tags with their counts."""
    given = await call.run(_load, project_id)
    title = "Fields and tags"
    return render(call, "project_fields.html", views.FieldsView, title=title, page="fields", **given)


def _load(mam: Mam, actor: Actor, project_id: str) -> Shape:
    allowed = may(mam, actor, project_id)
    return {
        "project": projects.get_project(mam, actor, project_id),
        "fields": tuple(fields.list_fields(mam, actor, project_id)["items"]),
        "deleted": tuple(fields.list_fields(mam, actor, project_id, deleted=True)["items"]),
        "tags": tuple(tags.list_tags(mam, actor, project_id, limit=_TAGS)["items"]),
        "may_manage": allowed("project.update"),
        "may_write": allowed("asset.write"),
    }
