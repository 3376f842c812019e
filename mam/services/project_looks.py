"""How a project looks to others: the house's name, an accent and a logo, on its links and its papers.

A link that says something of its own is taken at its word (`branding`); the rest comes from here. Writes
`project_look`, audit entries.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from mam.core import Mam
from mam.errors import NotFoundError
from mam.models import ProjectLook, database
from mam.services import access, audit, branding, events
from mam.services.leases import connected
from mam.services.shapes import Shape
from mam.types import Actor

CHANGE = "project.update"
"""The action of whoever may change how a project looks."""


def get(mam: Mam, actor: Actor, project_id: str) -> Shape:
    """`{studio, accent, has_logo}`, empty where the project says nothing; `NotFoundError`."""
    access.require_project(mam, actor, "project.read", project_id)
    return _shape(branding.look_of(project_id))


def update(mam: Mam, actor: Actor, project_id: str, given: Mapping[str, Any]) -> Shape:
    """Change the house's name and the accent (#rrggbb or null) as far as they are given."""
    with database.atomic():
        access.require_project(mam, actor, CHANGE, project_id)
        row = _own(project_id)
        row.studio = given.get("studio", row.studio)
        row.accent = (given["accent"] or "").lower() if "accent" in given else row.accent
        row.save()
        _done(mam, actor, "look_changed", project_id, changed=sorted(given))
    return _shape(row)


def set_logo(mam: Mam, actor: Actor, project_id: str, *, size: int, body: Iterator[bytes]) -> None:
    """Take a PNG, JPEG, WebP or SVG of `size` bytes as the project's logo, in place of one that is there.

    Connects by itself, for a sender may be slow. Raises as `branding.set_logo`.
    """
    branding.check_size(size)
    with connected():
        access.require_project(mam, actor, CHANGE, project_id)
    data = branding.drawn(mam, body, size)
    with connected(), database.atomic():
        access.require_project(mam, actor, CHANGE, project_id)
        row = _own(project_id)
        row.digest, row.data = hashlib.sha256(data).hexdigest()[:16], data
        row.save()
        _done(mam, actor, "logo_set", project_id)


def remove_logo(mam: Mam, actor: Actor, project_id: str) -> None:
    """Take the project's logo away; again changes nothing."""
    with database.atomic():
        access.require_project(mam, actor, CHANGE, project_id)
        there = (ProjectLook.project == project_id) & (ProjectLook.digest != "")
        if ProjectLook.update(digest="", data=None).where(there).execute():
            _done(mam, actor, "logo_removed", project_id)


def logo(mam: Mam, actor: Actor, project_id: str) -> ProjectLook:
    """The project's logo, for whoever may see the project; `NotFoundError` where there is none."""
    access.require_project(mam, actor, "project.read", project_id)
    row = branding.look_of(project_id)
    if row.data is None:
        raise NotFoundError
    return row


def _own(project_id: str) -> ProjectLook:
    """The project's row, made where it is not there, held until the transaction ends."""
    ProjectLook.insert(project=project_id).on_conflict_ignore().execute()
    row: ProjectLook = ProjectLook.get_by_id(project_id)
    return row


def _shape(row: ProjectLook) -> Shape:
    return {"studio": row.studio, "accent": row.accent or None, "has_logo": bool(row.digest)}


def _done(mam: Mam, actor: Actor, what: str, project_id: str, **data: Any) -> None:
    audit.record(
        mam, actor, f"project.{what}", kind="project", subject_id=project_id, project_id=project_id, data=data
    )
    events.publish(mam, f"project.{what}", project_id=project_id, data={})
