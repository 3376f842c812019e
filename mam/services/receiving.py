"""A file in one piece: the body is hashed while it goes into staging, then promoted like any other upload.

A connection that breaks leaves nothing: no object, no version, the asset as it was. Holds no database
connection while bytes arrive. Writes one `upload` row and what promotion writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import BinaryIO, cast

from mam.core import Mam
from mam.errors import GoneError, TooLargeError
from mam.ids import new_id
from mam.media.checksums import Digests, Hasher
from mam.models import Upload, Version, database, now
from mam.services import access, quota, upload_state
from mam.services.filenames import clean_filename
from mam.services.leases import connected
from mam.services.promotion import Promotion, free_staging
from mam.services.shapes import Shape, version_shape
from mam.services.upload_checks import check_content_type, check_size
from mam.services.upload_state import PROMOTING, RECEIVING
from mam.types import Actor


def receive(
    mam: Mam,
    actor: Actor,
    asset_id: str,
    *,
    filename: str,
    content_type: str | None,
    size: int,
    body: Iterator[bytes],
    sha256: str | None = None,
    duplicates: str | None = None,
) -> Shape:
    """Take `body` as a new version of the asset; the version as in the contract.

    `sha256` is what the body is announced to be, in hex. `duplicates` as in `uploads.presign`; a body that is
    refused as a duplicate (`DuplicateMasterError`) is not kept. Raises `EmptyFileError`, `TooLargeError`,
    `UploadIncompleteError` where `body` has not exactly `size` bytes, `ChecksumMismatchError` where it is not
    what was announced, and what `body` raises.
    """
    with connected():
        asset = access.require_asset(mam, actor, "upload.create", asset_id)
    check_size(mam, size)
    upload = Upload(
        id=new_id(),
        asset=asset_id,
        user=actor.user_id,
        filename=clean_filename(filename),
        size=size,
        content_type=check_content_type(content_type),
        sha256=sha256,
        duplicates=duplicates,
        expires_at=now() + timedelta(days=mam.config.uploads.expire_days),
    )
    token = _begin(mam, upload, asset.project_id)
    with ExitStack() as undo:
        undo.callback(_drop, mam, upload)
        with upload_state.beating(upload.id, token):
            digests = _store(mam, upload, body)
        with connected():
            ours = upload_state.holding(upload.id, token)
            if not Upload.update(state=PROMOTING).where(ours).execute():
                raise GoneError("This upload stood still for too long and was dropped; send it again.")
        Promotion(mam, actor, upload, token, digests=digests, keeps_open=False).run()
        undo.pop_all()
    with connected():
        return version_shape(Version.get_by_id(upload.version_id))


def _begin(mam: Mam, upload: Upload, project_id: str) -> str:
    """A row in the state "receiving", claimed: the sweep frees what belongs to it if this process dies."""
    upload.staging_key, upload.store_ref, upload.part_size = upload.id, "", 0
    upload.version_id, upload.state = new_id(), RECEIVING
    upload.claim, upload.claimed_at = new_id(), now()
    with connected(), database.atomic():
        quota.reserve(mam, project_id, upload.size)
        upload.save(force_insert=True)
        upload_state.settle(upload.asset_id)
    return str(upload.claim)


def _store(mam: Mam, upload: Upload, body: Iterator[bytes]) -> Digests:
    """Put the body into staging; the digests are of exactly the bytes that were stored."""
    stream = BodyStream(body)
    mam.storage.put("staging", upload.staging_key, cast("BinaryIO", stream), upload.size)
    if stream.read(1):
        raise TooLargeError(f"The body has more than the {upload.size} bytes announced; nothing was kept.")
    return stream.hasher.digests()


class BodyStream:
    """A body as a stream that can be read once; hashes what it gives out."""

    def __init__(self, body: Iterator[bytes]) -> None:
        """Nothing is taken from `body` yet."""
        self._body = body
        self._rest = memoryview(b"")
        self.hasher = Hasher()

    def read(self, size: int) -> memoryview:
        """Some of the next bytes, at most `size`; empty only at the end."""
        while not self._rest:
            piece = next(self._body, None)
            if piece is None:
                return self._rest
            self._rest = memoryview(piece)
        found, self._rest = self._rest[:size], self._rest[size:]
        self.hasher.update(found)
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
