"""Calls of `shares`."""

# Written by tools/generate.py from the OpenAPI document; changes here are lost.

from __future__ import annotations

from typing import Literal

from mam_client import models
from mam_client.call import Call, ListCall, UNSET, Unset, given


def create_share(
    *,
    title: str | Unset = UNSET,
    studio: str | Unset = UNSET,
    expires_at: str | None | Unset = UNSET,
    password: str | None | Unset = UNSET,
    max_views: int | None | Unset = UNSET,
    allow_comments: bool | Unset = UNSET,
    allow_download: bool | Literal["none", "preview", "original"] | Unset = UNSET,
    watermark: bool | str | None | Unset = UNSET,
    all_versions: bool | Unset = UNSET,
    allow_decide: bool | Unset = UNSET,
    decision_required: bool | Unset = UNSET,
    accent: str | None | Unset = UNSET,
    asset_ids: list[str] | None | Unset = UNSET,
    project_id: str | None | Unset = UNSET,
    folder_id: str | None | Unset = UNSET,
    collection_id: str | None | Unset = UNSET,
    filters: models.ShareFilters | None | Unset = UNSET,
) -> Call[models.Share]:
    """Make a link; the answer's `url` is the only place where its secret is ever told."""
    return Call(
        "create_share",
        "POST",
        "/api/shares",
        body=given(
            {
                "title": title,
                "studio": studio,
                "expires_at": expires_at,
                "password": password,
                "max_views": max_views,
                "allow_comments": allow_comments,
                "allow_download": allow_download,
                "watermark": watermark,
                "all_versions": all_versions,
                "allow_decide": allow_decide,
                "decision_required": decision_required,
                "accent": accent,
                "asset_ids": asset_ids,
                "project_id": project_id,
                "folder_id": folder_id,
                "collection_id": collection_id,
                "filters": filters,
            }
        ),
        repeatable=True,
    )


def export_visits(
    share_id: str,
) -> Call[bytes]:
    """The same as a table (CSV)."""
    return Call("export_visits", "GET", f"/api/shares/{share_id}/visits/export", reads="bytes")


def get_logo(
    share_id: str,
) -> Call[bytes]:
    """The logo of a link's pages, as guests see it."""
    return Call("get_logo", "GET", f"/api/shares/{share_id}/logo", reads="bytes")


def get_share(
    share_id: str,
) -> Call[models.Share]:
    """One link, whether it still holds or not."""
    return Call("get_share", "GET", f"/api/shares/{share_id}")


def list_shares(
    *,
    cursor: str | None | Unset = UNSET,
    limit: int | Unset = UNSET,
    project_id: str | Unset = UNSET,
) -> ListCall[models.Share]:
    """A project's links, newest first, those that have ended among them."""
    return ListCall(
        "list_shares",
        "GET",
        "/api/shares",
        query=given({"cursor": cursor, "limit": limit, "project_id": project_id}),
    )


def list_visits(
    share_id: str,
    *,
    cursor: str | None | Unset = UNSET,
    limit: int | Unset = UNSET,
) -> ListCall[models.ShareVisit]:
    """Who came by a link, what they opened and what they took, newest first."""
    return ListCall(
        "list_visits",
        "GET",
        f"/api/shares/{share_id}/visits",
        query=given({"cursor": cursor, "limit": limit}),
    )


def remove_logo(
    share_id: str,
) -> Call[None]:
    """Take the logo of a link's pages away."""
    return Call("remove_logo", "DELETE", f"/api/shares/{share_id}/logo", reads="nothing")


def renew_share(
    share_id: str,
) -> Call[models.Share]:
    """A new address in place of the old one, which ends; whoever was let in has to come in again."""
    return Call("renew_share", "POST", f"/api/shares/{share_id}/renew")


def revoke_share(
    share_id: str,
) -> Call[None]:
    """Take a link back: pages at once, what plays within seconds."""
    return Call("revoke_share", "DELETE", f"/api/shares/{share_id}", reads="nothing")


def set_logo(
    share_id: str,
    content: bytes,
) -> Call[None]:
    """Take the PNG, JPEG, WebP or SVG in the body as the logo of a link's pages."""
    return Call("set_logo", "PUT", f"/api/shares/{share_id}/logo", content=content, reads="nothing")


def update_share(
    share_id: str,
    *,
    title: str | Unset = UNSET,
    studio: str | Unset = UNSET,
    expires_at: str | None | Unset = UNSET,
    password: str | None | Unset = UNSET,
    max_views: int | None | Unset = UNSET,
    allow_comments: bool | Unset = UNSET,
    allow_download: bool | Literal["none", "preview", "original"] | Unset = UNSET,
    watermark: bool | str | None | Unset = UNSET,
    all_versions: bool | Unset = UNSET,
    allow_decide: bool | Unset = UNSET,
    decision_required: bool | Unset = UNSET,
    accent: str | None | Unset = UNSET,
) -> Call[models.Share]:
    """Change what a link allows; guests notice with their next look."""
    return Call(
        "update_share",
        "PATCH",
        f"/api/shares/{share_id}",
        body=given(
            {
                "title": title,
                "studio": studio,
                "expires_at": expires_at,
                "password": password,
                "max_views": max_views,
                "allow_comments": allow_comments,
                "allow_download": allow_download,
                "watermark": watermark,
                "all_versions": all_versions,
                "allow_decide": allow_decide,
                "decision_required": decision_required,
                "accent": accent,
            }
        ),
    )
