"""Uploads: announce a file, get part addresses, send parts, resume, abort, promote, or send it in one piece.

The bytes of parts go straight to the store, without a database call; promotion and bodies in one piece have
modules of their own. Writes `upload` rows, the asset's status, audit rows and the store's staging area.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from mam.core import Mam
from mam.errors import (
    ConflictError,
    FieldError,
    GoneError,
    MamError,
    NotFoundError,
    ValidationError,
)
from mam.ids import new_id
from mam.models import Asset, Upload, database, now
from mam.services import access, audit, promotion, quota, upload_state
from mam.services import duplicates as same_bytes
from mam.services.filenames import clean_filename
from mam.services.leases import connected
from mam.services.promotion import free_staging
from mam.services.receiving import receive
from mam.services.shapes import Shape, duplicate_shape, iso, upload_shape
from mam.services.upload_checks import (
    MAX_PARTS,
    check_content_type,
    check_sha256,
    check_size,
    part_size_for,
)
from mam.services.upload_state import OPEN, PROMOTED, PROMOTING
from mam.services.upload_sweep import sweep
from mam.types import Actor, LocalPartStorage, MultipartStorage, PartAddress, PartInfo

__all__ = [
    "abort",
    "get_upload",
    "part_addresses",
    "presign",
    "promote",
    "receive",
    "sweep",
    "write_part",
]


def presign(
    mam: Mam,
    actor: Actor,
    *,
    asset_id: str,
    filename: str,
    size: int,
    content_type: str | None = None,
    sha256: str | None = None,
    duplicates: str | None = None,
) -> Shape:
    """Announce a file for an asset and get an address for every part.

    `duplicates` ("allow", "link", "refuse") is what is to become of bytes that are a master already; where
    `sha256` is given, `duplicate_of` tells at once. Raises `EmptyFileError`, `TooLargeError`,
    `ValidationError` (name, type, hash), `DuplicateMasterError`, `StorageFullError`.
    """
    asset = access.require_asset(mam, actor, "upload.create", asset_id)
    check_size(mam, size)
    upload = Upload(
        id=new_id(),
        asset=asset.id,
        user=actor.user_id,
        filename=clean_filename(filename),
        size=size,
        content_type=check_content_type(content_type),
        sha256=check_sha256(sha256),
        part_size=part_size_for(size, mam.config.uploads.part_bytes),
        version_id=new_id(),
        duplicates=duplicates,
        store_ref="",
        expires_at=now() + timedelta(days=mam.config.uploads.expire_days),
    )
    known = same_bytes.find(mam, actor, upload.sha256, size, asset.project_id) if upload.sha256 else []
    if known and same_bytes.choice(mam, upload) == same_bytes.REFUSE:
        raise same_bytes.refuse(known)
    upload.staging_key = upload.id
    _begin(mam, actor, upload, asset)
    count = -(-size // upload.part_size)
    return {
        "upload_id": upload.id,
        "part_size": upload.part_size,
        "parts": _addresses(mam, upload, range(1, count + 1)),
        "expires_at": iso(upload.expires_at),
        "duplicate_of": [duplicate_shape(one) for one in known],
    }


def get_upload(mam: Mam, actor: Actor, upload_id: str) -> Shape:
    """The upload and the parts that arrived whole; `GoneError` once it was aborted or has expired."""
    upload, _asset = access.require_upload(mam, actor, "upload.create", upload_id)
    if upload.state not in (OPEN, PROMOTING, PROMOTED):
        raise GoneError("This upload was aborted or has expired.")
    received: Sequence[PartInfo] = ()
    if upload.state == OPEN:
        received = _received(mam, upload)
    shape = upload_shape(upload, received)
    return shape if upload.state == PROMOTED else {**shape, "version_id": None}


def part_addresses(mam: Mam, actor: Actor, upload_id: str, numbers: Sequence[int]) -> Shape:
    """Fresh addresses for these parts: `{parts: [...]}`. `GoneError` unless the upload is open."""
    upload, _asset = access.require_upload(mam, actor, "upload.create", upload_id)
    if upload.state != OPEN or upload.expires_at < now():
        raise GoneError("This upload takes no more parts.")
    count = -(-upload.size // upload.part_size)
    wrong = [number for number in numbers if not 1 <= number <= count]
    if wrong or not numbers or len(numbers) > MAX_PARTS:
        expected = FieldError("numbers", f"Part numbers from 1 to {count}, at least one.")
        raise ValidationError("These are not parts of this upload.", (expected,))
    return {"parts": _addresses(mam, upload, numbers)}


def abort(mam: Mam, actor: Actor, upload_id: str) -> None:
    """Give the upload up and free its bytes; once more is no error. `ConflictError` after promote."""
    upload, asset = access.require_upload(mam, actor, "upload.create", upload_id)
    if upload.state in (PROMOTING, PROMOTED):
        raise ConflictError(
            "This upload is being promoted or is a version already; delete the asset instead."
        )
    with database.atomic():
        taken = Upload.update(state="aborting").where(Upload.id == upload_id, Upload.state == OPEN).execute()
        if taken:
            audit.record(
                mam,
                actor,
                "upload.aborted",
                kind="upload",
                subject_id=upload_id,
                project_id=asset.project_id,
                data={"filename": upload.filename},
            )
            upload_state.settle(upload.asset_id)
    if taken or upload.state == "aborting":
        free_staging(mam, upload)
        Upload.update(state="aborted").where(Upload.id == upload_id, Upload.state == "aborting").execute()


def promote(
    mam: Mam,
    actor: Actor,
    upload_id: str,
    parts: Sequence[dict[str, Any]] | None = None,
    *,
    duplicates: str | None = None,
    sha256: str | None = None,
) -> Shape:
    """Make the upload a version: `{asset_id, version_id, status}`; the same answer when called again.

    Hashes the whole file before it answers; a second caller waits, and after 20 s hears "promoting".
    `duplicates` as in `presign`, decided anew; an upload that was refused as a duplicate is still there.
    `sha256` is what the sender hashed while the parts were on their way; where one was announced, both count.
    """
    with connected():
        access.require_upload(mam, actor, "upload.create", upload_id)
        if duplicates is not None:
            still = (Upload.id == upload_id) & (Upload.state == OPEN)
            Upload.update(duplicates=duplicates).where(still).execute()
    return promotion.promote(mam, actor, upload_id, parts, sha256.lower() if sha256 else None)


def write_part(mam: Mam, token: str, body: Iterator[bytes], length: int) -> PartInfo:
    """Take one part at a signed address of this server; asks no database. See `LocalPartStorage`."""
    if not isinstance(mam.storage, LocalPartStorage):
        raise NotFoundError
    return mam.storage.write_part(token, body, length)


def _begin(mam: Mam, actor: Actor, upload: Upload, asset: Asset) -> None:
    """The row first: whatever the store keeps of an upload, a row leads to it."""
    store = _multipart(mam)
    with database.atomic():
        quota.reserve(mam, asset.project_id, upload.size)
        upload.save(force_insert=True)
        upload_state.settle(asset.id)
        audit.record(
            mam,
            actor,
            "upload.created",
            kind="upload",
            subject_id=upload.id,
            project_id=asset.project_id,
            data={"filename": upload.filename, "size": upload.size, "asset_id": asset.id},
        )
    try:
        upload.store_ref = store.begin(upload.staging_key, upload.size, upload.part_size)
    except MamError:
        with database.atomic():
            Upload.update(state="aborting").where(Upload.id == upload.id).execute()
            upload_state.settle(asset.id)
        raise
    Upload.update(store_ref=upload.store_ref).where(Upload.id == upload.id).execute()


def _received(mam: Mam, upload: Upload) -> Sequence[PartInfo]:
    """The parts that arrived: all where the upload is frozen, as one is that was refused as a duplicate."""
    if mam.storage.stat("staging", upload.staging_key) is None:
        return _multipart(mam).list_parts(upload.staging_key, upload.store_ref)
    count = -(-upload.size // upload.part_size)
    sizes = [min(upload.part_size, upload.size - number * upload.part_size) for number in range(count)]
    return [PartInfo(number, size, "") for number, size in enumerate(sizes, start=1)]


def _multipart(mam: Mam) -> MultipartStorage:
    if not isinstance(mam.storage, MultipartStorage):
        raise ConflictError("This store takes no uploads in parts; send the file in one piece.")
    return mam.storage


def _addresses(mam: Mam, upload: Upload, numbers: Sequence[int]) -> list[Shape]:
    store, seconds = _multipart(mam), mam.config.uploads.address_seconds
    found = []
    for number in numbers:
        size = min(upload.part_size, upload.size - (number - 1) * upload.part_size)
        address = store.part_address(upload.staging_key, upload.store_ref, number, size, seconds)
        found.append(_address_shape(address))
    return found


def _address_shape(address: PartAddress) -> Shape:
    return {
        "number": address.number,
        "url": address.url,
        "method": "PUT",
        "headers": dict(address.headers),
        "size": address.size,
    }
