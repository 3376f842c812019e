"""What the calls about notes answer, beside the notes themselves (`answers`)."""

from __future__ import annotations

from typing import Any, Literal

from mam.web.api.answers import Answer


class Author(Answer):
    """Who wrote or resolved a note; a `guest` of a share link has no id."""

    id: str | None
    display_name: str
    guest: bool


class Named(Answer):
    """Somebody who is named in a note, or reacted to it."""

    id: str
    display_name: str


class Reaction(Answer):
    """One reaction to a note, and who gave it."""

    name: str
    count: int
    people: list[Named]


class NoteFile(Answer):
    """A file of a note; `url` leads to its bytes for whoever sees the note."""

    id: str
    filename: str
    content_type: str
    size: int
    sha256: str
    url: str
    created_at: str


class CarriedFrom(Answer):
    """Where a note was carried from: the version, and the place that it had there."""

    version_id: str
    number: int
    frame: int | None
    frame_out: int | None
    timecode: str | None
    timecode_out: str | None


class Reply(Answer):
    """A note below another one, where that one stands."""

    id: str
    asset_id: str
    version_id: str
    parent_id: str | None
    author: Author | None
    frame: int | None
    frame_out: int | None
    timecode: str | None
    timecode_out: str | None
    body: str
    source: str
    mentions: list[Named]
    reactions: list[Reaction]
    files: list[NoteFile]
    carried: CarriedFrom | None
    drawing: dict[str, Any] | None
    internal: bool
    resolved_at: str | None
    resolved_by: Author | None
    created_at: str
    updated_at: str
    edited_at: str | None
    replies: list[Any]


class Comment(Reply):
    """A note: frames from 0 and inclusive, their source time codes, null for a note on the whole.

    In a document frames are pages ("Page 1" is 0), in sound thousandths of a second ("00:00:01.500" is 1500).
    """

    replies: list[Reply]


class Edit(Answer):
    """What a note said before one edit; its own words are the latest."""

    id: str
    edited_by: Author | None
    edited_at: str
    body: str


class Notification(Answer):
    """That a note names its reader or answers theirs, that a review waits for them, or what was decided.

    `author` wrote the note, asked for the review or decided; a note's ids are null without one. `plugin_off`
    says that the box switched off `plugin`, and is of no version.
    """

    id: str
    kind: Literal["mention", "reply", "review_asked", "review_due", "review_overdue", "decided", "plugin_off"]
    created_at: str
    read_at: str | None
    comment_id: str | None
    thread_id: str | None
    asset_id: str | None
    asset_title: str | None
    project_id: str | None
    project_name: str | None
    version_id: str | None
    version_number: int | None
    plugin: str | None
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
