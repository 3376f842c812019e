"""Objects as files: put, open, stat, list, delete over three folders of one file system.

Writes below the store's root only: a temporary file first, which then takes its place whole. Keys come from
the core; one that could leave its area, or hide in it, names nothing here.
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

from mam.builtin.storage_files.disk import CHUNK, start_writing_out, sync_folder, translated, write_all
from mam.errors import LockedError, NotFoundError, StorageError, UploadIncompleteError
from mam.types import Area, ObjectInfo

AREAS: tuple[Area, ...] = ("staging", "masters", "previews")
RECORD = ".lock.json"
"""Ending of the lock record beside a master; no object has such a name."""

_LONGEST_NAME = 240  # ext4 and xfs take 255 bytes; the lock record's ending has to fit
_LONGEST_KEY = 1024
_FOREIGN_SECONDS = 60
_WRITE_OUT = 8 * CHUNK


class Objects:
    """The five calls every store has, on files."""

    def __init__(self, root: Path) -> None:
        """Make the folders that are missing, and clear what a killed process left half written."""
        self.root = root
        with translated("The store's folder cannot be made"):
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            for name in (*AREAS, "uploads", "tmp"):
                (root / name).mkdir(mode=0o700, exist_ok=True)
        clear_temporaries(root / "tmp")

    def put(self, area: Area, key: str, stream: BinaryIO, size: int) -> ObjectInfo:
        """Store exactly `size` bytes, visible all at once; `LockedError` for a master that exists.

        A stream that ends early raises `UploadIncompleteError` and leaves nothing.
        """
        path = self._place(area, key)
        if area == "masters" and path.exists():
            raise LockedError(f"The master {key} exists already; masters are written once.")
        with self._temporary() as (descriptor, temporary):
            fill(descriptor, stream, size)
            with translated("The object cannot be stored"):
                self._publish(area, descriptor, temporary, path)
        return self._info(path, key)

    def open(
        self, area: Area, key: str, *, version: str | None = None, start: int = 0, length: int | None = None
    ) -> AbstractContextManager[BinaryIO]:
        """Read from byte `start`; `NotFoundError` where nothing lies."""
        path = self.local_path(area, key, version=version)
        if path is None:
            raise NotFoundError
        try:
            file = path.open("rb")
        except FileNotFoundError:
            raise NotFoundError from None
        except OSError as error:
            raise StorageError(f"The object cannot be read: {error.strerror}.") from error
        file.seek(start)
        return file if length is None else _window(file, length)

    def stat(self, area: Area, key: str, *, version: str | None = None) -> ObjectInfo | None:
        """Size, etag and time of an object, or None."""
        path = self.local_path(area, key, version=version)
        try:
            return None if path is None else self._info(path, key)
        except FileNotFoundError:
            return None

    def list(self, area: Area, prefix: str = "") -> Iterator[ObjectInfo]:
        """Every object whose key begins with `prefix`, in key order."""
        folder = prefix.rpartition("/")[0]
        base = self.path_of(area, folder) if folder else self.root / area
        if base is None or not base.is_dir():
            return
        for key, path in _walk(base, f"{folder}/" if folder else "", prefix):
            with contextlib.suppress(FileNotFoundError):  # removed since its folder was read
                yield self._info(path, key)

    def delete(self, area: Area, key: str, *, version: str | None = None) -> None:
        """Remove an object; an absent one is no error."""
        path = self.local_path(area, key, version=version)
        if path is None:
            return
        with translated("The object cannot be removed"):
            path.unlink(missing_ok=True)
        self._remove_empty_folders(path.parent, self.root / area)

    def local_path(self, area: Area, key: str, *, version: str | None = None) -> Path | None:
        """The object's file, or None where it is absent or this store never gave out that `version`."""
        path = self.path_of(area, key)
        return path if path is not None and version is None and path.is_file() else None

    def path_of(self, area: Area, key: str) -> Path | None:
        """Where an object of that key lies or would lie; None for a text that can be no key here."""
        names = key.split("/")
        if len(key) > _LONGEST_KEY or area not in AREAS or not all(map(_is_name, names)):
            return None
        return self.root.joinpath(area, *names)

    def _place(self, area: Area, key: str) -> Path:
        path = self.path_of(area, key)
        if path is None:
            raise StorageError(f"{key[:200]!a} cannot be the key of an object.")
        return path

    def _publish(self, area: Area, descriptor: int, temporary: Path, path: Path) -> None:
        """Give the written file its name. Previews can be made again: they are not waited for on disk."""
        os.fchmod(descriptor, 0o600 if area == "staging" else 0o644)
        if area != "previews":
            os.fsync(descriptor)
        _into_folder(path, lambda: temporary.replace(path))
        if area != "previews":
            sync_folder(path.parent)

    @contextlib.contextmanager
    def _temporary(self) -> Iterator[tuple[int, Path]]:
        """A locked temporary file of the store; gone afterwards unless it was given a name."""
        with translated("No temporary file can be made"):
            descriptor, name = tempfile.mkstemp(dir=self.root / "tmp")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        try:
            yield descriptor, Path(name)
        finally:
            os.close(descriptor)
            Path(name).unlink(missing_ok=True)

    def _info(self, path: Path, key: str) -> ObjectInfo:
        status = path.stat()
        etag = f"{status.st_mtime_ns:x}-{status.st_size:x}-{status.st_ino:x}"
        return ObjectInfo(key, status.st_size, etag, datetime.fromtimestamp(status.st_mtime, UTC))

    def _remove_empty_folders(self, folder: Path, area: Path) -> None:
        """Remove folders that a delete left empty, up to the area's own."""
        with contextlib.suppress(OSError):  # not empty, or somebody else was quicker
            while folder != area:
                folder.rmdir()
                folder = folder.parent


def fill(descriptor: int, stream: BinaryIO, size: int) -> None:
    """Write exactly `size` bytes of the stream; `UploadIncompleteError` where it ends before."""
    done = waiting = 0
    while done < size:
        piece = stream.read(min(CHUNK, size - done))
        if not piece:
            raise UploadIncompleteError(f"The body ended after {done} of {size} bytes; nothing was stored.")
        with translated("The object cannot be stored"):
            done += write_all(descriptor, piece, done)
            if done - waiting >= _WRITE_OUT:
                start_writing_out(descriptor, waiting, done - waiting)
                waiting = done


def clear_temporaries(folder: Path) -> None:
    """Remove temporary files that no living process holds; very young ones may not be locked yet."""
    for path in folder.iterdir():
        with contextlib.suppress(OSError), path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if time.time() - path.stat().st_mtime > _FOREIGN_SECONDS:
                path.unlink()


def _into_folder(path: Path, place: Callable[[], object]) -> None:
    """Do `place`, making the folder first where it is missing; a concurrent delete may remove it again."""
    for _attempt in range(3):
        try:
            place()
        except FileNotFoundError:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        else:
            return
    place()


def _is_name(name: str) -> bool:
    """Whether a part of a key can be a file's name here: not empty, not hidden, no lock record."""
    if not name or name.startswith(".") or "\0" in name or name.endswith(RECORD):
        return False
    try:
        return len(name.encode()) <= _LONGEST_NAME
    except UnicodeEncodeError:
        return False


def _walk(folder: Path, parent: str, prefix: str) -> Iterator[tuple[str, Path]]:
    """Keys and paths below a folder in key order: a folder sorts as its name with the slash."""
    try:
        entries = [
            (entry.name + "/" * entry.is_dir(follow_symlinks=False), entry) for entry in os.scandir(folder)
        ]
    except FileNotFoundError:
        return
    for name, entry in sorted(entries, key=lambda pair: pair[0]):
        key = parent + name
        if not _is_name(entry.name) or not (key.startswith(prefix) or prefix.startswith(key)):
            continue
        if name.endswith("/"):
            yield from _walk(Path(entry.path), key, prefix)
        elif key.startswith(prefix):
            yield key, Path(entry.path)


def _window(file: BinaryIO, length: int) -> BinaryIO:
    return cast("BinaryIO", io.BufferedReader(_Window(file, length), CHUNK))


class _Window(io.RawIOBase):
    """The next `length` bytes of a file and no more."""

    def __init__(self, file: BinaryIO, length: int) -> None:
        """Read from the file's present position."""
        self._file = file
        self._left = max(0, length)

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer as far as the window reaches."""
        view = memoryview(buffer)[: self._left]
        count: int = self._file.readinto(view)  # type: ignore[attr-defined]
        self._left -= count
        return count

    def close(self) -> None:
        """Close the file with it."""
        self._file.close()
        super().close()
