"""Taking in files from the console and from watch folders: where they go in the library.

Makes projects and folders by name; never touches bytes (that is `uploads.receive`).
"""

from __future__ import annotations

from mam.core import Mam
from mam.models import Folder, Project
from mam.services import projects
from mam.types import Actor


def ensure_project(mam: Mam, actor: Actor, name: str) -> str:
    """The id of the project of that id or name; made where nobody has one. Raises `ValidationError`."""
    named = (Project.id == name) | (Project.name == name)
    row = (
        Project.select(Project.id)
        .where(Project.deleted_at.is_null() & named)
        .order_by(Project.created_at)
        .first()
    )
    return str(row.id) if row else str(projects.create_project(mam, actor, name=name)["id"])


def ensure_folder(mam: Mam, actor: Actor, project_id: str, path: tuple[str, ...]) -> str | None:
    """The id of the folder of that path in the project, made level by level; None for the empty path."""
    if not path:
        return None
    parent = ensure_folder(mam, actor, project_id, path[:-1])
    above = Folder.parent == parent if parent else Folder.parent.is_null()
    row = (
        Folder.select(Folder.id)
        .where((Folder.project == project_id) & above & (Folder.name == path[-1]))
        .first()
    )
    if row:
        return str(row.id)
    return str(projects.create_folder(mam, actor, project_id, name=path[-1], parent_id=parent)["id"])
