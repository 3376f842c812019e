"""The board of a project: who owes what, in columns by the state of each asset's current version."""

from __future__ import annotations

import urllib.parse
from typing import Any

from mam.core import Mam
from mam.errors import NotFoundError, ValidationError
from mam.services import board, projects, showcase
from mam.services.shapes import Shape
from mam.types import Actor
from mam.web import views, words
from mam.web.language import N_, _
from mam.web.portal.cards import picture
from mam.web.portal.page import render
from mam.web.routes import Call

PAGE = 30
"""Cards in one piece of a column."""

NOT_ASKED = N_("Not asked")


async def show(call: Call[Any], project_id: str) -> str:
    """All columns, the first cards of each; with `?waiting=1` what waits for the reader."""
    fields = await call.run(_load, project_id, call.request.args.get("waiting") == "1")
    title = _("Board · %(name)s", name=fields["project"]["name"])
    return render(call, "board.html", views.BoardView, title=title, page="board", **fields)


async def show_more(call: Call[Any], project_id: str) -> str:
    """The next cards of a column."""
    args = call.request.args
    wanted: Shape = {"column": args.get("column", ""), "waiting": args.get("waiting") == "1"}
    cards, more_url = await call.run(_piece, project_id, cursor=args.get("cursor") or None, **wanted)
    fields: Shape = {"cards": cards, "more_url": more_url}
    return render(call, "board_cards.html", views.BoardCardsView, title=_("Board"), page="cards", **fields)


async def show_one(call: Call[Any], asset_id: str) -> str:
    """One card, as it stands now."""
    cards = await call.run(_one, asset_id)
    fields: Shape = {"cards": cards, "more_url": None}
    return render(call, "board_cards.html", views.BoardCardsView, title=_("Board"), page="cards", **fields)


def _load(mam: Mam, actor: Actor, project_id: str, waiting: bool) -> Shape:
    counts = board.counts(mam, actor, project_id)
    pieces = {
        name: _piece(mam, actor, project_id, column=name, waiting=waiting, cursor=None)
        for name in board.COLUMNS
    }
    return {
        "project": projects.get_project(mam, actor, project_id),
        "columns": tuple(_column(name, counts[name], *piece) for name, piece in pieces.items()),
        "waiting": waiting,
        "waiting_count": counts["waiting"],
        "overdue_count": counts["overdue"],
    }


def _column(name: str, count: int, cards: tuple[views.BoardCard, ...], more: str | None) -> views.BoardColumn:
    title = _(NOT_ASKED) if name == "none" else words.state(name)
    return views.BoardColumn(name=name, title=title, count=count, cards=cards, more_url=more)


def _piece(
    mam: Mam, actor: Actor, project_id: str, *, column: str, waiting: bool, cursor: str | None
) -> tuple[tuple[views.BoardCard, ...], str | None]:
    try:
        found = board.column(
            mam, actor, project_id, column=column, waiting=waiting, cursor=cursor, limit=PAGE
        )
    except ValidationError:
        raise NotFoundError from None
    following = found["next_cursor"]
    query = {"column": column, "cursor": following or "", **({"waiting": "1"} if waiting else {})}
    more_url = f"/projects/{project_id}/board/cards?{urllib.parse.urlencode(query)}" if following else None
    return _cards(mam, actor, found["items"]), more_url


def _one(mam: Mam, actor: Actor, asset_id: str) -> tuple[views.BoardCard, ...]:
    found = board.card(mam, actor, asset_id)
    return _cards(mam, actor, [found]) if found else ()


def _cards(mam: Mam, actor: Actor, items: list[Shape]) -> tuple[views.BoardCard, ...]:
    urls = showcase.posters(mam, actor, [one["version_id"] for one in items])
    return tuple(_card(one, urls.get(one["version_id"])) for one in items)


def _card(one: Shape, url: str | None) -> views.BoardCard:
    review = one["review"]
    return views.BoardCard(
        id=one["asset_id"],
        title=one["title"],
        kind=one["kind"],
        column=review["status"],
        version_id=one["version_id"],
        version_number=one["number"],
        due_at=review["due_at"],
        overdue=review["overdue"],
        owed_by=tuple(person["display_name"] for person in one["owed_by"]),
        said=tuple(_said(said) for said in review["decisions"]),
        mine=one["mine"],
        picture=picture(url, one["blurhash"], one),
    )


def _said(one: Shape) -> str:
    name = one["user"]["display_name"] if one["user"] else one["guest_name"] or _("Somebody who left")
    return f"{name}: {words.state(one['decision'])}"
