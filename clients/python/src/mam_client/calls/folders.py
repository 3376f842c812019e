"""Calls of `folders`."""

# Written by tools/generate.py from the OpenAPI document; changes here are lost.

from __future__ import annotations

from mam_client import models
from mam_client.call import Call, UNSET, Unset, given


def delete_folder(
    folder_id: str,
) -> Call[None]:
    """Remove a folder; what is in it moves one level up."""
    return Call("delete_folder", "DELETE", f"/api/folders/{folder_id}", reads="nothing")


def get_folder(
    folder_id: str,
) -> Call[models.Folder]:
    """A folder."""
    return Call("get_folder", "GET", f"/api/folders/{folder_id}")


def update_folder(
    folder_id: str,
    *,
    name: str | Unset = UNSET,
    parent_id: str | None | Unset = UNSET,
) -> Call[models.Folder]:
    """Rename or move a folder."""
    return Call(
        "update_folder",
        "PATCH",
        f"/api/folders/{folder_id}",
        body=given({"name": name, "parent_id": parent_id}),
    )
