"""What reading a list of markers answers."""

from __future__ import annotations

from typing import Literal

from mam.web.api.answers import Answer


class MarkedNote(Answer):
    """A marker as the note that it becomes; `there` is one already, `repeated` stands twice in the list."""

    line: int
    frame: int | None
    frame_out: int | None
    timecode: str | None
    timecode_out: str | None
    author: str
    body: str
    internal: bool
    resolved: bool
    standing: Literal["new", "there", "repeated"]


class MarkProblem(Answer):
    """A line that is no note, and why."""

    line: int
    message: str


class NotesRead(Answer):
    """What a list holds, counted whole; of notes and problems the first 500 by line are shown.

    `import_id` is what takes the imported notes back; null where none came.
    """

    dialect: Literal["MAM", "Frame.io", "Premiere", "Resolve", "CSV", "EDL", "Avid"]
    first_timecode: str | None
    new: int
    there: int
    repeated: int
    unreadable: int
    imported: int
    import_id: str | None
    notes: list[MarkedNote]
    problems: list[MarkProblem]


class ImportUndone(Answer):
    """How many notes of an import were taken back, and how many stay because somebody worked with them."""

    removed: int
    kept: int
