"""Where the named bytes of backups lie: a folder, with nothing said of what they mean.

A shelf has names like `objects/ab/abcd…`; a name appears whole or not at all (promise J6). Writes only below
its folder. The other kind of shelf, a bucket, is `mam.services.backup_bucket`.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from mam.errors import BackupError, StorageFullError

_PARTIAL = ".partial-"

Pour = Callable[[BinaryIO], None]
"""Writes all bytes of a name; what it raises leaves no name behind."""


class Shelf(Protocol):
    """A place of named bytes; as text it is what people call it."""

    def check(self) -> None:
        """Raise `BackupError` where the place itself is not there: it is not made in its stead."""

    def alone(self) -> AbstractContextManager[bool]:
        """True while nobody else writes here; False at once where somebody does. Sweeps what crashes left."""

    def names(self, room: str) -> list[tuple[str, int]]:
        """The names below `room` ("objects"), with their sizes in bytes, in any order."""

    def has(self, name: str) -> bool:
        """Whether the name is there."""

    def reading(self, name: str) -> AbstractContextManager[BinaryIO]:
        """Its bytes. Raises `BackupError` where it is not there, or breaks off."""

    def write(self, name: str, pour: Pour, size: int = 0) -> None:
        """Keep what is poured, of about `size` bytes. Raises `BackupError`, `StorageFullError`."""

    def remove(self, name: str) -> None:
        """Remove the name; one that is not there is no error."""


@dataclass(frozen=True)
class FolderShelf:
    """Files below a folder that only we may read."""

    folder: Path

    def __str__(self) -> str:
        """Its path."""
        return str(self.folder)

    def check(self) -> None:
        """A folder that is not there is a disk that is away: nothing is written in its place."""
        if not self.folder.is_dir():
            raise BackupError(f"The folder {self.folder} of backups is not there; mount or make it.")

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """By a lock on the folder, which ends with its process."""
        try:
            _ours(self.folder / "snapshots")
            _ours(self.folder / "objects")
            descriptor = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise _told(error, self.folder) from error
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            for room in ("snapshots", "objects"):
                for left in (self.folder / room).glob(f"{_PARTIAL}*"):
                    left.unlink()
            yield True
        finally:
            os.close(descriptor)

    def names(self, room: str) -> list[tuple[str, int]]:
        """Every file below; none where the folder is not there."""
        try:
            found = [path for path in (self.folder / room).rglob("*") if path.is_file()]
            return [(path.relative_to(self.folder).as_posix(), path.stat().st_size) for path in found]
        except OSError:
            return []

    def has(self, name: str) -> bool:
        """Whether such a file is there."""
        return (self.folder / name).is_file()

    @contextmanager
    def reading(self, name: str) -> Iterator[BinaryIO]:
        """The file, open."""
        path = self.folder / name
        try:
            with path.open("rb") as file:
                yield file
        except FileNotFoundError:
            raise BackupError(f"There is no {path.name} in this backup.") from None

    def write(self, name: str, pour: Pour, size: int = 0) -> None:
        """By way of a partial file beside, renamed once its bytes are on the disk."""
        del size
        partial = _partial(self.folder / name.partition("/")[0])
        target = self.folder / name
        try:
            with _written(partial) as file:
                pour(file)
            _ours(target.parent)
            partial.replace(target)
            _settle(target.parent)
        finally:
            partial.unlink(missing_ok=True)

    def remove(self, name: str) -> None:
        """Unlink it."""
        (self.folder / name).unlink(missing_ok=True)


@contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """A file that only we may read, there under its name once its bytes are on the disk, or not at all."""
    partial = _partial(path.parent)
    try:
        with _written(partial) as file:
            yield file
        partial.replace(path)
        _settle(path.parent)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def _written(path: Path) -> Iterator[BinaryIO]:
    """A new file that only we may read, on the disk when the block ends."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise _told(error, path) from error


def _ours(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _partial(folder: Path) -> Path:
    return folder / f"{_PARTIAL}{os.getpid()}-{os.urandom(4).hex()}"


def _settle(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _told(error: OSError, path: Path) -> BackupError | StorageFullError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFullError(f"There is no room for the backup at {path.parent}.")
    return BackupError(f"{path} cannot be written: {error.strerror}.")
