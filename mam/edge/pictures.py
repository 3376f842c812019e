"""Images on demand: any size of a picture or of a film's still, made once, then served from a disk cache.

Made of what the worker published, a large picture of each page or a film's poster; the master itself is never
opened here. Knows nothing of grants and rights: whoever asks has been checked before. Writes the disk cache.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import math
import time
from dataclasses import dataclass, field

import structlog

from mam import metrics
from mam.edge.cache import DiskCache
from mam.edge.memory import HOT_SECONDS, PLAYLIST_SECONDS, Memory
from mam.edge.sources import BytesSource, Source, Sources, from_cache, tag
from mam.errors import RateLimitedError, StorageError
from mam.media.resizer import Resizer
from mam.media.stills import POINTER, Pointer, Wanted, film_still

RECIPE = 1
"""Part of every key: a change of how pictures are made leaves the old ones to be forgotten."""

_KNOWN = 10_000  # names of source pictures and digests of their bytes, kept in memory
_LARGEST_SOURCE = 64 << 20
_LARGEST_POINTER = 8 << 20
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Known:
    """A short text that was found out."""

    text: str
    size: int = 1


@dataclass
class Pictures:
    """The pictures of one process; sizes in bytes."""

    sources: Sources
    cache: DiskCache
    resizer: Resizer
    memory: Memory[BytesSource] = field(default_factory=Memory)
    _names: Memory[_Known] = field(default_factory=lambda: Memory(_KNOWN))
    _digests: Memory[_Known] = field(default_factory=lambda: Memory(_KNOWN))

    async def find(self, version_id: str, wanted: Wanted) -> Source | None:
        """A version's picture as wanted, or None where there is none, or no such page.

        However many ask for the same at a time, it is made once. Raises `SourceError` for a picture that
        cannot be read, `RateLimitedError` where too many are being made, `StorageError`, `SandboxError`.
        """
        name = await self._name(version_id, wanted.page)
        if name is None:
            return None
        digest, data = await self._digest(name)
        if digest is None:
            return None
        key = f"{RECIPE} {digest} {wanted.name}"
        kept = self.memory.get(key)
        if kept is not None:
            metrics.cache("images", kept.size, hit=True)
            return kept
        source = await self.sources.run(from_cache, self.cache, key)
        metrics.cache("images", source.size if source is not None else 0, hit=source is not None)
        if source is None:
            # Asked again without a pause before it: who came a moment too late must not make it twice.
            return self.memory.get(key) or await self.sources.once(
                f"image {key}", lambda: self._make(name, key, wanted, data)
            )
        if isinstance(source, BytesSource):
            self._keep(key, source)
        return source

    async def read(self, source: Source, largest: int = _LARGEST_SOURCE) -> bytes:
        """All bytes of a found picture, at most `largest`; it is closed then."""
        if isinstance(source, BytesSource):
            return source.data
        return await self.sources.run(_read, source, largest)

    def open_cache(self) -> None:
        """Open the disk cache (blocking); one that cannot be opened is no reason not to serve."""
        try:
            self.cache.start()
        except OSError as error:
            _log.warning("image cache not opened; images are made each time", reason=str(error))

    async def _make(self, name: str, key: str, wanted: Wanted, data: bytes | None) -> BytesSource | None:
        """Make a picture, cache it, and give it to all who wait for it. `data` where it is read already."""
        data = data or await self._load(name, _LARGEST_SOURCE)
        if data is None:
            return None
        made = await asyncio.wrap_future(self.resizer.submit(data, wanted))
        source = BytesSource(made, tag(f"{key} {len(made)}"))
        self._keep(key, source)
        if self.cache.takes(len(made)):
            await self.sources.run(self._store, key, made)
        return source

    def _store(self, key: str, made: bytes) -> None:
        try:
            self.cache.fill(key, io.BytesIO(made), len(made))
        except OSError as error:  # a full disk is no failure
            _log.warning("image cache not written", reason=str(error))

    def _keep(self, key: str, source: BytesSource) -> None:
        self.memory.put(key, source, time.monotonic() + HOT_SECONDS)

    async def _name(self, version_id: str, page: int) -> str | None:
        """The key of the picture to make a page's images of; found out again every second."""
        asked = f"{version_id} {page}"
        known = self._names.get(asked)
        if known is None:
            until = time.monotonic() + PLAYLIST_SECONDS
            found = await self._find_name(version_id, page)
            if found is None:
                return None
            known = _Known(f"{version_id}/{found}")
            self._names.put(asked, known, until)
        return known.text

    async def _find_name(self, version_id: str, page: int) -> str | None:
        """By the pointer to a picture's pages, else by a film's master playlist."""
        text = await self._load(f"{version_id}/{POINTER}", _LARGEST_POINTER)
        if text is not None:
            pointer = Pointer.parse(text)
            if pointer is not None and pointer.pages < page <= pointer.coming:
                raise RateLimitedError("This page is still being drawn; try again shortly.", retry_after=2)
            return self._named(version_id, pointer, page) if pointer else None
        playlist = await self._load(f"{version_id}/master.m3u8", _LARGEST_POINTER) if page == 1 else None
        return film_still(playlist) if playlist is not None else None

    def _named(self, version_id: str, pointer: Pointer, page: int) -> str | None:
        """The name of a page's picture; its digest is known from now on, where the pointer says it."""
        name, digest = pointer.source(page), pointer.known(page)
        if name is not None and digest:
            self._digests.put(f"{version_id}/{name}", _Known(digest), math.inf)
        return name

    async def _digest(self, name: str) -> tuple[str | None, bytes | None]:
        """The hash of a picture's bytes, for images are cached by content; and the bytes, if they were read.

        They are read once, for they never change.
        """
        known = self._digests.get(name)
        if known is not None:
            return known.text, None
        source = await self.sources.preview(name, immutable=True)
        if source is None:
            return None, None
        data, digest = await self.sources.run(_read_hashed, source)
        self._digests.put(name, _Known(digest), math.inf)
        return digest, data

    async def _load(self, key: str, largest: int) -> bytes | None:
        """A whole object of the previews area, or None where it is absent."""
        source = await self.sources.preview(key, immutable=key.endswith(".jpg"))
        if source is None:
            return None
        data = await self.read(source, largest)
        if len(data) < source.size:
            raise StorageError(f"{key} is larger than it may be, or became shorter.")
        return data


def _read(source: Source, largest: int) -> bytes:
    """All bytes of a source, at most `largest`, in one turn of a thread; closes it."""
    try:
        return source.read(0, min(source.size, largest))
    finally:
        source.close()


def _read_hashed(source: Source) -> tuple[bytes, str]:
    """All bytes of a picture and their SHA-256, in one turn of a thread; closes it."""
    data = _read(source, _LARGEST_SOURCE)
    if len(data) < source.size:
        raise StorageError("A picture is larger than it may be, or became shorter.")
    return data, hashlib.sha256(data).hexdigest()
