"""One asset: the version shown, what the player must know, what is known of the file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mam.core import Mam
from mam.errors import NotFoundError
from mam.services import assets, fields, panels, projects, showcase, versions
from mam.services.shapes import Shape
from mam.types import Actor
from mam.web import views
from mam.web.portal import cards
from mam.web.portal.facts import integrity, technical
from mam.web.portal.page import may, render
from mam.web.portal.project import all_folders
from mam.web.routes import Call

PLAYS = ("video", "audio", "image", "document")
_STILL = ("image", "document")


async def show(call: Call[Any], asset_id: str) -> str:
    """The asset page, of its current version or of `?version=<number>`."""
    given = await call.run(_load, asset_id, call.request.args.get("version"))
    return render(call, "asset.html", views.AssetView, title=given["asset"]["title"], page="asset", **given)


def _load(mam: Mam, actor: Actor, asset_id: str, number: str | None) -> Shape:
    asset = assets.get_asset(mam, actor, asset_id)
    version = _chosen(asset, number)
    project = projects.get_project(mam, actor, asset["project_id"])
    urls = showcase.posters(mam, actor, [version["id"]] if version else [])
    media = version["media"] if version else {}
    allowed = may(mam, actor, project["id"])
    poster = cards.picture(
        urls.get(version["id"]) if version else None, version["blurhash"] if version else None, media
    )
    return {
        "asset": asset,
        "current": version,
        "project": project,
        "folders": _path(all_folders(mam, actor, project["id"]), asset["folder_id"]),
        "picture": poster,
        "playback": playback(asset, version),
        "fields": tuple(fields.list_fields(mam, actor, project["id"])["items"]),
        "facts": technical(version) if version else (),
        "integrity": integrity(version) if version else (),
        "stack": tuple(versions.list_versions(mam, actor, asset_id, state="all", limit=200)["items"]),
        "may_write": allowed("asset.delete"),
        "may_upload": allowed("upload.create"),
        "may_download": allowed("master.download"),
        "may_render": allowed("preview.render"),
        "may_comment": allowed("comment.write"),
        "may_manage_notes": allowed("comment.manage"),
        "panels": tuple(panels.of_asset(mam, actor, asset, version)),
    }


def _chosen(asset: Shape, number: str | None) -> Shape | None:
    """The version of that number; without one the current."""
    if number is None:
        return cards.current(asset)
    found = next((one for one in asset["versions"] if str(one["number"]) == number), None)
    if found is None:
        raise NotFoundError
    return dict(found)


def _path(folders: Mapping[str, Shape], at: str | None) -> tuple[Shape, ...]:
    """The folders from the top down to `at`."""
    found: list[Shape] = []
    while at is not None and at in folders and len(found) < len(folders):
        found.insert(0, folders[at])
        at = folders[at]["parent_id"]
    return tuple(found)


def playback(asset: Shape, version: Shape | None) -> views.Playback | None:
    """What the player must know; None before the master was looked at, and for what cannot be shown."""
    if version is None or version["preview"]["status"] in ("failed", "unsupported"):
        return None
    kind = asset["kind"]
    media = version["media"]
    if kind not in PLAYS or (kind not in _STILL and media["duration"] is None):
        return None
    return views.Playback(
        kind=kind,
        duration=media["duration"],
        frame_rate=(media.get("video") or {}).get("preview_rate") or media["frame_rate"],
        start_timecode=media["start_timecode"],
        drop_frame=bool(media["drop_frame"]),
        pages=(media.get("pages") or 1) if kind in _STILL else 1,
    )
