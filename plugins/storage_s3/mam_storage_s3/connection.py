"""The line to the store: the `minio` client on our own short-tempered pool, and the calls the client lacks.

Tries again only briefly, then says that the store does not answer; after some silence in a row it does not
even ask for a few seconds, so that a hanging store does not hold every thread of the box.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import SplitResult, urlunsplit
from xml.etree import ElementTree as ET

import certifi
import urllib3
from minio import Minio
from minio.credentials import Credentials
from minio.error import S3Error, ServerError
from minio.helpers import BaseURL, md5sum_hash, sha256_hash
from minio.signer import sign_v4_s3
from minio.time import to_amz_date

from mam.errors import StorageError, StorageUnreachableError
from mam_storage_s3.errors import FOREIGN, our_error
from mam_storage_s3.settings import Settings
from mam_storage_s3.signatures import presign

CONNECT_SECONDS = 5.0
READ_SECONDS = 20.0
COPY_SECONDS = 600.0
"""How long a copy inside the store, or the joining of thousands of parts, may be silent."""

_CONNECTIONS = 32
_TRIES = 2
_SILENT_LIMIT = 3
_PAUSE_SECONDS = 3.0


class Silence:
    """Counts calls without an answer; after three in a row the next seconds' calls fail at once."""

    def __init__(self) -> None:
        """Nothing has failed yet."""
        self._lock = threading.Lock()
        self._count = 0
        self._until = 0.0

    def check(self, what: str) -> None:
        """Raise where the store is being left alone."""
        if time.monotonic() < self._until:
            detail = f"{what}: the S3 store does not answer; it is asked again in a moment."
            raise StorageUnreachableError(detail)

    def note(self, *, answered: bool) -> None:
        """Take down how a call ended."""
        with self._lock:
            self._count = 0 if answered else self._count + 1
            if self._count >= _SILENT_LIMIT:
                self._until = time.monotonic() + _PAUSE_SECONDS


class Connection:
    """One store under one pair of keys; may be used by many threads."""

    def __init__(self, settings: Settings) -> None:
        """Open nothing yet; `StorageError` where the address or the authority's file cannot be used."""
        self.settings = settings
        self._keys = Credentials(settings.access_key, settings.secret_key)
        self._silence = Silence()
        with self.guarded("The S3 store's settings cannot be used", ""):
            self._quick, self._patient = _pool(settings, READ_SECONDS), _pool(settings, COPY_SECONDS)
            self._base, self._public = _base(settings, settings.url), _base(settings, settings.public_url)
            self.client = Minio(
                settings.endpoint,
                settings.access_key,
                settings.secret_key,
                secure=settings.secure,
                region=settings.region,
                http_client=self._quick,
            )
            if settings.path_style:
                self.client.disable_virtual_style_endpoint()
            else:
                self.client.enable_virtual_style_endpoint()

    @contextlib.contextmanager
    def guarded(self, what: str, bucket: str) -> Iterator[None]:
        """Raise our errors for foreign ones; count silence. Errors of the caller's own stream pass."""
        self._silence.check(what)
        try:
            yield
        except FOREIGN as error:
            ours = our_error(error, what, bucket)
            self._silence.note(answered=not isinstance(ours, StorageUnreachableError))
            raise ours from error
        else:
            self._silence.note(answered=True)

    def call(
        self,
        method: str,
        bucket: str,
        key: str = "",
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        patient: bool = False,
    ) -> urllib3.BaseHTTPResponse:
        """One signed request; raises `S3Error` or the transport's errors, also for an error inside a 200."""
        region, moment = self.settings.region, datetime.now(UTC)
        url = self._base.build(
            method=method, region=region, bucket_name=bucket, object_name=key, query_params=dict(query or {})
        )
        digest = sha256_hash(body)
        sent: dict[str, Any] = {"Host": url.netloc, **(headers or {}), "x-amz-date": to_amz_date(moment)}
        sent |= {"x-amz-content-sha256": digest}
        if body:
            sent["Content-MD5"] = md5sum_hash(body)
        signed = sign_v4_s3(
            method=method,
            url=url,
            region=region,
            headers=sent,
            credentials=self._keys,
            content_sha256=digest,
            date=moment,
        )
        pool = self._patient if patient else self._quick
        answer = pool.request(
            method, urlunsplit(url), body=body, headers={name: str(value) for name, value in signed.items()}
        )
        _raise_for(answer)
        return answer

    def address(
        self,
        method: str,
        bucket: str,
        key: str,
        *,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        expires_in: int,
    ) -> str:
        """A signed address of the store as browsers reach it."""
        return presign(
            method,
            self.public_place(bucket, key, query),
            headers,
            access_key=self.settings.access_key,
            secret_key=self.settings.secret_key,
            region=self.settings.region,
            expires_in=expires_in,
        )

    def public_place(self, bucket: str, key: str = "", query: Mapping[str, str] | None = None) -> SplitResult:
        """Where a bucket or an object is for browsers, unsigned."""
        return self._public.build(
            method="GET",
            region=self.settings.region,
            bucket_name=bucket,
            object_name=key,
            query_params=dict(query or {}),
        )


def text_of(answer: urllib3.BaseHTTPResponse, name: str) -> str:
    """The text of the first element of that name in an answer; `StorageError` where there is none."""
    for element in ET.fromstring(answer.data).iter():  # noqa: S314 - expat without external entities
        if element.tag.rpartition("}")[2] == name and element.text:
            return element.text
    raise StorageError(f"The S3 store's answer has no {name}.")


def _raise_for(answer: urllib3.BaseHTTPResponse) -> None:
    """Completing a large upload may answer 200 at once and tell of its failure in the body later."""
    failed = answer.status not in (200, 204, 206) or b"<Error>" in answer.data[:300]
    if failed and b"<Error" in answer.data[:300]:
        raise S3Error.fromxml(answer)
    if failed:
        raise ServerError(f"HTTP status {answer.status}", answer.status)


def _pool(settings: Settings, read_seconds: float) -> urllib3.PoolManager:
    retries = urllib3.Retry(
        total=_TRIES,
        backoff_factor=0.2,
        status_forcelist=(500, 502, 503, 504),
        allowed_methods=("GET", "HEAD", "PUT", "DELETE"),
        raise_on_status=False,
        redirect=0,
    )
    return urllib3.PoolManager(
        maxsize=_CONNECTIONS,
        block=False,
        timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=read_seconds),
        retries=retries,
        cert_reqs="CERT_REQUIRED",
        ca_certs=settings.ca_file or certifi.where(),
    )


def _base(settings: Settings, url: str) -> BaseURL:
    base = BaseURL(url, settings.region)
    base.virtual_style_flag = not settings.path_style
    return base
