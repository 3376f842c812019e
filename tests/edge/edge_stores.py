"""Two small stores for the edge's tests: one of files on this machine, one far away that counts its calls."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from mam.errors import NotFoundError, StorageError
from mam.types import Area, ObjectInfo


@dataclass
class DistantStore:
    """Objects in memory behind a wire: every call is written down, slow or broken on demand."""

    objects: dict[tuple[str, str], bytes] = field(default_factory=dict)
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    delay: float = 0.0
    broken: bool = False
    cut: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def _call(self, what: str, area: str, key: str) -> None:
        with self._lock:
            self.calls.append((what, area, key))
        time.sleep(self.delay)
        if self.broken:
            raise StorageError("The store is away.")

    def put(self, area: Area, key: str, stream: BinaryIO, size: int) -> ObjectInfo:
        self._call("put", area, key)
        self.objects[area, key] = stream.read(size)
        return self._info(area, key)

    def open(
        self, area: Area, key: str, *, version: str | None = None, start: int = 0, length: int | None = None
    ) -> AbstractContextManager[BinaryIO]:
        self._call("open", area, key)
        if (area, key) not in self.objects:
            raise NotFoundError
        data = self.objects[area, key]
        return io.BytesIO(data[start : len(data) - self.cut if length is None else start + length])

    def stat(self, area: Area, key: str, *, version: str | None = None) -> ObjectInfo | None:
        self._call("stat", area, key)
        return self._info(area, key) if (area, key) in self.objects else None

    def list(self, area: Area, prefix: str = "") -> Iterator[ObjectInfo]:
        self._call("list", area, prefix)
        keys = sorted(key for where, key in self.objects if where == area and key.startswith(prefix))
        return iter([self._info(area, key) for key in keys])

    def delete(self, area: Area, key: str, *, version: str | None = None) -> None:
        self._call("delete", area, key)
        self.objects.pop((area, key), None)

    def _info(self, area: str, key: str) -> ObjectInfo:
        return ObjectInfo(key, len(self.objects[area, key]), "etag", datetime.now(UTC))

    def asked(self, key: str) -> list[str]:
        """What was asked of one object."""
        return [what for what, _area, name in self.calls if name == key]


@dataclass
class LocalStore:
    """Objects as files below a folder; only what the edge needs of a store."""

    root: Path
    asked: list[str] = field(default_factory=list)

    def write(self, area: Area, key: str, data: bytes) -> Path:
        path = self.root / area / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def local_path(self, area: Area, key: str, *, version: str | None = None) -> Path | None:
        self.asked.append(f"{area}/{key}")
        path = self.root / area / key
        return path if path.exists() else None

    def list(self, area: Area, prefix: str = "") -> Iterator[ObjectInfo]:
        base = self.root / area
        for path in sorted((base / prefix).rglob("*") if (base / prefix).exists() else []):
            if path.is_file():
                key = path.relative_to(base).as_posix()
                yield ObjectInfo(key, path.stat().st_size, "e", datetime.now(UTC))

    def put(self, area: Area, key: str, stream: BinaryIO, size: int) -> ObjectInfo:
        self.write(area, key, stream.read(size))
        return ObjectInfo(key, size, "e", datetime.now(UTC))
