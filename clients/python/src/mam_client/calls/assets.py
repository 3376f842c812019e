"""Calls of `assets`."""

# Written by tools/generate.py from the OpenAPI document; changes here are lost.

from __future__ import annotations

from typing import Any, Literal

from mam_client import models
from mam_client.call import Call, ListCall, UNSET, Unset, given


def change_assets(
    *,
    asset_ids: list[str],
    action: Literal["move", "tag", "untag", "trash", "restore", "set_field"],
    folder_id: str | None | Unset = UNSET,
    tags: list[str] | Unset = UNSET,
    field: str | None | Unset = UNSET,
    value: Any | Unset = UNSET,
) -> Call[models.Bulk]:
    """Do the same to many assets; each is answered for."""
    return Call(
        "change_assets",
        "POST",
        "/api/assets/bulk",
        body=given(
            {
                "asset_ids": asset_ids,
                "action": action,
                "folder_id": folder_id,
                "tags": tags,
                "field": field,
                "value": value,
            }
        ),
    )


def create_asset(
    *,
    project_id: str,
    title: str,
    folder_id: str | None | Unset = UNSET,
    metadata: dict[str, Any] | Unset = UNSET,
    tags: list[str] | Unset = UNSET,
) -> Call[models.Asset]:
    """Make an asset that waits for its first upload."""
    return Call(
        "create_asset",
        "POST",
        "/api/assets",
        body=given(
            {
                "project_id": project_id,
                "title": title,
                "folder_id": folder_id,
                "metadata": metadata,
                "tags": tags,
            }
        ),
        repeatable=True,
    )


def create_comment(
    asset_id: str,
    *,
    version_id: str,
    body: str,
    frame: int | None | Unset = UNSET,
    frame_out: int | None | Unset = UNSET,
    drawing: dict[str, Any] | None | Unset = UNSET,
    parent_id: str | None | Unset = UNSET,
    internal: bool | Unset = UNSET,
) -> Call[models.Comment]:
    """Write a note, or a reply; pages that show the version have it at once."""
    return Call(
        "create_comment",
        "POST",
        f"/api/assets/{asset_id}/comments",
        body=given(
            {
                "version_id": version_id,
                "body": body,
                "frame": frame,
                "frame_out": frame_out,
                "drawing": drawing,
                "parent_id": parent_id,
                "internal": internal,
            }
        ),
        repeatable=True,
    )


def delete_asset(
    asset_id: str,
) -> Call[None]:
    """Move an asset to the trash; a locked master stays locked."""
    return Call("delete_asset", "DELETE", f"/api/assets/{asset_id}", reads="nothing")


def get_asset(
    asset_id: str,
) -> Call[models.Asset]:
    """An asset with its versions, newest first."""
    return Call("get_asset", "GET", f"/api/assets/{asset_id}")


def list_assets(
    *,
    cursor: str | None | Unset = UNSET,
    limit: int | Unset = UNSET,
    q: str | None | Unset = UNSET,
    project_id: str | None | Unset = UNSET,
    folder_id: str | None | Unset = UNSET,
    kind: Literal["video", "image", "audio", "document", "other"] | None | Unset = UNSET,
    status: Literal["awaiting_upload", "uploading", "promoting", "processing", "ready", "failed"]
    | None
    | Unset = UNSET,
    tag: str | None | Unset = UNSET,
    review: Literal["none", "in_review", "approved", "changes_requested", "overdue"] | None | Unset = UNSET,
    trashed: bool | Unset = UNSET,
    sort: Literal[
        "created_at",
        "-created_at",
        "updated_at",
        "-updated_at",
        "title",
        "-title",
        "kind",
        "-kind",
        "status",
        "-status",
    ]
    | Unset = UNSET,
    person: str | None | Unset = UNSET,
    since: str | None | Unset = UNSET,
    to: str | None | Unset = UNSET,
    field: str | None | Unset = UNSET,
) -> ListCall[models.Asset]:
    """The assets you see, a page at a time; every filter given has to fit."""
    return ListCall(
        "list_assets",
        "GET",
        "/api/assets",
        query=given(
            {
                "cursor": cursor,
                "limit": limit,
                "q": q,
                "project_id": project_id,
                "folder_id": folder_id,
                "kind": kind,
                "status": status,
                "tag": tag,
                "review": review,
                "trashed": trashed,
                "sort": sort,
                "person": person,
                "since": since,
                "to": to,
                "field": field,
            }
        ),
    )


def list_comments(
    asset_id: str,
    *,
    cursor: str | None | Unset = UNSET,
    limit: int | Unset = UNSET,
    version_id: str | None | Unset = UNSET,
    state: Literal["open", "resolved", "all"] | Unset = UNSET,
    author_id: str | None | Unset = UNSET,
    mentions_id: str | None | Unset = UNSET,
    internal: bool | None | Unset = UNSET,
    q: str | Unset = UNSET,
    sort: Literal["frame", "newest", "author"] | Unset = UNSET,
) -> ListCall[models.Comment]:
    """The notes on an asset by frame, each with its replies; those on the whole come first."""
    return ListCall(
        "list_comments",
        "GET",
        f"/api/assets/{asset_id}/comments",
        query=given(
            {
                "cursor": cursor,
                "limit": limit,
                "version_id": version_id,
                "state": state,
                "author_id": author_id,
                "mentions_id": mentions_id,
                "internal": internal,
                "q": q,
                "sort": sort,
            }
        ),
    )


def list_mentionable(
    asset_id: str,
    *,
    q: str | Unset = UNSET,
    internal: bool | Unset = UNSET,
    limit: int | Unset = UNSET,
) -> Call[models.Page[models.Named]]:
    """Who may be named in a note on this asset: whoever could read it."""
    return Call(
        "list_mentionable",
        "GET",
        f"/api/assets/{asset_id}/mentionable",
        query=given({"q": q, "internal": internal, "limit": limit}),
    )


def list_versions(
    asset_id: str,
    *,
    cursor: str | None | Unset = UNSET,
    limit: int | Unset = UNSET,
    state: Literal["kept", "removed", "all"] | Unset = UNSET,
) -> ListCall[models.StackedVersion]:
    """The versions of an asset, newest first, each with its uploader and its count of notes."""
    return ListCall(
        "list_versions",
        "GET",
        f"/api/assets/{asset_id}/versions",
        query=given({"cursor": cursor, "limit": limit, "state": state}),
    )


def restore_asset(
    asset_id: str,
) -> Call[models.Asset]:
    """Take an asset out of the trash."""
    return Call("restore_asset", "POST", f"/api/assets/{asset_id}/restore")


def stack(
    asset_id: str,
    *,
    from_asset_id: str,
) -> Call[models.Stacked]:
    """Put another asset's versions onto this one, as its next; the other one goes to the trash."""
    return Call(
        "stack", "POST", f"/api/assets/{asset_id}/stack", body=given({"from_asset_id": from_asset_id})
    )


def unstack(
    asset_id: str,
    *,
    version_ids: list[str],
) -> Call[models.Unstacked]:
    """Take versions off again: back to where they came from, or onto an asset of their own."""
    return Call(
        "unstack", "POST", f"/api/assets/{asset_id}/unstack", body=given({"version_ids": version_ids})
    )


def update_asset(
    asset_id: str,
    *,
    title: str | Unset = UNSET,
    folder_id: str | None | Unset = UNSET,
    metadata: dict[str, Any] | Unset = UNSET,
    tags: list[str] | Unset = UNSET,
) -> Call[models.Asset]:
    """Change title, folder, metadata or tags."""
    return Call(
        "update_asset",
        "PATCH",
        f"/api/assets/{asset_id}",
        body=given({"title": title, "folder_id": folder_id, "metadata": metadata, "tags": tags}),
    )


def upload_whole(
    asset_id: str,
    content: bytes,
    *,
    filename: str | None | Unset = UNSET,
    duplicates: Literal["allow", "link", "refuse"] | None | Unset = UNSET,
) -> Call[models.Version]:
    """Take a whole file, raw or as a form's field `file`; promoted and queued when it has arrived."""
    return Call(
        "upload_whole",
        "POST",
        f"/api/assets/{asset_id}/upload",
        query=given({"filename": filename, "duplicates": duplicates}),
        content=content,
    )
