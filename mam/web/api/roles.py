"""Roles in projects: the built-in ones, and those that administrators make."""

from __future__ import annotations

from typing import Any

from mam.services import roles
from mam.web.api import inputs_roles
from mam.web.routes import Call


async def list_roles(call: Call[Any]) -> Any:
    """The roles that people may hold in projects, with what each allows."""
    return await call.run(roles.list_roles)


async def create_role(call: Call[inputs_roles.RoleIn]) -> Any:
    """Make a role out of the actions there are."""
    return await call.run(roles.create_role, **call.body.model_dump())


async def get_role(call: Call[Any], role_id: str) -> Any:
    """A role that was made."""
    return await call.run(roles.get_role, role_id)


async def update_role(call: Call[inputs_roles.RolePatch], role_id: str) -> Any:
    """Rename a role, or say anew what it allows; in force at once."""
    return await call.run(roles.update_role, role_id, call.given)


async def delete_role(call: Call[inputs_roles.RoleDelete], role_id: str) -> None:
    """Delete a role; whoever holds it gets the replacement."""
    await call.run(roles.delete_role, role_id, call.query.replacement)
