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
    """That a note names its reader or answers theirs, that a review waits for them, or what was decided.

    `author` wrote the note, asked for the review or decided; a note's ids are null without one.
    """

    id: str
    kind: Literal["mention", "reply", "review_asked", "review_due", "review_overdue", "decided"]
    created_at: str
    read_at: str | None
    comment_id: str | None
    thread_id: str | None
    asset_id: str
    asset_title: str
    project_id: str
    project_name: str
    version_id: str
    version_number: int
    author: Author | None
    excerpt: str
    decision: Literal["approved", "changes_requested"] | None
    review_status: Literal["none", "in_review", "approved", "changes_requested"] | None
    due_at: str | None


class Inbox(Answer):
    """A page of notifications, newest first; `unread` counts all of them."""

    items: list[Notification]
    next_cursor: str | None
    unread: int
