"""A shelf of backups in a bucket of any S3 store: `s3://bucket/prefix`, keys and address from `[backup.s3]`.

Large files go in parts as they are read, a few megabytes in memory at a time; an upload that fails is given
up, so its name never appears, and what was kept whole is not sent again by the next backup. Writes only below
its prefix; never makes or configures a bucket.
"""

from __future__ import annotations

import io
import json
import os
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, BinaryIO, Self, cast
from urllib.parse import urlsplit, urlunsplit
from xml.etree import ElementTree as ET

import certifi
import urllib3
from minio import Minio
from minio.credentials import Credentials
from minio.error import MinioException, S3Error, ServerError
from minio.helpers import BaseURL, md5sum_hash, sha256_hash
from minio.signer import sign_v4_s3
from minio.time import to_amz_date

from mam.config import BackupS3
from mam.errors import BackupError, StorageFullError
from mam.http_body import stream_of
from mam.services.backup_shelf import Pour

SCHEME = "s3://"
PART = 16 << 20
"""Bytes of one part of an upload; a larger one where a file would have more than `_MOST_PARTS`."""

LOCK_SECONDS = 900.0
"""A lock that nobody renewed for so long is of a program that is gone; it is renewed every fifth of that."""

_MOST_PARTS = 9000
_CONNECT_SECONDS, _READ_SECONDS, _TRIES = 5.0, 60.0, 3
_FOREIGN = (MinioException, urllib3.exceptions.HTTPError, ET.ParseError, ValueError)
_ABSENT = {"NoSuchKey", "NoSuchObject", "404"}
_FULL = {"XMinioStorageFull", "QuotaExceeded", "InsufficientStorage", "507"}
_SENTENCES = {
    "NoSuchBucket": "there is no such bucket; make it.",
    "AccessDenied": "the key of [backup.s3] may not do this there.",
    "InvalidAccessKeyId": "the store does not know access_key of [backup.s3].",
    "SignatureDoesNotMatch": "secret_key of [backup.s3] is wrong.",
    "RequestTimeTooSkewed": "this machine's clock and the store's differ by more than 15 minutes.",
}


def shelf_of(address: str, settings: BackupS3) -> BucketShelf:
    """The shelf at `s3://bucket/prefix`. Raises `BackupError` for an address or settings that cannot be."""
    parts = urlsplit(address)
    bucket, prefix = parts.netloc, parts.path.strip("/")
    if not bucket or parts.query or parts.fragment:
        raise BackupError(f'"{address[:200]}" is no place for backups; one looks like s3://bucket/prefix.')
    if not settings.endpoint or "/" in settings.endpoint:
        raise BackupError('Name the store of backups by [backup.s3] endpoint, like "s3.example.com".')
    try:
        pool, base = _pool(settings), _base(settings)
        client = _client(settings, pool)
    except (*_FOREIGN, OSError) as error:
        raise BackupError(f"[backup.s3] cannot be used: {error}.") from error
    return BucketShelf(bucket, f"{prefix}/" if prefix else "", settings, client, base, pool)


@dataclass(frozen=True)
class BucketShelf:
    """Objects below a prefix; names that are known are asked for once."""

    bucket: str
    prefix: str
    settings: BackupS3 = field(repr=False)
    client: Minio = field(repr=False)
    base: BaseURL = field(repr=False)
    pool: urllib3.PoolManager = field(repr=False)
    _known: dict[str, set[str]] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        """Its address."""
        return f"{SCHEME}{self.bucket}/{self.prefix}".rstrip("/")

    def check(self) -> None:
        """Raise `BackupError` where the bucket is not there or may not be seen."""
        with self._guarded():
            next(iter(self.client.list_objects(self.bucket, prefix=f"{self.prefix}lock")), None)

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """By an object that only one can make; a thread renews it, one left behind is taken over in time."""
        mine = json.dumps({"by": str(uuid.uuid4()), "process": os.getpid()}).encode()
        if not self._take(mine):
            yield False
            return
        done = threading.Event()
        renewing = threading.Thread(target=self._renew, args=(mine, done), daemon=True)
        renewing.start()
        try:
            self._known.clear()
            self._sweep()
            yield True
        finally:
            done.set()
            renewing.join()
            self._known.clear()
            with suppress(BackupError):
                self.remove("lock")

    def names(self, room: str) -> list[tuple[str, int]]:
        """Every object below; about 100 bytes of memory each."""
        with self._guarded():
            listing = self.client.list_objects(self.bucket, prefix=f"{self.prefix}{room}/", recursive=True)
            return [
                ((one.object_name or "").removeprefix(self.prefix), one.size or 0)
                for one in listing
                if not one.is_dir
            ]

    def has(self, name: str) -> bool:
        """By one listing of its room for all that are asked for."""
        room = name.partition("/")[0]
        if room not in self._known:
            self._known[room] = {known for known, _ in self.names(room)}
        return name in self._known[room]

    @contextmanager
    def reading(self, name: str) -> Iterator[BinaryIO]:
        """As it comes over the line."""
        with self._guarded(name):
            answer = self.client.get_object(self.bucket, self.prefix + name)
        broken = f"{name.rpartition('/')[2]} broke off while it was read."
        try:
            yield stream_of(answer, 256 << 10, lambda _: BackupError(broken))
        finally:
            answer.close()
            answer.release_conn()

    def write(self, name: str, pour: Pour, size: int = 0) -> None:
        """In parts while it is poured; whole, or given up."""
        part = max(PART, -(-(size + (size >> 8)) // _MOST_PARTS))
        with _Piped(pour) as piped, self._guarded(name):
            try:
                self.client.put_object(
                    self.bucket, self.prefix + name, cast("BinaryIO", piped), -1, part_size=part,
                    num_parallel_uploads=1,
                )  # fmt: skip
            except BaseException:
                piped.raise_what_it_met()
                raise
        self._known.get(name.partition("/")[0], set()).add(name)

    def remove(self, name: str) -> None:
        """Remove the object; in a versioned bucket its earlier versions are for the bucket's own rules."""
        with self._guarded(name):
            self.client.remove_object(self.bucket, self.prefix + name)
        self._known.get(name.partition("/")[0], set()).discard(name)

    # --- one at a time -------------------------------------------------------------------------------

    def _take(self, mine: bytes) -> bool:
        for _ in range(2):
            with self._guarded("lock"):
                status = self._call(
                    "PUT", f"{self.prefix}lock", body=mine, headers={"If-None-Match": "*"}
                ).status
            if status == 200:  # noqa: PLR2004 - made
                return True
            if not self._is_left_behind():
                return False
            self.remove("lock")
        return False

    def _is_left_behind(self) -> bool:
        with self._guarded("lock"):
            for one in self.client.list_objects(self.bucket, prefix=f"{self.prefix}lock"):
                if one.object_name == f"{self.prefix}lock" and one.last_modified is not None:
                    return (datetime.now(UTC) - one.last_modified).total_seconds() > LOCK_SECONDS
        return True

    def _renew(self, mine: bytes, done: threading.Event) -> None:
        while not done.wait(LOCK_SECONDS / 5):
            with suppress(BackupError), self._guarded("lock"):
                self.client.put_object(self.bucket, f"{self.prefix}lock", io.BytesIO(mine), len(mine))

    def _sweep(self) -> None:
        """Give up what uploads of a backup that was killed left: it costs room and has no name."""
        with self._guarded():
            listed = self._call("GET", query={"uploads": "", "prefix": self.prefix})
            if listed.status != 200:  # noqa: PLR2004 - a store that cannot list them keeps none to sweep
                return
            for upload in ET.fromstring(listed.data).iter():  # noqa: S314 - expat without external entities
                if upload.tag.rpartition("}")[2] == "Upload":
                    told = {one.tag.rpartition("}")[2]: one.text or "" for one in upload}
                    if told.get("Key", "").startswith(self.prefix) and told.get("UploadId"):
                        self._call("DELETE", told["Key"], query={"uploadId": told["UploadId"]})

    # --- the line ------------------------------------------------------------------------------------

    def _call(
        self, method: str, key: str = "", *, query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None, body: bytes = b"",
    ) -> urllib3.BaseHTTPResponse:  # fmt: skip
        """One signed request that the client has no call for; 412 is an answer, other failures are raised."""
        region, moment, digest = self.settings.region, datetime.now(UTC), sha256_hash(body)
        url = self.base.build(
            method=method,
            region=region,
            bucket_name=self.bucket,
            object_name=key,
            query_params=dict(query or {}),
        )
        sent: dict[str, Any] = {"Host": url.netloc, **(headers or {}), "x-amz-date": to_amz_date(moment)}
        sent |= {"x-amz-content-sha256": digest} | ({"Content-MD5": md5sum_hash(body)} if body else {})
        signed = sign_v4_s3(
            method=method, url=url, region=region, headers=sent, content_sha256=digest, date=moment,
            credentials=Credentials(self.settings.access_key, self.settings.secret_key),
        )  # fmt: skip
        line = {name: str(value) for name, value in signed.items()}
        answer = self.pool.request(method, urlunsplit(url), body=body, headers=line)
        if answer.status >= 400 and answer.status not in (409, 412):  # noqa: PLR2004 - somebody else has it
            raise S3Error.fromxml(answer) if answer.data else ServerError("", answer.status)
        return answer

    @contextmanager
    def _guarded(self, name: str = "") -> Iterator[None]:
        """Our errors for foreign ones, in one sentence that names the place and never a key."""
        try:
            yield
        except _FOREIGN as error:
            raise _told(error, str(self), name) from error


def _told(error: BaseException, place: str, name: str) -> BackupError | StorageFullError:
    code = str(getattr(error, "code", "") or getattr(error, "status_code", "") or "")
    if code in _ABSENT and name:
        return BackupError(f"There is no {name.rpartition('/')[2]} in this backup.")
    if code in _FULL:
        return StorageFullError(f"There is no room for the backup at {place}.")
    if code:
        return BackupError(f"{place}: {_SENTENCES.get(code, f'the S3 store answers {code}.')}")
    return BackupError(f"{place}: the S3 store does not answer ({type(error).__name__}).")


def _client(settings: BackupS3, pool: urllib3.PoolManager) -> Minio:
    client = Minio(
        settings.endpoint, settings.access_key, settings.secret_key, secure=settings.secure,
        region=settings.region, http_client=pool,
    )  # fmt: skip
    if settings.path_style:
        client.disable_virtual_style_endpoint()
    else:
        client.enable_virtual_style_endpoint()
    return client


def _base(settings: BackupS3) -> BaseURL:
    base = BaseURL(f"{'https' if settings.secure else 'http'}://{settings.endpoint}", settings.region)
    base.virtual_style_flag = not settings.path_style
    return base


def _pool(settings: BackupS3) -> urllib3.PoolManager:
    retries = urllib3.Retry(
        total=_TRIES, backoff_factor=0.5, status_forcelist=(500, 502, 503, 504), redirect=0,
        allowed_methods=("GET", "HEAD", "PUT", "DELETE"), raise_on_status=False,
    )  # fmt: skip
    return urllib3.PoolManager(
        timeout=urllib3.Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS),
        retries=retries,
        cert_reqs="CERT_REQUIRED",
        ca_certs=settings.ca_file or certifi.where(),
    )


class _Piped:
    """What is poured in a thread, to be read: the client takes bytes, encryption gives them."""

    def __init__(self, pour: Pour) -> None:
        self._pour = pour
        self._out, self._in = os.pipe()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._failure: BaseException | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._out)  # whoever still pours is told by that
        self._thread.join()

    def read(self, size: int = -1) -> bytes:
        """The next bytes; at the end what the pouring met is raised, before anything is made of it."""
        pieces, left = [], size if size >= 0 else PART
        while left and (piece := os.read(self._out, min(left, 1 << 20))):
            pieces.append(piece)
            left -= len(piece)
        if not pieces and size:
            self._thread.join()
            self.raise_what_it_met()
        return b"".join(pieces)

    def raise_what_it_met(self) -> None:
        """Raise the pouring's own error, which says more than the store's."""
        if self._failure is not None and not isinstance(self._failure, BrokenPipeError):
            raise self._failure

    def _run(self) -> None:
        try:
            with os.fdopen(self._in, "wb", buffering=1 << 20) as target:
                self._pour(target)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the reader raises it
            self._failure = error
