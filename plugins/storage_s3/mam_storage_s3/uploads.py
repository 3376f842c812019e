"""Uploads in parts, sent by the client straight to the staging bucket at signed addresses.

A reference carries the size and part size announced and is bound to its key, so that nothing has to be kept
here. Each part's address fixes its length; the store itself refuses any other.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from minio.datatypes import ListMultipartUploadsResult, ListPartsResult, Part

from mam.errors import GoneError, StorageError, TooLargeError, UploadIncompleteError
from mam.types import ObjectInfo, PartAddress, PartInfo
from mam_storage_s3.connection import text_of
from mam_storage_s3.errors import FOREIGN, code_of
from mam_storage_s3.objects import Objects, check_key, is_key

_MAX_PARTS = 10_000
_NAMED = 20
_UNKNOWN = ("NoSuchUpload", "NoSuchKey", "404")
_FIELDS = 4
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Reference:
    """What `begin` announced; `upload_id` is the store's own word for the upload."""

    size: int
    part_size: int
    upload_id: str

    @property
    def count(self) -> int:
        """How many parts make the whole."""
        return -(-self.size // self.part_size)

    def size_of(self, number: int) -> int:
        """The exact size of a part."""
        return min(self.part_size, self.size - (number - 1) * self.part_size)

    def write(self, key: str) -> str:
        """As text, bound to the key."""
        return f"{self.size}.{self.part_size}.{_bond(key)}.{self.upload_id}"

    @classmethod
    def read(cls, key: str, text: str) -> Reference | None:
        """Back from the text; None where it is of another key or none at all."""
        fields = text.split(".", _FIELDS - 1)
        if len(fields) != _FIELDS or fields[2] != _bond(key) or not (fields[0] + fields[1]).isdecimal():
            return None
        return cls(int(fields[0]), int(fields[1]), fields[3])


class PartUploads(Objects):
    """The multipart abilities of the store."""

    def begin(self, key: str, size: int, part_size: int) -> str:
        """Open an upload into the staging bucket; `TooLargeError` where it takes more than 10 000 parts."""
        check_key(key)
        bucket, count = self.buckets.name("staging"), -(-size // part_size)
        if count > _MAX_PARTS:
            raise TooLargeError(f"{count} parts are more than {_MAX_PARTS}; take a larger part size.")
        with self.connection.guarded("The upload cannot begin", bucket):
            answer = self.connection.call(
                "POST", bucket, key, query={"uploads": ""}, headers=self.sse_headers()
            )
            upload_id = text_of(answer, "UploadId")
        return Reference(size, part_size, upload_id).write(key)

    def part_address(self, key: str, ref: str, number: int, size: int, expires_in: int) -> PartAddress:
        """An address of the store; the length is signed, so no other number of bytes is taken there."""
        reference = self._known(key, ref)
        url = self.connection.address(
            "PUT",
            self.settings.staging_bucket,
            key,
            query={"partNumber": str(number), "uploadId": reference.upload_id},
            headers={"content-length": str(size)},
            expires_in=expires_in,
        )
        return PartAddress(number, url, size)

    def list_parts(self, key: str, ref: str) -> list[PartInfo]:
        """The whole parts by number; empty where the upload is unknown."""
        reference = Reference.read(key, ref)
        return [] if reference is None else newest(self._parts(key, reference) or [])

    def complete(self, key: str, ref: str, parts: list[PartInfo]) -> ObjectInfo:
        """Join the parts; a second call answers the same, `UploadIncompleteError` names what is missing."""
        reference = self._known(key, ref)
        listed = self._parts(key, reference)
        if listed is None:
            return self._completed(key, reference)
        check_whole(reference, newest(listed), parts)
        bucket = self.buckets.name("staging")
        with self.connection.guarded("The upload cannot be completed", bucket):
            try:
                self.join(bucket, key, reference.upload_id, each_once(listed))
            except FOREIGN as error:
                if code_of(error) not in _UNKNOWN:  # else somebody else joined them at this moment
                    raise
        return self._completed(key, reference)

    def abort(self, key: str, ref: str) -> None:
        """Forget the upload and free its bytes. An empty `ref` means every upload of that key."""
        if not is_key(key):
            return
        reference = Reference.read(key, ref)
        open_ones = [reference.upload_id] if reference else self._open_uploads(key) if not ref else []
        bucket = self.buckets.name("staging")
        for upload_id in open_ones:
            self._abort(bucket, key, upload_id)
        if reference or not ref:
            self.delete("staging", key)

    def join(
        self, bucket: str, key: str, upload_id: str, parts: list[tuple[int, str]], **headers: str
    ) -> str | None:
        """Complete a multipart upload; the version made. Raises the client's errors."""
        listed = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{escape(etag)}</ETag></Part>"
            for number, etag in parts
        )
        body = f'<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{listed}'
        answer = self.connection.call(
            "POST",
            bucket,
            key,
            query={"uploadId": upload_id},
            headers={name.replace("_", "-"): value for name, value in headers.items()},
            body=f"{body}</CompleteMultipartUpload>".encode(),
            patient=True,
        )
        return answer.headers.get("x-amz-version-id")

    def sse_headers(self) -> dict[str, str]:
        """The headers that ask for encryption."""
        sse = self.sse()
        return {} if sse is None else dict(sse.headers())

    def _abort(self, bucket: str, key: str, upload_id: str) -> None:
        with self.connection.guarded("The upload cannot be removed", bucket):
            try:
                self.connection.call("DELETE", bucket, key, query={"uploadId": upload_id})
            except FOREIGN as error:
                if code_of(error) not in _UNKNOWN:
                    raise

    def _known(self, key: str, ref: str) -> Reference:
        reference = Reference.read(key, ref)
        if reference is None:
            raise GoneError("This upload was completed, aborted or has expired.")
        return reference

    def _completed(self, key: str, reference: Reference) -> ObjectInfo:
        info = self.stat("staging", key)
        if info is None:
            raise GoneError("This upload was completed, aborted or has expired.")
        if info.size != reference.size:
            raise StorageError(f"The joined upload has {info.size} bytes instead of {reference.size}.")
        return info

    def _parts(self, key: str, reference: Reference) -> list[Part] | None:
        """The parts there are, by number; None where the store knows no such upload (any more)."""
        bucket, marker = self.buckets.name("staging"), "0"
        found: list[Part] = []
        while True:
            query = {"uploadId": reference.upload_id, "max-parts": "1000", "part-number-marker": marker}
            with self.connection.guarded("The parts cannot be listed", bucket):
                try:
                    page = ListPartsResult(self.connection.call("GET", bucket, key, query=query))
                except FOREIGN as error:
                    if code_of(error) in _UNKNOWN:
                        return None
                    raise
            found += page.parts
            marker = page.next_part_number_marker or ""
            if not page.is_truncated or not marker:
                return sorted(found, key=lambda one: one.part_number)

    def _open_uploads(self, key: str) -> list[str]:
        bucket = self.buckets.name("staging")
        with self.connection.guarded("The uploads cannot be listed", bucket):
            query = {"uploads": "", "prefix": key}
            page = ListMultipartUploadsResult(self.connection.call("GET", bucket, query=query))
        return [one.upload_id for one in page.uploads if one.object_name == key and one.upload_id]


def newest(listed: list[Part]) -> list[PartInfo]:
    """One part a number. SeaweedFS lists a part sent twice twice, in no order: the later one counts."""
    found: dict[int, Part] = {}
    for one in listed:
        other = found.get(one.part_number)
        if other is None or (other.last_modified or _LONG_AGO) <= (one.last_modified or _LONG_AGO):
            found[one.part_number] = one
    return [PartInfo(number, found[number].size or 0, found[number].etag) for number in sorted(found)]


def each_once(listed: list[Part]) -> list[tuple[int, str]]:
    """The parts to name when joining: number and ETag, each pair once, by number.

    Where the store lists a part sent twice twice, both are named and it takes the later one itself; the same
    bytes sent twice have one ETag, and SeaweedFS (4.44 and 4.48, measured) that hears it twice keeps the part
    and then frees it as its own duplicate: the object stays, its bytes are gone.
    """
    return list(dict.fromkeys((one.part_number, one.etag) for one in listed))


def check_whole(reference: Reference, received: list[PartInfo], named: list[PartInfo]) -> None:
    """Every part is there with its size, and the caller speaks of the same parts."""
    sizes = {one.number: one.size for one in received}
    missing = [n for n in range(1, reference.count + 1) if sizes.get(n) != reference.size_of(n)]
    if missing:
        told = ", ".join(map(str, missing[:_NAMED])) + (", …" if len(missing) > _NAMED else "")
        raise UploadIncompleteError(f"{len(missing)} of {reference.count} parts are missing: {told}.")
    if named != received:
        raise UploadIncompleteError("The parts named are not the parts received.")


def _bond(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:16]
