"""Which grants were taken back: a list read from the store every few seconds, no database asked.

An object `_revoked/{kind}/{id}/{unix time}` in the previews area refuses every grant that carries the tag
`{kind}:{id}` and was issued at or before that second. Fails safe: when the list could not be read
for a minute, nothing is served until it can.
"""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import structlog

from mam.errors import GrantError, StorageError
from mam.signing import MAX_SECONDS, check_tag
from mam.types import Storage

PREFIX = "_revoked/"
REFRESH_SECONDS = 5.0
"""How often an edge reads the list: a revocation bites within twice this, 10 seconds."""

STALE_SECONDS = 60.0
"""How old the list may grow before grants are refused altogether (promise E12: within 60 seconds)."""

KEEP_SECONDS = MAX_SECONDS + 100
"""Nothing signed before a mark can still hold after this; the mark may go."""

_PARTS = 3
_log = structlog.get_logger(__name__)


def write(storage: Storage, tag: str, now: float) -> None:
    """Take back every grant with `tag` issued up to `now`. Raises `ValidationError`, `StorageError`."""
    kind, _, ident = check_tag(tag).partition(":")
    body = str(int(now)).encode()
    storage.put("previews", f"{PREFIX}{kind}/{ident}/{int(now)}", io.BytesIO(body), len(body))


def read(storage: Storage) -> dict[str, int]:
    """The latest revocation of each tag (Unix seconds)."""
    marks: dict[str, int] = {}
    for tag, at, _key in marks_of(storage):
        marks[tag] = max(at, marks.get(tag, 0))
    return marks


def sweep(storage: Storage, now: float) -> int:
    """Remove marks that no living grant can be older than; returns how many."""
    old = [key for _tag, at, key in marks_of(storage) if at < now - KEEP_SECONDS]
    for key in old:
        storage.delete("previews", key)
    return len(old)


def marks_of(storage: Storage) -> Iterable[tuple[str, int, str]]:
    """Every mark: tag, time, key. Objects of another form are passed over."""
    for info in storage.list("previews", PREFIX):
        parts = info.key.removeprefix(PREFIX).split("/")
        if len(parts) == _PARTS and parts[2].isdigit():
            yield f"{parts[0]}:{parts[1]}", int(parts[2]), info.key


@dataclass
class Revocations:
    """The list as one edge knows it, refreshed in the background."""

    storage: Storage
    refresh_seconds: float = REFRESH_SECONDS
    stale_seconds: float = STALE_SECONDS
    _marks: dict[str, int] = field(default_factory=dict)
    _read_at: float = -1e9

    @property
    def is_fresh(self) -> bool:
        """Whether the list was read lately enough to be trusted."""
        return time.monotonic() - self._read_at <= self.stale_seconds

    def refresh(self) -> None:
        """Read the list now (blocking); on failure the last one stays until it is stale."""
        started = time.monotonic()
        try:
            self._marks = read(self.storage)
        except StorageError as error:
            _log.warning("revocations not read", reason=error.detail)
        else:
            self._read_at = started

    async def keep_fresh(self) -> None:
        """Refresh for ever, every `refresh_seconds`."""
        while True:
            await asyncio.sleep(self.refresh_seconds)
            await asyncio.to_thread(self.refresh)

    def check(self, tags: Iterable[str], issued_at: int) -> None:
        """`GrantError` for a grant taken back, `StorageError` while the list is unknown or stale."""
        if not self.is_fresh:
            raise StorageError("The list of revoked grants cannot be read; nothing is served until it can.")
        if self._marks and any(self._marks.get(tag, -1) >= issued_at for tag in tags):
            raise GrantError("This grant was taken back.")
