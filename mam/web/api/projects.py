"""Projects, their members and folders."""

from __future__ import annotations

from typing import Any

from mam.services import folders, projects
from mam.web.api import inputs
from mam.web.api.repeat import repeatable
from mam.web.routes import Call


async def list_projects(call: Call[Any]) -> Any:
    """The projects you see."""
    return await call.run(projects.list_projects, **call.query.model_dump())


async def create_project(call: Call[inputs.ProjectIn]) -> Any:
    """Make a project; you own it."""
    return await repeatable(call, projects.create_project, **call.body.model_dump())


async def get_project(call: Call[Any], project_id: str) -> Any:
    """A project with its members."""
    return await call.run(projects.get_project, project_id)


async def update_project(call: Call[inputs.ProjectPatch], project_id: str) -> Any:
    """Change a project's name or description."""
    return await call.run(projects.update_project, project_id, **call.given)


async def delete_project(call: Call[Any], project_id: str) -> None:
    """Move a project to the trash."""
    await call.run(projects.delete_project, project_id)


async def restore_project(call: Call[Any], project_id: str) -> Any:
    """Take a project out of the trash."""
    return await call.run(projects.restore_project, project_id)


async def set_member(call: Call[inputs.MemberIn], project_id: str, user_id: str) -> Any:
    """Give somebody a role in the project."""
    return await call.run(projects.set_member, project_id, user_id, call.body.role)


async def remove_member(call: Call[Any], project_id: str, user_id: str) -> None:
    """Take somebody out of the project."""
    await call.run(projects.remove_member, project_id, user_id)


async def list_folders(call: Call[Any], project_id: str) -> Any:
    """Every folder of the project; `parent_id` makes the tree."""
    return await call.run(folders.list_folders, project_id, **call.query.model_dump())


async def create_folder(call: Call[inputs.FolderIn], project_id: str) -> Any:
    """Make a folder."""
    return await repeatable(call, folders.create_folder, project_id, **call.body.model_dump())


async def get_folder(call: Call[Any], folder_id: str) -> Any:
    """A folder."""
    return await call.run(folders.get_folder, folder_id)


async def update_folder(call: Call[inputs.FolderPatch], folder_id: str) -> Any:
    """Rename or move a folder."""
    return await call.run(folders.update_folder, folder_id, **call.given)


async def delete_folder(call: Call[Any], folder_id: str) -> None:
    """Remove a folder; what is in it moves one level up."""
    await call.run(folders.delete_folder, folder_id)
