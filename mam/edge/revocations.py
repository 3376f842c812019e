"""What one edge knows of revoked addresses: the marks in the store, read again every few seconds.

Fails safe: when the list could not be read for a minute, nothing is served until it can. Writes nothing.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import structlog

from mam.errors import GrantError, StorageError
from mam.revocations import read
from mam.types import Storage

REFRESH_SECONDS = 5.0
"""How often an edge reads the list: a revocation bites within twice this, 10 seconds."""

STALE_SECONDS = 60.0
"""How old the list may grow before grants are refused altogether (promise E12: within 60 seconds), unless
`[delivery] serve_on_seconds` says otherwise."""

_log = structlog.get_logger(__name__)


@dataclass
class Revocations:
    """The list as one edge knows it, refreshed in the background; `told` hears of tags with new marks."""

    storage: Storage
    refresh_seconds: float = REFRESH_SECONDS
    stale_seconds: float = STALE_SECONDS
    told: Callable[[list[str]], object] | None = None
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
            marks = read(self.storage)
        except StorageError as error:
            _log.warning("revocations not read", reason=error.detail)
            return
        known, self._marks, self._read_at = self._marks, marks, started
        fresh = [tag for tag, at in marks.items() if at > known.get(tag, -1)]
        if fresh and self.told is not None:
            self.told(fresh)

    def listing(self) -> bytes:
        """The list as it is in the store now, for other edges (blocking). Raises `StorageError`."""
        return json.dumps(read(self.storage)).encode()

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
