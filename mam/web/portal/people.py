"""Who belongs to a project: roles given, changed and taken, by those who may."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quart import Response

from mam.core import Mam
from mam.errors import ConflictError, MamError, NotFoundError, ValidationError
from mam.services import access, accounts, projects, roles
from mam.services.shapes import Shape
from mam.types import Actor
from mam.web import views
from mam.web.language import _
from mam.web.portal.page import page_response, redirect, render
from mam.web.routes import Call


async def show(call: Call[Any], project_id: str) -> str:
    """The members, for whoever may manage them."""
    return await _page(call, project_id, {}, None)


async def save(call: Call[Any], project_id: str) -> Response:
    """Give somebody a role, or take them out (`remove`)."""
    form = await call.form()
    try:
        await call.run(_change, project_id, form)
    except (ValidationError, ConflictError, NotFoundError) as error:
        return page_response(await _page(call, project_id, form, error), 422)
    return redirect(f"/projects/{project_id}/people")


def _change(mam: Mam, actor: Actor, project_id: str, form: Mapping[str, str]) -> None:
    if "remove" in form:
        projects.remove_member(mam, actor, project_id, form["remove"])
        return
    project = access.require_project(mam, actor, "member.manage", project_id)
    user_id = form.get("user_id") or _find(mam, form.get("email", ""), project.organisation_id)
    projects.set_member(mam, actor, project_id, user_id, form.get("role", ""))


def _find(mam: Mam, email: str, organisation_id: str) -> str:
    try:
        return accounts.find_user(mam, email, organisation_id)
    except NotFoundError:
        raise NotFoundError(
            _("Nobody has an account under %(email)s here; they have to make one first.", email=email)
        ) from None


async def _page(call: Call[Any], project_id: str, form: Mapping[str, str], error: MamError | None) -> str:
    project = await call.run(_load, project_id)
    return render(
        call,
        "project_people.html",
        views.PeopleView,
        title=_("People in %(name)s", name=project["name"]),
        page="people",
        project=project,
        roles=(*access.ROLES, *project["role_names"]),
        role_names=project["role_names"],
        email=form.get("email", ""),
        error=error.detail if error else "",
    )


def _load(mam: Mam, actor: Actor, project_id: str) -> Shape:
    access.require_project(mam, actor, "member.manage", project_id)
    return {**projects.get_project(mam, actor, project_id), "role_names": roles.names()}
