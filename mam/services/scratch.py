"""The workers' scratch folders: one a job attempt, named by its lease; read with distrust, removed after.

A contained decoder that was taken over can write what it likes there, also links. So files are opened without
following any, and only regular ones. Writes and removes below `config.work` only.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from mam.core import Mam
from mam.errors import StorageError, StorageFullError
from mam.ids import is_id
from mam.models import Job
from mam.services.leases import connected

_NO_SPACE = 28  # errno.ENOSPC


@contextmanager
def scratch(mam: Mam, token: str) -> Iterator[Path]:
    """An empty folder of this attempt's own, removed at the end."""
    folder = mam.config.work / token
    try:
        folder.mkdir(mode=0o700, parents=True)
    except OSError as error:
        kind = StorageFullError if error.errno == _NO_SPACE else StorageError
        raise kind(f"The scratch folder {folder} cannot be made: {error.strerror}.") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def opened(folder: Path, *names: str) -> Iterator[BinaryIO]:
    """Open a file below `folder`, following no link on the way; `OSError` for anything but a regular file."""
    at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for name in names[:-1]:
            deeper = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
            os.close(at)
            at = deeper
        file = os.open(names[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=at)
    finally:
        os.close(at)
    with os.fdopen(file, "rb") as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise OSError(f"{names[-1]} is not a regular file")
        yield stream


def empty(folder: Path) -> None:
    """Remove everything in the folder."""
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)


def sweep_scratch(mam: Mam) -> int:
    """Remove the folders of attempts that nobody works on any more; answers how many."""
    if not mam.config.work.is_dir():
        return 0
    found = [entry for entry in mam.config.work.iterdir() if is_id(entry.name)]
    with connected():
        alive = {row.lease_token for row in Job.select(Job.lease_token).where(Job.state == "running")}
    stale = [entry for entry in found if entry.name not in alive]
    for entry in stale:
        shutil.rmtree(entry, ignore_errors=True)
    return len(stale)
