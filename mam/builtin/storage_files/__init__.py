"""The core's own store: staging, masters and previews as files of one folder (`[storage] path`).

Answers `mam_storage` last, so that a plugin's store comes first, and `mam_check` with what the folder, the
room on it and the lock of the masters are worth. Writes only below that folder.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from mam import hookimpl
from mam.builtin.storage_files.masters import LockedMasters, release
from mam.builtin.storage_files.objects import Objects
from mam.builtin.storage_files.uploads import PartUploads
from mam.config import Config
from mam.errors import MamError
from mam.signing import KeyRing
from mam.types import Finding, Storage

__all__ = ["FilesStorage", "Objects", "mam_check", "mam_storage", "release"]

LOW_BYTES = 10 << 30
"""Less free room than this is worth a warning: an hour of camera files is more."""


class FilesStorage(PartUploads, LockedMasters):
    """Objects, uploads in parts, local paths and locked masters on one file system."""


@hookimpl
def mam_storage(config: Config) -> Storage:
    """The files store in the configured folder."""
    return open_store(config)


@hookimpl
def mam_check(config: Config) -> list[Finding]:
    """Whether the folder can be written, how much room it has, and whether the lock of the masters holds."""
    try:
        store = open_store(config)
        lock = store.prove()
    except MamError as error:
        fix = "Give this user a folder it may write, on one file system, as [storage] path."
        return [Finding("folder", "error", error.detail, fix, blocks=True)]
    return [Finding("folder", "ok", "The store's folder can be written."), _room(config.store), lock]


def open_store(config: Config) -> FilesStorage:
    """The store of a configuration; makes its folders and, on a new box, the ring of delivery keys."""
    return FilesStorage(config.store, KeyRing.open(config.secrets / "delivery-keys.json"))


def _room(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    said = f"{free / (1 << 30):.1f} GiB are free."
    if free < LOW_BYTES:
        return Finding("room", "warning", said, "Free some room, or move [storage] path to a larger disk.")
    return Finding("room", "ok", said)
