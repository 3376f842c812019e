"""Masters under the store's own lock: copied in inside the store, locked from their first moment, read back.

Nothing a store answers about a lock is believed before the lock was read back; what cannot be read back is an
error. Writes the masters bucket; never removes a version that is locked.
"""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import BinaryIO
from urllib.parse import quote

from minio.datatypes import Object
from minio.error import S3Error
from minio.retention import Retention

from mam.errors import LockedError, MamError, NotFoundError, StorageError
from mam.types import Area, MasterInfo, ObjectInfo
from mam_storage_s3.connection import text_of
from mam_storage_s3.errors import FOREIGN, DeniedError, code_of
from mam_storage_s3.objects import check_key
from mam_storage_s3.uploads import PartUploads

COPY_BYTES = 256 << 20
"""Bytes of one copy inside the store: far below the 5 GiB it may have, so that none is silent for long."""

_COPIES_AT_ONCE = 4
_COPY_TRIES = 2
_STUMBLES = ("InternalError", "SlowDown", "ServiceUnavailable", "500", "502", "503", "504")
_MAX_PARTS = 10_000
_SOURCE = "x-amz-meta-mam-source"
_SOURCE_TAG = "x-amz-meta-mam-source-etag"
_TAKEN = ("PreconditionFailed", "ConditionalRequestConflict", "412", "409")
_NO_LOCK = (
    "NoSuchObjectLockConfiguration",
    "ObjectLockConfigurationNotFoundError",
    "NoSuchObjectLegalHold",
    "NoSuchRetention",
)
"""How stores say that an object has no retention, or no hold."""

_STRENGTH = {"": 0, "GOVERNANCE": 1, "COMPLIANCE": 2}


class LockedMasters(PartUploads):
    """The lock abilities of the store."""

    def put(self, area: Area, key: str, stream: BinaryIO, size: int) -> ObjectInfo:
        """As `Objects.put`; a master is promoted at once, without retention, so that there is one only."""
        if area != "masters":
            return super().put(area, key, stream, size)
        check_key(key)
        if self.first_version(key) is not None:
            raise LockedError(f"The master {key} exists already; masters are written once.")
        staged = f"put/{secrets.token_hex(16)}"
        super().put("staging", staged, stream, size)
        try:
            self.promote(staged, key, retain_until=None)
        finally:
            self.delete("staging", staged)
        info = self.stat(area, key)
        if info is None:
            raise StorageError("The master is not where it was put.")
        return info

    def promote(self, staging_key: str, master_key: str, *, retain_until: datetime | None) -> MasterInfo:
        """Copy inside the store under retention, read the lock back, then free the staging object."""
        check_key(master_key)
        source = self.look("staging", staging_key, None)
        version = self.first_version(master_key)
        if version is None:
            if source is None:
                raise NotFoundError("The upload's bytes are not in the staging area.")
            version = self._copy(staging_key, source, master_key, retain_until)
        self._check_same(staging_key, source, master_key, version)
        master = self.secure(master_key, version, retain_until)
        self.delete("staging", staging_key)
        return master

    def set_legal_hold(self, key: str, *, version: str | None, on: bool) -> None:
        """Set or lift the hold, and read it back; `NotFoundError` for an absent master."""
        pinned = version or self.first_version(key)
        if pinned is None:
            raise NotFoundError
        bucket, client = self.buckets.name("masters"), self.connection.client
        with self.connection.guarded("The legal hold cannot be set", bucket):
            change = client.enable_object_legal_hold if on else client.disable_object_legal_hold
            change(bucket, key, pinned)
        held = self._held(key, pinned)
        if held is not on:
            raise StorageError(
                f"The store did not {'set' if on else 'lift'} the legal hold, though it said so."
            )

    def extend_lock(self, key: str, *, version: str | None, retain_until: datetime) -> MasterInfo:
        """Lengthen the retention and read it back; `NotFoundError` for an absent master."""
        pinned = version or self.first_version(key)
        if pinned is None:
            raise NotFoundError
        return self.secure(key, pinned, retain_until)

    def lock_state(self, key: str, *, version: str | None) -> MasterInfo | None:
        """Retention and hold as the store tells them now; None where the master is absent."""
        found = self.look("masters", key, version)
        if found is None or found.version_id is None:
            return None
        until = self.retention(key, found.version_id)[1]
        held = self._held(key, found.version_id)
        locked = held or (until is not None and until > datetime.now(UTC))
        return MasterInfo(key, found.size or 0, found.version_id, locked, until, held)

    def delete(self, area: Area, key: str, *, version: str | None = None) -> None:
        """As `Objects.delete`. A master goes with every version of its key, unless one is named or locked."""
        if area != "masters":
            super().delete(area, key, version=version)
            return
        for one in [version] if version else [found.version_id for found in self.versions(key)]:
            self._remove_version(key, one or "")

    def secure(self, key: str, version: str, retain_until: datetime | None) -> MasterInfo:
        """Lengthen the lock to what is asked; answers what was read back, `StorageError` where it is less."""
        wanted = _whole_second(retain_until)
        if wanted is not None and not self._holds(key, version, wanted):
            self._set_retention(key, version, wanted)
            if not self._holds(key, version, wanted):
                raise StorageError(
                    f"The bucket {self.settings.masters_bucket} took the master but shows no lock until "
                    f"{wanted:%Y-%m-%d}: nothing was promoted. Look at the findings of storage_s3."
                )
        state = self.lock_state(key, version=version)
        if state is None:
            raise StorageError("The master cannot be read back after it was promoted; try again.")
        return state

    def retention(self, key: str, version: str) -> tuple[str, datetime | None]:
        """Mode and end of the retention as the store tells them; an empty mode where there is none."""
        bucket = self.buckets.name("masters")
        with self.connection.guarded("The lock cannot be read", bucket):
            try:
                found = self.connection.client.get_object_retention(bucket, key, version)
            except S3Error as error:
                if error.code not in _NO_LOCK:
                    raise
                found = None
        return (found.mode, found.retain_until_date) if found is not None else ("", None)

    def compose(
        self, staging_key: str, source: Object, key: str, retain_until: datetime | None
    ) -> str | None:
        """Copy a staging object to a master inside the store, exclusively; raises the client's errors.

        Every part asks for the very object that was looked at, so that an overwrite meanwhile is noticed.
        """
        bucket, size = self.buckets.name("masters"), source.size or 0
        head = self.sse_headers() | self._lock_headers(retain_until) | _origin(staging_key, source)
        begun = self.connection.call("POST", bucket, key, query={"uploads": ""}, headers=head)
        upload_id = text_of(begun, "UploadId")
        try:
            copy = lambda part: self._copy_part(key, upload_id, staging_key, source, part)  # noqa: E731
            with ThreadPoolExecutor(_COPIES_AT_ONCE) as pool:
                parts = list(pool.map(copy, enumerate(ranges(size), start=1)))
            return self.join(bucket, key, upload_id, parts, if_none_match="*")
        except BaseException:
            self._abort(bucket, key, upload_id)
            raise

    def _copy(self, staging_key: str, source: Object, key: str, retain_until: datetime | None) -> str:
        """The version that is the master now: ours, or that of somebody who was quicker."""
        bucket = self.buckets.name("masters")
        with self.connection.guarded("The master cannot be stored", bucket):
            version = self._composed(staging_key, source, key, retain_until)
        first = self.first_version(key)
        if first is None:
            raise StorageError("The master cannot be found after it was stored; try again.")
        if version is not None and version != first:
            self._drop_second(key, version)
        return first

    def _composed(
        self, staging_key: str, source: Object, key: str, retain_until: datetime | None
    ) -> str | None:
        """Copy, once more after a stumble of the store; None where a master is there already."""
        for tries in range(_COPY_TRIES, 0, -1):
            try:
                return self.compose(staging_key, source, key, retain_until)
            except FOREIGN as error:
                if code_of(error) in _TAKEN:
                    return None
                if tries == 1 or code_of(error) not in _STUMBLES:
                    raise
        return None

    def _copy_part(
        self,
        key: str,
        upload_id: str,
        staging_key: str,
        source: Object,
        part: tuple[int, tuple[int, int]],
    ) -> tuple[int, str]:
        number, (start, end) = part
        bucket = self.settings.staging_bucket
        headers = {
            "x-amz-copy-source": quote(f"/{bucket}/{staging_key}"),
            "x-amz-copy-source-range": f"bytes={start}-{end - 1}",
            "x-amz-copy-source-if-match": f'"{source.etag}"',
        }
        query = {"partNumber": str(number), "uploadId": upload_id}
        answer = self.connection.call(
            "PUT", self.settings.masters_bucket, key, query=query, headers=headers, patient=True
        )
        return number, text_of(answer, "ETag").strip('"')

    def _check_same(self, staging_key: str, source: Object | None, key: str, version: str) -> None:
        """The master is what an earlier or this promote of the same object made; else `LockedError`."""
        found = self.look("masters", key, version)
        told = {name.lower(): value for name, value in ((found.metadata if found else None) or {}).items()}
        same = told.get(_SOURCE) == quote(staging_key, safe="")
        if source is not None and found is not None:
            same = same and found.size == source.size and told.get(_SOURCE_TAG) == source.etag
        if not same:
            raise LockedError(f"The master {key} exists already and holds something else.")

    def _lock_headers(self, retain_until: datetime | None) -> dict[str, str]:
        wanted = _whole_second(retain_until)
        if wanted is None:
            return {}
        return {
            "x-amz-object-lock-mode": self.settings.retention,
            "x-amz-object-lock-retain-until-date": f"{wanted:%Y-%m-%dT%H:%M:%SZ}",
        }

    def _holds(self, key: str, version: str, wanted: datetime) -> bool:
        mode, until = self.retention(key, version)
        strong = _STRENGTH.get(mode, 0) >= _STRENGTH[self.settings.retention]
        return strong and until is not None and until >= wanted

    def _set_retention(self, key: str, version: str, wanted: datetime) -> None:
        """Set a lock that is missing, or lengthen one; never shortens."""
        until = max(wanted, self.retention(key, version)[1] or wanted)
        bucket = self.buckets.name("masters")
        with self.connection.guarded("The master cannot be locked", bucket):
            self.connection.client.set_object_retention(
                bucket, key, Retention(self.settings.retention, until), version_id=version
            )

    def _held(self, key: str, version: str) -> bool:
        bucket = self.buckets.name("masters")
        with self.connection.guarded("The legal hold cannot be read", bucket):
            try:
                return bool(self.connection.client.is_object_legal_hold_enabled(bucket, key, version))
            except S3Error as error:
                if error.code not in _NO_LOCK:
                    raise
                return False

    def _remove_version(self, key: str, version: str) -> None:
        """Remove one version; the lock is asked for before, should the store not keep its own."""
        state = self.lock_state(key, version=version)
        if state is not None and state.locked:
            until = f"locked until {state.retain_until:%Y-%m-%d %H:%M}Z" if state.retain_until else "on hold"
            raise LockedError(f"This master is {until}; nothing was removed.")
        try:
            super().delete("masters", key, version=version)
        except DeniedError as error:
            raise LockedError("The store refuses to remove this master; nothing was removed.") from error

    def _drop_second(self, key: str, version: str) -> None:
        """Take back our own version that came second; a locked one stays, read by nobody."""
        try:
            super().delete("masters", key, version=version)
        except MamError:
            return


def ranges(size: int) -> list[tuple[int, int]]:
    """First byte and end of every copy that makes an object of `size` bytes: at most 10 000 of them."""
    step = max(COPY_BYTES, -(-size // _MAX_PARTS))
    return [(start, min(start + step, size)) for start in range(0, size, step)]


def _origin(staging_key: str, source: Object) -> dict[str, str]:
    """What the master remembers of where it came from: by it a repeated promote knows its own work."""
    return {
        _SOURCE: quote(staging_key, safe=""),
        _SOURCE_TAG: source.etag or "",
        "content-type": "application/octet-stream",
    }


def _whole_second(moment: datetime | None) -> datetime | None:
    """Never earlier than asked: stores keep whole seconds."""
    if moment is None:
        return None
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=0) + timedelta(seconds=1 if moment.microsecond else 0)
