"""Taking in files from the console and from watch folders: where they go in the library.

Makes projects and folders by name; never touches bytes (that is `uploads.receive`).
"""

from __future__ import annotations

import os

from mam.core import Mam
from mam.models import Folder, Project
from mam.services import projects
from mam.services.filenames import clean_filename
from mam.types import Actor

_LONGEST_NAME = 200  # characters of a project's or folder's name


def find_project(name: str) -> str | None:
    """The id of the living project of that id or name, the oldest where several have it; or None."""
    name = _text(name)[:_LONGEST_NAME]
    named = (Project.id == name) | (Project.name == name)
    row = (
        Project.select(Project.id)
        .where(Project.deleted_at.is_null() & named)
        .order_by(Project.created_at)
        .first()
    )
    return str(row.id) if row else None


def ensure_project(mam: Mam, actor: Actor, name: str) -> str:
    """The id of the project of that id or name; made where nobody has one. Raises `ValidationError`."""
    found = find_project(name)
    return found or str(projects.create_project(mam, actor, name=_text(name)[:_LONGEST_NAME])["id"])


def readable(name: str) -> str:
    """A name from a disk as text for people: what is no UTF-8 is replaced, control characters go."""
    return clean_filename(_text(name))


def _text(name: str) -> str:
    """Python carries bytes of a name that are no UTF-8 as lone surrogates, which no database takes."""
    return os.fsencode(name).decode("utf-8", "replace")


def ensure_folder(mam: Mam, actor: Actor, project_id: str, path: tuple[str, ...]) -> str | None:
    """The id of the folder of that path in the project, made level by level; None for the empty path."""
    if not path:
        return None
    parent = ensure_folder(mam, actor, project_id, path[:-1])
    above = Folder.parent == parent if parent else Folder.parent.is_null()
    name = readable(path[-1])[:_LONGEST_NAME]
    row = (
        Folder.select(Folder.id).where((Folder.project == project_id) & above & (Folder.name == name)).first()
    )
    if row:
        return str(row.id)
    return str(projects.create_folder(mam, actor, project_id, name=name, parent_id=parent)["id"])
