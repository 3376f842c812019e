"""Media hash lists of a project: its generations, a new one for a hand-off, a client's list compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quart import Response

from mam.core import Mam
from mam.errors import FieldError, ValidationError
from mam.services import access, manifests, projects
from mam.services.shapes import Shape
from mam.types import Actor
from mam.web import views
from mam.web.language import _
from mam.web.portal.page import page_response, redirect, render
from mam.web.routes import Call

_SHOWN = 200
_LONGEST = 2000  # characters of a comment


async def show(call: Call[Any], project_id: str) -> str:
    """The generations, newest first."""
    return await _page(call, project_id, "")


async def save(call: Call[Any], project_id: str) -> Response:
    """Make the next generation."""
    form = await call.form()
    try:
        await call.run(_create, project_id, form)
    except ValidationError as error:
        return page_response(await _page(call, project_id, error.detail), 422)
    return redirect(f"/projects/{project_id}/manifests")


def _create(mam: Mam, actor: Actor, project_id: str, form: Mapping[str, str]) -> None:
    comment = form.get("comment", "").strip()
    if len(comment) > _LONGEST or "\0" in comment:
        problem = FieldError("comment", _("At most %(count)s characters.", count=_LONGEST))
        raise ValidationError(_("A comment has at most %(count)s characters.", count=_LONGEST), (problem,))
    manifests.create(mam, actor, project_id, comment=comment)


async def _page(call: Call[Any], project_id: str, error: str) -> str:
    project, rows, may_write = await call.run(_load, project_id)
    return render(
        call,
        "project_manifests.html",
        views.ManifestsView,
        title=_("Media hash lists of %(name)s", name=project["name"]),
        page="manifests",
        project=project,
        manifests=tuple(rows),
        may_write=may_write,
        error=error,
    )


def _load(mam: Mam, actor: Actor, project_id: str) -> tuple[Shape, list[Shape], bool]:
    project = projects.get_project(mam, actor, project_id)
    rows = manifests.list_manifests(mam, actor, project_id, limit=_SHOWN)["items"]
    thing = access.actor_thing(actor, "project", project_id, project_id)
    return project, rows, access.allowed(mam, actor, "asset.write", thing)
