"""What the calls about notes answer, beside the notes themselves (`answers`)."""

from __future__ import annotations

from typing import Literal

from mam.web.api.answers import Answer, Author


class Edit(Answer):
    """What a note said before one edit; its own words are the latest."""

    id: str
    edited_by: Author | None
    edited_at: str
    body: str


class Notification(Answer):
    """That a note names its reader, or answers theirs."""

    id: str
    kind: Literal["mention", "reply"]
    created_at: str
    read_at: str | None
    comment_id: str
    thread_id: str
    asset_id: str
    asset_title: str
    project_id: str
    project_name: str
    version_id: str
    version_number: int
    author: Author | None
    excerpt: str


class Inbox(Answer):
    """A page of notifications, newest first; `unread` counts all of them."""

    items: list[Notification]
    next_cursor: str | None
    unread: int
