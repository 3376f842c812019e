"""Sections that plugins show beside an asset: asked for, cut to a size, links to pages only. Reads only."""

from __future__ import annotations

import structlog

from mam.core import Mam
from mam.models import Asset, Version
from mam.services.shapes import Shape
from mam.types import Actor, Panel, ShownAsset

MOST_FACTS, LONGEST = 50, 500
_LINKS = ("https://", "http://", "/")
log = structlog.get_logger("mam.plugins")


def of_asset(mam: Mam, actor: Actor, asset: Shape, version: Shape | None) -> list[Shape]:
    """The panels for an asset that `actor` was let see already, in the order of the plugins."""
    about = _told(asset, version)
    answers = mam.hooks.all("mam_asset_panel", config=mam.config, actor=actor, asset=about)
    return [_cut(one) for one in answers if _is_panel(one)]


def _told(asset: Shape, version: Shape | None) -> ShownAsset:
    about = {"asset_id": asset["id"], "project_id": asset["project_id"], "title": asset["title"]}
    tags = tuple(asset["tags"])
    if version is None:
        return ShownAsset(**about, tags=tags)
    return ShownAsset(
        **about,
        tags=tags,
        version_id=version["id"],
        number=version["number"],
        filename=version["filename"],
        size=version["size"],
        sha256=version["sha256"] or "",
    )


def shown(asset: Asset, version: Version | None) -> ShownAsset:
    """The same of rows, for whatever else of plugins is about an asset."""
    about = (asset.id, asset.project_id, asset.title, tuple(asset.tags))
    if version is None:
        return ShownAsset(*about)
    return ShownAsset(
        *about, version.id, version.number, version.filename, version.size, version.sha256 or ""
    )


def _is_panel(answer: object) -> bool:
    if isinstance(answer, Panel):
        return True
    log.warning("a plugin's answer is no panel and is left out", answer=type(answer).__name__)
    return False


def _cut(panel: Panel) -> Shape:
    link = str(panel.link)
    leads = link.startswith(_LINKS) and not link.startswith("//") and len(link) <= LONGEST
    return {
        "title": str(panel.title)[:LONGEST],
        "facts": [(str(word)[:LONGEST], str(value)[:LONGEST]) for word, value in panel.facts[:MOST_FACTS]],
        "text": str(panel.text)[:LONGEST],
        "link": link if leads else "",
        "link_label": str(panel.link_label)[:LONGEST],
    }
