"""The pages of share links: the door that asks for a name, the gallery, one asset; and the studio's own list.

Guests' pages name nothing but what was shared: no project, no other people, no way into the rest of the box.
"""

from __future__ import annotations

import types
import typing
from dataclasses import MISSING, fields
from typing import Any

from quart import Response

from mam.core import Mam
from mam.errors import MamError, NotFoundError, RateLimitedError, UnauthorizedError, ValidationError
from mam.services import branding, guest_library, guests, projects, shares
from mam.services.shapes import Shape
from mam.types import Actor
from mam.web import identity, views
from mam.web.api.shares import logo_answer
from mam.web.language import _
from mam.web.portal import asset as asset_page
from mam.web.portal import cards
from mam.web.portal.page import render
from mam.web.routes import Call

_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}
_SHOWN = 100


async def show(call: Call[Any]) -> Response:
    """A link: the door, or what is shown to whoever came in."""
    try:
        if call.credentials is None:
            return await _door(call)
        await call.login()
        return await _inside(call)
    except UnauthorizedError:
        return await _door(call)
    except NotFoundError:
        return _gone(call)


async def save(call: Call[Any]) -> Response:
    """Let somebody in who gives a name, and the password where there is one."""
    form = await call.form()
    name, password = form.get("name", ""), form.get("password", "")
    try:
        value = await call.knock(guests.admit, call.share, name=name, password=password, address=call.address)
    except NotFoundError:
        return _gone(call)
    except (UnauthorizedError, RateLimitedError, ValidationError) as error:
        return await _door(call, name, error)
    headers = {**_HEADERS, "Location": root(call)}
    response = Response(b"", 303, headers)
    response.set_cookie(
        identity.GUEST_COOKIE, value, max_age=guests.COOKIE_SECONDS, path=root(call), httponly=True,
        samesite="Lax", secure=call.base_url.startswith("https:"),
    )  # fmt: skip
    return response


async def show_asset(call: Call[Any], asset_id: str) -> Response:
    """One of the assets that are shown."""
    try:
        return await _asset(call, asset_id, several=True)
    except NotFoundError:
        return _gone(call)


async def show_logo(call: Call[Any]) -> Response:
    """The logo of a link's pages, the door's among them."""
    row = await call.plain(branding.logo, call.share)
    return logo_answer(row, "private, no-cache")


async def show_style(call: Call[Any]) -> Response:
    """The colours of a link's pages."""
    text = await call.plain(branding.style, call.share)
    return Response(text, 200, {"Cache-Control": "private, no-cache"}, content_type="text/css; charset=utf-8")


async def show_list(call: Call[Any], project_id: str) -> str:
    """The studio's page: every link of a project, what it allows, how it is used."""
    project, rows, following = await call.run(_listed, project_id, call.request.args.get("cursor"))
    more = f"/projects/{project_id}/shares?cursor={following}" if following else None
    return render(
        call, "project_shares.html", views.SharesView,
        title=_("Links of %(name)s", name=project["name"]), page="shares", project=project,
        shares=tuple(rows), more_url=more,
    )  # fmt: skip


def root(call: Call[Any]) -> str:
    """The path of the link that this call is below of."""
    return f"/r/{call.share}"


def _listed(
    mam: Mam, actor: Actor, project_id: str, cursor: str | None
) -> tuple[Shape, list[Shape], str | None]:
    project = projects.get_project(mam, actor, project_id)
    found = shares.list_shares(mam, actor, project_id, cursor=cursor or None, limit=_SHOWN)
    return project, found["items"], found["next_cursor"]


async def _door(call: Call[Any], name: str = "", error: MamError | None = None) -> Response:
    try:
        needed, look = await call.plain(_about, call.share)
    except NotFoundError:
        return _gone(call)
    call.actor = None
    body = render(
        call, "share_door.html", views.ShareDoorView, title=look.title or look.studio or _("Shared with you"),
        page="share-door", root=root(call), brand=_look(call, look), studio=look.studio, heading=look.title,
        name=name, password_needed=needed, error=error.detail if error else "",
    )  # fmt: skip
    return _page(body, 403 if error else 200)


def _about(mam: Mam, token: str) -> tuple[bool, branding.Brand]:  # noqa: ARG001 - called as every service is
    """Whether a link asks for a password, and how its pages look."""
    share = guests.living(token)
    return share.password_hash is not None, branding.brand(share)


def _look(call: Call[Any], look: branding.Brand) -> dict[str, str]:
    """Addresses of a link's logo and colours, empty where it has none; they change with what they are of."""
    return {
        "logo": f"{root(call)}/logo?{look.logo}" if look.logo else "",
        "style": f"{root(call)}/style.css?{look.accent.removeprefix('#')}" if look.accent else "",
    }


def _gone(call: Call[Any]) -> Response:
    call.actor = None
    body = render(
        call, "share_gone.html", views.ShareGoneView, title=_("This link does not hold"), page="share-gone",
        root=root(call), detail=guests.gone().detail,
    )  # fmt: skip
    return _page(body, 404)


async def _inside(call: Call[Any]) -> Response:
    """The gallery; where one asset alone is shown, that at once."""
    cursor = call.request.args.get("after")
    head, look = await call.run(guest_library.head), await call.plain(_about, call.share)
    found = await call.run(guest_library.gallery, cursor)
    if len(found["items"]) == 1 and not cursor:
        return await _asset(call, found["items"][0]["id"], several=False)
    following = found["next_cursor"]
    shown = tuple(_card(call, one) for one in found["items"])
    body = render(
        call, "share_gallery.html", views.ShareGalleryView, title=head["title"] or _("Shared with you"),
        page="share-gallery", root=root(call), brand=_look(call, look[1]), share=head, cards=shown,
        more_url=f"{root(call)}?after={following}" if following else None,
    )  # fmt: skip
    return _page(body)


async def _asset(call: Call[Any], asset_id: str, *, several: bool) -> Response:
    head, look = await call.run(guest_library.head), await call.plain(_about, call.share)
    number = call.request.args.get("version")
    asset, version = await call.run(guest_library.asset, asset_id, number)
    given = {
        "root": root(call),
        "brand": _look(call, look[1]),
        "said": await call.run(guest_library.decision_of, version["id"]) if head["may_decide"] else None,
        "share": head,
        "several": several,
        "asset": asset,
        "current": version,
        "project": {"id": "", "name": ""},
        "picture": _picture(call, asset, version),
        "playback": asset_page.playback(asset, version),
        "may_comment": head["may_comment"],
    }
    body = render(
        call, "share_asset.html", views.ShareAssetView, title=asset["title"], page="share-asset",
        **_withheld(views.ShareAssetView, given), **given,
    )  # fmt: skip
    return _page(body)


def _withheld(view: type, given: dict[str, Any]) -> dict[str, Any]:
    """What a view is given for people of the house, as nothing: guests get what is named alone."""
    shell = {one.name for one in fields(views.Page)}
    kinds = typing.get_type_hints(view)
    return {
        one.name: _nothing(kinds[one.name])
        for one in fields(view)
        if one.name not in given and one.name not in shell and one.default is MISSING
    }


def _nothing(kind: Any) -> Any:
    if isinstance(kind, types.UnionType):
        return None
    return (typing.get_origin(kind) or kind)()


def _card(call: Call[Any], asset: Shape) -> views.Card:
    """A shown asset as a card, its picture asked for below the link."""
    version = asset["versions"][0]
    preview = version["preview"]
    given = {
        "id": asset["id"],
        "title": asset["title"],
        "kind": asset["kind"],
        "state": preview["status"],
        "version_id": version["id"],
        "version_number": version["number"],
        "duration": version["media"]["duration"],
        "percent": preview["percent"],
        "playable": preview["playable"],
        "created_at": asset["created_at"],
        "picture": _picture(call, asset, version),
    }
    return views.Card(**_withheld(views.Card, given), **given)


def _picture(call: Call[Any], asset: Shape, version: Shape) -> views.Picture:
    """The still or the picture itself; none for what has none."""
    drawn = asset["kind"] in ("video", "image", "document") and version["blurhash"] is not None
    guest = call.actor.guest if call.actor else None
    if guest is not None and guest.watermark:  # a marked picture is made for whoever opens the asset
        drawn = drawn and version["preview"]["playable"] and "version_id" in version["preview"]
    url = f"{root(call)}/img/{version['id']}?w=640" if drawn else None
    return cards.picture(url, version["blurhash"], version["media"])


def _page(body: str, status: int = 200) -> Response:
    return Response(body, status, _HEADERS, content_type="text/html; charset=utf-8")
