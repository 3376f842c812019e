"""Staging, locked masters and previews in three buckets of an S3 store: hooks only.

Answers `mam_storage` with the store of `[plugins.storage_s3]`. A wrong bucket stops the start of the box with
a sentence that names it; a store that is merely away does not: its buckets are looked at when it is back.
"""

from __future__ import annotations

import logging

from mam import hookimpl
from mam.config import Config
from mam.errors import MamError, StorageError
from mam.types import Finding, Storage
from mam_storage_s3.buckets import AREAS
from mam_storage_s3.settings import Settings
from mam_storage_s3.store import S3Storage, open_store

__all__ = ["S3Storage", "Settings", "mam_check", "mam_config", "mam_storage", "open_store"]

_log = logging.getLogger("mam.storage_s3")


@hookimpl
def mam_config() -> type:
    """The settings of `[plugins.storage_s3]`."""
    return Settings


@hookimpl
def mam_check(config: Config) -> list[Finding]:
    """Whether the buckets are there and fit, and what the lock of the masters is worth.

    No finding blocks: without its store a box must not fall back to another one, it must refuse to start.
    """
    try:
        store = open_store(config)
    except MamError as error:
        return [Finding("settings", "error", error.detail)]
    found = store.buckets.findings()
    lock_is_there = all(one.severity != "error" for one in found)
    return [*found, store.prove()] if lock_is_there else found


@hookimpl
def mam_storage(config: Config) -> Storage:
    """The store; `ConfigError` where a bucket is not what it has to be."""
    store = open_store(config)
    for area in AREAS:
        try:
            store.buckets.prepare(area)
        except StorageError as error:
            _log.warning("the bucket of %s is looked at again at its first use: %s", area, error.detail)
    return store
