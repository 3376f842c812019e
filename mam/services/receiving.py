"""A file in one piece: the body is hashed while it goes into staging, then promoted like any other upload.

A connection that breaks leaves nothing: no object, no version, the asset as it was. Holds no database
connection while bytes arrive. Writes one `upload` row and what promotion writes.
"""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import BinaryIO, cast

from mam.core import Mam
from mam.errors import EmptyFileError, StorageError, StorageFullError, TooLargeError
from mam.ids import new_id
from mam.models import Upload, Version, database, now
from mam.services import access, upload_state
from mam.services.checksums import Hasher
from mam.services.filenames import clean_filename
from mam.services.leases import connected
from mam.services.promotion import Promotion, free_staging
from mam.services.shapes import Shape, version_shape
from mam.services.upload_checks import check_content_type, check_size
from mam.services.upload_state import PROMOTING, RECEIVING
from mam.types import Actor

CHUNK = 1 << 20


def receive(
    mam: Mam,
    actor: Actor,
    asset_id: str,
    *,
    filename: str,
    content_type: str | None,
    size: int | None,
    body: Iterator[bytes],
) -> Shape:
    """Take `body` as a new version of the asset; the version as in the contract.

    `size` is None where it is not known before the end (a field of a form): the body then goes through the
    work folder. Raises `EmptyFileError`, `TooLargeError`, `UploadIncompleteError`, and what `body` raises.
    """
    with connected():
        access.require_asset(mam, actor, "upload.create", asset_id)
    if size is not None:
        check_size(mam, size)
    upload, token = _begin(mam, actor, asset_id, clean_filename(filename), check_content_type(content_type))
    with ExitStack() as undo:
        undo.callback(_drop, mam, upload)
        with upload_state.beating(upload.id, token):
            hasher = _store(mam, upload, size, body)
        upload.size = hasher.size
        with connected():
            Upload.update(state=PROMOTING, size=upload.size).where(
                upload_state.holding(upload.id, token)
            ).execute()
        Promotion(mam, actor, upload, token, digests=hasher.digests(), keeps_open=False).run()
        undo.pop_all()
    with connected():
        return version_shape(Version.get_by_id(upload.version_id))


def _begin(mam: Mam, actor: Actor, asset_id: str, filename: str, content_type: str) -> tuple[Upload, str]:
    """A row in the state "receiving", claimed: the sweep frees what belongs to it if this process dies."""
    upload = Upload(
        id=new_id(),
        asset=asset_id,
        user=actor.user_id,
        filename=filename,
        size=0,
        content_type=content_type,
        part_size=0,
        version_id=new_id(),
        store_ref="",
        state=RECEIVING,
        claim=new_id(),
        claimed_at=now(),
        expires_at=now() + timedelta(days=mam.config.uploads.expire_days),
    )
    upload.staging_key = upload.id
    with connected(), database.atomic():
        upload.save(force_insert=True)
        upload_state.settle(asset_id)
    return upload, str(upload.claim)


def _store(mam: Mam, upload: Upload, size: int | None, body: Iterator[bytes]) -> Hasher:
    """Put the body into staging; its digests are of exactly the bytes that were stored."""
    stream = BodyStream(body, mam.config.uploads.max_bytes)
    if size is not None:
        mam.storage.put("staging", upload.staging_key, cast("BinaryIO", stream), size)
        if stream.read(1):
            raise TooLargeError(f"The body has more than the {size} bytes announced; nothing was stored.")
        return stream.hasher
    with _spooled(mam, stream) as file:
        if not stream.hasher.size:
            raise EmptyFileError("A file of zero bytes cannot be a master.")
        mam.storage.put("staging", upload.staging_key, file, stream.hasher.size)
    return stream.hasher


@contextmanager
def _spooled(mam: Mam, stream: BodyStream) -> Iterator[BinaryIO]:
    """The whole stream in a nameless file of the work folder, ready to be read from its beginning."""
    with _temporary(mam) as file:
        while piece := stream.read(CHUNK):
            with translated():
                file.write(piece)
        with translated():
            file.seek(0)
        yield file


@contextmanager
def _temporary(mam: Mam) -> Iterator[BinaryIO]:
    with translated():
        file = cast("BinaryIO", tempfile.TemporaryFile(dir=mam.config.work))  # noqa: SIM115 - closed below
    with file:
        yield file


@contextmanager
def translated() -> Iterator[None]:
    """Raise `StorageFullError` or `StorageError` for an `OSError` of the work folder."""
    try:
        yield
    except OSError as error:
        kind = StorageFullError if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) else StorageError
        raise kind(f"The work folder cannot be used: {error.strerror}; nothing was stored.") from error


class BodyStream:
    """A body as a stream that can be read once; hashes what it gives out and stops at a limit."""

    def __init__(self, body: Iterator[bytes], limit: int) -> None:
        """`limit` in bytes."""
        self._body, self._limit = body, limit
        self._rest = memoryview(b"")
        self.hasher = Hasher()

    def read(self, size: int = CHUNK) -> bytes | memoryview:
        """Some of the next bytes, at most `size`; empty only at the end. Raises `TooLargeError`."""
        while not self._rest:
            piece = next(self._body, None)
            if piece is None:
                return b""
            self._rest = memoryview(piece)
        found, self._rest = self._rest[:size], self._rest[size:]
        self.hasher.update(found)
        if self.hasher.size > self._limit:
            raise TooLargeError(f"The file has more than {self._limit} bytes, which is the limit.")
        return found


def _drop(mam: Mam, upload: Upload) -> None:
    """Leave nothing of a body that did not arrive; one that is among the masters already is the sweep's."""
    with connected():
        row = Upload.get_or_none(Upload.id == upload.id)
    if row is None or row.state == PROMOTING:
        return
    free_staging(mam, upload)
    with connected(), database.atomic():
        row.delete_instance()
        upload_state.settle(upload.asset_id)
