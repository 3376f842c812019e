"""Brings the next segments of what is being played into the disk cache before the player asks for them.

Only of a rung that somebody plays: two segments in a row were asked for by one player. Never more than a few
at a time, none while others wait for the store, none for a player that went elsewhere meanwhile. A failure
here is nobody's failure. Writes only through the disk cache; used on the event loop alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import NamedTuple

from mam import metrics
from mam.edge.sources import Sources
from mam.errors import StorageError

MOST_WAITING = 64
"""Segments that may wait to be fetched; what comes while there are so many is dropped."""

BUSY_FLIGHTS = 4
"""Players' own misses under way at which nothing is fetched ahead."""

_AT_ONCE = 2
_PLAYERS = 4096
_RUNGS = 2  # one of pictures, one of sound: a player that takes a third has left the oldest
_LEFT_SECONDS = 20.0  # a player that asked for nothing for so long is gone
_PAUSE_SECONDS = 5.0  # after a failure of the store, and before what was absent is asked for again
_SEGMENT = re.compile(r"(?P<rung>.+/)(?P<number>[0-9]{1,9})(?P<end>\.(?:m4s|ts))")


class _Wish(NamedTuple):
    """A segment that a player is expected to ask for."""

    player: tuple[str, str]
    rung: str
    number: int


@dataclass
class _Player:
    """Where a player is in each of its rungs, the last used at the end; and when it last asked."""

    at: OrderedDict[str, int] = field(default_factory=OrderedDict)
    asked: float = 0.0


@dataclass
class Prefetch:
    """The fetching ahead of one process; `ahead` is how many segments, 0 is none."""

    sources: Sources
    ahead: int
    _players: OrderedDict[tuple[str, str], _Player] = field(default_factory=OrderedDict)
    _waiting: OrderedDict[str, _Wish] = field(default_factory=OrderedDict)
    _ends: OrderedDict[str, tuple[int, float]] = field(default_factory=OrderedDict)
    _running: set[asyncio.Task[None]] = field(default_factory=set)
    _paused: float = 0.0

    def played(self, player: tuple[str, str], key: str) -> None:
        """A player (its grant, its address) was given an object; what follows it may be fetched."""
        found = _SEGMENT.fullmatch(key) if self.ahead and self.sources.local is None else None
        if found is None:
            return
        rung, digits, number = found["rung"], found["number"], int(found["number"])
        if not self._is_next(player, rung, number):
            return
        for coming in range(number + 1, number + 1 + self.ahead):
            self._want(f"{rung}{coming:0{len(digits)}d}{found['end']}", _Wish(player, rung, coming))

    @property
    def waiting(self) -> int:
        """How many segments are still to be fetched."""
        return len(self._waiting)

    async def idle(self) -> None:
        """Return once nothing is fetched any more."""
        while self._running:
            await asyncio.wait(self._running)

    def stop(self) -> None:
        """Forget what waits, and end what runs."""
        self._waiting.clear()
        for task in self._running:
            task.cancel()

    def _is_next(self, name: tuple[str, str], rung: str, number: int) -> bool:
        """Take down where the player is; whether it came there from the segment before."""
        player = self._players.setdefault(name, _Player())
        self._players.move_to_end(name)
        if len(self._players) > _PLAYERS:
            self._players.popitem(last=False)
        before = player.at.pop(rung, None)
        player.at[rung], player.asked = number, time.monotonic()
        if len(player.at) > _RUNGS:
            player.at.popitem(last=False)
        return before is not None and number == before + 1

    def _want(self, key: str, wish: _Wish) -> None:
        if key in self._waiting or self.sources.has(key) or self._is_past_the_end(wish):
            return
        if self._is_loaded() or len(self._waiting) >= MOST_WAITING:
            metrics.count("mam_edge_prefetched", 1, "dropped")
            return
        self._waiting[key] = wish
        if len(self._running) < _AT_ONCE:
            task = asyncio.ensure_future(self._work())
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    def _is_loaded(self) -> bool:
        """Whether players themselves wait for the store, or the store is away."""
        others = self.sources.in_flight - len(self._running)
        return others >= BUSY_FLIGHTS or time.monotonic() < self._paused

    def _is_past_the_end(self, wish: _Wish) -> bool:
        end, until = self._ends.get(wish.rung, (0, 0.0))
        return time.monotonic() < until and wish.number >= end

    def _still_wanted(self, wish: _Wish) -> bool:
        """Whether the player is still on its way to that segment."""
        player = self._players.get(wish.player)
        at = player.at.get(wish.rung) if player is not None else None
        if player is None or at is None or time.monotonic() - player.asked > _LEFT_SECONDS:
            return False
        return at < wish.number <= at + self.ahead

    def _note_end(self, wish: _Wish) -> None:
        """Ask for nothing behind that for some seconds: a film that is still encoded goes on then."""
        end = wish.number if not self._is_past_the_end(wish) else self._ends[wish.rung][0]
        self._ends[wish.rung] = (end, time.monotonic() + _PAUSE_SECONDS)
        if len(self._ends) > _PLAYERS:
            self._ends.popitem(last=False)

    async def _work(self) -> None:
        while self._waiting:
            key, wish = self._waiting.popitem(last=False)
            metrics.count("mam_edge_prefetched", 1, await self._fetch(key, wish))

    async def _fetch(self, key: str, wish: _Wish) -> str:
        """Fetch one segment; answers how it ended, for the figures."""
        if not self._still_wanted(wish):
            return "cancelled"
        if self._is_past_the_end(wish):
            return "absent"
        if self._is_loaded():
            return "dropped"
        with contextlib.suppress(StorageError):
            if self.sources.has(key) or await self.sources.fetch(key):
                return "fetched"
            self._note_end(wish)
            return "absent"
        self._paused = time.monotonic() + _PAUSE_SECONDS
        return "failed"
