"""From a complete upload to a locked master with a version: freeze, hash, compare, move, commit, tidy.

Every step can be repeated: a crash anywhere ends, after a retry or the sweep, in one version or none, and
staging is kept until the master is in place (promises C7, D5). Writes `upload`, `version`, `asset`, `job` and
audit rows in one transaction; holds no database connection while it reads or moves bytes.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any

import structlog
from peewee import fn

from mam import failpoints, metrics
from mam.core import Mam
from mam.errors import (
    ChecksumMismatchError,
    ConflictError,
    DuplicateMasterError,
    GoneError,
    StorageError,
    UploadIncompleteError,
)
from mam.media.checksums import Digests, hash_stream
from mam.models import Asset, Upload, Version, database, now
from mam.services import (
    approvals,
    assets,
    audit,
    copies,
    duplicates,
    events,
    jobs,
    organisations,
    plugin_kinds,
    upload_state,
    versions,
)
from mam.services.leases import connected
from mam.services.shapes import Shape
from mam.services.upload_state import OPEN, PROMOTED, PROMOTING
from mam.types import (
    Actor,
    HashingStorage,
    LockingStorage,
    MasterInfo,
    MultipartStorage,
    PartInfo,
    ReopenStorage,
)

_WAIT_SECONDS = 20.0
"""How long a second caller waits for the first; after that it is told "promoting"."""

_LOOK_AGAIN_SECONDS = 0.1
_NAMED = 20
_log = structlog.get_logger("mam.uploads")


class LostClaimError(ConflictError):
    """Another process took the promotion over; its result is the one that counts."""


def promote(
    mam: Mam,
    actor: Actor,
    upload_id: str,
    named: Sequence[Mapping[str, Any]] | None = None,
    sha256: str | None = None,
) -> Shape:
    """Promote the upload or wait for whoever does; `{asset_id, version_id, status}`.

    `named` are the parts as the client saw them (`number`, `etag`), `sha256` what it sent. Raises
    `UploadIncompleteError`, `ChecksumMismatchError`, `DuplicateMasterError`, `StorageError` (the upload stays
    open), `GoneError`.
    """
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        upload = _load(upload_id)
        if upload.state == PROMOTED:
            return _answer(upload)
        token = _claim(upload)
        if token is not None:
            try:
                keeps = upload.part_size > 0  # nobody can send the rest of a body in one piece
                return Promotion(mam, actor, upload, token, sent=sha256, keeps_open=keeps).run(named)
            except LostClaimError:
                continue
        if time.monotonic() > deadline:
            return _answer(upload)
        time.sleep(_LOOK_AGAIN_SECONDS)


def _load(upload_id: str) -> Upload:
    with connected():
        upload: Upload | None = Upload.get_or_none(Upload.id == upload_id)
    if upload is None or upload.state not in (OPEN, PROMOTING, PROMOTED):
        raise GoneError("This upload was aborted or has expired; begin a new one.")
    if upload.state == OPEN and upload.expires_at < now():
        raise GoneError("This upload has expired; begin a new one.")
    return upload


def _claim(upload: Upload) -> str | None:
    with connected(), database.atomic():
        token = upload_state.claim(upload.id, (OPEN,), PROMOTING)
        if token is not None:
            upload_state.settle(upload.asset_id)
    return token


def _answer(upload: Upload) -> Shape:
    with connected():
        asset = Asset.get_by_id(upload.asset_id)
    return {"asset_id": asset.id, "version_id": upload.version_id, "status": asset.status}


@dataclass
class Promotion:
    """One attempt under one claim. `digests` are given where the bytes were hashed on their way in.

    `sent` is the SHA-256 that the client computed while it sent them; that of presign is in the row.

    `keeps_open` tells whether a failed attempt leaves the upload open for another.
    """

    mam: Mam
    actor: Actor
    upload: Upload
    token: str
    digests: Digests | None = None
    sent: str | None = None
    keeps_open: bool = True
    _moved: bool = False
    _linked: MasterInfo | None = None

    def run(self, named: Sequence[Mapping[str, Any]] | None = None) -> Shape:
        """Do the steps that are still to be done; on failure the upload is as open as it was before."""
        failpoints.reach("promote.claimed")
        with upload_state.beating(self.upload.id, self.token):
            try:
                self._prepare(named)
                master = self._linked or self._move()
                self._commit(master)
            except BaseException:
                self._give_back()
                raise
        self._tidy()
        return _answer(self.upload)

    def _prepare(self, named: Sequence[Mapping[str, Any]] | None) -> None:
        """Freeze, hash and compare; after a crash the master may lie there already and is read instead."""
        self._moved = self.mam.storage.stat("masters", self._master_key) is not None
        if not self._moved and self.upload.part_size:
            self._complete(named)
        failpoints.reach("promote.frozen")
        if self.digests is None:
            self.digests = self._hash()
        failpoints.reach("promote.hashed")
        self._compare(self.digests)
        if not self._moved:
            self._look_for_duplicates(self.digests)

    def _look_for_duplicates(self, digests: Digests) -> None:
        """Bytes that are a master already: kept again, linked to it or refused, as was asked."""
        try:
            self._linked = duplicates.settle(
                self.mam, self.actor, self.upload, digests, retain_until(self.mam)
            )
        except DuplicateMasterError as error:
            named = [one["version_id"] for one in error.duplicates]
            with connected(), database.atomic():
                self._record("upload.refused", {"sha256": digests.sha256, "duplicate_of": named})
            raise

    def _complete(self, named: Sequence[Mapping[str, Any]] | None) -> None:
        storage, upload = self.mam.storage, self.upload
        if not isinstance(storage, MultipartStorage):
            raise StorageError("This store takes no uploads in parts.")
        received = storage.list_parts(upload.staging_key, upload.store_ref)
        if storage.stat("staging", upload.staging_key) is None:  # one that is frozen has its parts no more
            check_named(received, named or ())
        storage.complete(upload.staging_key, upload.store_ref, received)
        if isinstance(storage, HashingStorage):
            known = storage.digests(upload.staging_key, upload.store_ref)
            self.digests = Digests(upload.size, *known) if known else None

    def _hash(self) -> Digests:
        storage = self.mam.storage
        opened = (
            storage.open("masters", self._master_key)
            if self._moved
            else storage.open("staging", self.upload.staging_key)
        )
        with opened as stream:
            return hash_stream(stream)

    def _compare(self, digests: Digests) -> None:
        upload = self.upload
        said = [one for one in (upload.sha256, self.sent) if one]
        wrong = [one for one in said if not compare_digest(digests.sha256, one)]
        if digests.size == upload.size and not wrong:
            return
        announced = ", ".join(wrong or said) or "no hash"
        with connected(), database.atomic():
            self._record("upload.refused", {"sha256": digests.sha256, "announced": announced})
        if upload.part_size and not self._moved:
            self._reopen()
        raise ChecksumMismatchError(
            f"What arrived has {digests.size} bytes and SHA-256 {digests.sha256}; announced were "
            f"{upload.size} bytes and {announced}. Nothing was promoted; send the damaged parts again, "
            "then promote again."
        )

    def _reopen(self) -> None:
        """Take parts again: in the same upload, or all in a new one where the store cannot go back."""
        storage, upload = self.mam.storage, self.upload
        if isinstance(storage, ReopenStorage):
            storage.reopen(upload.staging_key, upload.store_ref)
        elif isinstance(storage, MultipartStorage):
            storage.abort(upload.staging_key, upload.store_ref)
            upload.store_ref = storage.begin(upload.staging_key, upload.size, upload.part_size)
            with connected():
                Upload.update(store_ref=upload.store_ref).where(Upload.id == upload.id).execute()

    def _move(self) -> MasterInfo:
        """Put the bytes among the masters, locked; the key was chosen before, so this can be repeated."""
        storage, upload = self.mam.storage, self.upload
        if isinstance(storage, LockingStorage):
            until = retain_until(self.mam)
            master = storage.promote(upload.staging_key, self._master_key, retain_until=until)
        else:
            master = self._copy()
        self._moved = True
        failpoints.reach("promote.moved")
        return master

    def _copy(self) -> MasterInfo:
        """The same for a store that knows no lock: its masters are written once by its own word only."""
        storage, key = self.mam.storage, self._master_key
        info = storage.stat("masters", key)
        if info is None:
            with storage.open("staging", self.upload.staging_key) as stream:
                info = storage.put("masters", key, stream, self.upload.size)
        return MasterInfo(key, info.size, info.version, locked=False, retain_until=None)

    def _commit(self, master: MasterInfo) -> None:
        upload, asset_id = self.upload, self.upload.asset_id
        with connected(), database.atomic():
            # The asset first: it makes two promotions of one asset wait for each other on PostgreSQL too.
            Asset.update(status="processing", current_version_id=self._version_id, updated_at=now()).where(
                Asset.id == asset_id
            ).execute()
            # The claim stays until staging is freed: should that not happen here, the sweep sees it.
            ours = upload_state.holding(upload.id, self.token)
            if not Upload.update(state=PROMOTED, turn=None).where(ours).execute():
                raise LostClaimError("Another process is promoting this upload.")
            self._create_version(master)
            if self._linked:
                duplicates.share_lock(master)
            assets.refresh_search(asset_id)
            approvals.current_changed(asset_id)
            linked = {"linked_to": master.key} if self._linked else {}
            self._record(
                "upload.promoted", {"sha256": self._digests.sha256, "locked": master.locked, **linked}
            )
            database.after_commit(lambda: self._count(upload.size))
            self._queue()
            failpoints.reach("promote.before_commit")

    def _count(self, size: int) -> None:
        metrics.count("mam_uploads")
        metrics.count("mam_upload_bytes", size)

    def _create_version(self, master: MasterInfo) -> None:
        upload = self.upload
        latest = Version.select(fn.MAX(Version.number)).where(Version.asset == upload.asset_id).scalar()
        Version.create(
            id=self._version_id,
            asset=upload.asset_id,
            number=(latest or 0) + 1,
            filename=upload.filename,
            size=self._digests.size,
            content_type=upload.content_type or "application/octet-stream",
            sha256=self._digests.sha256,
            xxh128=self._digests.xxh128,
            c4=self._digests.c4,
            upload_id=upload.id,
            master_key=master.key,
            master_version=master.version,
            locked=master.locked,
            retain_until=master.retain_until,
            verified_at=now(),
            created_by=self.actor.user_id or upload.user_id,
        )

    def _queue(self) -> None:
        """The job in this transaction, its message and the news after the commit."""
        project_id = self._project_id()
        job = jobs.enqueue("examine", version_id=self._version_id, project_id=project_id)
        database.after_commit(lambda: failpoints.reach("promote.committed"))
        jobs.send_after_commit(self.mam, job)
        version = Version.get_by_id(self._version_id)
        copies.plan(self.mam, version, project_id)
        plugin_kinds.queue_after(self.mam, "master", version, project_id)
        versions.tell(self.mam, self.upload.asset_id, "added", version, project_id)
        events.publish(
            self.mam,
            "version.created",
            project_id=project_id,
            asset_id=self.upload.asset_id,
            version_id=self._version_id,
            data={"status": "queued"},
        )

    def _give_back(self) -> None:
        """Leave the upload as it can go on: open, or promoting where its bytes have moved already."""
        state = PROMOTING if self._moved else OPEN if self.keeps_open else "aborting"
        with connected(), database.atomic():
            upload_state.release(self.upload.id, self.token, state)
            upload_state.settle(self.upload.asset_id)

    def _tidy(self) -> None:
        """Free the staging; what a crash or a store that is away leaves here the sweep removes."""
        failpoints.reach("promote.untidy")
        try:
            free_staging(self.mam, self.upload)
        except StorageError as error:
            _log.warning("staging stays for now", upload=self.upload.id, reason=error.detail)
            return
        with connected():
            upload_state.release(self.upload.id, self.token, PROMOTED)

    def _record(self, action: str, data: Mapping[str, Any]) -> None:
        upload = self.upload
        data = {"filename": upload.filename, "size": upload.size, "version_id": upload.version_id, **data}
        audit.record(
            self.mam,
            self.actor,
            action,
            kind="upload",
            subject_id=upload.id,
            project_id=self._project_id(),
            data=data,
        )

    def _project_id(self) -> str:
        return str(Asset.get_by_id(self.upload.asset_id).project_id)

    @property
    def _version_id(self) -> str:
        """Chosen when the upload began."""
        return str(self.upload.version_id)

    @functools.cached_property
    def _master_key(self) -> str:
        """The version's id behind the prefix of the organisation: the same in every attempt."""
        with connected():
            return organisations.storage_prefix(self.upload.asset_id) + self._version_id

    @property
    def _digests(self) -> Digests:
        assert self.digests is not None  # noqa: S101 - _prepare sets it or raises
        return self.digests


def retain_until(mam: Mam) -> datetime | None:
    """The end of a lock that begins now; None where the configuration asks for none."""
    days = mam.config.masters.retention_days
    return now() + timedelta(days=days) if days else None


def check_named(received: Sequence[PartInfo], named: Sequence[Mapping[str, Any]]) -> None:
    """Refuse parts that the client names and the store has not, or other ones (`UploadIncompleteError`)."""
    etags = {part.number: part.etag for part in received}
    wrong = [one["number"] for one in named if etags.get(one["number"]) != str(one["etag"]).strip('"')]
    if wrong:
        listed = ", ".join(map(str, wrong[:_NAMED]))
        raise UploadIncompleteError(f"These parts are missing or differ from what you name: {listed}.")


def free_staging(mam: Mam, upload: Upload) -> None:
    """Forget the upload in the store; nothing is left there of it. Raises `StorageError`."""
    if upload.part_size and isinstance(mam.storage, MultipartStorage):
        mam.storage.abort(upload.staging_key, upload.store_ref)
    mam.storage.delete("staging", upload.staging_key)
