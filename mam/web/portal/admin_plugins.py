"""Plugins: the state of each, why, what to do about it; its settings; switching it on and off."""

from __future__ import annotations

from typing import Any

from mam.services import plugin_admin, plugin_visits
from mam.web import views
from mam.web.language import _
from mam.web.portal.page import render
from mam.web.routes import Call


async def show(call: Call[Any]) -> str:
    """Every plugin that was found."""
    found = await call.run(plugin_admin.list_plugins)
    rows = tuple(_row(one, plugin_visits.settings_pages(call.mam, one["name"])) for one in found["items"])
    return render(
        call, "admin/plugins.html", views.PluginsView, title=_("Plugins"), page="plugins", plugins=rows
    )


def _row(plugin: dict[str, Any], pages: list[dict[str, str]]) -> views.PluginRow:
    lists = {name: tuple(plugin[name]) for name in ("hooks", "findings", "settings")}
    return views.PluginRow(**{**plugin, **lists}, pages=tuple(views.MenuRow(**one) for one in pages))
