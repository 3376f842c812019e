"""The outline of a long list of assets: how many there are, and where each window of it begins and ends.

A page that shows only the cards near the reader's eye reserves the height of all, jumps anywhere and selects
across what it never loaded. A window is the span between two cursors, so it stays true while assets come
and go. Reads only.
"""

from __future__ import annotations

from typing import Any

from mam.core import Mam
from mam.services import assets, pages, reading
from mam.services.shapes import Shape
from mam.types import Actor

WINDOW = 60
"""Assets in one window."""

MOST = 10_000
"""Ids in one answer."""


def outline(
    mam: Mam, actor: Actor, *, sort: str = "-created_at", cursor: str | None = None, **filters: Any
) -> Shape:
    """`{count, window, cursors}` of the list after `cursor`.

    `cursors` end its windows of `window` assets each, the last one with the list. Filters, order and errors
    are those of `assets.list_assets`.
    """
    wanted = assets.selected(mam, actor, sort=sort, cursor=cursor, **filters)
    numbered = f"row_number() OVER ({wanted.order}) AS place, count(*) OVER () AS many"
    inner = f"SELECT id, {wanted.key} AS sorted, {numbered}"
    rest = (
        f"FROM ({inner} FROM asset WHERE {wanted.sql}) AS listed "
        f"WHERE place % {WINDOW} = 0 OR place = many ORDER BY place"
    )
    rows = reading.fetch(("sorted", "id", "many"), rest, wanted.values)
    return {
        "count": rows[-1][2] if rows else 0,
        "window": WINDOW,
        "cursors": [pages.make_cursor(sort, value, asset_id) for value, asset_id, _ in rows],
    }


def ids(
    mam: Mam,
    actor: Actor,
    *,
    sort: str = "-created_at",
    cursor: str | None = None,
    until: str | None = None,
    **filters: Any,
) -> Shape:
    """`{items, next_cursor}`: `[asset id, version id or null]` in the list's order, at most `MOST`."""
    wanted = assets.selected(mam, actor, sort=sort, cursor=cursor, until=until, **filters)
    inner = f"SELECT id, current_version_id, {wanted.key} AS sorted FROM asset WHERE {wanted.sql}"  # noqa: S608 - ours
    rest = f"FROM ({inner}) AS listed ORDER BY sorted {wanted.way}, id {wanted.way} LIMIT ?"
    rows = reading.fetch(("id", "current_version_id", "sorted"), rest, [*wanted.values, MOST + 1])
    last = rows[MOST - 1] if len(rows) > MOST else None
    return {
        "items": [row[:2] for row in rows[:MOST]],
        "next_cursor": pages.make_cursor(sort, last[2], last[0]) if last else None,
    }
