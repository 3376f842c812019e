"""Making a project without scripts; with them the home page asks in a dialog and calls the API."""

from __future__ import annotations

from typing import Any

from quart import Response

from mam.errors import ValidationError
from mam.services import access, projects
from mam.web import views
from mam.web.language import _
from mam.web.portal.page import page_response, redirect, render
from mam.web.routes import Call

LONGEST = 200
"""Characters of a project's name (its column)."""


async def show(call: Call[Any]) -> str:
    """The form, for whoever may make projects."""
    await call.run(access.require, "project.create")
    return _form(call, "", "")


async def save(call: Call[Any]) -> Response:
    """Make it and go there."""
    name = (await call.form()).get("name", "").strip()
    if not 0 < len(name) <= LONGEST or not name.isprintable():
        return page_response(_form(call, name, _("A name of 1 to %(count)s characters.", count=LONGEST)), 422)
    try:
        project = await call.run(projects.create_project, name=name)
    except ValidationError as error:
        return page_response(_form(call, name, error.detail), 422)
    return redirect(f"/projects/{project['id']}")


def _form(call: Call[Any], name: str, error: str) -> str:
    return render(
        call,
        "new_project.html",
        views.NewProjectView,
        title=_("New project"),
        page="new_project",
        name=name,
        error=error,
    )
