"""Calls of `organisations`."""

# Written by tools/generate.py from the OpenAPI document; changes here are lost.

from __future__ import annotations

from mam_client import models
from mam_client.call import Call, ListCall, UNSET, Unset, given


def create_organisation(
    *,
    name: str,
    slug: str,
    quota_bytes: int | None | Unset = UNSET,
) -> Call[models.Organisation]:
    """A new organisation: its people and projects see nothing of others, and others nothing of theirs."""
    return Call(
        "create_organisation",
        "POST",
        "/api/organisations",
        body=given({"name": name, "slug": slug, "quota_bytes": quota_bytes}),
    )


def delete_organisation(
    organisation_id: str,
) -> Call[None]:
    """End an organisation that has neither people nor projects."""
    return Call("delete_organisation", "DELETE", f"/api/organisations/{organisation_id}", reads="nothing")


def get_organisation(
    organisation_id: str,
) -> Call[models.Organisation]:
    """One organisation with what it holds."""
    return Call("get_organisation", "GET", f"/api/organisations/{organisation_id}")


def list_organisations(
    *,
    cursor: str | None | Unset = UNSET,
    limit: int | Unset = UNSET,
) -> ListCall[models.Organisation]:
    """The organisations that one administers, the oldest first, with what each holds."""
    return ListCall(
        "list_organisations", "GET", "/api/organisations", query=given({"cursor": cursor, "limit": limit})
    )


def update_organisation(
    organisation_id: str,
    *,
    name: str | Unset = UNSET,
    quota_bytes: int | None | Unset = UNSET,
    studio: str | Unset = UNSET,
    accent: str | None | Unset = UNSET,
) -> Call[models.Organisation]:
    """Change name, quota, and what its share links look like; the quota is the box's to set."""
    return Call(
        "update_organisation",
        "PATCH",
        f"/api/organisations/{organisation_id}",
        body=given({"name": name, "quota_bytes": quota_bytes, "studio": studio, "accent": accent}),
    )
