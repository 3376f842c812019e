"""Where the bytes of an object come from: a file on this machine, the caches, or the store itself.

Blocking reads run in the edge's own threads; the event loop only ever awaits them. Nothing here knows
grants. Writes only through the disk cache.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import stat
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeVar, runtime_checkable

import structlog

from mam import metrics
from mam.edge.cache import CHUNK, DiskCache
from mam.edge.memory import HOT_SECONDS, LAST_SECONDS, PLAYLIST_SECONDS, Memory
from mam.errors import NotFoundError, StorageError
from mam.types import Area, LocalPathStorage, Storage

_LARGEST_PLAYLIST = 8 << 20
_AWAY_SECONDS = 5.0  # before a store that is away is asked for a playlist again
_THREADS = 8
_log = structlog.get_logger(__name__)
T = TypeVar("T")


class Source(Protocol):
    """An open object: its size, its strong tag, its bytes."""

    @property
    def path(self) -> Path | None:
        """Its file where that never changes, so that somebody else may send it."""

    @property
    def size(self) -> int:
        """Its length in bytes."""

    @property
    def etag(self) -> str:
        """Its strong entity tag, quoted."""

    def read(self, start: int, length: int) -> bytes:
        """Up to `length` bytes from `start`; fewer only at the end. May block."""

    def close(self) -> None:
        """Let go of it."""


@runtime_checkable
class Fetching(Protocol):
    """Ability of a store: size and bytes of an object in one call."""

    def fetch(self, area: Area, key: str) -> AbstractContextManager[tuple[int, BinaryIO]]:
        """The object, whole; `NotFoundError` where nothing lies."""


@dataclass
class FileSource:
    """An open file."""

    descriptor: int
    size: int
    etag: str
    path: Path | None = None

    def read(self, start: int, length: int) -> bytes:
        """Read at a place, without moving anybody's position."""
        return os.pread(self.descriptor, length, start)

    def close(self) -> None:
        """Close the descriptor."""
        os.close(self.descriptor)


@dataclass
class BytesSource:
    """A small object, read already: reading it blocks nobody, closing it does nothing."""

    data: bytes
    etag: str
    path: Path | None = None

    @property
    def size(self) -> int:
        """Its length."""
        return len(self.data)

    def read(self, start: int, length: int) -> bytes:
        """A slice."""
        return self.data[start : start + length]

    def close(self) -> None:
        """Hold nothing, close nothing."""


@dataclass
class StoreSource:
    """An object read straight from the store, in order; opened at the first byte asked for."""

    storage: Storage
    area: Area
    key: str
    version: str | None
    size: int
    etag: str
    path: None = None
    _open: AbstractContextManager[BinaryIO] | None = None
    _stream: BinaryIO | None = None

    def read(self, start: int, length: int) -> bytes:
        """Read on; the first call says where to begin."""
        if self._stream is None:
            self._open = self.storage.open(self.area, self.key, version=self.version, start=start)
            self._stream = self._open.__enter__()
        data = bytearray()
        while len(data) < length and (piece := self._stream.read(length - len(data))):
            data += piece
        return bytes(data)

    def close(self) -> None:
        """Drop the connection to the store."""
        if self._open is not None:
            self._open.__exit__(None, None, None)


@dataclass
class Sources:
    """Finds and opens objects: local files directly, others through memory (playlists) and disk (rest)."""

    storage: Storage
    cache: DiskCache
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_THREADS, "edge"))
    memory: Memory[BytesSource] = field(default_factory=Memory)
    last: Memory[BytesSource] = field(default_factory=Memory)
    folders: tuple[Path, ...] = ()
    _flights: dict[str, asyncio.Task[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """See once whether the store's objects are files here; the caches then stay empty."""
        self.local = self.storage if isinstance(self.storage, LocalPathStorage) else None

    async def preview(self, key: str, *, immutable: bool) -> Source | None:
        """An open object of the previews area, or None where it is absent. Raises `StorageError`."""
        kept = self.memory.get(key)
        if kept is not None:
            metrics.cache("edge", kept.size, hit=True)
            return kept
        if not immutable:
            return await self._changing(key)
        asked = time.monotonic()
        source = await self._immutable(key)
        if isinstance(source, BytesSource):
            self.memory.put(key, source, asked + HOT_SECONDS)
        return source

    async def whole(self, area: Area, key: str, version: str | None) -> Source | None:
        """A file to download, open, or None where it is absent. Never cached. Raises `StorageError`."""
        if self.local is not None:
            return await self.run(_open_unchanging, self.local, area, key, version)
        return await self.run(self._from_store, area, key, version)

    async def indexed(self, path: str) -> Source | None:
        """A master that stays where it was indexed, open; None where it is gone or in no folder of ours."""
        return await self.run(_open_indexed, self.folders, path)

    async def run(self, work: Callable[..., T], *arguments: object) -> T:
        """Run blocking work in the edge's threads."""
        return await asyncio.get_running_loop().run_in_executor(self.pool, work, *arguments)

    def _from_store(self, area: Area, key: str, version: str | None) -> StoreSource | None:
        info = self.storage.stat(area, key, version=version)
        if info is None:
            return None
        return StoreSource(self.storage, area, key, version, info.size, tag(f"{info.etag} {info.size}"))

    async def _changing(self, key: str) -> Source | None:
        """A playlist: the file as it is, or, from afar, at most a second old and asked for once by all."""
        if self.local is not None:
            return await self.run(_open_local, self.local, "previews", key, None)
        return await self.once(key, lambda: self._fetch(key))

    async def _fetch(self, key: str) -> BytesSource | None:
        """A playlist from the store; the last one read while the store is away."""
        asked = time.monotonic()
        try:
            source = await self.run(self._read_whole, key)
        except StorageError:
            kept = self.last.get(key)
            if kept is None:
                raise
            self.memory.put(key, kept, time.monotonic() + _AWAY_SECONDS)
            return kept
        if source is None:
            self.last.drop(key)
            return None
        self.memory.put(key, source, asked + PLAYLIST_SECONDS)
        self.last.put(key, source, asked + LAST_SECONDS)
        return source

    def _read_whole(self, key: str) -> BytesSource | None:
        try:
            with self.storage.open("previews", key) as stream:
                data = stream.read(_LARGEST_PLAYLIST + 1)
        except NotFoundError:
            return None
        if len(data) > _LARGEST_PLAYLIST:
            raise StorageError(f"{key} changes and is larger than a playlist may be.")
        return BytesSource(data, tag(hashlib.sha256(data).hexdigest()))

    async def _immutable(self, key: str) -> Source | None:
        """From disk: the store's own, or the cache's, filled once however many ask at the same time."""
        if self.local is not None:
            return await self.run(_open_unchanging, self.local, "previews", key, None)
        source = await self.run(self._from_cache, key)
        if source is not None:
            metrics.cache("edge", source.size, hit=True)
            return source
        if not await self.fetch(key):
            return None
        source = await self.run(self._from_cache, key)
        source = source or await self.run(self._from_store, "previews", key, None)
        metrics.cache("edge", source.size if source is not None else 0, hit=False)
        return source

    def has(self, key: str) -> bool:
        """Whether an unchanging object need not be asked of the store."""
        return self.memory.get(key) is not None or self.cache.holds(key)

    @property
    def in_flight(self) -> int:
        """Objects that are being brought or made at this moment."""
        return len(self._flights)

    async def fetch(self, key: str) -> bool:
        """Bring an unchanging object into the disk cache; False where the store has none."""
        return await self.once(key, lambda: self.run(self._fill, key))

    def _from_cache(self, key: str) -> Source | None:
        return from_cache(self.cache, key)

    def _fill(self, key: str) -> bool:
        """Bring an object into the cache; False where the store has none. A full disk is no failure."""
        try:
            with self._whole(key) as (size, stream):
                if self.cache.takes(size):
                    self.cache.fill(key, stream, size)
                    metrics.count("mam_edge_store_bytes", size)
        except NotFoundError:
            return False
        except OSError as error:
            _log.warning("edge cache not written; served from the store", reason=str(error))
        return True

    @contextmanager
    def _whole(self, key: str) -> Iterator[tuple[int, BinaryIO]]:
        """Size and bytes of an object of the store; what is too large to be cached is not opened."""
        if isinstance(self.storage, Fetching):
            with self.storage.fetch("previews", key) as found:
                yield found
            return
        info = self.storage.stat("previews", key)
        if info is None:
            raise NotFoundError
        with self.storage.open("previews", key) if self.cache.takes(info.size) else BytesIO() as stream:
            yield info.size, stream

    async def once(self, key: str, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run `work` once for everybody who asks for `key` meanwhile; nobody's leaving stops it."""
        task: asyncio.Task[T] | None = self._flights.get(key)
        if task is None:
            task = asyncio.ensure_future(work())
            self._flights[key] = task
            task.add_done_callback(lambda _done: self._flights.pop(key, None))
        return await asyncio.shield(task)


def from_cache(cache: DiskCache, key: str) -> Source | None:
    """A cached object, or None where it is not cached."""
    descriptor = cache.open(key)
    return None if descriptor is None else _opened(descriptor, key, cache.place(key))


def _open_indexed(folders: tuple[Path, ...], path: str) -> Source | None:
    """A file below one of the folders, by its real path: a link put in its way leads nowhere."""
    try:
        real = Path(path).resolve(strict=True)
        if not any(real.is_relative_to(folder.resolve()) for folder in folders):
            return None
        descriptor = os.open(real, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    return _opened(descriptor, "")


def _open_unchanging(storage: LocalPathStorage, area: Area, key: str, version: str | None) -> Source | None:
    """A file of the store that is written once."""
    return _open_local(storage, area, key, version, unchanging=True)


def _open_local(
    storage: LocalPathStorage, area: Area, key: str, version: str | None, *, unchanging: bool = False
) -> Source | None:
    """The file itself, without a copy in the cache."""
    path = storage.local_path(area, key, version=version)
    if path is None:
        return None
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:  # gone since, a link, or a folder's missing right: nothing to deliver
        return None
    return _opened(descriptor, "", path if unchanging else None)


def _opened(descriptor: int, immutable_key: str, path: Path | None = None) -> Source | None:
    """A source over a plain file, read at once where it is small; None for a folder or device."""
    keep = False
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return None
        # A cached object is named by its key: the same tag after a restart and on every machine.
        mark = immutable_key or f"{status.st_mtime_ns} {status.st_ino}"
        etag = tag(f"{mark} {status.st_size}")
        if status.st_size <= CHUNK:
            return BytesSource(os.pread(descriptor, CHUNK, 0), etag, path)
        keep = True
        return FileSource(descriptor, status.st_size, etag, path)
    except OSError as error:
        raise StorageError(f"An object cannot be read: {error.strerror}.") from error
    finally:
        if not keep:
            os.close(descriptor)


def tag(text: str) -> str:
    """A strong entity tag that says nothing of the store's own."""
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
