"""What somebody is told of: their inbox, and what of it was read."""

from __future__ import annotations

from typing import Any

from mam.services import notifications
from mam.web.api import inputs_notes
from mam.web.routes import Call


async def inbox(call: Call[inputs_notes.Inbox]) -> Any:
    """One's own notifications, newest first: mentions, and replies to one's notes."""
    return await call.run(notifications.inbox, **call.query.model_dump())


async def mark_read(call: Call[Any], notification_id: str) -> Any:
    """Note that one was read."""
    return await call.run(notifications.mark_read, notification_id)


async def mark_all_read(call: Call[Any]) -> None:
    """Note that all were read."""
    await call.run(notifications.mark_all_read)
