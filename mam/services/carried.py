"""Which notes are copies of one on another version, and where that stood. Reads only."""

from __future__ import annotations

from collections.abc import Iterable

from mam.models import CarriedNote, Comment
from mam.services.shapes import Shape


def origins(comment_ids: Iterable[str]) -> dict[str, Shape]:
    """Where notes were carried from, by note: version, number, first and last frame, their timecodes."""
    rows = CarriedNote.select().where(CarriedNote.comment.in_(list(comment_ids)))
    return {
        row.comment_id: {
            "version_id": row.from_version,
            "number": row.from_number,
            "frame": row.frame,
            "frame_out": row.frame_out,
            "timecode": row.timecode,
            "timecode_out": row.timecode_out,
        }
        for row in rows
    }


def roots(notes: Iterable[Comment]) -> dict[str, str]:
    """The note that was written first, for each of these."""
    ids = [note.id for note in notes]
    known = {row.comment_id: row.root for row in CarriedNote.select().where(CarriedNote.comment.in_(ids))}
    return {note_id: known.get(note_id, note_id) for note_id in ids}


def roots_on(version_id: str, asked: Iterable[str]) -> set[str]:
    """The roots of what was carried to a version; of `asked` those too that were written on it."""
    there = CarriedNote.select(CarriedNote.root).where(CarriedNote.version == version_id)
    own = Comment.select(Comment.id).where(Comment.id.in_(list(asked)), Comment.version == version_id)
    return {row.root for row in there} | {row.id for row in own}
