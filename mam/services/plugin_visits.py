"""Routes and menu entries of plugins: who may, what the plugin answers inside the fence, which are shown.

The right is asked of the thing that the path names before any code of the plugin runs. Writes nothing itself;
what a plugin writes into its own tables by an unsafe method is one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

from mam.core import Mam
from mam.errors import NotFoundError, PluginError
from mam.models import Asset, Version, connected, database
from mam.plugins import State
from mam.services import access, panels, plugin_kinds
from mam.types import Actor, MenuEntry, PluginRoute, ShownAsset, Visit

ROUTES, MENU = "mam_routes", "mam_menu"
SECONDS = 10.0
"""How long a request waits for a plugin."""

_SAFE = ("GET", "HEAD")


@dataclass(frozen=True)
class Asked:
    """A request to a route of a plugin: variables of the path, query, body."""

    plugin: str
    route: PluginRoute
    ids: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, Any]
    csrf_token: str = ""


def routes(mam: Mam) -> dict[str, tuple[PluginRoute, ...]]:
    """Every route that a plugin declared, by plugin; also of those that are switched off now."""
    found = {one.name: one.declared.get(ROUTES, ()) for one in mam.hooks.plugins.values()}
    return {name: rows for name, rows in found.items() if rows}


def answer(mam: Mam, actor: Actor, asked: Asked, finish: Callable[[Any], Any]) -> Any:
    """What `finish` makes of the plugin's answer, both inside the fence.

    `NotFoundError` where the plugin does not run or the thing may not be seen, `ForbiddenError`; an error of
    the plugin's that nobody expected is raised as it is and counted.
    """
    plugin, route = asked.plugin, asked.route
    if mam.hooks.plugins[plugin].state is not State.ENABLED:
        raise NotFoundError
    asset = _admitted(mam, actor, route.right, asked.ids)
    visit = Visit(actor, asked.ids, asked.query, asked.body, asset, asked.csrf_token, enqueuer(mam, plugin))

    def work() -> Any:
        with connected(), nullcontext() if route.method in _SAFE else database.atomic():
            return finish(route.handler(mam.config, visit))

    return fenced(mam, plugin, f"{route.method} {route.path or '/'}", work)


def fenced(mam: Mam, plugin: str, what: str, work: Callable[[], Any]) -> Any:
    """Run a plugin's code for somebody who waits; its own error comes through, counted."""
    try:
        return mam.hooks.work(plugin, what, work, seconds=SECONDS, is_over=lambda: False)
    except PluginError as error:
        if error.__cause__ is not None:
            raise error.__cause__ from None
        raise


def enqueuer(mam: Mam, plugin: str) -> Callable[..., str]:
    """`enqueue(kind, payload, version_id=...)` for the plugin's own kinds of jobs."""
    return partial(_enqueue, mam, plugin)


def menu(mam: Mam, actor: Actor) -> list[dict[str, str]]:
    """The entries of the menu that this person may use: `{label, address, icon}`."""
    return [
        _entry(name, row)
        for name, row in _entries(mam, "menu")
        if row.right == "login" or access.allowed(mam, actor, row.right)
    ]


def settings_pages(mam: Mam, plugin: str) -> list[dict[str, str]]:
    """The plugin's own pages beside its settings."""
    return [_entry(name, row) for name, row in _entries(mam, "settings") if name == plugin]


def _entries(mam: Mam, place: str) -> list[tuple[str, MenuEntry]]:
    declared = mam.hooks.declared(MENU).items()
    return [(name, row) for name, rows in declared for row in rows if row.place == place]


def _entry(plugin: str, row: MenuEntry) -> dict[str, str]:
    return {"label": row.label, "address": f"/plugins/{plugin}{row.path}", "icon": row.icon}


def _admitted(mam: Mam, actor: Actor, right: str, ids: Mapping[str, str]) -> ShownAsset | None:
    """Ask for the right; the asset where the path names one. Ids of one path have to belong together."""
    if right == "public":
        return None
    action = right if right not in ("login", "box.admin") else ""
    if right == "box.admin":
        access.require(mam, actor, right)
    asset, version = _looked_at(mam, actor, action or "asset.read", ids)
    project_id = ids.get("project_id")
    if project_id is not None:
        access.require_project(mam, actor, action or "project.read", project_id)
        if asset is not None and asset.project_id != project_id:
            raise NotFoundError
    if asset is None:
        return None
    return panels.shown(asset, version or Version.get_or_none(Version.id == asset.current_version_id))


def _looked_at(
    mam: Mam, actor: Actor, action: str, ids: Mapping[str, str]
) -> tuple[Asset | None, Version | None]:
    asset, version = None, None
    if "asset_id" in ids:
        asset = access.require_asset(mam, actor, action, ids["asset_id"])
    if "version_id" in ids:
        version, owner = access.require_version(mam, actor, action, ids["version_id"])
        if asset is not None and asset.id != owner.id:
            raise NotFoundError
        asset = owner
    return asset, version


def _enqueue(
    mam: Mam,
    plugin: str,
    kind: str,
    payload: Mapping[str, Any] | None = None,
    *,
    version_id: str | None = None,
) -> str:
    project_id = None
    if version_id is not None:
        query: Any = Version.select(Version, Asset).join(Asset).where(Version.id == version_id)
        version = query.first()
        if version is None:
            raise NotFoundError
        project_id = version.asset.project_id
    with connected(), database.atomic():
        return plugin_kinds.enqueue(
            mam, plugin, kind, payload or {}, version_id=version_id, project_id=project_id
        )
