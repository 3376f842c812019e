"""Calls of `notifications`."""

# Written by tools/generate.py from the OpenAPI document; changes here are lost.

from __future__ import annotations

from mam_client import models
from mam_client.call import Call, UNSET, Unset, given


def list_notifications(
    *,
    cursor: str | None | Unset = UNSET,
    limit: int | Unset = UNSET,
    unread: bool | Unset = UNSET,
) -> Call[models.Inbox]:
    """One's own notifications, newest first: mentions, and replies to one's notes."""
    return Call(
        "list_notifications",
        "GET",
        "/api/notifications",
        query=given({"cursor": cursor, "limit": limit, "unread": unread}),
    )


def mark_all_read() -> Call[None]:
    """Note that all were read."""
    return Call("mark_all_read", "POST", "/api/notifications/read", reads="nothing")


def mark_read(
    notification_id: str,
) -> Call[models.Notification]:
    """Note that one was read."""
    return Call("mark_read", "POST", f"/api/notifications/{notification_id}/read")
