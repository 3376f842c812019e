"""The store of an edge that was only given keys and the address of the box: it asks the box's own delivery.

Signs its requests itself, by the keys that both have, as if it were a player; so the box needs no account for
it and opens nothing that a signed address does not open. Reads only, and only what an edge needs.
"""

from __future__ import annotations

import contextlib
import io
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import BinaryIO, NoReturn

import certifi
import urllib3

from mam.edge.paths import NOBODY, REVOKED, parse_preview
from mam.errors import ConfigError, NotFoundError, StorageError
from mam.http_body import stream_of
from mam.revocations import PREFIX
from mam.signing import DOWNLOAD_SECONDS, DownloadGrant, KeyRing, make_download, make_grant
from mam.types import Area, ObjectInfo

CONNECT_SECONDS = 3.0
READ_SECONDS = 15.0
"""Silence after which the box counts as away."""

_GRANT_SECONDS = 600
_CONNECTIONS = 16
_LARGEST_LIST = 64 << 20
_PIECE = 256 << 10
_READ_ONLY = "An edge changes nothing in the box that it pulls from."


class Origin:
    """The previews and masters of a box, by its signed addresses; may be used by many threads."""

    def __init__(self, address: str, keys: KeyRing, ca_file: str = "") -> None:
        """Ask nothing yet; `ConfigError` where the authority's file cannot be read."""
        self._address, self._keys = address.rstrip("/"), keys
        authority = ca_file or certifi.where()
        try:
            with open(authority, "rb"):  # noqa: PTH123 - only whether it can be
                pass
        except OSError as error:
            raise ConfigError(f"delivery.origin_ca_file: {authority}: {error.strerror}.") from error
        self._pool = urllib3.PoolManager(
            maxsize=_CONNECTIONS,
            block=False,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
            # A box that says "too many" means it: wait as long as it says, twice.
            retries=urllib3.Retry(
                total=2, backoff_factor=0.1, status_forcelist=(429,), allowed_methods=("GET", "HEAD"),
                redirect=0, raise_on_status=False, respect_retry_after_header=True,
            ),
            ca_certs=authority,
        )  # fmt: skip

    def stat(self, area: Area, key: str, *, version: str | None = None) -> ObjectInfo | None:
        """Size and tag of an object, or None."""
        try:
            answer = self._ask("HEAD", self._path(area, key, version))
        except NotFoundError:
            return None
        answer.drain_conn()
        etag = answer.headers.get("ETag", "").strip('"')
        return ObjectInfo(key, _size(answer), etag, datetime.now(UTC), version)

    @contextlib.contextmanager
    def fetch(self, area: Area, key: str) -> Iterator[tuple[int, BinaryIO]]:
        """Size and bytes of a whole object by one request; `NotFoundError` where nothing lies."""
        answer = self._ask("GET", self._path(area, key, None), {"Accept-Encoding": "identity"})
        with _streamed(answer) as stream:
            yield _size(answer), stream

    def open(
        self, area: Area, key: str, *, version: str | None = None, start: int = 0, length: int | None = None
    ) -> AbstractContextManager[BinaryIO]:
        """Read from byte `start`; `NotFoundError` where nothing lies."""
        if length == 0:
            return io.BytesIO()
        headers = {"Accept-Encoding": "identity"}
        if start or length is not None:
            headers["Range"] = f"bytes={start}-{'' if length is None else start + length - 1}"
        answer = self._ask("GET", self._path(area, key, version), headers)
        if "Range" in headers and answer.status != 206:  # noqa: PLR2004 - only a part was asked for
            answer.close()
            raise StorageError("The origin sent other bytes than it was asked for.")
        return _streamed(answer)

    def list(self, area: Area, prefix: str = "") -> Iterator[ObjectInfo]:
        """The marks of what was revoked; the box lists nothing else to an edge."""
        if (area, prefix) != ("previews", PREFIX):
            raise StorageError("An edge cannot list what lies in the box that it pulls from.")
        answer = self._ask("GET", f"/s/{self._grant(NOBODY)}/{NOBODY}/{REVOKED}")
        try:
            marks = json.loads(_read(answer, _LARGEST_LIST))
            keys = [f"{prefix}{tag.replace(':', '/', 1)}/{int(at)}" for tag, at in marks.items()]
        except (ValueError, TypeError, AttributeError):
            raise StorageError("The origin tells nothing of what was revoked: is it a box of MAM?") from None
        for key in sorted(keys):
            yield ObjectInfo(key, 0, "", datetime.now(UTC))

    def put(self, area: Area, key: str, stream: BinaryIO, size: int) -> NoReturn:  # noqa: ARG002 - a store's
        """Refuse: an edge only reads."""
        raise StorageError(_READ_ONLY)

    def delete(self, area: Area, key: str, *, version: str | None = None) -> NoReturn:  # noqa: ARG002 - a store's
        """Refuse: an edge only reads."""
        raise StorageError(_READ_ONLY)

    # --- asking --------------------------------------------------------------------------------------

    def _path(self, area: Area, key: str, version: str | None) -> str:
        """The signed path of an object."""
        if area == "previews":
            owner = key.partition("/")[0]
            path = f"/s/{self._grant(owner)}/{key}"
            if parse_preview(path.encode("utf-8", "replace")) is not None:
                return path
        now = time.time()
        grant = DownloadGrant(
            key, version, "object", "application/octet-stream", int(now) + DOWNLOAD_SECONDS,
            int(now * 1000), area=area,
        )  # fmt: skip
        return f"/d/{make_download(self._keys, grant)}"

    def _grant(self, version_id: str) -> str:
        return make_grant(self._keys, version_id=version_id, expires_in=_GRANT_SECONDS)

    def _ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None
    ) -> urllib3.BaseHTTPResponse:
        """One request whose head has come. Raises `NotFoundError`, `StorageError`."""
        try:
            answer = self._pool.request(
                method, self._address + path, headers=dict(headers or {}), preload_content=False
            )
        except urllib3.exceptions.HTTPError as error:
            raise StorageError(f"The origin does not answer ({type(error).__name__}).") from error
        if answer.status in (200, 206):
            return answer
        answer.drain_conn()
        answer.release_conn()
        if answer.status == 404:  # noqa: PLR2004 - not found
            raise NotFoundError
        if answer.status == 403:  # noqa: PLR2004 - refused
            raise StorageError(
                "The origin refuses this edge: copy its secrets/delivery-keys.json, and compare the clocks."
            )
        raise StorageError(f"The origin answers {answer.status}.")


def _size(answer: urllib3.BaseHTTPResponse) -> int:
    size = answer.headers.get("Content-Length", "")
    if not size.isdigit():
        raise StorageError("The origin does not say how large an object is.")
    return int(size)


@contextlib.contextmanager
def _streamed(answer: urllib3.BaseHTTPResponse) -> Iterator[BinaryIO]:
    """The body; read to its end, its connection is used again."""
    try:
        yield stream_of(answer, _PIECE, _broke_off)
    finally:
        answer.close()


def _broke_off(error: Exception) -> StorageError:
    return StorageError(f"The origin's answer broke off ({type(error).__name__}).")


def _read(answer: urllib3.BaseHTTPResponse, largest: int) -> bytes:
    with _streamed(answer) as stream:
        data = stream.read(largest + 1)
    if len(data) > largest:
        raise StorageError("The origin's answer is larger than it may be.")
    return data
