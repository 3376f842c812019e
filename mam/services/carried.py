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
    """The roots of what was carried to a version and is there; of `asked` those too written on it."""
    there = CarriedNote.select(CarriedNote.root).join(Comment)
    there = there.where((CarriedNote.version == version_id) & Comment.deleted_at.is_null())
    own = Comment.select(Comment.id).where(Comment.id.in_(list(asked)), Comment.version == version_id)
    return {row.root for row in there} | {row.id for row in own}


def gone_from(version_id: str, root: str) -> Comment | None:
    """The copy of a note that was carried to a version and deleted there: brought back, not made twice."""
    query = Comment.select().join(CarriedNote)
    query = query.where((CarriedNote.version == version_id) & (CarriedNote.root == root))
    found: Comment | None = query.where(Comment.deleted_at.is_null(False)).first()
    return found
