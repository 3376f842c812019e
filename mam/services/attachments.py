"""Files attached to notes: pictures and documents, stored beside the previews, handed out signed.

A file lies below `_notes/`, where no preview's address leads, under an id: its name is only a column. What it
is its bytes say. It goes when somebody removes it, or with the final removal of its note; bytes that carried
notes share go with the last of them. Writes `comment_file`, that area, audit entries; never the masters.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from mam.core import Mam
from mam.errors import (
    ConflictError,
    FieldError,
    NotFoundError,
    SourceError,
    TooLargeError,
    UploadIncompleteError,
    ValidationError,
)
from mam.ids import new_id
from mam.media.sniff import sniff
from mam.models import Asset, Comment, CommentFile, database, now
from mam.services import audit, delivery
from mam.services.comments import own, tell, visible
from mam.services.filenames import clean_filename
from mam.services.leases import connected
from mam.services.note_parts import file_shape
from mam.services.shapes import Shape
from mam.types import Actor, DeliveryFile

LARGEST = 20 << 20
"""The largest file of a note, in bytes."""

MOST = 8
"""Files that one note may have."""

MOST_OF_A_GUEST = 100
"""Files that one guest of a share link may attach in all: a link is nobody's storage."""

KEPT = timedelta(days=30)
"""How long a deleted note can be brought back; then it goes with its replies and files."""

PREFIX = "_notes"
"""Keys of attached files begin so; no preview is named like that."""
_KINDS = ("image", "document")
_REFUSED = frozenset({"image/svg+xml", "text/html", "application/xhtml+xml"})
_SWEEP_SECONDS = 3600
_AT_ONCE = 500
_ORPHAN_AGE = timedelta(hours=1)


def add(mam: Mam, actor: Actor, comment_id: str, *, filename: str, size: int, body: Iterator[bytes]) -> Shape:
    """Take a picture or document of `size` bytes for one's own note; answers the file.

    Connects by itself, for a sender may be slow. Raises `TooLargeError`, `ConflictError` where there are
    `MOST` already, `ValidationError` for other kinds of files, `NotFoundError`, `ForbiddenError`.
    """
    if size > LARGEST:
        raise TooLargeError(f"A file of a note may have {LARGEST >> 20} MiB at most.")
    name = clean_filename(filename)
    with connected():
        row = own(mam, actor, comment_id)
        _check_room(row)
    with tempfile.TemporaryFile() as spool:
        digest = _spooled(spool, body, size)
        file = CommentFile(
            id=new_id(), comment=row.id, version_id=row.version_id, filename=name, size=size, sha256=digest,
            content_type=_type_of(spool, name), created_by=actor.user_id, created_at=now(),
        )  # fmt: skip
        spool.seek(0)
        mam.storage.put("previews", key_of(file), spool, size)
    with connected(), database.atomic():
        _one_at_a_time(row)
        _check_room(row)
        file.save(force_insert=True)
        _done(mam, actor, "attached", row, file)
    return file_shape(file)


def remove(mam: Mam, actor: Actor, comment_id: str, file_id: str) -> None:
    """Take a file off one's own note. Raises `NotFoundError`, `ForbiddenError`."""
    row = own(mam, actor, comment_id, managing=True)
    with database.atomic():
        Asset.update(status=Asset.status).where(Asset.id == row.asset_id).execute()  # nobody carries it now
        file = _file(row.id, file_id)
        file.delete_instance()
        left = _with_bytes(_stored(file)).exists()
        _done(mam, actor, "detached", row, file)
    if not left:
        mam.storage.delete("previews", key_of(file))


def share(note: Comment, copy: Comment) -> int:
    """Give the copy of a note its files, without a second copy of their bytes; answers how many.

    In the caller's transaction, which holds the asset.
    """
    files = list(CommentFile.select().where(CommentFile.comment == note.id).order_by(CommentFile.id))
    for file in files:
        CommentFile.create(
            comment=copy.id, version_id=file.version_id, stored=_stored(file), filename=file.filename,
            content_type=file.content_type, size=file.size, sha256=file.sha256, created_by=file.created_by_id,
            created_at=file.created_at,
        )  # fmt: skip
    return len(files)


def download(mam: Mam, actor: Actor, comment_id: str, file_id: str, base_url: str = "") -> delivery.Download:
    """A signed address of a file, for whoever sees its note now. Raises `NotFoundError`, `StorageError`."""
    row = visible(mam, actor, comment_id)
    file = _file(row.id, file_id)
    wanted = DeliveryFile("previews", key_of(file), None, file.filename, file.content_type, file.size)
    tags = (*delivery.tags_of(actor, Asset.get_by_id(row.asset_id)), f"version:{row.version_id}")
    return delivery.hand_out(mam, actor, wanted, tags, base_url)


def key_of(file: CommentFile) -> str:
    """Where its bytes lie in the previews area."""
    return f"{PREFIX}/{file.version_id}/{_stored(file)}"


def sweep(mam: Mam) -> int:
    """Once an hour: notes that were deleted long ago go for good, and files that no row names.

    Answers how many files were removed. A file may lie an hour without its row: it may be just arriving.
    """
    if not mam.queue.once("notes.sweep", _SWEEP_SECONDS):
        return 0
    with connected():
        remove_deleted()
    count = 0
    for info in list(mam.storage.list("previews", f"{PREFIX}/")):
        with connected():
            known = _with_bytes(info.key.rpartition("/")[2]).exists()
        if not known and info.modified < now() - _ORPHAN_AGE:
            mam.storage.delete("previews", info.key)
            count += 1
    return count


def remove_deleted() -> int:
    """Remove the rows of notes that were deleted more than `KEPT` ago, with all that hangs on them."""
    old = Comment.deleted_at < now() - KEPT
    ids = [row.id for row in Comment.select(Comment.id).where(old).limit(_AT_ONCE)]
    with database.atomic():
        return int(Comment.delete().where(Comment.id.in_(ids)).execute()) if ids else 0


def _stored(file: CommentFile) -> str:
    """The id under which its bytes lie."""
    return str(file.stored or file.id)


def _with_bytes(stored: str) -> Any:
    """The files that are these bytes."""
    return CommentFile.select().where((CommentFile.id == stored) | (CommentFile.stored == stored))


def _file(comment_id: str, file_id: str) -> CommentFile:
    mine = (CommentFile.comment == comment_id) & (CommentFile.id == file_id)
    found: CommentFile | None = CommentFile.get_or_none(mine)
    if found is None:
        raise NotFoundError
    return found


def _spooled(spool: Any, body: Iterator[bytes], size: int) -> str:
    """Write exactly `size` bytes of `body`; answers their SHA-256."""
    digest, left = hashlib.sha256(), size
    for chunk in body:
        left -= len(chunk)
        if left < 0:
            raise TooLargeError("More bytes came than were announced.")
        digest.update(chunk)
        spool.write(chunk)
    if left:
        raise UploadIncompleteError("Fewer bytes came than were announced.")
    spool.flush()
    return digest.hexdigest()


def _type_of(spool: Any, filename: str) -> str:
    """What the bytes are; only pictures and documents are taken, and nothing that a browser would run."""
    try:
        found = sniff(Path(f"/proc/self/fd/{spool.fileno()}"), filename)
    except SourceError as error:
        raise _invalid(str(error.detail)) from error
    if found.kind not in _KINDS or found.content_type in _REFUSED:
        raise _invalid("Only pictures and documents are attached to notes; upload others as assets.")
    return found.content_type


def _check_room(row: Comment) -> None:
    if CommentFile.select().where(CommentFile.comment == row.id).count() >= MOST:
        raise ConflictError(f"A note may have {MOST} files.")
    theirs = CommentFile.select().join(Comment).where(Comment.guest == row.guest)
    if row.guest is not None and theirs.count() >= MOST_OF_A_GUEST:
        raise ConflictError(f"A guest may attach {MOST_OF_A_GUEST} files in all.")


def _one_at_a_time(row: Comment) -> None:
    Comment.update(internal=Comment.internal).where(Comment.id == row.id).execute()


def _done(mam: Mam, actor: Actor, what: str, row: Any, file: CommentFile) -> None:
    audit.record(
        mam, actor, f"comment.{what}", kind="comment", subject_id=row.id, project_id=row.in_project,
        data={"file_id": file.id, "filename": file.filename, "size": file.size, "sha256": file.sha256},
    )  # fmt: skip
    tell(mam, what, row, row.in_project)


def _invalid(message: str) -> ValidationError:
    return ValidationError(f"file: {message}", (FieldError("file", message),))
