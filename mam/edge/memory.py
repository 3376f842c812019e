"""Small objects in memory for seconds: what many players ask for at the same time is read once.

Bounded by bytes; the least recently used go first. Holds no grants, and is asked only after they were
checked. Used on the event loop alone, so it needs no lock. Writes nothing.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

PLAYLIST_SECONDS = 1.0
"""How long a playlist of a distant store is kept; playlists of local files are not kept at all."""

HOT_SECONDS = 10.0
"""How long an immutable object is kept: so long may it be served after it was removed from the store."""

LAST_SECONDS = 3600.0
"""How long the last playlist read is kept for a store that is away: as long as a grant may live."""

LIMIT = 64 << 20
"""Bytes of all kept objects together."""


class Sized(Protocol):
    """What can be kept."""

    @property
    def size(self) -> int:
        """Its length in bytes."""


T = TypeVar("T", bound=Sized)


@dataclass
class Memory(Generic[T]):
    """Objects by key, each with its end."""

    limit: int = LIMIT
    total: int = 0
    _kept: OrderedDict[str, tuple[float, T]] = field(default_factory=OrderedDict)

    def get(self, key: str) -> T | None:
        """The object, if it is kept and its time is not over."""
        found = self._kept.get(key)
        if found is None:
            return None
        if found[0] <= time.monotonic():
            self.drop(key)
            return None
        self._kept.move_to_end(key)
        return found[1]

    def put(self, key: str, item: T, until: float) -> None:
        """Keep an object until that moment of the monotonic clock."""
        self.drop(key)
        self._kept[key] = (until, item)
        self.total += item.size
        while self.total > self.limit:
            self.drop(next(iter(self._kept)))

    def drop(self, key: str) -> None:
        """Forget the object, if it is kept."""
        found = self._kept.pop(key, None)
        self.total -= found[1].size if found else 0
