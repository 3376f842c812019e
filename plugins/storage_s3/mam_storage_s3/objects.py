"""The five calls of a store, on three buckets: put, open, stat, list, delete.

Masters are versioned; a master is the first version of its key, whatever others write over it or mark
deleted, and a version that is named is the one that is read. Keys that hide (`.name`) are the store's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import BinaryIO, cast

from minio.datatypes import Object
from minio.sse import Sse, SseKMS, SseS3

from mam.errors import NotFoundError, StorageError, UploadIncompleteError
from mam.types import Area, ObjectInfo
from mam_storage_s3.buckets import Buckets
from mam_storage_s3.connection import Connection
from mam_storage_s3.errors import FOREIGN, code_of
from mam_storage_s3.reading import ObjectStream, buffered, empty

_PIECE = 16 << 20
"""Bytes of one part when the box itself stores an object; up to four of them are in memory."""

_MAX_PARTS = 10_000
_LONGEST_KEY = 1024
_BEYOND = "InvalidRange"


class Objects:
    """Objects of the three areas; `connection` and `buckets` are shared by the abilities built on this."""

    def __init__(self, connection: Connection, buckets: Buckets) -> None:
        """Keep the line and the buckets."""
        self.connection = connection
        self.buckets = buckets
        self.settings = connection.settings

    def put(self, area: Area, key: str, stream: BinaryIO, size: int) -> ObjectInfo:
        """Store exactly `size` bytes, visible all at once; `UploadIncompleteError` for a short stream."""
        check_key(key)
        bucket = self.buckets.name(area)
        part = max(_PIECE, -(-size // _MAX_PARTS))
        with self.connection.guarded("The object cannot be stored", bucket):
            done = self.connection.client.put_object(
                bucket, key, cast("BinaryIO", _Exactly(stream, size)), size, part_size=part, sse=self.sse()
            )
        return ObjectInfo(key, size, done.etag or "", datetime.now(UTC), self._shown(area, done.version_id))

    def open(
        self, area: Area, key: str, *, version: str | None = None, start: int = 0, length: int | None = None
    ) -> AbstractContextManager[BinaryIO]:
        """Read from byte `start`; `NotFoundError` where nothing lies. The stream checks its own length."""
        pinned = self._pinned(area, key, version)
        if not is_key(key) or pinned is None:
            raise NotFoundError
        if length == 0:
            return empty()
        bucket = self.buckets.name(area)
        with self.connection.guarded("The object cannot be read", bucket):
            try:
                answer = self.connection.client.get_object(
                    bucket, key, offset=start, length=length or 0, version_id=pinned or None
                )
            except FOREIGN as error:
                if code_of(error) == _BEYOND:
                    return empty()
                raise
        return buffered(ObjectStream(answer, self.connection, bucket))

    def stat(self, area: Area, key: str, *, version: str | None = None) -> ObjectInfo | None:
        """Size, etag, time and version of an object, or None."""
        found = self.look(area, key, version) if is_key(key) else None
        return None if found is None else self._info(area, found)

    def list(self, area: Area, prefix: str = "") -> Iterator[ObjectInfo]:
        """Every object whose key begins with `prefix`, in key order.

        Sorted here: not every store lists `a.b` before `a/b`. About 400 bytes of memory an object.
        """
        bucket, versions = self.buckets.name(area), area == "masters"
        found: dict[str, Object] = {}
        with self.connection.guarded("The objects cannot be listed", bucket):
            listing = self.connection.client.list_objects(
                bucket, prefix=prefix, recursive=True, include_version=versions
            )
            for one in listing:
                key = one.object_name or ""
                if not one.is_delete_marker and is_key(key):
                    found[key] = one  # of several versions the last listed, which is the oldest
        for key in sorted(found):
            yield self._info(area, found[key])

    def delete(self, area: Area, key: str, *, version: str | None = None) -> None:
        """Remove an object; an absent one is no error."""
        if not is_key(key):
            return
        bucket = self.buckets.name(area)
        try:
            with self.connection.guarded("The object cannot be removed", bucket):
                self.connection.client.remove_object(bucket, key, version_id=version)
        except NotFoundError:
            return

    def look(self, area: Area, key: str, version: str | None) -> Object | None:
        """What the store says of an object, or None; also of keys that hide."""
        pinned = self._pinned(area, key, version)
        if pinned is None:
            return None
        bucket = self.buckets.name(area)
        try:
            with self.connection.guarded("The object cannot be looked at", bucket):
                return self.connection.client.stat_object(bucket, key, version_id=pinned or None)
        except NotFoundError:
            return None

    def versions(self, key: str) -> Sequence[Object]:
        """Every version and delete marker of a master's key, oldest first."""
        bucket = self.buckets.name("masters")
        with self.connection.guarded("The versions cannot be listed", bucket):
            listing = self.connection.client.list_objects(
                bucket, prefix=key, recursive=True, include_version=True
            )
            return [one for one in listing if one.object_name == key][::-1]

    def first_version(self, key: str) -> str | None:
        """The version that is the master of that key, or None."""
        return next((one.version_id for one in self.versions(key) if not one.is_delete_marker), None)

    def sse(self) -> Sse | None:
        """How objects are encrypted by the store, as configured."""
        if self.settings.sse == "s3":
            return SseS3()
        return SseKMS(self.settings.sse_kms_key, {}) if self.settings.sse == "kms" else None

    def _pinned(self, area: Area, key: str, version: str | None) -> str | None:
        """The version to ask for: empty for areas without versions, None where there is none to ask for."""
        if area != "masters":
            return "" if version is None else None
        return version or (self.first_version(key) if _can_be_asked(key) else None)

    def _info(self, area: Area, found: Object) -> ObjectInfo:
        return ObjectInfo(
            found.object_name or "",
            found.size or 0,
            (found.etag or "").strip('"'),
            found.last_modified or datetime.now(UTC),
            self._shown(area, found.version_id),
        )

    def _shown(self, area: Area, version: str | None) -> str | None:
        return version if area == "masters" else None


def is_key(key: str) -> bool:
    """Whether a text can be a key of the core's: no hidden, empty or climbing name in it."""
    names = key.split("/")
    return _can_be_asked(key) and all(name and not name.startswith(".") for name in names)


def check_key(key: str) -> None:
    """Refuse what cannot be a key."""
    if not is_key(key):
        raise StorageError(f"{key[:200]!a} cannot be the key of an object.")


def _can_be_asked(key: str) -> bool:
    try:
        return bool(key) and "\0" not in key and len(key.encode()) <= _LONGEST_KEY
    except UnicodeEncodeError:
        return False


class _Exactly:
    """The first `size` bytes of a stream, which has to have them."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        """Read from the stream's present position."""
        self._stream, self._size, self._done = stream, size, 0

    def read(self, count: int = -1) -> bytes:
        """The next bytes; `UploadIncompleteError` where the stream ends before its time."""
        left = self._size - self._done
        piece = self._stream.read(left if count < 0 else min(count, left))
        if not piece and left:
            raise UploadIncompleteError(
                f"The body ended after {self._done} of {self._size} bytes; nothing was stored."
            )
        self._done += len(piece)
        return bytes(piece)  # the client takes no other kind of buffer; bytes are not copied
