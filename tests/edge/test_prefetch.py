"""Segments are brought ahead of whoever plays, of that rung alone, and never in anybody's way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from edge_server import VERSION, Served
from edge_stores import DistantStore

from mam import metrics
from mam.edge.cache import DiskCache
from mam.edge.prefetch import BUSY_FLIGHTS, MOST_WAITING, Prefetch
from mam.edge.sources import Sources

ME = ("grant", "10.0.0.1")


def segment(number: int, rung: str = "g1/720") -> str:
    return f"{VERSION}/{rung}/{number:05d}.m4s"


def film(count: int = 20, rungs: tuple[str, ...] = ("g1/360", "g1/720")) -> DistantStore:
    keys = [segment(number, rung) for rung in rungs for number in range(count)]
    return DistantStore({("previews", key): key.encode() * 50 for key in keys})


@dataclass
class Playing:
    """The fetching ahead over a distant store, without a server."""

    store: DistantStore
    sources: Sources
    prefetch: Prefetch
    outcomes: dict[str, float] = field(default_factory=dict)

    async def settle(self) -> list[str]:
        """Wait until nothing is fetched any more; answers the objects that were opened, by name."""
        async with asyncio.timeout(60):
            await self.prefetch.idle()
        for key, amount in metrics.take().items():
            name, _, outcome = key.partition(metrics.SEPARATOR)
            if name == "mam_edge_prefetched":
                self.outcomes[outcome] = self.outcomes.get(outcome, 0) + amount
        return sorted(key for what, _, key in self.store.calls if what == "open")


@pytest.fixture
async def playing(tmp_path: Path) -> AsyncIterator[Playing]:
    metrics.take()
    store = film()
    sources = Sources(store, DiskCache(tmp_path / "cache", 10 << 20))
    sources.cache.start()
    prefetch = Prefetch(sources, ahead=3)
    yield Playing(store, sources, prefetch)
    prefetch.stop()
    sources.pool.shutdown()


async def test_two_in_a_row_bring_the_next_three_of_that_rung(playing: Playing) -> None:
    # Given a player that asked for one segment: it may only be looking
    playing.prefetch.played(ME, segment(4))
    assert await playing.settle() == []
    # When it asks for the next, then what follows is brought, once, and nothing of another rung
    playing.prefetch.played(ME, segment(5))
    playing.prefetch.played(("other", ""), segment(5))
    assert await playing.settle() == [segment(6), segment(7), segment(8)]
    assert playing.sources.cache.holds(segment(7))
    # When it plays on, then one more a segment
    playing.prefetch.played(ME, segment(6))
    assert (await playing.settle())[3:] == [segment(9)]
    assert playing.outcomes == {"fetched": 4}


async def test_a_jump_a_playlist_and_a_poster_bring_nothing(playing: Playing) -> None:
    for key in (segment(1), segment(9), segment(3), f"{VERSION}/g1/poster.jpg", f"{VERSION}/g1/1/init.mp4"):
        playing.prefetch.played(ME, key)
    assert await playing.settle() == []


async def test_a_player_that_went_elsewhere_is_not_served_ahead(playing: Playing) -> None:
    # Given segments of one rung that wait for a slow store
    playing.store.delay = 0.05
    playing.prefetch.played(ME, segment(1))
    playing.prefetch.played(ME, segment(2))
    # When the player has taken two other rungs meanwhile, or jumped
    playing.prefetch.played(ME, segment(3, "g1/360"))
    playing.prefetch.played(ME, segment(3, "g1/sound"))
    # Then what has not begun is cancelled
    assert len(await playing.settle()) <= 2
    assert playing.outcomes["cancelled"] >= 1


async def test_the_end_is_asked_for_once(playing: Playing) -> None:
    playing.prefetch.played(ME, segment(18))
    for _ in range(3):
        playing.prefetch.played(ME, segment(19))
        await playing.settle()
        playing.prefetch.played(ME, segment(18))
    assert playing.store.asked(segment(20)) == ["stat"]
    assert playing.store.asked(segment(22)) == []


async def test_nothing_is_brought_while_players_wait_for_the_store(playing: Playing) -> None:
    # Given misses of players under way
    never = asyncio.Event()
    flights = [asyncio.ensure_future(playing.sources.once(str(n), never.wait)) for n in range(BUSY_FLIGHTS)]
    await asyncio.sleep(0)
    # When somebody plays, then what would be brought is dropped, and counted
    playing.prefetch.played(ME, segment(1))
    playing.prefetch.played(ME, segment(2))
    assert await playing.settle() == []
    assert playing.outcomes == {"dropped": 3}
    never.set()
    await asyncio.gather(*flights)


async def test_what_waits_is_bounded_and_a_broken_store_is_left_alone(playing: Playing) -> None:
    playing.store.broken, playing.store.delay = True, 0.02
    for number in range(MOST_WAITING):
        playing.prefetch.played((str(number), ""), segment(number % 15, "g1/360"))
        playing.prefetch.played((str(number), ""), segment(number % 15 + 1, "g1/360"))
        assert playing.prefetch.waiting <= MOST_WAITING
    await playing.settle()
    assert playing.outcomes["failed"] <= 2
    assert len(playing.store.calls) <= 2


def test_over_http_a_viewer_finds_the_next_segments_cached(serve: Callable[..., Served]) -> None:
    # Given an edge far from its store, and a viewer who plays a rung
    store = film()
    edge = serve(store)
    grant = edge.grant()
    for number in range(3):
        assert edge.fetch(f"/s/{grant}/{segment(number)}").status == 200
    # Then the next three come by themselves, and are served when the store is away
    deadline = time.monotonic() + 60
    while not all(edge.edge.sources.cache.holds(segment(n)) for n in (3, 4, 5)):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    store.broken = True
    assert edge.fetch(f"/s/{grant}/{segment(4)}").body == segment(4).encode() * 50
    assert not edge.edge.sources.cache.holds(segment(4, "g1/360"))
