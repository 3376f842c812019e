"""Look-alikes on the asset page, fetched once the page is there; and two versions beside each other."""

from __future__ import annotations

from typing import Any

from mam.core import Mam
from mam.errors import NotFoundError
from mam.services import access, assets, projects, showcase
from mam.services import similar as look_alikes
from mam.services.shapes import Shape
from mam.types import Actor
from mam.web import views
from mam.web.language import _
from mam.web.portal import cards
from mam.web.portal.asset import playback
from mam.web.portal.page import render
from mam.web.routes import Call


async def show(call: Call[Any], asset_id: str) -> str:
    """What is the same as, or looks like, the current version, or that of `?version=<id>`."""
    fields = await call.run(_load, asset_id, call.request.args.get("version"))
    return render(
        call, "similar.html", views.SimilarView, title=_("Same and similar"), page="similar", **fields
    )


async def compare(call: Call[Any]) -> str:
    """The versions `?a=<id>` and `?b=<id>`, side by side and in time with each other."""
    args = call.request.args
    fields = await call.run(_load_both, args.get("a", ""), args.get("b", ""))
    return render(call, "compare.html", views.CompareView, title=_("Side by side"), page="compare", **fields)


def _load(mam: Mam, actor: Actor, asset_id: str, version_id: str | None) -> Shape:
    asset = assets.get_asset(mam, actor, asset_id)
    known = [one["id"] for one in asset["versions"]]
    wanted = version_id or asset["current_version_id"]
    if wanted is None:
        return {"rows": (), "looked_at": True}
    if wanted not in known:
        raise NotFoundError
    found = look_alikes.similar(mam, actor, wanted)
    urls = showcase.posters(mam, actor, [one["version_id"] for one in found["items"]])
    rows = tuple(_row(wanted, one, urls.get(one["version_id"])) for one in found["items"])
    return {"rows": rows, "looked_at": look_alikes.looked_at(mam, actor, wanted)}


def _row(version_id: str, found: Shape, url: str | None) -> views.LookAlike:
    return views.LookAlike(
        asset_id=found["asset_id"],
        number=found["number"],
        title=found["title"],
        same=found["reason"] == "same_master",
        percent=int(100 * found["score"]),
        offset=found["offset_seconds"] or 0.0,
        picture=cards.picture(url, None, {}),
        compare_url=f"/compare?a={version_id}&b={found['version_id']}",
    )


def _load_both(mam: Mam, actor: Actor, first: str, second: str) -> Shape:
    match = look_alikes.between(mam, actor, first, second)
    urls = showcase.posters(mam, actor, [first, second])
    return {
        "sides": tuple(_side(mam, actor, one, urls.get(one)) for one in (first, second)),
        "percent": int(100 * match.score) if match else None,
        "offset": match.offset if match else 0.0,
    }


def _side(mam: Mam, actor: Actor, version_id: str, url: str | None) -> views.Side:
    asset_id = access.require_version(mam, actor, "asset.read", version_id)[1].id
    asset = assets.get_asset(mam, actor, asset_id)
    thing = access.actor_thing(actor, "asset", asset_id, asset["project_id"])
    version = next(one for one in asset["versions"] if one["id"] == version_id)
    return views.Side(
        asset=asset,
        version=version,
        project=projects.get_project(mam, actor, asset["project_id"]),
        picture=cards.picture(url, version["blurhash"], version["media"]),
        playback=playback(asset, version),
        may_comment=access.allowed(mam, actor, "comment.write", thing),
    )
