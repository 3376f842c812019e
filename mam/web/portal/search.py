"""Search across projects: what was found, with its place, and the way there."""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping
from typing import Any

from mam.core import Mam
from mam.errors import ValidationError
from mam.services import search, showcase
from mam.services.shapes import Shape
from mam.types import Actor
from mam.web import views
from mam.web.language import _
from mam.web.portal import cards
from mam.web.portal.page import render
from mam.web.routes import Call

PAGE = 20
"""Hits in one piece."""

FILTERS = ("kind", "review", "since", "to")
"""What narrows a search, as `Filter` of `mam.services.asset_filter` has it."""


async def show(call: Call[Any]) -> str:
    """The search page, empty or with the first hits; `?cursor=` is the next piece of it."""
    args = call.request.args.to_dict()
    wanted = {name: args[name] for name in FILTERS if args.get(name)}
    fields = await call.run(_load, args.get("q", "").strip(), args.get("cursor") or None, wanted)
    return render(call, "search.html", views.SearchView, title=_("Search"), page="search", **fields)


def _load(mam: Mam, actor: Actor, q: str, cursor: str | None, wanted: Mapping[str, str]) -> Shape:
    try:
        found = search.search(mam, actor, q=q, cursor=cursor, limit=PAGE, **wanted)
    except ValidationError:  # an address with an old cursor, or a day that is none
        wanted = {}
        found = search.search(mam, actor, q=q, limit=PAGE)
    following = found["next_cursor"]
    query = urllib.parse.urlencode({"q": q, **wanted, "cursor": following or ""})
    return {
        "q": q,
        "filters": {name: wanted.get(name, "") for name in FILTERS},
        "found": _found(mam, actor, found["items"]),
        "more_url": f"/search?{query}" if following else None,
    }


def _found(mam: Mam, actor: Actor, hits: list[Shape]) -> tuple[views.Found, ...]:
    urls = showcase.posters(mam, actor, [one["version_id"] for one in hits if one["version_id"]])
    return tuple(
        views.Found(
            hit=one,
            picture=cards.picture(urls.get(one["version_id"] or ""), one["blurhash"], one),
            links=tuple(_link(one["asset_id"], snippet) for snippet in one["snippets"]),
        )
        for one in hits
    )


def _link(asset_id: str, snippet: Shape) -> str:
    """A note opens at its frame, a document's words at their page, anything else the asset."""
    given = {"version": snippet["version_number"] if snippet["comment_id"] else None}
    given |= {"note": snippet["comment_id"], "page": snippet["page"]}
    query = urllib.parse.urlencode({name: value for name, value in given.items() if value is not None})
    return f"/assets/{asset_id}?{query}" if query else f"/assets/{asset_id}"
