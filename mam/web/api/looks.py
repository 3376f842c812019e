"""How a project looks on its links and papers: the house's name, an accent, a logo."""

from __future__ import annotations

from typing import Any

from quart import Response

from mam.services import project_looks
from mam.web.api import inputs_looks
from mam.web.api.shares import logo_answer
from mam.web.api.uploads import body_length
from mam.web.bridge import body_iterator
from mam.web.routes import Call


async def get_look(call: Call[Any], project_id: str) -> Any:
    """What the links and papers of a project bear where a link says nothing of its own."""
    return await call.run(project_looks.get, project_id)


async def update_look(call: Call[inputs_looks.ProjectLookPatch], project_id: str) -> Any:
    """Change the house's name and the accent as far as they are given."""
    return await call.run(project_looks.update, project_id, call.given)


async def set_project_logo(call: Call[Any], project_id: str) -> None:
    """Take the PNG, JPEG, WebP or SVG in the body as the project's logo."""
    length, actor = body_length(call), await call.login()
    await call.receive(
        project_looks.set_logo, actor, project_id, size=length, body=body_iterator(call.request)
    )


async def remove_project_logo(call: Call[Any], project_id: str) -> None:
    """Take the project's logo away."""
    await call.run(project_looks.remove_logo, project_id)


async def get_project_logo(call: Call[Any], project_id: str) -> Response:
    """The project's logo: a JPEG that the box drew."""
    return logo_answer(await call.run(project_looks.logo, project_id), "private, no-cache")
