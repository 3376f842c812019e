"""One import of notes taken back as a whole: what it brought goes, what somebody worked with since stays.

Which notes an import brought is kept beside them, by the import's id. A note that was answered, edited or
resolved otherwise since is somebody's work and stays, counted. Writes `comment.deleted_at`, an audit entry.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mam.core import Mam
from mam.errors import ForbiddenError
from mam.models import Asset, Comment, CommentReaction, ImportedNote, database, now
from mam.services import access, assets, audit, comment_list, events
from mam.services.shapes import Shape
from mam.types import Actor

_WRITE = "comment.write"
_CHUNK = 500


def remember(import_id: str, comment_ids: Iterable[str]) -> None:
    """In the transaction of an import: these notes came with it."""
    rows = [{"comment": one, "batch": import_id} for one in comment_ids]
    for start in range(0, len(rows), _CHUNK):
        ImportedNote.insert_many(rows[start : start + _CHUNK]).execute()


def undo(mam: Mam, actor: Actor, version_id: str, *, import_id: str) -> Shape:
    """Take the notes of one's own import back: `{removed, kept}`; again, or an unknown one, changes nothing.

    Raises `NotFoundError`, `ForbiddenError` for somebody else's import without the right to manage notes.
    """
    version, asset = access.require_version(mam, actor, _WRITE, version_id)
    thing = access.actor_thing(actor, "version", version.id, asset.project_id)
    manages = access.allowed(mam, actor, comment_list.MANAGE, thing)
    with database.atomic():
        Asset.update(status=Asset.status).where(Asset.id == asset.id).execute()  # nobody writes a note now
        notes = _living(version.id, import_id)
        if not manages and any(note.author_id != actor.user_id for note in notes):
            raise ForbiddenError(f"This is somebody else's import; it needs the right {comment_list.MANAGE}.")
        kept = _worked_with([note.id for note in notes], import_id)
        gone = [note.id for note in notes if note.id not in kept]
        if gone:
            _take_back(mam, actor, asset, version_id, gone)
    return {"removed": len(gone), "kept": len(kept)}


def _living(version_id: str, import_id: str) -> list[Any]:
    """The notes of the import that are still there, without the answers that came with them."""
    here = (Comment.version == version_id) & Comment.deleted_at.is_null() & Comment.parent.is_null()
    query: Any = Comment.select(Comment.id, Comment.author).join(ImportedNote)
    return list(query.where(here & (ImportedNote.batch == import_id)))


def _worked_with(note_ids: list[str], import_id: str) -> set[str]:
    """Those that somebody answered, edited, (un)resolved or reacted to since they came."""
    own = ImportedNote.select(ImportedNote.comment).where(ImportedNote.batch == import_id)
    found: set[str] = set()
    for start in range(0, len(note_ids), _CHUNK):
        some = note_ids[start : start + _CHUNK]
        answered: Any = Comment.select(Comment.parent).where(
            Comment.parent.in_(some) & Comment.deleted_at.is_null() & Comment.id.not_in(own)
        )
        changed: Any = Comment.select(Comment.id).where(
            Comment.id.in_(some) & (Comment.updated_at != Comment.created_at)
        )
        reacted: Any = CommentReaction.select(CommentReaction.comment).where(
            CommentReaction.comment.in_(some)
        )
        found |= {one for query in (answered, changed, reacted) for (one,) in query.tuples()}
    return found


def _take_back(mam: Mam, actor: Actor, asset: Any, version_id: str, gone: list[str]) -> None:
    moment = now()
    for start in range(0, len(gone), _CHUNK):
        some = Comment.id.in_(gone[start : start + _CHUNK])
        Comment.update(deleted_at=moment, updated_at=moment).where(some).execute()
    assets.refresh_search(asset.id)
    audit.record(
        mam, actor, "comment.import_undone", kind="version", subject_id=version_id,
        project_id=asset.project_id, data={"notes": len(gone)},
    )  # fmt: skip
    events.publish(
        mam, "comment.import_undone", project_id=asset.project_id, asset_id=asset.id, version_id=version_id,
        data={"version_id": version_id, "comments": "import_undone"},
    )  # fmt: skip
