"""The S3 store whole: objects, uploads in parts, locked masters, and signed addresses for downloads."""

from __future__ import annotations

from urllib.parse import quote

from mam.config import Config
from mam.errors import NotFoundError
from mam.types import Area
from mam_storage_s3.buckets import Buckets
from mam_storage_s3.connection import Connection
from mam_storage_s3.objects import is_key
from mam_storage_s3.proof import ProvenMasters
from mam_storage_s3.settings import origins, read


class S3Storage(ProvenMasters):
    """Every ability but local files."""

    def read_address(
        self, area: Area, key: str, *, version: str | None, expires_in: int, filename: str, content_type: str
    ) -> str:
        """A signed address for one GET, as an attachment of that name; masters are pinned to a version."""
        pinned = self._pinned(area, key, version)
        if not is_key(key) or pinned is None:
            raise NotFoundError
        query = {
            "response-content-disposition": attachment(filename),
            "response-content-type": content_type or "application/octet-stream",
        }
        if pinned:
            query["versionId"] = pinned
        return self.connection.address(
            "GET", self.settings.bucket(area), key, query=query, headers={}, expires_in=expires_in
        )

    def part_origin(self) -> str:
        """Where browsers send parts."""
        url = self.connection.public_place(self.settings.staging_bucket)
        return f"{url.scheme}://{url.netloc}"


def attachment(filename: str) -> str:
    """The disposition of RFC 6266: a plain name for old readers, the true one in UTF-8."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%;' else "_" for c in filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


def open_store(config: Config) -> S3Storage:
    """The store of a configuration; asks nothing of it yet."""
    settings = read(config)
    connection = Connection(settings)
    return S3Storage(connection, Buckets(connection, origins(config, settings)))
