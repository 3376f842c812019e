"""Calls of `comments`."""

# Written by tools/generate.py from the OpenAPI document; changes here are lost.

from __future__ import annotations

from typing import Any

from mam_client import models
from mam_client.call import Call, ListCall, UNSET, Unset, given


def add_comment_file(
    comment_id: str,
    content: bytes,
    *,
    filename: str | Unset = UNSET,
) -> Call[models.NoteFile]:
    """Attach the picture or document in the body to one's own note."""
    return Call(
        "add_comment_file",
        "POST",
        f"/api/comments/{comment_id}/files",
        query=given({"filename": filename}),
        content=content,
    )


def delete_comment(
    comment_id: str,
) -> Call[None]:
    """Take a note away: one's own, or as somebody who manages notes."""
    return Call("delete_comment", "DELETE", f"/api/comments/{comment_id}", reads="nothing")


def get_comment(
    comment_id: str,
) -> Call[models.Comment]:
    """A note with its replies."""
    return Call("get_comment", "GET", f"/api/comments/{comment_id}")


def get_comment_file(
    comment_id: str,
    file_id: str,
) -> Call[str]:
    """Redirect to a signed address of a note's file, which is saved and never shown as a page."""
    return Call("get_comment_file", "GET", f"/api/comments/{comment_id}/files/{file_id}", reads="address")


def get_comment_still(
    comment_id: str,
    *,
    width: int | Unset = UNSET,
) -> Call[bytes]:
    """The frame or page that a note stands on with its drawing burnt in, as JPEG; 404 on the whole."""
    return Call(
        "get_comment_still",
        "GET",
        f"/api/comments/{comment_id}/still",
        query=given({"width": width}),
        reads="bytes",
    )


def list_comment_history(
    comment_id: str,
    *,
    cursor: str | None | Unset = UNSET,
    limit: int | Unset = UNSET,
) -> ListCall[models.Edit]:
    """What a note said before each edit, the latest first."""
    return ListCall(
        "list_comment_history",
        "GET",
        f"/api/comments/{comment_id}/history",
        query=given({"cursor": cursor, "limit": limit}),
    )


def react(
    comment_id: str,
    name: str,
) -> Call[models.Comment]:
    """React to a note: thumbs_up, heart, eyes, question, check or thumbs_down."""
    return Call("react", "PUT", f"/api/comments/{comment_id}/reactions/{name}")


def remove_comment_file(
    comment_id: str,
    file_id: str,
) -> Call[None]:
    """Take a file off a note."""
    return Call(
        "remove_comment_file", "DELETE", f"/api/comments/{comment_id}/files/{file_id}", reads="nothing"
    )


def resolve_comment(
    comment_id: str,
) -> Call[models.Comment]:
    """Mark a note as done."""
    return Call("resolve_comment", "POST", f"/api/comments/{comment_id}/resolve")


def restore_comment(
    comment_id: str,
) -> Call[models.Comment]:
    """Bring a deleted note back."""
    return Call("restore_comment", "POST", f"/api/comments/{comment_id}/restore")


def unreact(
    comment_id: str,
    name: str,
) -> Call[models.Comment]:
    """Take one's own reaction back."""
    return Call("unreact", "DELETE", f"/api/comments/{comment_id}/reactions/{name}")


def unresolve_comment(
    comment_id: str,
) -> Call[models.Comment]:
    """Open a note again."""
    return Call("unresolve_comment", "POST", f"/api/comments/{comment_id}/unresolve")


def update_comment(
    comment_id: str,
    *,
    body: str | Unset = UNSET,
    frame: int | None | Unset = UNSET,
    frame_out: int | None | Unset = UNSET,
    drawing: dict[str, Any] | None | Unset = UNSET,
    internal: bool | Unset = UNSET,
) -> Call[models.Comment]:
    """Change one's own note."""
    return Call(
        "update_comment",
        "PATCH",
        f"/api/comments/{comment_id}",
        body=given(
            {"body": body, "frame": frame, "frame_out": frame_out, "drawing": drawing, "internal": internal}
        ),
    )
