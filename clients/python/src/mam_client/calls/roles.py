"""Calls of `roles`."""

# Written by tools/generate.py from the OpenAPI document; changes here are lost.

from __future__ import annotations

from mam_client import models
from mam_client.call import Call, UNSET, Unset, given


def create_role(
    *,
    name: str,
    actions: list[str] | Unset = UNSET,
) -> Call[models.Role]:
    """Make a role out of the actions there are."""
    return Call("create_role", "POST", "/api/roles", body=given({"name": name, "actions": actions}))


def delete_role(
    role_id: str,
    *,
    replacement: str | None | Unset = UNSET,
) -> Call[None]:
    """Delete a role; whoever holds it gets the replacement."""
    return Call(
        "delete_role",
        "DELETE",
        f"/api/roles/{role_id}",
        query=given({"replacement": replacement}),
        reads="nothing",
    )


def get_role(
    role_id: str,
) -> Call[models.Role]:
    """A role that was made."""
    return Call("get_role", "GET", f"/api/roles/{role_id}")


def list_roles() -> Call[models.Page[models.Role]]:
    """The roles that people may hold in projects, with what each allows."""
    return Call("list_roles", "GET", "/api/roles")


def update_role(
    role_id: str,
    *,
    name: str | Unset = UNSET,
    actions: list[str] | Unset = UNSET,
) -> Call[models.Role]:
    """Rename a role, or say anew what it allows; in force at once."""
    return Call(
        "update_role", "PATCH", f"/api/roles/{role_id}", body=given({"name": name, "actions": actions})
    )
