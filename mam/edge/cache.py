"""The disk cache: whole objects of a store that is not on this machine, least recently used go first.

Writes only below its folder: `<folder>/<2 letters>/<hash of version and key>.<size>.<xxh128>`. Knows nothing
of grants: whoever asks was checked before, and the grant is no part of a key. Blocking; called in threads.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from hmac import compare_digest
from pathlib import Path
from typing import BinaryIO

import xxhash

from mam.errors import StorageError

CHUNK = 256 << 10
"""Bytes a read: at 8 KiB the same file goes out 15 times slower (measured, architecture page)."""

_TOUCH_SECONDS = 60.0
_STALE_SECONDS = 3600.0
_NAME_PARTS = 3


@dataclass
class _Entry:
    """A cached file. `verified` is False for one found at start, until its bytes have been hashed once."""

    name: str
    size: int
    verified: bool
    touched: float


@dataclass
class DiskCache:
    """Objects on disk, at most `limit` bytes in all. One instance a process; processes may share a folder."""

    folder: Path
    limit: int
    _entries: OrderedDict[str, _Entry] = field(default_factory=OrderedDict)
    _total: int = 0
    _written: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        """Make the folder, drop what a crash left behind, find what an earlier run cached."""
        (self.folder / "tmp").mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in (self.folder / "tmp").iterdir():
            if time.time() - left.stat().st_mtime > _STALE_SECONDS:
                left.unlink(missing_ok=True)
        with self._lock:
            self._scan()
            self._shrink(self.limit)

    @property
    def total(self) -> int:
        """Bytes cached as far as this process knows."""
        return self._total

    def takes(self, size: int) -> bool:
        """Whether an object of that size may be cached: at most a quarter of the limit."""
        return size * 4 <= self.limit

    def open(self, key: str) -> int | None:
        """A descriptor of the cached object, for the caller to close; None where it is not cached."""
        digest = _digest(key)
        with self._lock:
            entry = self._entries.get(digest)
            if entry is not None:
                self._entries.move_to_end(digest)
        if entry is None:
            return None
        try:
            descriptor = os.open(self.folder / entry.name, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:  # another process evicted it
            self._forget(digest)
            return None
        return self._sound(digest, entry, descriptor)

    def holds(self, key: str) -> bool:
        """Whether the object is cached, without using it."""
        with self._lock:
            return _digest(key) in self._entries

    def purge(self, version_id: str) -> int:
        """Remove every object of a version, whichever process cached it; answers the bytes freed."""
        owner, freed = _owner(version_id), 0
        with self._lock:
            for digest in [one for one in self._entries if one.startswith(owner)]:
                entry = self._entries.pop(digest)
                self._total -= entry.size
                freed += entry.size
                (self.folder / entry.name).unlink(missing_ok=True)
        for left in (self.folder / owner[:2]).glob(f"{owner}*"):
            left.unlink(missing_ok=True)
        return freed

    def place(self, key: str) -> Path | None:
        """Where the cached object lies; it may be gone at any moment. None where it is not cached."""
        with self._lock:
            entry = self._entries.get(_digest(key))
        return self.folder / entry.name if entry is not None else None

    def fill(self, key: str, source: BinaryIO, size: int) -> None:
        """Cache the `size` bytes of `source` under `key`, visible whole or not at all.

        Raises `StorageError` for a source of another length, `OSError` where the disk does not take it.
        """
        digest = _digest(key)
        with self._lock:
            self._shrink(self.limit - size)
        handle, temporary = tempfile.mkstemp(dir=self.folder / "tmp")
        try:
            with os.fdopen(handle, "wb") as file:
                checksum = _copy(source, file, size)
            name = f"{digest[:2]}/{digest}.{size}.{checksum}"
            self._take_in(temporary, self.folder / name)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                Path(temporary).unlink()
            raise
        self._remember(digest, _Entry(name, size, verified=True, touched=time.time()))

    def _take_in(self, temporary: str, place: Path) -> None:
        """Move a whole file to its place; only the first in a folder makes it."""
        try:
            os.rename(temporary, place)  # noqa: PTH104 - a picture's time counts here, and paths cost some
        except FileNotFoundError:
            place.parent.mkdir(mode=0o700, exist_ok=True)
            os.rename(temporary, place)  # noqa: PTH104

    def _remember(self, digest: str, entry: _Entry) -> None:
        with self._lock:
            known = self._entries.pop(digest, None)
            self._total += entry.size - (known.size if known else 0)
            self._entries[digest] = entry
            self._written += entry.size
            if self._written * 8 > self.limit:  # other processes write here too: look at the disk itself
                self._scan()
            self._shrink(self.limit)

    def _forget(self, digest: str) -> None:
        with self._lock:
            entry = self._entries.pop(digest, None)
            self._total -= entry.size if entry else 0

    def _sound(self, digest: str, entry: _Entry, descriptor: int) -> int | None:
        """The descriptor; a file of an earlier run is hashed first, once (a power cut may have torn it)."""
        if not entry.verified:
            if not _holds(descriptor, entry):
                os.close(descriptor)
                self._forget(digest)
                (self.folder / entry.name).unlink(missing_ok=True)
                return None
            entry.verified = True
        now = time.time()
        if now - entry.touched > _TOUCH_SECONDS:  # so that the order of use survives a restart
            entry.touched = now
            os.utime(descriptor)
        return descriptor

    def _scan(self) -> None:
        """Rebuild the index from the folder, oldest use first."""
        found = sorted(_files(self.folder), key=lambda item: item[1].touched)
        for digest, entry in found:
            known = self._entries.get(digest)
            entry.verified = known is not None and known.verified and compare_digest(known.name, entry.name)
        self._entries = OrderedDict(found)
        self._total = sum(entry.size for entry in self._entries.values())
        self._written = 0

    def _shrink(self, limit: int) -> None:
        """Remove the least recently used until at most `limit` bytes are left."""
        while self._entries and self._total > limit:
            _, entry = self._entries.popitem(last=False)
            self._total -= entry.size
            (self.folder / entry.name).unlink(missing_ok=True)


def _digest(key: str) -> str:
    """Begins with what all keys of a version share, so that they are found together."""
    owner = _owner(key.partition("/")[0])
    return owner + hashlib.sha256(key.encode()).hexdigest()[len(owner) :]


def _owner(version_id: str) -> str:
    return hashlib.sha256(version_id.encode()).hexdigest()[:24]


def _copy(source: BinaryIO, file: BinaryIO, size: int) -> str:
    """Copy and hash exactly `size` bytes; `StorageError` where the source has fewer or more."""
    checksum, left = xxhash.xxh3_128(), size
    while chunk := source.read(min(CHUNK, left + 1)):
        left -= len(chunk)
        if left < 0:
            break
        checksum.update(chunk)
        file.write(chunk)
    if left:
        raise StorageError("The store sent another number of bytes than it announced.")
    return checksum.hexdigest()


def _holds(descriptor: int, entry: _Entry) -> bool:
    """Whether the file's bytes are the ones that were written."""
    checksum, at = xxhash.xxh3_128(), 0
    while chunk := os.pread(descriptor, CHUNK, at):
        checksum.update(chunk)
        at += len(chunk)
    return at == entry.size and compare_digest(checksum.hexdigest(), entry.name.rpartition(".")[2])


def _files(folder: Path) -> Iterator[tuple[str, _Entry]]:
    """Every cached file: digest of its key, entry. Names of another form are not ours and stay."""
    for path in folder.glob("??/*"):
        parts = path.name.split(".")
        if len(parts) == _NAME_PARTS and parts[1].isdigit():
            with contextlib.suppress(FileNotFoundError):
                touched = path.stat().st_mtime
                name = f"{path.parent.name}/{path.name}"
                yield parts[0], _Entry(name, int(parts[1]), verified=False, touched=touched)
