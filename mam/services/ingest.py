"""Taking in files from the console and from watch folders: where they go in the library, and their bytes.

Makes projects, folders and assets by name, and what `uploads.receive` makes. Files are read and left alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mam.core import Mam
from mam.errors import MamError
from mam.models import FIRST, Folder, Project
from mam.services import assets, projects, uploads
from mam.services.filenames import clean_filename
from mam.services.leases import connected
from mam.services.shapes import Shape
from mam.types import Actor

_CHUNK = 1 << 20
_LONGEST_NAME = 200  # characters of a project's or folder's name


def find_project(name: str) -> str | None:
    """The id of the living project of that id or name, the oldest where several have it; or None.

    Names are those of the first organisation's projects; a project of another one is named by its id.
    """
    name = _text(name)[:_LONGEST_NAME]
    named = (Project.id == name) | ((Project.name == name) & (Project.organisation_id == FIRST))
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


@dataclass(frozen=True)
class Place:
    """Where a file goes: a project, the path of a folder in it, and the asset if there is one already."""

    project_id: str
    folders: tuple[str, ...] = ()
    asset_id: str | None = None


def take_file(
    mam: Mam,
    actor: Actor,
    path: Path,
    place: Place,
    *,
    sha256: str | None = None,
    duplicates: str | None = None,
    count: Callable[[int], None] = lambda _count: None,
) -> Shape:
    """Take a file in as an asset, or as the next version of one; the version as in the contract.

    `sha256` is what it has to be, `count` is called with the bytes read since the last call. An asset that
    was made for it goes to the trash where the file cannot be taken in. Raises what `uploads.receive` raises,
    and `OSError` where the file cannot be read.
    """
    size, name = path.stat().st_size, readable(path.name)
    with connected():
        asset_id = place.asset_id or new_asset(mam, actor, place, name)
    try:
        return uploads.receive(
            mam,
            actor,
            asset_id,
            filename=name,
            content_type=None,
            size=size,
            body=_chunks(path, count),
            sha256=sha256,
            duplicates=duplicates,
        )
    except (MamError, OSError):
        if place.asset_id is None:
            with connected():
                assets.delete_asset(mam, actor, asset_id)
        raise


def new_asset(mam: Mam, actor: Actor, place: Place, name: str) -> str:
    """An asset for a file of that name at its place; its id."""
    folder_id = ensure_folder(mam, actor, place.project_id, place.folders)
    made = assets.create_asset(
        mam, actor, project_id=place.project_id, title=Path(name).stem, folder_id=folder_id
    )
    return str(made["id"])


def _chunks(path: Path, count: Callable[[int], None]) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
            count(len(chunk))
