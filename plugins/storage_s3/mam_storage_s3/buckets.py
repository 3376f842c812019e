"""The three buckets: made where they are missing, refused where they cannot do their duty (promise D9).

A bucket is looked at once, when the box opens or at its first use after the store came back. Writes buckets,
CORS rules and lifecycle, all only where `create_buckets` allows it; never an object.
"""

from __future__ import annotations

import threading
from xml.sax.saxutils import escape

from minio.commonconfig import ENABLED, Filter
from minio.error import S3Error
from minio.lifecycleconfig import (
    AbortIncompleteMultipartUpload,
    Expiration,
    LifecycleConfig,
    Rule,
    Transition,
)

from mam.errors import ConfigError, MamError, StorageError
from mam.types import Area, Finding
from mam_storage_s3.connection import Connection
from mam_storage_s3.errors import FOREIGN, code_of
from mam_storage_s3.settings import NAME

AREAS: tuple[Area, ...] = ("staging", "masters", "previews")
_MINE_ALREADY = ("BucketAlreadyOwnedByYou", "BucketAlreadyExists")
_NO_LOCK = ("ObjectLockConfigurationNotFoundError", "NoSuchObjectLockConfiguration", "NotImplemented")
_CORS_SECONDS = 3000


class Buckets:
    """The buckets of one connection. `name` is the only way to one: it has been looked at then."""

    def __init__(self, connection: Connection, origins: tuple[str, ...]) -> None:
        """Look at nothing yet."""
        self.connection = connection
        self.settings = connection.settings
        self._origins = origins
        self._ready: set[Area] = set()
        self._lock = threading.Lock()
        self.notes: dict[Area, list[Finding]] = {}

    def name(self, area: Area) -> str:
        """The bucket of an area, checked; `StorageError` where it cannot be used (yet)."""
        if area not in self._ready:
            try:
                self.prepare(area)
            except ConfigError as error:
                raise StorageError(error.detail) from error
        return self.settings.bucket(area)

    def prepare(self, area: Area) -> None:
        """Make or check one bucket; `ConfigError` for a wrong one, `StorageError` without an answer."""
        bucket = self.settings.bucket(area)
        with self._lock:
            if area in self._ready:
                return
            with self.connection.guarded("The buckets cannot be checked", bucket):
                self._make_or_find(area, bucket)
                if area == "masters":
                    self._check_lock(bucket)
            self.notes[area] = self._dress(area, bucket)
            self._ready.add(area)

    def findings(self) -> list[Finding]:
        """One line a bucket, and what could not be set on it."""
        found: list[Finding] = []
        for area in AREAS:
            bucket = self.settings.bucket(area)
            try:
                self.prepare(area)
            except MamError as error:
                found.append(Finding(f"bucket {area}", "error", error.detail))
            else:
                told = "versions and object lock are on" if area == "masters" else "it is there"
                found.append(Finding(f"bucket {area}", "ok", f"{bucket}: {told}."))
                found += self.notes[area]
        return found

    def _make_or_find(self, area: Area, bucket: str) -> None:
        client = self.connection.client
        if client.bucket_exists(bucket):
            return
        if not self.settings.create_buckets:
            lock = " with object lock" if area == "masters" else ""
            raise ConfigError(
                f"The bucket {bucket} ({area}) does not exist on {self.settings.endpoint}. "
                f"Make it{lock}, or set plugins.{NAME}.create_buckets = true."
            )
        try:
            client.make_bucket(bucket, object_lock=area == "masters")
        except S3Error as error:
            if error.code not in _MINE_ALREADY:
                raise

    def _check_lock(self, bucket: str) -> None:
        """Refuse a bucket that cannot keep masters."""
        client = self.connection.client
        try:
            client.get_object_lock_config(bucket)
        except S3Error as error:
            if error.code not in _NO_LOCK:
                raise
            raise ConfigError(
                f"The bucket {bucket} (masters) has no object lock, so it cannot keep a master from being "
                "removed. Object lock is chosen when a bucket is made: make a new bucket with it and "
                f"name it in plugins.{NAME}.masters_bucket."
            ) from error
        if client.get_bucket_versioning(bucket).status != ENABLED:
            raise ConfigError(
                f"The bucket {bucket} (masters) keeps no versions, so an overwrite would lose a master. "
                "Turn versioning on for it."
            )

    def _dress(self, area: Area, bucket: str) -> list[Finding]:
        """Set CORS and lifecycle where they are the box's to set; what the store refuses is a warning."""
        if not self.settings.create_buckets:
            return []
        notes = []
        if area == "staging":
            notes += self._tried("cors", lambda: self._set_cors(bucket), self._cors_by_hand(bucket))
        rule = self._rule(area)
        if rule is not None:
            config = LifecycleConfig([rule])
            set_it = lambda: self.connection.client.set_bucket_lifecycle(bucket, config)  # noqa: E731
            notes += self._tried("lifecycle", set_it, "The box's own sweep frees the staging all the same.")
        return notes

    def _tried(self, what: str, call: object, fix: str) -> list[Finding]:
        try:
            call()  # type: ignore[operator]
        except FOREIGN as error:
            said = code_of(error) or type(error).__name__
            return [Finding(what, "warning", f"The store did not take the {what} rules ({said}).", fix)]
        return []

    def _set_cors(self, bucket: str) -> None:
        """Let the portal's pages PUT parts and read the ETag of the answer."""
        body = cors_rules(self._origins).encode()
        self.connection.call("PUT", bucket, query={"cors": ""}, body=body)

    def _cors_by_hand(self, bucket: str) -> str:
        return (
            f"Allow PUT from {', '.join(self._origins)} with every header on the bucket {bucket}, and expose "
            "the header ETag."
        )

    def _rule(self, area: Area) -> Rule | None:
        settings = self.settings
        if area == "staging" and settings.staging_days:
            return Rule(
                ENABLED,
                rule_filter=Filter(prefix=""),
                rule_id="mam-staging",
                expiration=Expiration(days=settings.staging_days),
                abort_incomplete_multipart_upload=AbortIncompleteMultipartUpload(settings.staging_days),
            )
        if area == "masters" and settings.cold_days:
            move = Transition(days=settings.cold_days, storage_class=settings.cold_class)
            return Rule(ENABLED, rule_filter=Filter(prefix=""), rule_id="mam-cold", transition=move)
        return None


def cors_rules(origins: tuple[str, ...]) -> str:
    """The CORS document of the staging bucket."""
    allowed = "".join(f"<AllowedOrigin>{escape(origin)}</AllowedOrigin>" for origin in origins)
    return (
        '<CORSConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><CORSRule>'
        f"{allowed}<AllowedMethod>PUT</AllowedMethod><AllowedHeader>*</AllowedHeader>"
        f"<ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>{_CORS_SECONDS}</MaxAgeSeconds>"
        "</CORSRule></CORSConfiguration>"
    )
