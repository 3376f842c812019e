"""Folders of a project: a tree of names. Writes `folder`, and `asset.folder` when a folder goes.

Deleting a folder loses nothing: what was in it moves one level up.
"""

from __future__ import annotations

from typing import Any

from mam.core import Mam
from mam.errors import ConflictError, FieldError, NotFoundError, ValidationError
from mam.ids import is_id
from mam.models import Asset, Folder, database, now
from mam.services import access, audit, pages
from mam.services.shapes import Shape, folder_shape
from mam.types import Actor

MAX_DEPTH = 32
"""Levels of folders."""

SORTS = {"name": Folder.name, "created_at": Folder.created_at}
UNCHANGED = "unchanged"
"""Stands for a parent that is not to be changed, for None is the project's top."""


def list_folders(
    mam: Mam, actor: Actor, project_id: str, *, sort: str = "name", cursor: str | None = None, limit: int = 50
) -> Shape:
    """Every folder of the project, whatever its depth; the client builds the tree by `parent_id`."""
    access.require_project(mam, actor, "project.read", project_id)
    query = Folder.select().where(Folder.project == project_id)
    rows, following = pages.page(query, sort, SORTS, Folder.id, cursor=cursor, limit=limit)
    return pages.listed(rows, folder_shape, following)


def create_folder(
    mam: Mam, actor: Actor, project_id: str, *, name: str, parent_id: str | None = None
) -> Shape:
    """Make a folder at the project's top or in another folder of it."""
    access.require_project(mam, actor, "folder.write", project_id)
    with database.atomic():
        _check_parent(project_id, parent_id, None)
        folder = Folder.create(project=project_id, parent=parent_id, name=name)
        _record(mam, actor, "folder.created", folder)
    return folder_shape(folder)


def get_folder(mam: Mam, actor: Actor, folder_id: str) -> Shape:
    """One folder; `NotFoundError` where it may not be seen."""
    return folder_shape(require_folder(mam, actor, "project.read", folder_id))


def update_folder(
    mam: Mam, actor: Actor, folder_id: str, *, name: str | None = None, parent_id: str | None = UNCHANGED
) -> Shape:
    """Rename or move a folder; `ValidationError` where it would end up inside itself."""
    folder = require_folder(mam, actor, "folder.write", folder_id)
    with database.atomic():
        if name is not None:
            folder.name = name
        if parent_id != UNCHANGED:
            _check_parent(folder.project_id, parent_id, folder_id)
            folder.parent_id = parent_id
        folder.save()
        _record(mam, actor, "folder.updated", folder)
    return folder_shape(folder)


def delete_folder(mam: Mam, actor: Actor, folder_id: str) -> None:
    """Remove a folder; its folders and assets move to its parent."""
    folder = require_folder(mam, actor, "folder.write", folder_id)
    with database.atomic():
        Folder.update(parent=folder.parent_id).where(Folder.parent == folder_id).execute()
        Asset.update(folder=folder.parent_id, updated_at=now()).where(Asset.folder == folder_id).execute()
        folder.delete_instance()
        _record(mam, actor, "folder.deleted", folder)


def require_folder(mam: Mam, actor: Actor, action: str, folder_id: str) -> Folder:
    """The folder, if `actor` may do `action` in its project; `NotFoundError` where it may not be seen."""
    folder = Folder.get_or_none(Folder.id == folder_id) if is_id(folder_id) else None
    if folder is None:
        raise NotFoundError
    access.require_project(mam, actor, action, folder.project_id)
    return folder


def check_in_project(folder_id: str | None, project_id: str) -> None:
    """`ValidationError` for a folder that is not of this project."""
    if folder_id is None:
        return
    inside = (Folder.id == folder_id) & (Folder.project == project_id)
    if not Folder.select().where(inside).exists():
        raise _invalid("folder_id", "A folder of this project.")


def _check_parent(project_id: str, parent_id: str | None, moving: str | None) -> None:
    """Walk up from the new parent: in this project, not below the folder that moves, not bottomless."""
    query: Any = Folder.select(Folder.id, Folder.parent).where(Folder.project == project_id)
    parents: dict[str, str | None] = dict(query.tuples())
    at, depth = parent_id, 0
    while at is not None:
        if at not in parents:
            raise _invalid("parent_id", "A folder of this project.")
        if at == moving:
            raise _invalid("parent_id", "A folder that is not inside this one.")
        depth += 1
        if depth >= MAX_DEPTH:
            raise ConflictError(f"Folders go {MAX_DEPTH} levels deep at most.", code="too_deep")
        at = parents[at]


def _record(mam: Mam, actor: Actor, action: str, folder: Folder) -> None:
    audit.record(
        mam, actor, action, kind="folder", subject_id=folder.id, project_id=folder.project_id,
        data={"name": folder.name},
    )  # fmt: skip


def _invalid(field: str, message: str) -> ValidationError:
    return ValidationError(f"{field}: {message}", (FieldError(field, message),))
