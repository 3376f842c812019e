"""What the calls about people in notes, files of notes and notifications take."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mam.web.bodies import Page, Query


class People(Query):
    """The beginning of a name; whether the note is to be internal."""

    q: Annotated[str, Field(max_length=100)] = ""
    internal: bool = False
    limit: int = Field(10, ge=1, le=50)


class NoteFileQuery(Query):
    """The name of the file in the body."""

    filename: Annotated[str, Field(min_length=1, max_length=1024)]


class Inbox(Page):
    """Which notifications: all, or those that were not read."""

    unread: bool = False
