"""Calls of `fields`."""

# Written by tools/generate.py from the OpenAPI document; changes here are lost.

from __future__ import annotations

from mam_client import models
from mam_client.call import Call, UNSET, Unset, given


def delete_field(
    field_id: str,
    *,
    values: bool | Unset = UNSET,
) -> Call[None]:
    """Take a field away; its values stay unless `values` says otherwise."""
    return Call(
        "delete_field", "DELETE", f"/api/fields/{field_id}", query=given({"values": values}), reads="nothing"
    )


def get_field(
    field_id: str,
) -> Call[models.CustomField]:
    """A field that a project defines."""
    return Call("get_field", "GET", f"/api/fields/{field_id}")


def restore_field(
    field_id: str,
) -> Call[models.CustomField]:
    """Bring a deleted field back."""
    return Call("restore_field", "POST", f"/api/fields/{field_id}/restore")


def update_field(
    field_id: str,
    *,
    name: str | Unset = UNSET,
    options: list[str] | Unset = UNSET,
    position: int | Unset = UNSET,
) -> Call[models.CustomField]:
    """Change a field's name, options or place."""
    return Call(
        "update_field",
        "PATCH",
        f"/api/fields/{field_id}",
        body=given({"name": name, "options": options, "position": position}),
    )
