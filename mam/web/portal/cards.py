"""Assets as cards: for the grid's first page, its further pieces, and one card that changed."""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mam.core import Mam
from mam.errors import ValidationError
from mam.services import assets, fields, note_counts, outline, showcase
from mam.services.shapes import Shape
from mam.types import Actor
from mam.web import views
from mam.web.language import _
from mam.web.portal.page import may, render
from mam.web.routes import Call

PAGE = outline.WINDOW
"""Cards in one piece."""

CANVAS = 32
"""The longer side of a BlurHash placeholder, in pixels."""

FILTERS = ("q", "kind", "status", "review", "tag", "person", "since", "to", "sort")
OWN = ("fkey", "fvalue")
"""A custom field and the value that is wanted of it."""

COLUMNS = 5
"""Custom fields that a list shows as columns."""

NEWEST = "-created_at"
_IN_WORK = ("queued", "processing")


async def show(call: Call[Any], project_id: str) -> str:
    """The next piece of a project's grid."""
    fields = await call.run(load, project_id, call.request.args.to_dict())
    return render(call, "cards.html", views.CardsView, title=_("Assets"), page="cards", **fields)


async def show_one(call: Call[Any], asset_id: str) -> str:
    """One card, as it looks now."""
    fields = await call.run(_load_one, asset_id)
    return render(call, "cards.html", views.CardsView, title=_("Asset"), page="cards", **fields)


async def show_outline(call: Call[Any], project_id: str) -> Shape:
    """How many cards follow, and the cursors that end their windows."""
    args = call.request.args.to_dict()
    return await call.run(outline.outline, project_id=project_id, **_asked(args), **_place(args))


async def show_ids(call: Call[Any], project_id: str) -> Shape:
    """Ids of the cards between two cursors, for choosing what was never loaded."""
    args = call.request.args.to_dict()
    return await call.run(
        outline.ids, project_id=project_id, until=args.get("until") or None, **_asked(args), **_place(args)
    )


def _place(args: Mapping[str, str]) -> dict[str, Any]:
    return {"folder_id": args.get("folder") or None, "cursor": args.get("cursor") or None}


def _asked(args: Mapping[str, str]) -> dict[str, Any]:
    """The filters in `args` as lists take them."""
    wanted = {name: args[name] for name in FILTERS if args.get(name)}
    if args.get("fkey"):
        wanted["field"] = f"{args['fkey']}:{args.get('fvalue', '')}"
    return wanted


def load(mam: Mam, actor: Actor, project_id: str, args: Mapping[str, str]) -> Shape:
    """Cards of a project by the filters in `args` (`FILTERS`, `OWN`, folder, cursor, until)."""
    wanted = _asked(args)
    own = {name: args[name] for name in OWN if args.get(name)}
    try:
        found = _list(mam, actor, project_id, args, wanted)
    except ValidationError:
        if args.get("until"):  # a window of a list; another one's cards would be wrong
            raise
        # An address typed or bookmarked with an unknown order or an old cursor
        found = _list(mam, actor, project_id, {"folder": args.get("folder", "")}, {"q": args.get("q", "")})
    following = found["next_cursor"]
    wanted.pop("field", None)
    columns = fields.list_fields(mam, actor, project_id)["items"][:COLUMNS]
    more = {
        **wanted,
        **own,
        "folder": args.get("folder", ""),
        "cursor": following or "",
        "until": args.get("until", ""),
    }
    query = urllib.parse.urlencode({name: value for name, value in more.items() if value})
    return {
        "cards": tuple(_cards(mam, actor, found["items"], columns)),
        "columns": tuple(columns),
        "more_url": f"/projects/{project_id}/cards?{query}" if following else None,
        "may_write": may(mam, actor, project_id)("asset.write"),
    }


def _list(
    mam: Mam, actor: Actor, project_id: str, args: Mapping[str, str], wanted: Mapping[str, str]
) -> Shape:
    return assets.list_assets(
        mam,
        actor,
        project_id=project_id,
        until=args.get("until") or None,
        limit=PAGE,
        **_place(args),
        **wanted,  # type: ignore[arg-type]
    )


def _load_one(mam: Mam, actor: Actor, asset_id: str) -> Shape:
    asset = assets.get_asset(mam, actor, asset_id)
    may_write = may(mam, actor, asset["project_id"])("asset.write")
    columns = fields.list_fields(mam, actor, asset["project_id"])["items"][:COLUMNS]
    return {
        "cards": tuple(_cards(mam, actor, [asset], columns)),
        "columns": tuple(columns),
        "more_url": None,
        "may_write": may_write,
    }


def _cards(mam: Mam, actor: Actor, items: list[Shape], columns: list[Shape]) -> list[views.Card]:
    shown = [version["id"] for version in map(current, items) if version]
    urls = showcase.posters(mam, actor, shown)
    names = fields.names(items, columns)
    notes = _notes(mam, actor, items, shown)
    made = [replace(card(one, urls), values=_values(one["metadata"], columns, names)) for one in items]
    return [replace(one, notes=notes.get(one.version_id or "", 0)) for one in made]


def _notes(mam: Mam, actor: Actor, items: list[Shape], shown: list[str]) -> dict[str, int]:
    """Open notes by version; the items are of one project."""
    if not items:
        return {}
    return note_counts.open_notes(shown, internal=may(mam, actor, items[0]["project_id"])("comment.manage"))


def _values(metadata: Mapping[str, Any], columns: list[Shape], names: Mapping[str, str]) -> tuple[str, ...]:
    """A custom field's value in words, for each column."""
    return tuple(fields.worded(metadata.get(one["key"]), one["type"], names) for one in columns)


def card(asset: Shape, urls: Mapping[str, str]) -> views.Card:
    """An asset as a card; `urls` are poster addresses by version."""
    version = current(asset)
    if version is None:
        return _empty(asset)
    preview, media = version["preview"], version["media"]
    state = preview["status"] if asset["status"] == "processing" else asset["status"]
    return views.Card(
        id=asset["id"],
        title=asset["title"],
        kind=asset["kind"],
        state="unsupported" if preview["status"] == "unsupported" else state,
        folder_id=asset["folder_id"],
        version_id=version["id"],
        version_number=version["number"],
        size=version["size"],
        duration=media["duration"],
        percent=preview["percent"],
        playable=preview["playable"],
        created_at=asset["created_at"],
        review=version["review"]["status"],
        overdue=version["review"]["overdue"],
        picture=picture(urls.get(version["id"]), version["blurhash"], media),
    )


def _empty(asset: Shape) -> views.Card:
    return views.Card(
        id=asset["id"],
        title=asset["title"],
        kind=asset["kind"],
        state=asset["status"],
        folder_id=asset["folder_id"],
        version_id=None,
        version_number=0,
        size=None,
        duration=None,
        percent=0,
        playable=False,
        created_at=asset["created_at"],
        review="none",
        overdue=False,
        picture=picture(None, None, {}),
    )


def blank() -> views.Card:
    """A card for a file whose asset does not exist yet."""
    return _empty(
        {"id": "", "title": "", "kind": None, "status": "uploading", "folder_id": None, "created_at": ""}
    )


def current(asset: Shape) -> Shape | None:
    """The current version of an asset, if it has one."""
    versions: list[Shape] = asset["versions"]
    return next((one for one in versions if one["id"] == asset["current_version_id"]), None)


def picture(url: str | None, blurhash: str | None, media: Mapping[str, Any]) -> views.Picture:
    """A poster with its placeholder in the right aspect."""
    width, height = media.get("width") or 16, media.get("height") or 9
    longer = max(width, height)
    small = (max(1, round(CANVAS * side / longer)) for side in (width, height))
    return views.Picture(url=url, blurhash=blurhash, width=next(small), height=next(small))
